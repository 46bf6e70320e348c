//! Memory of a process.

use std::fmt::Display;

/// Bytes that are in memory now (proc(5), second field of `statm`) of the process with this number, or of `self`; 0 off Linux.
pub(crate) fn resident(process: impl Display) -> u64 {
    #[cfg(target_os = "linux")]
    {
        let statm = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
        let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
        pages * rustix::param::page_size() as u64
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        0
    }
}
