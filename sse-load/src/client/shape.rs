//! Ready checks of a stream's shape, for [`SseRequest::validate`](super::SseRequest::validate).
//!
//! ```no_run
//! use sse_load::client::shape;
//! use sse_load::prelude::*;
//!
//! # async fn task(ctx: &mut Context) -> TaskResult {
//! ctx.sse_request("/v1/chat/completions")
//!     .json(&serde_json::json!({"model": "m", "stream": true, "response_format": {"type": "json_object"}}))
//!     .validate(shape::content_type("text/event-stream"))
//!     .validate(shape::usage)
//!     .validate(shape::max_stall(ms(500)))
//!     .validate(shape::nothing_after_end)
//!     .validate(shape::json)
//!     .send()
//!     .await?;
//! # Ok(()) }
//! ```

use std::time::Duration;

use http::header::CONTENT_TYPE;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Reply;
use super::quote::start_of;
use crate::protocol::Channel;
use crate::sample::Metric;

/// The terminal marker was seen: also in formats in which a body that ends without it is a success.
///
/// # Errors
/// When the body ended without it.
pub fn terminal_marker(reply: &Reply) -> Result<(), String> {
    match reply.metrics().terminal {
        Some(_) => Ok(()),
        None => Err("expected the terminal marker, the body ended without it".to_owned()),
    }
}

/// The server stated the tokens of the prompt and of the reply, and generated at least one.
///
/// # Errors
/// When one of the counts is missing, or the reply has no token.
pub fn usage(reply: &Reply) -> Result<(), String> {
    let usage = reply.usage();
    match (usage.prompt_tokens, usage.completion_tokens) {
        (Some(_), Some(1..)) => Ok(()),
        (Some(_), Some(0)) => Err("expected the reply's tokens in usage, found 0 beside generated output".to_owned()),
        (None, Some(_)) => Err("expected usage, found no prompt tokens in it".to_owned()),
        (Some(_), None) => Err("expected usage, found no completion tokens in it".to_owned()),
        (None, None) => Err("expected usage, found none; some servers send it only when asked \
                             (`stream_options.include_usage`)"
            .to_owned()),
    }
}

/// No gap between two generated events is longer than this.
pub fn max_stall(most: Duration) -> impl FnOnce(&Reply) -> Result<(), String> + Send + 'static {
    move |reply| match reply.metric(Metric::MaxStall) {
        Some(stall) if stall > most => Err(format!("expected gaps of at most {most:?}, found one of {stall:?}")),
        _ => Ok(()),
    }
}

/// At no time was there silence for longer than this, heartbeats and comments included: from the response head to the end.
pub fn max_silence(most: Duration) -> impl FnOnce(&Reply) -> Result<(), String> + Send + 'static {
    move |reply| match reply.longest_silence() {
        silence if silence > most => {
            Err(format!("expected a byte every {most:?} at least, found silence for {silence:?}"))
        }
        _ => Ok(()),
    }
}

/// The response has this media type; parameters such as `charset` don't matter.
pub fn content_type(expected: impl Into<String>) -> impl FnOnce(&Reply) -> Result<(), String> + Send + 'static {
    let expected = expected.into();
    move |reply| {
        let value = reply.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = value.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case(&expected) {
            return Ok(());
        }
        Err(format!("expected content-type {expected}, found `{}`", start_of(value)))
    }
}

/// No output follows the terminal marker, and nothing but line ends the end of the stream; the body is looked at for up to
/// 50 ms and 64 KiB.
///
/// # Errors
/// When something follows.
pub fn nothing_after_end(reply: &Reply) -> Result<(), String> {
    match (reply.events_after_complete(), reply.bytes_after_end()) {
        (0, 0) => Ok(()),
        (0, bytes) => Err(format!("expected nothing after the end of the stream, found {bytes} bytes")),
        (events, _) => Err(format!("expected no output after the terminal marker, found {events} generated events")),
    }
}

/// The text of every answer is JSON: for requests in JSON mode.
///
/// # Errors
/// With the parser's words, when one is not.
pub fn json(reply: &Reply) -> Result<(), String> {
    json_of::<IgnoredAny>(reply)
}

/// The text of every answer is JSON that reads as a `T`: for requests with a JSON schema.
///
/// ```no_run
/// # use sse_load::client::{Context, RequestError, shape};
/// #[derive(serde::Deserialize)]
/// struct City {
///     name: String,
///     people: u64,
/// }
///
/// # async fn task(ctx: &mut Context) -> Result<(), RequestError> {
/// ctx.sse_request("/city").validate(shape::json_of::<City>).send().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// With the parser's words, when one is not.
pub fn json_of<T: DeserializeOwned>(reply: &Reply) -> Result<(), String> {
    for choice in reply.choices() {
        let text = reply.choice(choice, Channel::Text);
        if let Err(error) = serde_json::from_str::<T>(text) {
            let expected = if error.is_data() { "JSON of the form asked for" } else { "JSON in the text" };
            return Err(format!("expected {expected}, found `{}`: {error}", start_of(text)));
        }
    }
    Ok(())
}

/// Each event that has an `id` field of its own has a whole number there, one more than the event before it: no event was lost.
///
/// # Errors
/// When an id is missing, is no number, or does not follow on the one before.
pub fn ids_continue(reply: &Reply) -> Result<(), String> {
    reply.id_gap().map_or(Ok(()), |gap| Err(format!("expected ids that rise by one, found {gap}")))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::client::drive::Head;
    use crate::client::facts::Facts;
    use crate::clock::Timestamp;
    use crate::sample::Stamps;

    /// A reply with events at these milliseconds, and this long a silence.
    fn reply(events: &[u64], silence: Duration) -> Reply {
        let mut facts = Facts::starting(Stamps::starting(Timestamp::from_nanos(0)));
        facts.stamps.generated = events.iter().map(|ms| Timestamp::from_nanos(ms * 1_000_000)).collect();
        facts.longest_silence = silence;
        Reply::new(Head { status: StatusCode::OK, headers: HeaderMap::new() }, facts)
    }

    #[test]
    fn a_limit_of_time_holds_to_the_nanosecond() {
        let twenty = Duration::from_millis(20);
        let less = twenty.saturating_sub(Duration::from_nanos(1));
        let reply = reply(&[50, 60, 80], twenty);
        assert_eq!(max_stall(twenty)(&reply), Ok(()));
        assert_eq!(max_silence(twenty)(&reply), Ok(()));
        let stall = max_stall(less)(&reply).expect_err("a gap of 20 ms");
        assert!(stall.ends_with("found one of 20ms"), "{stall}");
        let silence = max_silence(less)(&reply).expect_err("a silence of 20 ms");
        assert!(silence.ends_with("found silence for 20ms"), "{silence}");
    }

    #[test]
    fn json_of_another_form_is_told_from_what_is_no_json() {
        let refusal = |text: &str| {
            let mut facts = Facts::starting(Stamps::starting(Timestamp::from_nanos(0)));
            facts.texts.push(Channel::Text, 0, text);
            let reply = Reply::new(Head { status: StatusCode::OK, headers: HeaderMap::new() }, facts);
            json_of::<Vec<u64>>(&reply).expect_err("no list of numbers")
        };
        let other = refusal(r#"{"a":1}"#);
        assert!(other.starts_with(r#"expected JSON of the form asked for, found `{"a":1}`: invalid type"#), "{other}");
        let cut = refusal("[1, 2");
        assert!(cut.starts_with("expected JSON in the text, found `[1, 2`: EOF"), "{cut}");
    }

    #[test]
    fn one_event_has_no_gap() {
        assert_eq!(max_stall(Duration::ZERO)(&reply(&[50], Duration::ZERO)), Ok(()));
    }
}
