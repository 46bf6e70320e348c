//! A plot as a figure of the page: its title, legend, curves, and values for the pointer and the keyboard.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::frame::{Frame, HALF, Size, WHOLE};
use super::scale::Axis;

const HEIGHT: u32 = 500;

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
    /// Its colour and dashes, from 1; one of 0 is not drawn, but has values for the pointer.
    pub(super) style: usize,
    /// A value at each place of the plot, where there is one.
    pub(super) values: Vec<Option<f64>>,
}

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
    /// The figure; `id` is its own on the page.
    pub(super) fn figure(&self, id: &str) -> Markup {
        let frame = Frame::new(&self.x, &self.y, Size(if self.is_wide { WHOLE } else { HALF }, HEIGHT));
        let described = format!("{} {}", self.about, self.in_words());
        html! {
            figure.plot.wide[self.is_wide] id=(id) {
                figcaption {
                    h3 { (self.title) }
                    p.about { (self.about) }
                    (self.legend())
                }
                (drawing(id, &self.title, &described, frame.size, &self.svg(&frame)))
                script type="application/json" { (PreEscaped(self.values(&frame))) }
            }
        }
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
                @for line in self.drawn() {
                    li {
                        svg.key viewBox="0 0 36 12" aria-hidden="true" { path class=(class(line.style)) d="M2 6H34" {} }
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
                    Some(width) => frame.steps(points, width),
                    None => frame.path(points),
                }) {}
            }
        }
    }

    /// The dots as paths of strokes without length, in columns, since that is shortest.
    fn shades(&self, frame: &Frame) -> [String; SHADES.len()] {
        let mut last_most = 0;
        SHADES.map(|most| {
            let (mut path, mut at) = (String::new(), (i32::MIN, 0));
            for dot in self.dots.iter().filter(|dot| dot.times > last_most && dot.times <= most) {
                let (x, y) = (frame.x(dot.x), frame.y(dot.y));
                let _ = match at {
                    (same, 0..) if same == x && at.1 == y => continue,
                    (same, _) if same == x => write!(path, "m0 {}h0", y - at.1),
                    _ => write!(path, "M{x} {y}h0"),
                };
                at = (x, y);
            }
            last_most = most;
            path
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

/// JSON that can't end the element it stands in.
fn in_script(values: &serde_json::Value) -> String {
    values.to_string().replace('<', "\\u003c")
}

/// The element of a drawing, with what it is called and what it shows.
pub(super) fn drawing(id: &str, title: &str, described: &str, size: Size, content: &Markup) -> Markup {
    let Size(width, height) = size;
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) role="img" tabindex="0"
            aria-labelledby=(format!("{id}-title")) aria-describedby=(format!("{id}-desc")) {
            title id=(format!("{id}-title")) { (title) }
            desc id=(format!("{id}-desc")) { (described) }
            (content)
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
