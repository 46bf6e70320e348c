//! The values that a request adds to each metric.

use std::time::Duration;

use super::{Metric, Sample};

impl Sample {
    /// Tells each value of a metric, as histograms record it (microseconds, a count, thousandths of a rate), and how often it counts.
    ///
    /// ```
    /// use sse_load::clock::{Timestamp, ms};
    /// use sse_load::sample::{Metric, Origin, Outcome, Sample, Stamps, Tokens};
    ///
    /// let start = Timestamp::from_nanos(0);
    /// let stamps = Stamps { generated: vec![start + ms(50), start + ms(70), start + ms(110)], ..Stamps::starting(start) };
    /// let origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14, tags: &[] };
    /// let (tokens, outcome) = (Tokens::default(), Outcome::Success);
    /// let sample = Sample { name: "chat".into(), origin, stamps, tokens, outcome, malformed: 0, body_bytes: 0, resent: false, retry: false, turn: None, details: None };
    ///
    /// let mut gaps = Vec::new();
    /// sample.each_value(Metric::Icl, |gap, times| gaps.push((gap, times)));
    /// assert_eq!(gaps, [(20_000, 1), (40_000, 1)]);
    /// ```
    pub fn each_value(&self, metric: Metric, mut tell: impl FnMut(u64, u64)) {
        let completion = self.tokens.completion.map(|counted| counted.tokens);
        match metric {
            Metric::Icl => self.stamps.gaps().for_each(|gap| tell(micros(gap), 1)),
            Metric::Itl => self.stamps.token_gaps().for_each(|(gap, tokens)| tell(micros(gap), u64::from(tokens))),
            Metric::PromptTokens => self.tokens.prompt.iter().for_each(|counted| tell(counted.tokens, 1)),
            Metric::CompletionTokens => completion.iter().for_each(|tokens| tell(*tokens, 1)),
            Metric::TokSUser => {
                let tpot = self.stamps.duration(Metric::Tpot, completion);
                tpot.and_then(thousandths_of_a_rate).iter().for_each(|rate| tell(*rate, 1));
            }
            _ => self.stamps.duration(metric, completion).iter().for_each(|time| tell(micros(*time), 1)),
        }
    }
}

fn micros(value: Duration) -> u64 {
    u64::try_from(value.as_micros()).unwrap_or(u64::MAX)
}

/// `None` where no time passed: all tokens came in one read, which tells no rate.
fn thousandths_of_a_rate(interval: Duration) -> Option<u64> {
    let thousandths = 1_000_000_000_000_u128.checked_div(interval.as_nanos())?;
    u64::try_from(thousandths).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_a_second_holds() {
        assert_eq!(thousandths_of_a_rate(Duration::from_millis(20)), Some(50_000));
        assert_eq!(thousandths_of_a_rate(Duration::from_secs(8)), Some(125));
        assert_eq!(thousandths_of_a_rate(Duration::ZERO), None);
    }
}
