//! What holds of the stream readers for any body whatever: properties for libFuzzer's targets and for `tests/it/fuzz.rs`,
//! which checks them on the corpus.
//!
//! - `reads`: a body in reads of the sizes that it chooses itself, and all that a decoder makes of them
//! - `decode`: the decoder; `standard`: the standard's algorithm, word by word, to compare it with
//! - `classify`: every format on any events; `text`: known text through the formats' chunks

pub mod classify;
pub mod decode;
mod reads;
mod standard;
mod text;
