//! Numbers as people read them.

use std::time::Duration;

/// A count with its thousands apart: `1 204`.
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

/// A time in the unit that suits it, to three digits: `850 µs`, `41.2 ms`, `1.93 s`; `∞` for [`Duration::MAX`].
///
/// ```
/// use sse_load::render::duration;
/// use std::time::Duration;
///
/// assert_eq!(duration(Duration::from_micros(41_230)), "41.2 ms");
/// assert_eq!(duration(Duration::from_millis(412)), "412 ms");
/// assert_eq!(duration(Duration::MAX), "∞");
/// ```
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time {
        Duration::MAX => "∞".to_owned(),
        _ if seconds < 0.000_999_5 => format!("{} µs", time.as_micros()),
        _ if seconds < 0.999_5 => format!("{} ms", three_digits(seconds * 1e3)),
        _ if seconds < 599.5 => format!("{} s", three_digits(seconds)),
        _ => format!("{:.1} min", seconds / 60.0),
    }
}

/// The length of a run: `60.0 s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn three_digits(number: f64) -> String {
    let decimals = match number {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
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
            (600_000_000, "10.0 min"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), text, "{micros} µs");
        }
    }
}
