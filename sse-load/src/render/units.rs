//! Numbers as people read them.

use std::time::Duration;

use crate::stats::Rate;

/// A count with its thousands apart.
///
/// ```
/// assert_eq!(sse_load::render::count(71_934), "71 934");
/// ```
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count of things: `1 user`, `50 users`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// So many per second, the number alone, its thousands apart.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is positive, and no rate is near 2^64"
)]
pub(super) fn rate(rate: Rate) -> String {
    if rate.get() >= 999.5 { count(rate.get().round() as u64) } else { rate.number() }
}

/// A time in the unit that suits it, to three digits at most; `∞` for [`Duration::MAX`].
///
/// ```
/// use sse_load::render::duration;
/// use std::time::Duration;
///
/// assert_eq!(duration(Duration::from_micros(850)), "850 µs");
/// assert_eq!(duration(Duration::from_micros(41_230)), "41.2 ms");
/// assert_eq!(duration(Duration::from_millis(60)), "60 ms");
/// assert_eq!(duration(Duration::MAX), "∞");
/// ```
#[must_use]
pub fn duration(time: Duration) -> String {
    let text = full_duration(time);
    let Some((number, unit)) = text.split_once(' ') else { return text };
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number} {unit}")
}

/// The same with all three digits, for columns: `60.0 ms` under `60.4 ms`.
pub(super) fn full_duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time {
        Duration::MAX => "∞".to_owned(),
        _ if seconds < 0.000_999_5 => format!("{} µs", time.as_micros()),
        _ if seconds < 0.999_5 => format!("{} ms", three_digits(seconds * 1e3)),
        _ if seconds < MINUTES_FROM => format!("{} s", three_digits(seconds)),
        _ => format!("{:.1} min", seconds / 60.0),
    }
}

/// Times from here on are read in minutes.
const MINUTES_FROM: f64 = 599.5;

/// The length of a run, or a moment within it.
///
/// ```
/// use sse_load::render::seconds;
/// use std::time::Duration;
///
/// assert_eq!(seconds(Duration::from_secs(60)), "60.0 s");
/// assert_eq!(seconds(Duration::from_secs(5_400)), "90.0 min");
/// ```
#[must_use]
pub fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < MINUTES_FROM { format!("{seconds:.1} s") } else { format!("{:.1} min", seconds / 60.0) }
}

fn three_digits(number: f64) -> String {
    let decimals = match number {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_204, "1 204"), (71_934, "71 934"), (1_000_000, "1 000 000")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn the_unit_changes_where_three_digits_do() {
        for (micros, text) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1 ms"),
            (9_996, "10 ms"),
            (99_960, "100 ms"),
            (999_400, "999 ms"),
            (999_600, "1 s"),
            (1_930_000, "1.93 s"),
            (599_000_000, "599 s"),
            (600_000_000, "10 min"),
            (3_600_000_000, "60 min"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), text, "{micros} µs");
        }
    }

    #[test]
    fn columns_keep_all_digits() {
        for (micros, text) in [(850, "850 µs"), (1_000, "1.00 ms"), (60_000, "60.0 ms"), (100_000, "100 ms")] {
            assert_eq!(full_duration(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(
            (counted(1, "user"), counted(0, "user"), counted(1_200, "user")),
            ("1 user".into(), "0 users".into(), "1 200 users".into())
        );
    }

    #[test]
    fn rates_have_their_thousands_apart() {
        for (per_second, text) in [(0.0, "0"), (36.04, "36"), (999.4, "999"), (1_234.5, "1 235"), (71_934.2, "71 934")]
        {
            assert_eq!(rate(Rate::per_sec(per_second)), text);
        }
    }
}
