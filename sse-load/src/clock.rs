//! The one clock: every stamp of a run is taken here.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

/// So many milliseconds.
///
/// ```
/// assert_eq!(sse_load::clock::ms(1_500), std::time::Duration::from_millis(1_500));
/// ```
#[must_use]
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// So many seconds.
///
/// ```
/// assert_eq!(sse_load::clock::secs(60), std::time::Duration::from_secs(60));
/// ```
#[must_use]
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The current moment by the clock on the wall, for saying when a run was; never for measuring.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// A moment on the process's monotonic clock, in nanoseconds since the clock was first read.
///
/// It is as small as an integer, so that one can be kept for every token of a stream.
///
/// ```
/// use sse_load::clock::Timestamp;
/// use std::time::Duration;
///
/// let start = Timestamp::now();
/// assert!(Timestamp::now() >= start);
/// assert_eq!((start + Duration::from_millis(5)) - start, Duration::from_millis(5));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The current moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now() -> Self {
        Self::at(Instant::now())
    }

    /// The moment that a standard [`Instant`] names; one from before the clock's first reading is that first reading.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self::from_nanos(nanos(instant.saturating_duration_since(epoch())))
    }

    /// The same moment as a standard [`Instant`].
    #[must_use]
    pub fn instant(self) -> Instant {
        epoch() + Duration::from_nanos(self.0)
    }

    /// A moment by its distance to the clock's first reading, for tests of code that works on stamps.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The distance to the clock's first reading.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// Whole nanoseconds; 585 years and more are the largest number.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl std::ops::Sub for Timestamp {
    type Output = Duration;

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Duration::from_nanos(self.0))
    }
}

/// Where the clock on the wall stands beside the monotonic one, for stamps that a kernel takes by the former.
///
/// The system slows or hastens both alike, so the distance changes only when the clock on the wall is set.
#[derive(Clone, Copy, Debug)]
pub struct WallOffset {
    /// The clock on the wall at the monotonic clock's zero.
    zero: Duration,
    measured: Timestamp,
}

impl WallOffset {
    /// Looks at both clocks. A thread may be put aside between the two, so that the closest of several looks counts.
    #[must_use]
    pub fn measure() -> Self {
        const LOOKS: usize = 5;
        let look = |_| {
            let (before, wall, after) = (Timestamp::now(), wall(), Timestamp::now());
            (after - before, before + (after - before) / 2, wall)
        };
        let looks = (0..LOOKS).map(look).min_by_key(|(width, ..)| *width);
        let (_, measured, wall) = looks.unwrap_or((Duration::ZERO, Timestamp::now(), wall()));
        let since_1970 = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { zero: since_1970.saturating_sub(Duration::from_nanos(measured.0)), measured }
    }

    /// When it was measured.
    #[must_use]
    pub fn measured(&self) -> Timestamp {
        self.measured
    }

    /// How far the clock on the wall was set between the two.
    pub(crate) fn apart(self, other: Self) -> Duration {
        self.zero.abs_diff(other.zero)
    }

    /// Where it would stand if the clock on the wall were ahead by so much.
    #[cfg(test)]
    pub(crate) fn moved(self, ahead: Duration) -> Self {
        Self { zero: self.zero + ahead, ..self }
    }

    /// The moment at which the clock on the wall was so far from 1970; `None` if that is before the monotonic clock was first read.
    #[must_use]
    pub fn moment(&self, since_1970: Duration) -> Option<Timestamp> {
        since_1970.checked_sub(self.zero).map(|since_zero| Timestamp(nanos(since_zero)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_by_the_clock_on_the_wall_is_found_on_the_other() {
        let before = Timestamp::now();
        let since_1970 = wall().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
        let after = Timestamp::now();
        let offset = WallOffset::measure();
        let moment = offset.moment(since_1970).expect("the clock was read before");
        // What a look may be wrong by is half of its width, and the closest of five is close.
        let near = Duration::from_millis(1);
        assert!(moment + near >= before && moment <= after + near, "{before:?}, {moment:?}, {after:?}");
        assert_eq!(offset.moment(Duration::ZERO), None, "1970");
    }

    #[test]
    fn a_stamp_survives_the_way_through_an_instant() {
        let stamp = Timestamp::now();
        assert_eq!(Timestamp::at(stamp.instant()), stamp);
    }

    #[test]
    fn an_earlier_moment_minus_a_later_one_is_zero() {
        let early = Timestamp::from_nanos(10);
        let late = Timestamp::from_nanos(25);
        assert_eq!(late - early, Duration::from_nanos(15));
        assert_eq!(early - late, Duration::ZERO);
    }

    #[test]
    fn adding_never_overflows() {
        assert_eq!(Timestamp::from_nanos(u64::MAX) + Duration::MAX, Timestamp::from_nanos(u64::MAX));
    }
}
