//! Why two runs can't be compared at all.

use super::Baseline;
use crate::record::StampedBy;

/// What differs that makes the figures incomparable, and what to do about it.
pub(super) fn obstacles(before: &Baseline, after: &Baseline, across_machines: bool) -> Vec<String> {
    let mut obstacles = Vec::new();
    let mut differs = |what: &str, before: String, after: String, advice: &str| {
        if before != after {
            obstacles.push(format!("{what}: {before} in the baseline, {after} now; {advice}"));
        }
    };
    let quoted = |name: &str| format!("`{name}`");
    differs("another load test", quoted(&before.test), quoted(&after.test), "give each a baseline of its own");
    let anew = "save the baseline anew";
    differs("other definitions of the metrics", before.definitions.to_string(), after.definitions.to_string(), anew);
    let profile = |baseline: &Baseline| format!("{:?}", baseline.profile).to_lowercase();
    differs("another build", profile(before), profile(after), "compare release builds: cargo test --release");
    let stamps = |baseline: &Baseline| match baseline.stamped_by {
        Some(StampedBy::Read) => "by the reads of this process".to_owned(),
        Some(_) => "by the kernel".to_owned(),
        None => "not at all".to_owned(),
    };
    differs("events stamped otherwise", stamps(before), stamps(after), anew);
    let planned = |plan: &[String], other: &[String]| {
        let own: Vec<_> = plan.iter().filter(|line| !other.contains(line)).map(|line| quoted(line)).collect();
        if own.is_empty() { "nothing else".to_owned() } else { own.join(" and ") }
    };
    let (was, is) = (planned(&before.plan, &after.plan), planned(&after.plan, &before.plan));
    differs("another load", was, is, "run the same load, or save the baseline anew");
    if !across_machines {
        differs(
            "another machine, so times do not compare",
            before.machine.to_string(),
            after.machine.to_string(),
            "save a baseline for each kind of machine and name it in SSE_LOAD_BASELINE; .across_machines() compares all the same",
        );
    }
    obstacles
}
