//! The tokenizers of Hugging Face's model pages.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Tokenizer;
use super::pieces::{LONGEST, pieces};

/// What a model's `tokenizer.json` says, counted by Hugging Face's own crate. Feature `tokenizers`.
///
/// ```
/// use sse_load::tokenize::{HuggingFace, Tokenizer};
///
/// let words = br#"{"model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "joke": 1}, "unk_token": "[UNK]"},
///     "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []}"#;
/// assert_eq!(HuggingFace::from_json(words)?.count("Tell me a joke."), 5);
/// # Ok::<(), sse_load::tokenize::TokenizerError>(())
/// ```
pub struct HuggingFace {
    name: String,
    tokenizer: tokenizers::Tokenizer,
}

/// Why there is no tokenizer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// The file can't be read.
    #[error("can't read the tokenizer {}: {source}; expected the path of a model's tokenizer.json", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The JSON describes no tokenizer.
    #[error("{name} is no tokenizer: {reason}; expected the tokenizer.json of a model's page at Hugging Face")]
    Json {
        /// The path, or `tokenizer.json` where there is none.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl HuggingFace {
    /// The tokenizer of a `tokenizer.json`; its path becomes its name.
    ///
    /// # Errors
    /// When the file can't be read, or is no tokenizer.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TokenizerError> {
        let path = path.as_ref();
        let json = std::fs::read(path).map_err(|source| TokenizerError::Read { path: path.to_owned(), source })?;
        Self::named(path.display().to_string(), &json)
    }

    /// The tokenizer of the bytes of a `tokenizer.json`, such as those of `include_bytes!`; that is its name too.
    ///
    /// # Errors
    /// When the bytes are no tokenizer.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, TokenizerError> {
        Self::named("tokenizer.json".to_owned(), json.as_ref())
    }

    fn named(name: String, json: &[u8]) -> Result<Self, TokenizerError> {
        let mut tokenizer = match tokenizers::Tokenizer::from_bytes(json) {
            Ok(tokenizer) => tokenizer,
            Err(error) => return Err(TokenizerError::Json { name, reason: error.to_string() }),
        };
        // What a model wants for its batches, cut or filled up to one length, is not what a text has.
        tokenizer.with_padding(None);
        if let Err(error) = tokenizer.with_truncation(None) {
            return Err(TokenizerError::Json { name, reason: error.to_string() });
        }
        tokenizer.set_encode_special_tokens(true);
        Ok(Self { name, tokenizer })
    }
}

impl Tokenizer for HuggingFace {
    fn name(&self) -> &str {
        &self.name
    }

    /// How many tokens a text is, without special tokens; the text of one counts as ordinary text. A text of more than 64 KiB
    /// is counted in parts, cut between words where it has some, as by [`Encoding`](super::Encoding::count).
    ///
    /// # Panics
    /// When the tokenizer has no token for a part of the text, and none for what it does not know.
    fn count(&self, text: &str) -> u64 {
        let of_piece = |piece| match self.tokenizer.encode_fast(piece, false) {
            Ok(encoding) => encoding.len() as u64,
            Err(error) => panic!("{} can't split a text into tokens: {error}", self.name),
        };
        pieces(text, LONGEST).map(of_piece).sum()
    }
}

impl fmt::Debug for HuggingFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HuggingFace").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tokenizer(json: &Value) -> HuggingFace {
        HuggingFace::from_json(json.to_string()).expect("a tokenizer")
    }

    fn words(model: &Value) -> Value {
        json!({
            "added_tokens": [{"id": 1, "content": "[CLS]", "special": true, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false}],
            "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens":
                {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
            "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
            "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[UNK]"},
            "model": model,
        })
    }

    fn word_level() -> Value {
        words(&json!({"type": "WordLevel", "vocab": {"[UNK]": 0, "[CLS]": 1, "joke": 2}, "unk_token": "[UNK]"}))
    }

    /// Byte pairs as Llama 3 and GPT-4 split them, with a merge for runs of `a`, of spaces and of line ends.
    fn byte_pairs() -> Value {
        let split =
            r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        json!({
            "added_tokens": [],
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]},
            "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "aa": 2, "\u{120}": 3, "\u{10a}": 4, "\u{120}\u{120}": 5,
                "\u{10a}\u{10a}": 6, "\u{120}a": 7},
                "merges": [["a", "a"], ["\u{120}", "\u{120}"], ["\u{10a}", "\u{10a}"], ["\u{120}", "a"]]},
        })
    }

    #[test]
    fn a_text_is_counted_whole_and_without_special_tokens() {
        let tokenizer = tokenizer(&word_level());
        assert_eq!(tokenizer.count(""), 0);
        assert_eq!(tokenizer.count("joke"), 1, "neither filled up nor opened by [CLS]");
        assert_eq!(tokenizer.count("tell me one more joke"), 5, "not cut off");
        assert_eq!(tokenizer.count("[CLS]"), 3, "the text of a special token is ordinary text");
        assert_eq!(self::tokenizer(&byte_pairs()).count("aaab aa"), 3 + 2);
    }

    /// As many tokens as the merges leave, in every case cut into pieces of 64 KiB, which are even.
    #[test]
    fn long_runs_are_counted() {
        let tokenizer = tokenizer(&byte_pairs());
        for unit in ["a", " ", "\n"] {
            assert_eq!(tokenizer.count(&unit.repeat(100_000)), 50_000, "{unit:?}");
        }
        assert_eq!(tokenizer.count(&"b a".repeat(40_000)), 80_000);
        assert!(tokenizer.count(&(" ".repeat(1_100_000) + "a")) > 500_000);
    }

    #[test]
    #[should_panic(expected = "can't split a text into tokens")]
    fn a_text_that_it_has_no_token_for_is_refused() {
        let no_unknown = json!({"type": "WordLevel", "vocab": {"[CLS]": 1, "joke": 2}, "unk_token": "[UNK]"});
        tokenizer(&words(&no_unknown)).count("joke word");
    }

    #[test]
    fn a_file_is_named_by_its_path() {
        let folder = std::env::temp_dir().join(format!("sse-load-tokenizer-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("tokenizer.json");
        std::fs::write(&path, word_level().to_string()).expect("a file");
        let tokenizer = HuggingFace::from_file(&path).expect("a tokenizer");
        assert_eq!((tokenizer.name(), tokenizer.count("a joke")), (&*path.display().to_string(), 2));
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        let missing = HuggingFace::from_file(&path).expect_err("the file is gone").to_string();
        assert!(missing.contains("tokenizer.json: ") && missing.contains("expected the path"), "{missing}");
    }

    #[test]
    fn what_is_no_tokenizer_says_so() {
        for json in ["", "{}", "null", "[1]", r#"{"model": {"type": "Words"}}"#] {
            let error = HuggingFace::from_json(json).expect_err(json).to_string();
            assert!(error.starts_with("tokenizer.json is no tokenizer: "), "{error}");
        }
    }
}
