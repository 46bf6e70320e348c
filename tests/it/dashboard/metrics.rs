//! What a scraper gets.

use std::collections::BTreeMap;

use super::{RELEASE, Visitor, open, served, server};

/// The samples of an exposition by name and labels; each family is described before its first sample.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let mut families = Vec::new();
    let mut described = "";
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(help) = line.strip_prefix("# HELP ") {
            described = help.split(' ').next().unwrap_or_default();
            assert!(!families.contains(&described), "{described} comes twice");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (family, kind) = kind.split_once(' ').expect("a kind");
            assert!(family == described && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
            families.push(family);
        } else if !line.starts_with("# UNIT ") {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            let name = sample.split('{').next().unwrap_or_default();
            let family = families.last().expect("a family");
            assert!(name.starts_with(family) && name.starts_with("sse_load_"), "{line} in {family}");
            let is_new = samples.insert(sample.to_owned(), value.parse().expect("a number")).is_none();
            assert!(is_new, "{sample} comes twice");
        }
    }
    samples
}

#[tokio::test]
async fn counters_grow_and_the_older_format_is_the_default() {
    let server = server();
    let (child, visitor) = open(&["is_served"], &server);
    visitor.events().await.next().await.expect("an event");
    let count = |samples: &BTreeMap<String, f64>| samples["sse_load_ttft_seconds_count"];
    crate::mock::eventually("requests", || server.request_count() > 5);
    let mut last = BTreeMap::new();
    while last.is_empty() || count(&last) < 5.0 {
        let answer = visitor.ask("GET", "/metrics", &[]).await;
        if answer.status.as_u16() == 503 {
            continue;
        }
        assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        assert!(!answer.body.contains("# EOF"));
        let next = samples(&answer.body);
        for (name, value) in
            last.iter().filter(|(name, _)| ["_total", "_bucket", "_count"].iter().any(|part| name.contains(part)))
        {
            assert!(next[name] >= *value, "{name} fell from {value} to {}", next[name]);
        }
        last = next;
    }
    let newer = visitor.ask("GET", "/metrics", &[("accept", "application/openmetrics-text; version=1.0.0")]).await;
    assert_eq!(newer.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(
        newer.body.ends_with("# EOF\n") && newer.body.contains("# TYPE sse_load_requests counter"),
        "{}",
        newer.body
    );
    visitor.stop().await;
    child.finish().assert_passed();
}

#[tokio::test]
async fn when_all_is_recorded_they_are_those_of_the_report() {
    let server = server();
    let release = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("released-{}", std::process::id()));
    let child = served(&["is_scraped_at_its_end"], &server).env(RELEASE, &release).spawn();
    let visitor = Visitor::of(&child);
    child.wait_for("all is recorded");
    // What the run tells last may still be on its way to the server.
    let scraped = loop {
        let scraped = samples(&visitor.get("/metrics").await);
        if scraped["sse_load_phase{phase=\"drain\"}"] > 0.0 && scraped["sse_load_requests_in_flight"] == 0.0 {
            break scraped;
        }
    };
    std::fs::write(&release, "").expect("a file");
    let outcome = child.finish();
    let _ = std::fs::remove_file(release);
    outcome.assert_passed();
    let total = &outcome.json("scraped")["total"];
    let requests =
        |outcome: &str| scraped[&format!("sse_load_requests_total{{measured=\"true\",outcome=\"{outcome}\"}}")];
    assert_eq!(total["counts"]["succeeded"].as_f64(), Some(requests("succeeded")));
    assert_eq!(requests("failed").to_bits(), 0.0_f64.to_bits());
    assert_eq!(Some(scraped["sse_load_ttft_seconds_count"]), total["counts"]["succeeded"].as_f64());
    assert_eq!(
        scraped["sse_load_ttft_seconds_bucket{le=\"+Inf\"}"].to_bits(),
        scraped["sse_load_ttft_seconds_count"].to_bits()
    );
    assert_eq!(
        Some(scraped["sse_load_tokens_total"]),
        total["counts"]["succeeded"].as_f64().map(|requests| requests * 3.0)
    );
}
