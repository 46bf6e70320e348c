//! How load changes over time.

use std::time::Duration;

use crate::stats::Rate;

/// Between two of these moments a [`LoadShape::sampled`] is a straight line.
const SAMPLING: Duration = Duration::from_millis(100);

/// A level over time: how many users there are, or how many arrivals a second.
///
/// It is made of straight lines, one after the other. Several at once are [added](Self::plus); each may
/// [begin later](Self::after).
///
/// ```
/// use sse_load::clock::secs;
/// use sse_load::load::LoadShape;
///
/// let day = LoadShape::starting_at(0).ramp_to(50, secs(10)).hold(secs(60)).ramp_to(0, secs(10));
/// let rush = LoadShape::starting_at(100).hold(secs(5)).after(secs(30));
/// let load = day.plus(&rush);
/// assert_eq!([5, 20, 32, 80].map(|at| load.level_at(secs(at))), [25.0, 50.0, 150.0, 0.0]);
/// assert_eq!(load.duration(), Some(secs(80)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct LoadShape {
    pieces: Vec<Piece>,
    /// The level that the next piece begins at.
    level: f64,
}

/// A straight line. Its borders are whole nanoseconds, so that the end of one piece is the begin of the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    begin: u64,
    /// [`ENDLESS`] if there is none.
    end: u64,
    pub(super) from: f64,
    pub(super) to: f64,
}

const ENDLESS: u64 = u64::MAX;

impl Piece {
    /// Seconds from the begin of the shape.
    pub(super) fn begin(&self) -> f64 {
        seconds(self.begin)
    }

    /// Seconds; infinite without an end.
    pub(super) fn end(&self) -> f64 {
        if self.end == ENDLESS { f64::INFINITY } else { seconds(self.end) }
    }

    /// Seconds; infinite without an end.
    pub(super) fn length(&self) -> f64 {
        if self.end == ENDLESS { f64::INFINITY } else { seconds(self.end - self.begin) }
    }

    fn at(&self, time: u64) -> f64 {
        if self.from.total_cmp(&self.to).is_eq() {
            return self.from;
        }
        let share = seconds(time.saturating_sub(self.begin)) / self.length();
        self.from + (self.to - self.from) * share.clamp(0.0, 1.0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the error is far below a nanosecond for any run of less than a century"
)]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// Longer than a `Duration` can hold is longer than any run.
pub(super) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

/// What lasts longer than the clock counts has no end.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(ENDLESS)
}

impl LoadShape {
    /// Always the same level, without an end: what `.users(50)` is.
    ///
    /// # Panics
    /// When the level is negative or no number.
    #[track_caller]
    pub fn constant(level: impl Into<Level>) -> Self {
        let level = level.into().checked();
        Self { pieces: vec![Piece { begin: 0, end: ENDLESS, from: level, to: level }], level }
    }

    /// A shape that begins at this level and lasts no time yet.
    ///
    /// # Panics
    /// When the level is negative or no number.
    #[track_caller]
    pub fn starting_at(level: impl Into<Level>) -> Self {
        Self { pieces: Vec::new(), level: level.into().checked() }
    }

    /// Rises or falls in a straight line to `level`.
    ///
    /// # Panics
    /// When the level is negative or no number, or the shape has no end.
    #[track_caller]
    pub fn ramp_to(self, level: impl Into<Level>, time: Duration) -> Self {
        let (from, to) = (self.level, level.into().checked());
        self.then(from, to, time)
    }

    /// Stays where it is.
    ///
    /// # Panics
    /// When the shape has no end.
    #[track_caller]
    pub fn hold(self, time: Duration) -> Self {
        let level = self.level;
        self.then(level, level, time)
    }

    /// Jumps to `level`; what follows begins there.
    ///
    /// # Panics
    /// When the level is negative or no number.
    #[track_caller]
    pub fn step_to(mut self, level: impl Into<Level>) -> Self {
        self.level = level.into().checked();
        self
    }

    /// Jumps to `level`, stays there for this long, and jumps back.
    ///
    /// # Panics
    /// When the level is negative or no number, or the shape has no end.
    #[track_caller]
    pub fn spike_to(self, level: impl Into<Level>, time: Duration) -> Self {
        let before = self.level;
        self.step_to(level).hold(time).step_to(before)
    }

    /// Straight lines from 0, each to its level in its time: the stages of k6.
    ///
    /// ```
    /// use sse_load::clock::secs;
    /// use sse_load::load::LoadShape;
    ///
    /// let stages = LoadShape::stages([(secs(10), 50), (secs(60), 50), (secs(10), 0)]);
    /// assert_eq!(stages, LoadShape::starting_at(0).ramp_to(50, secs(10)).hold(secs(60)).ramp_to(0, secs(10)));
    /// ```
    ///
    /// # Panics
    /// When a level is negative or no number.
    #[track_caller]
    pub fn stages<L: Into<Level>>(stages: impl IntoIterator<Item = (Duration, L)>) -> Self {
        let mut shape = Self::starting_at(0);
        for (time, level) in stages {
            shape = shape.ramp_to(level, time);
        }
        shape
    }

    /// Stairs: `count` steps of `height`, each for this long.
    ///
    /// # Panics
    /// When the height is negative or no number.
    #[track_caller]
    pub fn steps(height: impl Into<Level>, each: Duration, count: u32) -> Self {
        let height = height.into().checked();
        let mut shape = Self::starting_at(0);
        for step in 1..=count {
            shape = shape.step_to(height * f64::from(step)).hold(each);
        }
        shape
    }

    /// A function of the time since the begin of the shape, read each 100 ms; between two readings it is a straight line.
    ///
    /// ```
    /// use sse_load::clock::secs;
    /// use sse_load::load::LoadShape;
    ///
    /// let wave = LoadShape::sampled(secs(60), |time| 50.0 + 40.0 * (time.as_secs_f64() / 10.0).sin());
    /// assert!((wave.level_at(secs(0)) - 50.0).abs() < 1e-9);
    /// ```
    ///
    /// # Panics
    /// When a level is negative or no number.
    #[track_caller]
    pub fn sampled(time: Duration, level_at: impl Fn(Duration) -> f64) -> Self {
        let mut shape = Self::starting_at(level_at(Duration::ZERO));
        let mut at = Duration::ZERO;
        while at < time {
            let step = SAMPLING.min(time.saturating_sub(at));
            at += step;
            shape = shape.ramp_to(level_at(at), step);
        }
        shape
    }

    /// The same, later: the level is 0 before.
    pub fn after(mut self, delay: Duration) -> Self {
        let delay = nanos(delay);
        for piece in &mut self.pieces {
            piece.begin = piece.begin.saturating_add(delay);
            piece.end = piece.end.saturating_add(delay);
        }
        if delay > 0 {
            self.pieces.insert(0, Piece { begin: 0, end: delay, from: 0.0, to: 0.0 });
        }
        self.pieces.retain(|piece| piece.begin < piece.end);
        self
    }

    /// The sum of two shapes; one that has ended adds nothing.
    pub fn plus(&self, other: &Self) -> Self {
        let mut moments: Vec<u64> =
            self.pieces.iter().chain(&other.pieces).flat_map(|piece| [piece.begin, piece.end]).collect();
        moments.sort_unstable();
        moments.dedup();
        let sum = |(begin, end)| {
            let ((from, to), (more_from, more_to)) = (self.within(begin, end), other.within(begin, end));
            Piece { begin, end, from: from + more_from, to: to + more_to }
        };
        let pieces: Vec<_> = moments.windows(2).map(|pair| sum((pair[0], pair[1]))).collect();
        let level = pieces.last().map_or(self.level + other.level, |last| last.to);
        Self { pieces, level }
    }

    /// The same course up to another peak; one that never rises above 0 becomes constant.
    ///
    /// # Panics
    /// When the peak is negative or no number.
    #[track_caller]
    pub fn with_peak(self, peak: impl Into<Level>) -> Self {
        let (before, peak) = (self.peak(), peak.into().checked());
        // In this order the peak itself comes out exact.
        if before > 0.0 { self.map(|level| level / before * peak) } else { Self::constant(peak) }
    }

    /// The same course in `factor` times less time, at `factor` times the level: a rate that brings as many.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a shorter time fits, and `as` takes a longer one for one without an end"
    )]
    pub(super) fn compressed(mut self, factor: f64) -> Self {
        let shorter = |nanos: u64| if nanos == ENDLESS { ENDLESS } else { (nanos as f64 / factor) as u64 };
        for piece in &mut self.pieces {
            piece.begin = shorter(piece.begin);
            piece.end = shorter(piece.end);
        }
        self.pieces.retain(|piece| piece.begin < piece.end);
        self.map(|level| level * factor)
    }

    /// The level at a moment; where it jumps, that after the jump. 0 after the end.
    #[must_use]
    pub fn level_at(&self, time: Duration) -> f64 {
        let time = nanos(time);
        self.piece_after(time).map_or(0.0, |piece| piece.at(time))
    }

    /// The highest level.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.pieces.iter().flat_map(|piece| [piece.from, piece.to]).fold(0.0, f64::max)
    }

    /// How long it lasts; `None` if it has no end.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        match self.pieces.last().map_or(0, |last| last.end) {
            ENDLESS => None,
            end => Some(Duration::from_nanos(end)),
        }
    }

    /// The level, if it is the same for ever.
    #[must_use]
    pub fn constant_level(&self) -> Option<f64> {
        match self.pieces[..] {
            [Piece { begin: 0, end: ENDLESS, from, .. }] => Some(from),
            _ => None,
        }
    }

    fn map(mut self, change: impl Fn(f64) -> f64) -> Self {
        for piece in &mut self.pieces {
            piece.from = change(piece.from);
            piece.to = change(piece.to);
        }
        self.level = change(self.level);
        self
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    #[track_caller]
    fn then(mut self, from: f64, to: f64, time: Duration) -> Self {
        let begin = self.pieces.last().map_or(0, |last| last.end);
        assert!(
            begin < ENDLESS,
            "a shape without an end, such as LoadShape::constant(..), can't go on: use starting_at"
        );
        let end = begin.saturating_add(nanos(time));
        if end > begin {
            self.pieces.push(Piece { begin, end, from, to });
        }
        self.level = to;
        self
    }

    /// The piece that holds the moment and what follows on it.
    fn piece_after(&self, time: u64) -> Option<&Piece> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.end <= time))
    }

    /// The levels at both ends of a stretch in which no piece begins or ends.
    fn within(&self, begin: u64, end: u64) -> (f64, f64) {
        self.piece_after(begin).map_or((0.0, 0.0), |piece| (piece.at(begin), piece.at(end)))
    }
}

/// A number of users, or of arrivals a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level(f64);

impl Level {
    #[track_caller]
    fn checked(self) -> f64 {
        assert!(self.0.is_finite() && self.0 >= 0.0, "a level must be a number from 0 on, and this one is {}", self.0);
        self.0
    }
}

/// Every number is a level, and a level is a shape that is always there.
macro_rules! levels {
    ($($number:ty: $convert:expr),*) => {$(
        impl From<$number> for Level {
            fn from(level: $number) -> Self {
                Self($convert(level))
            }
        }

        impl From<$number> for LoadShape {
            #[track_caller]
            fn from(level: $number) -> Self {
                Self::constant(level)
            }
        }
    )*};
}

#[expect(clippy::cast_precision_loss, reason = "levels are far below 2^52")]
fn from_u64(level: u64) -> f64 {
    level as f64
}

levels! { f64: std::convert::identity, i32: f64::from, u32: f64::from, u64: from_u64, Rate: Rate::get }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn levels(shape: &LoadShape, moments: &[u64]) -> Vec<f64> {
        moments.iter().map(|moment| shape.level_at(secs(*moment))).collect()
    }

    #[test]
    fn pieces_follow_each_other() {
        let shape = LoadShape::starting_at(10).ramp_to(20, secs(10)).hold(secs(10)).step_to(5).hold(secs(10));
        assert_eq!(levels(&shape, &[0, 5, 10, 19, 20, 29, 30, 99]), [10.0, 15.0, 20.0, 20.0, 5.0, 5.0, 0.0, 0.0]);
        assert_eq!((shape.peak(), shape.duration()), (20.0, Some(secs(30))));
    }

    #[test]
    fn a_spike_goes_back_to_where_it_came_from() {
        let shape = LoadShape::starting_at(10).hold(secs(5)).spike_to(100, secs(2)).hold(secs(5));
        assert_eq!(levels(&shape, &[4, 5, 6, 7, 11]), [10.0, 100.0, 100.0, 10.0, 10.0]);
    }

    #[test]
    fn another_peak_keeps_the_course() {
        let shape = LoadShape::starting_at(0).ramp_to(50, secs(10)).with_peak(10);
        assert_eq!(levels(&shape, &[0, 5, 9]), [0.0, 5.0, 9.0]);
        assert_eq!(LoadShape::constant(50).with_peak(7).constant_level(), Some(7.0));
        assert_eq!(LoadShape::constant(0).with_peak(7).constant_level(), Some(7.0));
    }

    #[test]
    fn steps_rise_by_their_height() {
        assert_eq!(levels(&LoadShape::steps(10, secs(5), 3), &[0, 4, 5, 10, 15]), [10.0, 10.0, 20.0, 30.0, 0.0]);
    }

    #[test]
    fn borders_that_are_equal_are_one() {
        let first = LoadShape::starting_at(10).hold(Duration::from_millis(100)).hold(Duration::from_millis(200));
        let second = LoadShape::starting_at(10).hold(secs(1)).after(Duration::from_millis(300));
        assert_eq!(first.plus(&second).peak().to_string(), "10");
        let twice = LoadShape::starting_at(10)
            .hold(secs(1))
            .after(Duration::from_millis(100))
            .after(Duration::from_millis(200));
        assert_eq!(first.plus(&twice).peak().to_string(), "10");
        assert_eq!(LoadShape::constant(1).after(Duration::MAX).duration(), None);
    }

    #[test]
    fn a_level_alone_has_no_end() {
        let shape = LoadShape::from(50);
        assert_eq!((shape.duration(), shape.constant_level(), shape.peak()), (None, Some(50.0), 50.0));
        assert_eq!(levels(&shape, &[1_000_000]), [50.0]);
        assert_eq!(shape.after(secs(1)).constant_level(), None);
    }

    #[test]
    fn shapes_add_up_from_their_own_begins() {
        let sum = LoadShape::constant(5).plus(&LoadShape::starting_at(0).ramp_to(10, secs(10)).after(secs(5)));
        assert_eq!(levels(&sum, &[0, 5, 10, 14, 15, 99]), [5.0, 5.0, 10.0, 14.0, 5.0, 5.0]);
        assert_eq!(sum.duration(), None);
    }

    #[test]
    fn a_sampled_function_goes_through_its_readings() {
        let shape = LoadShape::sampled(Duration::from_millis(250), |time| time.as_secs_f64() * 4.0);
        assert_eq!(shape.duration(), Some(Duration::from_millis(250)));
        assert!((shape.level_at(Duration::from_millis(225)) - 0.9).abs() < 1e-9);
    }

    #[test]
    #[should_panic(expected = "a level must be a number from 0 on, and this one is NaN")]
    fn a_level_that_is_no_number_is_refused() {
        let _ = LoadShape::starting_at(0).ramp_to(f64::NAN, secs(1));
    }

    #[test]
    #[should_panic(expected = "without an end")]
    fn nothing_follows_on_what_has_no_end() {
        let _ = LoadShape::constant(1).hold(secs(1));
    }

    fn any_shape() -> impl Strategy<Value = LoadShape> {
        let stages = proptest::collection::vec((0_u64..20, 0_u32..100, any::<bool>()), 0..5);
        (stages, 0_u64..20).prop_map(|(stages, delay)| {
            let mut shape = LoadShape::starting_at(0);
            for (time, level, jumps) in stages {
                shape = if jumps { shape.step_to(level).hold(secs(time)) } else { shape.ramp_to(level, secs(time)) };
            }
            shape.after(secs(delay))
        })
    }

    proptest! {
        #[test]
        fn a_sum_is_at_each_moment_the_sum_of_its_parts(one in any_shape(), other in any_shape()) {
            let sum = one.plus(&other);
            for tenth in 0..400_u64 {
                let at = Duration::from_millis(tenth * 100 + 50);
                let expected = one.level_at(at) + other.level_at(at);
                prop_assert!((sum.level_at(at) - expected).abs() < 1e-6, "{at:?}: {} {expected}", sum.level_at(at));
            }
            prop_assert_eq!(sum.duration(), one.duration().max(other.duration()));
        }
    }
}
