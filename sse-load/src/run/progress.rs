//! What is shown while a run goes on: a view on a terminal, lines in a log, or nothing.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::env::{Settings, Show};
use super::watch::Viewer;
use crate::progress::{Frame, Totals};
use crate::render::{Screen, live, logged};

/// How often a view is drawn.
const DRAWN: Duration = Duration::from_millis(250);

/// How often a line is written.
const WRITTEN: Duration = Duration::from_secs(5);

/// Rows and columns of a terminal that does not tell.
const SIZE: (u16, u16) = (24, 80);

/// What is shown of a run on the stderr handle, which libtest does not capture, until this is dropped.
pub(super) struct Progress {
    show: Show,
    drawn: Option<ProgressBar>,
    colour: bool,
    unicode: bool,
}

impl Progress {
    /// As the environment says it, or else by what stderr is.
    pub(super) fn new(settings: &Settings) -> Self {
        let show = show(settings, std::io::stderr().is_terminal());
        Self {
            show,
            drawn: (show == Show::View).then(bar),
            colour: settings.terminal.has_colour(),
            unicode: settings.terminal.is_unicode(),
        }
    }

    /// Who shows it, if anything is shown.
    pub(super) fn viewer(&self) -> Option<Box<dyn Viewer>> {
        match (&self.drawn, self.show) {
            (Some(bar), _) => Some(Box::new(View { bar: bar.clone(), colour: self.colour, unicode: self.unicode })),
            (None, Show::Nothing) => None,
            (None, _) => Some(Box::new(Lines)),
        }
    }

    /// Says something that must be seen.
    pub(super) fn say(&self, text: &str) {
        match &self.drawn {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.drawn.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Lines that are drawn anew in their place.
struct View {
    bar: ProgressBar,
    colour: bool,
    unicode: bool,
}

impl Viewer for View {
    fn interval(&self) -> Duration {
        DRAWN
    }

    fn show(&mut self, frame: &Frame, _: &Totals) {
        let (_, width) = size();
        let screen = Screen { width: width.into(), colour: self.colour, unicode: self.unicode };
        self.bar.set_message(live(frame, screen).join("\n"));
    }
}

/// A line of a log every few seconds.
struct Lines;

impl Viewer for Lines {
    fn interval(&self) -> Duration {
        WRITTEN
    }

    fn show(&mut self, frame: &Frame, _: &Totals) {
        write(&format!("{}\n", logged(frame)));
    }
}

/// What is shown where nothing says it: to whoever looks at a terminal the view, to whoever reads a log of CI lines, and to others
/// nothing, since a test that passes is silent.
fn show(settings: &Settings, is_terminal: bool) -> Show {
    let can_draw = is_terminal && !settings.terminal.is_dumb;
    match settings.progress {
        Some(Show::View) if !can_draw => Show::Lines,
        Some(show) => show,
        None if settings.is_ci => Show::Lines,
        None if can_draw => Show::View,
        None if is_terminal => Show::Lines,
        None => Show::Nothing,
    }
}

/// Lines that are drawn anew in their place.
fn bar() -> ProgressBar {
    let (_, width) = size();
    // Where something stands in the line of the cursor (libtest's `test name ...`) this ends up in the next, and else in the same.
    write(&format!("{:1$}\r", "", usize::from(width).saturating_sub(1)));
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // A template that is no template shows what it does by default.
    bar.with_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn size() -> (u16, u16) {
    console::Term::stderr().size_checked().unwrap_or(SIZE)
}

/// Says something where nothing is drawn.
pub(super) fn say(text: &str) {
    write(&format!("sse-load: {text}\n"));
}

fn write(text: &str) {
    // Progress that nobody can see is no reason to fail.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::terminal::Terminal;
    use super::*;

    #[test]
    fn the_environment_says_what_is_shown_or_else_where_it_is_shown() {
        let silent = Settings::default();
        let ci = Settings { is_ci: true, ..Settings::default() };
        let dumb = Settings { terminal: Terminal { is_dumb: true, ..Terminal::default() }, ..Settings::default() };
        assert_eq!([false, true].map(|terminal| show(&silent, terminal)), [Show::Nothing, Show::View]);
        assert_eq!([false, true].map(|terminal| show(&ci, terminal)), [Show::Lines, Show::Lines]);
        assert_eq!([false, true].map(|terminal| show(&dumb, terminal)), [Show::Nothing, Show::Lines]);
        for (asked, shown) in [
            (Show::Nothing, [Show::Nothing; 2]),
            (Show::Lines, [Show::Lines; 2]),
            (Show::View, [Show::Lines, Show::View]),
        ] {
            let settings = Settings { progress: Some(asked), is_ci: true, ..Settings::default() };
            assert_eq!([false, true].map(|terminal| show(&settings, terminal)), shown);
        }
    }
}
