//! What the README lists is what there is.

use sse_load::run::env::VARIABLES;
use sse_load::sample::Metric;

const README: &str = include_str!("../../README.md");

#[test]
fn every_variable_of_the_environment_is_listed() {
    for (variable, _) in VARIABLES {
        assert!(README.contains(&format!("`{variable}`")), "{variable} is not in the README");
    }
}

#[test]
fn every_metric_is_listed() {
    for metric in Metric::ALL {
        assert!(README.contains(&format!("`{metric}`")), "{metric} is not in the README");
    }
}
