//! Server and client of a bench are processes of their own, on cores of their own where `taskset` can arrange it.

use std::ffi::OsStr;
use std::io;
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

/// This program again, in another role. It ends when its standard input does.
pub(crate) fn again<A: AsRef<OsStr>>(role: impl IntoIterator<Item = A>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(role).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}
