//! When each token of one request is due.

use std::time::Duration;

use super::random::{Draw, unit};
use super::script::Script;

/// The absolute schedule of one stream: event i is due at `ttft + i * inter_token` after the request, plus its jitter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    pub(super) tokens: u32,
    /// Tokens that share an event.
    pub(super) bundle: u32,
    ttft: Duration,
    inter_token: Duration,
    jitter: f64,
    seed: u64,
    request: u64,
}

impl Schedule {
    /// The schedule of the request with this number; the same for each run with the same seed.
    pub(super) fn draw(script: &Script, seed: u64, request: u64) -> Self {
        let factor = |draw| 1.0 + script.vary * (2.0 * unit(seed, request, draw) - 1.0);
        let fixed = script.dialect.fixed_tokens();
        Self {
            tokens: fixed.unwrap_or_else(|| scaled_count(script.tokens, factor(Draw::Tokens))),
            bundle: script.bundle,
            ttft: scaled(script.ttft, factor(Draw::Ttft)),
            inter_token: script.inter_token,
            jitter: script.jitter,
            seed,
            request,
        }
    }

    /// When the first token is due, after the request.
    pub(super) fn ttft(&self) -> Duration {
        self.ttft
    }

    /// When the event of this token (the first is 0) is due, after the request. Later tokens are never due earlier.
    pub(super) fn due(&self, token: u32) -> Duration {
        let event = token / self.bundle;
        let exact = self.ttft.saturating_add(self.inter_token.saturating_mul(event));
        if event == 0 || self.jitter == 0.0 {
            return exact;
        }
        let moved = self.jitter * unit(self.seed, self.request, Draw::Jitter(event));
        exact
            .saturating_add(scaled(self.inter_token, moved))
            .saturating_sub(scaled(self.inter_token, self.jitter / 2.0))
    }
}

fn scaled(duration: Duration, factor: f64) -> Duration {
    // Whole durations stay exact: a factor of one must not round through a float.
    if (factor - 1.0).abs() < f64::EPSILON {
        return duration;
    }
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// At least one token stays one token, or the variation would make empty streams.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the factor is from 0 to 2 and the cast saturates"
)]
fn scaled_count(count: u32, factor: f64) -> u32 {
    ((f64::from(count) * factor).round() as u32).max(count.min(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn script() -> Script {
        Script::new().ttft(200 * MS).inter_token(20 * MS).tokens(50)
    }

    #[test]
    fn the_schedule_has_no_drift() {
        let schedule = Schedule::draw(&script(), 1, 1);
        assert_eq!(schedule.due(0), 200 * MS);
        assert_eq!(schedule.due(1), 220 * MS);
        assert_eq!(schedule.due(1_000_000), 200 * MS + 20 * MS * 1_000_000);
    }

    #[test]
    fn tokens_of_one_bundle_are_due_together() {
        let schedule = Schedule::draw(&script().bundle(4), 1, 1);
        let due = [0, 3, 4, 7, 8].map(|token| schedule.due(token));
        assert_eq!(due, [200, 200, 220, 220, 240].map(|millis| millis * MS));
    }

    #[test]
    fn jitter_moves_tokens_around_their_place_and_keeps_their_order() {
        let script = script().jitter(1.0);
        let schedule = Schedule::draw(&script, 1, 1);
        let due: Vec<_> = (0..1_000).map(|token| schedule.due(token)).collect();
        assert!(due.is_sorted());
        assert_eq!(due[0], 200 * MS);
        let offsets: Vec<_> = (1..)
            .zip(&due[1..])
            .map(|(token, due)| (*due + 10 * MS).saturating_sub(200 * MS + 20 * MS * token))
            .collect();
        assert!(offsets.iter().all(|offset| *offset < 20 * MS));
        assert!(offsets.iter().any(|offset| *offset < 2 * MS));
        assert!(offsets.iter().any(|offset| *offset > 18 * MS));
    }

    #[test]
    fn variation_stays_within_its_share() {
        let script = script().vary(0.5);
        let drawn: Vec<_> = (1..1_000).map(|request| Schedule::draw(&script, 1, request)).collect();
        assert!(drawn.iter().all(|one| (25..=75).contains(&one.tokens)));
        assert!(drawn.iter().all(|one| (100 * MS..=300 * MS).contains(&one.ttft())));
        assert!(drawn.iter().any(|one| one.tokens < 30) && drawn.iter().any(|one| one.tokens > 70));
    }

    #[test]
    fn the_same_request_of_the_same_seed_has_the_same_schedule() {
        let script = script().vary(0.5).jitter(0.5);
        let due = |seed, request| {
            let schedule = Schedule::draw(&script, seed, request);
            (schedule.tokens, schedule.due(0), schedule.due(7))
        };
        assert_eq!(due(1, 5), due(1, 5));
        assert_ne!(due(1, 5), due(1, 6));
        assert_ne!(due(1, 5), due(2, 5));
    }

    #[test]
    fn extreme_durations_saturate() {
        let script = Script::new().ttft(Duration::MAX).inter_token(Duration::MAX).jitter(1.0).vary(1.0);
        for request in 0..100 {
            Schedule::draw(&script, 1, request).due(u32::MAX);
        }
    }
}
