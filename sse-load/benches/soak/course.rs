//! Samples of memory over time: their file, the line through them, and a plot.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use plotters::prelude::{BLUE, ChartBuilder, IntoDrawingArea as _, PathElement, RED, SVGBackend, WHITE};
use plotters::style::Color as _;

use crate::Fallible;

const MIB: f64 = 1_048_576.0;

#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) at: Duration,
    pub(crate) bytes: u64,
}

pub(crate) struct Course {
    points: Vec<Point>,
    file: File,
}

/// The line with the least squares through samples.
pub(crate) struct Trend {
    from: f64,
    to: f64,
    /// Bytes at its begin and its end.
    pub(crate) begin: f64,
    pub(crate) end: f64,
    /// Bytes a second.
    pub(crate) slope: f64,
}

impl Trend {
    /// In percent of the begin.
    pub(crate) fn growth(&self) -> f64 {
        (self.end / self.begin - 1.0) * 100.0
    }
}

impl Course {
    /// One that writes each sample into this file as it comes, so that it is there should the run not reach its end.
    pub(crate) fn writing(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        writeln!(file, "seconds,bytes")?;
        Ok(Self { points: Vec::new(), file })
    }

    pub(crate) fn add(&mut self, point: Point) -> io::Result<()> {
        self.points.push(point);
        writeln!(self.file, "{:.1},{}", point.at.as_secs_f64(), point.bytes)
    }

    /// What was sampled up to this moment.
    pub(crate) fn until(mut self, end: Duration) -> Self {
        self.points.retain(|point| point.at <= end);
        self
    }

    pub(crate) fn most(&self) -> f64 {
        self.points.iter().map(bytes).fold(0.0, f64::max)
    }

    /// The line through the samples after this share of the time; `None` where two are not there.
    pub(crate) fn trend(&self, after: f64) -> Option<Trend> {
        let to = seconds(self.points.last()?);
        let points: Vec<_> = self.points.iter().filter(|point| seconds(point) >= to * after).collect();
        let count = f64::from(u32::try_from(points.len()).ok()?);
        let mean = |of: fn(&Point) -> f64| points.iter().map(|point| of(point)).sum::<f64>() / count;
        let (time, level) = (mean(seconds), mean(bytes));
        let products: f64 = points.iter().map(|point| (seconds(point) - time) * (bytes(point) - level)).sum();
        let squares: f64 = points.iter().map(|point| (seconds(point) - time).powi(2)).sum();
        let slope = (squares > 0.0).then(|| products / squares)?;
        let (from, at) = (seconds(points[0]), |moment: f64| level + slope * (moment - time));
        Some(Trend { from, to, begin: at(from), end: at(to), slope })
    }

    /// Draws the samples, and the line through the last two thirds.
    pub(crate) fn draw(&self, path: &Path) -> Fallible<()> {
        let area = SVGBackend::new(path, (900, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let minutes = self.points.last().map_or(1.0, seconds) / 60.0;
        let mut chart = ChartBuilder::on(&area)
            .margin(16)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..minutes, 0.0..self.most() / MIB * 1.1)?;
        chart.configure_mesh().x_desc("minutes").y_desc("resident memory, MiB").draw()?;
        let samples: Vec<_> = self.points.iter().map(|point| (seconds(point) / 60.0, bytes(point) / MIB)).collect();
        chart.draw_series([PathElement::new(samples, BLUE.stroke_width(2))])?;
        let line = self.trend(1.0 / 3.0);
        let line = line.map(|line| vec![(line.from / 60.0, line.begin / MIB), (line.to / 60.0, line.end / MIB)]);
        chart.draw_series(line.map(|line| PathElement::new(line, RED.stroke_width(1))))?;
        area.present()?;
        Ok(())
    }
}

fn seconds(point: &Point) -> f64 {
    point.at.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "there is no memory of 2^52 bytes")]
fn bytes(point: &Point) -> f64 {
    point.bytes as f64
}
