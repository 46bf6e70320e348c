//! What a report looks like: recordings made by hand, rendered, and compared with the files in `tests/golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it golden` writes the files anew; read what changed before it is committed.

pub(crate) mod baselines;
mod blocks;
pub(crate) mod cases;
pub(crate) mod curves;
mod file;
pub(crate) mod hosts;
mod json;
mod junit;
mod locust;
pub(crate) mod markup;
mod pages;
mod progress;
mod prometheus;
pub(crate) mod run;
mod schema;
mod tables;
