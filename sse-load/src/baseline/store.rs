//! Baselines as files.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Baseline, BaselineError, SCHEMA_VERSION};

/// Longer names are no good for reading.
const LONGEST_NAME: usize = 60;

/// The file of a baseline within the folder of its load test.
pub(super) fn file(folder: &Path, name: &str) -> Result<PathBuf, BaselineError> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with('.') || !name.chars().all(is_safe) {
        return Err(BaselineError::Name(name.to_owned()));
    }
    Ok(folder.join(format!("{name}.json")))
}

pub(super) fn read(file: &Path, name: &str) -> Result<Baseline, BaselineError> {
    let text = fs::read_to_string(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => BaselineError::Missing { name: name.to_owned(), file: file.to_owned() },
        _ => BaselineError::Unreadable { file: file.to_owned(), error },
    })?;
    parse(&text, file)
}

pub(super) fn write(baseline: &Baseline, file: &Path) -> Result<(), BaselineError> {
    let write = || -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(baseline)?;
        text.push('\n');
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        // Written beside and moved into place, so that no reader sees half a baseline.
        let draft = file.with_extension("json.new");
        fs::write(&draft, text)?;
        fs::rename(draft, file)
    };
    write().map_err(|error| BaselineError::Unwritable { file: file.to_owned(), error })
}

fn parse(text: &str, file: &Path) -> Result<Baseline, BaselineError> {
    /// What every form has.
    #[derive(Deserialize)]
    struct Form {
        schema_version: u64,
    }
    let broken = |why: String| BaselineError::Broken { file: file.to_owned(), why };
    let Form { schema_version: found } = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    if found != u64::from(SCHEMA_VERSION) {
        return Err(BaselineError::Schema { file: file.to_owned(), found, expected: SCHEMA_VERSION });
    }
    let baseline: Baseline = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    baseline.fault().map_or(Ok(baseline), |why| Err(broken(why)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::baseline::Tolerance;
    use crate::baseline::doubts::Doubts;
    use crate::baseline::figures::compared;

    /// As this version writes it.
    const WRITTEN: &str = include_str!("../../../tests/fixtures/baseline.json");

    fn here() -> &'static Path {
        Path::new("main.json")
    }

    #[test]
    fn what_is_written_is_read_and_written_the_same() {
        let baseline = parse(WRITTEN, here()).expect("a baseline");
        assert_eq!(serde_json::to_string_pretty(&baseline).expect("JSON") + "\n", WRITTEN);
        assert!(baseline.has_success());
    }

    #[test]
    fn a_file_that_is_none_says_what_to_do() {
        for (from, to, why) in [
            ("\"schema_version\": 1", "\"schema_version\": 7", "has the form 7, and this version of sse-load reads 1"),
            ("\"definitions\"", "\"definition\"", "unknown field `definition`"),
            ("\"effect\": 1.0", "\"effect\": 0.0", "an effect is 1 or more"),
            ("\"failed\": 0", "\"failed\": 201", "has 201 failed of 200 requests"),
            ("\"hdr\": \"", "\"hdr\": \"A", "expected a histogram"),
            ("\"unseen\": 0", "\"unseen\": 18446744073709551615", "no run has so many"),
            ("{", "", "expected"),
        ] {
            let text = WRITTEN.replacen(from, to, 1);
            assert_ne!(text, WRITTEN, "{from}");
            let error = parse(&text, here()).expect_err(to).to_string();
            assert!(error.contains(why) && error.contains("SSE_LOAD_UPDATE_BASELINE=1"), "{error}");
        }
    }

    #[test]
    fn counts_that_no_run_has_are_not_added_up() {
        // The last are more than 2^64 in all.
        for values in [1, 2, 1_023, 2_000] {
            let mut baseline = parse(WRITTEN, here()).expect("a baseline");
            let request = baseline.requests.values_mut().next().expect("a request");
            request.metrics.values_mut().for_each(|metric| {
                (1..=values).for_each(|value| metric.hdr.record_n(value, 1 << 54));
            });
            let text = serde_json::to_string(&baseline).expect("JSON");
            let error = parse(&text, here()).expect_err("too many").to_string();
            assert!(error.contains("has a count of ") && error.contains("no run has so many"), "{error}");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", "..", "../main", "a/b", "a\\b", ".hidden", "a b", "ü", &"x".repeat(61)] {
            assert!(file(here(), name).is_err(), "{name}");
        }
        assert_eq!(file(Path::new("chat"), "ci-large_2.0").expect("a name"), Path::new("chat/ci-large_2.0.json"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, place in 0..100_000_usize, byte: char) {
            let _ = parse(&text, here());
            let mut changed: Vec<char> = WRITTEN.chars().collect();
            let place = place % changed.len();
            changed[place] = byte;
            if let Ok(baseline) = parse(&changed.iter().collect::<String>(), here()) {
                let (doubts, tolerance) = (Doubts::default(), Tolerance::default());
                let _ = compared(&baseline, &baseline, &doubts, tolerance, |_| true);
            }
            changed.truncate(place);
            let _ = parse(&changed.iter().collect::<String>(), here());
        }
    }
}
