//! One objective in words.

use std::fmt;

use super::plain::{one_line, shortened};
use super::verdicts::{LONGEST_NAME, figure, limit, reason, recorded_value, value};
use crate::slo::{Figure, Judged, Objective, RequestLimit};

/// `chat ttft p95 at most 250 ms`
impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", figure(&self.scope, self.quantity), limit(self))
    }
}

/// `chat ttft p95`
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&figure(&self.scope, self.quantity))
    }
}

/// `chat ttft p95 412 ms, at most 250 ms`; where the figure can't be had, why.
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(measured) => {
                write!(
                    f,
                    "{} {}, {}",
                    figure(&self.objective.scope, self.objective.quantity),
                    value(measured),
                    limit(&self.objective)
                )?;
                if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", reason(self)) }
            }
            None => write!(f, "{}: {}", figure(&self.objective.scope, self.objective.quantity), one_line(&self.reason)),
        }
    }
}

/// `each chat ttft at most 500 ms`
impl fmt::Display for RequestLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, scope, low, high } = self;
        let text = |recorded| recorded_value(*metric, recorded);
        let of = scope.label().map(|label| format!("{} ", shortened(&label, LONGEST_NAME))).unwrap_or_default();
        write!(f, "each {of}{} ", metric.words())?;
        match (*low, *high) {
            (low, u64::MAX) => write!(f, "at least {}", text(low)),
            (0, high) => write!(f, "at most {}", text(high)),
            (low, high) => write!(f, "between {} and {}", text(low), text(high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::ms;
    use crate::slo::{Judged, Value, Verdict, error_rate, ttft};

    #[test]
    fn an_objective_reads_as_it_is_written() {
        assert_eq!(ttft("chat").p95().at_most(ms(250)).to_string(), "chat ttft p95 at most 250 ms");
        assert_eq!(error_rate().at_most(0.01).to_string(), "error rate at most 1 %");
    }

    #[test]
    fn what_was_measured_stands_before_its_limit() {
        let objective = ttft("a\nb").p95().at_most(ms(250));
        let value = Some(Value::from(ms(412)));
        let (interval, reason) = (None, String::new());
        let missed = Judged {
            objective,
            verdict: Verdict::Miss,
            value,
            interval,
            n: 9,
            failed: 0,
            effective: 9,
            reason,
            needs: None,
            decided_after: None,
        };
        assert_eq!(missed.to_string(), "a b ttft p95 412 ms, at most 250 ms");
        let invalid = Judged { value: None, reason: "no request\nwas made".to_owned(), ..missed };
        assert_eq!(invalid.to_string(), "a b ttft p95: no request was made");
    }
}
