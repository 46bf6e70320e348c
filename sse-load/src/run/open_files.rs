//! The process's limit on open files: every connection is one.

use super::PlanError;

/// Files that a process has open beside its users' connections: libraries, logs, the test's own.
const BESIDE_USERS: u64 = 64;

/// Raises the limit as far as the system lets it, for the whole process. It is an error where that is too low for the users who keep
/// a connection each; a warning where it may be for all, who may never have one at the same time.
#[cfg(unix)]
pub(super) fn allow(users: u64, keeping: u64) -> Result<Option<String>, PlanError> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, the old limit stands, and is what counts.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.map_or(Ok(None), |allowed| judge(users, keeping, allowed))
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(super) fn allow(_: u64, _: u64) -> Result<Option<String>, PlanError> {
    Ok(None)
}

fn judge(users: u64, keeping: u64, allowed: u64) -> Result<Option<String>, PlanError> {
    // Nobody knows what the process has open itself, but it is not nothing.
    if keeping >= allowed {
        return Err(PlanError::FewFiles { allowed, users: keeping, needed: keeping.saturating_add(BESIDE_USERS) });
    }
    let needed = users.saturating_add(BESIDE_USERS);
    Ok((allowed < needed).then(|| {
        format!("this process may open {allowed} files, and {users} users need about {needed}: raise the hard limit (ulimit -Hn)")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_may_be_too_low_is_a_warning_with_the_number_that_is_needed() {
        assert_eq!(judge(1_000, 1_000, 20_000).expect("enough"), None);
        assert_eq!(judge(1_000, 1_000, 1_064).expect("enough"), None);
        for keeping in [1_000, 0] {
            let warning = judge(1_000, keeping, 1_063).expect("perhaps enough");
            assert!(warning.is_some_and(|warning| warning.contains("about 1064")));
        }
        assert!(judge(1_000, 0, 100).expect("perhaps enough").is_some());
    }

    #[test]
    fn a_limit_that_is_too_low_is_an_error_with_the_number_that_is_needed() {
        assert!(judge(1_000, 1_000, 1_001).is_ok());
        let error = judge(2_000, 1_000, 1_000).expect_err("too few").to_string();
        assert!(error.contains("may open 1000 files, and 1000 users") && error.contains("about 1064"), "{error}");
    }
}
