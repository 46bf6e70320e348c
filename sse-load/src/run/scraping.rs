//! The thread that reads the server's own metrics while a load test runs.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::env::{Address, Settings};
use super::load_test::LoadTest;
use super::{PlanError, panics};
use crate::client::{Host, Stop};
use crate::record::ServerCourse;
use crate::scrape::{Scraped, Scraper, ServerMetrics};
use crate::transport::Connections;

impl LoadTest {
    /// Reads metrics that the server tells of itself (vLLM, `SGLang`, TGI, llama.cpp, any in Prometheus' text format) while the load test
    /// runs, so that the length of its queue and the use of its KV cache stand beside the delays: see [`ServerMetrics`]. `SSE_LOAD_SERVER_METRICS` names
    /// another address, or none. Default: nothing is read.
    ///
    /// A thread of its own reads them, with connections as those of the users. They are in
    /// [`Report::server`](crate::report::Report::server), in the table and on the page; no verdict rests on them. When they can't be
    /// read, the report has a warning.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let test = ChatUser::load_test("chat").users(50).server_metrics("/metrics");
    /// ```
    pub fn server_metrics(mut self, metrics: impl Into<ServerMetrics>) -> Self {
        self.server_metrics = Some(Box::new(metrics.into()));
        self
    }
}

/// What reads the metrics that the test or the environment asks for.
pub(super) fn scraper(
    metrics: Option<&ServerMetrics>,
    settings: &Settings,
    host: Option<&Host>,
    connections: &Connections,
) -> Result<Option<Scraper>, PlanError> {
    let metrics = match &settings.server_metrics {
        Some(Address::Nowhere) => None,
        Some(Address::At(address)) => Some(match metrics {
            Some(metrics) => metrics.clone().moved_to(address),
            None => ServerMetrics::at(address),
        }),
        None => metrics.cloned(),
    };
    let scraper = metrics.map(|metrics| Scraper::new(&metrics, host, connections)).transpose();
    scraper.map_err(PlanError::ServerMetrics)
}

/// The thread, until its run is over.
pub(super) struct Scraping {
    thread: JoinHandle<io::Result<Scraped>>,
    over: DropGuard,
}

impl Scraping {
    /// Begins to read; the begin of the measured window must be set.
    pub(super) fn start(scraper: Scraper, stop: &Arc<Stop>) -> io::Result<Self> {
        let (over, stop) = (CancellationToken::new(), Arc::clone(stop));
        let until = over.clone();
        let thread = std::thread::Builder::new().name("sse-load-scrape".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let told = runtime.block_on(scraper.scrape_until(until, &stop));
            // A name that is still being resolved is not waited for.
            runtime.shutdown_background();
            Ok(told)
        })?;
        Ok(Self { thread, over: over.drop_guard() })
    }

    /// What came of it; a load test is worth its figures without that.
    pub(super) fn finish(self) -> Scraped {
        drop(self.over);
        let why = match self.thread.join() {
            Ok(Ok(scraped)) => return scraped,
            Ok(Err(error)) => error.to_string(),
            Err(payload) => panics::message(payload.as_ref()),
        };
        let warning = format!("the server's metrics were not read: {why}");
        Scraped { course: ServerCourse::default(), warnings: vec![warning] }
    }
}
