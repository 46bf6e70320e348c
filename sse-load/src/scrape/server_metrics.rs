//! Which metrics of the server are read, and how.

use std::fmt;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::client::{BuildError, Host, header};

/// How often metrics are read, unless the test says otherwise.
const EVERY: Duration = Duration::from_secs(1);

/// No more often than this.
const MOST_OFTEN: Duration = Duration::from_millis(100);

/// A metric of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// So many of something at a moment.
    Gauge(String),
    /// What only grows.
    Counter(String),
}

impl Own {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Gauge(name) | Self::Counter(name) => name,
        }
    }
}

/// Where a server tells metrics of itself, and which of them are read while it is under load: requests waiting and running, use of
/// the KV cache, preemptions, tokens generated and hits of the prefix cache, of vLLM, `SGLang`, TGI and llama.cpp without any
/// setting; those of other servers by their names.
///
/// ```
/// use sse_load::prelude::*;
/// # #[sse_user(host = "http://127.0.0.1:1")]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
///
/// let test = ChatUser::load_test("chat").server_metrics("/metrics");
/// let own = ChatUser::load_test("chat").server_metrics(
///     ServerMetrics::at("https://gateway.example.com/metrics")
///         .bearer_auth(env_or("METRICS_TOKEN", ""))
///         .every(secs(5))
///         .gauge("gateway_queue_length")
///         .counter("gateway_rejected_total"),
/// );
/// ```
#[derive(Clone)]
#[must_use = "server metrics are settings: give them to `LoadTest::server_metrics`"]
pub struct ServerMetrics {
    address: String,
    pub(super) headers: HeaderMap,
    pub(super) every: Duration,
    pub(super) own: Vec<Own>,
    refused: Option<BuildError>,
}

impl ServerMetrics {
    /// At a path of the load test's host (that of its first user class), such as `/metrics`, or at a whole URL.
    ///
    /// Name one server: behind an address that several share, each scrape may tell of another.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), headers: HeaderMap::new(), every: EVERY, own: Vec::new(), refused: None }
    }

    /// A header of each scrape; it replaces one of the same name. No message and no report shows its value.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        match header(name, value.as_ref()) {
            Ok((name, value)) => self.secret(name, value),
            Err(error) => self.refused = Some(error),
        }
        self
    }

    /// `Authorization: Bearer` with this token. No message and no report shows it.
    pub fn bearer_auth(mut self, token: impl AsRef<str>) -> Self {
        match header(AUTHORIZATION.as_str(), &format!("Bearer {}", token.as_ref())) {
            Ok((name, value)) => self.secret(name, value),
            Err(error) => self.refused = Some(error),
        }
        self
    }

    /// How often they are read. Default: each second. An answer may take nine tenths of it, and no more than 0.9 s.
    ///
    /// # Panics
    /// When it is less than a tenth of a second, which would be a load of its own.
    #[track_caller]
    pub fn every(mut self, interval: Duration) -> Self {
        assert!(interval >= MOST_OFTEN, "metrics are read at most every {MOST_OFTEN:?}, and this is {interval:?}");
        self.every = interval;
        self
    }

    /// Reads a gauge of this name too, summed over its labels.
    pub fn gauge(mut self, name: impl Into<String>) -> Self {
        self.own.push(Own::Gauge(name.into()));
        self
    }

    /// Reads a counter of this name too, with or without `_total` at its end, summed over its labels: what is added to it, a second.
    pub fn counter(mut self, name: impl Into<String>) -> Self {
        self.own.push(Own::Counter(name.into()));
        self
    }

    /// The same at another address.
    pub(crate) fn moved_to(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    fn secret(&mut self, name: HeaderName, mut value: HeaderValue) {
        value.set_sensitive(true);
        self.headers.insert(name, value);
    }

    /// The URL of each scrape.
    pub(super) fn url(&self, host: Option<&Host>) -> Result<Url, BuildError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let address = self.address.trim();
        match host {
            Some(host) => Ok(host.join(address)?),
            // A host of its own, as long as it is a whole URL.
            None if address.contains("://") => Ok(address.parse::<Host>()?.join(address)?),
            None => Err(BuildError::NoHost),
        }
    }
}

impl From<&str> for ServerMetrics {
    fn from(address: &str) -> Self {
        Self::at(address)
    }
}

impl From<String> for ServerMetrics {
    fn from(address: String) -> Self {
        Self::at(address)
    }
}

/// Without the address and the headers, which may hold keys.
impl fmt::Debug for ServerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerMetrics").field("every", &self.every).field("own", &self.own).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_of_the_host_and_a_url_is_not() {
        let host: Host = "http://h:1/api".parse().expect("a host");
        let url = |address: &str, host: Option<&Host>| ServerMetrics::at(address).url(host).map(String::from);
        assert_eq!(url("/metrics", Some(&host)), Ok("http://h:1/api/metrics".to_owned()));
        assert_eq!(url("https://m/metrics?x=1", Some(&host)), Ok("https://m/metrics?x=1".to_owned()));
        assert_eq!(url("https://m/metrics?x=1", None), Ok("https://m/metrics?x=1".to_owned()));
        assert_eq!(url("/metrics", None), Err(BuildError::NoHost));
        assert!(matches!(url("ftp://h/metrics", None), Err(BuildError::Host(_))));
    }

    #[test]
    fn what_can_t_be_sent_is_refused_without_showing_it() {
        let host: Host = "http://h".parse().expect("a host");
        for metrics in
            [ServerMetrics::at("/m").bearer_auth("s3cret\n"), ServerMetrics::at("/m").header("x", "s3cret\n")]
        {
            let error = metrics.url(Some(&host)).expect_err("a line break").to_string();
            assert!(error.contains("line break") && !error.contains("s3cret"), "{error}");
        }
        let debug = format!("{:?}", ServerMetrics::at("http://u:s3cret@h").bearer_auth("s3cret").header("k", "s3cret"));
        assert!(!debug.contains("s3cret"), "{debug}");
    }
}
