//! Columns that line up.

/// On which side a column's cells line up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// The rows as lines, each column as wide as its widest cell, two spaces between. A column without text is left out, as are
/// spaces at line ends.
pub(super) fn lines(rows: &[Vec<String>], align: impl Fn(usize) -> Align) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths, &align)).collect()
}

fn line(row: &[String], widths: &[usize], align: &impl Fn(usize) -> Align) -> String {
    let filled = row.iter().zip(widths).enumerate().filter(|(_, (_, width))| **width > 0);
    let cells = filled.map(|(column, (cell, width))| match align(column) {
        Align::Left => format!("{cell:<width$}"),
        Align::Right => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn cells_line_up_on_their_side() {
        let rows = [row(&["ab", "1"]), row(&["µ", "234"]), row(&["x"])];
        let lined = lines(&rows, |column| if column == 0 { Align::Left } else { Align::Right });
        assert_eq!(lined, ["ab    1", "µ   234", "x"]);
    }

    #[test]
    fn a_column_without_text_takes_no_room() {
        let rows = [row(&["a", "", "1"]), row(&["b", "", "2"]), row(&[])];
        assert_eq!(lines(&rows, |_| Align::Left), ["a  1", "b  2", ""]);
    }
}
