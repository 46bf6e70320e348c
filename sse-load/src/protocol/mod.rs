//! Wire formats: what an event means. One file per format.
//!
//! - `class`: the meanings
//! - `adapter`: [`Protocol`], what every format implements, and [`MakeProtocol`], which makes one for each stream
//! - `format`: [`Format`], the formats by name
//! - `append`, `openai_chat`, `openai_completions`, `openai_responses`, `anthropic`, `cohere`, `gemini`, `ollama`, `tgi`,
//!   `llama_cpp`, `sglang`, `triton`, `generic`: the formats; `recognise`: which of them a stream speaks; `path`: which of them a
//!   path is known for; `openai_chunk`: what
//!   chat completions and completions share
//! - `json`, `fields`, `surrogates`, `server_error`: what they share: JSON of unexpected types, what its fields mean, broken
//!   escapes, error objects
//! - `pattern`: events that differ from one before by their text alone, which need no parsing
//! - `choices`, `cumulative`, `tool_call`: several answers in one stream, texts that repeat what came before, calls

mod adapter;
mod anthropic;
mod append;
mod choices;
mod class;
mod cohere;
mod cumulative;
mod fields;
mod format;
mod gemini;
mod generic;
#[cfg(test)]
mod golden;
mod json;
mod llama_cpp;
mod ollama;
mod openai_chat;
mod openai_chunk;
mod openai_completions;
mod openai_responses;
mod path;
mod pattern;
#[cfg(test)]
mod properties;
mod recognise;
mod server_error;
mod sglang;
mod surrogates;
mod tgi;
mod tool_call;
mod triton;

pub use adapter::{MakeProtocol, Protocol};
pub(crate) use choices::MAX_CHOICES;
pub use class::{Channel, Class, Usage};
pub use format::Format;
pub use generic::Generic;
pub(crate) use recognise::recognised;
