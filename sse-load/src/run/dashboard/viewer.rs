//! One who looks at the page, as its stream of events.

use std::time::Duration;

use http_body_util::channel::Sender;
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::feed::{Shown, event};

/// One who takes nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(15);

/// One who looks, and what they have seen.
pub(super) struct Viewer {
    shown: watch::Receiver<Shown>,
    to: Sender<Bytes>,
    head: u64,
    report: u64,
    knows_the_end: bool,
}

impl Viewer {
    pub(super) fn new(shown: watch::Receiver<Shown>, to: Sender<Bytes>) -> Self {
        Self { shown, to, head: 0, report: 0, knows_the_end: false }
    }

    /// Sends what is new, first of all which run it is, until the run has ended. Cancels `gone` for one who does not read.
    pub(super) async fn look(mut self, run: String, gone: CancellationToken) {
        let mut next = Some(event("run", &run));
        while let Some(event) = next {
            match tokio::time::timeout(PATIENCE, self.to.send_data(event)).await {
                Ok(Ok(())) => next = self.newest().await,
                Ok(Err(_)) => return,
                Err(_) => return gone.cancel(),
            }
        }
    }

    /// Waits for something that this viewer has not seen.
    async fn newest(&mut self) -> Option<Bytes> {
        loop {
            {
                let shown = self.shown.borrow_and_update();
                for (told, seen) in [(&shown.head, &mut self.head), (&shown.report, &mut self.report)] {
                    if told.number > *seen {
                        *seen = told.number;
                        return Some(told.event.clone());
                    }
                }
                if self.knows_the_end {
                    return None;
                }
                if shown.has_ended {
                    self.knows_the_end = true;
                    return Some(event("end", ""));
                }
            }
            self.shown.changed().await.ok()?;
        }
    }
}
