//! Token counts and where they came from.

use serde::{Deserialize, Serialize};

/// Where a token count came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenSource {
    /// The server's own count, sent in the stream.
    Usage,
    /// A tokenizer over the joined text, after the stream.
    Tokenizer,
    /// The number of generated events, where no tokenizer counted: an event may be any number of tokens.
    Events,
}

impl TokenSource {
    /// The source as reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Tokenizer => "tokenizer",
            Self::Events => "events",
        }
    }
}

/// A token count with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many tokens.
    pub tokens: u64,
    /// Who counted.
    pub source: TokenSource,
}

/// The token counts of one request; `None` where nothing is known, never 0 for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What went in.
    pub prompt: Option<Counted>,
    /// What came out, reasoning included.
    pub completion: Option<Counted>,
}
