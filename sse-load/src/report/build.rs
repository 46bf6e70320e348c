//! From the merged recording to the report.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::doubts::doubts;
use super::groups::Groups;
use super::model::{Artifacts, Ending, OnInconclusive, Profile, Report, SCHEMA_VERSION};
use super::summaries::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary, TaskSummary};
use super::{
    Baselines, CustomReport, Health, Machine, PlanSummary, RequestReport, SlowestRequests, Surroundings, Trace,
    WorstSample,
};
use crate::client::Spent;
use crate::clock::Timestamp;
use crate::objective::Expected;
use crate::record::{Arrived, Custom, CustomUnit, Recording, Series, Slow, Slowest};
use crate::sample::Metric;
use crate::stats::Slices;

/// What the runner knows of a run beside what was recorded.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The name of the load test.
    pub name: String,
    /// What was asked for.
    pub plan: PlanSummary,
    /// When the run began, by the clock of the stamps.
    pub started: Timestamp,
    /// When the run began, by the clock on the wall.
    pub started_wall: SystemTime,
    /// The measured window.
    pub window: Duration,
    /// From the end of the window until the last user stopped.
    pub drained: Duration,
    /// How the window ended.
    pub ending: Ending,
    /// What was spent, if the run has a budget.
    pub spent: Option<Spent>,
    /// How the test was built.
    pub profile: Profile,
    /// What an inconclusive verdict means for a check.
    pub on_inconclusive: OnInconclusive,
    /// What is known of the generator.
    pub surroundings: Surroundings,
    /// What makes the figures doubtful.
    pub warnings: Vec<String>,
}

/// The report of a run.
pub fn build(recording: &Recording, facts: Facts) -> Report {
    let groups = Groups::of(recording);
    let doubts = doubts(&groups, &facts.plan, facts.window);
    let counts_good = recording.good_if().limits().is_some();
    let health = Health::new(
        (recording.lateness.clone(), recording.buffered.clone()),
        &groups.total,
        recording.arrivals,
        facts.window,
        facts.profile,
        facts.surroundings.clone(),
    );
    Report {
        health,
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_unix: facts.started_wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
        total: request("ALL", &groups.total, &facts, counts_good),
        requests: requests(&groups.requests, &facts, counts_good),
        turns: turns(&groups, &facts, counts_good),
        user_classes: requests(&groups.user_classes, &facts, counts_good),
        tags: requests(&groups.tags, &facts, counts_good),
        customs: customs(recording),
        good_if: recording.good_if().limits().map(<[_]>::to_vec),
        failures: failures(recording, facts.started),
        task_error_count: recording.task_errors.total(),
        task_errors: task_errors(recording),
        panic_count: recording.panics.total(),
        panics: panics(recording),
        malformed: malformed(recording),
        tasks: tasks(recording),
        arrivals: recording.arrivals,
        spent: facts.spent,
        warnings: warnings(recording, facts.warnings, doubts),
        name: facts.name,
        profile: facts.profile,
        on_inconclusive: facts.on_inconclusive,
        window: facts.window,
        drained: facts.drained,
        ending: facts.ending,
        plan: facts.plan,
        course: recording.course.clone(),
        server: None,
        slowest: slowest(recording, facts.started),
        expected: Expected::default(),
        in_flight: None,
        artifacts: Artifacts::default(),
        machine: Machine::default(),
        baselines: Baselines::default(),
    }
}

fn requests(series: &BTreeMap<&str, Series>, facts: &Facts, counts_good: bool) -> Vec<RequestReport> {
    series.iter().map(|(name, series)| request(*name, series, facts, counts_good)).collect()
}

fn turns(groups: &Groups<'_>, facts: &Facts, counts_good: bool) -> Vec<RequestReport> {
    groups
        .turns
        .iter()
        .map(|((name, turn), series)| request(format!("{name} turn {turn}"), series, facts, counts_good))
        .collect()
}

fn request(name: impl Into<String>, series: &Series, facts: &Facts, counts_good: bool) -> RequestReport {
    RequestReport {
        name: name.into(),
        window: facts.window,
        counts: series.counts.clone(),
        failures: series.failed_over_time.iter().map(|(class, slices)| (*class, slices.total())).collect(),
        prompt_sources: series.prompt_sources.clone(),
        completion_sources: series.completion_sources.clone(),
        tokenizers: series.tokenizers.clone(),
        tokens_in_window: series.tokens_in_window,
        metrics: Metric::ALL.map(|metric| series.metric(metric).clone()),
        over_time: Metric::ALL.map(|metric| series.over_time(metric).clone()),
        succeeded_over_time: series.succeeded_over_time.clone(),
        failed_over_time: Slices::merged(series.failed_over_time.values()),
        good_over_time: counts_good.then(|| series.good_over_time.clone()),
        failures_over_time: series.failed_over_time.clone(),
        worst: Metric::ALL.map(|metric| {
            series.worst(metric).map(|worst| WorstSample {
                value: worst.value,
                origin: worst.origin,
                at: worst.started - facts.started,
            })
        }),
    }
}

fn slowest(recording: &Recording, started: Timestamp) -> SlowestRequests {
    let traces = |slow: &[Slow]| slow.iter().map(|slow| Trace::of(slow, started)).collect();
    let Slowest { to_first_token, to_end } = &recording.slowest;
    SlowestRequests { to_first_token: traces(to_first_token), to_end: traces(to_end) }
}

fn customs(recording: &Recording) -> Vec<CustomReport> {
    let report = |(name, custom): (&'static str, &Custom)| CustomReport {
        name,
        unit: custom.unit,
        values: custom.values.clone(),
        over_time: custom.over_time.clone(),
    };
    recording.customs.iter().map(report).collect()
}

fn failures(recording: &Recording, started: Timestamp) -> Vec<FailureSummary> {
    let mut failures: Vec<_> = recording
        .failures
        .iter()
        .map(|(key, group)| FailureSummary {
            request: key.request.to_string(),
            class: key.class,
            summary: key.summary.to_string(),
            example: group.example.clone(),
            origin: key.origin,
            count: group.count,
            first_at: group.first - started,
            last_at: group.last - started,
        })
        .collect();
    failures.sort_by(|a, b| {
        let key = |f: &FailureSummary| (Reverse(f.count), f.class, f.origin);
        key(a).cmp(&key(b)).then_with(|| (&a.request, &a.summary).cmp(&(&b.request, &b.summary)))
    });
    failures
}

fn tasks(recording: &Recording) -> Vec<TaskSummary> {
    let mut tasks: Vec<_> =
        recording.tasks.iter().map(|(origin, count)| TaskSummary { origin: *origin, count: *count }).collect();
    tasks.sort_unstable_by_key(|task| task.origin);
    tasks
}

fn task_errors(recording: &Recording) -> Vec<TaskErrorSummary> {
    let mut errors: Vec<_> = recording
        .task_errors
        .iter()
        .map(|(key, group)| TaskErrorSummary { origin: key.origin, message: key.message.clone(), count: group.count })
        .collect();
    errors.sort_by(|a, b| (Reverse(a.count), a.origin, &a.message).cmp(&(Reverse(b.count), b.origin, &b.message)));
    errors
}

fn panics(recording: &Recording) -> Vec<PanicSummary> {
    let mut panics: Vec<_> = recording
        .panics
        .iter()
        .map(|(key, group)| PanicSummary {
            origin: key.origin,
            message: key.message.clone(),
            location: key.location.clone(),
            count: group.count,
        })
        .collect();
    panics.sort_by(|a, b| {
        (Reverse(a.count), a.origin, &a.message, &a.location).cmp(&(
            Reverse(b.count),
            b.origin,
            &b.message,
            &b.location,
        ))
    });
    panics
}

fn malformed(recording: &Recording) -> Vec<MalformedSummary> {
    let mut malformed: Vec<_> = recording
        .malformed
        .iter()
        .map(|(request, group)| MalformedSummary {
            request: request.to_string(),
            requests: group.count,
            example: group.example.clone(),
        })
        .collect();
    malformed.sort_by(|a, b| a.request.cmp(&b.request));
    malformed
}

fn warnings(recording: &Recording, mut warnings: Vec<String>, doubts: Vec<String>) -> Vec<String> {
    warnings.extend(doubts);
    let Arrived { missed, without_user, .. } = recording.arrivals;
    if without_user > 0 {
        warnings.push(format!(
            "{without_user} of {} arrivals got no user, since its start failed",
            recording.arrivals.due()
        ));
    }
    if missed > 0 {
        warnings.push(format!(
            "{missed} of {} arrivals found no free user before the window ended: the server is slower than the rate, or .max_users(..) is too low",
            recording.arrivals.due()
        ));
    }
    if recording.unnamed() > 0 {
        warnings.push(format!(
            "{} requests stand under `(other names)`: there are too many distinct names; give requests whose path holds an id \
             one with .name(..)",
            recording.unnamed()
        ));
    }
    for (name, custom) in recording.customs.iter().filter(|(_, custom)| custom.refused > 0) {
        let (unit, other) = match custom.unit {
            CustomUnit::Time => ("times", "counts"),
            CustomUnit::Count => ("counts", "times"),
        };
        let refused = custom.refused;
        warnings.push(format!("`{name}` has {unit}: {refused} {other} that were recorded under it are in no figure; give them another name"));
    }
    if recording.customs.beyond() > 0 {
        let beyond = recording.customs.beyond();
        warnings
            .push(format!("{beyond} values that tasks recorded are in no figure: there are too many distinct names"));
    }
    for (what, beyond) in [
        ("failed requests", recording.failures.beyond()),
        ("errors of tasks", recording.task_errors.beyond()),
        ("panics", recording.panics.beyond()),
    ] {
        if beyond > 0 {
            warnings.push(format!("{beyond} {what} are counted but not listed: there are too many distinct texts"));
        }
    }
    warnings
}
