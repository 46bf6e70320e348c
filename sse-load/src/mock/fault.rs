//! What a route does wrong on purpose, and to which of its requests.

use std::collections::BTreeSet;
use std::time::Duration;

use super::answer::{Answer, check_header};
use super::error::StartError;
use super::random::{Draw, unit};

/// One defect of an answer. `after` counts the tokens of a choice: the defect follows at once on the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No stream: this answer, at once. [`Fault::status`] makes one.
    Status(Answer),
    /// An error in the dialect's own shape; then the body ends without the terminal marker. The dialects of OpenAI (chat
    /// and completions), append and hand-written events send an event of the type `error` with this text as data.
    ErrorEvent {
        /// Tokens before it.
        after: u32,
        /// What went wrong.
        message: String,
    },
    /// An error object, such as `{"error":{"message":..}}`, as an event of a stream whose status is 200; then the terminal
    /// marker, if the real server sends one then. Anthropic and Cohere send none: it is that of a gateway before them. The other
    /// dialects that know one shape of error have it here too.
    ErrorUnder200 {
        /// Tokens before it.
        after: u32,
        /// The text in the error object.
        message: String,
    },
    /// The body ends cleanly, without the terminal marker.
    Truncate {
        /// Tokens before it.
        after: u32,
    },
    /// The connection is reset (TCP RST) in the middle of the body.
    Reset {
        /// Tokens before it.
        after: u32,
    },
    /// Silence; then the rest, later by the pause.
    Stall {
        /// Tokens before it.
        after: u32,
        /// How long; `None` is for ever, until the client leaves.
        pause: Option<Duration>,
    },
    /// One event whose data is no JSON; then the rest of the stream.
    NonJson {
        /// Tokens before it.
        after: u32,
    },
    /// The terminal marker when the first token was due, and no token at all.
    Empty,
    /// One line without end, as fast as the client reads, until it leaves. The server keeps none of it.
    EndlessLine {
        /// Tokens before it.
        after: u32,
    },
    /// Events with the data `{}` without end, as fast as the client reads, until it leaves.
    EndlessEvents {
        /// Tokens before them.
        after: u32,
    },
    /// Comments without end, as fast as the client reads, until it leaves; blank lines in Ollama's format.
    EndlessComments {
        /// Tokens before them.
        after: u32,
    },
    /// The text of the first token has this many bytes. The server holds such an event whole.
    HugeEvent {
        /// The bytes of the text.
        bytes: usize,
    },
    /// The whole stream, and then this many bytes that belong to nothing.
    AfterEnd {
        /// The bytes after the terminal marker.
        bytes: u64,
    },
    /// No token counts, whether asked for or not.
    NoUsage,
    /// Token counts of the output that are too high, or too low if negative (never below 0).
    WrongUsage {
        /// What is added to the true count.
        off_by: i64,
    },
    /// A good stream with another content type.
    ContentType(String),
    /// The terminal marker after the tokens, without what finishes a reply before it: a finish reason, a stop event. A
    /// dialect whose finish is its last event (Gemini, Ollama, TGI, Cohere, llama.cpp) has no other marker: the body ends.
    DoneWithoutFinish,
    /// A whole stream without the terminal marker; nothing is missing in a dialect whose finish is its last event.
    FinishWithoutDone,
    /// The model refuses: OpenAI's chat and Responses send the text as a refusal, Anthropic has the stop reason `refusal`,
    /// OpenAI's completions `content_filter`, Gemini `SAFETY`. Other dialects have no refusal.
    Refusal,
    /// A body of gzip that unpacks to one line of this many bytes, whatever the request accepts; then it ends.
    GzipBomb {
        /// The bytes of the line.
        bytes: u64,
    },
}

impl Fault {
    /// No stream: a whole answer with this status (200 to 599), at once.
    ///
    /// ```
    /// use sse_load::mock::{Fault, MockServer, On};
    ///
    /// let overloaded = Fault::status(503).body("overloaded").header("Retry-After", "1");
    /// let server = MockServer::builder().fault(overloaded, On::first(1)).start();
    /// ```
    pub fn status(code: u16) -> Answer {
        Answer::new(code)
    }

    /// Whether HTTP allows what the fault sends.
    pub(super) fn check(&self) -> Result<(), StartError> {
        match self {
            Self::Status(answer) => answer.check(),
            Self::ContentType(kind) => check_header("Content-Type", kind),
            _ => Ok(()),
        }
    }
}

/// Which requests of a route: the first is number 1, and every choice is repeatable.
///
/// ```
/// use sse_load::mock::{Fault, MockServer, On};
///
/// let server = MockServer::builder()
///     .fault(Fault::status(503).body("overloaded"), On::every(10))
///     .fault(Fault::Reset { after: 5 }, On::share(0.02))
///     .start();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct On(Choice);

#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Every(u64),
    First(u64),
    Numbers(BTreeSet<u64>),
    Share(f64),
}

impl On {
    /// All requests.
    #[must_use]
    pub fn all() -> Self {
        Self::every(1)
    }

    /// Requests n, 2n, 3n and so on; none for 0.
    #[must_use]
    pub fn every(n: u64) -> Self {
        Self(Choice::Every(n))
    }

    /// Requests 1 to n.
    #[must_use]
    pub fn first(n: u64) -> Self {
        Self(Choice::First(n))
    }

    /// The requests with these numbers.
    #[must_use]
    pub fn requests(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self(Choice::Numbers(numbers.into_iter().collect()))
    }

    /// About this share of the requests, from 0 to 1, chosen by the server's seed.
    #[must_use]
    pub fn share(share: f64) -> Self {
        Self(Choice::Share(share))
    }

    /// The share, if that is the choice: the only choice that can be out of range.
    pub(super) fn ratio(&self) -> Option<f64> {
        match self.0 {
            Choice::Share(share) => Some(share),
            _ => None,
        }
    }

    fn includes(&self, seed: u64, request: u64, rule: u32) -> bool {
        match &self.0 {
            Choice::Every(n) => *n > 0 && request.is_multiple_of(*n),
            Choice::First(n) => request <= *n,
            Choice::Numbers(numbers) => numbers.contains(&request),
            Choice::Share(share) => unit(seed, request, Draw::Fault(rule)) < *share,
        }
    }
}

/// The fault of one request: the first rule that includes it.
pub(super) fn choose(rules: &[(Fault, On)], seed: u64, request: u64) -> Option<&Fault> {
    (0_u32..).zip(rules).find(|(rule, (_, on))| on.includes(seed, request, *rule)).map(|(_, (fault, _))| fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(on: &On, seed: u64) -> Vec<u64> {
        (1..=1_000).filter(|request| on.includes(seed, *request, 0)).collect()
    }

    #[test]
    fn requests_are_chosen_by_number() {
        assert_eq!(chosen(&On::every(400), 0), [400, 800]);
        assert_eq!(chosen(&On::first(2), 0), [1, 2]);
        assert_eq!(chosen(&On::requests([7, 3]), 0), [3, 7]);
        assert_eq!(chosen(&On::all(), 0).len(), 1_000);
        assert!(chosen(&On::every(0), 0).is_empty());
    }

    #[test]
    fn a_share_is_repeatable_and_about_right() {
        let on = On::share(0.1);
        assert_eq!(chosen(&on, 5), chosen(&on, 5));
        assert_ne!(chosen(&on, 5), chosen(&on, 6));
        assert!((70..130).contains(&chosen(&on, 5).len()));
        assert!(chosen(&On::share(0.0), 5).is_empty());
        assert_eq!(chosen(&On::share(1.0), 5).len(), 1_000);
    }

    #[test]
    fn the_first_rule_wins() {
        let rules = [(Fault::Empty, On::every(2)), (Fault::Truncate { after: 1 }, On::all())];
        assert_eq!(choose(&rules, 0, 2), Some(&Fault::Empty));
        assert_eq!(choose(&rules, 0, 3), Some(&Fault::Truncate { after: 1 }));
        assert_eq!(choose(&[], 0, 3), None);
    }
}
