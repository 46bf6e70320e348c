//! What all recorders of a run have, looked at while it goes on.

use std::sync::Arc;
use std::time::Duration;

use super::{Recorder, Recording};
use crate::clock::Timestamp;

/// Gathers what the recorders of a run have, without waiting for its end.
///
/// A look that took all requests that ended so far would see too many of those that end soon, and favour them. So it takes those
/// that *began* before a cut, and cuts anew only when all of them have ended, or when some take longer than one has patience for. How many
/// are still in flight is told: any of them may be as slow as it likes. A look so lags behind by about the longest request.
#[derive(Debug)]
pub struct Gathering {
    recorders: Vec<Arc<Recorder>>,
    /// What each recorder gets for what is taken from it: with room for the same names, since a recording that grows anew on the measuring
    /// thread makes it late by 0.1 to 0.4 ms a name.
    empty: Vec<Recording>,
    recording: Recording,
    cut: Timestamp,
    patience: Duration,
}

/// What was recorded of the requests that began before a moment.
#[derive(Debug)]
pub struct Snapshot<'g> {
    /// What was recorded of those that ended.
    pub recording: &'g Recording,
    /// The moment.
    pub until: Timestamp,
    /// Those that have not ended yet.
    pub in_flight: u64,
}

impl Gathering {
    /// Of these recorders, which must be all of a run, that of the token counter included.
    #[must_use]
    pub fn new(recorders: Vec<Arc<Recorder>>, patience: Duration) -> Self {
        let empty = recorders.iter().map(|recorder| recorder.parts().emptied()).collect();
        Self { recorders, empty, recording: Recording::default(), cut: Timestamp::default(), patience }
    }

    /// Looks at what there is. All recorders are locked at once, since they must agree on which requests began before the cut; they
    /// are for no longer than swaps take.
    pub fn look(&mut self) -> Snapshot<'_> {
        let until = self.cut;
        let mut locked: Vec<_> = self.recorders.iter().map(|recorder| recorder.parts()).collect();
        let before = locked.iter_mut().zip(self.empty.drain(..)).map(|(parts, empty)| parts.take_before(empty));
        let (taken, in_flight): (Vec<_>, Vec<_>) = before.unzip();
        let in_flight: i64 = in_flight.iter().sum();
        let now = Timestamp::now();
        if in_flight <= 0 || now - self.cut >= self.patience {
            for parts in &mut locked {
                parts.cut_at(now);
            }
            self.cut = now;
        }
        drop(locked);
        for recording in taken {
            self.empty.push(recording.emptied());
            self.recording.merge(recording);
        }
        Snapshot { recording: &self.recording, until, in_flight: u64::try_from(in_flight).unwrap_or_default() }
    }

    /// All that was recorded.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        for recorder in &self.recorders {
            self.recording.merge(recorder.take());
        }
        self.recording
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;
    use crate::record::{GoodIf, Pulses, Tap, Window};
    use crate::sample::{Origin, Outcome, Sample, Stamps, Tokens};

    fn ended(start: Timestamp) -> Sample {
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps::starting(start),
            tokens: Tokens::default(),
            outcome: Outcome::Success,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    fn seen(gathering: &mut Gathering) -> (u64, u64) {
        let snapshot = gathering.look();
        (snapshot.recording.finished().0, snapshot.in_flight)
    }

    fn departs(recorder: &Recorder) -> Timestamp {
        let start = Timestamp::now();
        recorder.depart(start);
        start
    }

    #[test]
    fn a_look_sees_no_request_of_which_contemporaries_are_in_flight_but_tells_of_them() {
        let recorders = [Arc::new(Recorder::default()), Arc::new(Recorder::default())];
        let mut gathering = Gathering::new(recorders.to_vec(), secs(3_600));
        let (slow, fast) = (departs(&recorders[0]), departs(&recorders[1]));
        recorders[1].record(ended(fast), Window::default());
        assert_eq!(seen(&mut gathering), (0, 0), "the first look only cuts");
        assert_eq!(seen(&mut gathering), (1, 1));
        let later: Vec<_> = (0..5).map(|_| departs(&recorders[1])).collect();
        for start in later {
            recorders[1].record(ended(start), Window::default());
        }
        assert_eq!(seen(&mut gathering), (1, 1), "those began after one that is in flight");
        recorders[0].record(ended(slow), Window::default());
        assert_eq!(seen(&mut gathering), (2, 0), "and now the cut moves on");
        assert_eq!(seen(&mut gathering), (7, 0));
        let mut pulses = Pulses::new(&recorders, Arc::default());
        assert_eq!(pulses.take().within.succeeded, 7, "what is shown still has all");
        assert_eq!(gathering.finish().finished(), (7, 0));
    }

    #[test]
    fn what_is_good_counts_after_every_look() {
        let good_if = GoodIf::all([]);
        let recorder = Arc::new(Recorder::new(Tap::default(), &good_if));
        let mut gathering = Gathering::new(vec![Arc::clone(&recorder)], secs(3_600));
        for _ in 0..6 {
            let start = departs(&recorder);
            recorder.record(ended(start), Window::default());
            let _ = gathering.look();
        }
        let recording = gathering.finish();
        let good: u64 = recording.series().map(|(_, series)| series.good_over_time.total()).sum();
        assert_eq!((recording.finished(), good), ((6, 0), 6));
    }

    #[test]
    fn a_request_that_hangs_holds_up_no_cut_for_ever() {
        let recorder = Arc::new(Recorder::default());
        let mut gathering = Gathering::new(vec![Arc::clone(&recorder)], Duration::ZERO);
        let hangs = departs(&recorder);
        assert_eq!(seen(&mut gathering), (0, 0));
        let start = departs(&recorder);
        recorder.record(ended(start), Window::default());
        assert_eq!(seen(&mut gathering), (0, 1));
        assert_eq!(seen(&mut gathering), (1, 1));
        recorder.record(ended(hangs), Window::default());
        assert_eq!(seen(&mut gathering), (2, 0));
    }

    #[test]
    fn what_the_token_counter_has_is_in_flight() {
        let (thread, counter) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
        let mut gathering = Gathering::new(vec![Arc::clone(&thread), Arc::clone(&counter)], secs(3_600));
        let start = departs(&thread);
        thread.hand_over();
        gathering.look();
        assert_eq!(seen(&mut gathering), (0, 1));
        counter.record(ended(start), Window::default());
        assert_eq!(seen(&mut gathering), (1, 0));
    }
}
