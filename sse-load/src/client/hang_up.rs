//! Clients who leave before the end.

use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt as _};
use tokio::sync::Notify;

/// A client that leaves before the end of the reply, as people close a tab.
///
/// A request that was hung up is counted as that and in no other figure. What it tests is the server: whether it notices, and
/// frees what the request held.
///
/// ```no_run
/// use sse_load::client::HangUp;
/// use sse_load::prelude::*;
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// // One in five leaves after ten tokens.
/// ctx.openai_chat("m").user("Tell me a story.").hang_up(HangUp::after_tokens(10).share(0.2)).send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct HangUp {
    when: When,
    share: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Time(Duration),
    Events(usize),
}

impl HangUp {
    /// This long after the begin of the request, whatever has come.
    pub fn after(time: Duration) -> Self {
        Self { when: When::Time(time), share: 1.0 }
    }

    /// As soon as so many generated events have come, which are tokens in most formats. A reply that is complete by then is none
    /// to hang up on.
    pub fn after_tokens(tokens: usize) -> Self {
        Self { when: When::Events(tokens), share: 1.0 }
    }

    /// The share of requests that are hung up, from 0 to 1; the user's random numbers choose. Default: 1, all.
    ///
    /// # Panics
    /// When it is not from 0 to 1.
    #[track_caller]
    pub fn share(mut self, share: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&share),
            "the share of requests to hang up must be from 0 to 1, and this one is {share}"
        );
        self.share = share;
        self
    }

    /// What one request does.
    pub(super) fn decide(self, random: &mut impl Rng) -> Leaving {
        if !random.random_bool(self.share) {
            return Leaving::default();
        }
        match self.when {
            When::Time(time) => Leaving { time: Some(time), events: None },
            When::Events(events) => {
                Leaving { time: None, events: Some(EventLimit { events, reached: Arc::default() }) }
            }
        }
    }
}

/// When one request is hung up, if at all.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving {
    time: Option<Duration>,
    events: Option<EventLimit>,
}

/// So many generated events, and who is told of them.
#[derive(Clone, Debug)]
pub(super) struct EventLimit {
    events: usize,
    reached: Arc<Notify>,
}

impl EventLimit {
    /// Takes the number of generated events so far.
    pub(super) fn see(&self, events: usize) {
        if events >= self.events {
            self.reached.notify_one();
        }
    }
}

impl Leaving {
    pub(super) fn event_limit(&self) -> Option<EventLimit> {
        self.events.clone()
    }

    /// Waits until the client leaves; for ever if it does not.
    pub(super) async fn leaves(&self) {
        match (self.time, &self.events) {
            (Some(time), _) => tokio::time::sleep(time).await,
            (None, Some(limit)) => limit.reached.notified().await,
            (None, None) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_share_of_the_requests_is_hung_up() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let hang_up = HangUp::after(Duration::from_secs(1)).share(0.2);
        let left = (0..10_000).filter(|_| hang_up.decide(&mut random).time.is_some()).count();
        assert!((1_850..2_150).contains(&left), "{left}");
    }

    #[test]
    #[should_panic(expected = "must be from 0 to 1, and this one is 20")]
    fn a_share_in_per_cent_is_refused() {
        let _ = HangUp::after_tokens(1).share(20.0);
    }
}
