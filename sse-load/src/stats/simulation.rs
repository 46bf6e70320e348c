//! How often verdicts are wrong, by simulated runs whose true share or mean lies at the limit.

use std::f64::consts::LN_2;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::{Batch, Total, design_effect, mean_interval, rank, rank_interval, sequential, telling_quantile};

const ALPHA: f64 = 0.05;
pub(crate) const PARTS: usize = 60;
const FIRST_LOOK: usize = 20;

/// Values that follow each other, with their quantiles.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Process {
    /// exp(σ·z) of a Gaussian z with this lag-1 correlation.
    LogNormal { sigma: f64, correlation: f64 },
    /// −ln Φ(−z): exponential with mean 1.
    Exponential { correlation: f64 },
    /// One value of ten belongs to a slow mode, which lasts for this many samples on average.
    Bimodal { dwell: f64 },
}

impl Process {
    pub(crate) fn values(self, n: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
        match self {
            Self::LogNormal { sigma, correlation } => {
                gaussian(n, correlation, random).into_iter().map(|z| (sigma * z).exp()).collect()
            }
            Self::Exponential { correlation } => {
                gaussian(n, correlation, random).into_iter().map(|z| -above(z).ln()).collect()
            }
            Self::Bimodal { dwell } => bimodal(n, dwell, random),
        }
    }

    /// The value that a `share` of all exceed.
    pub(crate) fn exceeded_by(self, share: f64) -> f64 {
        match self {
            Self::LogNormal { sigma, .. } => (sigma * point(share)).exp(),
            Self::Exponential { .. } => -share.ln(),
            Self::Bimodal { .. } if share < SLOW => 100.0 + point(share / SLOW),
            Self::Bimodal { .. } => point((share - SLOW) / (1.0 - SLOW)),
        }
    }

    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::LogNormal { sigma, .. } => (sigma * sigma / 2.0).exp(),
            Self::Exponential { .. } => 1.0,
            Self::Bimodal { .. } => 100.0 * SLOW,
        }
    }
}

/// The share of the slow mode.
const SLOW: f64 = 0.1;

fn gaussian(n: usize, correlation: f64, random: &mut ChaCha8Rng) -> Vec<f64> {
    let fresh = (1.0 - correlation * correlation).sqrt();
    let mut z: f64 = StandardNormal.sample(random);
    let step = |_| {
        let noise: f64 = StandardNormal.sample(random);
        z = correlation * z + fresh * noise;
        z
    };
    (0..n).map(step).collect()
}

fn bimodal(n: usize, dwell: f64, random: &mut ChaCha8Rng) -> Vec<f64> {
    let (leave, enter) = (dwell.recip(), SLOW / (1.0 - SLOW) / dwell);
    let mut is_slow = uniform(random) < SLOW;
    let step = |_| {
        is_slow = if is_slow { uniform(random) >= leave } else { uniform(random) < enter };
        let noise: f64 = StandardNormal.sample(random);
        if is_slow { 100.0 + noise } else { noise }
    };
    (0..n).map(step).collect()
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    rand_distr::StandardUniform.sample(random)
}

/// Φ(−z) to 1e-7 (Zelen and Severo, in Abramowitz and Stegun 26.2.17).
fn above(z: f64) -> f64 {
    let t = (1.0 + 0.231_641_9 * z.abs()).recip();
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_53];
    let tail =
        series.iter().fold(0.0, |sum, term| (sum + term) * t) * (-z * z / 2.0).exp() / (8.0 * 1.0_f64.atan()).sqrt();
    if z < 0.0 { 1.0 - tail } else { tail }
}

/// The z that a share of a Gaussian lies above.
fn point(share: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    while high - low > 1e-12 {
        let middle = f64::midpoint(low, high);
        if above(middle) > share { low = middle } else { high = middle }
    }
    low
}

#[expect(clippy::cast_precision_loss, reason = "runs are short")]
pub(crate) fn size_of(part: &[f64]) -> f64 {
    part.len() as f64
}

/// The design effect of samples, seen at the quantile that tells for a limit on this share.
pub(crate) fn effect(values: &[f64], share: f64, size: usize) -> f64 {
    let n = values.len() as u64;
    let place = usize::try_from(rank(telling_quantile(1.0 - share, n), n)).unwrap();
    let threshold = *values.to_vec().select_nth_unstable_by(place - 1, f64::total_cmp).1;
    let batch = |part: &[f64]| Batch { count: part.len() as u64, hits: hits(part, threshold) };
    design_effect(&values.chunks_exact(size).map(batch).collect::<Vec<_>>())
}

fn hits(values: &[f64], threshold: f64) -> u64 {
    values.iter().filter(|value| **value > threshold).count() as u64
}

/// α and three standard errors.
fn most(runs: u64) -> f64 {
    let runs = f64::from(u32::try_from(runs).unwrap());
    (ALPHA + 3.0 * (ALPHA * (1.0 - ALPHA) / runs).sqrt()) * runs
}

const PROCESSES: [Process; 5] = [
    Process::LogNormal { sigma: 1.0, correlation: 0.0 },
    Process::LogNormal { sigma: 1.0, correlation: 0.6 },
    Process::LogNormal { sigma: 1.0, correlation: 0.9 },
    Process::Bimodal { dwell: 1.0 / 0.9 },
    Process::Bimodal { dwell: 5.0 },
];

/// How many times as long as at the first look.
#[expect(clippy::cast_precision_loss, reason = "looks are few")]
pub(crate) fn stretch(look: usize) -> f64 {
    look as f64 / FIRST_LOOK as f64
}

/// How often the true mean lies above and below the interval of a mean: at the end, and at any look.
fn means(process: Process, n: usize, runs: u64) -> [u32; 4] {
    let mut wrong = [0; 4];
    let truth = process.mean();
    for run in 0..runs {
        let values = process.values(n, &mut ChaCha8Rng::seed_from_u64(run));
        let part = |values: &[f64]| Total { count: size_of(values), sum: values.iter().sum() };
        let sums: Vec<_> = values.chunks_exact(n / PARTS).map(part).collect();
        let (low, high) = mean_interval(&sums, 1.0 - 2.0 * ALPHA).unwrap();
        let looks = (FIRST_LOOK..=PARTS)
            .map(|look| sequential::mean_interval(&sums[..look], 1.0 - 2.0 * ALPHA, stretch(look)).unwrap());
        let (highest, lowest) = looks.fold((f64::NEG_INFINITY, f64::INFINITY), |(lowers, uppers), (low, high)| {
            (low.max(lowers), high.min(uppers))
        });
        for (count, is_wrong) in wrong.iter_mut().zip([high < truth, truth < low, lowest < truth, truth < highest]) {
            *count += u32::from(is_wrong);
        }
    }
    wrong
}

/// How often a look is ever wrong on either side, of a run so long that its parts are merged again and again: as the slices of a
/// report, of which there are at most 128.
fn means_of_a_long_run(process: Process, looks: usize, of_part: usize, runs: u64) -> [u32; 2] {
    let mut wrong = [0; 2];
    let truth = process.mean();
    for run in 0..runs {
        let values = process.values(looks * of_part, &mut ChaCha8Rng::seed_from_u64(run));
        let (mut slices, mut width) = (Vec::<Total>::new(), 1);
        let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
        for (look, part) in values.chunks_exact(of_part).enumerate() {
            if look / width >= 128 {
                let sum = |pair: &[Total]| Total {
                    count: pair.iter().map(|one| one.count).sum(),
                    sum: pair.iter().map(|one| one.sum).sum(),
                };
                slices = slices.chunks(2).map(sum).collect();
                width *= 2;
            }
            if look / width >= slices.len() {
                slices.push(Total::default());
            }
            let last = slices.last_mut().expect("one was pushed");
            last.count += size_of(part);
            last.sum += part.iter().sum::<f64>();
            if let Some((low, high)) = sequential::mean_interval(&slices, 1.0 - 2.0 * ALPHA, stretch(look + 1)) {
                (highest, lowest) = (low.max(highest), high.min(lowest));
            }
        }
        wrong[0] += u32::from(lowest < truth);
        wrong[1] += u32::from(truth < highest);
    }
    wrong
}

#[test]
#[ignore = "minutes: cargo test --release -p sse-load --lib simulation::long -- --ignored --nocapture"]
fn long_runs_keep_the_rate_of_means() {
    for (process, of_part) in [
        (Process::Exponential { correlation: 0.0 }, 40),
        (Process::LogNormal { sigma: 1.0, correlation: 0.0 }, 40),
        (Process::Exponential { correlation: 0.6 }, 100),
    ] {
        for looks in [60, 240, 960, 3_840] {
            let runs = 500;
            let wrong = means_of_a_long_run(process, looks, of_part, runs);
            println!("{process:?} {looks} looks: too low, too high {wrong:?} of {runs}");
        }
    }
}

fn intervals_of_means_hold(n: usize, runs: u64) {
    let processes = [
        Process::Exponential { correlation: 0.0 },
        Process::Exponential { correlation: 0.6 },
        Process::LogNormal { sigma: 1.0, correlation: 0.0 },
        Process::LogNormal { sigma: 1.0, correlation: 0.6 },
        Process::Bimodal { dwell: 1.0 / 0.9 },
        Process::Bimodal { dwell: 5.0 },
    ];
    for process in processes {
        let wrong = means(process, n, runs);
        println!("| {process:?} | {n} | {wrong:?} |");
        assert!(wrong.iter().all(|count| f64::from(*count) <= most(runs)), "{process:?}: {wrong:?}");
    }
}

#[test]
fn intervals_of_means_hold_of_longer_runs() {
    intervals_of_means_hold(2_400, 200);
}

#[test]
#[ignore = "takes minutes; for changes of the statistics"]
fn intervals_of_means_hold_at_length() {
    intervals_of_means_hold(6_000, 2_000);
    for sigma in [1.0, 1.5] {
        for (correlation, n) in [(0.0, 300), (0.0, 2_400), (0.6, 2_400), (0.9, 2_400), (0.9, 12_000)] {
            let process = Process::LogNormal { sigma, correlation };
            println!("| {process:?} | {n} | {:?} |", means(process, n, 2_000));
        }
    }
}

#[test]
fn intervals_of_percentiles_hold() {
    let runs = 400;
    for process in [PROCESSES[1], PROCESSES[3]] {
        let (q, n) = (0.95, 600);
        let truth = process.exceeded_by(1.0 - q);
        let (mut below, mut above) = (0, 0);
        for run in 0..runs {
            let mut values = process.values(n, &mut ChaCha8Rng::seed_from_u64(run));
            let samples = size_of(&values) / effect(&values, 1.0 - q, n / PARTS);
            values.sort_by(f64::total_cmp);
            let value = |rank: u64| values[usize::try_from(rank - 1).unwrap()];
            let (low, high) = rank_interval(u64::try_from(n).unwrap(), samples, q, 1.0 - 2.0 * ALPHA);
            below += u32::from(high.is_some_and(|high| value(high) < truth));
            above += u32::from(low.is_some_and(|low| truth < value(low)));
        }
        assert!(f64::from(below.max(above)) <= most(runs), "{process:?}: {below} {above}");
    }
}

#[test]
fn the_quantiles_of_the_processes() {
    assert!((point(0.05) - 1.644_853_6).abs() < 1e-5 && point(0.5).abs() < 1e-5);
    assert!((Process::Exponential { correlation: 0.0 }.exceeded_by(0.5) - LN_2).abs() < 1e-12);
}
