#![doc = include_str!("../../docs/load.md")]

mod arrivals;
mod mix;
mod picker;
mod population;
mod shape;
mod tags;
mod wait;

pub use arrivals::{Arrivals, Moments};
pub use mix::{Mix, MixError, Share};
pub use picker::WeightedPicker;
pub use population::{Stay, stays, users_at};
pub use shape::{Level, LoadShape};
pub use tags::Tags;
pub use wait::{WaitTime, between, constant, exponential, pacing, throughput};
