//! The block of a check on the page: the same rows and words as in the printed one.

use maud::{Markup, html};

use crate::render::causes::Cause;
use crate::render::plain::shortened;
use crate::render::units::count;
use crate::render::verdicts::{Explanation, MOST_CAUSES, explanation, outcome, row, worst};
use crate::slo::{OnPage, Verdict, Verdicts};

const HEAD: [&str; 7] = ["verdict", "figure", "measured", "limit", "off by", "95 % interval", "samples"];
const LONGEST_TEXT: usize = 600;

impl OnPage for Verdicts {
    fn on_page(&self) -> String {
        block(self).into_string()
    }
}

/// The block with its own headline.
pub(super) fn block(verdicts: &Verdicts) -> Markup {
    let overall = overall(verdicts);
    html! {
        article.check.(class(overall)) {
            h3 { span.badge { (sign(overall)) " " (word(overall)) } " " (outcome(verdicts)) }
            div.scroll tabindex="0" role="region" aria-label="Objectives" {
                table.objectives {
                    thead { tr { @for (column, name) in HEAD.iter().enumerate() { th scope="col" class=(if (2..6).contains(&column) { "number" } else { "text" }) { (name) } } } }
                    tbody {
                        @for judged in verdicts.judged() {
                            @let cells = row(judged);
                            tr.(class(judged.verdict)) {
                                td { span.badge { (sign(judged.verdict)) " " (word(judged.verdict)) } }
                                @for (column, cell) in cells.iter().enumerate().skip(1) {
                                    td class=(if (2..6).contains(&column) { "number" } else { "text" }) { (cell) }
                                }
                            }
                            (why(&explanation(verdicts, judged)))
                        }
                    }
                }
            }
            @for sample in verdicts.worst() { p { (worst(sample)) } }
        }
    }
}

fn why(explanation: &Explanation<'_>) -> Markup {
    match explanation {
        Explanation::Reason(reason) => html! { tr.why { td {} td colspan="6" { (reason) } } },
        Explanation::Causes(causes) if causes.is_empty() => html! {},
        Explanation::Causes(causes) => html! {
            tr.why { td {} td colspan="6" { ul {
                @for cause in causes.iter().take(MOST_CAUSES) { li { (line(cause)) } }
                @if causes.len() > MOST_CAUSES { li { "and " (causes.len() - MOST_CAUSES) " more" } }
            } } }
        },
    }
}

fn line(cause: &Cause<'_>) -> Markup {
    let text = |text| shortened(text, LONGEST_TEXT);
    html! {
        (count(cause.count)) " × " (text(cause.what))
        @if !cause.example.is_empty() { " – " code { (text(cause.example)) } }
        " " small { (text(cause.request)) " " (text(&cause.place)) }
    }
}

/// The verdict on all of them: what stops a check first.
fn overall(verdicts: &Verdicts) -> Verdict {
    let order = [Verdict::Miss, Verdict::Invalid, Verdict::Inconclusive];
    order.into_iter().find(|verdict| verdicts.count(*verdict) > 0).unwrap_or(Verdict::Pass)
}

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Pass",
        Verdict::Miss => "Miss",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::Invalid => "Invalid",
    }
}

/// A sign beside the word, so that neither needs its colour.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Miss => "✗",
        Verdict::Inconclusive => "?",
        Verdict::Invalid => "!",
    }
}

pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Miss => "miss",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Invalid => "invalid",
    }
}
