#![doc = include_str!("../../docs/load.md")]

mod arrivals;
mod mix;
mod population;
mod round_robin;
mod shape;
mod tags;
mod task_picker;
mod wait;

pub use arrivals::{Arrivals, Moments};
pub use mix::{Mix, MixError, Share};
pub use population::{Stay, stays, users_at};
pub use round_robin::{RoundRobin, Turn};
pub use shape::{Level, LoadShape};
pub use tags::Tags;
pub use task_picker::{TaskOrder, TaskPicker};
pub use wait::{WaitTime, between, constant, exponential, pacing, throughput};
