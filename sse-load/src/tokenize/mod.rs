//! Token counts where the server states none.
//!
//! - `tokenizer`: [`Tokenizer`], what counts
//! - `encoding`: [`Encoding`], the byte pair encodings of `OpenAI`'s models, counted with tiktoken-rs
//! - `pieces`: long texts in parts that the encoder stands

mod encoding;
mod pieces;
mod tokenizer;

pub use encoding::Encoding;
pub use tokenizer::Tokenizer;
