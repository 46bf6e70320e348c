//! Compares a text with its file, or writes the file.

use std::path::Path;

/// Asserts that `text` is what the file `name` in `tests/golden` holds.
pub(super) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if is_update() {
        std::fs::write(&path, text).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; write it with UPDATE_GOLDEN=1", path.display()));
    let differs = golden.lines().zip(text.lines()).position(|(golden, now)| golden != now);
    assert!(
        golden == text,
        "{} differs, first in line {}; if it should, write it with UPDATE_GOLDEN=1. It is now:\n{text}",
        path.display(),
        differs.unwrap_or_else(|| golden.lines().count().min(text.lines().count())) + 1
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "it asks whether tests should write their files, which no library setting is"
)]
fn is_update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}
