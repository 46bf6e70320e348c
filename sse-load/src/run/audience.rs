//! All who want to see a run while it goes on.

use std::time::SystemTime;

use super::dashboard::{Dashboard, Feed};
use super::env::Settings;
use super::otlp;
use super::plan::Plan;
use super::progress::Progress;
use super::watch::Viewer;

/// All who want to see a run while it goes on.
pub(super) struct Audience<'a> {
    pub(super) settings: &'a Settings,
    pub(super) dashboard: Option<&'a Dashboard>,
}

impl Audience<'_> {
    /// Those who look at the page of the run, if it is served.
    pub(super) fn feed(&self) -> Option<Feed> {
        self.dashboard.map(Dashboard::feed)
    }

    /// All of them, for a run that started at this moment.
    pub(super) fn viewers(&self, progress: &Progress, plan: &Plan, started: SystemTime) -> Vec<Box<dyn Viewer>> {
        let page = self.feed().map(|feed| -> Box<dyn Viewer> { Box::new(feed) });
        progress.viewer().into_iter().chain(page).chain(otlp::viewer(self.settings, &plan.name, started)).collect()
    }
}
