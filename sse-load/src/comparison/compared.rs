//! One figure of two hosts, from pairs of blocks.

use std::time::Duration;

use crate::baseline::{Compared, SHORTEST, judged};
use crate::report::Report;
use crate::slo::{self, Figure, Value};
use crate::stats::{Estimated, FEWEST_PAIRS, paired_difference, paired_ratio};

/// How much worse a figure may be, and how often the verdict on it may be wrong, each way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) tolerance: f64,
    pub(super) alpha: f64,
}

/// Each side of the interval is wrong in α of all comparisons.
pub(super) fn compared(figure: Figure, blocks: &[[Report; 2]], rule: Rule) -> Compared {
    let pairs = match pairs(&figure, blocks) {
        Ok(pairs) => pairs,
        Err(reason) => return Compared::invalid(figure, reason),
    };
    let numbers: Vec<_> = pairs.iter().map(|[before, after]| (number(*before), number(*after))).collect();
    let estimate = if figure.is_share() { paired_difference } else { paired_ratio };
    let Some(Estimated { value: change, low, high }) = estimate(&numbers, 1.0 - 2.0 * rule.alpha) else {
        let reason = match pairs.len() {
            few if few < FEWEST_PAIRS => format!("{few} pairs of blocks say nothing: it takes {FEWEST_PAIRS}"),
            _ => "it is 0 in some block, and has no ratio there".to_owned(),
        };
        return Compared::invalid(figure, reason);
    };
    let worse = match (figure.is_share(), figure.more_is_better()) {
        (true, true) => (-high, -low),
        (true, false) => (low, high),
        // As much slower is as much worse: 1.05 times as long is a rate of 1 / 1.05.
        (false, true) => (high.recip() - 1.0, low.recip() - 1.0),
        (false, false) => (low - 1.0, high - 1.0),
    };
    // A tolerance is relative, and there is nothing that a share of 0 could be relative to.
    let tolerance = if figure.is_share() { 0.0 } else { rule.tolerance };
    let side = |side: usize| middle(&pairs.iter().map(|pair| pair[side]).collect::<Vec<_>>());
    let blocks = pairs.len() as u64;
    Compared {
        before: side(0),
        after: side(1),
        figure,
        change,
        interval: (low, high),
        verdict: judged(worse, tolerance),
        n: (blocks, blocks),
        reason: String::new(),
    }
}

/// The figure of every block.
fn pairs(figure: &Figure, blocks: &[[Report; 2]]) -> Result<Vec<[Value; 2]>, String> {
    let of = |report: &Report| of_block(figure, report).map_err(|reason| format!("{}: {reason}", report.name()));
    blocks.iter().map(|[before, after]| Ok([of(before)?, of(after)?])).collect()
}

/// The figure of a block, unless it is the generator's and not the host's, or may be another.
fn of_block(figure: &Figure, report: &Report) -> Result<Value, String> {
    if let Some(overload) = slo::overload(report) {
        return Err(overload);
    }
    let value = figure.of(report)?;
    if value.is_unbounded() {
        return Err("it falls on failed requests".to_owned());
    }
    match figure.unseen(report) {
        0 => Ok(value),
        unseen => Err(format!("{}; raise .stop_timeout(..), or give arrivals more users", slo::nobody_knows(unseen))),
    }
}

/// The geometric mean of all blocks, or the mean of shares.
#[expect(clippy::cast_precision_loss, reason = "blocks are few")]
fn middle(values: &[Value]) -> Option<Value> {
    let n = values.len() as f64;
    let numbers = || values.iter().map(|value| number(*value));
    let geometric = (numbers().map(f64::ln).sum::<f64>() / n).exp();
    Some(match values.first()? {
        Value::Time(_) => Value::Time(Duration::from_secs_f64(geometric)),
        Value::Count(_) | Value::MeanCount(_) => Value::MeanCount(geometric),
        Value::Ratio(_) => Value::Ratio((numbers().sum::<f64>() / n).into()),
        Value::Rate(_) => Value::Rate(geometric.into()),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn number(value: Value) -> f64 {
    match value {
        Value::Time(time) => time.max(SHORTEST).as_secs_f64(),
        Value::Count(count) => count as f64,
        Value::MeanCount(mean) => mean,
        Value::Ratio(share) => share.get(),
        Value::Rate(rate) => rate.get(),
    }
}
