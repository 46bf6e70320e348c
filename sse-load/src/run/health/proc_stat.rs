//! What the whole machine's processors did, by `/proc/stat`.

/// Time of all processors together since the machine started, in the kernel's ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Processors {
    /// With idling.
    pub(super) all: u64,
    /// Running anything, on this machine.
    pub(super) busy: u64,
    /// Ready to run while the host ran another machine.
    pub(super) steal: u64,
}

impl Processors {
    #[cfg(target_os = "linux")]
    pub(super) fn read() -> Option<Self> {
        parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn read() -> Option<Self> {
        None
    }

    pub(super) fn since(self, before: Self) -> Self {
        Self {
            all: self.all.saturating_sub(before.all),
            busy: self.busy.saturating_sub(before.busy),
            steal: self.steal.saturating_sub(before.steal),
        }
    }
}

/// The line of all processors: user nice system idle iowait irq softirq steal, then guests, which are in user already
/// (`proc_stat(5)`).
#[cfg_attr(not(any(target_os = "linux", test)), expect(dead_code, reason = "only Linux writes it"))]
fn parse(text: &str) -> Option<Processors> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks = line.split_ascii_whitespace().take(8).map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
    let &[user, nice, system, idle, iowait, irq, softirq, steal] = ticks.as_slice() else { return None };
    let busy = [user, nice, system, irq, softirq].into_iter().fold(0, u64::saturating_add);
    let all = [idle, iowait, steal].into_iter().fold(busy, u64::saturating_add);
    Some(Processors { all, busy, steal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_all_processors_is_read_and_nonsense_is_none() {
        let text = "cpu  100 1 20 800 30 4 5 40 7 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\n";
        assert_eq!(parse(text), Some(Processors { all: 1_000, busy: 130, steal: 40 }));
        for odd in ["", "cpu  1 2 3\n", "cpu  a b c d e f g h\n", "cpu0 1 2 3 4 5 6 7 8\n"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_counter_that_goes_back_is_no_time() {
        let later = Processors { all: 10, busy: 4, steal: 0 };
        assert_eq!(later.since(Processors { all: 3, busy: 9, steal: 1 }), Processors { all: 7, busy: 0, steal: 0 });
    }
}
