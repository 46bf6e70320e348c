//! How often two equal servers seem to differ, by simulated comparisons of percentiles and exact ones of error rates.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::binomial::{at_most, share_interval};
use super::simulation::{PARTS, Process, effect, size_of};
use super::{Located, difference_interval, rank, rank_interval, ratio_interval};

const INDEPENDENT: [Process; 3] = [
    Process::LogNormal { sigma: 1.0, correlation: 0.0 },
    Process::Exponential { correlation: 0.0 },
    Process::Bimodal { dwell: 1.0 / 0.9 },
];

const CORRELATED: [Process; 2] =
    [Process::LogNormal { sigma: 1.0, correlation: 0.6 }, Process::LogNormal { sigma: 1.0, correlation: 0.9 }];

/// The percentile of a fresh sample between its limits, each wrong with probability `alpha`.
fn located(process: Process, n: usize, q: f64, alpha: f64, random: &mut ChaCha8Rng) -> Located {
    let mut values = process.values(n, random);
    let effective = size_of(&values) / effect(&values, 1.0 - q, n.div_ceil(PARTS));
    // Those of the bimodal process are negative too.
    let shift = if matches!(process, Process::Bimodal { .. }) { 20.0 } else { 0.0 };
    for value in &mut values {
        *value += shift;
    }
    values.sort_by(f64::total_cmp);
    let all = n as u64;
    let value = |rank: u64| values[usize::try_from(rank - 1).unwrap()];
    let (low, high) = rank_interval(all, effective, q, 1.0 - 2.0 * alpha);
    Located { value: value(rank(q, all)), low: low.map_or(0.0, value), high: high.map_or(f64::INFINITY, value) }
}

/// In how many of the comparisons each side of the interval is wrong.
fn wrong(process: Process, sizes: [usize; 2], q: f64, alpha: f64, runs: u32) -> [u32; 2] {
    let mut wrong = [0; 2];
    for run in 0..runs {
        let mut random = ChaCha8Rng::seed_from_u64(run.into());
        let [before, after] = sizes.map(|n| located(process, n, q, alpha, &mut random));
        let (low, high) = ratio_interval(before, after);
        wrong[0] += u32::from(low > 1.0);
        wrong[1] += u32::from(high < 1.0);
    }
    wrong
}

/// What chance makes of `alpha` in so many runs, and three standard errors.
fn most(alpha: f64, runs: u32) -> f64 {
    let runs = f64::from(runs);
    (alpha + 3.0 * (alpha * (1.0 - alpha) / runs).sqrt()) * runs
}

fn equal_servers_seldom_differ(processes: &[Process], sizes: &[[usize; 2]], alpha: f64, runs: u32) {
    for process in processes {
        for q in [0.5, 0.95, 0.99] {
            let mut row = Vec::new();
            for sizes in sizes {
                let wrong = wrong(*process, *sizes, q, alpha, runs);
                let percent = 100.0 * f64::from(*wrong.iter().max().unwrap()) / f64::from(runs);
                row.push(format!("{percent:.1}"));
                let holds = wrong.iter().all(|count| f64::from(*count) <= most(alpha, runs));
                assert!(holds, "{process:?} {sizes:?} {q}: {wrong:?}");
            }
            println!("| {process:?} p{} | {} |", q * 100.0, row.join(" | "));
        }
    }
}

#[test]
fn equal_servers_seldom_seem_to_differ() {
    equal_servers_seldom_differ(&INDEPENDENT, &[[60, 60], [300, 1_000]], 0.05, 300);
    equal_servers_seldom_differ(&CORRELATED[..1], &[[600, 600]], 0.05, 200);
}

#[test]
#[ignore = "takes minutes; for changes of the statistics"]
fn equal_servers_seldom_seem_to_differ_at_length() {
    let sizes = [[60, 60], [60, 600], [200, 200], [600, 600], [2_000, 2_000], [2_000, 200]];
    for alpha in [0.05, 0.005] {
        equal_servers_seldom_differ(&INDEPENDENT, &sizes, alpha, 4_000);
    }
    equal_servers_seldom_differ(&CORRELATED, &[[600, 600], [2_000, 2_000], [2_000, 600]], 0.05, 4_000);
}

#[test]
fn a_server_twice_as_slow_is_seen() {
    for process in INDEPENDENT {
        let mut seen = 0;
        for run in 0..50 {
            let mut random = ChaCha8Rng::seed_from_u64(run);
            let [before, mut after] = [1_000, 1_000].map(|n| located(process, n, 0.5, 0.005, &mut random));
            for end in [&mut after.value, &mut after.low, &mut after.high] {
                *end *= 2.0;
            }
            seen += u32::from(ratio_interval(before, after).0 > 1.05);
        }
        assert!(seen >= 49, "{process:?}: {seen} of 50");
    }
}

/// The exact probability that a rise of the error rate is proven where there is none: over all outcomes of two samples.
fn false_rise(sizes: [u32; 2], share: f64, alpha: f64) -> f64 {
    let of = |n: u32| -> Vec<(f64, Located)> {
        let outcome = |k: u32| {
            let (n, k) = (f64::from(n), f64::from(k));
            let (low, high) = share_interval(n, k, 1.0 - 2.0 * alpha);
            let chance = at_most(n, share, k) - at_most(n, share, k - 1.0);
            (chance, Located { value: k / n, low, high })
        };
        (0..=n).map(outcome).filter(|(chance, _)| *chance > 1e-9).collect()
    };
    let [before, after] = sizes.map(of);
    let risen = |before: &(f64, Located)| -> f64 {
        let rises = after.iter().filter(|after| difference_interval(before.1, after.1).0 > 0.0);
        rises.map(|(chance, _)| chance).sum()
    };
    before.iter().map(|outcome| outcome.0 * risen(outcome)).sum()
}

#[test]
fn equal_error_rates_seldom_seem_to_rise() {
    for sizes in [[60, 60], [60, 300], [300, 60], [300, 300]] {
        for share in [0.0, 0.002, 0.01, 0.03, 0.1, 0.3, 0.5] {
            for alpha in [0.05, 0.005] {
                let rise = false_rise(sizes, share, alpha);
                println!("| {sizes:?} | {share} | {alpha} | {rise:.5} |");
                assert!(rise <= alpha, "{sizes:?} {share}: {rise} > {alpha}");
            }
        }
    }
}
