//! Which collector gets the metrics, by the standard variables of OpenTelemetry.

use std::collections::BTreeMap;
use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::run::env::EnvError;

/// Where a collector of the same machine listens for OTLP over HTTP.
const LOCAL: &str = "http://127.0.0.1:4318";

/// What follows the endpoint of all signals.
const PATH: &str = "/v1/metrics";

/// A value that may hold a key.
const HIDDEN: &str = "(not shown)";

/// The collector that gets the metrics of a run. Its `Debug` text has no header's value.
#[derive(Clone, PartialEq)]
pub(in crate::run) struct Collector {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// What is said of the process, beside what the run itself says.
    pub(super) resource: Vec<(String, String)>,
}

impl Collector {
    /// As `SSE_LOAD_OTLP` asks for it: `1` for that of the standard variables, or its URL; none for `0`.
    pub(in crate::run) fn asked(asked: &str, standard: &BTreeMap<String, String>) -> Result<Option<Self>, EnvError> {
        let of = |name: &str| standard.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let url = match asked.trim() {
            "0" => return Ok(None),
            "1" => match (of("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"), of("OTEL_EXPORTER_OTLP_ENDPOINT")) {
                (Some(metrics), _) => parsed("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", metrics)?,
                (None, Some(all)) => with_path(parsed("OTEL_EXPORTER_OTLP_ENDPOINT", all)?),
                (None, None) => with_path(parsed("SSE_LOAD_OTLP", LOCAL)?),
            },
            url => with_path(parsed("SSE_LOAD_OTLP", url)?),
        };
        let mut headers = HeaderMap::new();
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"] {
            for (key, value) in pairs(name, of(name).unwrap_or_default())? {
                let header = HeaderName::try_from(&key).ok().zip(HeaderValue::try_from(&value).ok());
                let (key, mut value) = header.ok_or_else(|| no_pairs(name))?;
                value.set_sensitive(true);
                headers.insert(key, value);
            }
        }
        let mut resource = pairs("OTEL_RESOURCE_ATTRIBUTES", of("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default())?;
        if let Some(service) = of("OTEL_SERVICE_NAME") {
            resource.retain(|(key, _)| key != "service.name");
            resource.push(("service.name".to_owned(), service.to_owned()));
        }
        Ok(Some(Self { url, headers, resource }))
    }

    /// The URL without what may be a key.
    pub(super) fn shown(&self) -> String {
        let mut url = self.url.clone();
        // They fail for URLs that have no host, which ours has.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        url.to_string()
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("url", &self.shown()).finish_non_exhaustive()
    }
}

fn with_path(mut endpoint: Url) -> Url {
    let base = endpoint.path().trim_end_matches('/');
    if !base.ends_with(PATH) {
        endpoint.set_path(&format!("{base}{PATH}"));
    }
    endpoint
}

fn parsed(name: &'static str, endpoint: &str) -> Result<Url, EnvError> {
    let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let expected = if name == "SSE_LOAD_OTLP" {
        "1, 0, or the URL of a collector such as http://127.0.0.1:4318"
    } else {
        "the URL of a collector such as http://127.0.0.1:4318"
    };
    url.ok_or_else(|| EnvError::Value { name, value: HIDDEN.to_owned(), expected })
}

/// `key=value` with commas between, each encoded for URLs (the specification's "Specifying headers via environment variables").
fn pairs(name: &'static str, text: &str) -> Result<Vec<(String, String)>, EnvError> {
    let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').ok_or_else(|| no_pairs(name))?;
        Ok((decoded(key), decoded(value)))
    };
    text.split(',').filter(|pair| !pair.trim().is_empty()).map(pair).collect()
}

fn no_pairs(name: &'static str) -> EnvError {
    EnvError::Value { name, value: HIDDEN.to_owned(), expected: "name=value, with commas between" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(asked: &str, standard: &[(&str, &str)]) -> Result<Option<Collector>, EnvError> {
        let standard = standard.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Collector::asked(asked, &standard)
    }

    fn url(ours: &str, standard: &[(&str, &str)]) -> String {
        asked(ours, standard).expect("sound").expect("asked for").url.to_string()
    }

    #[test]
    fn the_endpoint_is_ours_or_that_of_metrics_or_that_of_all_signals() {
        let (all, metrics) =
            (("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/x/"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://b/y"));
        assert_eq!(asked("0", &[all, metrics]), Ok(None));
        assert_eq!(url("1", &[]), "http://127.0.0.1:4318/v1/metrics");
        assert_eq!(url("1", &[all]), "http://a:1/x/v1/metrics");
        assert_eq!(url("1", &[all, metrics]), "http://b/y");
        assert_eq!(url("https://c", &[all, metrics]), "https://c/v1/metrics");
        assert_eq!(url("https://c/v1/metrics?key=a", &[]), "https://c/v1/metrics?key=a");
        assert_eq!(url("https://c/x?key=a", &[]), "https://c/x/v1/metrics?key=a");
    }

    #[test]
    fn headers_and_attributes_are_decoded_and_the_special_wins() {
        let collector = asked(
            "1",
            &[
                ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, x-other=1"),
                ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-other=2"),
                ("OTEL_RESOURCE_ATTRIBUTES", "service.name=old,env=ci%2Cnight"),
                ("OTEL_SERVICE_NAME", "gate"),
            ],
        )
        .expect("sound")
        .expect("asked for");
        assert_eq!(
            (&collector.headers["x-key"], &collector.headers["x-other"]),
            (&"a b".parse().expect("one"), &"2".parse().expect("one"))
        );
        let resource = [("env", "ci,night"), ("service.name", "gate")];
        assert_eq!(collector.resource, resource.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn no_message_has_a_key() {
        let wrong = [
            asked("ftp://me:sk-secret@a", &[]),
            asked("1", &[("OTEL_EXPORTER_OTLP_HEADERS", "sk-secret")]),
            asked("1", &[("OTEL_EXPORTER_OTLP_HEADERS", "a b=sk-secret")]),
            asked("1", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "sk-secret")]),
        ];
        for error in wrong.map(|outcome| outcome.expect_err("it is wrong").to_string()) {
            assert!(!error.contains("sk-secret") && error.contains("expected"), "{error}");
        }
        let headers = [("OTEL_EXPORTER_OTLP_HEADERS", "authorization=sk-secret")];
        let collector = asked("https://me:sk-secret@a?key=sk-secret", &headers).expect("sound").expect("asked for");
        assert!(!format!("{collector:?}").contains("sk-secret"), "{collector:?}");
    }
}
