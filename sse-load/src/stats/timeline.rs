//! What is known of each slice of the time of a run.

use std::time::Duration;

/// The most slices; with more, each two become one.
pub(super) const MOST: usize = 256;

/// How long a slice is at first, in nanoseconds.
const FIRST_WIDTH: i64 = 10_000_000;

/// Nothing in a run is further from the begin of its window than this, in nanoseconds: 50 years.
const FURTHEST: i64 = 1 << 60;

/// What a slice holds.
pub(super) trait Content: Clone + Default {
    /// Whether it is as if nothing had been added.
    fn is_empty(&self) -> bool;
    /// Adds that of another slice.
    fn absorb(&mut self, other: &Self);
}

/// Up to 256 slices of equal time.
///
/// Moments are nanoseconds from the begin of the measured window, which a slice begins with; what came before is negative. A slice is
/// 10 ms long at first; whenever there are too many, each two become one. So memory is bounded however long the run, and
/// those of several threads merge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timeline<T> {
    /// In nanoseconds.
    width: i64,
    /// The number of the first slice; slice `n` begins at `n · width`.
    first: i64,
    slices: Vec<T>,
}

impl<T: Content> Timeline<T> {
    /// The slice of a moment.
    pub(super) fn at(&mut self, at: i64) -> &mut T {
        let place = self.place(at);
        &mut self.slices[place]
    }

    /// Each slice from the first to the last of a span, which is not empty, with how long the span is in it, in nanoseconds.
    pub(super) fn span(&mut self, from: i64, to: i64) -> impl Iterator<Item = (&mut T, i64)> {
        // Both ends before any slice, since they may change the width.
        self.place(from);
        self.place(to - 1);
        let (first, last) = (self.place(from), self.place(to - 1));
        let (begin, width) = (self.begin(first), self.width);
        (0..).zip(&mut self.slices[first..=last]).map(move |(number, slice)| {
            let begin = begin + number * width;
            (slice, to.min(begin + width) - from.max(begin))
        })
    }

    /// From when to when the slice of a moment is.
    pub(super) fn slice_of(&self, at: i64) -> (i64, i64) {
        let begin = at.div_euclid(self.width) * self.width;
        (begin, begin + self.width)
    }

    /// Adds all of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        while self.width < other.width {
            self.coarsen();
        }
        for (place, slice) in other.slices.iter().enumerate().filter(|(_, slice)| !slice.is_empty()) {
            self.at(other.begin(place)).absorb(slice);
        }
    }

    /// The same in slices of at least this width.
    pub(super) fn in_slices_of(&self, width: Duration) -> Self {
        let mut timeline = self.clone();
        while timeline.width() < width && timeline.width < FURTHEST {
            timeline.coarsen();
        }
        timeline
    }

    /// Of slices so many seconds long; none if there are too many, or no slices are so long, or they are nowhere near the run.
    pub(super) fn of_slices(seconds: f64, first: i64, slices: Vec<T>) -> Option<Self> {
        let mut widths =
            std::iter::successors(Some(FIRST_WIDTH), |width| Some(width * 2).filter(|width| *width < FURTHEST));
        let width = widths.find(|width| (self::seconds(*width) / seconds - 1.0).abs() < 1e-6)?;
        let is_near = first.checked_mul(width).is_some_and(|begin| begin.abs() <= FURTHEST);
        (is_near && slices.len() <= MOST).then_some(Self { width, first, slices })
    }

    pub(super) fn width(&self) -> Duration {
        Duration::from_nanos(self.width.unsigned_abs())
    }

    /// The number of the first slice.
    pub(super) fn first(&self) -> i64 {
        self.first
    }

    /// From the first that holds something to the last.
    pub(super) fn slices(&self) -> &[T] {
        &self.slices
    }

    /// The slice of a number, if it is among them.
    pub(super) fn slice(&self, number: i64) -> Option<&T> {
        usize::try_from(number - self.first).ok().and_then(|place| self.slices.get(place))
    }

    /// When a slice begins.
    fn begin(&self, place: usize) -> i64 {
        (self.first + signed(place)) * self.width
    }

    /// The place of a moment's slice.
    fn place(&mut self, at: i64) -> usize {
        let at = at.clamp(-FURTHEST, FURTHEST);
        loop {
            let number = at.div_euclid(self.width);
            if self.slices.is_empty() {
                self.first = number;
            }
            let first = self.first.min(number);
            let last = (self.first + signed(self.slices.len()) - 1).max(number);
            if last - first < signed(MOST) {
                let before = usize::try_from(self.first - first).unwrap_or_default();
                self.slices.splice(0..0, std::iter::repeat_n(T::default(), before));
                self.first = first;
                self.slices.resize(usize::try_from(last - first + 1).unwrap_or(MOST), T::default());
                return usize::try_from(number - first).unwrap_or_default();
            }
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.width *= 2;
        let first = self.first.div_euclid(2);
        let mut halved = Vec::with_capacity(MOST);
        for (number, slice) in (self.first..).zip(&self.slices) {
            let place = usize::try_from(number.div_euclid(2) - first).unwrap_or_default();
            halved.resize(halved.len().max(place + 1), T::default());
            halved[place].absorb(slice);
        }
        (self.first, self.slices) = (first, halved);
    }
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, first: 0, slices: Vec::new() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "times of a run need no more than 52 bits")]
pub(super) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// To a millionth, as text has it.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

fn signed(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
