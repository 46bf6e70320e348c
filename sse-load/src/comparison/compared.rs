//! One figure of two hosts.

use std::time::Duration;

use crate::report::Report;
use crate::slo::{Figure, Value, Verdict};
use crate::stats::{Estimated, FEWEST_PAIRS, paired_difference, paired_ratio};

/// The confidence of printed intervals.
const CONFIDENCE: f64 = 0.95;

/// One figure of two hosts, from pairs of blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The figure.
    pub figure: Figure,
    /// What it is in each block, in pairs of before and after; empty where it can't be had.
    pub pairs: Vec<(Value, Value)>,
    /// How much it changed, with the interval at 95 %; `None` where that can't be said.
    pub change: Option<Change>,
    /// [`Verdict::Miss`]: after is worse by more than the tolerance. [`Verdict::Pass`]: it is not. [`Verdict::Inconclusive`]: the
    /// blocks prove neither. [`Verdict::Invalid`]: they can't be compared.
    pub verdict: Verdict,
    /// Whether after is better, tolerance or not.
    pub improved: bool,
    /// Why they can't be compared.
    pub reason: String,
}

/// How much a figure changed from before to after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// After / before: times, rates, counts.
    Ratio(Estimated),
    /// After − before: shares, of which one may be zero.
    Difference(Estimated),
}

/// How much worse a figure may be, and how often the verdict on it may be wrong, each way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) tolerance: f64,
    pub(super) alpha: f64,
}

impl Compared {
    pub(super) fn new(figure: Figure, blocks: &[[Report; 2]], rule: Rule) -> Self {
        match pairs(&figure, blocks) {
            Ok(pairs) => Self::of_pairs(figure, pairs, rule),
            Err(reason) => Self::invalid(figure, reason),
        }
    }

    fn of_pairs(figure: Figure, pairs: Vec<(Value, Value)>, rule: Rule) -> Self {
        let numbers: Vec<_> = pairs.iter().map(|(before, after)| (number(*before), number(*after))).collect();
        let is_share = pairs.iter().any(|(before, _)| matches!(before, Value::Ratio(_)));
        let estimate = if is_share { paired_difference } else { paired_ratio };
        // Each side of the interval may be wrong in α of all comparisons.
        let (shown, judged) = (estimate(&numbers, CONFIDENCE), estimate(&numbers, 1.0 - 2.0 * rule.alpha));
        let Some((shown, judged)) = shown.zip(judged) else {
            let reason = match pairs.len() {
                few if few < FEWEST_PAIRS => format!("{few} pairs of blocks say nothing: it takes {FEWEST_PAIRS}"),
                _ => "it is 0 in some block, and has no ratio there".to_owned(),
            };
            return Self::invalid(figure, reason);
        };
        let (verdict, improved) = if is_share {
            // A tolerance is relative, and there is nothing that a share of 0 could be relative to.
            verdict([judged.low, judged.high], 0.0)
        } else if figure.more_is_better() {
            // As much slower is as much worse: 1.05 times as long is a rate of 1 / 1.05.
            verdict([judged.high.recip() - 1.0, judged.low.recip() - 1.0], rule.tolerance)
        } else {
            verdict([judged.low - 1.0, judged.high - 1.0], rule.tolerance)
        };
        let change = Some(if is_share { Change::Difference(shown) } else { Change::Ratio(shown) });
        Self { figure, pairs, change, verdict, improved, reason: String::new() }
    }

    /// The figure before and after: the geometric mean of all blocks, or the mean of shares.
    #[must_use]
    pub fn values(&self) -> Option<[Value; 2]> {
        let (before, after): (Vec<_>, Vec<_>) = self.pairs.iter().copied().unzip();
        Some([middle(&before)?, middle(&after)?])
    }

    fn invalid(figure: Figure, reason: String) -> Self {
        Self { figure, pairs: Vec::new(), change: None, verdict: Verdict::Invalid, improved: false, reason }
    }
}

/// What an interval of how much worse it is says, and whether it is better.
fn verdict([low, high]: [f64; 2], tolerance: f64) -> (Verdict, bool) {
    let verdict = if low > tolerance {
        Verdict::Miss
    } else if high <= tolerance {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    };
    (verdict, high < 0.0)
}

/// The figure of every block.
fn pairs(figure: &Figure, blocks: &[[Report; 2]]) -> Result<Vec<(Value, Value)>, String> {
    let of = |report: &Report| match figure.of(report) {
        Ok(value) if value.is_unbounded() => Err(format!("{}: it falls on failed requests", report.name())),
        Ok(value) => Ok(value),
        Err(reason) => Err(format!("{}: {reason}", report.name())),
    };
    blocks.iter().map(|[before, after]| Ok((of(before)?, of(after)?))).collect()
}

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
        Value::Time(time) => time.as_secs_f64(),
        Value::Count(count) => count as f64,
        Value::MeanCount(mean) => mean,
        Value::Ratio(share) => share.get(),
        Value::Rate(rate) => rate.get(),
    }
}
