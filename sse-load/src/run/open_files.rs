//! The process's limit on open files: every connection is one.

/// Files that a process has open beside its users' connections: libraries, logs, the test's own.
const BESIDE_USERS: u64 = 64;

/// Raises the limit as far as the system lets it, for the whole process. Gives a warning if that is too low for `users`.
#[cfg(unix)]
pub(super) fn allow(users: u64) -> Option<String> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, the old limit stands, and is what the warning compares with.
    let _ = setrlimit(Resource::Nofile, limit);
    let allowed = getrlimit(Resource::Nofile).current?;
    too_low(users, allowed)
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(super) fn allow(_: u64) -> Option<String> {
    None
}

fn too_low(users: u64, allowed: u64) -> Option<String> {
    let needed = users.saturating_add(BESIDE_USERS);
    (allowed < needed).then(|| {
        format!("this process may open {allowed} files, and {users} users need about {needed}: raise the hard limit (ulimit -Hn)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_the_number_of_users_is_a_warning_with_the_number_that_is_needed() {
        assert_eq!(too_low(1_000, 20_000), None);
        assert_eq!(too_low(1_000, 1_064), None);
        assert!(too_low(1_000, 1_063).is_some_and(|warning| warning.contains("about 1064")));
    }
}
