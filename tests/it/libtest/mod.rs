//! Load tests inside of libtest: real test processes, started by tests of the same binary.

mod artifacts;
mod baselines;
mod child;
mod environment;
mod exclusive;
#[cfg(unix)]
mod interrupt;
mod otlp;
mod output;
pub(crate) mod process;
mod progress;
mod verdicts;
