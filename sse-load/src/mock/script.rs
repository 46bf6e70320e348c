//! What one route answers: dialect, timing and faults.

use std::time::Duration;

use super::dialect::{Dialect, LineEnd};
use super::fault::{Fault, On};
use super::usage::Usage;

/// What a route of the server answers to each of its requests.
///
/// ```
/// use sse_load::mock::{Dialect, MockServer, Script};
/// use std::time::Duration;
///
/// let slow = Script::new().ttft(Duration::from_millis(800)).tokens(5);
/// let raw = Script::new().dialect(Dialect::events(["one", "two"]));
/// let server = MockServer::builder().path("/slow", slow).path("/raw", raw).start();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub(super) dialect: Dialect,
    pub(super) ttft: Duration,
    pub(super) inter_token: Duration,
    pub(super) jitter: f64,
    pub(super) vary: f64,
    pub(super) tokens: u32,
    pub(super) prompt_tokens: Option<u32>,
    pub(super) reasoning: u32,
    pub(super) tool: Option<String>,
    pub(super) choices: u32,
    pub(super) usage: Usage,
    pub(super) bundle: u32,
    pub(super) line_end: Option<LineEnd>,
    pub(super) bom: bool,
    pub(super) ping_every: Option<Duration>,
    pub(super) split_writes: Option<usize>,
    pub(super) gzip: bool,
    pub(super) hold: bool,
    pub(super) faults: Vec<(Fault, On)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            dialect: Dialect::OpenAiChat,
            ttft: Duration::ZERO,
            inter_token: Duration::ZERO,
            jitter: 0.0,
            vary: 0.0,
            tokens: 10,
            prompt_tokens: None,
            reasoning: 0,
            tool: None,
            choices: 1,
            usage: Usage::AsAsked,
            bundle: 1,
            line_end: None,
            bom: false,
            ping_every: None,
            split_writes: None,
            gzip: false,
            hold: false,
            faults: Vec::new(),
        }
    }
}

impl Script {
    /// Ten tokens of the OpenAI chat format, as fast as they go.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The format of the stream. Default: [`Dialect::OpenAiChat`].
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// From the request to the first token. Default: zero.
    #[must_use]
    pub fn ttft(mut self, ttft: Duration) -> Self {
        self.ttft = ttft;
        self
    }

    /// Between two events with tokens, on one schedule that starts at the request: a late one delays no other. Default: zero.
    #[must_use]
    pub fn inter_token(mut self, inter_token: Duration) -> Self {
        self.inter_token = inter_token;
        self
    }

    /// Moves each token but the first by up to half of this share (0 to 1) of [`Script::inter_token`], early or late.
    /// Default: 0.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// Changes TTFT and number of tokens of each request by up to this share (0 to 1), up or down. Default: 0.
    #[must_use]
    pub fn vary(mut self, share: f64) -> Self {
        self.vary = share;
        self
    }

    /// Tokens of a stream. [`Dialect::Events`] has as many as it has events instead. Default: 10.
    #[must_use]
    pub fn tokens(mut self, tokens: u32) -> Self {
        self.tokens = tokens;
        self
    }

    /// `usage.prompt_tokens` of each answer. Default: one for each four bytes of the request's body, rounded up.
    #[must_use]
    pub fn prompt_tokens(mut self, tokens: u32) -> Self {
        self.prompt_tokens = Some(tokens);
        self
    }

    /// The first `tokens` tokens of each choice are reasoning. They are ordinary text in formats without a place for it:
    /// OpenAI completions, TGI, Triton, `SGLang`, llama.cpp, append. Default: 0.
    #[must_use]
    pub fn reasoning(mut self, tokens: u32) -> Self {
        self.reasoning = tokens;
        self
    }

    /// After the text each choice calls the tool of this name with `{"city":"Paris"}`, in fragments where the format
    /// has them (Gemini and Ollama send a call whole). The call is not counted among the tokens. OpenAI completions,
    /// Ollama's `/api/generate`, TGI, Triton, `SGLang`, llama.cpp, append and hand-written events have no tool calls.
    /// Default: none.
    #[must_use]
    pub fn tool_call(mut self, name: impl Into<String>) -> Self {
        self.tool = Some(name.into());
        self
    }

    /// Choices of each reply, interleaved token by token: of OpenAI's chat and completions, and as candidates of Gemini.
    /// Other formats have one. [`Script::tokens`] is for each choice. Default: 1.
    #[must_use]
    pub fn choices(mut self, choices: u32) -> Self {
        self.choices = choices.max(1);
        self
    }

    /// Where the stream has its token counts. Default: [`Usage::AsAsked`].
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Tokens in each event; an event has one due time. Where the reasoning ends the event is cut in two. Default: 1.
    #[must_use]
    pub fn bundle(mut self, tokens: u32) -> Self {
        self.bundle = tokens.max(1);
        self
    }

    /// What ends each line. Default: as the real server does it, `\r\n` for Gemini and `\n` for the others.
    #[must_use]
    pub fn line_end(mut self, line_end: LineEnd) -> Self {
        self.line_end = Some(line_end);
        self
    }

    /// Whether the body starts with a byte order mark. Default: `false`.
    #[must_use]
    pub fn bom(mut self, bom: bool) -> Self {
        self.bom = bom;
        self
    }

    /// The comment `: ping` whenever nothing was sent for this long, before the first token too. Ollama's format has no
    /// comments: it gets blank lines. At least 1 ms. Default: none.
    #[must_use]
    pub fn ping_every(mut self, silence: Duration) -> Self {
        self.ping_every = Some(silence.max(Duration::from_millis(1)));
        self
    }

    /// Cuts each event into writes of at most this many bytes, each in a chunk of the HTTP body of its own. Default: none.
    #[must_use]
    pub fn split_writes(mut self, bytes: usize) -> Self {
        self.split_writes = Some(bytes.max(1));
        self
    }

    /// Whether the body is compressed with gzip, whatever the request accepts. It is flushed after each event.
    /// Default: `false`.
    #[must_use]
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Whether the body stays open after the last event, until the client leaves. Default: `false`.
    #[must_use]
    pub fn hold(mut self, hold: bool) -> Self {
        self.hold = hold;
        self
    }

    /// Adds a fault for some of the requests. Of several that fit a request the one added first is taken.
    /// Default: none.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>, on: On) -> Self {
        self.faults.push((fault.into(), on));
        self
    }
}
