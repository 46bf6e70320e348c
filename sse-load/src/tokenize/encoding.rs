//! The byte pair encodings of `OpenAI`'s models.

use std::sync::{Arc, LazyLock};

use tiktoken_rs::tokenizer::Tokenizer as Table;

use super::Tokenizer;
use super::pieces::{LONGEST, pieces};

/// A byte pair encoding. Its tables load at the first count, which takes about a tenth of a second and some 50 MiB.
///
/// ```
/// use sse_load::tokenize::Encoding;
///
/// assert_eq!(Encoding::Cl100kBase.count("tiktoken is great!"), 6);
/// assert_eq!(Encoding::for_model("gpt-4o-mini"), Encoding::O200kBase);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// `o200k_base`: GPT-4o, GPT-4.1, GPT-5, the `o` models.
    #[default]
    O200kBase,
    /// `o200k_harmony`: gpt-oss.
    O200kHarmony,
    /// `cl100k_base`: GPT-3.5 turbo, GPT-4.
    Cl100kBase,
    /// `p50k_base`: text-davinci-002 and 003, Codex.
    P50kBase,
    /// `p50k_edit`: the edit models.
    P50kEdit,
    /// `r50k_base`: GPT-2 and GPT-3.
    R50kBase,
}

impl Encoding {
    /// Every encoding, in the order of the type.
    pub(crate) const ALL: [Self; 6] =
        [Self::O200kBase, Self::O200kHarmony, Self::Cl100kBase, Self::P50kBase, Self::P50kEdit, Self::R50kBase];

    /// The encoding of a model, by the table of tiktoken; [`O200kBase`](Self::O200kBase) for models that it does not
    /// know, whose counts are then an approximation.
    ///
    /// ```
    /// use sse_load::tokenize::Encoding;
    ///
    /// assert_eq!(Encoding::for_model("gpt-4-0613"), Encoding::Cl100kBase);
    /// assert_eq!(Encoding::for_model("llama-3"), Encoding::O200kBase);
    /// ```
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        match tiktoken_rs::tokenizer::get_tokenizer(model) {
            Some(Table::O200kHarmony) => Self::O200kHarmony,
            Some(Table::Cl100kBase) => Self::Cl100kBase,
            Some(Table::P50kBase) => Self::P50kBase,
            Some(Table::P50kEdit) => Self::P50kEdit,
            // GPT-2's table is that of r50k_base under its older name.
            Some(Table::R50kBase | Table::Gpt2) => Self::R50kBase,
            Some(Table::O200kBase) | None => Self::O200kBase,
        }
    }

    /// The encoding's name in tiktoken.
    ///
    /// ```
    /// assert_eq!(sse_load::tokenize::Encoding::default().name(), "o200k_base");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
            Self::O200kHarmony => "o200k_harmony",
            Self::Cl100kBase => "cl100k_base",
            Self::P50kBase => "p50k_base",
            Self::P50kEdit => "p50k_edit",
            Self::R50kBase => "r50k_base",
        }
    }

    /// How many tokens a text is. The text of a special token, such as `<|endoftext|>`, counts as ordinary text.
    ///
    /// Count a joined text, not its chunks: the sum over chunks is far too large. Any text is stood, in near linear
    /// time; one of more than 64 KiB is counted in parts, cut between words. Where 64 KiB hold no two words the count may
    /// be off by a few tokens per 64 KiB.
    #[must_use]
    pub fn count(self, text: &str) -> u64 {
        self.count_in_pieces(text, LONGEST)
    }

    /// The encoding as a tokenizer, the same one each time.
    ///
    /// ```
    /// use sse_load::tokenize::Encoding;
    ///
    /// assert_eq!(Encoding::Cl100kBase.shared().name(), "cl100k_base");
    /// ```
    #[must_use]
    pub fn shared(self) -> Arc<dyn Tokenizer> {
        static SHARED: LazyLock<[Arc<dyn Tokenizer>; 6]> =
            LazyLock::new(|| Encoding::ALL.map(|encoding| -> Arc<dyn Tokenizer> { Arc::new(encoding) }));
        Arc::clone(&SHARED[self as usize])
    }

    fn count_in_pieces(self, text: &str, longest: usize) -> u64 {
        let bpe = match self {
            Self::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Self::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
            Self::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Self::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Self::P50kEdit => tiktoken_rs::p50k_edit_singleton(),
            Self::R50kBase => tiktoken_rs::r50k_base_singleton(),
        };
        pieces(text, longest).map(|piece| bpe.count_ordinary(piece) as u64).sum()
    }
}

impl Tokenizer for Encoding {
    fn name(&self) -> &str {
        Self::name(*self)
    }

    fn count(&self, text: &str) -> u64 {
        Self::count(*self, text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From "How to count tokens with tiktoken" in the `OpenAI` cookbook, sections 4 and 5 (`gpt2` there is `r50k_base`).
    #[test]
    fn counts_are_the_published_ones() {
        let cases = [
            ("tiktoken is great!", [(Encoding::Cl100kBase, 6)].as_slice()),
            (
                "antidisestablishmentarianism",
                &[(Encoding::R50kBase, 5), (Encoding::P50kBase, 5), (Encoding::Cl100kBase, 6)],
            ),
            ("2 + 2 = 4", &[(Encoding::R50kBase, 5), (Encoding::P50kBase, 5), (Encoding::Cl100kBase, 7)]),
            ("お誕生日おめでとう", &[(Encoding::R50kBase, 14), (Encoding::P50kBase, 14), (Encoding::Cl100kBase, 9)]),
        ];
        for (text, counts) in cases {
            for (encoding, count) in counts {
                assert_eq!(encoding.count(text), *count, "{text} in {}", encoding.name());
            }
        }
    }

    #[test]
    fn no_text_is_no_token() {
        assert_eq!(Encoding::default().count(""), 0);
    }

    #[test]
    fn the_text_of_a_special_token_counts_as_ordinary_text() {
        for encoding in [Encoding::O200kBase, Encoding::O200kHarmony, Encoding::Cl100kBase] {
            assert!(encoding.count("<|endoftext|>") > 1, "{}", encoding.name());
        }
    }

    #[test]
    fn each_encoding_is_shared_under_its_own_name() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.shared().name(), encoding.name());
            assert!(Arc::ptr_eq(&encoding.shared(), &encoding.shared()));
        }
    }

    #[test]
    fn a_model_has_the_encoding_of_its_family() {
        let cases = [
            ("gpt-4o", Encoding::O200kBase),
            ("gpt-oss-20b", Encoding::O200kHarmony),
            ("ft:gpt-3.5-turbo:org::id", Encoding::Cl100kBase),
            ("text-davinci-003", Encoding::P50kBase),
            ("text-davinci-edit-001", Encoding::P50kEdit),
            ("gpt2", Encoding::R50kBase),
            ("meta-llama/Llama-3.1-8B", Encoding::O200kBase),
            ("", Encoding::O200kBase),
        ];
        for (model, encoding) in cases {
            assert_eq!(Encoding::for_model(model), encoding, "{model:?}");
        }
    }

    /// The white space is the case in which the encoder panics when it gets the text whole.
    #[test]
    fn long_runs_are_counted() {
        let encoding = Encoding::O200kBase;
        for unit in ["a", "\n", "\u{1F600}", "\u{301}", "1"] {
            let text = unit.repeat(100_000 / unit.len());
            assert!(encoding.count(&text) > 0, "{unit:?}");
        }
        assert!(encoding.count(&(" ".repeat(1_100_000) + "x")) > 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn parts_cut_between_words_add_up(
            text in "([A-Za-z]{1,6} [A-Za-z]{1,6}('s|, |\\. |  |\n\n| 12 |\u{e9}|\u{4e2d} |\\) ?)){1,30}",
            longest in 8_usize..40,
        ) {
            let parts: Vec<_> = pieces(&text, longest).collect();
            // Within a run of white space is no place between words.
            let is_between_words = |parts: &[&str]| !parts[0].ends_with(char::is_whitespace) && parts[1].starts_with(' ');
            prop_assume!(parts.windows(2).all(is_between_words));
            for encoding in [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::R50kBase] {
                prop_assert_eq!(encoding.count_in_pieces(&text, longest), encoding.count_in_pieces(&text, usize::MAX));
            }
        }
    }
}
