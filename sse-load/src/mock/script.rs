//! What one route answers: dialect, timing and faults.

use std::time::Duration;

use super::dialect::Dialect;
use super::fault::{Fault, On};

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

    /// Between two tokens, on one schedule that starts at the request: a late token delays no other. Default: zero.
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

    /// Whether the body stays open after the last event, until the client leaves. Default: `false`.
    #[must_use]
    pub fn hold(mut self, hold: bool) -> Self {
        self.hold = hold;
        self
    }

    /// Adds a fault for some of the requests. Of several that fit a request the one added first is taken.
    /// Default: none.
    #[must_use]
    pub fn fault(mut self, fault: Fault, on: On) -> Self {
        self.faults.push((fault, on));
        self
    }

    /// Tokens of a stream before [`Script::vary`].
    pub(super) fn planned_tokens(&self) -> u32 {
        match &self.dialect {
            Dialect::Events(events) => u32::try_from(events.len()).unwrap_or(u32::MAX),
            _ => self.tokens,
        }
    }
}
