//! What a search for the capacity found.

use std::path::PathBuf;

use serde::Serialize;

use super::levels::Answer;
use super::search::{Bracket, Search};
use super::{Curve, SCHEMA_VERSION};

/// What a search for the capacity found. `Display` prints the bracket and the table of all levels.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # use sse_load::capacity::Capacity;
/// # fn gate(capacity: &Capacity) {
/// assert!(capacity.at_least() >= 50.0, "{capacity}");
/// println!("less than {}: {:?}", capacity.at_most(), capacity.conclusion());
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[must_use = "a capacity that nobody looks at gates nothing"]
pub struct Capacity {
    schema_version: u32,
    at_least: f64,
    at_most: f64,
    conclusion: Conclusion,
    curve: Curve,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Conclusion {
    /// The bracket is as narrow as asked.
    Found,
    /// The highest level that may be tried holds.
    NothingMissed,
    /// The lowest level that may be tried misses.
    NothingPassed,
    /// Levels within the bracket stayed undecided, however long they were tried.
    Undecided,
    /// A level proved nothing: the load was not made as asked, or there was nothing to measure.
    Invalid,
    /// Ctrl-C, or a load test that could not be run.
    CutShort,
}

impl Capacity {
    /// What the points of a curve say of the capacity.
    pub fn new(curve: Curve, search: &Search) -> Self {
        let tried = curve.tried();
        let bracket = Bracket::of(&tried);
        let is_narrow = bracket.holds.zip(bracket.fails).is_some_and(|(low, high)| search.is_narrow(low, high));
        let conclusion = match (bracket.holds, bracket.fails) {
            _ if curve.why_cut_short().is_some() => Conclusion::CutShort,
            _ if tried.iter().any(|tried| tried.answer == Answer::Nothing) => Conclusion::Invalid,
            _ if bracket.has_undecided(&tried) && !is_narrow => Conclusion::Undecided,
            (Some(_), Some(_)) => Conclusion::Found,
            (_, None) => Conclusion::NothingMissed,
            (None, _) => Conclusion::NothingPassed,
        };
        Self {
            schema_version: SCHEMA_VERSION,
            at_least: bracket.holds.unwrap_or(0.0),
            at_most: bracket.fails.unwrap_or(f64::INFINITY),
            conclusion,
            curve: curve.sorted(),
        }
    }

    /// The highest level that passed with no miss below it; 0 if none did.
    #[must_use]
    pub fn at_least(&self) -> f64 {
        self.at_least
    }

    /// The lowest level that missed; infinite if none did, which is `null` in `capacity.json`.
    #[must_use]
    pub fn at_most(&self) -> f64 {
        self.at_most
    }

    /// Why the search ended.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        self.conclusion
    }

    /// What every level showed that was tried.
    pub fn curve(&self) -> &Curve {
        &self.curve
    }

    /// Says where the files are.
    pub fn set_folder(&mut self, folder: Option<PathBuf>) {
        self.curve.set_folder(folder);
    }
}
