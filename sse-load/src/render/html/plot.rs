//! A plot as a figure of the page: its title, legend, curves, and values for the pointer and the keyboard.

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::dots::Strokes;
use super::frame::{Frame, HALF, Size, WHOLE};
use super::scale::Axis;

const HEIGHT: u32 = 520;

/// Values over a common axis.
pub(super) struct Plot {
    pub(super) title: String,
    /// What one sees, in a sentence.
    pub(super) about: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// The places of the lines' points.
    pub(super) at: Vec<f64>,
    pub(super) lines: Vec<Line>,
    pub(super) dots: Vec<Dot>,
    /// What a dot is.
    pub(super) dot: &'static str,
    /// The time that a value holds for, of lines that go in steps.
    pub(super) steps: Option<f64>,
    /// Whether it takes the whole width of the page.
    pub(super) is_wide: bool,
    /// From where to where is measured; what is outside is shaded.
    pub(super) window: Option<(f64, f64)>,
}

/// A line of the plot.
pub(super) struct Line {
    pub(super) name: String,
    /// Its colour and dashes, from 1; one of 0 is not drawn, but has values for the pointer. [`PASSED`], [`MISSED`] and
    /// [`UNDECIDED`] are no line, but a mark at each value.
    pub(super) style: usize,
    /// A value at each place of the plot, where there is one.
    pub(super) values: Vec<Option<f64>>,
}

/// Marks that are told apart by their forms, too.
pub(super) const PASSED: usize = 6;
pub(super) const MISSED: usize = 7;
pub(super) const UNDECIDED: usize = 8;

/// Values that look the same.
#[derive(Clone, Copy)]
pub(super) struct Dot {
    pub(super) x: f64,
    pub(super) y: f64,
    /// How many there are.
    pub(super) times: u64,
}

/// How many values a dot stands for at the most, by how dark it is.
const SHADES: [u64; 3] = [1, 9, u64::MAX];

impl Plot {
    /// The figure; `id` is its own on the page, or empty.
    pub(super) fn figure(&self, id: &str) -> Markup {
        let frame = Frame::new(&self.x, &self.y, Size(if self.is_wide { WHOLE } else { HALF }, HEIGHT));
        let described = format!("{} {}", self.about, self.in_words());
        html! {
            figure.plot.wide[self.is_wide] id=[(!id.is_empty()).then_some(id)] {
                figcaption {
                    h3 { (self.title) }
                    p.about { (self.about) }
                    (self.legend())
                }
                (drawing(&self.title, &described, frame.size, &self.svg(&frame)))
                script type="application/json" { (PreEscaped(self.values(&frame))) }
            }
        }
    }

    /// Whether it shows more than what is measured.
    fn has_outside(&self) -> bool {
        let ends = self.x.range();
        self.window.is_some_and(|(from, to)| from > ends.start || to < ends.end)
    }

    fn drawn(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.style > 0)
    }

    fn legend(&self) -> Markup {
        html! {
            ul.legend {
                @if !self.dots.is_empty() {
                    li { svg.key viewBox="0 0 36 12" aria-hidden="true" { path.dots.shade2 d="M8 6h0M18 6h0M28 6h0" {} } (self.dot) }
                }
                @if self.has_outside() {
                    li { svg.key viewBox="0 0 36 12" aria-hidden="true" { rect.outside width="36" height="12" {} } "not measured" }
                }
                @for line in self.drawn() {
                    li {
                        svg.key viewBox="0 0 36 12" aria-hidden="true" { path class=(class(line.style)) d=(line.key()) {} }
                        (line.name)
                    }
                }
            }
        }
    }

    fn svg(&self, frame: &Frame) -> Markup {
        let [left, top, right, bottom] = frame.area;
        html! {
            @if let Some((from, to)) = self.window {
                @for (from, to) in [(left, frame.x(from)), (frame.x(to), right)] {
                    @if to > from {
                        rect.outside x=(from) y=(top) width=(to - from) height=(bottom - top) {}
                    }
                }
            }
            g.axes { (PreEscaped(&frame.svg)) }
            @for (shade, dots) in self.shades(frame).iter().enumerate().filter(|(_, dots)| !dots.is_empty()) {
                path class=(format!("dots shade{shade}")) d=(dots) {}
            }
            @for line in self.drawn() {
                @let points = self.at.iter().copied().zip(line.values.iter().copied());
                path class=(class(line.style)) d=(match self.steps {
                    _ if line.is_marks() => points.filter_map(|(x, y)| Some(mark(line.style, (frame.x(x), frame.y(y?)), 9))).collect(),
                    Some(width) => frame.steps(points, width),
                    None => frame.path(points),
                }) {}
            }
        }
    }

    /// The dots as a path for each shade.
    fn shades(&self, frame: &Frame) -> [String; SHADES.len()] {
        let mut last_most = 0;
        SHADES.map(|most| {
            let mut strokes = Strokes::default();
            for dot in self.dots.iter().filter(|dot| dot.times > last_most && dot.times <= most) {
                strokes.add(frame.x(dot.x), frame.y(dot.y));
            }
            last_most = most;
            strokes.path()
        })
    }

    /// What the lines show, for those who don't see them.
    fn in_words(&self) -> String {
        let line = |line: &Line| {
            let values = line.values.iter().flatten().copied();
            let least = values.clone().fold(f64::INFINITY, f64::min);
            let most = values.fold(f64::NEG_INFINITY, f64::max);
            (least <= most).then(|| format!("{} from {} to {}", line.name, self.y.text(least), self.y.text(most)))
        };
        let lines: Vec<_> = self.lines.iter().filter_map(line).collect();
        if lines.is_empty() { "No values.".to_owned() } else { format!("{}.", lines.join("; ")) }
    }

    /// What the page's script shows at a place: where it is, and what the lines have there.
    fn values(&self, frame: &Frame) -> String {
        let lines = self.lines.iter().map(|line| {
            json!({
                "name": line.name,
                "class": class(line.style),
                "y": line.values.iter().map(|value| value.map(|value| frame.y(value))).collect::<Vec<_>>(),
                "text": line.values.iter().map(|value| value.map(|value| self.y.text(value))).collect::<Vec<_>>(),
            })
        });
        let values = json!({
            "label": self.x.label,
            "area": frame.area,
            "x": self.at.iter().map(|at| frame.x(*at)).collect::<Vec<_>>(),
            "at": self.at.iter().map(|at| self.x.text(*at)).collect::<Vec<_>>(),
            "lines": lines.collect::<Vec<_>>(),
        });
        in_script(&values)
    }
}

impl Line {
    fn is_marks(&self) -> bool {
        self.style >= PASSED
    }

    /// What stands in the legend.
    fn key(&self) -> String {
        if self.is_marks() { mark(self.style, (18, 6), 5) } else { "M2 6H34".to_owned() }
    }
}

/// A dot, a cross or a square, so far to each side of a place.
fn mark(style: usize, (x, y): (i32, i32), half: i32) -> String {
    let (left, top, all) = (x - half, y - half, 2 * half);
    match style {
        PASSED => format!("M{x} {y}h0"),
        MISSED => format!("M{left} {top}l{all} {all}m0 -{all}l-{all} {all}"),
        _ => format!("M{left} {top}h{all}v{all}h-{all}z"),
    }
}

/// JSON that can't end the element it stands in.
fn in_script(values: &serde_json::Value) -> String {
    values.to_string().replace('<', "\\u003c")
}

/// The element of a drawing, with what it is called and what it shows.
pub(super) fn drawing(title: &str, described: &str, size: Size, content: &Markup) -> Markup {
    let Size(width, height) = size;
    html! {
        div.canvas {
            svg viewBox=(format!("0 0 {width} {height}")) role="img" tabindex="0" aria-label=(title) {
                title { (title) }
                desc { (described) }
                (content)
            }
        }
    }
}

fn class(style: usize) -> String {
    format!("line s{style}")
}

#[cfg(test)]
mod tests {
    use super::super::scale::number;
    use super::*;

    fn plot(dots: Vec<Dot>) -> Plot {
        Plot {
            title: "</title><script>alert(1)</script>".to_owned(),
            about: "</desc>".to_owned(),
            x: Axis::linear("s", 0.0..10.0, number),
            y: Axis::from_zero("", 10.0, number),
            at: vec![1.0, 2.0, 3.0],
            lines: vec![Line { name: "</script>".to_owned(), style: 1, values: vec![Some(1.0), None, Some(9.0)] }],
            dots,
            dot: "each",
            steps: None,
            is_wide: false,
            window: None,
        }
    }

    #[test]
    fn no_text_of_a_plot_is_markup() {
        let page = plot(Vec::new()).figure("p").into_string();
        assert!(!page.contains("<script>") && page.matches("</script>").count() == 1, "{page}");
        assert!(page.contains("from 1 to 9."), "{page}");
    }

    #[test]
    fn the_largest_value_is_among_the_dots_however_many_there_are() {
        let dots = (0..10_000).map(|n| Dot { x: f64::from(n % 100) / 10.0, y: f64::from(n) / 1_000.0, times: 1 });
        let mut dots: Vec<_> = dots.collect();
        dots.push(Dot { x: 5.05, y: 10.5, times: 1 });
        let plot = plot(dots);
        let frame = Frame::new(&plot.x, &plot.y, Size(HALF, HEIGHT));
        let peak = format!("M{} {}h0", frame.x(5.05), frame.y(10.5));
        assert!(plot.shades(&frame)[0].contains(&peak));
    }

    #[test]
    fn a_line_breaks_where_there_is_no_value() {
        let plot = plot(Vec::new());
        let frame = Frame::new(&plot.x, &plot.y, Size(HALF, HEIGHT));
        let path = frame.path([(0.0, Some(1.0)), (1.0, Some(2.0)), (2.0, None), (3.0, Some(1.0))].into_iter());
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
    }
}
