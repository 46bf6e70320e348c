//! A run while it goes on: the lines of a live view, and one line of a log.

use std::time::Duration;

use super::columns::{Align, lines};
use super::plain::{one_line, shortened};
use super::units::{count, counted, duration, full_duration, rate, seconds};
use super::verdicts::{LONGEST_NAME, figure, limit, value};
use crate::progress::{Frame, Generator, Load, Phase, Throughput};
use crate::slo::{Judged, Verdict};

/// A live view is no wider than this, however wide the terminal.
const WIDEST: usize = 100;

/// Characters of the bar.
const BAR: usize = 24;

/// Objectives that a live view has room for: those missed first.
const MOST_EXPECTED: usize = 8;

/// Characters of what failed most often, in a log.
const LONGEST_TROUBLE: usize = 40;

/// What a terminal can show.
///
/// ```
/// use sse_load::render::Screen;
///
/// let screen = Screen { width: 80, colour: false, unicode: true };
/// assert!(screen.width > 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Characters of a line.
    pub width: usize,
    /// Whether it shows colours, and whoever looks wants to see them.
    pub colour: bool,
    /// Whether it shows more than ASCII, such as the blocks of a bar and a curve.
    pub unicode: bool,
}

#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Doubtful,
}

impl Ink {
    /// Select Graphic Rendition (ECMA-48, 8.3.117).
    fn code(self) -> Option<u8> {
        match self {
            Self::Plain => None,
            Self::Bold => Some(1),
            Self::Dim => Some(2),
            Self::Good => Some(32),
            Self::Bad => Some(31),
            Self::Doubtful => Some(33),
        }
    }
}

/// Parts of one line, each in its ink.
type Line = Vec<(Ink, String)>;

/// The lines of a live view; none is wider than the screen.
#[must_use]
pub fn live(frame: &Frame, screen: Screen) -> Vec<String> {
    let mut view = vec![head(frame, screen), requests(frame), figures(frame, screen)];
    view.extend(expected(&frame.expected));
    view.push(generator(&frame.generator));
    view.into_iter().map(|line| drawn(line, screen)).collect()
}

/// One line of a log.
#[must_use]
pub fn logged(frame: &Frame) -> String {
    let mut parts = vec![
        format!("{}  {}", one_line(&frame.name), position(frame)),
        load(frame.load),
        format!("{} in flight", count(frame.in_flight)),
        counted(frame.requests, "request"),
        failed(frame, LONGEST_TROUBLE),
    ];
    parts.extend(frame.ttft.map(|(p50, p95)| format!("ttft p50 {} p95 {}", duration(p50), duration(p95))));
    parts.extend(frame.throughput.map(throughput));
    let missed = frame.expected.iter().filter(|judged| judged.verdict == Verdict::Miss).count();
    parts.extend((missed > 0).then(|| format!("{} missed so far", counted(missed as u64, "objective"))));
    let generator = &frame.generator;
    parts.extend((generator.word() != "ok").then(|| format!("generator {}", generator.word())));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

fn position(frame: &Frame) -> String {
    format!("{} {} of {}", phase(frame.phase), seconds(frame.elapsed.min(frame.of)), seconds(frame.of))
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Ramp => "ramp",
        Phase::WarmUp => "warm-up",
        Phase::Measure => "measure",
        Phase::Drain => "drain",
    }
}

fn load(load: Load) -> String {
    let users = load.users.map(|users| counted(users, "user"));
    let arrivals = load.arrivals.map(|arrivals| format!("{arrivals} arrivals"));
    users.into_iter().chain(arrivals).collect::<Vec<_>>().join(", ")
}

fn failed(frame: &Frame, longest: usize) -> String {
    match &frame.trouble {
        Some((text, times)) => {
            format!("{} failed ({} × {})", count(frame.failed), count(*times), shortened(text, longest))
        }
        None => format!("{} failed", count(frame.failed)),
    }
}

fn throughput(throughput: Throughput) -> String {
    match throughput {
        Throughput::Tokens(tokens) => format!("{} tok/s", rate(tokens)),
        Throughput::Events(events) => format!("{} events/s", rate(events)),
    }
}

/// The share of the phase that has passed.
pub(super) fn share(frame: &Frame) -> f64 {
    if frame.of.is_zero() { 1.0 } else { (frame.elapsed.as_secs_f64() / frame.of.as_secs_f64()).min(1.0) }
}

/// How long the phase has lasted and will.
pub(super) fn time(frame: &Frame) -> String {
    // A drain ends with the last stream.
    let at_most = if frame.phase == Phase::Drain { " at most" } else { "" };
    let left = seconds(frame.of.saturating_sub(frame.elapsed));
    format!("{} of {} · {left} left{at_most}", seconds(frame.elapsed.min(frame.of)), seconds(frame.of))
}

fn head(frame: &Frame, screen: Screen) -> Line {
    let (full, empty) = if screen.unicode { ("█", "░") } else { ("#", ".") };
    let filled = eighths(share(frame), BAR) / 8;
    let name = shortened(&frame.name, LONGEST_NAME);
    vec![
        (Ink::Bold, name),
        (Ink::Plain, format!("  {:<7} ", phase(frame.phase))),
        (Ink::Good, full.repeat(filled)),
        (Ink::Dim, empty.repeat(BAR - filled)),
        (Ink::Plain, format!(" {}", time(frame))),
    ]
}

fn requests(frame: &Frame) -> Line {
    let load = load(frame.load);
    let load = if load.is_empty() { load } else { format!("{load} · ") };
    let requests = format!("  {load}{} in flight · {} · ", count(frame.in_flight), counted(frame.requests, "request"));
    let ink = if frame.failed > 0 || frame.trouble.is_some() { Ink::Bad } else { Ink::Plain };
    vec![(Ink::Plain, requests), (ink, failed(frame, WIDEST))]
}

fn figures(frame: &Frame, screen: Screen) -> Line {
    let ttft = match frame.ttft {
        Some((p50, p95)) => format!("  ttft p50 {:>7} · p95 {:>7}", full_duration(p50), full_duration(p95)),
        None => "  ttft –".to_owned(),
    };
    let throughput = frame.throughput.map_or_else(String::new, |figure| format!(" · {}", throughput(figure)));
    let curve = if screen.unicode { curve(frame) } else { String::new() };
    vec![(Ink::Plain, ttft), (Ink::Good, curve), (Ink::Plain, throughput)]
}

/// A character a point, its height the share of the highest.
fn curve(frame: &Frame) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = frame.ttft_p95.iter().flatten().max().map_or(0.0, Duration::as_secs_f64);
    let point = |point: &Option<Duration>| match point {
        Some(p95) if highest > 0.0 => HEIGHTS[eighths(p95.as_secs_f64() / highest, 1).clamp(1, 8) - 1],
        Some(_) => HEIGHTS[0],
        None => ' ',
    };
    let points: String = frame.ttft_p95.iter().map(point).collect();
    let points = points.trim_start();
    if points.is_empty() { String::new() } else { format!("  {points}") }
}

/// Eighths of so many characters that a share fills.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share lies between 0 and 1, and characters are few"
)]
fn eighths(share: f64, characters: usize) -> usize {
    (share.clamp(0.0, 1.0) * characters as f64 * 8.0).round() as usize
}

fn expected(judged: &[Judged]) -> Vec<Line> {
    let mut all: Vec<_> = judged.iter().collect();
    all.sort_by_key(|judged| judged.verdict != Verdict::Miss);
    let shown = &all[..all.len().min(MOST_EXPECTED)];
    let rows: Vec<_> = shown
        .iter()
        .map(|judged| {
            let Judged { objective, .. } = judged;
            let measured = judged.value.map_or_else(|| "–".to_owned(), value);
            vec![figure(&objective.scope, objective.quantity), measured, limit(objective)]
        })
        .collect();
    let mut view: Vec<Line> = shown.iter().zip(lines(&rows, |_| Align::Left)).map(verdict).collect();
    let hidden = all.len() - shown.len();
    if hidden > 0 {
        view.push(vec![(Ink::Dim, format!("  and {hidden} more"))]);
    }
    view
}

fn verdict((judged, row): (&&Judged, String)) -> Line {
    let word = standing(judged);
    let ink = match word {
        "pass" => Ink::Good,
        "MISS" => Ink::Bad,
        "doubtful" => Ink::Doubtful,
        _ => Ink::Dim,
    };
    vec![(ink, format!("  {word:<8}")), (Ink::Plain, format!("  {row}"))]
}

/// A verdict that may still change, in a word.
pub(super) fn standing(judged: &Judged) -> &'static str {
    match judged.verdict {
        Verdict::Pass => "pass",
        Verdict::Miss => "MISS",
        Verdict::Invalid if judged.value.is_some() => "doubtful",
        // Whose figure can't be had yet.
        Verdict::Inconclusive | Verdict::Invalid => "open",
    }
}

fn generator(generator: &Generator) -> Line {
    let word = generator.word();
    let ink = if word == "ok" { Ink::Good } else { Ink::Doubtful };
    vec![(Ink::Plain, "  generator ".to_owned()), (ink, word.to_owned()), (Ink::Plain, strain(generator))]
}

/// How late the generator is, and how busy.
pub(super) fn strain(generator: &Generator) -> String {
    let late = generator.late.map_or_else(String::new, |late| format!(" · late p99 {}", duration(late)));
    let cores = format!("{:.1}", generator.cores);
    let cores = cores.trim_end_matches('0').trim_end_matches('.');
    let used = generator.used.map_or_else(String::new, |used| {
        format!(" · {used} of {cores} processor{}", if cores == "1" { "" } else { "s" })
    });
    late + &used
}

/// The line as the screen shows it. One that is too wide ends with a mark.
fn drawn(line: Line, screen: Screen) -> String {
    let width = screen.width.min(WIDEST);
    let length: usize = line.iter().map(|(_, text)| text.chars().count()).sum();
    let mark = if screen.unicode { "…" } else { "~" };
    let (mut room, end) = if length > width { (width.saturating_sub(1), mark) } else { (width, "") };
    let mut drawn = String::new();
    for (ink, text) in line {
        let text: String = text.chars().take(room).collect();
        room -= text.chars().count();
        let text = if screen.unicode { text } else { text.chars().map(ascii).collect() };
        match ink.code().filter(|_| screen.colour && !text.is_empty()) {
            Some(code) => drawn.extend([&format!("\x1b[{code}m"), text.as_str(), "\x1b[0m"]),
            None => drawn.push_str(&text),
        }
    }
    drawn + end
}

/// What stands for a character on a screen of ASCII.
fn ascii(c: char) -> char {
    match c {
        '·' => '|',
        '×' => 'x',
        '–' => '-',
        'µ' => 'u',
        '…' => '~',
        c if c.is_ascii() => c,
        _ => '?',
    }
}
