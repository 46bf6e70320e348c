//! Wire formats: what an event means. One file per format.
//!
//! - `class`: the meanings
//! - `adapter`: [`Protocol`], what every format implements, and [`MakeProtocol`], which makes one for each stream
//! - `format`: [`Format`], the formats by name
//! - `append`, `openai_chat`, `openai_responses`, `anthropic`, `cohere`, `generic`: the formats; `recognise`: which of them a stream speaks
//! - `json`, `fields`, `surrogates`, `server_error`: what they share: JSON of unexpected types, broken escapes, error objects

mod adapter;
mod anthropic;
mod append;
mod class;
mod cohere;
mod fields;
mod format;
mod generic;
#[cfg(test)]
mod golden;
mod json;
mod openai_chat;
mod openai_responses;
#[cfg(test)]
mod properties;
mod recognise;
mod server_error;
mod surrogates;

pub use adapter::{MakeProtocol, Protocol};
pub use class::{Channel, Class, Usage};
pub use format::Format;
