//! Which level is tried next, and for how long.

use super::Search;
use crate::slo::Verdict;

/// An undecided level is tried this often again, each time for twice as long as the last time.
const MOST_REPEATS: u32 = 2;

/// How often a level is judged at the most.
pub const MOST_TRIALS: u32 = MOST_REPEATS + 1;

/// The highest level: more users, or arrivals a second, are a slip of the hand.
const HIGHEST: f64 = 1e6;

/// The finest precision: no load test measures better.
const FINEST: f64 = 0.001;

/// One load test that is to be run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The level.
    pub level: f64,
    /// The run time, as a multiple of what the load test says.
    pub stretch: u32,
}

/// What came of the last trial of a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// The trial.
    pub trial: Trial,
    /// What it says.
    pub answer: Answer,
}

/// What a trial says of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Every objective was kept.
    Holds,
    /// One was missed.
    Fails,
    /// More samples might tell.
    Undecided,
    /// It says nothing, and nor would another one.
    Nothing,
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        let known = [(Verdict::Pass, Self::Holds), (Verdict::Miss, Self::Fails), (Verdict::Invalid, Self::Nothing)];
        let known = known.into_iter().find(|(of, _)| *of == verdict);
        known.map_or(Self::Undecided, |(_, answer)| answer)
    }
}

/// Levels that can't be tried.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelsError {
    /// No level at all.
    #[error("it has no level: give it some with .levels([1.0, 2.0, 5.0])")]
    None,
    /// A level that is none.
    #[error("a level must be a number above 0 and at most 1,000,000, and this one is {0}")]
    Level(f64),
    /// A level that is there twice.
    #[error("level {0} is there twice: each level has one point of the curve")]
    Twice(f64),
    /// An upper end below the first level.
    #[error("the search goes from {from} up to {up_to}: .up_to(..) must not be below .from(..)")]
    UpsideDown {
        /// The first level.
        from: f64,
        /// The upper end.
        up_to: f64,
    },
    /// A precision that is none.
    #[error("a precision must lie between 0.001 and 1 (0.05: the bracket is 5 % wide), and this one is {0}")]
    Precision(f64),
}

/// Where the levels come from.
#[derive(Clone, Debug)]
pub enum Levels {
    /// The caller names them.
    Given(Vec<f64>),
    /// Each follows from the verdicts on those before.
    Searched(Search),
}

impl Levels {
    /// Whether they can be tried.
    ///
    /// # Errors
    /// When one of them is no level, or they don't go together.
    pub fn check(&self) -> Result<(), LevelsError> {
        let sound = |level: f64| {
            if level > 0.0 && level <= HIGHEST { Ok(()) } else { Err(LevelsError::Level(level)) }
        };
        match self {
            Self::Given(levels) if levels.is_empty() => Err(LevelsError::None),
            Self::Given(levels) => levels.iter().enumerate().try_for_each(|(place, level)| {
                sound(*level)?;
                if levels[..place].contains(level) { Err(LevelsError::Twice(*level)) } else { Ok(()) }
            }),
            Self::Searched(Search { from, up_to, precision, .. }) => {
                sound(*from)?;
                sound(*up_to)?;
                if up_to < from {
                    return Err(LevelsError::UpsideDown { from: *from, up_to: *up_to });
                }
                if (FINEST..=1.0).contains(precision) { Ok(()) } else { Err(LevelsError::Precision(*precision)) }
            }
        }
    }

    /// The next trial; `None` when there is nothing left to find out. An undecided level is tried again first.
    #[must_use]
    pub fn next(&self, tried: &[Tried]) -> Option<Trial> {
        let once = |level| Trial { level, stretch: 1 };
        again(tried).or_else(|| match self {
            Self::Given(levels) => levels.get(tried.len()).copied().map(once),
            Self::Searched(search) => search.next(tried).map(once),
        })
    }
}

fn again(tried: &[Tried]) -> Option<Trial> {
    let Tried { trial, answer } = *tried.last()?;
    let repeat = answer == Answer::Undecided && trial.stretch < 1 << MOST_REPEATS;
    repeat.then_some(Trial { stretch: trial.stretch * 2, ..trial })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(level: f64, stretch: u32, answer: Answer) -> Tried {
        Tried { trial: Trial { level, stretch }, answer }
    }

    #[test]
    fn given_levels_come_in_their_order() {
        let levels = Levels::Given(vec![5.0, 1.0]);
        assert_eq!(levels.next(&[]), Some(Trial { level: 5.0, stretch: 1 }));
        for answer in [Answer::Holds, Answer::Fails, Answer::Nothing] {
            assert_eq!(levels.next(&[tried(5.0, 1, answer)]), Some(Trial { level: 1.0, stretch: 1 }));
            assert_eq!(levels.next(&[tried(5.0, 1, answer), tried(1.0, 1, answer)]), None);
        }
    }

    #[test]
    fn an_undecided_level_is_tried_twice_more_and_then_left() {
        let levels = Levels::Given(vec![5.0, 1.0]);
        for (stretch, next) in [(1, (5.0, 2)), (2, (5.0, 4)), (4, (1.0, 1))] {
            let (level, longer) = next;
            let next = levels.next(&[tried(5.0, stretch, Answer::Undecided)]);
            assert_eq!(next, Some(Trial { level, stretch: longer }));
        }
    }

    #[test]
    fn levels_that_make_no_sense_are_refused() {
        let search = |from, up_to, precision| Levels::Searched(Search { from, up_to, precision, whole: false }).check();
        assert_eq!(search(1.0, 1.0, 0.05), Ok(()));
        assert_eq!(search(0.0, 1.0, 0.05), Err(LevelsError::Level(0.0)));
        assert!(matches!(search(f64::NAN, 1.0, 0.05), Err(LevelsError::Level(_))));
        assert_eq!(search(1.0, f64::INFINITY, 0.05), Err(LevelsError::Level(f64::INFINITY)));
        assert_eq!(search(2.0, 1.0, 0.05), Err(LevelsError::UpsideDown { from: 2.0, up_to: 1.0 }));
        assert_eq!(search(1.0, 2.0, 5.0), Err(LevelsError::Precision(5.0)));
        assert_eq!(search(1.0, 2.0, 0.0), Err(LevelsError::Precision(0.0)));
        assert_eq!(Levels::Given(Vec::new()).check(), Err(LevelsError::None));
        assert_eq!(Levels::Given(vec![1.0, 2.0, 1.0]).check(), Err(LevelsError::Twice(1.0)));
        assert_eq!(Levels::Given(vec![1.0, -2.0]).check(), Err(LevelsError::Level(-2.0)));
    }
}
