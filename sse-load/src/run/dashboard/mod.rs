//! The page of a run while it goes on: a small server on a thread of its own.

mod feed;
mod guard;
mod routes;
mod server;
mod token;
mod viewer;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;

pub(super) use self::feed::Feed;
use self::guard::Guard;
use self::routes::Site;
use self::token::Token;
use super::env::Settings;
use super::interrupt::Presses;
use super::plan::Plan;
use super::progress::say;
use crate::report::Report;

/// The page of one run, served until this is dropped.
pub(super) struct Dashboard {
    feed: Feed,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// Serves a page, if one is asked for, and says where. A page that can't be served is no reason not to measure: that is said too.
    pub(super) fn start(plan: &Plan, settings: &Settings, presses: Arc<Presses>) -> Option<Self> {
        let address = settings.dashboard?;
        match Self::serve(address, plan, settings.dashboard_token.as_deref(), presses) {
            Ok((dashboard, url)) => {
                say(&format!("dashboard: {url}"));
                Some(dashboard)
            }
            Err(error) => {
                say(&format!(
                    "no dashboard: {address} can't be served ({error}), and the run goes on without it; SSE_LOAD_DASHBOARD=0 takes any free port"
                ));
                None
            }
        }
    }

    /// Gives the URL too.
    fn serve(
        address: SocketAddr,
        plan: &Plan,
        token: Option<&str>,
        presses: Arc<Presses>,
    ) -> io::Result<(Self, String)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let bound = listener.local_addr()?;
        let token = token.map_or_else(Token::of_process, |token| Ok(Token::given(token)))?;
        let url = format!("http://{bound}/{}", token.fragment());
        let (feed, news) = Feed::new();
        let site = Site::new(&plan.name, &plan.summary(), Guard::new(bound, token), presses, feed.shown())?;
        let desk = feed.clone();
        let thread = std::thread::Builder::new().name("sse-load-dashboard".to_owned());
        let thread =
            thread.spawn(move || runtime.block_on(server::serve(listener, Arc::new(site), desk.follow(news))))?;
        Ok((Self { feed, thread: Some(thread) }, url))
    }

    /// Where the run tells what it sees.
    pub(super) fn feed(&self) -> Feed {
        self.feed.clone()
    }

    /// Shows the report of the whole run, and ends.
    pub(super) fn end(self, report: &Report) {
        self.feed.end(Some(report.clone()));
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.feed.end(None);
        if let Some(thread) = self.thread.take() {
            // Its panic would be no reason to lose what was measured.
            let _ = thread.join();
        }
    }
}
