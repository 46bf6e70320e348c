#![doc = include_str!("../../docs/progress.md")]

mod frame;
mod rolling;
mod totals;

pub use frame::{Frame, Generator, Load, Phase, Throughput};
pub use rolling::{Recent, Rolling};
pub use totals::Totals;
