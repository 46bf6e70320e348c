//! What a row of the request log has.

use std::time::UNIX_EPOCH;

use serde::{Serialize, Serializer};

use crate::clock::Timestamp;
use crate::record::{Begin, Logged, Window};
use crate::sample::{Connection, Counted, EventClass, Failure, Outcome, SeenEvent, Stamps};

/// The row of one request; its fields are the columns, in their order. Stamps are microseconds from the begin of the run.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/request_log.md has every column, and a test holds it to the rows")]
#[non_exhaustive]
pub struct Row<'r> {
    pub name: &'r str,
    pub user_class: &'static str,
    pub task: &'static str,
    pub tags: &'static [&'static str],
    pub user: Option<i64>,
    pub stay: Option<i64>,
    pub arrival: Option<i64>,
    pub turn: Option<i64>,
    pub attempt: i64,
    pub phase: &'static str,
    pub outcome: &'static str,
    pub failure: Option<&'static str>,
    pub cause: Option<&'r str>,
    pub status: Option<i64>,
    pub reused: Option<bool>,
    pub resent: bool,
    pub prompt_tokens: Option<i64>,
    pub prompt_source: Option<&'static str>,
    pub completion_tokens: Option<i64>,
    pub completion_source: Option<&'static str>,
    pub body_bytes: Option<i64>,
    pub run_began: i64,
    pub scheduled: Option<i64>,
    pub ready: Option<i64>,
    pub own: Option<i64>,
    pub start: i64,
    pub connected: Option<i64>,
    pub headers: Option<i64>,
    pub first_output: Option<i64>,
    pub terminal: Option<i64>,
    pub end: i64,
    pub events: Events<'r>,
}

/// The events of a request.
#[derive(Clone, Copy, Debug)]
pub struct Events<'r> {
    seen: &'r [SeenEvent],
    /// Of the generated ones, as far as they are known.
    tokens: &'r [u32],
    origin: Timestamp,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Microseconds from the begin of the run.
    pub at: i64,
    /// The name of its [`EventClass`].
    pub class: &'static str,
    /// Its tokens, where the stream tells those of every generated event up to it.
    pub tokens: Option<u32>,
}

impl<'r> Row<'r> {
    /// The row of a request of a run that began then.
    #[must_use]
    pub fn of(logged: &'r Logged, begin: &Begin) -> Self {
        let Logged { sample, details, window } = logged;
        let Stamps { start, schedule, connection, headers, first_output, terminal, end, tokens, .. } = &sample.stamps;
        let (outcome, failure) = outcome(&sample.outcome);
        let since = |at: Timestamp| micros(at, begin.at);
        let count = |counted: Option<Counted>| counted.map(|counted| integer(counted.tokens));
        let source = |counted: Option<Counted>| counted.map(|counted| counted.source.name());
        let came = details.status.is_some_and(|status| (200..300).contains(&status));
        Self {
            name: &sample.name,
            user_class: sample.origin.user,
            task: sample.origin.task,
            tags: sample.origin.tags,
            user: details.user.map(integer),
            stay: details.stay.map(integer),
            arrival: details.arrival.map(integer),
            turn: sample.turn.map(Into::into),
            attempt: details.attempt.into(),
            phase: phase(*window, sample.stamps.intended(), begin),
            outcome,
            failure: failure.map(|failure| failure.class.name()),
            cause: failure.map(|failure| &*failure.summary),
            status: details.status.map(Into::into),
            reused: connection.map(|connection| connection == Connection::Reused),
            resent: sample.resent,
            prompt_tokens: count(sample.tokens.prompt),
            prompt_source: source(sample.tokens.prompt),
            completion_tokens: count(sample.tokens.completion),
            completion_source: source(sample.tokens.completion),
            body_bytes: came.then(|| integer(sample.body_bytes)),
            run_began: begin.wall.duration_since(UNIX_EPOCH).map_or(0, |since| integer(since.as_micros())),
            scheduled: schedule.map(|schedule| since(schedule.at)),
            ready: schedule.map(|schedule| since(schedule.ready)),
            own: schedule.map(|schedule| integer(schedule.own.as_micros())),
            start: since(*start),
            connected: connection.map(|connection| match connection {
                Connection::Opened(at) => since(at),
                Connection::Reused => since(*start),
            }),
            headers: headers.map(since),
            first_output: first_output.map(since),
            terminal: terminal.map(since),
            end: since(*end),
            events: Events { seen: &details.events, tokens, origin: begin.at },
        }
    }
}

impl Events<'_> {
    /// Each event, in order.
    pub fn iter(&self) -> impl Iterator<Item = EventRow> {
        let Self { seen, tokens, origin } = *self;
        let mut tokens = tokens.iter().copied();
        seen.iter().map(move |event| EventRow {
            at: micros(event.at, origin),
            class: event.class.name(),
            tokens: if event.class == EventClass::Generated { tokens.next() } else { None },
        })
    }
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn outcome(outcome: &Outcome) -> (&'static str, Option<&Failure>) {
    match outcome {
        Outcome::Success => ("succeeded", None),
        Outcome::Failed(failure) => ("failed", Some(failure)),
        Outcome::CutOff => ("cut_off", None),
        Outcome::HungUp => ("hung_up", None),
    }
}

/// When a request was meant to begin that belongs to a run with this window.
fn phase(window: Window, intended: Timestamp, begin: &Begin) -> &'static str {
    if window == Window::NEVER {
        "outside"
    } else if window.contains(intended) {
        "measure"
    } else if intended >= window.begin {
        "drain"
    } else if intended + begin.warm_up >= window.begin {
        "warm_up"
    } else {
        "ramp"
    }
}

/// Whole microseconds from `origin` to `at`, rounded down, so that stamps keep their order.
fn micros(at: Timestamp, origin: Timestamp) -> i64 {
    let nanos = integer((at - origin).as_nanos()) - integer((origin - at).as_nanos());
    nanos.div_euclid(1_000)
}

/// The number, or the largest that a column holds.
fn integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ms;
    use crate::sample::{Details, FailureClass, Origin, Sample, Schedule, TokenSource, Tokens};

    fn at(micros: u64) -> Timestamp {
        Timestamp::from_nanos(1_000_000_000 + micros * 1_000 + 999)
    }

    /// A run that began a second after the clock, and a thousand seconds after 1970.
    pub(in super::super) fn begin() -> Begin {
        let wall = UNIX_EPOCH + Duration::from_secs(1_000);
        Begin { at: Timestamp::from_nanos(1_000_000_000), wall, warm_up: ms(3) }
    }

    fn window() -> Window {
        Window { begin: at(5_000), end: Some(at(9_000)) }
    }

    /// A reply of three events, of which the stream tells the tokens of the first.
    pub(in super::super) fn logged() -> Logged {
        let event = |micros, class| SeenEvent { at: at(micros), class };
        let events = vec![
            event(6_000, EventClass::Ignored),
            event(6_100, EventClass::Generated),
            event(6_100, EventClass::Generated),
        ];
        let stamps = Stamps {
            connection: Some(Connection::Reused),
            headers: Some(at(5_900)),
            first_output: Some(at(6_100)),
            terminal: Some(at(6_100)),
            end: at(6_200),
            tokens: vec![2],
            ..Stamps::starting(at(5_500))
        };
        let prompt = Some(Counted { tokens: 7, source: TokenSource::Usage });
        let sample = Sample {
            name: "chat \"µ\"\u{9b}".into(),
            origin: Origin { user: "ChatUser", task: "joke", file: "f", line: 1, tags: &["slow", "long"] },
            stamps,
            tokens: Tokens { prompt, completion: None },
            outcome: Outcome::Success,
            malformed: 0,
            body_bytes: 90,
            resent: false,
            retry: false,
            turn: Some(2),
            details: None,
        };
        let details = Details { user: Some(3), stay: Some(4), arrival: None, attempt: 1, status: Some(200), events };
        Logged { sample, details, window: window() }
    }

    /// One that failed before anything came of it.
    pub(in super::super) fn refused() -> Logged {
        let failure = Failure::new(FailureClass::Connect, "no response").with_detail("the key is 123");
        let sample = Sample {
            stamps: Stamps { end: at(5_600), ..Stamps::starting(at(5_500)) },
            tokens: Tokens::default(),
            outcome: Outcome::Failed(failure),
            body_bytes: 0,
            turn: None,
            ..logged().sample
        };
        let details = Details { attempt: 2, ..Details::default() };
        Logged { sample, details, window: window() }
    }

    #[test]
    fn stamps_are_whole_microseconds_from_the_begin_of_the_run() {
        let logged = logged();
        let row = Row::of(&logged, &begin());
        assert_eq!((row.start, row.connected, row.headers, row.end), (5_500, Some(5_500), Some(5_900), 6_200));
        assert_eq!((row.run_began, row.scheduled, row.own), (1_000_000_000, None, None));
        let event = |at, class, tokens| EventRow { at, class, tokens };
        let expected =
            [event(6_000, "ignored", None), event(6_100, "generated", Some(2)), event(6_100, "generated", None)];
        assert_eq!(row.events.iter().collect::<Vec<_>>(), expected);
        assert_eq!(micros(Timestamp::from_nanos(0), Timestamp::from_nanos(1)), -1, "rounded down before it, too");
    }

    #[test]
    fn what_is_not_known_is_null_and_never_zero() {
        let refused = refused();
        let row = serde_json::to_value(Row::of(&refused, &begin())).expect("it serialises");
        let null: Vec<_> = row.as_object().expect("an object").iter().filter(|(_, value)| value.is_null()).collect();
        assert_eq!(null.len(), 18, "{null:?}");
        assert_eq!(
            (&row["attempt"], &row["cause"], &row["failure"]),
            (&2.into(), &"no response".into(), &"connect".into())
        );
        let found = logged();
        let not_found = Logged { details: Details { status: Some(404), ..found.details.clone() }, ..found };
        assert_eq!(Row::of(&not_found, &begin()).body_bytes, None, "nobody counted the body of an error");
    }

    #[test]
    fn the_phase_is_that_of_the_moment_at_which_a_request_was_meant_to_begin() {
        let phase = |start| phase(window(), at(start), &begin());
        let phases = [0, 1_999, 2_000, 4_999, 5_000, 8_999, 9_000].map(phase);
        assert_eq!(phases, ["ramp", "ramp", "warm_up", "warm_up", "measure", "measure", "drain"]);
        let late = Logged { window: Window::NEVER, ..logged() };
        assert_eq!(Row::of(&late, &begin()).phase, "outside");
        let mut late = logged();
        late.sample.stamps.schedule = Some(Schedule { at: at(4_000), ready: at(4_100), own: ms(1) });
        let row = Row::of(&late, &begin());
        assert_eq!((row.phase, row.scheduled, row.ready, row.own), ("warm_up", Some(4_000), Some(4_100), Some(1_000)));
    }
}
