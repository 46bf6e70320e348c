//! The request log: a row for each request, as a line of JSON or in the columns of a Parquet file.
//!
//! - `row`: [`Row`], what a row has
//! - `json_lines`: [`line()`], a row as JSON
//! - `parquet`: `ParquetRows`, rows as columns (feature `parquet`)

mod json_lines;
#[cfg(feature = "parquet")]
mod parquet;
mod row;

pub use self::json_lines::line;
#[cfg(feature = "parquet")]
pub use self::parquet::ParquetRows;
pub use row::{EventRow, Events, Row};
