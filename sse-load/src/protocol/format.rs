//! The formats by name.

use super::Protocol;
use super::anthropic::Anthropic;
use super::append::Append;
use super::cohere::Cohere;
use super::generic::Generic;
use super::openai_chat::OpenAiChat;
use super::openai_responses::OpenAiResponses;
use super::recognise::Recogniser;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Recognised from the first event that tells: any of the formats below but `Generic`.
    #[default]
    Auto,
    /// `{"type":"append","text":".."}` up to `{"type":"close"}` or the end of the body.
    Append,
    /// `OpenAI` chat completions, and what speaks like them.
    OpenAiChat,
    /// `OpenAI` Responses.
    OpenAiResponses,
    /// Anthropic's Messages.
    Anthropic,
    /// Cohere's chat, version 2.
    Cohere,
    /// Any other event stream: the data of every event is output, up to the end of the body.
    Generic,
}

impl Format {
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
            Self::OpenAiResponses => "openai_responses",
            Self::Anthropic => "anthropic",
            Self::Cohere => "cohere",
            Self::Generic => "generic",
        }
    }

    /// A reader of one stream in this format.
    ///
    /// ```
    /// use sse_load::protocol::Format;
    ///
    /// assert!(!Format::OpenAiChat.protocol().ends_with_body());
    /// assert_eq!(Format::Auto.protocol().recognised(), None);
    /// ```
    #[must_use]
    pub fn protocol(self) -> Box<dyn Protocol> {
        self.protocol_for("")
    }

    /// A reader of one stream in this format, the answer to a request to this path: it is what [`Format::Auto`] goes by
    /// as long as the events leave open what they are.
    #[must_use]
    pub fn protocol_for(self, _path: &str) -> Box<dyn Protocol> {
        match self {
            Self::Auto => Box::<Recogniser>::default(),
            Self::Append => Box::new(Append),
            Self::OpenAiChat => Box::<OpenAiChat>::default(),
            Self::OpenAiResponses => Box::new(OpenAiResponses),
            Self::Anthropic => Box::new(Anthropic),
            Self::Cohere => Box::new(Cohere),
            Self::Generic => Box::new(Generic),
        }
    }
}
