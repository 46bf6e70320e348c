//! Numbers and their units: histograms, ratios, rates; and what samples prove.

mod beta;
pub mod binomial;
mod buckets;
mod correlation;
mod encoding;
mod estimate;
mod extents;
mod histogram;
mod means;
mod packing;
mod paired;
mod rank;
mod rank_interval;
mod ratio;
#[cfg(test)]
mod references;
pub mod seconds;
pub mod sequential;
#[cfg(test)]
pub(crate) mod simulation;
#[cfg(test)]
mod simulation_of_ratios;
mod slices;
mod tally;
mod timeline;
mod units;

pub use buckets::Buckets;
pub use correlation::{Batch, design_effect, telling_quantile};
pub use extents::{Extent, Extents};
pub use histogram::{Histogram, LARGEST};
pub use means::{Total, mean_interval};
pub use paired::{Estimated, FEWEST_PAIRS, paired_difference, paired_ratio};
pub use rank::{assert_percentile, rank};
pub use rank_interval::rank_interval;
pub use ratio::{Located, difference_interval, ratio_interval};
pub use slices::{Slice, Slices};
pub use tally::Tally;
pub use units::{Rate, Ratio, Unit};
