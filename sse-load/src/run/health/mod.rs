//! Watches the generator itself: how late its threads are, what the machine left it, what it could do at most.

mod calibration;
mod cgroup;
mod cpu;
mod machine;
mod meter;
mod null_server;
mod proc_stat;
mod sched;
mod ticks;

pub(super) use calibration::calibrated;
pub(super) use machine::watch;
pub(super) use meter::Meter;
pub(super) use ticks::tick;
