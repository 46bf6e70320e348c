//! The table on the console and in Markdown.

use sse_load::prelude::*;
use sse_load::render::{markdown, markdown_block};
use sse_load::report::Report;
use sse_load::slo::Expected;

use super::cases;
use super::file::assert_golden;
use super::run::{Request, Run, chat};

/// The widest line of a table with ordinary names.
const WIDTH: usize = 100;

fn assert_tables(name: &str, report: &Report) {
    assert_golden(&format!("{name}.table.txt"), &report.to_string());
    assert_golden(&format!("{name}.md"), &markdown(report));
}

fn assert_narrow(report: &Report) {
    let text = report.to_string();
    let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
    assert!(widest.chars().count() <= WIDTH, "{} characters: {widest}", widest.chars().count());
}

macro_rules! tables {
    ($($case:ident),+ $(,)?) => {
        $(
            #[test]
            fn $case() {
                assert_tables(stringify!($case), &cases::$case());
            }
        )+
    };
}

tables! {
    all_well,
    goodput,
    customs,
    a_tenth_fails,
    everything,
    server,
    no_request,
    only_panics,
    only_cut_off,
    only_failures,
    absent_metrics,
    mixed_sources,
    hostile,
    long_texts,
    scales,
}

#[test]
fn ordinary_names_fit_into_a_hundred_columns() {
    let cases: [fn() -> Report; 5] =
        [cases::all_well, cases::a_tenth_fails, cases::only_failures, cases::mixed_sources, cases::long_texts];
    for case in cases {
        assert_narrow(&case());
    }
}

#[test]
fn a_remedy_is_never_cut_off() {
    let report = cases::long_texts();
    for text in [report.to_string(), markdown(&report), report.check([error_rate().at_most(0.0)]).to_string()] {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("(lines, a blank line after each event)"), "{text}");
        assert!(words.contains("`Connections::ca_certificate_pem`, from https://127.0.0.1:1"), "{text}");
    }
    assert!(report.to_string().contains("or as SSE_LOAD_HOST"), "{report}");
}

#[test]
fn no_foreign_text_reaches_the_terminal_as_a_control_character() {
    for text in [cases::hostile().to_string(), markdown(&cases::hostile())] {
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{text:?}");
    }
}

#[test]
fn every_row_of_a_markdown_table_has_the_cells_of_its_head() {
    for case in [cases::all_well, cases::everything, cases::hostile] {
        let report = case();
        let text = markdown(&report);
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
        let cells = |row: &str| row.replace("\\|", "").matches('|').count();
        assert!(rows.len() > 2 && rows.iter().all(|row| cells(row) == cells(rows[0])), "{text}");
    }
}

#[test]
fn markdown_begins_with_the_verdicts_and_folds_up_the_figures() {
    let mut report = cases::a_tenth_fails();
    let objectives = vec![ttft("chat_completion").p50().at_most(ms(50)), error_rate().at_most(0.01)];
    report.set_expected(Expected { objectives, ..Expected::default() });
    let text = markdown(&report);
    assert_golden("a_tenth_fails.expected.md", &text);
    assert!(text.starts_with("### `chat_ttft`: 2 of 2 objectives missed\n"), "{text}");
    let places = ["  MISS  ", "HTTP 503", "<details><summary>Figures", "| request |", "</details>", "Notes"];
    let places = places.map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}")));
    assert!(places.is_sorted(), "{places:?}: {text}");
}

#[test]
fn a_printed_block_is_a_comment_of_its_own() {
    let report = cases::hostile();
    let text = markdown_block(&report.check([error_rate().at_most(0.0)]));
    assert!(text.starts_with("### `ho'st\u{fffd}[1mile: 2 of 2 objectives missed`\n\n````text\nho`st"), "{text}");
    assert!(text.ends_with("\n````\n"), "{text}");
}

/// GitHub takes no longer comment, and one that is cut anywhere is of no use.
#[test]
fn markdown_of_a_huge_report_fits_into_a_comment() {
    let name = |number: u32| format!("a name with a number {number}");
    let mut run = Run::named("huge");
    for number in 0..24 {
        let request = Request { name: name(number), ..chat() };
        run.success(&request).failures(1, &request, &cases::unavailable());
    }
    run.success(&Request { name: name(7), ..chat() });
    let mut report = run.report();
    // Whose figures can't be had is said at once, and at length.
    let objectives: Vec<_> = (0..100).map(|number| ttft(format!("nothing {number}")).p50().at_most(ms(1))).collect();
    for text in [markdown(&report), markdown_block(&report.check(objectives.clone())), {
        report.set_expected(Expected { objectives, ..Expected::default() });
        markdown(&report)
    }] {
        assert!((20_000..=65_536).contains(&text.len()), "{}", text.len());
        assert!(text.contains("see report.html"), "{text}");
        assert_eq!(text.matches("```").count() % 2, 0, "every block is closed");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
    let text = markdown(&report);
    assert!(text.contains("| `ALL` | ") && text.contains(&format!("| `{}` | 3 |", name(7))), "{text}");
    assert!(text.contains(" more request names, with fewer requests: see report.html\n"), "{text}");
}

#[test]
fn equal_runs_give_equal_reports() {
    assert_eq!(cases::everything().to_string(), cases::everything().to_string());
}
