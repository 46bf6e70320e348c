//! Comma-separated values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::DataError;
use super::text_file::TextFile;

/// The values of one line, by the names of their columns.
///
/// ```no_run
/// use sse_load::data::{self, Row};
///
/// for row in data::csv::<Row>("tests/prompts.csv")? {
///     println!("{}", row.get("prompt")?);
/// }
/// # Ok::<(), data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// When there is no such column; the message lists those that there are.
    pub fn get(&self, column: &str) -> Result<&str, DataError> {
        let known = || self.0.keys().cloned().collect();
        let value = self.0.get(column).map(String::as_str);
        value.ok_or_else(|| DataError::NoColumn { column: column.to_owned(), known: known() })
    }
}

/// The records of a CSV file, as [`Row`]s or as a type of your own whose fields are named as the columns.
///
/// The first line names the columns. Values may stand in double quotes and then hold commas and line breaks.
///
/// ```no_run
/// use sse_load::data;
/// use sse_load::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Account {
///     user: String,
///     turns: u32,
/// }
///
/// let accounts = Feeder::new(data::csv::<Account>("tests/accounts.csv")?);
/// # let _ = accounts.records().iter().map(|account| (&account.user, account.turns));
/// # Ok::<(), data::DataError>(())
/// ```
///
/// # Errors
/// When the file can't be read, has no record, is no UTF-8, or a line does not fit the columns or the type.
pub fn csv<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>, DataError> {
    let file =
        TextFile::read(path.as_ref(), "comma-separated values, below a first line with the names of the columns")?;
    let records = {
        let mut reader = ReaderBuilder::new().trim(Trim::Headers).from_reader(file.text().as_bytes());
        if let Some(name) = reader.headers().ok().and_then(named_twice) {
            return Err(file.malformed(1, format_args!("two columns are named `{name}`")));
        }
        let records: Result<Vec<T>, csv::Error> = reader.deserialize().collect();
        records.map_err(|error| file.malformed(line(&error), reason(&error, &mut reader)))?
    };
    file.some(records)
}

fn named_twice(names: &StringRecord) -> Option<&str> {
    let mut known = BTreeSet::new();
    names.iter().find(|name| !known.insert(*name))
}

fn line(error: &csv::Error) -> u64 {
    error.position().map_or(1, csv::Position::line)
}

fn reason(error: &csv::Error, reader: &mut Reader<&[u8]>) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} values for {expected_len} columns"),
        ErrorKind::Deserialize { err, .. } => {
            let place = err.field().and_then(|field| usize::try_from(field).ok());
            let column = reader.headers().ok().and_then(|names| names.get(place?));
            column.map_or_else(|| err.kind().to_string(), |column| format!("column `{column}`: {}", err.kind()))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::text_file::tests::Scratch;
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Account {
        user: String,
        turns: u32,
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
        let file = Scratch::new(text);
        csv(file.path()).map_err(|error| error.to_string().replace(&*file.path().display().to_string(), "a.csv"))
    }

    #[test]
    fn lines_become_rows_or_a_type_of_ones_own() {
        let text = "\u{feff}user, turns\r\nann,3\r\n\"bob, jr.\",\"4\"\r\n\r\n\"a \"\"b\"\"\nc\",5\r\n";
        let users: Vec<_> = read::<Account>(text).expect("accounts");
        let account = |user: &str, turns| Account { user: user.to_owned(), turns };
        assert_eq!(users, [account("ann", 3), account("bob, jr.", 4), account("a \"b\"\nc", 5)]);
        let rows = read::<Row>(text).expect("rows");
        assert_eq!((rows[1].get("user").ok(), rows[1].get("turns").ok()), (Some("bob, jr."), Some("4")));
        assert_eq!(
            rows[0].get("name").expect_err("no column").to_string(),
            "there is no column `name`; the columns are turns, user"
        );
    }

    proptest! {
        #[test]
        fn any_values_are_read_as_they_were_written(values in vec(("[ab,\" \\r\n]{0,6}", any::<u32>()), 1..5)) {
            let written = values.iter().map(|(user, turns)| format!("\"{}\",{turns}\r\n", user.replace('"', "\"\"")));
            let text = format!("user,turns\r\n{}", written.collect::<String>());
            let expected: Vec<_> = values.into_iter().map(|(user, turns)| Account { user, turns }).collect();
            prop_assert_eq!(read::<Account>(&text), Ok(expected));
        }

        #[test]
        fn any_text_is_rows_or_an_error(text in "[a,\"\n\r ]{0,20}") {
            let _ = read::<Row>(&text);
        }
    }

    #[test]
    fn what_is_no_record_names_its_line() {
        const EXPECTED: &str = "expected comma-separated values, below a first line with the names of the columns";
        let cases = [
            ("", "a.csv holds no record"),
            ("user,turns\n", "a.csv holds no record"),
            ("user,turns\nann,3\nbob\n", "a.csv, line 3: 1 values for 2 columns"),
            ("user,turns\nann,3\nbob,x\n", "a.csv, line 3: column `turns`: invalid digit found in string"),
            ("user,age\nann,3\n", "a.csv, line 2: missing field `turns`"),
            ("user,turns,user\nann,3,bob\n", "a.csv, line 1: two columns are named `user`"),
        ];
        for (text, error) in cases {
            assert_eq!(read::<Account>(text).expect_err(text), format!("{error}; {EXPECTED}"));
        }
    }
}
