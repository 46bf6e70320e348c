//! The roles of a bench are processes of their own.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// This program again, in another role. It ends when its standard input does.
pub(crate) fn again<A: AsRef<OsStr>>(role: impl IntoIterator<Item = A>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(role).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}
