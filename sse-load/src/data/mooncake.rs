//! Traces in the format of Mooncake.

use std::path::Path;
use std::time::Duration;

use rand::Rng;
use serde::{Deserialize, Deserializer};

use super::lengths::LONGEST;
use super::prompts::{Draft, stream};
use super::{DataError, Prompt, Words, json_lines};
use crate::client::Context;

/// How many tokens a hash of a Mooncake trace stands for.
const BLOCK: u64 = 512;

/// Streams of random numbers for blocks: above those of users, prefixes and arrivals.
const BLOCKS: u64 = 1 << 63;

/// A request of a trace: when it came, how long it was, and which blocks of its prompt were those of other requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TraceRecord {
    /// When it came, from the begin of the trace; in the file in milliseconds.
    #[serde(rename = "timestamp", deserialize_with = "milliseconds")]
    pub at: Duration,
    /// How many tokens the prompt had.
    #[serde(rename = "input_length", deserialize_with = "length")]
    pub input_tokens: u64,
    /// How many tokens the reply had.
    #[serde(rename = "output_length")]
    pub output_tokens: u64,
    /// One for each 512 tokens of the prompt, the last of which may be fewer. Equal ones stand for equal text after equal text.
    #[serde(default)]
    pub hash_ids: Vec<u64>,
}

impl TraceRecord {
    /// A prompt of as many tokens as in the trace, in which equal hash ids give equal text in the whole run: prefix caches see what
    /// they saw when the trace was taken. What no hash id stands for is the prompt's own text.
    ///
    /// The seed of the run decides the text, so a run with a new seed finds no cache warm.
    pub fn prompt(&self, words: &Words, ctx: &mut Context) -> Prompt {
        self.write(words, ctx.identity().seed, ctx.random())
    }

    fn write(&self, words: &Words, seed: u64, random: &mut impl Rng) -> Prompt {
        let mut draft = Draft::new(words, self.input_tokens);
        for id in &self.hash_ids {
            draft.write(BLOCK, &mut stream(seed, BLOCKS | id));
        }
        draft.fill(random)
    }
}

/// The requests of a trace in the format of [Mooncake](https://github.com/kvcache-ai/Mooncake/tree/main/FAST25-release), in the order of their
/// times: a line of JSON for each, `{"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 2353]}`. `AIPerf`
/// reads these traces too.
///
/// Give their times to `Arrivals::at`, and in the open loop arrival k gets record k:
///
/// ```no_run
/// use std::sync::LazyLock;
/// use sse_load::data::{self, TraceRecord, Words};
/// use sse_load::load::Arrivals;
/// use sse_load::prelude::*;
///
/// static TRACE: LazyLock<Feeder<TraceRecord>> =
///     LazyLock::new(|| Feeder::new(data::mooncake("tests/conversation_trace.jsonl").expect("the trace is in order")));
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let record = TRACE.next(ctx);
/// let prompt = record.prompt(&Words::default(), ctx);
/// ctx.openai_chat("m").user(prompt.text).max_tokens(record.output_tokens).name("trace").send().await?;
/// # Ok(()) }
///
/// let arrivals = Arrivals::at(TRACE.records().iter().map(|record| record.at));
/// # let _ = arrivals;
/// ```
///
/// # Errors
/// When the file can't be read, has no record, is no UTF-8, or a line is no such JSON.
pub fn mooncake(path: impl AsRef<Path>) -> Result<Vec<TraceRecord>, DataError> {
    let mut records: Vec<TraceRecord> = json_lines::read(path.as_ref(), EXPECTED)?;
    records.sort_by_key(|record| record.at);
    Ok(records)
}

const EXPECTED: &str = r#"a line {"timestamp": milliseconds, "input_length": tokens, "output_length": tokens, "hash_ids": [..]} for each request"#;

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time = f64::deserialize(deserializer)?;
    let refused = |_| serde::de::Error::custom(format_args!("a time of {time} ms can't be"));
    // By microseconds, so that whole milliseconds stay whole.
    Duration::try_from_secs_f64(time / 1e3).map(|time| Duration::from_micros(rounded(time))).map_err(refused)
}

fn rounded(time: Duration) -> u64 {
    u64::try_from((time.as_nanos() + 500) / 1_000).unwrap_or(u64::MAX)
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        tokens @ ..=LONGEST => Ok(tokens),
        tokens => Err(serde::de::Error::custom(format_args!("{tokens} tokens are too many (at most {LONGEST})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_file::tests::Scratch;
    use super::*;
    use crate::tokenize::Encoding;

    fn read(text: &str) -> Result<Vec<TraceRecord>, String> {
        let file = Scratch::new(text);
        mooncake(file.path()).map_err(|error| error.to_string().replace(&*file.path().display().to_string(), "a.jsonl"))
    }

    #[test]
    fn records_stand_in_the_order_of_their_times() {
        let trace = read(
            r#"{"timestamp": 30535, "input_length": 6472, "output_length": 26, "hash_ids": [46, 47, 2366]}
               {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 2353, 2354], "type": "chat"}
               {"timestamp": 0.0571, "input_length": 5, "output_length": 1}"#,
        )
        .expect("a trace");
        assert_eq!(trace.iter().map(|record| record.at.as_micros()).collect::<Vec<_>>(), [57, 27_482_000, 30_535_000]);
        assert_eq!((trace[1].input_tokens, trace[1].output_tokens), (6_955, 52));
        assert_eq!((&*trace[2].hash_ids, &*trace[0].hash_ids), ([46, 47, 2_366].as_slice(), [].as_slice()));
    }

    #[test]
    fn what_is_no_request_names_its_line() {
        let cases = [
            ("", "a.jsonl holds no record; "),
            (r#"{"timestamp": 1, "input_length": 2}"#, "a.jsonl, line 1: missing field `output_length` at column 35; "),
            (
                r#"{"timestamp": -1, "input_length": 2, "output_length": 3}"#,
                "a.jsonl, line 1: a time of -1 ms can't be at column",
            ),
            (
                r#"{"timestamp": 1, "input_length": 99999999999, "output_length": 3}"#,
                "a.jsonl, line 1: 99999999999 tokens are too many",
            ),
        ];
        for (text, error) in cases {
            let message = read(text).expect_err(text);
            assert!(message.starts_with(error) && message.ends_with(EXPECTED), "{message}");
        }
    }

    #[test]
    fn equal_hashes_are_equal_blocks() {
        let prompt = |input_tokens, hash_ids: &[u64], seed| {
            let record =
                TraceRecord { at: Duration::ZERO, input_tokens, output_tokens: 1, hash_ids: hash_ids.to_vec() };
            record.write(&Words::default(), seed, &mut stream(seed, input_tokens))
        };
        let blocks = |prompt: &Prompt| -> Vec<Vec<String>> {
            let words: Vec<_> = prompt.text.split(' ').map(ToOwned::to_owned).collect();
            words.chunks(512).map(<[String]>::to_vec).collect()
        };
        let (one, other) = (prompt(1_100, &[46, 47, 48], 1), prompt(1_600, &[46, 47, 49, 48], 1));
        assert_eq!((one.tokens, Encoding::default().count(&one.text)), (1_100, 1_100));
        let (first, second) = (blocks(&one), blocks(&other));
        assert_eq!((&first[..2], first[2].len()), (&second[..2], 76));
        assert_ne!(first[2], second[2][..76]);
        assert_eq!(first[2][..64], second[3][..64], "where the trace has one hash at two places, it is one text");
        assert_ne!(blocks(&prompt(512, &[46], 2))[0], first[0], "a new run has new text");
        assert_ne!(
            prompt(600, &[], 1).text[..60],
            prompt(601, &[], 1).text[..60],
            "what no hash stands for is its own"
        );
        assert_eq!(Encoding::default().count(&prompt(600, &[1, 2, 3], 1).text), 600, "more hashes than text");
    }
}
