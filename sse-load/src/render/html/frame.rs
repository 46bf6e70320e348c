//! What stands around the curves of a plot: axes, grid and their texts. The drawing is plotters'.

use std::fmt::Write as _;
use std::io;

use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, DrawingAreaErrorKind, IntoDrawingArea as _, IntoFont as _, RGBColor, SVGBackend,
    ShapeStyle, TextStyle,
};

use super::scale::Axis;

/// The width and height of a drawing, in its own units; pages show it at about half of it.
#[derive(Clone, Copy)]
pub(super) struct Size(pub(super) u32, pub(super) u32);

/// The width of a drawing that takes half of the page, and of one that takes all of it.
pub(super) const HALF: u32 = 1_200;
pub(super) const WHOLE: u32 = 2_520;
const FONT: i32 = 26;
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// A plot without its curves.
pub(super) struct Frame {
    /// The axes and the grid as SVG, without the element around them.
    pub(super) svg: String,
    /// Where the curves go: left, top, right, bottom.
    pub(super) area: [i32; 4],
    pub(super) size: Size,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// Draws both axes; none is drawn where the crate says that it can't be.
    pub(super) fn new(x: &Axis, y: &Axis, size: Size) -> Self {
        let mut svg = String::new();
        let area = draw(x, y, size, &mut svg).unwrap_or_default();
        // The page wraps it in an element of its own.
        let inner = svg.split_once('>').map_or("", |(_, inner)| inner).trim_end().trim_end_matches("</svg>");
        Self { svg: inner.to_owned(), area, size, x: x.clone(), y: y.clone() }
    }

    /// What lies beyond an end of the axis stands at that end.
    pub(super) fn x(&self, value: f64) -> i32 {
        let (left, right) = (self.area[0], self.area[2]);
        plotters::coord::ranged1d::Ranged::map(&self.x, &value, (left, right)).clamp(left, right)
    }

    pub(super) fn y(&self, value: f64) -> i32 {
        plotters::coord::ranged1d::Ranged::map(&self.y, &value, (self.area[3], self.area[1]))
    }

    /// A line through points, which breaks where a value is missing.
    pub(super) fn path(&self, points: impl Iterator<Item = (f64, Option<f64>)>) -> String {
        let (mut path, mut pen_is_up) = (String::new(), true);
        for (x, y) in points {
            let Some(y) = y else {
                pen_is_up = true;
                continue;
            };
            // A point between two gaps is a line too, of no length.
            let (command, end) = if pen_is_up { ('M', "h0") } else { ('L', "") };
            let _ = write!(path, "{command}{} {}{end}", self.x(x), self.y(y));
            pen_is_up = false;
        }
        path
    }

    /// A line that keeps each value for `width` around its point.
    pub(super) fn steps(&self, points: impl Iterator<Item = (f64, Option<f64>)>, width: f64) -> String {
        let edges = points.flat_map(|(x, y)| [(x - width / 2.0, y), (x + width / 2.0, y)]);
        self.path(edges)
    }
}

fn draw(x: &Axis, y: &Axis, size: Size, svg: &mut String) -> Result<[i32; 4], DrawingAreaErrorKind<io::Error>> {
    let Size(width, height) = size;
    let root = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(24)
        .margin_right(78)
        .margin_left(10)
        .x_label_area_size(104)
        .y_label_area_size(if y.label.is_empty() { 56 } else { 170 })
        .build_cartesian_2d(x.clone(), y.clone())?;
    let label = TextStyle::from(("sans-serif", FONT).into_font()).color(&BLACK);
    let (x_text, y_text) = (|value: &f64| x.text(*value), |value: &f64| y.text(*value));
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .axis_style(ShapeStyle::from(GRID))
        .label_style(label.clone())
        .axis_desc_style(label)
        .x_labels(if width > HALF { 14 } else { 8 })
        .y_labels(6)
        .x_label_formatter(&x_text)
        .y_label_formatter(&y_text)
        .x_desc(x.label.clone())
        .y_desc(y.label.clone())
        .disable_x_mesh();
    if y.label.is_empty() {
        mesh.disable_y_mesh().disable_y_axis();
    }
    mesh.draw()?;
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    drop(chart);
    root.present()?;
    drop(root);
    Ok([columns.start, rows.start, columns.end, rows.end])
}
