//! A file of text, and what it should hold.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::{DataError, Place};

/// The text of a file without a byte order mark, and what it should hold.
pub(super) struct TextFile {
    path: PathBuf,
    expected: &'static str,
    text: String,
}

impl TextFile {
    pub(super) fn read(path: &Path, expected: &'static str) -> Result<Self, DataError> {
        let bytes = fs::read(path).map_err(|source| DataError::Read { path: path.to_owned(), source, expected })?;
        let mut file = Self { path: path.to_owned(), expected, text: String::new() };
        match String::from_utf8(bytes) {
            Ok(text) => file.text = text,
            Err(error) => {
                let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = sound.split(|byte| *byte == b'\n').count() as u64;
                return Err(file.malformed(line, "bytes that are no UTF-8"));
            }
        }
        if file.text.starts_with('\u{feff}') {
            file.text.drain(..'\u{feff}'.len_utf8());
        }
        Ok(file)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn malformed(&self, line: u64, reason: impl fmt::Display) -> DataError {
        DataError::Malformed {
            path: self.path.clone(),
            place: Place::Line(line),
            reason: reason.to_string(),
            expected: self.expected,
        }
    }

    /// The records of this file, of which there must be some.
    pub(super) fn some<T>(self, records: Vec<T>) -> Result<Vec<T>, DataError> {
        if records.is_empty() {
            return Err(DataError::Empty { path: self.path, expected: self.expected });
        }
        Ok(records)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A file with these bytes, which goes with the value.
    pub(in crate::data) struct Scratch(PathBuf);

    impl Scratch {
        pub(in crate::data) fn new(bytes: impl AsRef<[u8]>) -> Self {
            static FILES: AtomicU64 = AtomicU64::new(0);
            let number = FILES.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("sse-load-data-{}-{number}", std::process::id()));
            fs::write(&path, bytes).expect("a file");
            Self(path)
        }

        pub(in crate::data) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn error(bytes: &[u8]) -> String {
        let file = Scratch::new(bytes);
        TextFile::read(file.path(), "a joke").map(|_| ()).expect_err("no text").to_string()
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let file = Scratch::new("\u{feff}a\r\nb");
        assert_eq!(TextFile::read(file.path(), "letters").expect("text").text(), "a\r\nb");
    }

    #[test]
    fn broken_text_names_its_line() {
        assert!(error(b"one\ntwo\nthr\xffee\n").ends_with(", line 3: bytes that are no UTF-8; expected a joke"));
        assert!(error(b"\xff\xfea\0").ends_with(", line 1: bytes that are no UTF-8; expected a joke"));
    }

    #[test]
    fn a_missing_file_says_where_it_was_looked_for() {
        let error = TextFile::read(Path::new("no/such/file"), "a joke").map(|_| ()).expect_err("no file").to_string();
        assert!(error.starts_with("can't read no/such/file: "), "{error}");
        assert!(
            error.ends_with("expected a joke. A path is seen from the folder of the package's Cargo.toml"),
            "{error}"
        );
    }
}
