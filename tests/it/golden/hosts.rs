//! Two hosts.

use sse_load::comparison::ComparedHosts;
use sse_load::prelude::*;
use sse_load::report::Report;
use sse_load::slo::Figure;

use super::cases;
use super::file::assert_golden;
use super::run::{Run, chat};
use sse_load::sample::Outcome;

/// A block whose first tokens take so long.
fn block(side: &str, pair: u64, ttft: u64) -> Report {
    let mut run = Run::named(&format!("candidate_{side}{pair}"));
    for n in 0..20 {
        run.request(&super::run::Request { ttft: ms(ttft + n), ..chat() }, Outcome::Success);
    }
    run.report()
}

fn comparison(figures: Vec<Figure>, blocks: impl IntoIterator<Item = [Report; 2]>) -> ComparedHosts {
    let mut comparison = ComparedHosts::new("candidate".to_owned(), figures, 0.05);
    blocks.into_iter().for_each(|pair| comparison.push(pair));
    comparison.conclude();
    comparison.set_folder(Some("target/sse-load/candidate".into()));
    comparison
}

fn assert_table(name: &str, comparison: &ComparedHosts) {
    let text = comparison.to_string();
    assert_golden(&format!("{name}.hosts.txt"), &format!("{text}\n"));
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    assert!(widest <= 110, "{widest} characters");
}

pub(crate) fn slower() -> ComparedHosts {
    let blocks = (1..=6).map(|pair| [block("before", pair, 50 + pair), block("after", pair, 62 + pair * 3 % 5)]);
    comparison(Vec::new(), blocks)
}

#[test]
fn slower_first_tokens() {
    let slower = slower();
    assert_table("slower", &slower);
    let json = serde_json::to_string_pretty(&slower).expect("it serialises");
    assert_golden("slower.hosts.json", &format!("{json}\n"));
}

#[test]
fn faster_undecided_and_not_to_be_had() {
    let figures = vec![ttft(ALL).p50().into(), ttft(ALL).p95().into(), e2e("caht").p95().into(), tok_s().into()];
    let mut blocks: Vec<_> =
        (1..=6).map(|pair| [block("before", pair, 60), block("after", pair, 40 + pair * pair % 7)]).collect();
    assert_table("faster", &comparison(figures.clone(), blocks.clone()));
    blocks[2] = [block("before", 3, 60), block("after", 3, 500)];
    let mut odd = comparison(figures, blocks);
    odd.cut_short("Ctrl-C ended block after7".to_owned());
    assert_table("undecided", &odd);
}

#[test]
fn no_block_at_all() {
    let mut nothing = comparison(Vec::new(), []);
    nothing.cut_short("Ctrl-C ended block before1".to_owned());
    assert_table("nothing", &nothing);
    let empty = comparison(Vec::new(), (0..5).map(|_| [cases::no_request(), cases::no_request()]));
    assert!(!empty.passed(), "{empty}");
}

/// Five pairs of equal blocks, of which one was changed.
fn with_one(figure: impl Into<Figure>, change: impl Fn(&mut Run)) -> ComparedHosts {
    let block = |side: &str, pair: u64| {
        let mut run = Run::named(&format!("candidate_{side}{pair}"));
        (0..20).for_each(|_| {
            run.success(&chat());
        });
        if (side, pair) == ("after", 3) {
            change(&mut run);
        }
        run.report()
    };
    comparison(vec![figure.into()], (1..=5).map(|pair| [block("before", pair), block("after", pair)]))
}

#[test]
fn a_block_of_an_overloaded_generator_says_nothing_of_the_hosts() {
    assert!(with_one(ttft(ALL).p50(), |_| ()).passed());
    let overloaded = with_one(ttft(ALL).p50(), |run| {
        run.overloaded();
    });
    let compared = &overloaded.compared()[0];
    assert_eq!(compared.verdict, Verdict::Invalid, "{overloaded}");
    assert!(compared.reason.starts_with("candidate_after3: the generator was overloaded"), "{overloaded}");
}

#[test]
fn requests_that_a_host_never_ends_are_not_left_out() {
    let hanging = |run: &mut Run| {
        run.request(&chat(), Outcome::CutOff);
    };
    for figure in [Figure::from(ttft(ALL).p50()), e2e(ALL).mean().into(), error_rate().into()] {
        let comparison = with_one(figure, hanging);
        let compared = &comparison.compared()[0];
        assert_eq!(compared.verdict, Verdict::Invalid, "{comparison}");
        assert!(
            compared.reason.starts_with("candidate_after3: of 1 more nobody knows: in flight, cut off"),
            "{comparison}"
        );
        assert!(compared.reason.contains("raise .stop_timeout(..)"), "{comparison}");
    }
    assert!(with_one(icl(ALL).p95(), hanging).passed(), "a gap is of what came");
}

#[test]
fn gaps_of_nothing_on_both_sides_are_the_same() {
    let block = |side: &str, pair: u64, gap| {
        let mut run = Run::named(&format!("candidate_{side}{pair}"));
        run.success(&super::run::Request { gap, ..chat() });
        run.report()
    };
    let with_gaps = |after| {
        let pairs = (1..=5).map(|pair| [block("before", pair, ms(0)), block("after", pair, after)]);
        comparison(vec![icl(ALL).p95().into()], pairs)
    };
    assert_eq!(with_gaps(ms(0)).compared()[0].verdict, Verdict::Pass);
    assert_eq!(with_gaps(ms(20)).compared()[0].verdict, Verdict::Miss);
}
