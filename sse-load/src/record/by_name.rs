//! What happened by request name and outcome, as metrics systems count it.

use std::collections::HashMap;
use std::sync::Arc;

use super::recording::{MAX_CELLS, OTHER_NAMES};
use crate::sample::{FailureClass, Metric, Outcome, Sample};
use crate::stats::Buckets;

/// Requests of one name that ended in one way, in buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// From the start to the terminal marker, or to the end of the body or the failure, in microseconds: a value for each request.
    pub duration: Buckets,
    /// To the first token, in microseconds.
    pub ttft: Buckets,
    /// Tokens of the prompts, as far as they are counted.
    pub prompt_tokens: Buckets,
    /// Tokens of the replies, as far as they are counted.
    pub completion_tokens: Buckets,
}

impl Default for Spread {
    fn default() -> Self {
        let (times, tokens) = (Buckets::of_times(), Buckets::of_tokens());
        Self { duration: times.clone(), ttft: times, prompt_tokens: tokens.clone(), completion_tokens: tokens }
    }
}

/// How they ended: well, or by this failure.
type Key = (Arc<str>, Option<FailureClass>);

/// Requests that ended by themselves, by name and outcome. Beyond 500 of both they have no name of their own, as in a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByName(HashMap<Key, Spread>);

impl ByName {
    pub(super) fn record(&mut self, sample: &Sample) {
        let failure = match &sample.outcome {
            Outcome::Success => None,
            Outcome::Failed(failure) => Some(failure.class),
            Outcome::CutOff | Outcome::HungUp => return,
        };
        let spread = self.of((Arc::clone(&sample.name), failure));
        if failure.is_some() {
            let lasted = sample.stamps.end - sample.stamps.start;
            spread.duration.record(u64::try_from(lasted.as_micros()).unwrap_or(u64::MAX));
            return;
        }
        for (metric, buckets) in [
            (Metric::ProcessingTime, &mut spread.duration),
            (Metric::Ttft, &mut spread.ttft),
            (Metric::PromptTokens, &mut spread.prompt_tokens),
            (Metric::CompletionTokens, &mut spread.completion_tokens),
        ] {
            sample.each_value(metric, |value, _| buckets.record(value));
        }
    }

    /// Adds what happened elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (key, theirs) in other.0.iter().filter(|(_, spread)| !spread.duration.is_empty()) {
            let mine = self.of(key.clone());
            mine.duration.merge(&theirs.duration);
            mine.ttft.merge(&theirs.ttft);
            mine.prompt_tokens.merge(&theirs.prompt_tokens);
            mine.completion_tokens.merge(&theirs.completion_tokens);
        }
    }

    /// Each name and outcome that has a request: the failure, or `None` for those that succeeded.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<FailureClass>, &Spread)> {
        let known = self.0.iter().filter(|(_, spread)| !spread.duration.is_empty());
        known.map(|((name, failure), spread)| (&**name, *failure, spread))
    }

    /// Forgets all, and keeps the room for the same names.
    pub(super) fn clear(&mut self) {
        self.0.values_mut().for_each(|spread| *spread = Spread::default());
    }

    fn of(&mut self, key: Key) -> &mut Spread {
        let is_known = self.0.len() < MAX_CELLS || self.0.contains_key(&key);
        let key = if is_known { key } else { (OTHER_NAMES.into(), key.1) };
        self.0.entry(key).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Timestamp, ms};
    use crate::sample::{Counted, Failure, Origin, Stamps, TokenSource, Tokens};

    fn sample(name: &str, outcome: Outcome) -> Sample {
        let start = Timestamp::from_nanos(0);
        let counted = |tokens| Some(Counted { tokens, source: TokenSource::Usage });
        let generated = vec![start + ms(20), start + ms(30)];
        Sample {
            name: name.into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps {
                generated,
                terminal: Some(start + ms(35)),
                end: start + ms(40),
                ..Stamps::starting(start)
            },
            tokens: Tokens { prompt: counted(5), completion: counted(7) },
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    #[test]
    fn requests_are_counted_by_name_and_outcome() {
        let failed = Outcome::Failed(Failure::new(FailureClass::Empty, "no output"));
        let of = |samples: &[(&str, &Outcome)]| {
            let mut by_name = ByName::default();
            for (name, outcome) in samples {
                by_name.record(&sample(name, (*outcome).clone()));
            }
            by_name
        };
        let mut here = of(&[("a", &Outcome::Success), ("b", &Outcome::Success), ("b", &Outcome::CutOff)]);
        let there = of(&[("a", &Outcome::Success), ("a", &failed)]);
        here.merge(&there);
        let mut counts: Vec<_> = here
            .iter()
            .map(|(name, failure, spread)| (name, failure, spread.duration.len(), spread.duration.sum()))
            .collect();
        counts.sort_unstable();
        assert_eq!(
            counts,
            [("a", None, 2, 70_000), ("a", Some(FailureClass::Empty), 1, 40_000), ("b", None, 1, 35_000)]
        );
        let spread = here.0[&("a".into(), None)].clone();
        assert_eq!((spread.ttft.sum(), spread.prompt_tokens.sum(), spread.completion_tokens.sum()), (40_000, 10, 14));
        here.clear();
        assert_eq!(here.iter().count(), 0);
    }

    #[test]
    fn names_are_bounded() {
        let mut by_name = ByName::default();
        (0..=MAX_CELLS).for_each(|number| by_name.record(&sample(&number.to_string(), Outcome::Success)));
        assert_eq!(by_name.0[&(OTHER_NAMES.into(), None)].duration.len(), 1);
    }
}
