//! The printed block of a check.

use std::fmt;
use std::time::Duration;

use super::causes::{Cause, causes, listed};
use super::columns::{Align, lines};
use super::console::{load, profile, window};
use super::notes::{report_path, task_errors, warnings};
use super::plain::{one_line, shortened};
use super::units::{count, counted, duration, rate, seconds};
use crate::sample::{FailureClasses, Metric};
use crate::slo::{Bound, Judged, Objective, Quantity, Scope, Value, Verdict, Verdicts, WorstOfMissed};
use crate::stats::{Rate, Unit as _};

/// Causes of failures under a missed objective.
pub(super) const MOST_CAUSES: usize = 5;

/// Longer request names are cut in the middle.
pub(super) const LONGEST_NAME: usize = 40;

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", headline(self))?;
        let rows: Vec<_> = self.judged().iter().map(row).collect();
        let rows = lines(&rows, |_| Align::Left);
        for (judged, line) in self.judged().iter().zip(rows) {
            write!(f, "\n  {line}")?;
            for why in explanation(self, judged).lines("          ") {
                write!(f, "\n{why}")?;
            }
        }
        let errors = if self.requests() == 0 { task_errors(self.task_errors()) } else { Vec::new() };
        let worst = self.worst().iter().map(worst);
        for line in
            errors.into_iter().chain(worst).chain(warnings(self.warnings())).chain(report_path(self.artifacts()))
        {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

fn headline(verdicts: &Verdicts) -> String {
    format!(
        "{}: {}    {} · {} · {} · {}",
        one_line(verdicts.name()),
        outcome(verdicts),
        load(verdicts.plan()),
        window(verdicts.window(), verdicts.ending(), verdicts.plan().run_time),
        counted(verdicts.requests(), "request"),
        profile(verdicts.profile())
    )
}

/// How many objectives did not pass.
pub(super) fn outcome(verdicts: &Verdicts) -> String {
    let all = counted(verdicts.judged().len() as u64, "objective");
    let outcomes = [(Verdict::Miss, "missed"), (Verdict::Invalid, "invalid"), (Verdict::Inconclusive, "inconclusive")];
    let outcomes = outcomes.map(|(verdict, word)| (verdicts.count(verdict), word));
    let mut others = outcomes.into_iter().filter(|(number, _)| *number > 0);
    let first = others.next().map(|(number, word)| format!("{number} of {all} {word}"));
    let others = others.map(|(number, word)| format!(", {number} {word}"));
    first.map_or_else(|| format!("{all} passed"), |first| others.fold(first, |outcome, more| outcome + &more))
}

/// Verdict, figure, value, limit, excess, interval, samples.
pub(super) fn row(judged: &Judged) -> Vec<String> {
    let objective = &judged.objective;
    let excess = judged.value.filter(|_| judged.verdict == Verdict::Miss);
    let excess = excess.and_then(|measured| objective.excess(measured));
    vec![
        if judged.verdict == Verdict::Inconclusive && judged.is_accepted() {
            "inconclusive"
        } else {
            mark(judged.verdict)
        }
        .to_owned(),
        figure(&objective.scope, objective.quantity),
        judged.value.map_or_else(|| "–".to_owned(), value),
        limit(objective),
        excess.map_or_else(String::new, percent),
        interval(judged),
        joined(&[samples(judged), decided(judged)]),
    ]
}

pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Miss => "MISS",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Invalid => "INVALID",
    }
}

pub(super) fn figure(scope: &Scope, quantity: Quantity) -> String {
    match scope.label() {
        None => quantity.to_string(),
        Some(label) => format!("{} {quantity}", shortened(&label, LONGEST_NAME)),
    }
}

pub(super) fn limit(objective: &Objective) -> String {
    let limit = value(objective.limit);
    match objective.bound {
        Bound::AtLeast => format!("at least {limit}"),
        Bound::Within { low } => format!("between {} and {limit}", value(low)),
        _ => format!("at most {limit}"),
    }
}

/// Signed, and without a decimal where it says nothing: `+64.8 %`, `+842 %`.
pub(super) fn percent(excess: f64) -> String {
    let decimals = usize::from(excess.abs() < 1.0);
    format!("{:+.decimals$} %", excess * 100.0)
}

fn samples(judged: &Judged) -> String {
    let failed = if judged.failed > 0 { format!(", {} failed", count(judged.failed)) } else { String::new() };
    match judged.objective.quantity {
        _ if judged.value.is_none() => String::new(),
        Quantity::ErrorRate(_) => format!("{} of {}{}", count(judged.failed), count(judged.n), worth(judged)),
        Quantity::Panics | Quantity::TaskErrors | Quantity::RequestCount => String::new(),
        _ => format!("n = {}{failed}{}", count(judged.n), worth(judged)),
    }
}

/// When an objective was decided while the run went on.
fn decided(judged: &Judged) -> String {
    judged.decided_after.map_or_else(String::new, |after| format!("decided after {}", seconds(after)))
}

fn joined(parts: &[String; 2]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Samples that hang together are worth fewer independent ones.
fn worth(judged: &Judged) -> String {
    if judged.effective < judged.n { format!(", worth {}", count(judged.effective)) } else { String::new() }
}

/// `[388, 447]` beside `412 ms`; with their units where those differ.
fn interval(judged: &Judged) -> String {
    let Some((measured, (low, high))) = judged.value.zip(judged.interval) else { return String::new() };
    let unit = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').to_owned();
    let shared = unit(&value(measured));
    let [low, high] = [low, high].map(value);
    if shared == "∞" || [&low, &high].into_iter().any(|end| unit(end) != shared && end != "∞") {
        return format!("[{low}, {high}]");
    }
    let bare = |end: &str| end.strip_suffix(&shared).unwrap_or(end).trim_end().to_owned();
    format!("[{}, {}]", bare(&low), bare(&high))
}

pub(super) fn value(value: Value) -> String {
    match value {
        Value::Time(time) => duration(time),
        Value::Count(u64::MAX) => "∞".to_owned(),
        Value::Count(number) => count(number),
        Value::MeanCount(mean) => format!("{mean:.2}"),
        Value::Ratio(ratio) => ratio.to_string(),
        Value::Rate(per_second) => format!("{}/s", rate(per_second)),
    }
}

/// What stands under an objective that did not pass.
pub(super) enum Explanation<'a> {
    /// Why it has no figure, or why that proves nothing.
    Reason(String),
    /// What failed, what panicked; none where there is nothing to say.
    Causes(Vec<Cause<'a>>),
}

impl Explanation<'_> {
    fn lines(&self, indent: &str) -> Vec<String> {
        match self {
            Self::Reason(reason) => vec![format!("{indent}{reason}")],
            Self::Causes(causes) => listed(causes, MOST_CAUSES, indent),
        }
    }
}

/// Why an objective did not pass: why it has no figure, what failed, what panicked.
pub(super) fn explanation<'a>(verdicts: &'a Verdicts, judged: &Judged) -> Explanation<'a> {
    if !judged.reason.is_empty() {
        return Explanation::Reason(reason(judged));
    }
    if judged.verdict == Verdict::Miss && judged.objective.quantity == Quantity::Panics {
        return Explanation::Causes(causes(verdicts.panics(), false));
    }
    if judged.verdict == Verdict::Miss && judged.objective.quantity == Quantity::TaskErrors {
        return Explanation::Causes(causes(verdicts.task_errors(), false));
    }
    if !explains_failures(verdicts, judged) {
        return Explanation::Causes(Vec::new());
    }
    // Causes are not kept for each turn.
    let scope = &judged.objective.scope;
    let classes = match judged.objective.quantity {
        Quantity::ErrorRate(classes) => classes,
        _ => FailureClasses::ALL,
    };
    let of_scope = verdicts
        .failures()
        .iter()
        .filter(|failure| scope.covers(&failure.request, &failure.origin, None) && classes.contains(failure.class));
    let named = !matches!(scope, Scope::Request(_)) && verdicts.request_names() > 1;
    Explanation::Causes(causes(of_scope, named))
}

/// Why a figure can't be had or proves nothing, and what it takes.
pub(super) fn reason(judged: &Judged) -> String {
    let reason = one_line(&judged.reason);
    let Some(more) = judged.needs else { return reason };
    format!("{reason}; {} more good ones would prove a pass", count(more))
}

/// Failures stand under the error rate that they broke. Where none was missed, they stand under the first figure of the same
/// requests that they made unbounded.
fn explains_failures(verdicts: &Verdicts, judged: &Judged) -> bool {
    let is_error_rate = |judged: &Judged| matches!(judged.objective.quantity, Quantity::ErrorRate(_));
    let explains_all = |judged: &Judged| judged.objective.quantity == Quantity::ErrorRate(FailureClasses::ALL);
    let is_unbounded = |judged: &Judged| judged.value.is_some_and(Value::is_unbounded);
    let mut missed = verdicts.judged().iter().filter(|other| other.verdict == Verdict::Miss);
    if judged.verdict != Verdict::Miss || is_error_rate(judged) {
        return judged.verdict == Verdict::Miss;
    }
    let explained_elsewhere =
        missed.clone().any(|other| explains_all(other) && other.objective.scope.holds(&judged.objective.scope));
    let first = missed.find(|other| is_unbounded(other) && other.objective.scope == judged.objective.scope);
    !explained_elsewhere && first.is_some_and(|first| std::ptr::eq(first, judged))
}

/// A value as a histogram of the metric records it.
pub(super) fn recorded_value(metric: Metric, recorded: u64) -> String {
    match metric {
        metric if metric.is_rate() => value(Rate::from_recorded(recorded).into()),
        metric if metric.is_count() => value(recorded.into()),
        _ => value(Duration::from_recorded(recorded).into()),
    }
}

pub(super) fn worst(worst: &WorstOfMissed) -> String {
    let WorstOfMissed { metric, sample, beside_failures } = worst;
    let value = recorded_value(*metric, sample.value);
    format!(
        "worst {}{}: {}::{} {value} at t+{}",
        metric.words(),
        if *beside_failures { " of a success" } else { "" },
        sample.origin.user,
        sample.origin.task,
        seconds(sample.at)
    )
}
