//! Prompts and data: what users feed their requests with.
//!
//! A server that caches prefixes answers the same prompt from memory each time, and a load test of one prompt then measures the cache.
//! Synthetic prompts are all different, or share as much as you say:
//!
//! ```
//! use sse_load::prelude::*;
//!
//! let prompts = Prompts::new(Lengths::log_normal(800.0, 0.6).between(64, 8_192)).shared_prefix(500, 0.7);
//! # let _ = prompts;
//! ```
//!
//! - `lengths`: [`Lengths`], how many tokens
//! - `words`: [`Words`], of one token each
//! - `prompts`: [`Prompts`], synthetic ones

mod lengths;
mod prompts;
mod words;

pub use lengths::Lengths;
pub use prompts::{Prompt, Prompts};
pub use words::{Words, WordsError};
