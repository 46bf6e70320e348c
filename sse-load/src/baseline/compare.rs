//! Saves a run as a baseline and compares one with it.

use std::io::Write as _;
use std::path::PathBuf;

use super::comparison::Outcome;
use super::doubts::Doubts;
use super::{Baseline, BaselineError, Comparison, Tolerance, store};
use crate::report::{Report, UpdateBaseline};

impl Report {
    /// Saves the run as the baseline of this name, or of that in `SSE_LOAD_BASELINE`, in place of an older one. Gives the file, which is to be committed.
    ///
    /// # Errors
    /// When the name is not that of a file, no request succeeded, the generator was overloaded, or the file can't be written.
    pub fn save_baseline(&self, name: &str) -> Result<PathBuf, BaselineError> {
        let file = store::file(&self.baselines().folder, self.chosen(name))?;
        save(&Baseline::of(self), &Doubts::of(self), &file).map(|()| file)
    }

    /// Compares the run with the baseline of this name, or of that in `SSE_LOAD_BASELINE`. With `SSE_LOAD_UPDATE_BASELINE=1` it becomes
    /// the new baseline instead.
    ///
    /// The run is also written beside its report as `<name>.baseline.json`: a candidate for the new baseline.
    pub fn compare(&self, name: &str) -> Comparison {
        let name = self.chosen(name);
        let file = store::file(&self.baselines().folder, name);
        let before =
            file.as_ref().map_err(|_| BaselineError::Name(name.to_owned())).and_then(|file| store::read(file, name));
        let beside = self.beside(name, before);
        let (after, doubts) = (&beside.after, &beside.doubts);
        let candidate = self.artifacts().folder.as_ref().filter(|_| file.is_ok());
        let candidate = candidate.map(|folder| folder.join(format!("{name}.baseline.json")));
        let candidate = candidate.filter(|candidate| save(after, doubts, candidate).is_ok());
        let outcome = match (self.baselines().update, &file) {
            (UpdateBaseline::Yes, Ok(file)) => match save(after, doubts, file) {
                Ok(()) => Outcome::Updated,
                Err(error) => Outcome::Failed(error),
            },
            (UpdateBaseline::InCi, Ok(_)) => Outcome::Refused,
            (UpdateBaseline::No, _) | (_, Err(_)) => Outcome::Compared,
        };
        let comparison = Comparison { file: file.unwrap_or_default(), outcome, candidate, ..beside };
        if comparison.is_updated() {
            // Not by a macro, whose output libtest keeps to itself where a test passes. Nobody may be there to read it.
            let _ = writeln!(std::io::stderr(), "sse-load: {comparison}");
        }
        comparison
    }

    /// Compares the run with an earlier one, which `name` names, as with a baseline.
    pub fn compare_with(&self, name: &str, before: &Self) -> Comparison {
        self.beside(name, Ok(Baseline::of(before)))
    }

    fn beside(&self, name: &str, before: Result<Baseline, BaselineError>) -> Comparison {
        Comparison {
            name: name.to_owned(),
            file: PathBuf::new(),
            before,
            after: Baseline::of(self),
            doubts: Doubts::of(self),
            outcome: Outcome::Compared,
            candidate: None,
            artifacts: self.artifacts().clone(),
            tolerance: Tolerance::default(),
            only: Vec::new(),
            across_machines: false,
        }
    }

    /// The environment wins over the code.
    fn chosen<'a>(&'a self, name: &'a str) -> &'a str {
        self.baselines().name.as_deref().unwrap_or(name)
    }
}

fn save(baseline: &Baseline, doubts: &Doubts, file: &std::path::Path) -> Result<(), BaselineError> {
    if let Some(why) = &doubts.overload {
        return Err(BaselineError::Overloaded { test: baseline.test.clone(), why: why.clone() });
    }
    if !baseline.has_success() {
        return Err(BaselineError::NothingSucceeded(baseline.test.clone()));
    }
    store::write(baseline, file)
}
