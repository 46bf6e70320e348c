//! The embedded server as a client sees it.

mod client;
mod dialects;
mod faults;
mod floods;
mod log;
mod options;
mod streams;

use std::thread;
use std::time::Duration;

/// Waits for what must come; the limit only turns a hang into a failure.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("waited a minute for: {what}");
}

/// The data of a chunk that holds one event.
fn data(chunk: &str) -> &str {
    chunk
        .strip_prefix("data: ")
        .and_then(|rest| rest.strip_suffix("\n\n"))
        .unwrap_or_else(|| panic!("expected one event, got {chunk:?}"))
}
