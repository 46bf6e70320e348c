//! The printed block of a check.

use std::fmt;
use std::time::Duration;

use super::columns::{Align, lines};
use super::console::profile;
use super::units::{count, duration, seconds};
use crate::report::WorstSample;
use crate::sample::Metric;
use crate::slo::{Bound, Judged, Quantity, Scope, Value, Verdict, Verdicts};

/// Causes of failures under a missed error rate.
const MAX_CAUSES: usize = 5;

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", headline(self))?;
        let rows: Vec<_> = self.judged().iter().map(row).collect();
        let rows = lines(&rows, |_| Align::Left);
        for (judged, line) in self.judged().iter().zip(rows) {
            write!(f, "\n  {line}")?;
            for cause in causes(self, judged) {
                write!(f, "\n{cause}")?;
            }
        }
        for (metric, sample) in self.worst() {
            write!(f, "\n  {}", worst(*metric, sample))?;
        }
        if let Some(folder) = &self.artifacts().folder {
            write!(f, "\n  report: {}", folder.join("report.json").display())?;
        }
        Ok(())
    }
}

fn headline(verdicts: &Verdicts) -> String {
    let all = verdicts.judged().len();
    let (missed, invalid) = (verdicts.count(Verdict::Miss), verdicts.count(Verdict::Invalid));
    let outcome = match (missed, invalid) {
        (0, 0) => format!("all {all} objectives passed"),
        (missed, 0) => format!("{missed} of {all} objectives missed"),
        (0, invalid) => format!("{invalid} of {all} objectives invalid"),
        (missed, invalid) => format!("{missed} of {all} objectives missed, {invalid} invalid"),
    };
    let mut window = seconds(verdicts.window());
    if verdicts.interrupted() {
        window = format!("interrupted after {window} of {}", seconds(verdicts.plan().run_time));
    }
    format!(
        "{}: {outcome}    {} users · {window} · {} requests · {}",
        verdicts.name(),
        count(verdicts.plan().users),
        count(verdicts.requests()),
        profile(verdicts.profile())
    )
}

fn row(judged: &Judged) -> Vec<String> {
    let objective = &judged.objective;
    let mark = match judged.verdict {
        Verdict::Pass => "pass",
        Verdict::Miss => "MISS",
        Verdict::Invalid => "INVALID",
    };
    let figure = match &objective.scope {
        Scope::All => objective.quantity.to_string(),
        Scope::Request(name) => format!("{name} {}", objective.quantity),
    };
    let bound = match objective.bound {
        Bound::AtMost => "at most",
        Bound::AtLeast => "at least",
    };
    let limit = format!("{bound} {}", value(objective.limit));
    let Some(measured) = judged.value else {
        return vec![mark.to_owned(), figure, "–".to_owned(), limit, judged.reason.clone()];
    };
    let excess = match measured.excess(objective.limit) {
        Some(excess) if judged.verdict == Verdict::Miss => format!("{:+.1} %", excess * 100.0),
        _ => String::new(),
    };
    vec![mark.to_owned(), figure, value(measured), limit, excess, samples(judged)]
}

fn samples(judged: &Judged) -> String {
    match judged.objective.quantity {
        Quantity::ErrorRate => format!("{} of {}", count(judged.failed), count(judged.n)),
        Quantity::Panics | Quantity::RequestCount => String::new(),
        _ if judged.failed > 0 => format!("n = {}, {} failed", count(judged.n), count(judged.failed)),
        _ => format!("n = {}", count(judged.n)),
    }
}

fn value(value: Value) -> String {
    match value {
        Value::Time(time) => duration(time),
        Value::Count(u64::MAX) => "∞".to_owned(),
        Value::Count(number) => count(number),
        Value::Ratio(ratio) => ratio.to_string(),
        Value::Rate(rate) => rate.to_string(),
    }
}

/// What failed, under the error rate that it broke.
fn causes(verdicts: &Verdicts, judged: &Judged) -> Vec<String> {
    let counts_failures = matches!(judged.objective.quantity, Quantity::ErrorRate);
    if judged.verdict != Verdict::Miss || !counts_failures {
        return Vec::new();
    }
    let of_scope = verdicts.failures().iter().filter(|failure| match &judged.objective.scope {
        Scope::All => true,
        Scope::Request(name) => failure.request == *name,
    });
    let rows: Vec<_> = of_scope
        .take(MAX_CAUSES)
        .map(|failure| {
            let example = if failure.example.is_empty() { String::new() } else { format!(": {}", failure.example) };
            vec![
                format!("{} ×", count(failure.count)),
                format!("{}{example}", failure.summary),
                failure.origin.to_string(),
            ]
        })
        .collect();
    let align = |column| if column == 0 { Align::Right } else { Align::Left };
    lines(&rows, align).into_iter().map(|line| format!("          {line}")).collect()
}

fn worst(metric: Metric, sample: &WorstSample) -> String {
    let value = if metric.is_count() { count(sample.value) } else { duration(Duration::from_micros(sample.value)) };
    format!(
        "worst {}: {}::{} {value} at t+{}",
        metric.name().replace('_', " "),
        sample.origin.user,
        sample.origin.task,
        seconds(sample.at)
    )
}
