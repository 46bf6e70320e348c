//! What the run tells, and what viewers are shown of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::{mpsc, watch};

use crate::clock::Timestamp;
use crate::progress::{Frame, Totals};
use crate::render::dashboard::{head, outcome, sections};
use crate::report::Report;
use crate::run::watch::Viewer;

/// How often the head of the page changes.
const SERVED: Duration = Duration::from_millis(500);

/// News that wait: what comes when so many do is left out, since the next is newer.
const WAITING: usize = 4;

/// How long at the least from one report to the next.
const REST: Duration = Duration::from_secs(2);

/// Drawing reports takes no more than one part in so many of one processor,
const PART_OF_TIME: u32 = 50;

/// unless it is so slow that the page would seem to stand still.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// Where the run tells what it sees. It never waits for those who look.
#[derive(Clone, Debug)]
pub(in crate::run) struct Feed {
    news: mpsc::Sender<News>,
    shown: watch::Sender<Shown>,
    /// Whether a report would be drawn.
    wanted: Arc<AtomicBool>,
}

/// What the run tells.
#[derive(Debug)]
pub(super) enum News {
    Frame(Box<Latest>),
    Report(Box<Report>),
    /// With the report of the whole run, if there is one.
    Ended(Option<Box<Report>>),
}

/// What is shown. A viewer who is slow misses what newer things have taken the place of.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) head: Told,
    pub(super) report: Told,
    pub(super) has_ended: bool,
    pub(super) latest: Option<Box<Latest>>,
}

/// How the run was when it was last asked.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) frame: Frame,
    pub(super) totals: Totals,
}

/// An event, and how many there were of its kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) number: u64,
    pub(super) event: Bytes,
}

impl Told {
    fn tell(&mut self, event: Bytes) {
        *self = Self { number: self.number + 1, event };
    }
}

impl Feed {
    pub(super) fn new() -> (Self, mpsc::Receiver<News>) {
        let (news, told) = mpsc::channel(WAITING);
        let (shown, _) = watch::channel(Shown::default());
        (Self { news, shown, wanted: Arc::default() }, told)
    }

    pub(super) fn shown(&self) -> watch::Sender<Shown> {
        self.shown.clone()
    }

    /// Whether somebody looks.
    pub(in crate::run) fn is_watched(&self) -> bool {
        self.shown.receiver_count() > 0
    }

    /// Whether somebody looks, and a report of what was recorded so far would be shown.
    pub(in crate::run) fn wants_report(&self) -> bool {
        self.wanted.load(Ordering::Acquire) && self.is_watched()
    }

    pub(in crate::run) fn report(&self, report: Report) {
        self.wanted.store(false, Ordering::Release);
        let _ = self.news.try_send(News::Report(Box::new(report)));
    }

    /// Nothing comes after it. It waits for its turn, and for no viewer.
    pub(super) fn end(&self, report: Option<Report>) {
        let _ = self.news.blocking_send(News::Ended(report.map(Box::new)));
    }

    /// Shows what the run tells, until it has ended.
    pub(super) async fn follow(self, mut news: mpsc::Receiver<News>) {
        let mut rested = Timestamp::now();
        while let Some(news) = news.recv().await {
            match news {
                News::Frame(latest) => {
                    let head = event("head", &head(&latest.frame));
                    self.shown.send_modify(|shown| {
                        shown.head.tell(head);
                        shown.latest = Some(latest);
                    });
                    self.wanted.store(self.is_watched() && Timestamp::now() >= rested, Ordering::Release);
                }
                News::Report(report) => {
                    let before = Timestamp::now();
                    let report = event("report", &sections(&report, false));
                    let now = Timestamp::now();
                    rested = now + ((now - before) * PART_OF_TIME).clamp(REST, LONGEST_REST);
                    self.shown.send_modify(|shown| shown.report.tell(report));
                }
                News::Ended(report) => {
                    let last = report.map(|report| [("head", outcome(&report)), ("report", sections(&report, true))]);
                    let last = last.map(|events| events.map(|(kind, markup)| event(kind, &markup)));
                    self.shown.send_modify(|shown| {
                        if let Some([head, report]) = last {
                            shown.head.tell(head);
                            shown.report.tell(report);
                        }
                        shown.has_ended = true;
                    });
                    return;
                }
            }
        }
    }
}

impl Viewer for Feed {
    fn interval(&self) -> Duration {
        SERVED
    }

    fn show(&mut self, frame: &Frame, totals: &Totals) {
        let _ = self.news.try_send(News::frame(frame, totals));
    }

    /// The last of it is not left out.
    fn ended(&mut self, frame: &Frame, totals: &Totals, _: &Report) -> Option<String> {
        let _ = self.news.blocking_send(News::frame(frame, totals));
        None
    }
}

impl News {
    fn frame(frame: &Frame, totals: &Totals) -> Self {
        Self::Frame(Box::new(Latest { frame: frame.clone(), totals: totals.clone() }))
    }
}

/// An event of an SSE stream; the lines of its data become one again.
pub(super) fn event(kind: &str, data: &str) -> Bytes {
    let mut event = format!("event: {kind}\n");
    for line in data.split(['\n', '\r']) {
        event.extend(["data: ", line, "\n"]);
    }
    event.push('\n');
    event.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_data_ends_its_event() {
        assert_eq!(event("head", "a\n\nevent: end\rb"), "event: head\ndata: a\ndata: \ndata: event: end\ndata: b\n\n");
    }
}
