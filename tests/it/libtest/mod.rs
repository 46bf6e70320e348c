//! Load tests inside of libtest: real test processes, started by tests of the same binary.

mod artifacts;
mod child;
mod environment;
mod exclusive;
#[cfg(unix)]
mod interrupt;
mod output;
mod process;
mod verdicts;
