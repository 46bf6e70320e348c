//! The environment: the only place that reads it, and the list of every variable.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::otlp::Collector;
use super::request_log::RequestLog;
use super::terminal::Terminal;
use crate::report::OnInconclusive;

/// What every variable of ours begins with.
const PREFIX: &str = "SSE_LOAD_";

/// Every variable, with what it means. What it says wins over the builder, which wins over the macro's options.
pub const VARIABLES: [(&str, &str); 24] = [
    ("SSE_LOAD_HOST", "the host of every user class, such as http://127.0.0.1:8080"),
    ("SSE_LOAD_USERS", "how many users; of a shape, how many at its peak"),
    ("SSE_LOAD_ARRIVALS", "the highest rate of arrivals, per second, of a load test that has arrivals"),
    ("SSE_LOAD_SPAWN_RATE", "users started per second"),
    ("SSE_LOAD_WARM_UP", "the time before the measured window, such as 10s"),
    ("SSE_LOAD_RUN_TIME", "the measured window, such as 30s or 5m"),
    ("SSE_LOAD_STOP_TIMEOUT", "how long streams in flight may finish at the end, such as 30s"),
    ("SSE_LOAD_SEED", "the seed of every random choice, as the report prints it"),
    ("SSE_LOAD_TAGS", "labels of the tasks that run, with commas between"),
    ("SSE_LOAD_EXCLUDE_TAGS", "labels of the tasks that don't run, with commas between"),
    ("SSE_LOAD_THREADS", "measuring threads"),
    (
        "SSE_LOAD_LOCAL_ADDRESSES",
        "addresses of this machine that connections are opened from in turn, with commas between, such as 10.0.0.5,10.0.0.6",
    ),
    ("SSE_LOAD_INCONCLUSIVE", "whether a verdict that the samples do not prove fails the test: fail, pass or skip"),
    ("SSE_LOAD_BASELINE", "the name of the baseline to save and to compare with, instead of the one in the code"),
    ("SSE_LOAD_UPDATE_BASELINE", "1: comparisons write the baseline anew; force: in CI too"),
    ("SSE_LOAD_BASELINE_DIR", "the folder for baselines, instead of sse-load-baselines beside Cargo.toml"),
    ("SSE_LOAD_PROGRESS", "what is shown while it runs: off, plain (a line every five seconds) or fancy (a live view)"),
    (
        "SSE_LOAD_DASHBOARD",
        "where a page of the run is served while it goes on: a port of 127.0.0.1 such as 8089, or an address",
    ),
    ("SSE_LOAD_DASHBOARD_TOKEN", "what the stop button of that page needs, instead of a random one"),
    ("SSE_LOAD_REPORT_DIR", "the folder for reports, instead of target/sse-load"),
    ("SSE_LOAD_SERVER_METRICS", "where the server tells metrics of itself: a path such as /metrics, a URL, or off"),
    ("SSE_LOAD_REQUEST_LOG", "beside the report, a file with a row for each request: jsonl, parquet or off"),
    ("SSE_LOAD_LOCUST_CSV", "beside the report, the files of `locust --csv` with this prefix"),
    (
        "SSE_LOAD_OTLP",
        "1: metrics go to the OpenTelemetry collector that OTEL_EXPORTER_OTLP_ENDPOINT names; or its URL",
    ),
];

/// The fewest characters of a token.
const SHORTEST_TOKEN: usize = 16;

/// A variable that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// No such variable.
    #[error("the environment variable {name} means nothing to sse-load: {suggestion}known are {known}")]
    Unknown {
        /// The variable.
        name: String,
        /// What may have been meant.
        suggestion: String,
        /// All there are.
        known: String,
    },
    /// A value that can't be read.
    #[error("the environment variable {name} is `{value}`: expected {expected}")]
    Value {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should.
        expected: &'static str,
    },
}

/// Whether comparisons write the baseline anew.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Update {
    #[default]
    Never,
    OutsideOfCi,
    Always,
}

/// What is shown while a test runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Show {
    Nothing,
    /// A line every few seconds.
    Lines,
    /// A view that is drawn anew in its place.
    View,
}

/// Where something is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Address {
    Nowhere,
    /// A path or a URL.
    At(String),
}

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) host: Option<String>,
    pub(super) users: Option<u64>,
    pub(super) arrivals: Option<f64>,
    pub(super) spawn_rate: Option<f64>,
    pub(super) warm_up: Option<Duration>,
    pub(super) run_time: Option<Duration>,
    pub(super) stop_timeout: Option<Duration>,
    pub(super) seed: Option<u64>,
    pub(super) threads: Option<usize>,
    /// Where connections are opened from.
    pub(super) local_addresses: Option<Vec<IpAddr>>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) exclude_tags: Option<Vec<String>>,
    pub(super) on_inconclusive: OnInconclusive,
    pub(super) baseline: Option<String>,
    pub(super) update_baseline: Update,
    pub(super) baseline_dir: Option<PathBuf>,
    /// The crate whose test this is, as cargo and nextest tell.
    pub(super) manifest_dir: Option<PathBuf>,
    pub(super) is_ci: bool,
    /// What is shown while a test runs, if it is said.
    pub(super) progress: Option<Show>,
    pub(super) terminal: Terminal,
    /// Where the page of the run is served; port 0 is any that is free.
    pub(super) dashboard: Option<SocketAddr>,
    pub(super) dashboard_token: Option<String>,
    pub(super) report_dir: Option<PathBuf>,
    pub(super) request_log: Option<RequestLog>,
    pub(super) locust_csv: Option<String>,
    /// Who gets metrics.
    pub(super) collector: Option<Collector>,
    /// Where the server tells metrics of itself, if it is said.
    pub(super) server_metrics: Option<Address>,
    pub(super) step_summary: Option<PathBuf>,
    /// Whether this is a run of GitHub Actions, which shows annotations.
    pub(super) annotations: bool,
}

impl Settings {
    /// What this process's environment says.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(super) fn from_env() -> Result<Self, EnvError> {
        let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = ours.map(|(name, value)| (name, value.to_string_lossy().into_owned()));
        Self::of(ours)
    }

    fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, EnvError> {
        let mut settings = Self::default();
        let (mut otlp, mut standard) = (None, BTreeMap::new());
        for (name, value) in variables {
            let is_known = VARIABLES.iter().any(|(known, _)| name == *known);
            // CI systems pass what is not set as an empty text.
            match &*name {
                _ if is_known && value.trim().is_empty() => {}
                "SSE_LOAD_OTLP" => otlp = Some(value),
                _ if name.starts_with("OTEL_") => drop(standard.insert(name, value)),
                _ => settings.set(&name, value)?,
            }
        }
        // What the application under test is told of OpenTelemetry starts no traffic of ours.
        if let Some(asked) = otlp {
            settings.collector = Collector::asked(&asked, &standard)?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), EnvError> {
        const DURATION: &str = "a time such as 500ms, 30s or 5m";
        const RATE: &str = "a number, users per second";
        const ARRIVALS: &str = "a number above 0, arrivals per second";
        const WHOLE: &str = "a whole number";
        match name {
            "SSE_LOAD_HOST" => self.host = Some(value),
            "SSE_LOAD_USERS" => self.users = Some(parse("SSE_LOAD_USERS", value, WHOLE)?),
            "SSE_LOAD_ARRIVALS" => {
                let rate: f64 = parse("SSE_LOAD_ARRIVALS", value.clone(), ARRIVALS)?;
                let sound = rate.is_finite() && rate > 0.0;
                let wrong = EnvError::Value { name: "SSE_LOAD_ARRIVALS", value, expected: ARRIVALS };
                self.arrivals = Some(sound.then_some(rate).ok_or(wrong)?);
            }
            "SSE_LOAD_WARM_UP" => self.warm_up = Some(duration("SSE_LOAD_WARM_UP", value, DURATION)?),
            "SSE_LOAD_SPAWN_RATE" => self.spawn_rate = Some(parse("SSE_LOAD_SPAWN_RATE", value, RATE)?),
            "SSE_LOAD_RUN_TIME" => self.run_time = Some(duration("SSE_LOAD_RUN_TIME", value, DURATION)?),
            "SSE_LOAD_STOP_TIMEOUT" => self.stop_timeout = Some(duration("SSE_LOAD_STOP_TIMEOUT", value, DURATION)?),
            "SSE_LOAD_SEED" => self.seed = Some(parse("SSE_LOAD_SEED", value, WHOLE)?),
            "SSE_LOAD_THREADS" => {
                let threads: NonZeroUsize = parse("SSE_LOAD_THREADS", value, "a whole number from 1")?;
                self.threads = Some(threads.get());
            }
            "SSE_LOAD_LOCAL_ADDRESSES" => self.local_addresses = Some(local_addresses(value)?),
            "SSE_LOAD_TAGS" => self.tags = Some(list(&value)),
            "SSE_LOAD_EXCLUDE_TAGS" => self.exclude_tags = Some(list(&value)),
            "SSE_LOAD_INCONCLUSIVE" => self.on_inconclusive = on_inconclusive(value)?,
            "SSE_LOAD_BASELINE" => self.baseline = Some(value.trim().to_owned()),
            "SSE_LOAD_UPDATE_BASELINE" => self.update_baseline = update_baseline(value)?,
            "SSE_LOAD_BASELINE_DIR" => self.baseline_dir = Some(value.into()),
            "CARGO_MANIFEST_DIR" => self.manifest_dir = Some(value.into()),
            "CI" => self.is_ci = !matches!(value.trim(), "" | "0" | "false"),
            "SSE_LOAD_REPORT_DIR" => self.report_dir = Some(value.into()),
            "SSE_LOAD_PROGRESS" => self.progress = Some(show(value)?),
            "SSE_LOAD_DASHBOARD" => self.dashboard = Some(dashboard(value)?),
            "SSE_LOAD_DASHBOARD_TOKEN" => self.dashboard_token = Some(dashboard_token(&value)?),
            "SSE_LOAD_REQUEST_LOG" => self.request_log = Some(request_log(value)?),
            "NO_COLOR" => self.terminal.no_color = !value.is_empty(),
            "TERM" => self.terminal.is_dumb = value == "dumb",
            "LC_ALL" => self.terminal.locale[0] = value,
            "LC_CTYPE" => self.terminal.locale[1] = value,
            "LANG" => self.terminal.locale[2] = value,
            "SSE_LOAD_SERVER_METRICS" => self.server_metrics = Some(address(&value)),
            "SSE_LOAD_LOCUST_CSV" => self.locust_csv = Some(value.trim().to_owned()),
            "GITHUB_ACTIONS" => self.annotations = value == "true",
            "GITHUB_STEP_SUMMARY" if !value.is_empty() => self.step_summary = Some(value.into()),
            _ if name.starts_with(PREFIX) => return Err(unknown(name)),
            _ => {}
        }
        Ok(())
    }
}

/// The variable `name` of the environment, or `default` where it is not set or empty.
///
/// ```
/// use sse_load::run::env_or;
///
/// assert_eq!(env_or("LLM_HOST_THAT_NOBODY_SETS", "http://127.0.0.1:8080"), "http://127.0.0.1:8080");
/// ```
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn env_or(name: &str, default: &str) -> String {
    std::env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
}

fn parse<T: FromStr>(name: &'static str, value: String, expected: &'static str) -> Result<T, EnvError> {
    value.trim().parse().map_err(|_| EnvError::Value { name, value, expected })
}

fn on_inconclusive(value: String) -> Result<OnInconclusive, EnvError> {
    match value.trim() {
        "fail" => Ok(OnInconclusive::Fail),
        "pass" => Ok(OnInconclusive::Pass),
        "skip" => Ok(OnInconclusive::Skip),
        _ => Err(EnvError::Value { name: "SSE_LOAD_INCONCLUSIVE", value, expected: "fail, pass or skip" }),
    }
}

fn show(value: String) -> Result<Show, EnvError> {
    match value.trim() {
        "off" => Ok(Show::Nothing),
        "plain" => Ok(Show::Lines),
        "fancy" => Ok(Show::View),
        _ => Err(EnvError::Value { name: "SSE_LOAD_PROGRESS", value, expected: "off, plain or fancy" }),
    }
}

/// A port alone is one of this machine: what others can reach is written out.
fn dashboard(value: String) -> Result<SocketAddr, EnvError> {
    let given = value.trim();
    let (host, port) = given.rsplit_once(':').unwrap_or(("localhost", given));
    let local = (host == "localhost").then(|| port.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into()));
    local.unwrap_or_else(|| given.parse().ok()).ok_or(EnvError::Value {
        name: "SSE_LOAD_DASHBOARD",
        value,
        expected: "a port of 127.0.0.1 such as 8089 (0 is any that is free), or an address such as 127.0.0.1:8089",
    })
}

/// The value is a secret, and so is no part of the message.
fn dashboard_token(value: &str) -> Result<String, EnvError> {
    let token = value.trim();
    let is_sound = token.len() >= SHORTEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_sound.then(|| token.to_owned()).ok_or_else(|| EnvError::Value {
        name: "SSE_LOAD_DASHBOARD_TOKEN",
        value: "(hidden)".to_owned(),
        expected: "at least 16 letters and digits",
    })
}

fn address(value: &str) -> Address {
    match value.trim() {
        "off" => Address::Nowhere,
        address => Address::At(address.to_owned()),
    }
}

fn request_log(value: String) -> Result<RequestLog, EnvError> {
    match value.trim() {
        "off" => Ok(RequestLog::Off),
        "jsonl" => Ok(RequestLog::JsonLines),
        "parquet" => Ok(RequestLog::Parquet),
        _ => Err(EnvError::Value { name: "SSE_LOAD_REQUEST_LOG", value, expected: "jsonl, parquet or off" }),
    }
}

fn update_baseline(value: String) -> Result<Update, EnvError> {
    match value.trim() {
        "0" => Ok(Update::Never),
        "1" => Ok(Update::OutsideOfCi),
        "force" => Ok(Update::Always),
        _ => Err(EnvError::Value { name: "SSE_LOAD_UPDATE_BASELINE", value, expected: "0, 1, or force" }),
    }
}

fn local_addresses(value: String) -> Result<Vec<IpAddr>, EnvError> {
    let addresses = list(&value).iter().map(|address| address.parse().ok()).collect::<Option<Vec<_>>>();
    addresses.filter(|addresses| !addresses.is_empty()).ok_or(EnvError::Value {
        name: "SSE_LOAD_LOCAL_ADDRESSES",
        value,
        expected: "IP addresses of this machine with commas between, such as 10.0.0.5,10.0.0.6",
    })
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(ToOwned::to_owned).collect()
}

fn duration(name: &'static str, value: String, expected: &'static str) -> Result<Duration, EnvError> {
    humantime::parse_duration(value.trim()).map_err(|_| EnvError::Value { name, value, expected })
}

fn unknown(name: &str) -> EnvError {
    let known = VARIABLES.map(|(known, _)| known);
    // What all share says nothing of which was meant.
    let own = |name: &str| name.strip_prefix(PREFIX).unwrap_or_default().to_ascii_uppercase();
    let closest = known.iter().map(|known| (strsim::jaro_winkler(&own(known), &own(name)), known));
    let closest = closest.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.8);
    let suggestion = closest.map(|(_, known)| format!("did you mean {known}? ")).unwrap_or_default();
    EnvError::Unknown { name: name.to_owned(), suggestion, known: known.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, EnvError> {
        Settings::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_listed_variable_is_read() {
        for (name, _) in VARIABLES {
            let read = ["1s", "1", "skip", "plain", "jsonl", "0123456789abcdef", "::1"]
                .into_iter()
                .find_map(|value| settings(&[(name, value)]).ok());
            let read = read.expect("a value of some kind");
            assert_ne!(read, Settings::default(), "{name} changes nothing");
        }
    }

    #[test]
    fn a_misspelt_variable_is_an_error_with_a_suggestion() {
        let error = settings(&[("SSE_LOAD_SEAD", "7")]).expect_err("it is unknown").to_string();
        assert!(error.contains("did you mean SSE_LOAD_SEED?"), "{error}");
    }

    #[test]
    fn a_variable_like_no_other_gets_no_suggestion() {
        let error = settings(&[("SSE_LOAD_FOO", "1")]).expect_err("it is unknown").to_string();
        assert!(!error.contains("did you mean"), "{error}");
        assert!(settings(&[("SSE_LOAD_THREADS", "0")]).is_err());
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_what_was_expected() {
        let error = settings(&[("SSE_LOAD_RUN_TIME", "soon")]).expect_err("no time").to_string();
        assert_eq!(
            error,
            "the environment variable SSE_LOAD_RUN_TIME is `soon`: expected a time such as 500ms, 30s or 5m"
        );
    }

    #[test]
    fn what_is_shown_is_one_of_three() {
        for (value, show) in [("off", Show::Nothing), ("plain", Show::Lines), (" fancy ", Show::View)] {
            assert_eq!(settings(&[("SSE_LOAD_PROGRESS", value)]).expect("a value").progress, Some(show));
        }
        let error = settings(&[("SSE_LOAD_PROGRESS", "on")]).expect_err("none of them").to_string();
        assert_eq!(error, "the environment variable SSE_LOAD_PROGRESS is `on`: expected off, plain or fancy");
    }

    #[test]
    fn a_port_is_one_of_this_machine_and_another_address_is_written_out() {
        for (value, address) in [
            ("8089", "127.0.0.1:8089"),
            (" 0 ", "127.0.0.1:0"),
            ("localhost:8089", "127.0.0.1:8089"),
            ("127.0.0.1:8089", "127.0.0.1:8089"),
            ("[::1]:8089", "[::1]:8089"),
            ("0.0.0.0:8089", "0.0.0.0:8089"),
        ] {
            let read = settings(&[("SSE_LOAD_DASHBOARD", value)]).expect(value).dashboard;
            assert_eq!(read, Some(address.parse().expect("an address")), "{value}");
        }
        for value in ["on", "65536", ":8089", "127.0.0.1", "example.com:80", "localhost:"] {
            let error = settings(&[("SSE_LOAD_DASHBOARD", value)]).expect_err(value).to_string();
            assert!(error.contains(&format!("SSE_LOAD_DASHBOARD is `{value}`: expected a port")), "{error}");
        }
    }

    #[test]
    fn a_token_is_long_and_in_no_message() {
        let error = settings(&[("SSE_LOAD_DASHBOARD_TOKEN", "hunter2")]).expect_err("it is short").to_string();
        assert!(error.contains("16 letters and digits") && !error.contains("hunter2"), "{error}");
        assert!(settings(&[("SSE_LOAD_DASHBOARD_TOKEN", "a/b?c#d e=f&g+hijk")]).is_err());
    }

    #[test]
    fn a_request_log_is_one_of_three() {
        let all = [("off", RequestLog::Off), ("jsonl", RequestLog::JsonLines), (" parquet ", RequestLog::Parquet)];
        for (value, log) in all {
            assert_eq!(settings(&[("SSE_LOAD_REQUEST_LOG", value)]).expect("a value").request_log, Some(log));
        }
        let error = settings(&[("SSE_LOAD_REQUEST_LOG", "csv")]).expect_err("none of them").to_string();
        assert_eq!(error, "the environment variable SSE_LOAD_REQUEST_LOG is `csv`: expected jsonl, parquet or off");
    }

    #[test]
    fn what_is_said_of_the_terminal_is_read() {
        let variables = [("NO_COLOR", "1"), ("TERM", "dumb"), ("LC_ALL", "a"), ("LC_CTYPE", "b"), ("LANG", "c")];
        let locale = ["a", "b", "c"].map(str::to_owned);
        let read = settings(&variables).expect("foreign variables").terminal;
        assert_eq!(read, Terminal { no_color: true, is_dumb: true, locale });
        assert!(!settings(&[("NO_COLOR", "")]).expect("it is empty").terminal.no_color);
    }

    #[test]
    fn local_addresses_are_all_of_them_ip_addresses() {
        let read = |value| settings(&[("SSE_LOAD_LOCAL_ADDRESSES", value)]).map(|settings| settings.local_addresses);
        let both = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        assert_eq!(read("127.0.0.1, ::1").expect("addresses"), Some(both));
        for value in [",", "127.0.0.1,localhost", "127.0.0.1:80"] {
            let error = read(value).expect_err(value).to_string();
            assert!(error.contains(&format!("is `{value}`: expected IP addresses of this machine")), "{error}");
        }
    }

    #[test]
    fn an_empty_value_is_no_value() {
        assert_eq!(settings(&[("SSE_LOAD_USERS", ""), ("SSE_LOAD_RUN_TIME", " ")]), Ok(Settings::default()));
    }

    #[test]
    fn the_variables_of_open_telemetry_alone_ask_for_nothing() {
        let standard = [("OTEL_EXPORTER_OTLP_ENDPOINT", "no url"), ("OTEL_EXPORTER_OTLP_HEADERS", "nonsense")];
        assert_eq!(settings(&standard), Ok(Settings::default()));
        assert!(settings(&[standard[0], ("SSE_LOAD_OTLP", "1")]).is_err());
        assert_eq!(settings(&[standard[0], ("SSE_LOAD_OTLP", "0")]), Ok(Settings::default()));
    }

    #[test]
    fn foreign_variables_are_none_of_our_business() {
        assert_eq!(settings(&[("PATH", "/bin"), ("SSE_LOADER", "x")]), Ok(Settings::default()));
    }
}
