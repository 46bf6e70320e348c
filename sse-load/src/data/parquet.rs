//! Parquet files.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::SerializedFileReader;
use serde::de::DeserializeOwned;

use super::{DataError, Place};

/// The rows of a Parquet file, in a type of your own whose fields are named as the columns, or as `serde_json::Value`s. Feature `parquet`.
///
/// Times, dates and decimals are read as text, bytes as Base64. Compression may be Snappy, gzip or Zstandard.
///
/// ```no_run
/// use sse_load::data;
/// use sse_load::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Question {
///     prompt: String,
/// }
///
/// let questions = Feeder::new(data::parquet::<Question>("tests/questions.parquet")?);
/// # let _ = questions.records().iter().map(|question| &question.prompt);
/// # Ok::<(), data::DataError>(())
/// ```
///
/// # Errors
/// When the file can't be read, has no row, is no Parquet, or a row does not fit the type.
pub fn parquet<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>, DataError> {
    let path = path.as_ref();
    let file =
        File::open(path).map_err(|source| DataError::Read { path: path.to_owned(), source, expected: EXPECTED })?;
    let malformed = |row, reason| DataError::Malformed {
        path: path.to_owned(),
        place: Place::Row(row),
        reason,
        expected: EXPECTED,
    };
    let opened = guarded(|| Ok(SerializedFileReader::new(file)?.into_iter()));
    let mut rows = opened.map_err(|reason| malformed(1, reason))?;
    let rows = std::iter::from_fn(|| guarded(|| rows.next().transpose()).transpose());
    let records = (1..).zip(rows).map(|(number, row)| {
        let value = row.map_err(|reason| malformed(number, reason))?.to_json_value();
        serde_json::from_value(value).map_err(|error| malformed(number, error.to_string()))
    });
    let records: Vec<T> = records.collect::<Result<_, _>>()?;
    if records.is_empty() {
        return Err(DataError::Empty { path: path.to_owned(), expected: EXPECTED });
    }
    Ok(records)
}

const EXPECTED: &str = "a Parquet file whose columns are named as the fields of a record";

/// The crate panics on some files that are broken.
fn guarded<T>(step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("the file is broken".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::super::text_file::tests::Scratch;
    use super::*;

    /// Written by pyarrow 26, in row groups of two rows.
    const FILES: [&[u8]; 3] = [
        include_bytes!("../../../tests/fixtures/data/prompts_snappy.parquet"),
        include_bytes!("../../../tests/fixtures/data/prompts_gzip.parquet"),
        include_bytes!("../../../tests/fixtures/data/prompts_zstd.parquet"),
    ];

    #[derive(Debug, Deserialize, PartialEq)]
    struct Question {
        prompt: String,
        max_tokens: Option<u64>,
        tags: Vec<String>,
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, String> {
        let file = Scratch::new(bytes);
        parquet(file.path())
            .map_err(|error| error.to_string().replace(&*file.path().display().to_string(), "a.parquet"))
    }

    #[test]
    fn rows_are_read_whatever_their_compression() {
        for file in FILES {
            let questions: Vec<Question> = read(file).expect("questions");
            let question = |prompt: &str, max_tokens, tags: &[&str]| Question {
                prompt: prompt.to_owned(),
                max_tokens,
                tags: tags.iter().map(ToString::to_string).collect(),
            };
            let expected = [
                question("Why is the sky blue?", Some(10), &["a", "b"]),
                question("Grüße, 世界", Some(200), &[]),
                question("a\nb", None, &["c"]),
            ];
            assert_eq!(questions, expected);
            let values: Vec<Value> = read(file).expect("values");
            assert_eq!(values[0]["from"], json!({"name": "ann", "age": 30}));
        }
    }

    #[test]
    fn what_is_no_row_says_which() {
        #[derive(Debug, Deserialize)]
        struct Limited {
            #[expect(dead_code, reason = "only read")]
            max_tokens: u64,
        }

        let cases = [
            (read::<Limited>(FILES[0]).map(|_| ()), "a.parquet, row 3: invalid type: null, expected u64; "),
            (read::<Question>(b"").map(|_| ()), "a.parquet, row 1: "),
            (read::<Question>(b"prompt\nhello, this is a CSV file\n").map(|_| ()), "a.parquet, row 1: "),
            (read::<Question>(&FILES[0][..1_000]).map(|_| ()), "a.parquet, row 1: "),
        ];
        for (result, expected) in cases {
            let error = result.expect_err(expected);
            assert!(error.starts_with(expected) && error.ends_with(EXPECTED), "{error}");
        }
    }

    #[test]
    fn a_broken_file_is_an_error_and_no_panic() {
        for file in FILES {
            for place in 0..file.len() {
                let mut broken = file.to_vec();
                broken[place] ^= 0xff;
                let _ = read::<Value>(&broken);
            }
        }
    }
}
