//! The report as a page.

use std::time::Duration;

use sse_load::prelude::*;
use sse_load::render::{capacity_page, comparison_page, curve_page, dashboard, hosts_page, html};
use sse_load::report::Report;
use sse_load::sample::Outcome;
use sse_load::slo::Expected;

use super::file::assert_golden;
use super::markup::assert_well_formed;
use super::run::{Request, Run, chat};
use super::{baselines, cases, curves, hosts};

/// What a mail server takes.
const LARGEST: usize = 2_000_000;

#[test]
fn a_page() {
    let mut report = cases::a_tenth_fails();
    let objectives = vec![ttft("chat_completion").p50().at_most(ms(50)), error_rate().at_most(0.2)];
    report.set_expected(Expected { objectives, ..Expected::default() });
    assert_page("a_tenth_fails.html", &html(&report));
}

#[test]
fn pages_of_several_runs() {
    let comparison = baselines::changed().compare_with("main", &cases::all_well());
    assert_page("changed.baseline.html", &comparison_page(&comparison));
    assert_page("found.capacity.html", &capacity_page(&curves::found()));
    assert_page("sweep.curve.html", &curve_page(curves::found().curve()));
    assert_page("slower.hosts.html", &hosts_page(&hosts::slower()));
}

/// A line for each element, so that a change can be read; of drawings what they say, since their strokes are many.
#[track_caller]
fn assert_page(name: &str, page: &str) {
    assert_well_formed(page);
    let body = &page[page.find("<body>").expect("a body")..page.rfind("<script>").expect("a script")];
    let body = without(&without(body, "</desc>", "</svg>"), "<script type=\"application/json\">", "</script>");
    assert_golden(name, &format!("{}\n", body.replace("><", ">\n<")));
}

/// The text without what stands between these.
fn without(text: &str, from: &str, to: &str) -> String {
    let mut parts = text.split(from);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, after) = part.split_once(to).expect("both come in turn");
        kept.extend([from, to, after]);
    }
    kept
}

#[test]
fn what_the_server_told_stands_under_the_time_to_first_token_on_the_same_axis() {
    let page = html(&cases::server());
    let place = |id: &str| page.find(&format!("<figure class=\"plot wide\" id=\"{id}\">")).expect(id);
    let places = ["ttft-all", "server-requests", "server-cache"].map(place);
    assert!(places.is_sorted() && places[2] < page.find("id=\"icl-all\"").expect("a plot"), "{places:?}");
    // The first axis of a drawing is that of time: its ticks, up to the first that is none of it.
    let axis = |at: usize| {
        let drawing = page[at..].split_once("</desc>").and_then(|(_, drawing)| drawing.split_once("</g>"));
        let ticks = drawing.map_or("", |(axes, _)| axes).split("<text").filter(|text| text.contains(" s\n</text>"));
        ticks.map(|tick| tick.split(" dy=").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert!(axis(places[0]).len() > 4, "{:?}", axis(places[0]));
    assert_eq!(axis(places[0]), axis(places[1]));
    assert_eq!(axis(places[0]), axis(places[2]));
    for told in [
        "waiting from 0 to 12",
        "running from 48 to 48",
        "KV cache in use from ",
        " to 92.8 %",
        "generated from 1 234 to 1 234",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(page.contains("Server: gateway_queue_length"));
}

#[test]
fn no_foreign_text_is_markup() {
    let page = html(&cases::hostile());
    let scripts = page.matches("<script").count();
    assert_eq!(scripts, page.matches("</script>").count());
    assert_eq!(scripts, page.matches("<script type=\"application/json\">").count() + 1, "only ours");
    assert!(page.contains("&lt;script&gt;alert(1)"), "the name is shown");
    assert_eq!(page.chars().find(|c| c.is_control() && *c != '\n'), None);
}

#[test]
fn a_page_loads_nothing() {
    let cases: [fn() -> Report; 3] = [cases::everything, cases::no_request, cases::only_failures];
    for case in cases {
        let page = html(&case());
        assert!(page.contains("default-src 'none'"));
        for reference in ["src=", "href=", "url(", "@import", "fetch("] {
            assert!(!page.contains(reference), "{reference}");
        }
    }
}

#[test]
fn a_page_of_a_run_has_the_sections_of_its_report_and_says_that_verdicts_stand() {
    let mut report = cases::everything();
    let objectives = vec![ttft("chat_completion").p50().at_most(ms(50))];
    let page = html(&report);
    let (last, first) = (dashboard::sections(&report, true), dashboard::sections(&report, false));
    assert!(page.contains(&format!("<main>{last}</main>")));
    assert!(first.contains("Nothing is declared by .expect([..])") && !last.contains("so far"), "{first}");
    report.set_expected(Expected { objectives, ..Expected::default() });
    assert!(dashboard::sections(&report, false).contains("As it stands: "));
    let rest = |sections: &str| sections.split_once("id=\"summary\"").expect("a summary").1.to_owned();
    assert_eq!(rest(&first), rest(&last));
    let hostile = cases::hostile();
    let texts = [dashboard::page(hostile.name(), hostile.plan(), "1"), dashboard::sections(&hostile, false)];
    assert!(texts.iter().all(|text| !text.contains("<script>alert")), "{texts:?}");
}

#[test]
fn every_report_has_a_page() {
    let all: [fn() -> Report; 8] = [
        cases::all_well,
        cases::goodput,
        cases::customs,
        cases::no_request,
        cases::only_panics,
        cases::only_cut_off,
        cases::only_failures,
        cases::scales,
    ];
    for case in all {
        let page = html(&case());
        for wrong in ["NaN", "inf", "could not"] {
            assert!(!page.split("<script>").next().unwrap_or_default().contains(wrong), "{wrong}: {page}");
        }
        let mut ids: Vec<_> = page.match_indices(" id=\"").map(|(at, _)| &page[at..at + 40]).collect();
        let number = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), number, "no two elements have one id");
    }
}

/// 1,000 users for ten minutes, with delays that are spread over three powers of ten, and names of their own.
#[test]
fn a_long_run_of_many_users_fits_into_a_mail() {
    let mut run = Run::named("long");
    run.facts().window = secs(600);
    for number in 0..60_000_u32 {
        let spread = 1.0 + f64::from(number.wrapping_mul(2_654_435_761) % 1_000);
        let request = Request {
            name: format!("name {}", number % 6),
            ttft: ms(5).mul_f64(spread),
            gap: Duration::from_micros(200).mul_f64(spread),
            events: 4,
            ..chat()
        };
        run.request_at(ms(10) * number, &request, Outcome::Success);
    }
    let page = html(&run.report());
    assert!(page.len() < LARGEST, "{} bytes", page.len());
    assert!(page.contains("60 000"), "{} bytes", page.len());
}
