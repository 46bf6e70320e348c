//! The control group of this process: what it may use, and how long it was kept from running.

use std::path::PathBuf;
use std::time::Duration;

/// The time in which the group was not allowed to run, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Throttled {
    /// How often.
    pub(super) periods: u64,
    /// Over all processors.
    pub(super) time: Duration,
}

impl Throttled {
    pub(super) fn since(self, before: Self) -> Self {
        Self { periods: self.periods.saturating_sub(before.periods), time: self.time.saturating_sub(before.time) }
    }
}

/// A control group that limits processors.
pub(super) struct Cgroup(PathBuf);

impl Cgroup {
    /// That of this process, if there is one.
    pub(super) fn own() -> Option<Self> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        folders(&own).into_iter().find(|folder| folder.join("cpu.stat").is_file()).map(Self)
    }

    pub(super) fn throttled(&self) -> Option<Throttled> {
        throttled(&self.file("cpu.stat")?)
    }

    /// How many processors it may use.
    pub(super) fn quota(&self) -> Option<f64> {
        match self.file("cpu.max") {
            Some(max) => quota(&max),
            None => quota(&format!("{} {}", self.file("cpu.cfs_quota_us")?, self.file("cpu.cfs_period_us")?)),
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.0.join(name)).ok()
    }
}

/// Where the group may be seen, by the text of `/proc/self/cgroup` (cgroups(7)): the first version's controller of processors, the second
/// version's only tree, and for each the root that a container has of its own.
fn folders(text: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let path = path.trim_start_matches('/');
        let roots: Vec<_> = match controllers {
            "" => ["", "unified"].map(str::to_owned).to_vec(),
            _ if controllers.split(',').any(|one| one == "cpu") => vec![controllers.to_owned(), "cpu".to_owned()],
            _ => continue,
        };
        for root in roots.iter().map(|root| PathBuf::from("/sys/fs/cgroup").join(root)) {
            folders.push(root.join(path));
            folders.push(root);
        }
    }
    folders
}

/// `cpu.stat`: the second version counts microseconds, the first nanoseconds.
fn throttled(text: &str) -> Option<Throttled> {
    let number = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse::<u64>().ok())
    };
    let time = match (number("throttled_usec"), number("throttled_time")) {
        (Some(micros), _) => Duration::from_micros(micros),
        (None, Some(nanos)) => Duration::from_nanos(nanos),
        (None, None) => return None,
    };
    Some(Throttled { periods: number("nr_throttled")?, time })
}

/// `max 100000` or `-1 100000` is no limit, `20000 100000` a fifth of a processor.
fn quota(text: &str) -> Option<f64> {
    let mut words = text.split_ascii_whitespace().map(str::parse::<f64>);
    let (quota, period) = (words.next()?.ok()?, words.next()?.ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period).filter(|quota| quota.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_tell_how_long_a_group_was_kept_from_running() {
        let told = Some(Throttled { periods: 3, time: Duration::from_micros(250) });
        assert_eq!(throttled("usage_usec 9\nnr_periods 9\nnr_throttled 3\nthrottled_usec 250\n"), told);
        assert_eq!(throttled("nr_periods 9\nnr_throttled 3\nthrottled_time 250000\n"), told);
        for odd in ["", "usage_usec 9\nuser_usec 3\n", "nr_throttled x\nthrottled_usec 1\n", "nr_throttled3\n"] {
            assert_eq!(throttled(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_quota_is_a_number_of_processors() {
        for (text, processors) in [
            ("20000 100000\n", Some(0.2)),
            ("150000 100000\n", Some(1.5)),
            ("max 100000\n", None),
            ("-1\n 100000\n", None),
            ("1 0", None),
            ("", None),
            ("NaN 1", None),
        ] {
            assert_eq!(quota(text), processors, "{text}");
        }
    }

    #[test]
    fn the_group_is_looked_for_where_each_version_has_it() {
        let shown = |text: &str| folders(text).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(shown("0::/user/test\n")[..2], ["/sys/fs/cgroup/user/test", "/sys/fs/cgroup/"]);
        let first = shown("9:name=systemd:/\n4:memory:/a\n1:cpu,cpuacct:/jobs/1\n");
        assert_eq!(first[0], "/sys/fs/cgroup/cpu,cpuacct/jobs/1");
        assert!(first.contains(&"/sys/fs/cgroup/cpu/jobs/1".to_owned()) && first.len() == 4, "{first:?}");
        assert!(shown("nonsense\n::\n1:cpu\n").iter().all(|path| path.starts_with("/sys/fs/cgroup")));
    }
}
