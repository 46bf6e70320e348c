//! Many single values as few strokes.

use std::fmt::Write as _;

/// How wide a dot is drawn, as the style sheet has it. Those that are no further apart touch.
const WIDTH: i32 = 6;

/// Dots as a path, in columns from bottom to top: strokes without length where they stand alone, and one stroke for those that touch, which
/// looks the same. Both ends of a stroke are where dots are, so no peak moves.
#[derive(Default)]
pub(super) struct Strokes {
    path: String,
    /// Where the last stroke ended.
    pen: Option<(i32, i32)>,
    /// The column, the begin and the end of the stroke that may still grow.
    open: Option<(i32, i32, i32)>,
}

impl Strokes {
    pub(super) fn add(&mut self, x: i32, y: i32) {
        match &mut self.open {
            Some((column, _, end)) if *column == x && (*end - WIDTH..=*end).contains(&y) => *end = y,
            _ => {
                self.close();
                self.open = Some((x, y, y));
            }
        }
    }

    pub(super) fn path(mut self) -> String {
        self.close();
        self.path
    }

    fn close(&mut self) {
        let Some((x, begin, end)) = self.open.take() else { return };
        let _ = match self.pen {
            Some((same, y)) if same == x => write!(self.path, "m0 {}", begin - y),
            _ => write!(self.path, "M{x} {begin}"),
        };
        let _ = if begin == end { write!(self.path, "h0") } else { write!(self.path, "v{}", end - begin) };
        self.pen = Some((x, end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(dots: &[(i32, i32)]) -> String {
        let mut strokes = Strokes::default();
        for (x, y) in dots {
            strokes.add(*x, *y);
        }
        strokes.path()
    }

    #[test]
    fn dots_that_touch_are_one_stroke_and_a_peak_stands_alone() {
        assert_eq!(path(&[(5, 400), (5, 396), (5, 390), (5, 100)]), "M5 400v-10m0 -290h0");
        assert_eq!(path(&[(5, 400), (9, 399), (9, 392)]), "M5 400h0M9 399h0m0 -7h0");
        assert_eq!(path(&[(5, 400), (5, 400)]), "M5 400h0");
        assert_eq!(path(&[]), "");
    }

    #[test]
    fn no_order_of_dots_hides_one() {
        assert_eq!(path(&[(5, 390), (5, 396), (5, 394)]), "M5 390h0m0 6v-2");
    }
}
