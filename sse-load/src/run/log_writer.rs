//! The thread that writes the request log.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::request_log::RequestLog;
use crate::clock::Timestamp;
use crate::record::{Begin, LogEntry, Logged, LoggedRequests};
#[cfg(feature = "parquet")]
use crate::render::request_log::ParquetRows;
use crate::render::request_log::line;

/// Lines are on the disk after this at the latest, should the process be killed.
const FLUSHED_AFTER: Duration = Duration::from_secs(1);

/// The file of a log.
pub(super) struct LogFile {
    pub(super) folder: PathBuf,
    pub(super) name: &'static str,
    pub(super) format: RequestLog,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Whether there is a file.
    pub(super) is_there: bool,
    rows: u64,
    error: Option<io::Error>,
}

impl LogFile {
    /// Writes requests until they end, or until the disk fails.
    pub(super) fn write(self, requests: &LoggedRequests, begin: &Begin) -> Outcome {
        let mut outcome = Outcome::default();
        let written = self.create().and_then(|file| {
            outcome.is_there = true;
            write(Rows::new(self.format, file)?, requests, begin, &mut outcome.rows)
        });
        Outcome { error: written.err(), ..outcome }
    }

    /// An empty file; what a run before logged is gone.
    fn create(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        remove_logs(&self.folder)?;
        File::create(self.folder.join(self.name))
    }
}

/// Removes what a run before logged: beside the report of another it would seem to be of that one.
pub(super) fn remove_logs(folder: &Path) -> io::Result<()> {
    for log in [RequestLog::JsonLines, RequestLog::Parquet].into_iter().filter_map(RequestLog::file_name) {
        match fs::remove_file(folder.join(log)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl Outcome {
    /// What a report says of a log that is not whole.
    pub(super) fn warnings(&self, name: &str, refused: usize) -> impl Iterator<Item = String> + use<> {
        let failed = self.error.as_ref().map(|error| match self.rows {
            0 => format!("{name} could not be written: {error}"),
            rows => format!("{name} ends after {rows} rows: {error}"),
        });
        let missing = (self.error.is_none() && refused > 0).then(|| {
            format!("{refused} rows are missing from {name}: requests ended faster than the disk took their rows")
        });
        failed.into_iter().chain(missing)
    }
}

/// Rows in the form of a file.
enum Rows<W: Write + Send> {
    Lines(BufWriter<W>),
    #[cfg(feature = "parquet")]
    Columns(Box<ParquetRows<W>>),
}

impl<W: Write + Send> Rows<W> {
    #[cfg_attr(not(feature = "parquet"), expect(clippy::unnecessary_wraps, reason = "Parquet may refuse"))]
    fn new(format: RequestLog, file: W) -> io::Result<Self> {
        match format {
            #[cfg(feature = "parquet")]
            RequestLog::Parquet => Ok(Self::Columns(Box::new(ParquetRows::new(file)?))),
            _ => Ok(Self::Lines(BufWriter::new(file))),
        }
    }

    #[cfg_attr(not(feature = "parquet"), expect(clippy::needless_pass_by_value, reason = "Parquet keeps it"))]
    fn add(&mut self, logged: Logged, begin: &Begin) -> io::Result<()> {
        match self {
            Self::Lines(file) => file.write_all(line(&logged, begin)?.as_bytes()),
            #[cfg(feature = "parquet")]
            Self::Columns(rows) => rows.add(logged, begin),
        }
    }

    /// Hands over what can be read alone: lines, but no part of a row group.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Lines(file) => file.flush(),
            #[cfg(feature = "parquet")]
            Self::Columns(_) => Ok(()),
        }
    }

    #[cfg_attr(not(feature = "parquet"), expect(unused_variables, reason = "lines have no end of their own"))]
    fn finish(self, begin: &Begin) -> io::Result<()> {
        match self {
            Self::Lines(mut file) => file.flush(),
            #[cfg(feature = "parquet")]
            Self::Columns(rows) => rows.finish(begin)?.flush(),
        }
    }
}

/// Writes requests until they end, and counts the rows.
fn write<W: Write + Send>(
    mut rows: Rows<W>,
    requests: &LoggedRequests,
    begin: &Begin,
    count: &mut u64,
) -> io::Result<()> {
    let mut flushed = Timestamp::now();
    loop {
        match requests.next(FLUSHED_AFTER) {
            LogEntry::Request(logged) => {
                rows.add(*logged, begin)?;
                *count += 1;
            }
            LogEntry::Pause => {}
            LogEntry::End => return rows.finish(begin),
        }
        let now = Timestamp::now();
        if now - flushed >= FLUSHED_AFTER {
            rows.flush()?;
            flushed = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::clock::wall;
    use crate::record::{GoodIf, LogQueue, Recorder, Tap, Window};
    use crate::sample::{Origin, Sample, Stamps, Tokens};

    fn begin() -> Begin {
        Begin { at: Timestamp::from_nanos(0), wall: wall(), warm_up: Duration::ZERO }
    }

    fn recorder(queue: &LogQueue) -> Recorder {
        Recorder::new(Tap::default().with_log(Some(queue.clone())), &GoodIf::default())
    }

    fn sample() -> Sample {
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps::default(),
            tokens: Tokens::default(),
            outcome: crate::sample::Outcome::Success,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: Some(Box::default()),
        }
    }

    /// A disk that takes nothing before it is told to, and says when it was asked for the first time.
    struct Stuck {
        asked: Sender<()>,
        released: Receiver<()>,
        written: Vec<u8>,
    }

    impl Write for &mut Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.written.is_empty() {
                self.asked.send(()).map_err(io::Error::other)?;
                self.released.recv().map_err(io::Error::other)?;
            }
            self.written.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn rows_that_a_stuck_disk_has_no_room_for_are_counted_and_nobody_waits() {
        const SENT: u64 = 2_000;
        let (queue, requests) = LogQueue::holding(64 * 1024);
        let ((asked, is_asked), (release, released)) = (channel(), channel());
        let mut disk = Stuck { asked, released, written: Vec::new() };
        let mut outcome = Outcome { is_there: true, ..Outcome::default() };
        std::thread::scope(|scope| {
            let recorder = recorder(&queue);
            let (disk, count) = (&mut disk, &mut outcome.rows);
            let writing = scope.spawn(move || {
                let rows = Rows::new(RequestLog::JsonLines, disk)?;
                write(rows, &requests, &begin(), count)
            });
            // All of these are recorded while the disk takes nothing.
            (0..SENT).for_each(|_| recorder.record(sample(), Window::default()));
            is_asked.recv().expect("some of them are for the disk");
            assert_eq!(recorder.take().finished(), (SENT, 0));
            release.send(()).expect("it waits for this");
            queue.end();
            writing.join().expect("no panic").expect("the disk took all in the end");
        });
        let refused = queue.refused() as u64;
        assert!(refused > 0 && outcome.rows > 0, "{refused} refused, {} written", outcome.rows);
        assert_eq!(outcome.rows + refused, SENT);
        let lines = String::from_utf8(disk.written).expect("text");
        assert_eq!(lines.lines().count() as u64, outcome.rows);
        let warnings: Vec<_> = outcome.warnings("requests.jsonl", queue.refused()).collect();
        let expected = format!("{refused} rows are missing from requests.jsonl: ");
        assert!(warnings.len() == 1 && warnings[0].starts_with(&expected), "{warnings:?}");
        assert_eq!(outcome.warnings("requests.jsonl", 0).count(), 0);
    }

    /// A disk with so much room.
    struct Small(usize);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_ends_the_log_and_is_told() {
        let (queue, requests) = LogQueue::holding(1 << 20);
        let recorder = recorder(&queue);
        (0..100).for_each(|_| recorder.record(sample(), Window::default()));
        queue.end();
        let mut outcome = Outcome { is_there: true, ..Outcome::default() };
        let rows = Rows::new(RequestLog::JsonLines, Small(20_000)).expect("nothing is written yet");
        let written = write(rows, &requests, &begin(), &mut outcome.rows);
        outcome.error = written.err();
        let warnings: Vec<_> = outcome.warnings("requests.jsonl", 7).collect();
        assert!((1..100).contains(&outcome.rows), "{outcome:?}");
        let expected = format!("requests.jsonl ends after {} rows: ", outcome.rows);
        assert!(warnings.len() == 1 && warnings[0].starts_with(&expected), "{warnings:?}");
    }

    #[test]
    fn a_thread_that_measures_goes_on_when_the_one_that_writes_is_gone() {
        let (queue, requests) = LogQueue::holding(1 << 20);
        let recorder = recorder(&queue);
        drop(requests);
        recorder.record(sample(), Window::default());
        assert_eq!((recorder.take().finished(), queue.refused()), ((1, 0), 1));
    }

    #[test]
    fn a_request_that_is_larger_than_the_queue_passes_alone() {
        let (queue, requests) = LogQueue::holding(1);
        let recorder = recorder(&queue);
        for _ in 0..2 {
            recorder.record(sample(), Window::default());
            assert!(matches!(requests.next(FLUSHED_AFTER), LogEntry::Request(_)));
        }
        recorder.record(Sample { details: None, ..sample() }, Window::default());
        queue.end();
        assert!(matches!(requests.next(FLUSHED_AFTER), LogEntry::End), "without details there is nothing to log");
        assert_eq!(queue.refused(), 0);
    }
}
