//! The metrics of a request.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of the metrics' definitions. It changes when a metric changes its meaning: figures of other definitions don't compare.
///
/// 2: an event's moment is that of its arrival by the kernel's stamp where there is one; with 1 it was that of the read that brought it.
pub const DEFINITIONS: u32 = 2;

#[doc = include_str!("../../docs/metrics.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// Time to first token: the first generated event − start.
    Ttft,
    /// Time to first token from the scheduled begin, in the open loop: free of coordinated omission.
    TtftSched,
    /// Time to first output: the first generated event that is no reasoning − start.
    Ttfo,
    /// Inter-chunk latency: every gap between successive generated events.
    Icl,
    /// Inter-token latency: every gap, shared by the tokens of its later event.
    Itl,
    /// The largest gap of a request.
    MaxStall,
    /// Time per output token after the first.
    Tpot,
    /// Tokens a second that one user sees: 1 / tpot, of a failed request 0.
    TokSUser,
    /// The last generated event − start.
    E2e,
    /// The terminal marker, or the end of the body − start.
    ProcessingTime,
    /// The response head − start; a diagnostic.
    Ttfb,
    /// The connection − start, 0 where a kept one was reused; a diagnostic.
    Connect,
    /// How long an arrival of the open loop waited for a free user: the server's back-pressure.
    Queue,
    /// How late a request of the open loop began although a user was free: the generator's own fault.
    Lag,
    /// Tokens of the prompt.
    PromptTokens,
    /// Tokens of the reply, reasoning included.
    CompletionTokens,
}

impl Metric {
    /// How many metrics there are.
    pub const COUNT: usize = Self::ALL.len();

    /// All of them, in the order of reports.
    pub const ALL: [Self; 16] = [
        Self::Ttft,
        Self::TtftSched,
        Self::Ttfo,
        Self::Icl,
        Self::Itl,
        Self::MaxStall,
        Self::Tpot,
        Self::TokSUser,
        Self::E2e,
        Self::ProcessingTime,
        Self::Ttfb,
        Self::Connect,
        Self::Queue,
        Self::Lag,
        Self::PromptTokens,
        Self::CompletionTokens,
    ];

    /// The metric as reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::TtftSched => "ttft_sched",
            Self::Ttfo => "ttfo",
            Self::Icl => "icl",
            Self::Itl => "itl",
            Self::MaxStall => "max_stall",
            Self::Tpot => "tpot",
            Self::TokSUser => "tok_s_user",
            Self::E2e => "e2e",
            Self::ProcessingTime => "processing_time",
            Self::Ttfb => "ttfb",
            Self::Connect => "connect",
            Self::Queue => "queue",
            Self::Lag => "lag",
            Self::PromptTokens => "prompt_tokens",
            Self::CompletionTokens => "completion_tokens",
        }
    }

    /// Whether its values are plain counts.
    #[must_use]
    pub const fn is_count(self) -> bool {
        matches!(self, Self::PromptTokens | Self::CompletionTokens)
    }

    /// Whether its values are rates, of which the least is the worst. All that are neither counts nor rates are times.
    #[must_use]
    pub const fn is_rate(self) -> bool {
        matches!(self, Self::TokSUser)
    }

    /// The metric as sentences name it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::TokSUser => "token rate per user".to_owned(),
            metric => metric.name().replace('_', " "),
        }
    }

    /// Whether a request that failed takes part: as +∞, and in a rate as 0. Not in [`Icl`](Self::Icl) and [`Itl`](Self::Itl), whose samples are gaps and not requests,
    /// not in token counts, which say how large a reply was and not how good, and not in [`Queue`](Self::Queue) and
    /// [`Lag`](Self::Lag), which failed requests have too.
    #[must_use]
    pub const fn counts_failures(self) -> bool {
        !self.is_count() && !matches!(self, Self::Icl | Self::Itl | Self::Queue | Self::Lag)
    }

    /// Whether its value rests on the number of tokens, and so on where that number came from.
    #[must_use]
    pub const fn needs_tokens(self) -> bool {
        matches!(self, Self::Tpot | Self::TokSUser | Self::CompletionTokens)
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_stands_at_its_index() {
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric.index(), place);
        }
    }
}
