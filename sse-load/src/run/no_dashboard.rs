//! What stands for the page of a run in a build without the feature `dashboard`: nothing. A plan that asks for it is refused.

use std::sync::Arc;
use std::time::Duration;

use super::env::Settings;
use super::interrupt::Presses;
use super::plan::Plan;
use super::watch::Viewer;
use crate::progress::{Frame, Totals};
use crate::report::Report;

/// There is none.
pub(super) enum Dashboard {}

/// There is none.
#[derive(Clone)]
pub(super) enum Feed {}

impl Dashboard {
    pub(super) fn start(_: &Plan, _: &Settings, _: Arc<Presses>) -> Option<Self> {
        None
    }

    pub(super) fn feed(&self) -> Feed {
        match *self {}
    }

    pub(super) fn end(self, _: &Report) {
        match self {}
    }
}

impl Feed {
    pub(super) fn is_watched(&self) -> bool {
        match *self {}
    }

    pub(super) fn wants_report(&self) -> bool {
        match *self {}
    }

    pub(super) fn report(&self, _: Report) {
        match *self {}
    }
}

impl Viewer for Feed {
    fn interval(&self) -> Duration {
        match *self {}
    }

    fn show(&mut self, _: &Frame, _: &Totals) {
        match *self {}
    }
}
