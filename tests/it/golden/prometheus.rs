//! The counters of a run for a scraper.

use std::time::Duration;

use sse_load::prelude::*;
use sse_load::progress::{Frame, Load, Phase, Totals};
use sse_load::record::{Ended, Lateness, Pulse, Stalls};
use sse_load::render::{Exposition, prometheus};
use sse_load::stats::{Histogram, Rate};

use super::file::assert_golden;
use super::progress::measured;

fn totals() -> Totals {
    let mut pulse = Pulse {
        within: Ended { succeeded: 1_410, failed: 2 },
        outside: Ended { succeeded: 7, failed: 0 },
        tokens: 28_340,
        events: 28_400,
        ..Pulse::default()
    };
    let mut ttft = Histogram::new();
    for (time, times) in [(120, 1_200), (310, 210), (2_600, 6), (90_000, 1)] {
        ttft.record_n(time * 1_000, times);
    }
    pulse.ttft = ttft;
    let mut lateness = Lateness::default();
    for late in [ms(0), ms(1), ms(12)] {
        lateness.record(late);
    }
    lateness.record_stall(Stalls { time: ms(12), computing: ms(2), waiting: ms(10) });
    pulse.lateness = lateness;
    let mut totals = Totals::default();
    totals.add(&pulse);
    totals
}

#[test]
fn both_formats() {
    let frame = Frame { name: "say \"hi\"\\\nthen go".to_owned(), ..measured() };
    assert_golden("measured.prometheus.txt", &prometheus(&frame, &totals(), Exposition::Prometheus));
    assert_golden("measured.openmetrics.txt", &prometheus(&frame, &totals(), Exposition::OpenMetrics));
}

#[test]
fn of_arrivals_before_anything_came_back() {
    let frame = Frame {
        phase: Phase::WarmUp,
        elapsed: Duration::ZERO,
        load: Load { users: None, arrivals: Some(Rate::per_sec(12.5)) },
        ..measured()
    };
    let text = prometheus(&frame, &Totals::default(), Exposition::Prometheus);
    assert!(text.contains("\nsse_load_arrivals_per_second 12.5\n") && !text.contains("sse_load_users"), "{text}");
    assert!(text.contains("\nsse_load_phase{phase=\"warm_up\"} 1\n"), "{text}");
    assert!(text.contains("\nsse_load_ttft_seconds_bucket{le=\"+Inf\"} 0\n"), "{text}");
}
