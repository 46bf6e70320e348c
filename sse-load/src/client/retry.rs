//! Trying again, when a task asks for it.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

/// A `Retry-After` beyond this is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// When a request that failed is tried again. Default of a request: never, since a harness that retries in silence doubles the
/// load and hides failures.
///
/// Every attempt is a request of its own in all figures: the failed ones are failures, and attempts after the first are
/// counted as `retries`. A reply that began is never asked for again.
///
/// ```no_run
/// use sse_load::client::Retry;
/// use sse_load::prelude::*;
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// // 503 and 429, three attempts in all, after 200 ms and 400 ms unless the server's `Retry-After` says otherwise.
/// ctx.sse_request("/chat").retry(Retry::attempts(3).backoff(ms(200))).send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Retry {
    attempts: u32,
    statuses: Vec<u16>,
    backoff: Duration,
}

impl Retry {
    /// This many attempts in all, the first included; after status 429 or 503, with a pause of 500 ms that doubles each time.
    pub fn attempts(attempts: u32) -> Self {
        Self { attempts, statuses: vec![429, 503], backoff: Duration::from_millis(500) }
    }

    /// The statuses that are worth another attempt, instead of 429 and 503.
    pub fn on_status(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// The pause before the second attempt; it doubles before each further one. A `Retry-After` wins, in seconds or as a
    /// date, if it is at most 60 seconds; the request is not tried again if it is more.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.backoff = pause;
        self
    }

    /// How long to wait before the next attempt, after this many had this status; `None` if there is none.
    pub(super) fn pause(&self, made: u32, status: StatusCode, retry_after: Option<Duration>) -> Option<Duration> {
        if made >= self.attempts || !self.statuses.contains(&status.as_u16()) {
            return None;
        }
        let doubled = self.backoff.saturating_mul(1_u32.checked_shl(made - 1).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
        Some(retry_after.unwrap_or(doubled)).filter(|pause| *pause <= LONGEST_PAUSE)
    }
}

/// How long a server asks to wait: RFC 9110, section 10.2.3. A date that has passed is no wait.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_pause_doubles_up_to_the_last_attempt() {
        let retry = Retry::attempts(4).backoff(SECOND);
        let pauses: Vec<_> = (1..=4).map(|made| retry.pause(made, StatusCode::SERVICE_UNAVAILABLE, None)).collect();
        assert_eq!(pauses, [Some(SECOND), Some(2 * SECOND), Some(4 * SECOND), None]);
        let endless = Retry::attempts(u32::MAX).backoff(SECOND);
        assert_eq!(endless.pause(1_000, StatusCode::TOO_MANY_REQUESTS, None), Some(LONGEST_PAUSE));
    }

    #[test]
    fn only_the_named_statuses_are_tried_again() {
        let retry = Retry::attempts(2).on_status([500]);
        assert_eq!(retry.pause(1, StatusCode::SERVICE_UNAVAILABLE, None), None);
        assert!(retry.pause(1, StatusCode::INTERNAL_SERVER_ERROR, None).is_some());
    }

    #[test]
    fn a_server_says_seconds_or_a_date() {
        // The example of RFC 9110, section 5.6.7, and a minute before it.
        let (date, now) = ("Sun, 06 Nov 1994 08:49:37 GMT", SystemTime::UNIX_EPOCH + 784_111_717 * SECOND);
        let wait = |value| {
            let headers = [(RETRY_AFTER, HeaderValue::from_static(value))].into_iter().collect();
            retry_after(&headers, now)
        };
        assert_eq!([wait("7"), wait(" 0 "), wait(date)], [Some(7 * SECOND), Some(Duration::ZERO), Some(60 * SECOND)]);
        assert_eq!(wait("Sun, 06 Nov 1994 08:48:36 GMT"), Some(Duration::ZERO), "a date that has passed");
        assert_eq!([wait("soon"), wait("-1"), wait("1.5")], [None; 3]);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn the_servers_word_wins_unless_it_is_too_long() {
        let retry = Retry::attempts(2).backoff(SECOND);
        let pause = |seconds| retry.pause(1, StatusCode::TOO_MANY_REQUESTS, Some(seconds * SECOND));
        assert_eq!((pause(0), pause(7), pause(61)), (Some(Duration::ZERO), Some(7 * SECOND), None));
    }
}
