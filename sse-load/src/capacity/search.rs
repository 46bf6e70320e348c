//! The search for the highest level that holds.

use super::levels::{Answer, Tried};

/// A search whose first level fails goes down to a 1,024th of it.
const MOST_HALVINGS: i32 = 10;

/// The search for the highest level that holds: doubling until one fails, halving until one holds, then bisection in between.
///
/// It believes that what holds at a level holds at all below it: no level below one that holds or above one that fails is tried
/// any more. An undecided level bounds neither side, so the bracket around it is narrowed from its two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// The first level.
    pub from: f64,
    /// The highest level.
    pub up_to: f64,
    /// How wide the bracket may be, relative to its lower end.
    pub precision: f64,
    /// Whether levels are whole numbers.
    pub whole: bool,
}

/// What the answers so far say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bracket {
    /// The highest level that held below every one that failed.
    pub(super) holds: Option<f64>,
    /// The lowest level that failed.
    pub(super) fails: Option<f64>,
}

impl Bracket {
    pub(super) fn of(tried: &[Tried]) -> Self {
        let fails = lowest(levels(tried, Answer::Fails));
        let holds = levels(tried, Answer::Holds).filter(|level| fails.is_none_or(|fails| *level < fails));
        Self { holds: highest(holds), fails }
    }

    /// Whether a level without an answer lies where the capacity may be.
    pub(super) fn has_undecided(&self, tried: &[Tried]) -> bool {
        let above = |level: f64| self.holds.is_none_or(|holds| level > holds);
        let below = |level: f64| self.fails.is_none_or(|fails| level < fails);
        levels(tried, Answer::Undecided).any(|level| above(level) && below(level))
    }
}

impl Search {
    /// The next level; `None` when there is nothing left to find out.
    #[must_use]
    pub fn next(&self, tried: &[Tried]) -> Option<f64> {
        if levels(tried, Answer::Nothing).next().is_some() {
            return None;
        }
        let all = || tried.iter().map(|tried| tried.trial.level);
        let (Some(bottom), Some(top)) = (lowest(all()), highest(all())) else { return Some(self.from) };
        let bracket = Bracket::of(tried);
        let higher = bracket.fails.is_none().then(|| self.above(top)).flatten();
        let lower = || bracket.holds.is_none().then(|| self.below(bottom)).flatten();
        let after = |level: &f64| lowest(all().filter(|other| other > level));
        let before = |level: &f64| highest(all().filter(|other| other < level));
        let rising = || bracket.holds.and_then(|holds| self.between(holds, after(&holds)?));
        let falling = || bracket.fails.and_then(|fails| self.between(before(&fails)?, fails));
        higher.or_else(lower).or_else(rising).or_else(falling)
    }

    /// Whether the bracket is as narrow as asked.
    pub(super) fn is_narrow(&self, low: f64, high: f64) -> bool {
        high - low <= self.precision * low || (self.whole && high - low <= 1.0)
    }

    fn above(&self, top: f64) -> Option<f64> {
        (top < self.up_to).then(|| (2.0 * top).min(self.up_to))
    }

    fn below(&self, bottom: f64) -> Option<f64> {
        let half = if self.whole { (bottom / 2.0).floor() } else { bottom / 2.0 };
        (half > 0.0 && half >= self.from / 2_f64.powi(MOST_HALVINGS)).then_some(half)
    }

    /// The geometric mean, since precision is relative, with as few digits as lie between the two, three at the least.
    fn between(&self, low: f64, high: f64) -> Option<f64> {
        if self.is_narrow(low, high) {
            return None;
        }
        let middle = (low * high).sqrt();
        if self.whole {
            return Some(middle.round().clamp(low + 1.0, high - 1.0));
        }
        let rounded = (2..17_usize).filter_map(|digits| format!("{middle:.digits$e}").parse().ok());
        rounded.into_iter().find(|level| low < *level && *level < high)
    }
}

fn levels(tried: &[Tried], answer: Answer) -> impl Iterator<Item = f64> {
    tried.iter().filter(move |tried| tried.answer == answer).map(|tried| tried.trial.level)
}

fn lowest(levels: impl Iterator<Item = f64>) -> Option<f64> {
    levels.min_by(f64::total_cmp)
}

fn highest(levels: impl Iterator<Item = f64>) -> Option<f64> {
    levels.max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capacity::levels::Trial;

    const RATES: Search = Search { from: 2.0, up_to: 500.0, precision: 0.05, whole: false };
    const USERS: Search = Search { from: 1.0, up_to: 100.0, precision: 0.001, whole: true };

    /// Asks a server about each level until the search is done, or has not ended where it should.
    fn search(search: Search, server: impl Fn(f64) -> Answer) -> Vec<Tried> {
        let mut tried = Vec::new();
        while let Some(level) = search.next(&tried) {
            assert!(tried.len() < 200, "no end: {tried:?}");
            tried.push(Tried { trial: Trial { level, stretch: 1 }, answer: server(level) });
        }
        tried
    }

    fn up_to(capacity: f64) -> impl Fn(f64) -> Answer {
        move |level| if level <= capacity { Answer::Holds } else { Answer::Fails }
    }

    fn order(tried: &[Tried]) -> Vec<f64> {
        tried.iter().map(|tried| tried.trial.level).collect()
    }

    fn bracket(tried: &[Tried]) -> (Option<f64>, Option<f64>) {
        let Bracket { holds, fails } = Bracket::of(tried);
        (holds, fails)
    }

    #[test]
    fn it_doubles_up_to_the_first_miss_and_bisects_then() {
        let tried = search(RATES, up_to(20.0));
        assert_eq!(order(&tried), [2.0, 4.0, 8.0, 16.0, 32.0, 22.6, 19.0, 20.7, 19.8]);
        assert_eq!(bracket(&tried), (Some(19.8), Some(20.7)));
    }

    #[test]
    fn whole_levels_end_side_by_side() {
        let tried = search(USERS, up_to(5.0));
        assert_eq!(order(&tried), [1.0, 2.0, 4.0, 8.0, 6.0, 5.0]);
        assert_eq!(bracket(&tried), (Some(5.0), Some(6.0)));
    }

    #[test]
    fn what_holds_at_the_upper_end_is_not_bounded() {
        let tried = search(Search { up_to: 11.0, ..USERS }, up_to(1_000.0));
        assert_eq!(order(&tried), [1.0, 2.0, 4.0, 8.0, 11.0]);
        assert_eq!(bracket(&tried), (Some(11.0), None));
    }

    #[test]
    fn where_the_first_level_fails_it_halves() {
        let tried = search(Search { from: 11.0, ..USERS }, up_to(3.0));
        assert_eq!(order(&tried), [11.0, 5.0, 2.0, 3.0, 4.0]);
        let tried = search(Search { from: 5.0, ..USERS }, up_to(0.0));
        assert_eq!(order(&tried), [5.0, 2.0, 1.0]);
        let tried = search(RATES, up_to(0.0));
        assert_eq!((tried.len(), bracket(&tried)), (11, (None, Some(2.0 / 1_024.0))));
    }

    #[test]
    fn what_proves_nothing_ends_it() {
        let tried = search(RATES, |level| if level < 10.0 { Answer::Holds } else { Answer::Nothing });
        assert_eq!(order(&tried), [2.0, 4.0, 8.0, 16.0]);
        assert_eq!(bracket(&tried), (Some(8.0), None));
    }

    #[test]
    fn undecided_levels_bound_neither_side() {
        let server = |level: f64| match level {
            level if level <= 5.0 => Answer::Holds,
            level if level >= 9.0 => Answer::Fails,
            _ => Answer::Undecided,
        };
        let tried = search(USERS, server);
        assert_eq!(bracket(&tried), (Some(5.0), Some(9.0)));
        assert!(Bracket::of(&tried).has_undecided(&tried));
        let nothing_is_decided = search(USERS, |_| Answer::Undecided);
        assert_eq!(bracket(&nothing_is_decided), (None, None));
        assert!(Bracket::of(&nothing_is_decided).has_undecided(&nothing_is_decided));
    }

    #[test]
    fn a_level_that_holds_above_a_miss_is_no_bound() {
        let of = |level, answer| Tried { trial: Trial { level, stretch: 1 }, answer };
        let tried = [of(1.0, Answer::Holds), of(4.0, Answer::Holds), of(2.0, Answer::Fails)];
        assert_eq!(bracket(&tried), (Some(1.0), Some(2.0)));
    }

    proptest! {
        #[test]
        fn the_bracket_holds_the_truth_as_narrowly_as_asked(
            from in 1_u32..200,
            factor in 1_u32..5_000,
            precision in 0.001_f64..1.0,
            capacity in 0.001_f64..2e6,
            doubt in prop_oneof![Just(0.0_f64), 0.0_f64..0.9],
            whole: bool,
        ) {
            let from = f64::from(from);
            let plan = Search { from, up_to: from * f64::from(factor), precision, whole };
            let (sure, hopeless) = (capacity * (1.0 - doubt), capacity * (1.0 + doubt));
            let server = |level: f64| match level {
                level if level <= sure => Answer::Holds,
                level if level > hopeless => Answer::Fails,
                _ => Answer::Undecided,
            };
            let tried = search(plan, server);
            let levels = order(&tried);

            let mut distinct = levels.clone();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            prop_assert_eq!(distinct.len(), levels.len(), "a level twice: {:?}", levels);
            prop_assert!(levels.iter().all(|level| *level > 0.0 && *level <= plan.up_to));
            prop_assert!(!whole || levels.iter().all(|level| level.fract() == 0.0), "{:?}", levels);

            // Doubling and halving, and twice as often as a bracket of two must be halved (the levels are rounded).
            let steps = 24.0 + 2.0 * (2_f64.ln() / precision.ln_1p()).log2().max(0.0).ceil() + 2.0;
            prop_assert!(f64::from(u32::try_from(levels.len()).unwrap()) <= steps, "{} steps", levels.len());

            let Bracket { holds, fails } = Bracket::of(&tried);
            prop_assert!(holds.is_none_or(|holds| holds <= sure));
            prop_assert!(fails.is_none_or(|fails| fails > hopeless));
            let undecided = Bracket::of(&tried).has_undecided(&tried);
            match (holds, fails) {
                (Some(low), Some(high)) => {
                    let is_narrow = high / low <= 1.0 + precision + 1e-9 || (whole && high - low <= 1.0);
                    prop_assert!(undecided || is_narrow, "{} to {}", low, high);
                }
                (Some(low), None) => prop_assert!(undecided || low >= plan.up_to),
                (None, Some(high)) => prop_assert!(undecided || plan.below(high).is_none()),
                (None, None) => prop_assert!(undecided),
            }
        }

        #[test]
        fn narrowing_goes_on_to_both_sides_of_what_stays_undecided(capacity in 4.0_f64..400.0, doubt in 0.0_f64..0.5) {
            let (sure, hopeless) = (capacity * (1.0 - doubt), capacity * (1.0 + doubt));
            let server = |level: f64| match level {
                level if level <= sure => Answer::Holds,
                level if level > hopeless => Answer::Fails,
                _ => Answer::Undecided,
            };
            let tried = search(Search { up_to: 100_000.0, ..RATES }, server);
            let (low, high) = bracket(&tried);
            prop_assert!(low.unwrap() * 1.05 >= sure - 1e-9, "{:?} of {}", low, sure);
            prop_assert!(high.unwrap() / 1.05 <= hopeless + 1e-9, "{:?} of {}", high, hopeless);
        }
    }
}
