//! Metrics for an OpenTelemetry collector.

mod collector;
#[cfg(feature = "otlp")]
mod exporter;

use std::time::SystemTime;

pub(super) use collector::Collector;

use super::env::Settings;
use super::watch::Viewer;

/// Who sends the metrics of the load test of this name, if they are asked for.
#[cfg(feature = "otlp")]
pub(super) fn viewer(settings: &Settings, test: &str, started: SystemTime) -> Option<Box<dyn Viewer>> {
    let collector = settings.collector.as_ref()?;
    Some(Box::new(exporter::Exporter::start(collector, test, started)))
}

/// Nobody: a plan that asks for them is refused.
#[cfg(not(feature = "otlp"))]
pub(super) fn viewer(_: &Settings, _: &str, _: SystemTime) -> Option<Box<dyn Viewer>> {
    None
}
