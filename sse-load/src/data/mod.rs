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
//! Your own data is read from a file into a [`Feeder`], which hands it out: [`csv()`], [`json_lines()`], [`share_gpt()`], [`mooncake()`], and
//! `parquet` with the feature of that name. `cargo test` runs a test in its package's folder, so paths are seen from there.
//!
//! - `lengths`: [`Lengths`], how many tokens
//! - `words`: [`Words`], of one token each
//! - `prompts`: [`Prompts`], synthetic ones
//! - `feeder`: [`Feeder`] and [`OnceEach`], which record is whose
//! - `text_file`: a file of text; `csv`, `json_lines`, `share_gpt`, `mooncake`, `parquet`: a reader each
//! - `error`: [`DataError`]

mod csv;
mod error;
mod feeder;
mod json_lines;
mod lengths;
mod mooncake;
#[cfg(feature = "parquet")]
mod parquet;
mod prompts;
mod share_gpt;
mod text_file;
mod words;

pub use self::csv::{Row, csv};
#[cfg(feature = "parquet")]
pub use self::parquet::parquet;
pub use error::{DataError, Place};
pub use feeder::{Feeder, OnceEach};
pub use json_lines::json_lines;
pub use lengths::Lengths;
pub use mooncake::{TraceRecord, mooncake};
pub use prompts::{Prompt, Prompts};
pub use share_gpt::{RecordedConversation, Turn, share_gpt};
pub use words::{Words, WordsError};
