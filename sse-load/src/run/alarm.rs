//! Wakes a task at a moment that is exact to some microseconds; tokio's own timer rounds up to the millisecond.

use crate::clock::Timestamp;

#[cfg(target_os = "linux")]
use linux::Timer;
#[cfg(not(target_os = "linux"))]
use portable::Timer;

/// A wait shorter than this is no sleep: to sleep and be woken costs about as much.
const TOO_SHORT_TO_SLEEP: std::time::Duration = std::time::Duration::from_micros(15);

/// Wakes one task of the runtime that it was made in. Where the system has no timer left, tokio's own must do.
pub(super) struct Alarm(Option<Timer>);

impl Alarm {
    pub(super) fn new() -> Self {
        Self(Timer::new().ok())
    }

    /// Waits until a moment; not at all if it has passed.
    pub(super) async fn until(&mut self, moment: Timestamp) {
        loop {
            let wait = moment - Timestamp::now();
            if wait.is_zero() {
                return;
            }
            match &mut self.0 {
                _ if wait < TOO_SHORT_TO_SLEEP => tokio::task::yield_now().await,
                Some(timer) => timer.sleep(wait).await,
                None => tokio::time::sleep(wait).await,
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// Longer than any process runs.
    const FAR: Timespec = Timespec { tv_sec: 1 << 40, tv_nsec: 0 };

    /// A `timerfd` among the sockets of the runtime.
    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(
            deprecated,
            reason = "its replacement is unsafe and asks for a descriptor that stays open, which an `OwnedFd` does"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            AsyncFd::with_interest(timer, Interest::READABLE).map(Self)
        }

        pub(super) async fn sleep(&mut self, wait: Duration) {
            let it_value = Timespec::try_from(wait).unwrap_or(FAR);
            let once = Itimerspec { it_interval: Timespec::default(), it_value };
            // It fails on numbers out of range only. Setting it takes back that it was ready, so nothing has to be read.
            let _ = timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once);
            if let Ok(mut ready) = self.0.readable().await {
                ready.clear_ready();
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::time::Duration;

    /// Tokio's own timer: up to a millisecond late.
    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn sleep(&mut self, wait: Duration) {
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;

    #[test]
    fn it_rings_at_its_moment_and_never_early() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut alarm = Alarm::new();
            let start = Timestamp::now();
            for wait in [5, 0, 12, 12, 3] {
                alarm.until(start + ms(wait)).await;
                assert!(Timestamp::now() >= start + ms(wait));
            }
        });
    }

    #[test]
    fn a_wait_that_was_given_up_rings_no_later_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut alarm = Alarm::new();
            let start = Timestamp::now();
            let given_up = tokio::time::timeout(ms(1), alarm.until(start + ms(4))).await;
            assert!(given_up.is_err() || Timestamp::now() >= start + ms(4));
            tokio::time::sleep(ms(10)).await;
            alarm.until(start + ms(30)).await;
            assert!(Timestamp::now() >= start + ms(30));
        });
    }
}
