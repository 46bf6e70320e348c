//! Server and client of a bench are on cores of their own, where `taskset` can arrange it.

use std::process::{Command, Stdio};
use std::thread;

/// Which half of the machine a process works on.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// Core 0.
    Server,
    /// All other cores.
    Client,
}

/// Keeps this process on its side; says whether that worked.
pub(crate) fn pin(side: Side) -> bool {
    let cores = match (side, thread::available_parallelism()) {
        (Side::Server, _) => "0".to_owned(),
        (Side::Client, Ok(all)) if all.get() > 1 => format!("1-{}", all.get() - 1),
        _ => return false,
    };
    let process = std::process::id().to_string();
    let taskset = Command::new("taskset").args(["-a", "-c", "-p", &cores, &process]).stdout(Stdio::null()).status();
    taskset.is_ok_and(|status| status.success())
}
