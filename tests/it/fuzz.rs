//! The corpus of the fuzz targets, and every recorded stream, keeps the properties that the targets check.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is also a crate of its own, which libFuzzer's targets use")]
mod properties;

#[test]
fn the_corpus_is_decoded_and_classified() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> =
        ["fuzz/corpus", "tests/fixtures/streams"].iter().flat_map(|folder| files(&root.join(folder))).collect();
    assert!(files.len() > 100, "only {} files were found", files.len());
    for file in files {
        let body = fs::read(&file).unwrap();
        // A failure's message is the property's; the output that goes with it says of which file.
        println!("{}", file.display());
        properties::decode::check(&body);
        properties::classify::check(&body);
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
