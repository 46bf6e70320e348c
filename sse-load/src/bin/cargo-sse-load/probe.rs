//! Tries an endpoint with one request.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use clap::Args;
use sse_load::prelude::*;
use sse_load::render::duration;

use super::Outcome;
use super::show::print;

/// The most characters of the reply that are shown.
const MOST_TEXT: usize = 400;

/// Columns of the timeline.
const WIDTH: usize = 60;

const BELOW: &str = "\
Examples:
  cargo sse-load probe http://127.0.0.1:8080/v1/chat/completions --model m
  cargo sse-load probe https://api.example.com/v1/chat/completions --model m --bearer-env LLM_API_KEY
  cargo sse-load probe http://127.0.0.1:8080/generate --json '{\"prompt\": \"Hi\"}' -H 'x-tenant: a'

Exit codes:
  0  The request succeeded.
  1  It failed. The reason is printed.
  2  It could not be sent.

Environment:
  SSE_LOAD_REPORT_DIR  Where the report of the request goes, instead of target/sse-load.";

/// Send one request to an endpoint and show what came of it: status, format, timeline, tokens, text.
///
/// With --model it asks by the OpenAI chat format, and with --json by a body of your own; else it is a GET. Ends with 1 if the request
/// failed.
#[derive(Args, Clone)]
#[command(after_long_help = BELOW)]
pub(super) struct Probe {
    /// Where, with the path: `http://127.0.0.1:8080/v1/chat/completions`
    url: String,
    /// The model of a chat request.
    #[arg(long, conflicts_with = "json")]
    model: Option<String>,
    /// What the chat request asks.
    #[arg(long, default_value = "Count from one to twenty in words.", requires = "model")]
    prompt: String,
    /// The body of the request, as JSON.
    #[arg(long)]
    json: Option<String>,
    /// A header, such as 'x-tenant: a'. May be given several times.
    #[arg(long = "header", short = 'H', value_parser = header)]
    headers: Vec<(String, String)>,
    /// The environment variable that has the bearer token, so that it stands in no command line.
    #[arg(long, value_name = "VARIABLE")]
    bearer_env: Option<String>,
    /// How long the reply may take, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

/// What the probing user asks, and what came of it: the user makes itself.
static ASKED: OnceLock<Probe> = OnceLock::new();
static SEEN: Mutex<Option<Result<String, String>>> = Mutex::new(None);

#[sse_user(crate = ::sse_load)]
impl Prober {
    #[task]
    async fn probe(ctx: &mut Context) -> TaskResult {
        let Some(asked) = ASKED.get() else { return Ok(()) };
        let (_, path) = asked.host_and_path();
        let mut request = ctx.sse_request(path).timeout(secs(asked.timeout));
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        if let Some(token) = asked.bearer_env.as_ref().map(|variable| env_or(variable, "")) {
            request = request.bearer_auth(token);
        }
        if let Some(body) = asked.body() {
            request = request.json(&body);
        }
        let outcome = request.send().await;
        let seen = outcome.as_ref().map(describe).map_err(ToString::to_string);
        *SEEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        outcome?;
        Ok(())
    }
}

impl Probe {
    pub(super) fn run(self) -> Outcome {
        if let Some(json) = &self.json {
            serde_json::from_str::<serde_json::Value>(json).map_err(|error| format!("--json is no JSON: {error}"))?;
        }
        if let Some(variable) = self.bearer_env.as_ref().filter(|variable| env_or(variable, "").is_empty()) {
            return Err(format!("--bearer-env names {variable}, which is not set").into());
        }
        let (host, _) = self.host_and_path();
        if host.is_empty() {
            return Err(format!(
                "expected a URL such as http://127.0.0.1:8080/v1/chat/completions, but came {}",
                self.url
            )
            .into());
        }
        let (host, timeout) = (host.to_owned(), secs(self.timeout));
        let _ = ASKED.set(self);
        let report = Prober::load_test("probe").host(host).users(1).max_tasks(1).run_time(timeout * 2).try_run()?;
        match SEEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(Ok(seen)) => {
                print(&seen)?;
                Ok(ExitCode::SUCCESS)
            }
            Some(Err(error)) => {
                print(&format!("failed: {error}\n"))?;
                Ok(ExitCode::FAILURE)
            }
            None => Err(format!("no request was made:\n{report}").into()),
        }
    }

    /// The part of the URL up to the path, and the path with the query; no host where it is no URL.
    fn host_and_path(&self) -> (&str, &str) {
        let Some(scheme) = self.url.find("://") else { return ("", "") };
        let path = self.url[scheme + 3..].find('/').map_or(self.url.len(), |at| scheme + 3 + at);
        self.url.split_at(path)
    }

    fn body(&self) -> Option<serde_json::Value> {
        let chat = |model: &String| {
            serde_json::json!({
                "model": model,
                "stream": true,
                "stream_options": {"include_usage": true},
                "messages": [{"role": "user", "content": self.prompt}],
            })
        };
        let given = || serde_json::from_str(self.json.as_ref()?).ok();
        self.model.as_ref().map(chat).or_else(given)
    }
}

/// What came.
fn describe(reply: &Reply) -> String {
    let mut text = format!("{}  format {}\n\n", reply.status(), reply.format());
    let stamps = reply.metrics();
    let since = |at| at - stamps.start;
    let mut row = |what: &str, at: Option<Duration>| {
        if let Some(at) = at {
            let _ = writeln!(text, "{what:<16}{:>10}", duration(at));
        }
    };
    row("connection", reply.metric(Metric::Connect));
    row("response head", stamps.headers.map(since));
    row("first token", stamps.generated.first().copied().map(since));
    row("first output", stamps.first_output.map(since));
    row("last token", stamps.generated.last().copied().map(since));
    row("end marker", stamps.terminal.map(since));
    row("end", Some(since(stamps.end)));
    row("longest gap", stamps.gaps().max());
    let _ = writeln!(text, "\n{}", timeline(stamps.generated.iter().map(|at| since(*at)), since(stamps.end)));
    let usage = reply.usage();
    let counted = |tokens: Option<u64>| tokens.map_or_else(|| "not told".to_owned(), |tokens| tokens.to_string());
    let _ = writeln!(
        text,
        "{} generated events · tokens: prompt {}, completion {}\n\n{}",
        stamps.generated.len(),
        counted(usage.prompt_tokens),
        counted(usage.completion_tokens),
        shown(reply.text())
    );
    text
}

/// A line as long as the request, with a mark where events came.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "0 to 60")]
fn timeline(events: impl Iterator<Item = Duration>, end: Duration) -> String {
    let mut line = vec!['.'; WIDTH];
    for at in events {
        let share = at.as_secs_f64() / end.as_secs_f64().max(f64::MIN_POSITIVE);
        line[((share * WIDTH as f64) as usize).min(WIDTH - 1)] = '|';
    }
    format!("0 {} {}", line.into_iter().collect::<String>(), duration(end))
}

/// The start of the text, without what would move the cursor.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(MOST_TEXT).map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST_TEXT).is_some() {
        shown.push('…');
    }
    shown
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected a name, a colon and a value, such as 'x-tenant: a'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_has_a_mark_where_events_came() {
        let line = timeline([ms(0), ms(500), ms(1_000)].into_iter(), secs(1));
        assert_eq!((line.len(), line.matches('|').count()), ("0  1 s".len() + WIDTH, 3), "{line}");
        assert!(line.starts_with("0 |.") && line.ends_with("| 1 s"), "{line}");
    }

    #[test]
    fn a_reply_does_not_move_the_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\nc");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), MOST_TEXT + 1);
    }
}
