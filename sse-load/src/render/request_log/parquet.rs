//! Rows as the columns of a Parquet file.

use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::Row;
use crate::record::{Begin, Logged};

/// A row group has no more rows, and begins anew with the row that brings its events to so many: what is held is bounded.
const MOST_ROWS: usize = 20_000;
const MOST_EVENTS: usize = 500_000;

/// Every column but the last, the events.
const COLUMNS: [(&str, Column); 31] = [
    ("name", Column::Text(|row| Some(row.name))),
    ("user_class", Column::Text(|row| Some(row.user_class))),
    ("task", Column::Text(|row| Some(row.task))),
    ("tags", Column::Texts(|row| row.tags)),
    ("user", Column::Integer(|row| row.user)),
    ("stay", Column::Integer(|row| row.stay)),
    ("arrival", Column::Integer(|row| row.arrival)),
    ("turn", Column::Integer(|row| row.turn)),
    ("attempt", Column::Integer(|row| Some(row.attempt))),
    ("phase", Column::Text(|row| Some(row.phase))),
    ("outcome", Column::Text(|row| Some(row.outcome))),
    ("failure", Column::Text(|row| row.failure)),
    ("cause", Column::Text(|row| row.cause)),
    ("status", Column::Integer(|row| row.status)),
    ("reused", Column::Flag(|row| row.reused)),
    ("resent", Column::Flag(|row| Some(row.resent))),
    ("prompt_tokens", Column::Integer(|row| row.prompt_tokens)),
    ("prompt_source", Column::Text(|row| row.prompt_source)),
    ("completion_tokens", Column::Integer(|row| row.completion_tokens)),
    ("completion_source", Column::Text(|row| row.completion_source)),
    ("body_bytes", Column::Integer(|row| row.body_bytes)),
    ("run_began", Column::Integer(|row| Some(row.run_began))),
    ("scheduled", Column::Integer(|row| row.scheduled)),
    ("ready", Column::Integer(|row| row.ready)),
    ("own", Column::Integer(|row| row.own)),
    ("start", Column::Integer(|row| Some(row.start))),
    ("connected", Column::Integer(|row| row.connected)),
    ("headers", Column::Integer(|row| row.headers)),
    ("first_output", Column::Integer(|row| row.first_output)),
    ("terminal", Column::Integer(|row| row.terminal)),
    ("end", Column::Integer(|row| Some(row.end))),
];

/// The last column.
const EVENTS: &str = "required group events (LIST) { repeated group list { required group element {
    required int64 at; required binary class (STRING); optional int32 tokens;
} } }";

/// What a column has of a row.
#[derive(Clone, Copy)]
enum Column {
    Text(for<'r> fn(&'r Row<'_>) -> Option<&'r str>),
    Integer(fn(&Row<'_>) -> Option<i64>),
    Flag(fn(&Row<'_>) -> Option<bool>),
    Texts(fn(&Row<'_>) -> &'static [&'static str]),
}

/// Writes rows as a Parquet file, in row groups that are held until they are full. The file is readable once it is
/// [finished](Self::finish).
#[derive(Debug)]
pub struct ParquetRows<W: io::Write + Send> {
    file: SerializedFileWriter<W>,
    held: Vec<Logged>,
    events: usize,
}

impl<W: io::Write + Send> ParquetRows<W> {
    /// A file without a row.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn new(file: W) -> io::Result<Self> {
        let schema = parse_message_type(&schema()).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("sse-load ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()));
        let file = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()));
        Ok(Self { file: file.map_err(error)?, held: Vec::new(), events: 0 })
    }

    /// Adds the row of a request.
    ///
    /// # Errors
    /// When a row group is full and can't be written.
    pub fn add(&mut self, logged: Logged, begin: &Begin) -> io::Result<()> {
        self.events += logged.details.events.len();
        self.held.push(logged);
        if self.held.len() >= MOST_ROWS || self.events >= MOST_EVENTS { self.write_group(begin) } else { Ok(()) }
    }

    /// Writes what is held, and what every Parquet file ends with. Gives back what was written to.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(mut self, begin: &Begin) -> io::Result<W> {
        self.write_group(begin)?;
        self.file.into_inner().map_err(error)
    }

    fn write_group(&mut self, begin: &Begin) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = self.held.iter().map(|logged| Row::of(logged, begin)).collect();
        let group = self.file.next_row_group().map_err(error)?;
        write_columns(group, &rows).map_err(error)?;
        self.held.clear();
        self.events = 0;
        Ok(())
    }
}

/// The schema in the notation of the format's own documents.
fn schema() -> String {
    let column = |(name, column): &(&str, Column)| match column {
        Column::Text(_) => format!("optional binary {name} (STRING);\n"),
        Column::Integer(_) => format!("optional int64 {name};\n"),
        Column::Flag(_) => format!("optional boolean {name};\n"),
        Column::Texts(_) => {
            format!("required group {name} (LIST) {{ repeated group list {{ required binary element (STRING); }} }}\n")
        }
    };
    format!("message request {{ {} {EVENTS} }}", COLUMNS.iter().map(column).collect::<String>())
}

fn write_columns<W: io::Write + Send>(
    mut group: SerializedRowGroupWriter<'_, W>,
    rows: &[Row<'_>],
) -> Result<(), ParquetError> {
    for (_, column) in COLUMNS {
        let to = &mut group;
        match column {
            Column::Text(of) => {
                Leaves::<ByteArrayType>::of_each(rows.iter().map(|row| of(row).map(ByteArray::from))).write(to)
            }
            Column::Integer(of) => Leaves::<Int64Type>::of_each(rows.iter().map(of)).write(to),
            Column::Flag(of) => Leaves::<BoolType>::of_each(rows.iter().map(of)).write(to),
            Column::Texts(of) => {
                let texts = |row| of(row).iter().map(|text| Some(ByteArray::from(*text)));
                Leaves::<ByteArrayType>::of_lists(rows.iter().map(texts), 1).write(to)
            }
        }?;
    }
    let events = || rows.iter().map(|row| row.events.iter());
    let at = events().map(|events| events.map(|event| Some(event.at)));
    Leaves::<Int64Type>::of_lists(at, 1).write(&mut group)?;
    let class = events().map(|events| events.map(|event| Some(ByteArray::from(event.class))));
    Leaves::<ByteArrayType>::of_lists(class, 1).write(&mut group)?;
    let tokens = events().map(|events| events.map(|event| event.tokens.and_then(|tokens| tokens.try_into().ok())));
    Leaves::<Int32Type>::of_lists(tokens, 2).write(&mut group)?;
    group.close().map(drop)
}

/// The values of a column with their levels, as Dremel has it: how much of the path to a value is there, and whether a value goes on
/// with the list of the one before.
struct Leaves<D: DataType> {
    values: Vec<D::T>,
    defined: Vec<i16>,
    repeated: Option<Vec<i16>>,
}

impl<D: DataType> Leaves<D> {
    /// One of each row, or null.
    fn of_each(rows: impl Iterator<Item = Option<D::T>>) -> Self {
        let (mut values, mut defined) = (Vec::new(), Vec::new());
        for value in rows {
            defined.push(value.is_some().into());
            values.extend(value);
        }
        Self { values, defined, repeated: None }
    }

    /// A list of each row; `present` is the level at which a value of it is defined, one below which it is null.
    fn of_lists(rows: impl Iterator<Item = impl Iterator<Item = Option<D::T>>>, present: i16) -> Self {
        let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for list in rows {
            let first = defined.len();
            for value in list {
                repeated.push((defined.len() > first).into());
                defined.push(if value.is_some() { present } else { present - 1 });
                values.extend(value);
            }
            if defined.len() == first {
                repeated.push(0);
                defined.push(0);
            }
        }
        Self { values, defined, repeated: Some(repeated) }
    }

    /// Writes them as the next column.
    fn write<W: io::Write + Send>(&self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        let column = group.next_column()?;
        let mut column = column.ok_or_else(|| ParquetError::General("the schema has fewer columns".to_owned()))?;
        column.typed::<D>().write_batch(&self.values, Some(&self.defined), self.repeated.as_deref())?;
        column.close()
    }
}

fn error(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use serde_json::Value;

    use super::super::line;
    use super::super::row::tests::{begin, logged, refused};
    use super::*;

    fn file(rows: impl IntoIterator<Item = Logged>) -> SerializedFileReader<bytes::Bytes> {
        let mut file = ParquetRows::new(Vec::new()).expect("a file");
        rows.into_iter().for_each(|logged| file.add(logged, &begin()).expect("it is written"));
        SerializedFileReader::new(file.finish(&begin()).expect("it is written").into()).expect("a Parquet file")
    }

    fn read(file: &SerializedFileReader<bytes::Bytes>) -> Vec<Value> {
        file.get_row_iter(None).expect("rows").map(|row| row.expect("a row").to_json_value()).collect()
    }

    #[test]
    fn columns_have_what_lines_have() {
        let all = [refused(), logged(), refused(), logged(), logged()];
        let lines: Vec<Value> = all
            .iter()
            .map(|logged| serde_json::from_str(&line(logged, &begin()).expect("a line")).expect("JSON"))
            .collect();
        let rows = read(&file(all));
        assert_eq!(rows, lines);
        let columns = schema();
        let places: Vec<_> =
            lines[0].as_object().expect("an object").keys().map(|name| columns.find(&format!(" {name}"))).collect();
        assert!(places.iter().all(Option::is_some), "{columns}");
    }

    #[test]
    fn what_is_held_is_bounded_by_rows_and_by_events() {
        let many = file((0..=MOST_ROWS).map(|_| refused()));
        let sizes: Vec<_> = many.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
        assert_eq!(sizes, [20_000, 1]);

        let long = || {
            let mut logged = logged();
            logged.details.events = vec![logged.details.events[1]; MOST_EVENTS / 2];
            logged
        };
        let file = file([long(), long(), long()]);
        let sizes: Vec<_> = file.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
        assert_eq!(sizes, [2, 1]);
    }

    #[test]
    fn a_run_without_a_request_has_a_file_without_a_row() {
        assert_eq!(read(&file([])), [Value::Null; 0]);
    }
}
