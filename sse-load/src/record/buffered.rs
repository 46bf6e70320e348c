//! How long events lay in the sockets' buffers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sample::Stamps;
use crate::stats::{Histogram, Ratio};

/// How long the generated events of the measured window lay in the sockets' buffers until they were read: what a late generator would have
/// added to their times, and did not, since the kernel stamped them when they came.
///
/// ```
/// use sse_load::clock::ms;
/// use sse_load::record::{Buffered, StampedBy};
///
/// let mut buffered = Buffered::default();
/// assert_eq!(buffered.stamped_by(), None);
/// buffered.record(ms(3));
/// assert_eq!(buffered.stamped_by(), Some(StampedBy::Kernel));
/// assert_eq!(buffered.at(0.99), Some(ms(3)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Buffered {
    times: Histogram,
    at_the_read: u64,
}

/// Who stamped the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StampedBy {
    /// The kernel stamped all of them when they arrived.
    Kernel,
    /// All have the stamp of the read that brought them.
    Read,
    /// Some have the one, some the other.
    Both,
}

impl Buffered {
    /// What was kept elsewhere.
    pub(crate) fn of(times: Histogram, at_the_read: u64) -> Self {
        Self { times, at_the_read }
    }

    /// Adds an event that lay there for so long.
    pub fn record(&mut self, time: Duration) {
        self.times.record_duration(time);
    }

    /// Adds the generated events of a request.
    pub(super) fn record_all(&mut self, stamps: &Stamps) {
        stamps.buffered.iter().for_each(|micros| self.times.record(u64::from(*micros)));
        self.at_the_read += stamps.generated.len().saturating_sub(stamps.buffered.len()) as u64;
    }

    /// The times of all events that the kernel stamped, in microseconds.
    #[must_use]
    pub fn histogram(&self) -> &Histogram {
        &self.times
    }

    /// Events that have the stamp of the read that brought them.
    #[must_use]
    pub fn at_the_read(&self) -> u64 {
        self.at_the_read
    }

    /// The time that the share `q` (0 to 1) of the events lay no longer; `None` if the kernel stamped none.
    #[must_use]
    pub fn at(&self, q: f64) -> Option<Duration> {
        self.times.quantile(q).map(Duration::from_micros)
    }

    /// Who stamped the events; `None` if there were none.
    #[must_use]
    pub fn stamped_by(&self) -> Option<StampedBy> {
        match (self.times.len(), self.at_the_read) {
            (0, 0) => None,
            (0, _) => Some(StampedBy::Read),
            (_, 0) => Some(StampedBy::Kernel),
            _ => Some(StampedBy::Both),
        }
    }

    /// The share of the events that the kernel stamped; `None` if there were none.
    #[must_use]
    pub fn share_by_kernel(&self) -> Option<Ratio> {
        let all = self.times.len() + self.at_the_read;
        (all > 0).then(|| Ratio::of(self.times.len(), all))
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.times.merge(&other.times);
        self.at_the_read += other.at_the_read;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn stamps(generated: u64, buffered: &[u32]) -> Stamps {
        let generated = (0..generated).map(Timestamp::from_nanos).collect();
        Stamps { generated, buffered: buffered.to_vec(), ..Stamps::default() }
    }

    #[test]
    fn who_stamped_is_told_by_what_the_kernel_said() {
        let by = |all: &[Stamps]| {
            let mut buffered = Buffered::default();
            for stamps in all {
                buffered.record_all(stamps);
            }
            (buffered.stamped_by(), buffered.share_by_kernel().map(Ratio::get))
        };
        assert_eq!(by(&[stamps(0, &[])]), (None, None));
        assert_eq!(by(&[stamps(2, &[7, 9])]), (Some(StampedBy::Kernel), Some(1.0)));
        assert_eq!(by(&[stamps(2, &[])]), (Some(StampedBy::Read), Some(0.0)));
        assert_eq!(by(&[stamps(2, &[7, 9]), stamps(2, &[])]), (Some(StampedBy::Both), Some(0.5)));
    }

    #[test]
    fn merged_processes_have_the_events_of_both() {
        let mut one = Buffered::default();
        one.record_all(&stamps(3, &[5]));
        let mut other = Buffered::default();
        other.record_all(&stamps(1, &[700]));
        one.merge(&other);
        assert_eq!((one.histogram().len(), one.at_the_read(), one.at(1.0)), (2, 2, Some(Duration::from_micros(700))));
    }
}
