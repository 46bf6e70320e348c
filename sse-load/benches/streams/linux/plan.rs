//! What a contender's process is told to do, and what it tells of it.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

/// What goes wrong ends the bench.
pub(crate) type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many streams of which pace are open at once; each is followed by the next.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) streams: u32,
    /// To the first token, and between tokens.
    pub(crate) first: Duration,
    pub(crate) gap: Duration,
    /// Tokens of a stream.
    pub(crate) tokens: u32,
    /// The streams begin spread over this time.
    pub(crate) ramp: Duration,
}

impl Plan {
    /// Streams that last five seconds, which is the time over which they begin: so as many end at any time as begin.
    pub(crate) fn paced(streams: u32, tokens_a_second: u32) -> Self {
        let (gap, ramp) = (Duration::from_secs(1) / tokens_a_second, Duration::from_secs(5));
        Self { streams, first: Duration::from_millis(50), gap, tokens: 5 * tokens_a_second, ramp }
    }

    /// Requests that are answered at once, with one token.
    pub(crate) fn requests(users: u32) -> Self {
        Self { streams: users, first: Duration::ZERO, gap: Duration::ZERO, tokens: 1, ramp: Duration::ZERO }
    }

    pub(crate) fn path(&self) -> String {
        format!("/{}/{}/{}", self.first.as_micros(), self.gap.as_micros(), self.tokens)
    }

    /// From the first stream until it is measured: all are open then, and have been for a second.
    pub(crate) fn settled(&self) -> Duration {
        self.ramp + Duration::from_secs(1)
    }

    /// As arguments of a process.
    pub(crate) fn arguments(&self) -> [String; 5] {
        let micros = |time: Duration| time.as_micros().to_string();
        [self.streams.to_string(), micros(self.first), micros(self.gap), self.tokens.to_string(), micros(self.ramp)]
    }

    pub(crate) fn of_arguments(arguments: &[&str]) -> Fallible<Self> {
        let [streams, first, gap, tokens, ramp] = arguments else { return Err("a plan has five numbers".into()) };
        let micros = |text: &str| text.parse().map(Duration::from_micros);
        let (first, gap, ramp) = (micros(first)?, micros(gap)?, micros(ramp)?);
        Ok(Self { streams: streams.parse()?, first, gap, tokens: tokens.parse()?, ramp })
    }
}

/// Lines of a name and a number.
#[derive(Debug, Default)]
pub(crate) struct Figures(HashMap<String, f64>);

impl Figures {
    pub(crate) fn read(&mut self, lines: &str) {
        let pairs = lines.lines().filter_map(|line| line.split_once(' '));
        self.0.extend(pairs.filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?))));
    }

    pub(crate) fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }
}
