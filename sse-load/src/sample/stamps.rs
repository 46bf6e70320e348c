//! The moments of a request, and the metrics defined by them.

use std::time::Duration;

use super::Metric;
use crate::clock::Timestamp;

/// What was seen when in one request. Every stamp of an event is that of its last byte's arrival, by the kernel where it tells,
/// and else by the socket read that brought it.
///
/// ```
/// use sse_load::clock::{Timestamp, ms};
/// use sse_load::sample::{Metric, Stamps};
///
/// let start = Timestamp::from_nanos(0);
/// let generated = vec![start + ms(50), start + ms(70), start + ms(110)];
/// let stamps = Stamps { generated, ..Stamps::starting(start) };
///
/// assert_eq!(stamps.duration(Metric::Ttft, None), Some(ms(50)));
/// assert_eq!(stamps.duration(Metric::Tpot, Some(5)), Some(ms(15)));
/// assert_eq!(stamps.duration(Metric::Ttfb, None), None);
/// assert_eq!(stamps.gaps().collect::<Vec<_>>(), [ms(20), ms(40)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    /// The request begins; URL, headers and body are built.
    pub start: Timestamp,
    /// When the request should have begun, in the open loop.
    pub schedule: Option<Schedule>,
    /// The connection that the response came on; `None` without a response.
    pub connection: Option<Connection>,
    /// The response head is complete.
    pub headers: Option<Timestamp>,
    /// Each generated event.
    pub generated: Vec<Timestamp>,
    /// How long generated events lay in the socket's buffer, in microseconds: those that the kernel stamped when they arrived. The
    /// others have the stamp of the read that brought them.
    pub buffered: Vec<u32>,
    /// The first generated event that is not reasoning.
    pub first_output: Option<Timestamp>,
    /// The last terminal marker.
    pub terminal: Option<Timestamp>,
    /// The body ended, or the failure happened.
    pub end: Timestamp,
    /// Tokens of each generated event, up to the first one whose tokens the stream does not tell.
    pub tokens: Vec<u32>,
}

/// When the first request of an arrival should have begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// By the schedule of arrivals.
    pub at: Timestamp,
    /// When a user was free for it.
    pub ready: Timestamp,
    /// What the task itself did before: no fault of the generator, and none of the server.
    pub own: Duration,
}

/// The connection that a request went out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The request opened it; it was usable at this moment, after name resolution, TCP and TLS.
    Opened(Timestamp),
    /// It was there already.
    Reused,
}

impl Stamps {
    /// The stamps of a request that begins at `start`.
    #[must_use]
    pub fn starting(start: Timestamp) -> Self {
        Self { start, end: start, ..Self::default() }
    }

    /// When the request should have begun: by the schedule in the open loop, when it did begin in the closed one.
    #[must_use]
    pub fn intended(&self) -> Timestamp {
        self.schedule.map_or(self.start, |schedule| schedule.at)
    }

    /// Inter-chunk latencies: every gap between successive generated events, in order. Zero is a value: both came in one read.
    pub fn gaps(&self) -> impl Iterator<Item = Duration> + '_ {
        self.generated.windows(2).map(|pair| pair[1] - pair[0])
    }

    /// The tokens of all generated events, if the stream tells those of each.
    #[must_use]
    pub fn all_tokens(&self) -> Option<u64> {
        let known = !self.tokens.is_empty() && self.tokens.len() == self.generated.len();
        known.then(|| self.tokens.iter().copied().map(u64::from).sum())
    }

    /// Inter-token latencies: every gap divided by the tokens of its later event, with that number of tokens as its weight.
    /// Nothing unless the stream tells the tokens of every generated event; an event of no token has no share in it.
    pub fn token_gaps(&self) -> impl Iterator<Item = (Duration, u32)> + '_ {
        let known = self.tokens.len() == self.generated.len();
        let later = self.tokens.iter().skip(1).copied().filter(move |_| known);
        self.gaps().zip(later).filter(|(_, tokens)| *tokens > 0).map(|(gap, tokens)| (gap / tokens, tokens))
    }

    /// The value of a time metric that has one value a request; `None` where it is absent, and for [`Metric::Icl`], [`Metric::Itl`], rates and counts.
    ///
    /// `tokens` is the number of tokens of the reply, for [`Metric::Tpot`].
    #[must_use]
    pub fn duration(&self, metric: Metric, tokens: Option<u64>) -> Option<Duration> {
        match metric {
            Metric::Connect => match self.connection? {
                Connection::Opened(at) => Some(at - self.start),
                Connection::Reused => Some(Duration::ZERO),
            },
            Metric::Ttfb => self.since_start(self.headers),
            Metric::TtftSched => Some(*self.generated.first()? - self.schedule?.at),
            Metric::Queue => self.schedule.map(|schedule| schedule.ready - schedule.at),
            Metric::Lag => self.schedule.map(|schedule| self.lag(schedule)),
            Metric::Ttft => self.since_start(self.generated.first().copied()),
            Metric::Ttfo => self.since_start(self.first_output),
            Metric::E2e => self.since_start(self.generated.last().copied()),
            Metric::ProcessingTime => self.since_start(Some(self.terminal.unwrap_or(self.end))),
            Metric::MaxStall => self.gaps().max(),
            Metric::Tpot => self.tpot(tokens?),
            Metric::Icl | Metric::Itl | Metric::TokSUser | Metric::PromptTokens | Metric::CompletionTokens => None,
        }
    }

    fn lag(&self, Schedule { at, ready, own }: Schedule) -> Duration {
        (self.start - at.max(ready)).saturating_sub(own)
    }

    /// (last generated − first generated) / (N − n), n the tokens of the first event or 1 where the stream does not say; `None` if N ≤ n.
    fn tpot(&self, tokens: u64) -> Option<Duration> {
        let span = *self.generated.last()? - *self.generated.first()?;
        let later =
            tokens.checked_sub(u64::from(self.tokens.first().copied().unwrap_or(1))).filter(|later| *later > 0)?;
        let nanos = span.as_nanos() / u128::from(later);
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    fn since_start(&self, moment: Option<Timestamp>) -> Option<Duration> {
        moment.map(|moment| moment - self.start)
    }

    /// The share of the reply that came from `begin` to `end`, if there is an end: of its tokens where the stream tells those of each
    /// event, of its generated events otherwise; 1 where no event came.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a reply has far fewer than 2^52 events")]
    pub fn share_within(&self, begin: Timestamp, end: Option<Timestamp>) -> f64 {
        let all = self.generated.len();
        if all == 0 {
            return 1.0;
        }
        let before = self.generated.partition_point(|stamp| *stamp < begin);
        let until = end.map_or(all, |end| self.generated.partition_point(|stamp| *stamp <= end));
        let within = before..until.max(before);
        match self.all_tokens() {
            Some(tokens) if tokens > 0 => {
                let came: u64 = self.tokens[within].iter().copied().map(u64::from).sum();
                came as f64 / tokens as f64
            }
            _ => within.len() as f64 / all as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * MS)
    }

    fn stamps(generated: &[u64]) -> Stamps {
        Stamps {
            connection: Some(Connection::Opened(at(103))),
            headers: Some(at(110)),
            generated: generated.iter().map(|ms| at(*ms)).collect(),
            terminal: Some(at(400)),
            end: at(450),
            ..Stamps::starting(at(100))
        }
    }

    fn ms(metric: Metric, stamps: &Stamps, tokens: Option<u64>) -> Option<u128> {
        stamps.duration(metric, tokens).map(|value| value.as_millis())
    }

    #[test]
    fn each_metric_is_measured_from_the_start() {
        let stamps = stamps(&[150, 170, 230]);
        assert_eq!(ms(Metric::Connect, &stamps, None), Some(3));
        assert_eq!(ms(Metric::Ttfb, &stamps, None), Some(10));
        assert_eq!(ms(Metric::Ttft, &stamps, None), Some(50));
        assert_eq!(ms(Metric::E2e, &stamps, None), Some(130));
        assert_eq!(ms(Metric::ProcessingTime, &stamps, None), Some(300));
        assert_eq!(ms(Metric::MaxStall, &stamps, None), Some(60));
        assert_eq!(stamps.gaps().map(|gap| gap.as_millis()).collect::<Vec<_>>(), [20, 60]);
    }

    #[test]
    fn a_reused_connection_takes_no_time() {
        let stamps = Stamps { connection: Some(Connection::Reused), ..stamps(&[150]) };
        assert_eq!(ms(Metric::Connect, &stamps, None), Some(0));
    }

    #[test]
    fn what_is_absent_is_none_and_never_zero() {
        let nothing = Stamps::starting(at(100));
        for metric in
            [Metric::Connect, Metric::Ttfb, Metric::Ttft, Metric::Ttfo, Metric::E2e, Metric::MaxStall, Metric::Tpot]
        {
            assert_eq!(ms(metric, &nothing, Some(5)), None, "{metric}");
        }
        assert_eq!(ms(Metric::MaxStall, &stamps(&[150]), None), None);
    }

    #[test]
    fn the_processing_time_ends_with_the_body_where_there_is_no_marker() {
        let stamps = Stamps { terminal: None, ..stamps(&[150]) };
        assert_eq!(ms(Metric::ProcessingTime, &stamps, None), Some(350));
    }

    #[test]
    fn tpot_leaves_out_the_tokens_of_the_first_event() {
        let mut stamps = stamps(&[150, 170, 230]);
        assert_eq!(ms(Metric::Tpot, &stamps, Some(5)), Some(20));
        stamps.tokens = vec![3];
        assert_eq!(ms(Metric::Tpot, &stamps, Some(5)), Some(40));
        assert_eq!(ms(Metric::Tpot, &stamps, Some(3)), None);
        assert_eq!(ms(Metric::Tpot, &stamps, None), None);
    }

    #[test]
    fn a_gap_is_shared_by_the_tokens_of_its_later_event() {
        let token_gaps = |tokens: &[u32]| {
            let stamps = Stamps { tokens: tokens.to_vec(), ..stamps(&[150, 170, 230, 230]) };
            stamps.token_gaps().map(|(gap, tokens)| (gap.as_millis(), tokens)).collect::<Vec<_>>()
        };
        assert_eq!(token_gaps(&[9, 2, 3, 1]), [(10, 2), (20, 3), (0, 1)]);
        assert_eq!(token_gaps(&[9, 2, 0, 1]), [(10, 2), (0, 1)]);
        assert_eq!(token_gaps(&[9, 2, 3]), [], "one event is unknown, so nothing is guessed");
    }

    #[test]
    fn the_share_within_a_window_counts_events() {
        let stamps = stamps(&[150, 170, 230, 240]);
        let share = |begin, end: Option<u64>| stamps.share_within(at(begin), end.map(at));
        let windows = [(0, Some(170)), (0, Some(500)), (0, Some(100)), (160, Some(235)), (240, None), (0, None)];
        let shares: Vec<_> = windows.into_iter().map(|(begin, end)| share(begin, end)).collect();
        assert_eq!(shares, [0.5, 1.0, 0.0, 0.5, 0.25, 1.0]);
    }

    #[test]
    fn the_share_within_a_window_is_that_of_the_tokens_where_they_are_known() {
        let stamps = Stamps { tokens: vec![99, 1], ..stamps(&[150, 170]) };
        let share = |begin, end| stamps.share_within(at(begin), Some(at(end)));
        assert_eq!(vec![share(0, 160), share(160, 200), share(160, 165)], [0.99, 0.01, 0.0]);
        assert_eq!(stamps.all_tokens(), Some(100));
        assert_eq!(Stamps { tokens: vec![99], ..stamps }.all_tokens(), None, "one is unknown");
    }

    #[test]
    fn what_an_arrival_waited_for_is_told_apart() {
        let with_own = |sched, ready, own| Stamps {
            schedule: Some(Schedule { at: at(sched), ready: at(ready), own: Duration::from_millis(own) }),
            ..stamps(&[150])
        };
        let scheduled = |sched, ready| with_own(sched, ready, 0);
        let of = |stamps: Stamps| {
            let ms = |metric| ms(metric, &stamps, None);
            (ms(Metric::TtftSched), ms(Metric::Queue), ms(Metric::Lag), ms(Metric::Ttft))
        };
        // The request begins at 100 and its first token comes at 150.
        assert_eq!(of(scheduled(98, 98)), (Some(52), Some(0), Some(2), Some(50)), "the generator was late");
        assert_eq!(of(scheduled(40, 99)), (Some(110), Some(59), Some(1), Some(50)), "no user was free");
        assert_eq!(of(with_own(40, 50, 48)), (Some(110), Some(10), Some(2), Some(50)), "the task did something first");
        assert_eq!(of(stamps(&[150])), (None, None, None, Some(50)), "the closed loop has no schedule");
        assert_eq!((scheduled(40, 99).intended(), stamps(&[150]).intended()), (at(40), at(100)));
    }
}
