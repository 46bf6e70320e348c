//! What a run may spend: requests, tokens, dollars.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use super::facts::Facts;
use super::{BuildError, RequestError, Stop};
use crate::clock::Timestamp;

/// What a reply is taken to cost in tokens where the request does not bound it and none larger was seen.
const UNBOUNDED_REPLY: u64 = 4_096;

/// Where request bodies bound the tokens of a reply.
const BOUNDS: [&str; 7] = [
    "/max_completion_tokens",
    "/max_tokens",
    "/max_output_tokens",
    "/n_predict",
    "/generationConfig/maxOutputTokens",
    "/options/num_predict",
    "/parameters/max_new_tokens",
];

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Price {
    prompt: f64,
    reply: f64,
}

impl Price {
    #[track_caller]
    fn checked(prompt: f64, reply: f64) -> Self {
        let sound = |price: f64| price.is_finite() && price >= 0.0;
        assert!(
            sound(prompt) && sound(reply),
            "prices are dollars for a million tokens, from 0 on, and these are {prompt} and {reply}"
        );
        Self { prompt, reply }
    }

    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    fn of(self, prompt: u64, reply: u64) -> f64 {
        (prompt as f64 * self.prompt + reply as f64 * self.reply) / 1e6
    }
}

/// What tokens cost, in US dollars for a million, of the prompt and of the reply.
///
/// ```
/// use sse_load::client::Prices;
///
/// let prices = Prices::all(2.50, 10.00).model("gpt-4o-mini", 0.15, 0.60);
/// # let _ = prices;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Prices {
    all: Option<Price>,
    models: BTreeMap<String, Price>,
}

impl Prices {
    /// No price yet: a request for a model without one is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for every model that has no price of its own.
    ///
    /// # Panics
    /// When a price is negative or no number.
    #[track_caller]
    pub fn all(prompt: f64, reply: f64) -> Self {
        Self { all: Some(Price::checked(prompt, reply)), models: BTreeMap::new() }
    }

    /// The price of one model, by the name that requests have.
    ///
    /// # Panics
    /// When a price is negative or no number.
    #[track_caller]
    pub fn model(mut self, name: impl Into<String>, prompt: f64, reply: f64) -> Self {
        self.models.insert(name.into(), Price::checked(prompt, reply));
        self
    }

    fn of(&self, model: Option<&str>) -> Option<Price> {
        model.and_then(|model| self.models.get(model)).copied().or(self.all)
    }
}

/// The most that a run may spend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Requests, attempts after failures included.
    pub requests: Option<u64>,
    /// Tokens, of prompts and replies.
    pub tokens: Option<u64>,
    /// US dollars, and what tokens cost.
    pub cost: Option<(f64, Prices)>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Requests that were begun.
    pub requests: u64,
    /// Tokens of prompts and replies. Where the server counts none, a generated event is one and four bytes of a body are one.
    pub tokens: u64,
    /// US dollars; 0 without prices.
    pub usd: f64,
}

/// What a run may spend, what it has spent, and what is set aside for requests in flight.
///
/// A request begins only if it fits beside what was spent and set aside: it is taken to cost as many tokens as its body has bytes,
/// since no token is less than a byte, and as many as the reply may have. Where it does not fit it waits for those in flight, which
/// mostly cost less than was set aside; where none is in flight the budget is spent, and the run ends.
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    books: Mutex<Books>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Books {
    spent: Spent,
    /// For requests in flight.
    aside: Amount,
    in_flight: u64,
    largest_reply: u64,
    is_spent: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    tokens: u64,
    usd: f64,
}

/// What one request is taken to cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    body: u64,
    reply: Option<u64>,
    choices: u64,
    price: Price,
}

impl Budget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was spent so far; requests in flight are among the requests only.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.books().spent
    }

    /// Whether a request did not fit any more.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.books().is_spent
    }

    /// What a request with this body is taken to cost.
    pub(super) fn estimate(&self, body: Option<&[u8]>, model: Option<&str>) -> Result<Estimate, BuildError> {
        let price = match &self.limits.cost {
            Some((_, prices)) => prices.of(model).ok_or_else(|| no_price(model))?,
            None => Price::default(),
        };
        let bytes = body.unwrap_or_default();
        let stated =
            if self.counts_tokens() { serde_json::from_slice(bytes).unwrap_or(Value::Null) } else { Value::Null };
        let reply = BOUNDS.iter().find_map(|bound| stated.pointer(bound)?.as_u64());
        let choices = stated.pointer("/n").and_then(Value::as_u64).unwrap_or(1);
        Ok(Estimate { body: bytes.len() as u64, reply, choices, price })
    }

    fn counts_tokens(&self) -> bool {
        self.limits.tokens.is_some() || self.limits.cost.is_some()
    }

    /// Sets the cost of a request aside; a budget that is spent ends the run, and at its end load is refused.
    pub(super) async fn afford(
        self: &Arc<Self>,
        estimate: Estimate,
        is_load: bool,
        stop: &Stop,
    ) -> Result<Reservation, RequestError> {
        let reservation = tokio::select! {
            // An arrival that was due before the end is not left to chance.
            biased;
            reservation = self.reserve(estimate) => reservation,
            () = stop.draining(), if is_load => return Err(RequestError::Stopped),
        };
        reservation.ok_or_else(|| {
            stop.drain();
            RequestError::Stopped
        })
    }

    /// Sets the cost of a request aside; `None` when the budget is spent.
    async fn reserve(self: &Arc<Self>, estimate: Estimate) -> Option<Reservation> {
        loop {
            let settled = self.settled.notified();
            let mut settled = std::pin::pin!(settled);
            // From here on no settlement is missed.
            settled.as_mut().enable();
            let fit = self.books().set_aside(&self.limits, estimate);
            match fit {
                Fit::Now(amount, granted) => {
                    return Some(Reservation { budget: Arc::clone(self), estimate, amount: Some(amount), granted });
                }
                Fit::Later => settled.await,
                Fit::Never => return None,
            }
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_price(model: Option<&str>) -> BuildError {
    BuildError::NoPrice(model.unwrap_or("(none is named)").to_owned())
}

/// Whether a request fits into the budget.
enum Fit {
    Now(Amount, Timestamp),
    Later,
    Never,
}

impl Books {
    fn set_aside(&mut self, limits: &Limits, estimate: Estimate) -> Fit {
        let unbounded = UNBOUNDED_REPLY.max(self.largest_reply);
        let reply = estimate.reply.unwrap_or(unbounded).saturating_mul(estimate.choices);
        let amount =
            Amount { tokens: estimate.body.saturating_add(reply), usd: estimate.price.of(estimate.body, reply) };
        let out_of_requests = limits.requests.is_some_and(|most| self.spent.requests >= most);
        let tokens = self.spent.tokens.saturating_add(self.aside.tokens).saturating_add(amount.tokens);
        let usd = self.spent.usd + self.aside.usd + amount.usd;
        let fits = limits.tokens.is_none_or(|most| tokens <= most)
            && limits.cost.as_ref().is_none_or(|(most, _)| usd <= *most);
        if self.is_spent || out_of_requests || (!fits && self.in_flight == 0) {
            self.is_spent = true;
            return Fit::Never;
        }
        if !fits {
            return Fit::Later;
        }
        self.spent.requests += 1;
        self.in_flight += 1;
        self.aside.tokens += amount.tokens;
        self.aside.usd += amount.usd;
        // Read while nobody else can find the budget spent.
        Fit::Now(amount, Timestamp::now())
    }

    fn settle(&mut self, aside: Amount, prompt: u64, reply: u64, price: Price) {
        self.in_flight -= 1;
        self.aside.tokens -= aside.tokens;
        // What rounding leaves over must not add up.
        self.aside.usd = if self.in_flight == 0 { 0.0 } else { self.aside.usd - aside.usd };
        self.spent.tokens = self.spent.tokens.saturating_add(prompt).saturating_add(reply);
        self.spent.usd += price.of(prompt, reply);
        self.largest_reply = self.largest_reply.max(reply);
    }
}

/// What is set aside for a request in flight. One that is dropped was cut off: what it cost nobody knows, so all of it is spent.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Budget>,
    estimate: Estimate,
    amount: Option<Amount>,
    /// When it was, before anybody found the budget spent.
    pub(super) granted: Timestamp,
}

impl Reservation {
    /// The request has ended like this.
    pub(super) fn settle(mut self, facts: &Facts) {
        let events = facts.stamps.generated.len() as u64;
        let reply = facts.usage.completion_tokens.unwrap_or(events);
        // Nobody charges for a request that was refused.
        let unstated = if events == 0 { 0 } else { self.estimate.body.div_ceil(4) };
        self.close(facts.usage.prompt_tokens.unwrap_or(unstated), reply);
    }

    /// The request does not take place.
    pub(super) fn cancel(mut self) {
        self.close(0, 0);
        self.budget.books().spent.requests -= 1;
    }

    fn close(&mut self, prompt: u64, reply: u64) {
        if let Some(amount) = self.amount.take() {
            self.budget.books().settle(amount, prompt, reply, self.estimate.price);
            self.budget.settled.notify_waiters();
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let reply = self.amount.map_or(0, |amount| amount.tokens.saturating_sub(self.estimate.body));
        self.close(self.estimate.body, reply);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use serde_json::json;

    use super::*;
    use crate::protocol::Usage;

    fn budget(limits: Limits) -> Arc<Budget> {
        Arc::new(Budget::new(limits))
    }

    fn estimate(budget: &Budget, body: &Value, model: &str) -> Estimate {
        budget.estimate(Some(body.to_string().as_bytes()), Some(model)).expect("a price")
    }

    /// What is set aside, nothing where the budget is spent, or pending where that waits for requests in flight.
    fn reserve(budget: &Arc<Budget>, estimate: Estimate) -> Poll<Option<Reservation>> {
        use futures_util::FutureExt as _;
        budget.reserve(estimate).now_or_never().map_or(Poll::Pending, Poll::Ready)
    }

    fn held(budget: &Arc<Budget>, estimate: Estimate) -> Reservation {
        match reserve(budget, estimate) {
            Poll::Ready(Some(reservation)) => reservation,
            other => panic!("it should fit: {other:?}"),
        }
    }

    fn facts(prompt: u64, reply: u64) -> Facts {
        let usage = Usage { prompt_tokens: Some(prompt), completion_tokens: Some(reply) };
        let mut facts = Facts::default();
        facts.usage = usage;
        facts
    }

    #[test]
    fn every_api_says_how_long_a_reply_may_be() {
        let budget = budget(Limits { tokens: Some(1), ..Limits::default() });
        for body in [
            json!({"max_tokens": 50}),
            json!({"max_completion_tokens": 50}),
            json!({"max_output_tokens": 50}),
            json!({"generationConfig": {"maxOutputTokens": 50}}),
            json!({"options": {"num_predict": 50}}),
            json!({"parameters": {"max_new_tokens": 50}}),
            json!({"n_predict": 50}),
        ] {
            assert_eq!(estimate(&budget, &body, "m").reply, Some(50), "{body}");
        }
        assert_eq!(estimate(&budget, &json!({"max_tokens": 50, "n": 3}), "m").choices, 3);
        assert_eq!(budget.estimate(Some(b"no JSON"), None).expect("no price is asked").reply, None);
    }

    #[test]
    fn a_request_that_does_not_take_place_gives_back_what_was_set_aside() {
        let budget = budget(Limits { requests: Some(1), tokens: Some(90), ..Limits::default() });
        let estimate = estimate(&budget, &json!({"max_tokens": 50}), "m");
        held(&budget, estimate).cancel();
        assert_eq!((budget.spent().requests, budget.spent().tokens), (0, 0));
        drop(held(&budget, estimate));
        assert_eq!(budget.spent().requests, 1);
    }

    #[test]
    fn what_does_not_fit_waits_for_what_is_in_flight_and_then_ends_the_run() {
        let budget = budget(Limits { tokens: Some(215), ..Limits::default() });
        let body = json!({"max_tokens": 80});
        let estimate = estimate(&budget, &body, "m");
        let first = held(&budget, estimate);
        let second = held(&budget, estimate);
        assert!(reserve(&budget, estimate).is_pending(), "it waits");
        first.settle(&facts(5, 10));
        let third = held(&budget, estimate);
        second.settle(&facts(5, 80));
        third.settle(&facts(5, 80));
        assert_eq!(budget.spent().tokens, 15 + 85 + 85);
        assert!(!budget.is_spent());
        assert!(
            matches!(reserve(&budget, estimate), Poll::Ready(None)),
            "nothing is in flight that could be waited for"
        );
        assert!(budget.is_spent());
        assert_eq!(budget.spent().requests, 3);
    }

    #[test]
    fn requests_and_dollars_are_limits_too() {
        let budget_of_two = budget(Limits { requests: Some(2), ..Limits::default() });
        let estimate_of = |budget: &Budget| estimate(budget, &json!({"max_tokens": 1_000}), "m");
        let two = [0, 1].map(|_| held(&budget_of_two, estimate_of(&budget_of_two)));
        assert!(matches!(reserve(&budget_of_two, estimate_of(&budget_of_two)), Poll::Ready(None)));
        drop(two);

        let prices = Prices::new().model("m", 1.0, 10.0);
        let budget = budget(Limits { cost: Some((0.025, prices)), ..Limits::default() });
        // Ten dollars a million: a thousand tokens of reply are a cent, and the body a little more.
        let first = held(&budget, estimate_of(&budget));
        let second = held(&budget, estimate_of(&budget));
        assert!(reserve(&budget, estimate_of(&budget)).is_pending(), "a third is too much");
        first.settle(&facts(100, 1_000));
        drop(second);
        let usd = budget.spent().usd;
        assert!(usd > 0.0201 && usd < 0.0203, "{usd}: what was cut off counts in full");
        assert_eq!(budget.estimate(None, Some("other")).map(drop), Err(BuildError::NoPrice("other".to_owned())));
    }

    #[test]
    fn a_reply_without_bound_is_taken_to_be_as_large_as_the_largest() {
        let budget = budget(Limits { tokens: Some(20_000), ..Limits::default() });
        let unbounded = estimate(&budget, &json!({}), "m");
        let first = held(&budget, unbounded);
        assert_eq!(first.amount.expect("set aside").tokens, 4_096 + 2);
        first.settle(&facts(1, 6_000));
        let second = held(&budget, unbounded);
        assert_eq!(second.amount.expect("set aside").tokens, 6_000 + 2);
    }

    #[test]
    fn without_usage_events_and_bytes_are_counted_and_a_refusal_costs_nothing() {
        let budget = budget(Limits { tokens: Some(20_000), ..Limits::default() });
        let unbounded = estimate(&budget, &json!({"a": 1}), "m");
        held(&budget, unbounded).settle(&Facts::default());
        assert_eq!(budget.spent().tokens, 0);
        let mut facts = Facts::default();
        facts.stamps.generated = vec![Timestamp::from_nanos(0); 7];
        held(&budget, unbounded).settle(&facts);
        assert_eq!(budget.spent().tokens, 7 + 2);
    }

    #[test]
    #[should_panic(expected = "prices are dollars for a million tokens")]
    fn a_price_below_nothing_is_refused() {
        let _ = Prices::all(-1.0, 2.0);
    }
}
