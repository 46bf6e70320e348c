//! Token counts where the server states none.
//!
//! - `encoding`: [`Encoding`], the byte pair encodings of `OpenAI`'s models, counted with tiktoken-rs
//! - `pieces`: long texts in parts that the encoder stands

mod encoding;
mod pieces;

pub use encoding::Encoding;
