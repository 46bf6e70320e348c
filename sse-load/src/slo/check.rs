//! Judges objectives by a report. The comparison is that of the sample: it says what was, and not how sure one can be.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use super::{Bound, Judged, Objective, Quantity, Scope, Value, Verdict, Verdicts, panics};
use crate::report::{Distribution, Ending, NoSamples, Report, RequestReport};
use crate::sample::Metric;
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
        let mut objectives: Vec<Objective> = objectives.into_iter().collect();
        if !objectives.iter().any(|objective| objective.quantity == Quantity::Panics) {
            objectives.push(panics().at_most(0_u64));
        }
        let mut judged: Vec<Judged> = objectives.into_iter().map(|objective| judge(self, objective)).collect();
        judged.sort_by_key(|judged| judged.verdict == Verdict::Pass);
        let verdicts = Verdicts {
            worst: worst(self, &judged),
            judged,
            name: self.name().to_owned(),
            plan: self.plan().clone(),
            window: self.window(),
            interrupted: self.ending() == Ending::Interrupted,
            requests: self.total().count(),
            profile: self.profile(),
            failures: self.failures().to_vec(),
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
    let request = match &objective.scope {
        Scope::All => report.total(),
        Scope::Request(name) => report.try_request(name).ok_or_else(|| report.unknown(name))?,
    };
    let (n, failed) = (request.count(), request.failures());
    if n == 0 {
        return Err(format!("`{}` has no finished request", request.name()));
    }
    let figure = |value: Value| Ok(Measured { value, n, failed });
    match objective.quantity {
        Quantity::ErrorRate => figure(Ratio::of(failed, n).into()),
        Quantity::RequestRate => figure(request.request_rate().into()),
        Quantity::RequestCount => figure(n.into()),
        Quantity::TokS => figure(request.tok_s().into()),
        Quantity::Panics => Ok(Measured { value: report.panic_count().into(), n, failed: 0 }),
        Quantity::Percentile(metric, _) | Quantity::Mean(metric) | Quantity::Max(metric) => {
            of_metric(request, metric, objective)
        }
    }
}

fn of_metric(request: &RequestReport, metric: Metric, objective: &Objective) -> Result<Measured, String> {
    let sources = match metric {
        Metric::PromptTokens => request.prompt_sources(),
        metric if metric.needs_tokens() => request.completion_sources(),
        _ => &std::collections::BTreeMap::new(),
    };
    if sources.len() > 1 {
        let sources: Vec<_> = sources.iter().map(|(source, n)| format!("{n} requests by {}", source.name())).collect();
        return Err(format!(
            "tokens were counted in more than one way ({}), so they can't be compared",
            sources.join(", ")
        ));
    }
    if metric.is_count() {
        statistic::<u64>(&request.distribution(metric), objective)
    } else {
        statistic::<Duration>(&request.distribution(metric), objective)
    }
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

fn worst(report: &Report, judged: &[Judged]) -> Vec<(Metric, crate::report::WorstSample)> {
    let mut worst = Vec::new();
    for judged in judged.iter().filter(|judged| judged.verdict == Verdict::Miss) {
        let Some(metric) = judged.objective.quantity.metric() else {
            continue;
        };
        let request = match &judged.objective.scope {
            Scope::All => Some(report.total()),
            Scope::Request(name) => report.try_request(name),
        };
        if let Some(sample) = request.and_then(|request| request.worst(metric))
            && !worst.contains(&(metric, *sample))
        {
            worst.push((metric, *sample));
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
        .and_then(|mut file| writeln!(file, "```\n{verdicts}\n```"));
    if let Err(error) = written {
        eprintln!("sse-load: the verdicts could not be appended to the step summary: {error}");
    }
}
