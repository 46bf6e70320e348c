//! Counts of prompts that were counted before.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tokenize::Tokenizer;

/// The most prompts that are remembered.
const MOST_PROMPTS: usize = 4096;
/// The most bytes of their text.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The counts of prompts, so that one which every user sends is counted once. Users send a few prompts or ever new ones:
/// when there are too many all are forgotten, which costs the former one count each and spares the latter an order of use.
#[derive(Debug, Default)]
pub(super) struct CountCache {
    known: HashMap<Key, Known>,
    bytes: usize,
}

/// The address of the tokenizer, and the text.
type Key = (usize, String);

#[derive(Debug)]
struct Known {
    tokens: u64,
    /// Kept, so that its address stays its own.
    _tokenizer: Arc<dyn Tokenizer>,
}

impl CountCache {
    /// The tokens of `prompt`, by `count` unless they are known; `None` is not remembered.
    pub(super) fn tokens(
        &mut self,
        tokenizer: &Arc<dyn Tokenizer>,
        prompt: String,
        count: impl FnOnce(&str) -> Option<u64>,
    ) -> Option<u64> {
        let key = (Arc::as_ptr(tokenizer).addr(), prompt);
        if let Some(known) = self.known.get(&key) {
            return Some(known.tokens);
        }
        let tokens = count(&key.1)?;
        self.remember(key, Known { tokens, _tokenizer: Arc::clone(tokenizer) });
        Some(tokens)
    }

    fn remember(&mut self, key: Key, known: Known) {
        let bytes = key.1.len();
        if bytes > MOST_BYTES {
            return;
        }
        if self.known.len() >= MOST_PROMPTS || self.bytes + bytes > MOST_BYTES {
            self.known.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.known.insert(key, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::Encoding;

    /// Whether a prompt had to be counted.
    fn is_counted(cache: &mut CountCache, tokenizer: &Arc<dyn Tokenizer>, prompt: &str) -> bool {
        let mut counted = false;
        let tokens = cache.tokens(tokenizer, prompt.to_owned(), |text| {
            counted = true;
            Some(text.len() as u64)
        });
        assert_eq!(tokens, Some(prompt.len() as u64));
        counted
    }

    #[test]
    fn a_prompt_is_counted_once_by_each_tokenizer() {
        let mut cache = CountCache::default();
        let (one, other) = (Encoding::O200kBase.shared(), Encoding::Cl100kBase.shared());
        let counted = [(&one, "a"), (&one, "a"), (&other, "a"), (&one, "b"), (&other, "a")]
            .map(|(tokenizer, prompt)| is_counted(&mut cache, tokenizer, prompt));
        assert_eq!(counted, [true, false, true, true, false]);
    }

    #[test]
    fn what_could_not_be_counted_is_tried_again() {
        let mut cache = CountCache::default();
        let tokenizer = Encoding::default().shared();
        assert_eq!(cache.tokens(&tokenizer, "a".to_owned(), |_| None), None);
        assert!(is_counted(&mut cache, &tokenizer, "a"));
    }

    #[test]
    fn a_tokenizer_that_takes_the_place_of_another_is_not_taken_for_it() {
        let mut cache = CountCache::default();
        for _ in 0..100 {
            let tokenizer: Arc<dyn Tokenizer> = Arc::new(Encoding::default());
            assert!(is_counted(&mut cache, &tokenizer, "a"));
        }
    }

    #[test]
    fn it_is_bounded_by_prompts_and_by_bytes() {
        let mut cache = CountCache::default();
        let tokenizer = Encoding::default().shared();
        for number in 0..=MOST_PROMPTS {
            is_counted(&mut cache, &tokenizer, &number.to_string());
        }
        assert_eq!((cache.known.len(), cache.bytes), (1, 4));
        let half = "a".repeat(MOST_BYTES / 2);
        is_counted(&mut cache, &tokenizer, &half);
        assert_eq!((cache.known.len(), cache.bytes), (2, MOST_BYTES / 2 + 4));
        is_counted(&mut cache, &tokenizer, &half.to_ascii_uppercase());
        assert_eq!((cache.known.len(), cache.bytes), (1, MOST_BYTES / 2));
        is_counted(&mut cache, &tokenizer, &"a".repeat(MOST_BYTES + 1));
        assert_eq!((cache.known.len(), cache.bytes), (1, MOST_BYTES / 2), "too large to be kept");
    }
}
