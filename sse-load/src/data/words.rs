//! Words that are one token each, so that a text of so many tokens is a text of so many words.

use std::fmt;
use std::sync::{Arc, LazyLock};

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::client::Context;
use crate::tokenize::Tokenizer;

/// Words of one token in every [`Encoding`](crate::tokenize::Encoding), at the begin of a text and after a space.
static LIST: LazyLock<Arc<[&'static str]>> = LazyLock::new(|| include_str!("words.txt").split_whitespace().collect());

/// Fewer words than these make texts that are too much alike.
const FEWEST: usize = 64;

/// A salt has at least so many random bits: a million of them are all different but for a chance of 1 in 10^12.
const SALT_BITS: u64 = 80;

/// What synthetic texts are made of: words that are one token each by a tokenizer, and whose counts add up.
///
/// The default is 1,024 English words that are so for every [`Encoding`](crate::tokenize::Encoding); no table is loaded for them.
///
/// ```
/// use sse_load::data::{Lengths, Prompts, Words};
/// use sse_load::tokenize::Encoding;
///
/// let prompts = Prompts::new(Lengths::fixed(512)).words(Words::of(&Encoding::Cl100kBase)?);
/// # let _ = prompts;
/// # Ok::<(), sse_load::data::WordsError>(())
/// ```
#[derive(Clone)]
pub struct Words(Arc<[&'static str]>);

/// Why a tokenizer has no such words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Its tokens are smaller than words, or of another language.
    #[error(
        "{tokenizer} has {found} of the {} English words that texts are made of as single tokens, and {FEWEST} are needed: feed texts \
         of your own, or use another tokenizer",
        LIST.len()
    )]
    TooFew {
        /// The tokenizer.
        tokenizer: String,
        /// How many words are one token.
        found: usize,
    },
    /// Words that are one token each are more or fewer together.
    #[error(
        "a text of {words} words that {tokenizer} counts as one token each is {counted} tokens to it: no text of an exact length can \
         be made; feed texts of your own, or use another tokenizer"
    )]
    NotAdditive {
        /// The tokenizer.
        tokenizer: String,
        /// How many words the text has.
        words: u64,
        /// How many tokens it is.
        counted: u64,
    },
}

impl Words {
    /// The words that are one token each by this tokenizer, alone and after another. That their counts add up is checked on random
    /// texts of 4,000 words in all. It takes a few milliseconds to a second, so do it before the run.
    ///
    /// # Errors
    /// When fewer than 64 words are one token, or their counts do not add up.
    ///
    /// # Panics
    /// When the tokenizer does.
    pub fn of<T: Tokenizer + ?Sized>(tokenizer: &T) -> Result<Self, WordsError> {
        let is_one = |word: &&str| tokenizer.count(word) == 1 && tokenizer.count(&format!("{word} {word}")) == 2;
        let words = Self(LIST.iter().copied().filter(is_one).collect());
        let name = || tokenizer.name().to_owned();
        if words.0.len() < FEWEST {
            return Err(WordsError::TooFew { tokenizer: name(), found: words.0.len() });
        }
        for seed in 0..4 {
            let text = words.text(1_000, &mut ChaCha8Rng::seed_from_u64(seed));
            let counted = tokenizer.count(&text);
            if counted != 1_000 {
                return Err(WordsError::NotAdditive { tokenizer: name(), words: 1_000, counted });
            }
        }
        Ok(words)
    }

    /// Random words, to be put before a text of your own so that no cache knows its begin. They are at least 80 random bits, which are
    /// 8 words of the default ones.
    ///
    /// ```no_run
    /// use sse_load::data::Words;
    /// use sse_load::prelude::*;
    ///
    /// # async fn task(ctx: &mut Context) -> TaskResult {
    /// let salt = Words::default().salt(ctx);
    /// ctx.openai_chat("m").user(format!("{salt}\n\nTell me a joke.")).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn salt(&self, ctx: &mut Context) -> String {
        self.text(self.salt_tokens(), ctx.random())
    }

    /// How many tokens a salt is.
    pub(super) fn salt_tokens(&self) -> u64 {
        SALT_BITS.div_ceil(u64::from(self.0.len().ilog2()))
    }

    fn text(&self, tokens: u64, random: &mut impl Rng) -> String {
        let mut text = String::new();
        self.write(&mut text, tokens, random);
        text
    }

    /// Adds so many random words to a text.
    pub(super) fn write(&self, text: &mut String, tokens: u64, random: &mut impl Rng) {
        for _ in 0..tokens {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(self.0[random.random_range(0..self.0.len())]);
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self(Arc::clone(&LIST))
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tokenize::Encoding;

    #[test]
    fn every_word_is_one_token_in_every_encoding_and_counts_add_up() {
        assert_eq!((LIST.len(), LIST.iter().collect::<BTreeSet<_>>().len()), (1_024, 1_024));
        let all = Words::default();
        for encoding in Encoding::ALL {
            assert_eq!(Words::of(&encoding).expect("words").0.len(), 1_024, "{}", encoding.name());
            assert_eq!(encoding.count(&LIST.join(" ")), 1_024, "{}", encoding.name());
            let text = all.text(20_000, &mut ChaCha8Rng::seed_from_u64(9));
            assert!(text.len() > 64 * 1024, "it is counted in parts");
            assert_eq!(encoding.count(&text), 20_000, "{}", encoding.name());
        }
    }

    /// Counts by a closure.
    struct By(fn(&str) -> u64);

    impl fmt::Debug for By {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("By")
        }
    }

    impl Tokenizer for By {
        fn name(&self) -> &'static str {
            "mine"
        }

        fn count(&self, text: &str) -> u64 {
            (self.0)(text)
        }
    }

    #[test]
    fn only_words_of_one_token_are_taken() {
        // Long words are two tokens.
        let by_size = By(|text| text.split(' ').map(|word| 1 + u64::from(word.len() > 5)).sum());
        let words = Words::of(&by_size).expect("words");
        assert!(words.0.len() > 512 && words.0.iter().all(|word| word.len() <= 5), "{}", words.0.len());
        assert_eq!((Words::default().salt_tokens(), words.salt_tokens()), (8, 9));
    }

    #[test]
    fn a_tokenizer_without_such_words_says_so() {
        let characters = Words::of(&By(|text| text.chars().count() as u64)).expect_err("no word is one character");
        let expected =
            "mine has 0 of the 1024 English words that texts are made of as single tokens, and 64 are needed";
        assert!(characters.to_string().starts_with(expected), "{characters}");

        // Three words in a row are one token less.
        let merging = By(|text| text.split(' ').count() as u64 - u64::from(text.split(' ').count() > 2));
        let error = Words::of(&merging).expect_err("counts do not add up").to_string();
        assert!(
            error.starts_with("a text of 1000 words that mine counts as one token each is 999 tokens to it"),
            "{error}"
        );
    }

    /// Tokenizers as BERT and as Llama have them: `count` words are one token each, all others are so many letters.
    #[cfg(feature = "tokenizers")]
    fn hugging_face(count: usize) -> [crate::tokenize::HuggingFace; 2] {
        use serde_json::{Map, json};

        let words = || LIST.iter().take(count).map(ToString::to_string);
        let letters = |prefix: &'static str| ('a'..='z').map(move |letter| format!("{prefix}{letter}"));
        let pieces = ["[UNK]".to_owned()].into_iter().chain(words()).chain(letters("")).chain(letters("##"));
        let vocab: Map<_, _> = pieces.zip((0_u32..).map(Into::into)).collect();
        let bert = json!({
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocab},
            "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []
        });
        let scored = |tokens: Vec<String>, score: f64| tokens.into_iter().map(move |token| json!([token, score]));
        let marked = words().map(|word| format!("\u{2581}{word}")).collect();
        let small = letters("").chain(["<unk>".to_owned(), "\u{2581}".to_owned()]).collect();
        let llama = json!({
            "model": {"type": "Unigram", "unk_id": 0, "vocab": scored(small, -9.0).chain(scored(marked, -1.0)).collect::<Vec<_>>()},
            "pre_tokenizer": {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true},
            "added_tokens": []
        });
        [bert, llama].map(|json| crate::tokenize::HuggingFace::from_json(json.to_string()).expect("a tokenizer"))
    }

    #[cfg(feature = "tokenizers")]
    #[test]
    fn a_tokenizer_of_hugging_face_has_its_own_words() {
        for tokenizer in hugging_face(100) {
            let words = Words::of(&tokenizer).expect("words");
            assert_eq!(words.0, LIST[..100].into());
            let text = words.text(3_000, &mut ChaCha8Rng::seed_from_u64(2));
            assert_eq!((tokenizer.count(&text), tokenizer.count(LIST[200]) > 2), (3_000, true));
        }
        for small in hugging_face(5) {
            let error = Words::of(&small).expect_err("five words are too few").to_string();
            assert!(error.starts_with("tokenizer.json has 5 of the 1024"), "{error}");
        }
    }
}
