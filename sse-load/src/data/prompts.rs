//! Synthetic prompts.

use std::fmt;

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Lengths, Words};
use crate::client::Context;

/// Streams of random numbers for prefixes: above those of users, below those of arrivals.
const PREFIXES: u64 = 1 << 61;

/// A text with a known number of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// How many tokens it is. A server that puts it into a chat template counts some more.
    pub tokens: u64,
}

/// Synthetic prompts of an exact number of tokens: random words of one token each.
///
/// Words come from the user's own random numbers: no two prompts are alike, the same seed gives the same prompts, and nothing is
/// tokenized while the load runs.
///
/// ```no_run
/// use std::sync::LazyLock;
/// use sse_load::prelude::*;
///
/// static PROMPTS: LazyLock<Prompts> =
///     LazyLock::new(|| Prompts::new(Lengths::log_normal(800.0, 0.6).between(64, 8_192)).shared_prefix(500, 0.7));
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let prompt = PROMPTS.next(ctx);
/// ctx.openai_chat("m").user(prompt.text).max_tokens(100).name("chat").send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Prompts {
    lengths: Lengths,
    words: Words,
    prefixes: Vec<Prefix>,
    salted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Prefix {
    tokens: u64,
    /// The share of prompts that begin with it.
    ratio: f64,
}

impl Prompts {
    /// Prompts of these lengths, all of their own text.
    pub fn new(lengths: Lengths) -> Self {
        Self { lengths, words: Words::default(), prefixes: Vec::new(), salted: false }
    }

    /// The words, where the server's tokenizer is none of the [`Encoding`](crate::tokenize::Encoding)s: see [`Words::of`].
    pub fn words(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// This share of the prompts (0 to 1) begins with the same `tokens` tokens, as behind one system prompt; a prompt that is not longer is
    /// cut from them. The prefix counts as part of a prompt's length. Another call adds another prefix with a share of its own.
    ///
    /// The seed of the run decides the prefix, so a run with a new seed finds no cache warm.
    ///
    /// # Panics
    /// When `tokens` is 0 or above 10,000,000, the ratio is not from 0 to 1, or the ratios of all prefixes sum to more than 1.
    #[track_caller]
    pub fn shared_prefix(mut self, tokens: u64, ratio: f64) -> Self {
        let _ = Lengths::fixed(tokens);
        assert!(
            (0.0..=1.0).contains(&ratio),
            "the ratio of a shared prefix must be from 0 to 1, and this one is {ratio}"
        );
        self.prefixes.push(Prefix { tokens, ratio });
        let sum: f64 = self.prefixes.iter().map(|prefix| prefix.ratio).sum();
        assert!(sum <= 1.0 + 1e-9, "the ratios of all shared prefixes must sum to at most 1, and they sum to {sum}");
        self
    }

    /// Every prompt begins with a [salt](Words::salt), before a shared prefix too: no prefix cache helps. The salt counts as part of a
    /// prompt's length; a prompt that is not longer is nothing but salt, and less sure to be the only one.
    pub fn salted(self) -> Self {
        Self { salted: true, ..self }
    }

    /// The next prompt, by the user's own random numbers.
    pub fn next(&self, ctx: &mut Context) -> Prompt {
        self.draw(ctx.identity().seed, ctx.random())
    }

    fn draw(&self, seed: u64, random: &mut impl Rng) -> Prompt {
        let mut draft = Draft::new(&self.words, self.lengths.sample(random));
        if self.salted {
            draft.write(self.words.salt_tokens(), random);
        }
        if let Some((number, prefix)) = self.choose_prefix(random) {
            draft.write(prefix.tokens, &mut stream(seed, PREFIXES | number));
        }
        draft.fill(random)
    }

    fn choose_prefix(&self, random: &mut impl Rng) -> Option<(u64, &Prefix)> {
        let mut place = random.random_range(0.0..1.0);
        (0..).zip(&self.prefixes).find(|(_, prefix)| {
            place -= prefix.ratio;
            place < 0.0
        })
    }
}

/// A prompt that is being written.
pub(super) struct Draft<'a> {
    words: &'a Words,
    prompt: Prompt,
    /// Tokens that are still to be written.
    left: u64,
}

impl<'a> Draft<'a> {
    pub(super) fn new(words: &'a Words, tokens: u64) -> Self {
        Self { words, prompt: Prompt { text: String::new(), tokens }, left: tokens }
    }

    /// Adds so many tokens, if there is room for them.
    pub(super) fn write(&mut self, tokens: u64, random: &mut impl Rng) {
        let tokens = tokens.min(self.left);
        self.words.write(&mut self.prompt.text, tokens, random);
        self.left -= tokens;
    }

    /// The prompt at its full length.
    pub(super) fn fill(mut self, random: &mut impl Rng) -> Prompt {
        self.write(self.left, random);
        self.prompt
    }
}

/// Random numbers that all users of a run share.
pub(super) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::tokenize::Encoding;

    fn drawn(prompts: &Prompts, seed: u64, count: usize) -> Vec<Prompt> {
        let mut random = stream(seed, 3);
        (0..count).map(|_| prompts.draw(seed, &mut random)).collect()
    }

    fn begin(prompt: &Prompt, words: usize) -> Vec<&str> {
        prompt.text.split(' ').take(words).collect()
    }

    #[test]
    fn a_prompt_has_exactly_the_tokens_that_it_says() {
        let prompts = Prompts::new(Lengths::uniform(1, 300)).shared_prefix(40, 0.5).salted();
        let drawn = drawn(&prompts, 7, 200);
        assert!(drawn.iter().all(|prompt| Encoding::default().count(&prompt.text) == prompt.tokens));
        assert!(drawn.iter().any(|prompt| prompt.tokens < 30) && drawn.iter().any(|prompt| prompt.tokens > 250));
    }

    #[test]
    fn the_same_seed_gives_the_same_prompts_and_another_seed_others() {
        let prompts = Prompts::new(Lengths::uniform(50, 60)).shared_prefix(20, 1.0);
        assert_eq!(drawn(&prompts, 1, 20), drawn(&prompts, 1, 20));
        let (one, other) = (drawn(&prompts, 1, 1), drawn(&prompts, 2, 1));
        assert_ne!(begin(&one[0], 5), begin(&other[0], 5), "a new run has new prefixes");
    }

    #[test]
    fn the_share_of_a_prefix_begins_with_it_and_no_more_is_shared() {
        let prompts = Prompts::new(Lengths::fixed(30)).shared_prefix(20, 0.5).shared_prefix(10, 0.25);
        let drawn = drawn(&prompts, 11, 1_000);
        let begins = |words| {
            let mut counts = BTreeMap::new();
            for prompt in &drawn {
                *counts.entry(begin(prompt, words)).or_insert(0) += 1;
            }
            let mut counts: Vec<i32> = counts.into_values().filter(|count| *count > 1).collect();
            counts.sort_unstable();
            counts
        };
        let [shorter, longer] = begins(10)[..] else { panic!("two prefixes: {:?}", begins(10)) };
        assert!((200..300).contains(&shorter) && (450..550).contains(&longer), "{shorter}, {longer}");
        assert_eq!(begins(20), [longer]);
        assert_eq!(begins(24), [0; 0], "the rest is each prompt's own");
        let short = Prompts::new(Lengths::fixed(6)).shared_prefix(20, 1.0);
        assert_eq!(self::drawn(&short, 11, 9).iter().map(|prompt| &prompt.text).collect::<BTreeSet<_>>().len(), 1);
    }

    #[test]
    fn salted_prompts_all_begin_in_a_way_of_their_own() {
        let prompts = Prompts::new(Lengths::fixed(30)).shared_prefix(22, 1.0).salted();
        let drawn = drawn(&prompts, 11, 1_000);
        let salts: BTreeSet<_> = drawn.iter().map(|prompt| begin(prompt, 8)).collect();
        assert_eq!(salts.len(), 1_000);
        let prefixes: BTreeSet<_> = drawn.iter().map(|prompt| prompt.text.splitn(9, ' ').last()).collect();
        assert_eq!(prefixes.len(), 1, "the prefix follows the salt");
    }

    #[test]
    fn ratios_that_can_not_be_are_refused() {
        let message = |ratios: &'static [f64]| {
            let make = || {
                ratios.iter().fold(Prompts::new(Lengths::fixed(9)), |prompts, ratio| prompts.shared_prefix(4, *ratio))
            };
            let panic = std::panic::catch_unwind(make).expect_err("it is refused");
            panic.downcast_ref::<String>().cloned().expect("a text")
        };
        assert!(message(&[1.5]).contains("must be from 0 to 1, and this one is 1.5"));
        assert!(message(&[f64::NAN]).contains("this one is NaN"));
        assert!(message(&[0.7, 0.4]).contains("must sum to at most 1"));
    }
}
