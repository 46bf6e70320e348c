//! Token counts where the server states none.
//!
//! - `tokenizer`: [`Tokenizer`], what counts
//! - `encoding`: [`Encoding`], the byte pair encodings of `OpenAI`'s models, counted with tiktoken-rs
//! - `hugging_face`: `HuggingFace`, a model's own `tokenizer.json` (feature `tokenizers`)
//! - `pieces`: long texts in parts that the encoder stands

mod encoding;
#[cfg(feature = "tokenizers")]
mod hugging_face;
mod pieces;
mod tokenizer;

pub use encoding::Encoding;
#[cfg(feature = "tokenizers")]
pub use hugging_face::{HuggingFace, TokenizerError};
pub use tokenizer::Tokenizer;
