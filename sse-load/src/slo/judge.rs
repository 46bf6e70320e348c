//! Judges one objective: what was measured, and what it proves.

use std::time::Duration;

use super::proof::{Proof, Rule};
use super::samples::Samples;
use super::{Bound, Judged, Measure, Objective, Quantity, Scope, Value, Verdict, band, generator, good, mean, share};
use crate::record::CustomUnit;
use crate::report::{NoSamples, Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Rate, Unit};

/// A figure with the samples behind it, and what they prove.
pub(super) struct Measured {
    pub(super) value: Value,
    pub(super) interval: Option<(Value, Value)>,
    pub(super) n: u64,
    pub(super) failed: u64,
    pub(super) effective: u64,
    pub(super) proof: Proof,
    /// Why that decides nothing, where it does not.
    pub(super) undecided: String,
}

impl Measured {
    /// A fact of the sample.
    pub(super) fn fact(objective: &Objective, value: Value, n: u64, failed: u64) -> Self {
        let proof = Proof::of_fact(objective.holds(value));
        Self { value, interval: None, n, failed, effective: n, proof, undecided: String::new() }
    }

    /// A mean or a largest value that passes only if no request is left whose value may be anything.
    pub(super) fn unless_unseen(self, unseen: u64) -> Self {
        if unseen == 0 || self.proof.verdict != Verdict::Pass {
            return self;
        }
        Self { proof: self.proof.undecided(), undecided: share::nobody_knows(unseen), ..self }
    }

    /// What is inferred from requests that ended is of those that end soon, as long as others are in flight.
    fn unless_in_flight(self, report: &Report) -> Self {
        if report.in_flight() == 0 || self.proof.is_fact {
            return self;
        }
        Self { proof: Proof::UNDECIDED, undecided: format!("{} requests are in flight", report.in_flight()), ..self }
    }
}

/// What was decided while the run went on stands; else what all samples prove.
pub(super) fn judge(report: &Report, objective: Objective) -> Judged {
    let decision = report.expected().decision(&objective);
    let (decided, decided_after) = (decision.map(|decision| decision.verdict), decision.map(|decision| decision.after));
    match measure(report, &objective) {
        Ok(measured) => {
            let doubt = match decided {
                // It was doubted when it was decided.
                Some(_) => generator::overloaded(report, &objective),
                None => generator::doubt(report, &objective, &measured),
            };
            let (verdict, reason) = match (doubt, decided) {
                (Some(doubt), _) => (Verdict::Invalid, doubt),
                (None, Some(verdict)) => (verdict, String::new()),
                (None, None) if measured.proof.verdict == Verdict::Inconclusive => {
                    (Verdict::Inconclusive, measured.undecided)
                }
                (None, None) => (measured.proof.verdict, String::new()),
            };
            Judged {
                objective,
                verdict,
                value: Some(measured.value),
                interval: measured.interval,
                n: measured.n,
                failed: measured.failed,
                effective: measured.effective,
                reason,
                needs: measured.proof.needs.filter(|_| verdict == Verdict::Inconclusive),
                decided_after,
            }
        }
        Err(reason) => Judged {
            objective,
            verdict: Verdict::Invalid,
            value: None,
            interval: None,
            n: 0,
            failed: 0,
            effective: 0,
            reason,
            needs: None,
            decided_after: None,
        },
    }
}

pub(super) fn measure(report: &Report, objective: &Objective) -> Result<Measured, String> {
    if let Bound::Within { low } = objective.bound {
        return band::measure(report, objective, low);
    }
    let measured = measure_side(report, objective)?;
    refuse_failures(objective, &measured)?;
    Ok(measured)
}

/// An objective with one limit.
pub(super) fn measure_side(report: &Report, objective: &Objective) -> Result<Measured, String> {
    let rule = Rule::of(report, objective);
    refuse_limit(objective.limit)?;
    match objective.quantity.measure() {
        Some(Measure::Time(name)) => {
            let samples = of_custom::<Duration>(report, objective, name, CustomUnit::Time)?;
            return statistic(report, objective, None, &samples);
        }
        Some(Measure::Count(name)) => {
            let samples = of_custom::<u64>(report, objective, name, CustomUnit::Count)?;
            return statistic(report, objective, None, &samples);
        }
        Some(Measure::Metric(_)) | None => {}
    }
    let request = report.figures(&objective.scope).map_err(|unknown| unknown.to_string())?;
    let n = request.count();
    if n == 0 && !matches!(objective.quantity, Quantity::Panics | Quantity::TaskErrors) {
        return Err(nothing_finished(request));
    }
    match objective.quantity {
        Quantity::ErrorRate(classes) => {
            Ok(share::error_rate(request, classes, objective, rule, unseen(report, request)))
        }
        Quantity::Goodput => {
            good::goodput(report, request, objective, rule).map(|measured| measured.unless_in_flight(report))
        }
        Quantity::GoodFraction => good::fraction(report, request, (objective, rule), unseen(report, request)),
        Quantity::RequestRate => Ok(mean::request_rate(request, objective, rule).unless_in_flight(report)),
        Quantity::RequestCount => Ok(Measured::fact(objective, n.into(), n, request.failures())),
        Quantity::TokS if request.completion_sources().is_empty() => {
            Err(format!("none of {n} requests has a token count"))
        }
        Quantity::TokS => match request.incomparable(Metric::CompletionTokens) {
            Some(reason) => Err(reason),
            None => Ok(mean::tok_s(request, objective, rule).unless_in_flight(report)),
        },
        Quantity::Panics => of_tasks(report.panic_count(), "panics", request, objective),
        Quantity::TaskErrors => of_tasks(report.task_error_count(), "errors of tasks", request, objective),
        Quantity::Percentile(..) | Quantity::Mean(_) | Quantity::Max(_) => of_metric(report, request, objective),
    }
}

/// Requests that were cut off by the end of the run or had not ended at a look, and arrivals that no user served: nobody knows how they would have ended, and
/// a server that hangs has many.
pub(crate) fn unseen(report: &Report, request: &RequestReport) -> u64 {
    let arrivals = report.arrivals();
    report.in_flight() + request.counts().cut_off + arrivals.missed + arrivals.without_user
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
        "no request of `{}` ended by itself: {} cut off by the end of the run, {} hung up before it, {} outside of the measured window",
        request.name(),
        counts.cut_off,
        counts.hung_up,
        counts.outside
    )
}

/// Panics are a figure of the run. One too many is a miss even where no request was made; none at all proves nothing then.
fn of_tasks(count: u64, what: &str, request: &RequestReport, objective: &Objective) -> Result<Measured, String> {
    if objective.scope != Scope::All {
        return Err(format!("{what} belong to tasks and not to a request name: leave out `.of(..)`"));
    }
    let value = Value::from(count);
    if request.count() == 0 && objective.holds(value) {
        return Err(nothing_finished(request));
    }
    Ok(Measured::fact(objective, value, request.count(), 0))
}

fn of_metric(report: &Report, request: &RequestReport, objective: &Objective) -> Result<Measured, String> {
    let Some(metric) = objective.quantity.metric() else {
        return Err(format!("{} is no metric of requests", objective.quantity));
    };
    if let Some(reason) = request.incomparable(metric) {
        return Err(reason);
    }
    // Gaps and token counts are of what came, and the generator's lag is its own.
    let is_of_requests = metric.counts_failures() || metric == Metric::Queue;
    let unseen = is_of_requests.then(|| unseen(report, request));
    if metric.is_rate() {
        statistic::<Rate>(report, objective, unseen, &Samples::of_metric(request, metric))
    } else if metric.is_count() {
        statistic::<u64>(report, objective, unseen, &Samples::of_metric(request, metric))
    } else {
        statistic::<Duration>(report, objective, unseen, &Samples::of_metric(request, metric))
    }
}

fn of_custom<'a, U: Unit + Into<Value>>(
    report: &'a Report,
    objective: &Objective,
    name: &str,
    unit: CustomUnit,
) -> Result<Samples<'a, U>, String> {
    if objective.scope != Scope::All {
        return Err(format!("values named `{name}` belong to tasks and not to requests: leave out `.of(..)`"));
    }
    Samples::of_custom(report, name, unit)
}

/// Of `unseen` requests nobody knows the value; `None` where the samples are no requests.
fn statistic<U: Unit + Into<Value>>(
    report: &Report,
    objective: &Objective,
    unseen: Option<u64>,
    samples: &Samples<'_, U>,
) -> Result<Measured, String> {
    let (values, rule) = (&samples.values, Rule::of(report, objective));
    let told = |error: NoSamples| error.to_string();
    match objective.quantity {
        Quantity::Percentile(_, q) => {
            let value = values.try_p(q).map_err(told)?;
            let measured = share::percentile(samples, objective, (value, q), rule, unseen.unwrap_or(0));
            Ok(if unseen.is_some() { measured } else { measured.unless_in_flight(report) })
        }
        Quantity::Mean(_) => {
            let value = values.try_mean().map_err(told)?;
            let measured = mean::mean(samples, objective, value, rule);
            Ok(measured.unless_unseen(unseen.unwrap_or(0)).unless_in_flight(report))
        }
        _ => {
            let value = values.try_max().map_err(told)?;
            Ok(Measured::fact(objective, value.into(), values.count(), values.failures())
                .unless_unseen(unseen.unwrap_or(0)))
        }
    }
}

/// A failure is worse than any limit, on whichever side the good lies. In a rate it is 0, on the bad side of a lower limit.
fn refuse_failures(objective: &Objective, measured: &Measured) -> Result<(), String> {
    let is_worse_than_all = objective.quantity.metric().is_some_and(|metric| !metric.is_rate());
    let Measured { value, n, failed, .. } = *measured;
    if objective.bound != Bound::AtLeast || !is_worse_than_all {
        return Ok(());
    }
    if value.is_unbounded() {
        return Err("the figure is unbounded, since requests failed: a lower limit on it says nothing".to_owned());
    }
    if failed > 0 {
        return Err(format!("{failed} of {n} requests failed, on no side of a lower limit: it says nothing"));
    }
    Ok(())
}
