//! The slowest requests, with all that was seen of them.

use std::time::Duration;

use crate::sample::{Outcome, Sample, Stamps};

/// How many are kept of each order.
pub(crate) const KEPT: usize = 10;

/// Generated events closer to the last one kept than this part of their request are not kept: nobody could tell them apart.
const FINEST: u32 = 2_000;

/// The slowest requests, slowest first, with all that was seen of them.
#[derive(Clone, Debug, Default)]
pub struct Slowest {
    /// By how long nothing was generated: to the first event, or to the failure without one.
    pub to_first_token: Vec<Slow>,
    /// By how long they took.
    pub to_end: Vec<Slow>,
}

/// A slow request.
#[derive(Clone, Debug)]
pub struct Slow {
    /// What was seen of it, its events thinned out.
    pub sample: Sample,
    /// How many events were generated.
    pub events: u64,
}

impl Slowest {
    /// Keeps a request that ended by itself, if it is one of the slowest.
    pub fn offer(&mut self, sample: &Sample) {
        if matches!(sample.outcome, Outcome::Success | Outcome::Failed(_)) {
            offer(&mut self.to_first_token, to_first_token, sample);
            offer(&mut self.to_end, to_end, sample);
        }
    }

    /// Keeps the slowest of both.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs, by) in [
            (&mut self.to_first_token, other.to_first_token, to_first_token as fn(&Stamps) -> Duration),
            (&mut self.to_end, other.to_end, to_end),
        ] {
            for slow in theirs {
                keep(mine, by, slow);
            }
        }
    }
}

fn to_first_token(stamps: &Stamps) -> Duration {
    stamps.generated.first().copied().unwrap_or(stamps.end) - stamps.start
}

fn to_end(stamps: &Stamps) -> Duration {
    stamps.end - stamps.start
}

fn offer(kept: &mut Vec<Slow>, by: fn(&Stamps) -> Duration, sample: &Sample) {
    let is_slow = kept.len() < KEPT || kept.last().is_some_and(|last| by(&sample.stamps) > by(&last.sample.stamps));
    if is_slow {
        keep(kept, by, thinned(sample));
    }
}

fn keep(kept: &mut Vec<Slow>, by: fn(&Stamps) -> Duration, slow: Slow) {
    let place = kept.partition_point(|known| by(&known.sample.stamps) >= by(&slow.sample.stamps));
    kept.insert(place, slow);
    kept.truncate(KEPT);
}

/// The request without the events that nobody could tell apart, so that an endless stream fills no memory.
fn thinned(sample: &Sample) -> Slow {
    let Stamps { start, schedule, connection, headers, ref generated, first_output, terminal, end, .. } = sample.stamps;
    let finest = (end - start) / FINEST;
    let mut ticks = Vec::new();
    for at in generated {
        if ticks.last().is_none_or(|last| *at - *last > finest) {
            ticks.push(*at);
        }
    }
    let stamps = Stamps {
        start,
        schedule,
        connection,
        headers,
        generated: ticks,
        first_output,
        terminal,
        end,
        buffered: Vec::new(),
        tokens: Vec::new(),
    };
    let sample = Sample {
        name: sample.name.clone(),
        origin: sample.origin,
        stamps,
        tokens: sample.tokens,
        outcome: sample.outcome.clone(),
        malformed: sample.malformed,
        body_bytes: sample.body_bytes,
        resent: sample.resent,
        retry: sample.retry,
        turn: sample.turn,
        details: None,
    };
    Slow { sample, events: generated.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::sample::{Failure, FailureClass, Origin, Tokens};

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn sample(first: Option<u64>, end: u64, outcome: Outcome) -> Sample {
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps { generated: first.into_iter().map(at).collect(), end: at(end), ..Stamps::starting(at(0)) },
            tokens: Tokens::default(),
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    fn ends(slow: &[Slow]) -> Vec<u128> {
        slow.iter().map(|slow| to_end(&slow.sample.stamps).as_millis()).collect()
    }

    #[test]
    fn the_slowest_are_kept_in_order_whatever_the_order_they_come_in() {
        let (mut one, mut other) = (Slowest::default(), Slowest::default());
        for end in (10..50).rev() {
            one.offer(&sample(Some(50 - end), end, Outcome::Success));
            other.offer(&sample(Some(50 - end), 100 - end, Outcome::Success));
        }
        one.merge(other);
        assert_eq!(ends(&one.to_end), [90, 89, 88, 87, 86, 85, 84, 83, 82, 81]);
        assert_eq!(to_first_token(&one.to_first_token[0].sample.stamps).as_millis(), 40);
        assert_eq!(one.to_first_token.len(), KEPT);
    }

    #[test]
    fn one_that_failed_without_a_token_waited_for_it_to_its_end_and_one_that_was_cut_off_is_none() {
        let mut slowest = Slowest::default();
        slowest.offer(&sample(Some(20), 900, Outcome::Success));
        slowest.offer(&sample(None, 800, Outcome::Failed(Failure::new(FailureClass::TtftTimeout, "none"))));
        slowest.offer(&sample(None, 2_000, Outcome::CutOff));
        slowest.offer(&sample(None, 3_000, Outcome::HungUp));
        assert_eq!((ends(&slowest.to_first_token), ends(&slowest.to_end)), (vec![800, 900], vec![900, 800]));
    }

    #[test]
    fn an_endless_stream_fills_no_memory() {
        let mut endless = sample(None, 100_000, Outcome::Success);
        endless.stamps.generated = (0..100_000).map(at).collect();
        let slow = thinned(&endless);
        let ticks = &slow.sample.stamps.generated;
        assert!(ticks.len() <= 2_001 && (ticks[0], slow.events) == (at(0), 100_000), "{}", ticks.len());
    }
}
