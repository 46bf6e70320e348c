//! Judges objectives by a report. The comparison is that of the sample: it says what was, and not how sure one can be.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use super::{Bound, Judged, Objective, Quantity, Scope, Value, Verdict, Verdicts, WorstOfMissed, panics};
use crate::report::{Distribution, NoSamples, Report, RequestReport};
use crate::sample::{Metric, TokenSource};
use crate::stats::{Ratio, Unit};

impl Report {
    /// Judges the objectives and panics with the printed block if one of them did not pass.
    ///
    /// No task may panic, unless `panics().at_most(n)` is among them.
    ///
    /// # Panics
    /// When an objective is missed, or its figure can't be had. The panic names the caller's line.
    #[track_caller]
    pub fn assert(&self, objectives: impl IntoIterator<Item = Objective>) {
        let verdicts = self.check(objectives);
        assert!(verdicts.passed(), "{verdicts}");
    }

    /// Judges the objectives; `Display` of the outcome prints the block.
    ///
    /// No task may panic, unless `panics().at_most(n)` is among them.
    pub fn check(&self, objectives: impl IntoIterator<Item = Objective>) -> Verdicts {
        let objectives = with_default(objectives.into_iter().collect(), self);
        let mut judged: Vec<Judged> = objectives.into_iter().map(|objective| judge(self, objective)).collect();
        judged.sort_by_key(|judged| judged.verdict == Verdict::Pass);
        let verdicts = Verdicts {
            worst: worst(self, &judged),
            judged,
            name: self.name().to_owned(),
            plan: self.plan().clone(),
            window: self.window(),
            ending: self.ending(),
            requests: self.total().count(),
            profile: self.profile(),
            failures: self.failures().to_vec(),
            task_errors: self.task_errors().to_vec(),
            panics: self.panics().to_vec(),
            warnings: self.warnings().to_vec(),
            artifacts: self.artifacts().clone(),
        };
        append_to_step_summary(&verdicts);
        verdicts
    }
}

/// A figure with the samples behind it.
struct Measured {
    value: Value,
    n: u64,
    failed: u64,
}

/// Adds `panics().at_most(0)` unless the caller sets a limit on panics. Where it holds it goes without saying, except that a
/// check of nothing must not pass a run without requests.
fn with_default(mut objectives: Vec<Objective>, report: &Report) -> Vec<Objective> {
    let limits_panics = objectives.iter().any(|objective| objective.quantity == Quantity::Panics);
    if !limits_panics && (report.panic_count() > 0 || objectives.is_empty()) {
        objectives.push(panics().at_most(0_u64));
    }
    objectives
}

fn judge(report: &Report, objective: Objective) -> Judged {
    match measure(report, &objective) {
        Ok(Measured { value, n, failed }) => {
            let verdict = if objective.holds(value) { Verdict::Pass } else { Verdict::Miss };
            Judged { objective, verdict, value: Some(value), n, failed, reason: String::new() }
        }
        Err(reason) => Judged { objective, verdict: Verdict::Invalid, value: None, n: 0, failed: 0, reason },
    }
}

fn measure(report: &Report, objective: &Objective) -> Result<Measured, String> {
    refuse_limit(objective.limit)?;
    let request = match &objective.scope {
        Scope::All => report.total(),
        Scope::Request(name) => report.try_request(name).ok_or_else(|| report.unknown(name))?,
    };
    let (n, failed) = (request.count(), request.failures());
    if n == 0 && objective.quantity != Quantity::Panics {
        return Err(nothing_finished(request));
    }
    let figure = |value: Value| Ok(Measured { value, n, failed });
    match objective.quantity {
        Quantity::ErrorRate => figure(Ratio::of(failed, n).into()),
        Quantity::RequestRate => figure(request.request_rate().into()),
        Quantity::RequestCount => figure(n.into()),
        Quantity::TokS if request.completion_sources().is_empty() => {
            Err(format!("none of {n} requests has a token count"))
        }
        Quantity::TokS => tokens_compare(request.completion_sources()).and_then(|()| figure(request.tok_s().into())),
        Quantity::Panics => of_panics(report, request, objective),
        Quantity::Percentile(metric, _) | Quantity::Mean(metric) | Quantity::Max(metric) => {
            of_metric(request, metric, objective)
        }
    }
}

/// A share that is meant in per cent would be a limit that nothing ever misses.
fn refuse_limit(limit: Value) -> Result<(), String> {
    match limit {
        Value::Ratio(share) if !(0.0..=1.0).contains(&share.get()) => {
            Err(format!("a share lies between 0 and 1 (1 % is 0.01), but the limit is {}", share.get()))
        }
        Value::Rate(rate) if !rate.get().is_finite() => {
            Err(format!("a rate is a finite number, but the limit is {}", rate.get()))
        }
        _ => Ok(()),
    }
}

fn nothing_finished(request: &RequestReport) -> String {
    let counts = request.counts();
    if counts.started() == 0 {
        return "no request was made".to_owned();
    }
    format!(
        "no request of `{}` ended by itself: {} cut off by the end of the run, {} dropped by the task",
        request.name(),
        counts.cut_off,
        counts.hung_up
    )
}

/// Panics are a figure of the run. One too many is a miss even where no request was made; none at all proves nothing then.
fn of_panics(report: &Report, request: &RequestReport, objective: &Objective) -> Result<Measured, String> {
    if objective.scope != Scope::All {
        return Err("panics belong to tasks and not to a request name: leave out `.of(..)`".to_owned());
    }
    let value = Value::from(report.panic_count());
    if request.count() == 0 && objective.holds(value) {
        return Err(nothing_finished(request));
    }
    Ok(Measured { value, n: request.count(), failed: 0 })
}

fn of_metric(request: &RequestReport, metric: Metric, objective: &Objective) -> Result<Measured, String> {
    match metric {
        Metric::PromptTokens => tokens_compare(request.prompt_sources())?,
        metric if metric.needs_tokens() => tokens_compare(request.completion_sources())?,
        _ => {}
    }
    if metric.is_count() {
        statistic::<u64>(&request.distribution(metric), objective)
    } else {
        statistic::<Duration>(&request.distribution(metric), objective)
    }
}

/// The server's count and that of a tokenizer differ by more than what a limit is set for.
fn tokens_compare(sources: &BTreeMap<TokenSource, u64>) -> Result<(), String> {
    if sources.len() < 2 {
        return Ok(());
    }
    let sources: Vec<_> = sources.iter().map(|(source, n)| format!("{n} requests by {}", source.name())).collect();
    Err(format!("tokens counted in several ways do not compare: {}", sources.join(", ")))
}

fn statistic<U: Unit + Into<Value>>(values: &Distribution<'_, U>, objective: &Objective) -> Result<Measured, String> {
    let figure = match objective.quantity {
        Quantity::Percentile(_, q) => values.try_p(q),
        Quantity::Mean(_) => values.try_mean(),
        _ => values.try_max(),
    };
    let value = figure.map_err(|error: NoSamples| error.to_string())?;
    // A failure is worse than any limit, on whichever side the good lies.
    if objective.bound == Bound::AtLeast && value == U::UNBOUNDED {
        return Err("the figure is unbounded, since requests failed: a lower limit on it says nothing".to_owned());
    }
    Ok(Measured { value: value.into(), n: values.count(), failed: values.failures() })
}

fn worst(report: &Report, judged: &[Judged]) -> Vec<WorstOfMissed> {
    let mut worst = Vec::new();
    let above =
        judged.iter().filter(|judged| judged.verdict == Verdict::Miss && judged.objective.bound == Bound::AtMost);
    for judged in above {
        let Some(metric) = judged.objective.quantity.metric() else {
            continue;
        };
        let request = match &judged.objective.scope {
            Scope::All => Some(report.total()),
            Scope::Request(name) => report.try_request(name),
        };
        if let Some(sample) = request.and_then(|request| request.worst(metric)) {
            let found = WorstOfMissed { metric, sample: *sample, beside_failures: judged.failed > 0 };
            if !worst.contains(&found) {
                worst.push(found);
            }
        }
    }
    worst
}

/// The block for the people who read the CI run; that it can't be written must not fail a test that passed.
fn append_to_step_summary(verdicts: &Verdicts) {
    let Some(path) = &verdicts.artifacts.step_summary else {
        return;
    };
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| writeln!(file, "```text\n{verdicts}\n```"));
    if let Err(error) = written {
        eprintln!("sse-load: the verdicts could not be appended to the step summary: {error}");
    }
}
