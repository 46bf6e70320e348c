//! Figures side by side, before and after, with their changes drawn.

use maud::{Markup, html};

use super::verdicts::{class, sign};
use crate::baseline::Compared;
use crate::render::compared::row;
use crate::render::plain::{one_line, sentence};
use crate::slo::Verdict;

const HEAD: [&str; 6] = ["verdict", "figure", "before → after", "change", "interval", "samples"];

/// The width and height of a drawn change, and the room left at each end.
const SIZE: (f64, f64) = (180.0, 20.0);
const EDGE: f64 = 6.0;

/// How wide the dot of a change is. An interval within it can't be seen.
const WIDTH: f64 = 8.0;

/// A drawing reaches from half to twice as much at the most, and from 9 % less to 10 % more at the least; of shares from −1 to 1
/// at the most.
const REACH: (f64, f64) = (0.1375, 1.0);

/// What came of all of them, as a headline. What is not proven to be worse passes.
pub(super) fn headline(verdict: Verdict, outcome: &str) -> Markup {
    let word = match verdict {
        Verdict::Miss => "Regression",
        Verdict::Invalid => "Invalid",
        Verdict::Pass | Verdict::Inconclusive => "Pass",
    };
    html! { h3 { span.badge { (sign(verdict)) " " (word) } " " (one_line(outcome)) } }
}

/// The rows of the printed block.
pub(super) fn table(figures: &[Compared], tolerance: f64) -> Markup {
    let scales = [false, true].map(|is_share| Scale::of(figures, is_share, tolerance));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Figures before and after" {
            table.compared {
                thead { tr {
                    @for name in HEAD { th scope="col" class=(if name == "change" { "number" } else { "text" }) { (name) } }
                    th.drawn scope="col" { div { span { "← better" } span { "worse →" } } }
                } }
                tbody { @for figure in figures { (rows(figure, &scales[usize::from(figure.figure.is_share())])) } }
            }
        }
    }
}

fn rows(figure: &Compared, scale: &Scale) -> Markup {
    let mut cells = row(figure);
    cells.resize(HEAD.len(), String::new());
    html! {
        tr.(class(figure.verdict)) {
            td { span.badge { (sign(figure.verdict)) " " (sentence(&cells[0])) } }
            @for (name, cell) in HEAD.iter().zip(&cells).skip(1) {
                td class=(if *name == "change" { "number" } else { "text" }) { (cell) }
            }
            td.drawn { @if figure.verdict != Verdict::Invalid { (scale.drawing(figure)) } }
        }
        @if !figure.reason.is_empty() {
            tr.why { td {} td colspan=(HEAD.len()) { (one_line(&figure.reason)) } }
        }
    }
}

/// Where changes stand, of figures that have a ratio or of shares: worse is on the right.
struct Scale {
    /// How far the drawing reaches to each side.
    reach: f64,
    tolerance: f64,
}

impl Scale {
    fn of(figures: &[Compared], is_share: bool, tolerance: f64) -> Self {
        let drawn = figures.iter().filter(|figure| figure.figure.is_share() == is_share);
        let ends = drawn.flat_map(|figure| [figure.interval.0, figure.interval.1].map(|end| worse(figure, end).abs()));
        let furthest = ends.filter(|end| end.is_finite()).fold(0.0, f64::max);
        let (least, most) = if is_share { (0.01, 1.0) } else { REACH };
        // Of an error rate nothing is tolerated.
        let tolerance = if is_share { 0.0 } else { (1.0 + tolerance).log2() };
        Self { reach: (furthest * 1.1).clamp(least, most), tolerance }
    }

    fn x(&self, worse: f64) -> f64 {
        let half = SIZE.0 / 2.0;
        (half + (half - EDGE) * (worse / self.reach).clamp(-1.0, 1.0)).round()
    }

    /// The interval as a line, the change as a dot in it, and what would be no change and what is tolerated. The numbers stand
    /// beside it.
    fn drawing(&self, figure: &Compared) -> Markup {
        let ends = [figure.interval.0, figure.interval.1].map(|end| self.x(worse(figure, end)));
        let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let middle = SIZE.1 / 2.0;
        html! {
            svg.change viewBox=(format!("0 0 {} {}", SIZE.0, SIZE.1)) aria-hidden="true" {
                path.none d=(format!("M{} 0V{}", self.x(0.0), SIZE.1)) {}
                @if self.tolerance > 0.0 { path.tolerated d=(format!("M{} 0V{}", self.x(self.tolerance), SIZE.1)) {} }
                @if to - from > WIDTH {
                    path.interval d=(format!("M{from} {middle}H{to}M{from} {}v8M{to} {}v8", middle - 4.0, middle - 4.0)) {}
                }
                @if figure.change.is_finite() { circle cx=(self.x(worse(figure, figure.change))) cy=(middle) r=(WIDTH / 2.0) {} }
            }
        }
    }
}

/// How much worse it is: doublings of a ratio, or the difference of a share.
fn worse(figure: &Compared, change: f64) -> f64 {
    let more = if figure.figure.is_share() { change } else { change.log2() };
    if figure.figure.more_is_better() { -more } else { more }
}
