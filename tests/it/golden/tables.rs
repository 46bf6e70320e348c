//! The table on the console and in Markdown.

use sse_load::render::markdown;
use sse_load::report::Report;

use super::cases;
use super::file::assert_golden;

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
    a_tenth_fails,
    everything,
    no_request,
    only_panics,
    only_cut_off,
    only_failures,
    absent_metrics,
    mixed_sources,
    hostile,
    scales,
}

#[test]
fn ordinary_names_fit_into_a_hundred_columns() {
    for report in [cases::all_well(), cases::a_tenth_fails(), cases::only_failures(), cases::mixed_sources()] {
        assert_narrow(&report);
    }
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
    for report in [cases::all_well(), cases::everything(), cases::hostile()] {
        let text = markdown(&report);
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
        let cells = |row: &str| row.replace("\\|", "").matches('|').count();
        assert!(rows.len() > 2 && rows.iter().all(|row| cells(row) == cells(rows[0])), "{text}");
    }
}

#[test]
fn equal_runs_give_equal_reports() {
    assert_eq!(cases::everything().to_string(), cases::everything().to_string());
}
