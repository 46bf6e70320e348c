//! The tick of a measuring thread: what comes at a random moment, read as late as an event would be.

use std::sync::Arc;
use std::time::Duration;

use super::super::alarm::Alarm;
use super::sched::Sched;
use crate::client::{Sink, Stop};
use crate::clock::Timestamp;
use crate::record::{Lateness, STALL, Stalls, Window};

/// Looks at how late its thread is, once in each [`Lateness::PERIOD`] of the measured window.
///
/// It waits as the users do, for a descriptor of the runtime, and in the same queue; so it is as late as their events are.
pub(in super::super) async fn tick(sink: Arc<Sink>) {
    let stop: &Stop = &sink.stop;
    let mut alarm = Alarm::new();
    let mut moments = Moments::from(stop.window().begin);
    let mut sched = Sched::of_this_thread();
    let mut due = moments.next();
    let mut before = sched.as_mut().and_then(Sched::read);
    while !stop.is_draining() {
        tokio::select! {
            biased;
            () = alarm.until(due) => {}
            () = stop.draining() => {}
        }
        let now = Timestamp::now();
        let after = sched.as_mut().and_then(Sched::read);
        let late = now - due;
        let window = stop.window();
        let stall = (late > STALL && window.contains(due)).then(|| {
            let spent = after.zip(before).map(|(after, before)| after.since(before)).unwrap_or_default();
            Stalls { time: late, computing: spent.ran.min(late), waiting: spent.waited.min(late) }
        });
        sink.recorder.record_lateness(passed(&mut moments, &mut due, now, window), stall, window);
        before = after;
    }
}

/// Each moment of the window that has passed, and how late it is; `due` becomes the next that has not.
fn passed(
    moments: &mut Moments,
    due: &mut Timestamp,
    now: Timestamp,
    window: Window,
) -> impl Iterator<Item = (Timestamp, Duration)> {
    let passed = std::iter::from_fn(move || (*due <= now).then(|| std::mem::replace(due, moments.next())));
    passed.filter(move |moment| window.contains(*moment)).map(move |moment| (moment, now - moment))
}

/// A moment in each period, at a place within it that is another each time: a task with the period of the ticks would else
/// meet all of them or none.
struct Moments {
    begin: Timestamp,
    number: u32,
}

impl Moments {
    fn from(begin: Timestamp) -> Self {
        Self { begin, number: 0 }
    }

    /// The fraction of `k · φ`: no other sequence spreads more evenly (Weyl 1916; Knuth, "The Art of Computer Programming",
    /// volume 3, section 6.4).
    fn next(&mut self) -> Timestamp {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let place = (f64::from(self.number) * GOLDEN).fract();
        let moment = self.begin + Lateness::PERIOD * self.number + Lateness::PERIOD.mul_f64(place);
        self.number = self.number.saturating_add(1);
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;

    #[test]
    fn each_period_has_one_moment_and_no_two_the_same_place() {
        let begin = Timestamp::from_nanos(7);
        let mut moments = Moments::from(begin);
        let mut places = Vec::new();
        for period in 0..1_000 {
            let place = moments.next() - (begin + Lateness::PERIOD * period);
            assert!(place < Lateness::PERIOD);
            places.push(place);
        }
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 1_000);
    }

    #[test]
    fn a_stall_is_all_the_moments_that_passed_in_it() {
        let begin = Timestamp::from_nanos(0);
        let window = Window { begin, end: Some(begin + ms(80)) };
        let mut moments = Moments::from(begin);
        let mut due = moments.next();
        let late: Vec<_> = passed(&mut moments, &mut due, begin + ms(50), window).collect();
        // Ten whole periods, the first moment of which is the begin.
        assert_eq!((late.len(), late[0]), (10, (begin, ms(50))));
        assert!(due > begin + ms(50));
        let late = passed(&mut moments, &mut due, begin + ms(500), window);
        assert_eq!(late.count(), 6, "those behind the window's end are in no figure");
    }
}
