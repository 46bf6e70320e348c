//! JSON, one value a line.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::DataError;
use super::text_file::TextFile;

/// The records of a JSON Lines file (`.jsonl`), in a type of your own or as `serde_json::Value`s. Blank lines are skipped.
///
/// ```no_run
/// use sse_load::data;
/// use sse_load::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Question {
///     text: String,
/// }
///
/// let questions = Feeder::new(data::json_lines::<Question>("tests/questions.jsonl")?);
/// # let _ = questions.records().iter().map(|question| &question.text);
/// # Ok::<(), data::DataError>(())
/// ```
///
/// # Errors
/// When the file can't be read, has no record, is no UTF-8, or a line is no JSON or does not fit the type.
pub fn json_lines<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>, DataError> {
    read(path.as_ref(), "one JSON value a line")
}

pub(super) fn read<T: DeserializeOwned>(path: &Path, expected: &'static str) -> Result<Vec<T>, DataError> {
    let file = TextFile::read(path, expected)?;
    let lines = (1..).zip(file.text().lines()).filter(|(_, line)| !line.trim().is_empty());
    let records =
        lines.map(|(number, line)| serde_json::from_str(line).map_err(|error| file.malformed(number, reason(&error))));
    let records = records.collect::<Result<_, _>>()?;
    file.some(records)
}

/// What is wrong, without the line that serde counts from the begin of what it was given.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::text_file::tests::Scratch;
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Question {
        text: String,
    }

    fn read(text: &str) -> Result<Vec<Question>, String> {
        let file = Scratch::new(text);
        json_lines(file.path())
            .map_err(|error| error.to_string().replace(&*file.path().display().to_string(), "a.jsonl"))
    }

    #[test]
    fn each_line_is_a_record() {
        let questions = read("\u{feff}{\"text\": \"a\"}\r\n\r\n{\"text\": \"b\\nc\", \"id\": 7}").expect("questions");
        assert_eq!(questions, [Question { text: "a".to_owned() }, Question { text: "b\nc".to_owned() }]);
    }

    #[test]
    fn what_is_no_record_names_its_line() {
        let cases = [
            ("", "a.jsonl holds no record"),
            ("\n \r\n", "a.jsonl holds no record"),
            ("{\"text\": \"a\"}\n\n{\"text\"", "a.jsonl, line 3: EOF while parsing an object at column 7"),
            ("{\"text\": \"a\"}\n{\"words\": 5}", "a.jsonl, line 2: missing field `text` at column 12"),
            ("{\"text\": \"a\"}{}", "a.jsonl, line 1: trailing characters at column 14"),
        ];
        for (text, error) in cases {
            assert_eq!(read(text).expect_err(text), format!("{error}; expected one JSON value a line"));
        }
    }
}
