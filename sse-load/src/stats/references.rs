//! The statistics against values of others: scipy's, and those that MLPerf published.

use super::binomial::{at_least, at_most, samples_to_pass, share_interval};
use super::means::student;
use super::rank_interval;

const SCIPY: &str = include_str!("../../../tests/fixtures/statistics/scipy.csv");
const QUERIES: &str = include_str!("../../../tests/fixtures/statistics/mlperf_queries.csv");
const EARLY_STOPPING: &str = include_str!("../../../tests/fixtures/statistics/mlperf_early_stopping.csv");

/// The numbers of each row, behind its first field where that is a name; what is empty is NaN.
fn rows(file: &'static str) -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let rows = file.lines().skip_while(|line| line.starts_with('#')).skip(1);
    rows.map(|row| {
        let number = |field: &str| field.parse().unwrap_or(f64::NAN);
        (row.split(',').next().unwrap(), row.split(',').map(number).collect())
    })
}

/// The rows of one function: its arguments, and its value.
fn of(function: &str) -> Vec<([f64; 3], f64)> {
    let rows = rows(SCIPY).filter(|(name, _)| *name == function);
    let rows: Vec<_> = rows.map(|(_, row)| ([row[1], row[2], row[3]], row[4])).collect();
    assert!(rows.len() >= 3, "{function}");
    rows
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of samples, and ranks")]
fn whole(number: f64) -> u64 {
    number as u64
}

fn is_near(found: f64, known: f64) -> bool {
    (found - known).abs() <= 1e-9 * known.abs()
}

#[test]
fn binomial_tails_are_those_of_scipy() {
    for ([n, p, k], known) in of("binom.cdf") {
        assert!(is_near(at_most(n, p, k), known), "{n} {p} {k}: {} {known}", at_most(n, p, k));
    }
    for ([n, p, k], known) in of("binom.sf") {
        assert!(is_near(at_least(n, p, k), known), "{n} {p} {k}: {} {known}", at_least(n, p, k));
    }
}

#[test]
fn intervals_of_shares_are_those_of_scipy() {
    for ([n, k, confidence], known) in of("clopper_pearson.low") {
        assert!(is_near(share_interval(n, k, confidence).0, known), "{n} {k} {confidence}");
    }
    for ([n, k, confidence], known) in of("clopper_pearson.high") {
        assert!(is_near(share_interval(n, k, confidence).1, known), "{n} {k} {confidence}");
    }
}

#[test]
fn ranks_of_percentiles_are_those_of_scipy() {
    for ([n, q, _], known) in of("quantile_test.low") {
        assert_eq!(rank_interval(whole(n), n, q, 0.95).0.unwrap_or_default(), whole(known), "{n} {q}");
    }
    for ([n, q, _], known) in of("quantile_test.high") {
        assert_eq!(rank_interval(whole(n), n, q, 0.95).1.unwrap_or_default(), whole(known), "{n} {q}");
    }
}

#[test]
fn points_of_student_and_the_normal_distribution_are_those_of_scipy() {
    for ([freedom, confidence, _], known) in of("t.interval") {
        assert!(is_near(student(freedom, confidence), known), "{freedom} {confidence}");
    }
    for ([confidence, ..], known) in of("norm.interval") {
        assert!((student(1e9, confidence) - known).abs() < 1e-6, "{confidence}");
    }
}

/// MLPerf's formula is the normal approximation of what the exact tails say: with so many queries the share of slow ones is seen
/// within the margin in 99 % of runs.
#[test]
fn the_queries_of_mlperf_leave_one_run_of_a_hundred_outside_of_their_margin() {
    for (_, row) in rows(QUERIES) {
        let [percentile, confidence, margin, queries, rounded] = row[..] else { panic!("{row:?}") };
        let z = student(1e9, confidence);
        let needed = z * z * percentile * (1.0 - percentile) / (margin * margin);
        assert!((needed - queries).abs() < 1.0, "{percentile}: {needed}");
        assert!(rounded >= queries && (rounded / 8_192.0).fract() == 0.0, "{percentile}");
        let (slow, off) = (1.0 - percentile, margin * queries);
        let outside = at_most(queries, slow, slow * queries - off) + at_least(queries, slow, slow * queries + off);
        assert!((outside / (1.0 - confidence) - 1.0).abs() < 0.05, "{percentile}: {outside}");
    }
}

#[test]
fn the_fewest_queries_of_mlperfs_early_stopping_are_those_of_the_exact_test() {
    for (_, row) in rows(EARLY_STOPPING) {
        let [percentile, confidence, over, queries] = row[..] else { panic!("{row:?}") };
        let more = samples_to_pass(over, over, 1.0 - percentile, 1.0 - confidence).unwrap();
        assert_eq!(more, whole(queries - over), "{percentile}");
    }
}
