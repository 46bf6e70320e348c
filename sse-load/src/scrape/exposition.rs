//! Prometheus' text format, version 0.0.4, and what `OpenMetrics` adds to it: <https://prometheus.io/docs/instrumenting/exposition_formats>.

/// One value of a text: a line of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample<'t> {
    /// The name of the metric.
    pub(super) name: &'t str,
    /// What stands between the braces, as it is: it tells the values of one name apart.
    pub(super) labels: &'t str,
    /// The value; not always a finite number.
    pub(super) value: f64,
}

/// The values of a text, and how many lines are none though they should be.
pub(super) fn samples(text: &str) -> (impl Iterator<Item = Sample<'_>>, usize) {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    (lines().filter_map(sample), lines().filter(|line| sample(line).is_none()).count())
}

/// A line that is no comment: `name{label="value",..} 1.5`; what follows the value (a timestamp, an exemplar) is of no interest here.
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(|c: char| !is_of_name(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => ("", rest),
    };
    let is_name = name.starts_with(|c: char| !c.is_ascii_digit());
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    is_name.then_some(Sample { name, labels, value })
}

/// What stands before the brace that closes, and what behind it. Values of labels may hold braces, and quotes behind a backslash.
fn labels(text: &str) -> Option<(&str, &str)> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '}' if !is_quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<Sample<'_>>, usize) {
        let (samples, unreadable) = samples(text);
        (samples.collect(), unreadable)
    }

    #[test]
    fn each_line_is_a_value_whatever_stands_around_it() {
        let text = "# HELP vllm:num_requests_waiting Waiting.\n# TYPE vllm:num_requests_waiting gauge\n\
                    vllm:num_requests_waiting{engine=\"0\",model_name=\"a}b\\\"{\\\\\"} 12.0\r\n\n\
                    plain 3 1395066363000\n spaced { a=\"b\" , } \t 1e3\n\
                    exemplar_bucket{le=\"1\"} 8 # {trace_id=\"x\"} 0.67 1.5\n\
                    odd{a=\"1\"}NaN\nodd +Inf\nodd -Inf\n# EOF\n";
        let (samples, unreadable) = read(text);
        let values: Vec<_> = samples.iter().map(|sample| (sample.name, sample.value)).collect();
        assert_eq!(unreadable, 0);
        assert_eq!(
            values[..4],
            [("vllm:num_requests_waiting", 12.0), ("plain", 3.0), ("spaced", 1e3), ("exemplar_bucket", 8.0)]
        );
        assert_eq!(samples[0].labels, r#"engine="0",model_name="a}b\"{\\""#);
        assert!(values[4].1.is_nan() && values[5].1 == f64::INFINITY && values[6].1 == f64::NEG_INFINITY);
    }

    #[test]
    fn what_is_no_value_is_counted() {
        for line in ["<html>", "name", "name{a=\"b\" 1", "name{a=\"} 1", "1name 1", "{a=\"b\"} 1", "name one", "é 1"] {
            let (samples, unreadable) = read(line);
            assert_eq!((samples.len(), unreadable), (0, 1), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            let (samples, unreadable) = read(&text);
            prop_assert!(samples.len() + unreadable <= text.lines().count());
        }

        #[test]
        fn what_was_written_is_read(
            name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
            labels in prop::collection::vec(("[a-z]{1,5}", "(?s).{0,10}"), 0..4),
            value in prop::num::f64::NORMAL,
            stamp in prop::option::of(any::<i64>()),
        ) {
            let escaped = |text: &str| text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n").replace('\r', "");
            // The format knows line feeds alone as ends of lines; other controls end none.
            let labels: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            let stamp = stamp.map(|stamp| format!(" {stamp}")).unwrap_or_default();
            let text = format!("# c\n{name}{{{}}} {value}{stamp}\n", labels.join(","));
            let (samples, unreadable) = read(&text);
            prop_assert_eq!((samples.len(), unreadable), (1, 0), "{}", text);
            prop_assert_eq!(samples[0].name, name);
            prop_assert_eq!(samples[0].labels, labels.join(","));
            prop_assert_eq!(samples[0].value.to_bits(), value.to_bits());
        }
    }
}
