//! The wire formats, written from their descriptions: a file each.

mod anthropic;
mod append;
mod cohere;
mod events;
mod format;
mod framing;
mod gemini;
#[cfg(test)]
mod golden;
mod llama_cpp;
mod ollama;
mod openai;
mod openai_chat;
mod openai_completions;
mod openai_responses;
mod reply;
mod sglang;
mod tgi;
mod triton;
mod writer;

pub(super) use format::Format;
pub use framing::LineEnd;
pub(super) use framing::{Filler, Outbox};
pub(super) use reply::{Reply, Wishes};
pub(super) use writer::{Chunk, Writer};

/// The format of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI chat completions: a role chunk at once, then a chunk per token, the finish reason, the usage if the
    /// request has `stream_options.include_usage`, and `data: [DONE]`.
    ///
    /// The role chunk is no token. It goes out with the head of the answer, in a write of its own.
    OpenAiChat,
    /// OpenAI completions, the older API: as [`Dialect::OpenAiChat`], without a role chunk.
    OpenAiCompletions,
    /// OpenAI Responses: typed and numbered events from `response.created` to `response.completed`.
    OpenAiResponses,
    /// Anthropic Messages: typed events from `message_start`, with a `ping`, to `message_stop`.
    Anthropic,
    /// Gemini `streamGenerateContent?alt=sse`: CRLF, counts in every event, no terminal marker.
    Gemini,
    /// Ollama: a JSON object per line, no SSE. It is `/api/generate` if the request's path ends in `/generate`, and
    /// `/api/chat` else.
    Ollama,
    /// Text Generation Inference `/generate_stream`: no space after `data:`, no terminal marker. The end token comes
    /// after the script's tokens and is not counted.
    Tgi,
    /// Cohere v2 chat: typed events from `message-start` to `message-end`.
    Cohere,
    /// Triton's `generate_stream`: an event per token, without counts, finish reason and terminal marker.
    Triton,
    /// `SGLang`'s own `/generate`: each event has the whole text so far.
    SgLang,
    /// llama.cpp's own `/completion`: an event per token, the last with `"stop":true`.
    LlamaCpp,
    /// `data: {"type":"append","text":".."}` per token, then `data: {"type":"close"}`.
    Append,
    /// These events, each counted as a token, and no terminal marker but what they contain.
    Events(Vec<RawEvent>),
}

/// The path on which the real server of each API streams.
pub(super) const USUAL_PATHS: [(&str, Dialect); 13] = [
    ("/v1/chat/completions", Dialect::OpenAiChat),
    ("/v1/completions", Dialect::OpenAiCompletions),
    ("/v1/responses", Dialect::OpenAiResponses),
    ("/v1/messages", Dialect::Anthropic),
    ("/v1beta/models/{model}:streamGenerateContent", Dialect::Gemini),
    ("/api/chat", Dialect::Ollama),
    ("/api/generate", Dialect::Ollama),
    ("/generate_stream", Dialect::Tgi),
    ("/v2/chat", Dialect::Cohere),
    ("/v2/models/{model}/generate_stream", Dialect::Triton),
    ("/v2/models/{model}/versions/{version}/generate_stream", Dialect::Triton),
    ("/generate", Dialect::SgLang),
    ("/completion", Dialect::LlamaCpp),
];

impl Dialect {
    /// A stream of hand-written events; see [`RawEvent`] for what an event can be.
    pub fn events<E: Into<RawEvent>>(events: impl IntoIterator<Item = E>) -> Self {
        Self::Events(events.into_iter().map(Into::into).collect())
    }

    /// The tokens of each stream, if the script has no say in them.
    pub(super) fn fixed_tokens(&self) -> Option<u32> {
        match self {
            Self::Events(events) => Some(u32::try_from(events.len()).unwrap_or(u32::MAX)),
            _ => None,
        }
    }

    /// A reply in this format to a request for `path`.
    pub(super) fn format(&self, path: &str) -> Box<dyn Format> {
        match self {
            Self::OpenAiChat => Box::new(openai_chat::OpenAiChat::new()),
            Self::OpenAiCompletions => Box::new(openai_completions::OpenAiCompletions::new()),
            Self::OpenAiResponses => Box::new(openai_responses::OpenAiResponses::default()),
            Self::Anthropic => Box::new(anthropic::Anthropic::default()),
            Self::Gemini => Box::new(gemini::Gemini),
            Self::Ollama => Box::new(ollama::Ollama::at(path)),
            Self::Tgi => Box::new(tgi::Tgi::default()),
            Self::Cohere => Box::new(cohere::Cohere::default()),
            Self::Triton => Box::new(triton::Triton),
            Self::SgLang => Box::new(sglang::SgLang::default()),
            Self::LlamaCpp => Box::new(llama_cpp::LlamaCpp),
            Self::Append => Box::new(append::Append),
            Self::Events(_) => Box::new(events::Events),
        }
    }
}

/// One event of a hand-written stream. Text turns into [`RawEvent::Data`] with `into()`.
///
/// ```
/// use sse_load::mock::{Dialect, MockServer, RawEvent};
///
/// let prices = Dialect::events(["3.14", "3.15"].map(|price| RawEvent::named("price", price)));
/// let server = MockServer::builder().dialect(prices).start();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawEvent {
    /// The data of an event. It is framed with `data: `, once for each of its lines.
    Data(String),
    /// The same, with a name: a line `event: ` stands before the data.
    Named {
        /// The name.
        name: String,
        /// The data.
        data: String,
    },
    /// Bytes that are sent as they are, for streams that no framing would make.
    Block(Vec<u8>),
}

impl RawEvent {
    /// An event with this name and this data.
    pub fn named(name: impl Into<String>, data: impl Into<String>) -> Self {
        Self::Named { name: name.into(), data: data.into() }
    }
}

impl From<&str> for RawEvent {
    fn from(data: &str) -> Self {
        Self::Data(data.into())
    }
}

impl From<String> for RawEvent {
    fn from(data: String) -> Self {
        Self::Data(data)
    }
}
