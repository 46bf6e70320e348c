//! Columns that line up.

/// On which side a column's cells line up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// The rows as lines, each column as wide as its widest cell, two spaces between. Spaces at line ends are cut.
pub(super) fn lines(rows: &[Vec<String>], align: impl Fn(usize) -> Align) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths, &align)).collect()
}

fn line(row: &[String], widths: &[usize], align: &impl Fn(usize) -> Align) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match align(column) {
        Align::Left => format!("{cell:<width$}"),
        Align::Right => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_line_up_on_their_side() {
        let rows =
            [vec!["ab".to_owned(), "1".to_owned()], vec!["µ".to_owned(), "234".to_owned()], vec!["x".to_owned()]];
        let lined = lines(&rows, |column| if column == 0 { Align::Left } else { Align::Right });
        assert_eq!(lined, ["ab    1", "µ   234", "x"]);
    }
}
