//! What makes the figures of a run doubtful, seen from the figures themselves.

use std::time::Duration;

use super::PlanSummary;
use super::groups::Groups;
use crate::record::Series;
use crate::sample::Metric;
use crate::stats::{Histogram, Slice, Slices};

/// The window is looked at in so many parts of equal length.
const PARTS: usize = 10;

/// A shorter window does not show a trend.
const SHORTEST: Duration = Duration::from_secs(10);

/// The two-sided 1 % point of the normal distribution.
const Z: f64 = 2.576;

/// A change of less than this share is none that a gate would notice.
const NOTABLE: f64 = 0.2;

/// A percentile that the closed loop flatters by less than this factor is left alone.
const FLATTERED: f64 = 2.0;

/// A generator that is later than this spoils what it measures.
const LATE: Duration = Duration::from_millis(10);

/// Of fewer requests p99 is the largest value, and one hiccup is no slow machine.
const FEWEST: u64 = 100;

/// The doubts, each a warning.
pub(super) fn doubts(groups: &Groups<'_>, plan: &PlanSummary, window: Duration) -> Vec<String> {
    let (total, by_name) = (&groups.total, || groups.requests.values());
    let steady = plan.has_steady_load.then(|| unsteady(total.over_time(Metric::Ttft), window)).flatten();
    let omitted = plan.arrivals.is_empty().then(|| by_name().find_map(|series| omission(series, plan.users, window)));
    steady.into_iter().chain(omitted.flatten()).chain(late(total)).collect()
}

/// Whether the time to first token has a trend over the window, by the test of Mann (Nonparametric tests against trend,
/// Econometrica 13, 1945) and Kendall (Rank Correlation Methods, 1975) on the means of ten parts.
fn unsteady(ttft: &Slices, window: Duration) -> Option<String> {
    if window < SHORTEST {
        return None;
    }
    let slices: Vec<_> = ttft.iter().collect();
    let whole = window.as_nanos() / ttft.width().as_nanos();
    let length = usize::try_from(whole).unwrap_or(usize::MAX).min(slices.len()) / PARTS;
    if length == 0 {
        return None;
    }
    let parts = slices[..length * PARTS].chunks(length);
    let means = parts.map(mean_of).collect::<Option<Vec<_>>>()?;
    let (first, last) = (mean(&means[..3]), mean(&means[PARTS - 3..]));
    let notable = (last - first).abs() > NOTABLE * first.min(last);
    (notable && trend(&means).abs() > Z).then(|| {
        let verb = if last > first { "rose" } else { "fell" };
        format!(
            "the window is not steady: mean ttft {verb} from {:.1?} to {:.1?}; raise .warm_up(..)",
            Duration::from_secs_f64(first),
            Duration::from_secs_f64(last)
        )
    })
}

/// In seconds.
#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
fn mean_of(part: &[&Slice]) -> Option<f64> {
    let count: u64 = part.iter().map(|slice| slice.count()).sum();
    let micros: u128 = part.iter().map(|slice| slice.sum()).sum();
    (count > 0).then(|| micros as f64 / count as f64 / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "a few parts")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Kendall's S as a standard normal variable, with the correction for continuity: (S ∓ 1) / √(n(n−1)(2n+5)/18).
#[expect(clippy::cast_precision_loss, reason = "a few parts")]
fn trend(values: &[f64]) -> f64 {
    let pairs =
        values.iter().enumerate().flat_map(|(place, one)| values[place + 1..].iter().map(move |other| other - one));
    let s: f64 = pairs.filter(|difference| *difference != 0.0).map(f64::signum).sum();
    let n = values.len() as f64;
    (s - s.signum()).copysign(s) / (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt()
}

/// Whether a stall held requests back that the users would have sent: coordinated omission, found by the correction of Tene
/// (`HdrHistogram`'s): a value v beyond the interval i of a user's requests stands for v − i, v − 2i and so on too.
#[expect(clippy::cast_precision_loss, reason = "requests are far fewer than 2^52")]
fn omission(series: &Series, users: u64, window: Duration) -> Option<String> {
    let finished = series.counts.finished();
    if finished == 0 {
        return None;
    }
    let interval = window.mul_f64(users as f64 / finished as f64);
    let time = |histogram: &Histogram, q| Some(Duration::from_micros(histogram.quantile(q)?));
    let flattered = |metric: Metric| {
        let measured = series.metric(metric);
        let corrected = measured.corrected(interval);
        [0.5, 0.9, 0.95, 0.99].into_iter().find_map(|q| {
            let (seen, true_one) = (time(measured, q)?, time(&corrected, q)?);
            (true_one.as_secs_f64() > FLATTERED * seen.as_secs_f64()).then_some((metric, q, seen, true_one))
        })
    };
    let (metric, q, seen, true_one) = [Metric::Ttft, Metric::E2e].into_iter().find_map(flattered)?;
    Some(format!(
        "closed loop: while the server stalled the users sent nothing, which flatters the percentiles; at an even rate {metric} p{:.0} would be \
         about {true_one:.1?} instead of {seen:.1?}; use .arrivals(..)",
        q * 100.0
    ))
}

/// Whether the generator itself was late.
fn late(total: &Series) -> Option<String> {
    let lags = total.metric(Metric::Lag);
    let lag = Duration::from_micros(lags.quantile(0.99)?);
    (lags.len() >= FEWEST && lag > LATE).then(|| {
        format!("the generator was late: lag p99 is {lag:.1?} although users were free; this machine is too slow for the rate")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Timestamp, ms, secs};
    use crate::record::Window;
    use crate::sample::{Origin, Outcome, Sample, Schedule, Stamps, Tokens};

    /// Ten requests at the begin of each second.
    fn told(ttfts: impl ExactSizeIterator<Item = u64>) -> Option<String> {
        let window = secs(ttfts.len() as u64);
        let mut slices = Slices::default();
        for (second, ttft) in ttfts.enumerate() {
            slices.record(secs(second as u64), ttft * 1_000, 10);
        }
        unsteady(&slices, window)
    }

    #[test]
    fn a_trend_is_told_and_noise_is_not() {
        let rising = told((0..30_u32).map(u64::from).map(|second| 100 + 10 * second)).expect("a trend");
        assert!(rising.contains("rose from 140.0ms to 345.0ms"), "{rising}");
        assert!(
            told((0..30_u32).map(u64::from).map(|second| 400 - 10 * second)).is_some_and(|text| text.contains("fell"))
        );
        assert_eq!(told((0..30_u32).map(u64::from).map(|second| 100 + 30 * (second % 3))), None, "it goes up and down");
        assert_eq!(told((0..30_u32).map(u64::from).map(|second| 1_000 + second)), None, "nobody would notice");
        assert_eq!(told((0..9_u32).map(u64::from).map(|second| 100 + 50 * second)), None, "too short to say");
    }

    fn series(ttfts: impl IntoIterator<Item = u64>, lag: u64) -> Series {
        let mut series = Series::default();
        for ttft in ttfts {
            let start = Timestamp::from_nanos(0) + ms(lag);
            let zero = Timestamp::from_nanos(0);
            let schedule = (lag > 0).then_some(Schedule { at: zero, ready: zero, own: Duration::ZERO });
            let stamps = Stamps { generated: vec![start + ms(ttft)], schedule, ..Stamps::starting(start) };
            let sample = Sample {
                name: "chat".into(),
                origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
                stamps,
                tokens: Tokens::default(),
                outcome: Outcome::Success,
                malformed: 0,
                body_bytes: 0,
                resent: false,
                retry: false,
                turn: None,
                details: None,
            };
            series.record(&sample, Window::default());
        }
        series
    }

    #[test]
    fn a_stall_that_the_closed_loop_hides_is_told() {
        // 20 users, a request each 100 ms for 8 s, and 2 s in which each waits: 1 % of the requests, and p99 does not show them.
        let stall = series(std::iter::repeat_n(100, 1_600).chain(std::iter::repeat_n(2_000, 16)), 0);
        let told = omission(&stall, 20, secs(10)).expect("an omission");
        assert!(told.contains("ttft p9") && told.contains("instead of 100.0ms"), "{told}");
        let steady = series((0..1_600).map(|n| 80 + n % 40), 0);
        assert_eq!(omission(&steady, 20, secs(8)), None);
        assert_eq!(omission(&series([], 0), 20, secs(8)), None);
    }

    #[test]
    fn a_late_generator_is_told() {
        assert!(late(&series([5; 100], 30)).is_some_and(|text| text.contains("lag p99 is 30.0")));
        assert_eq!(late(&series([5; 100], 2)), None);
        assert_eq!(late(&series([5; 99], 30)), None, "too few to say");
        assert_eq!(late(&series([5; 100], 0)), None, "the closed loop has no lag");
    }
}
