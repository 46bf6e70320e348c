//! What counts tokens.

use std::fmt;

/// Counts tokens where the server does not: an [`Encoding`](super::Encoding), or a tokenizer of your own.
///
/// [`LoadTest::tokenizer`](crate::LoadTest::tokenizer) sets it for a run, [`SseRequest::tokenizer`](crate::client::SseRequest::tokenizer)
/// for one request. It runs after the stream, on a thread that measures nothing, so it may take its time.
///
/// ```
/// use sse_load::tokenize::Tokenizer;
///
/// #[derive(Debug)]
/// struct Words;
///
/// impl Tokenizer for Words {
///     fn name(&self) -> &str {
///         "words"
///     }
///
///     fn count(&self, text: &str) -> u64 {
///         text.split_whitespace().count() as u64
///     }
/// }
///
/// assert_eq!(Words.count("Tell me a joke."), 4);
/// ```
pub trait Tokenizer: fmt::Debug + Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// How many tokens a text is, without special tokens around it. The text is a whole prompt or a whole reply, never a chunk.
    ///
    /// # Panics
    /// It may, where it has no answer: the run goes on, a reply counts as many tokens as it has generated events, and a prompt
    /// has no count.
    fn count(&self, text: &str) -> u64;
}
