//! The formats by name.

use super::Protocol;
use super::anthropic::Anthropic;
use super::append::Append;
use super::cohere::Cohere;
use super::gemini::Gemini;
use super::generic::Generic;
use super::llama_cpp::LlamaCpp;
use super::ollama::Ollama;
use super::openai_chat::OpenAiChat;
use super::openai_completions::OpenAiCompletions;
use super::openai_responses::OpenAiResponses;
use super::pattern::Patterned;
use super::recognise::Recogniser;
use super::sglang::SgLang;
use super::tgi::Tgi;
use super::triton::Triton;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Recognised from the first event that tells, and from the path of the request as long as none does: any of the formats
    /// below but `Generic`.
    #[default]
    Auto,
    /// `{"type":"append","text":".."}` up to `{"type":"close"}` or the end of the body.
    Append,
    /// `OpenAI` chat completions, and what speaks like them.
    OpenAiChat,
    /// `OpenAI` completions: plain text, no chat.
    OpenAiCompletions,
    /// `OpenAI` Responses.
    OpenAiResponses,
    /// Anthropic's Messages.
    Anthropic,
    /// Cohere's chat, version 2.
    Cohere,
    /// llama.cpp's own `/completion`.
    LlamaCpp,
    /// Ollama: one JSON object a line.
    Ollama,
    /// Text Generation Inference's `/generate_stream`.
    Tgi,
    /// Gemini's `:streamGenerateContent?alt=sse`.
    Gemini,
    /// `SGLang`'s own `/generate`.
    SgLang,
    /// Triton's `/generate_stream`.
    Triton,
    /// Any other event stream: the data of every event is output, up to the end of the body.
    /// [`Generic`] says which events are, and what else the end is.
    Generic,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Auto,
        Self::Append,
        Self::OpenAiChat,
        Self::OpenAiCompletions,
        Self::OpenAiResponses,
        Self::Anthropic,
        Self::Cohere,
        Self::Gemini,
        Self::Ollama,
        Self::Tgi,
        Self::LlamaCpp,
        Self::SgLang,
        Self::Triton,
        Self::Generic,
    ];

    /// The name, as reports print it.
    ///
    /// ```
    /// assert_eq!(sse_load::protocol::Format::OpenAiChat.name(), "openai_chat");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Append => "append",
            Self::OpenAiChat => "openai_chat",
            Self::OpenAiCompletions => "openai_completions",
            Self::OpenAiResponses => "openai_responses",
            Self::Anthropic => "anthropic",
            Self::Cohere => "cohere",
            Self::LlamaCpp => "llama_cpp",
            Self::Ollama => "ollama",
            Self::Tgi => "tgi",
            Self::Gemini => "gemini",
            Self::SgLang => "sglang",
            Self::Triton => "triton",
            Self::Generic => "generic",
        }
    }

    /// A reader of one stream in this format.
    ///
    /// ```
    /// use sse_load::protocol::Format;
    ///
    /// assert!(!Format::OpenAiChat.protocol().ends_with_body());
    /// assert_eq!(Format::Auto.protocol().name(), "auto");
    /// ```
    #[must_use]
    pub fn protocol(self) -> Box<dyn Protocol> {
        self.protocol_for("")
    }

    /// A reader of one stream in this format, the answer to a request to this path: it is what [`Format::Auto`] goes by
    /// as long as the events leave open what they are.
    #[must_use]
    pub fn protocol_for(self, path: &str) -> Box<dyn Protocol> {
        match self {
            Self::Auto => Box::new(Recogniser::of_path(path)),
            Self::Append => Box::<Patterned<Append>>::default(),
            Self::OpenAiChat => Box::<Patterned<OpenAiChat>>::default(),
            Self::OpenAiCompletions => Box::<Patterned<OpenAiCompletions>>::default(),
            Self::OpenAiResponses => Box::new(OpenAiResponses),
            Self::Anthropic => Box::<Patterned<Anthropic>>::default(),
            Self::Cohere => Box::<Patterned<Cohere>>::default(),
            Self::LlamaCpp => Box::<LlamaCpp>::default(),
            Self::Ollama => Box::new(Ollama),
            Self::Tgi => Box::new(Tgi),
            Self::Gemini => Box::<Gemini>::default(),
            Self::SgLang => Box::<SgLang>::default(),
            Self::Triton => Box::<Triton>::default(),
            Self::Generic => Box::<Generic>::default(),
        }
    }
}
