//! How load comes: which task is next, how long a user waits, which classes the users are of.

mod mix;
mod picker;
mod tags;
mod wait;

pub use mix::{Mix, MixError, Share};
pub use picker::WeightedPicker;
pub use tags::Tags;
pub use wait::{WaitTime, between, constant};
