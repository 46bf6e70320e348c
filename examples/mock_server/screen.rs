//! The terminal screen: the log, and the configuration below it.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};
use ratatui::{DefaultTerminal, Frame};

const KEPT_LINES: usize = 10_000;
const REDRAW: Duration = Duration::from_millis(50);

/// Shows the screen until the user quits. The terminal is restored in any case, a panic included.
pub(crate) fn show(summary: &str, heard: &Receiver<String>) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = Screen::new(summary).run(&mut terminal, heard);
    ratatui::try_restore().and(shown)
}

struct Screen<'a> {
    summary: &'a str,
    lines: VecDeque<String>,
    /// How many lines the view is above the end; 0 follows the end.
    above_end: usize,
}

impl<'a> Screen<'a> {
    fn new(summary: &'a str) -> Self {
        Self { summary, lines: VecDeque::new(), above_end: 0 }
    }

    fn run(mut self, terminal: &mut DefaultTerminal, heard: &Receiver<String>) -> io::Result<()> {
        loop {
            for line in heard.try_iter() {
                self.add(line);
            }
            terminal.draw(|frame| self.draw(frame))?;
            if event::poll(REDRAW)?
                && let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
            {
                if quits(key) {
                    return Ok(());
                }
                self.scroll(key.code);
            }
        }
    }

    fn add(&mut self, line: String) {
        self.lines.push_back(line);
        if self.above_end > 0 {
            self.above_end += 1;
        }
        if self.lines.len() > KEPT_LINES {
            self.lines.pop_front();
        }
    }

    fn scroll(&mut self, key: KeyCode) {
        self.above_end = match key {
            KeyCode::Up => self.above_end + 1,
            KeyCode::PageUp => self.above_end + 20,
            KeyCode::Down => self.above_end.saturating_sub(1),
            KeyCode::PageDown => self.above_end.saturating_sub(20),
            KeyCode::End => 0,
            _ => self.above_end,
        };
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let [log, summary] = Layout::vertical([Constraint::Min(3), Constraint::Length(1)]).areas(frame.area());
        let block = Block::bordered().title(" mock server ").title_bottom(" ↑ ↓ scroll · q quit ");
        let height = usize::from(block.inner(log).height);
        self.above_end = self.above_end.min(self.lines.len().saturating_sub(height));
        let first = self.lines.len().saturating_sub(height + self.above_end);
        let view = self.lines.iter().skip(first).take(height);
        let text: Vec<_> = view.map(|line| Line::raw(line.as_str())).collect();
        frame.render_widget(Paragraph::new(text).block(block), log);
        frame.render_widget(Line::raw(self.summary), summary);
    }
}

/// In raw mode Ctrl-C is a key like any other.
fn quits(key: KeyEvent) -> bool {
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}
