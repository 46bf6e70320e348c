//! Scrapes a server from the begin of a run to its end.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderValue, Method};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::reader::Reader;
use super::{ScrapeError, ServerMetrics};
use crate::client::{BuildError, Host, Stop};
use crate::clock::Timestamp;
use crate::record::{ServerCourse, Window};
use crate::transport::{Connections, HttpClient, Request};

/// An answer takes no longer, and no longer than this part of the time between two scrapes.
const LONGEST: Duration = Duration::from_millis(900);
const PART: f64 = 0.9;

/// The end of the window brings no scrape within this part of the time between two: what is added to a counter in a moment is no rate.
const TOO_SOON: u32 = 4;

/// No answer is larger.
const LARGEST: usize = 8 << 20;

/// Causes of failures that are told apart.
const MOST_CAUSES: usize = 8;

/// What is preferred of what servers can write.
const FORMAT: HeaderValue = HeaderValue::from_static("text/plain;version=0.0.4, */*;q=0.1");

/// Reads the metrics of a server while it is under load.
#[derive(Clone, Debug)]
pub struct Scraper {
    http: HttpClient,
    request: Request,
    limit: Duration,
    reader: Reader,
    course: ServerCourse,
    /// Why scrapes failed, and how often.
    causes: Vec<(ScrapeError, u64)>,
}

/// What came of all scrapes of a run.
#[derive(Clone, Debug)]
pub struct Scraped {
    /// What the server told.
    pub course: ServerCourse,
    /// What it did not, and why.
    pub warnings: Vec<String>,
}

impl Scraper {
    /// One that has read nothing yet, with connections of its own.
    ///
    /// # Errors
    /// When the address is no URL, a header can't be sent, or no client can be set up.
    pub fn new(metrics: &ServerMetrics, host: Option<&Host>, connections: &Connections) -> Result<Self, BuildError> {
        let url = metrics.url(host)?;
        let mut headers = metrics.headers.clone();
        headers.entry(ACCEPT).or_insert(FORMAT);
        let course = ServerCourse { url: shown(&url), every: metrics.every, ..ServerCourse::default() };
        Ok(Self {
            http: HttpClient::new(connections)?,
            request: Request { method: Method::GET, url, headers, body: None },
            limit: metrics.every.mul_f64(PART).min(LONGEST),
            reader: Reader::new(metrics.own.clone()),
            course,
            causes: Vec::new(),
        })
    }

    /// Scrapes from now on, at the end of the measured window, and until the run is `over`; it takes no longer than the time of one answer
    /// to end then.
    pub async fn scrape_until(mut self, over: CancellationToken, stop: &Stop) -> Scraped {
        let limit = self.limit;
        let too_late = async {
            over.cancelled().await;
            sleep(limit).await;
        };
        tokio::select! {
            () = self.scrape_on(&over, stop) => {}
            () = too_late => {}
        }
        self.scraped()
    }

    async fn scrape_on(&mut self, over: &CancellationToken, stop: &Stop) {
        let mut ticks = interval(self.course.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut last, mut is_drained) = (None, false);
        loop {
            tokio::select! {
                biased;
                () = stop.draining(), if !is_drained => {
                    is_drained = true;
                    if last.is_some_and(|last| Timestamp::now() - last < self.course.every / TOO_SOON) {
                        continue;
                    }
                    ticks.reset();
                }
                () = over.cancelled() => return,
                _ = ticks.tick() => {}
            }
            last = Some(Timestamp::now());
            self.scrape(|| stop.window()).await;
        }
    }

    async fn scrape(&mut self, window: impl Fn() -> Window) {
        let answer = timeout(self.limit, self.fetch()).await;
        let answer = answer.unwrap_or(Err(ScrapeError::TimedOut(self.limit)));
        match answer.and_then(|(text, at)| self.reader.read(&String::from_utf8_lossy(&text), at)) {
            Ok(values) => {
                self.course.scrapes += 1;
                let window = window();
                for value in &values {
                    self.course.record(value, window);
                }
            }
            Err(error) => self.miss(error),
        }
    }

    /// The text, and when the server began to tell it.
    async fn fetch(&self) -> Result<(Vec<u8>, Timestamp), ScrapeError> {
        let mut response = self.http.send(&self.request, &mut false).await?;
        if !response.status().is_success() {
            return Err(ScrapeError::of(response.status()));
        }
        let mut text = Vec::new();
        while let Some(read) = response.read().await? {
            if text.len() + read.bytes.len() > LARGEST {
                return Err(ScrapeError::TooLong(LARGEST));
            }
            text.extend_from_slice(&read.bytes);
        }
        Ok((text, response.at()))
    }

    fn miss(&mut self, error: ScrapeError) {
        self.course.missed += 1;
        let known = self.causes.iter_mut().find(|(known, _)| *known == error);
        if let Some((_, times)) = known {
            *times += 1;
        } else if self.causes.len() < MOST_CAUSES {
            self.causes.push((error, 1));
        }
    }

    fn scraped(mut self) -> Scraped {
        self.course.engine = self.reader.engine.map(|engine| engine.name.to_owned());
        self.course.restarts = self.reader.restarts;
        Scraped { warnings: self.warnings(), course: self.course }
    }

    fn warnings(&self) -> Vec<String> {
        let ServerCourse { url, scrapes, missed, restarts, engine, .. } = &self.course;
        let mut warnings = Vec::new();
        if let Some((cause, _)) = self.causes.iter().max_by_key(|(_, times)| *times) {
            let all = scrapes + missed;
            warnings.push(format!("{missed} of {all} scrapes of the server's metrics at {url} gave nothing: {cause}"));
        }
        let unseen: Vec<_> = self.reader.unseen().map(|name| format!("`{name}`")).collect();
        if *scrapes > 0 && !unseen.is_empty() {
            let unseen = unseen.join(", ");
            warnings.push(format!(
                "the server's metrics at {url} have no {unseen}: write names as they stand in that text, without labels"
            ));
        }
        if *scrapes > 0 && engine.is_none() && self.reader.has_no_own() {
            warnings.push(format!(
                "the server's metrics at {url} have none of vLLM, SGLang, TGI or llama.cpp: name those that matter with .gauge(..) and .counter(..)"
            ));
        }
        if *restarts > 0 {
            warnings.push(format!(
                "counters of the server's metrics at {url} began anew {restarts} times: did the server crash, or do several answer at this address?"
            ));
        }
        warnings
    }
}

/// Without user, password and query, which may hold keys.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}
