//! Two load tests never run at once: they would measure each other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError as MutexBusy};

/// The name of the file whose lock all processes of the machine share, in the folder for temporary files.
const LOCK_FILE: &str = "sse-load.lock";

static IN_PROCESS: Mutex<()> = Mutex::new(());
static HOLDER: Mutex<String> = Mutex::new(String::new());

/// The right to run; dropping it lets the next load test begin.
#[derive(Debug)]
pub(super) struct Exclusive {
    // The order matters: the file is unlocked before the next thread of this process asks for it.
    file: Option<File>,
    _in_process: MutexGuard<'static, ()>,
}

impl Exclusive {
    /// Waits for the right to run `test`, and says on stderr who is waited for.
    pub(super) fn acquire(test: &str) -> Self {
        let in_process = lock_in_process(test);
        test.clone_into(&mut HOLDER.lock().unwrap_or_else(PoisonError::into_inner));
        let file = lock_file(&std::env::temp_dir().join(LOCK_FILE), test);
        Self { file, _in_process: in_process }
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // Closing the file unlocks it too, so a failure here changes nothing.
            let _ = file.unlock();
        }
    }
}

fn lock_in_process(test: &str) -> MutexGuard<'static, ()> {
    match IN_PROCESS.try_lock() {
        Ok(guard) => guard,
        // Whoever panicked holds it no more.
        Err(MutexBusy::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(MutexBusy::WouldBlock) => {
            waits(test, &named(&HOLDER.lock().unwrap_or_else(PoisonError::into_inner)), "of this process");
            IN_PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

/// The lock across processes. A machine whose temporary folder gives no lock still runs the test, with a word about it.
fn lock_file(path: &Path, test: &str) -> Option<File> {
    // Another user's file can be locked, but not written.
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = match opened.or_else(|_| File::open(path)) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("sse-load: no lock against load tests of other processes ({}: {error})", path.display());
            return None;
        }
    };
    let locked = match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who it is is only good to know.
            let _ = file.read_to_string(&mut holder);
            waits(test, holder.trim(), "of another process");
            file.lock()
        }
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    if let Err(error) = locked {
        eprintln!("sse-load: no lock against load tests of other processes ({}: {error})", path.display());
        return None;
    }
    // The holder's name is for those who wait; a file that can't be written is still a lock.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{} (process {})", named(test), std::process::id()));
    Some(file)
}

/// A load test's name as it stands in a message.
fn named(test: &str) -> String {
    format!("`{test}`")
}

/// Says who is waited for; a holder that has only just got the right has not written its name yet.
fn waits(test: &str, holder: &str, whose: &str) {
    let holder = if holder.is_empty() { "a load test".to_owned() } else { format!("load test {holder}") };
    let notice = format!("sse-load: {} waits until {holder} {whose} has ended\n", named(test));
    // Straight to the handle: libtest would swallow an `eprintln!`, and the wait would look like a hang.
    let _ = std::io::stderr().write_all(notice.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_gets_the_file_only_after_the_first() {
        let path = std::env::temp_dir().join(format!("sse-load-test-{}.lock", std::process::id()));
        let first = lock_file(&path, "first").expect("a lock");
        let other = File::open(&path).expect("the file is there");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        assert!(std::fs::read_to_string(&path).expect("it is readable").starts_with("`first` (process "));
        drop(first);
        assert!(other.try_lock().is_ok());
        std::fs::remove_file(path).expect("it can be removed");
    }
}
