//! Numbers and their units: histograms, ratios, rates.

mod histogram;
mod rank;
mod slices;
mod units;

pub use histogram::{Histogram, LARGEST};
pub use rank::{assert_percentile, rank};
pub use slices::{Slice, Slices};
pub use units::{Rate, Ratio, Unit};
