//! What the scheduler says of a thread: how long it ran, and how long it waited for a processor.

use std::time::Duration;

/// The account of the thread that made it.
#[cfg(target_os = "linux")]
pub(super) struct Sched(std::fs::File);

/// There is none elsewhere.
#[cfg(not(target_os = "linux"))]
pub(super) enum Sched {}

/// How long a thread ran and waited, since it began or between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) ran: Duration,
    pub(super) waited: Duration,
}

impl Spent {
    pub(super) fn since(self, before: Self) -> Self {
        Self { ran: self.ran.saturating_sub(before.ran), waited: self.waited.saturating_sub(before.waited) }
    }
}

#[cfg(target_os = "linux")]
impl Sched {
    /// `None` on a kernel that keeps no account.
    pub(super) fn of_this_thread() -> Option<Self> {
        std::fs::File::open("/proc/thread-self/schedstat").ok().map(Self)
    }

    pub(super) fn read(&mut self) -> Option<Spent> {
        use std::os::unix::fs::FileExt as _;
        let mut bytes = [0; 96];
        let length = self.0.read_at(&mut bytes, 0).ok()?;
        parse(std::str::from_utf8(&bytes[..length]).ok()?)
    }
}

#[cfg(not(target_os = "linux"))]
impl Sched {
    pub(super) fn of_this_thread() -> Option<Self> {
        None
    }

    pub(super) fn read(&mut self) -> Option<Spent> {
        None
    }
}

/// Nanoseconds that it ran, that it waited, and how often (Linux, Documentation/scheduler/sched-stats.rst).
#[cfg_attr(not(any(target_os = "linux", test)), expect(dead_code, reason = "only Linux writes it"))]
fn parse(text: &str) -> Option<Spent> {
    let mut nanos = text.split_ascii_whitespace().map(|word| word.parse().map(Duration::from_nanos));
    Some(Spent { ran: nanos.next()?.ok()?, waited: nanos.next()?.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_and_nonsense_is_none() {
        let spent = Spent { ran: Duration::from_micros(7), waited: Duration::from_nanos(45_470) };
        assert_eq!(parse("7000 45470 1\n"), Some(spent));
        assert_eq!(spent.since(Spent { ran: Duration::from_micros(9), ..Spent::default() }).ran, Duration::ZERO);
        for odd in ["", "1", "a b c", "-1 2 3", "99999999999999999999999 1 1"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
