//! A `timerfd` among the sockets of the runtime: no second thread, and none of the slack of a sleeping thread.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

#[derive(Debug)]
pub(in super::super) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    /// A timer in the current runtime.
    #[expect(
        deprecated,
        reason = "its replacement is unsafe and asks for a descriptor that stays open, which an `OwnedFd` does"
    )]
    pub(in super::super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        AsyncFd::with_interest(timer, Interest::READABLE).map(Self)
    }

    /// Wakes the task after this time, and forgets what it was set to before.
    pub(in super::super) fn wake_after(&mut self, wait: Duration, cx: &mut Context<'_>) {
        let once = Itimerspec {
            it_interval: Timespec::default(),
            // Nothing at all would switch the timer off.
            it_value: Timespec::try_from(wait.max(Duration::from_nanos(1))).unwrap_or(FAR),
        };
        // It fails on numbers out of range only.
        let _ = timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once);
        // Setting it took back that it was ready, so nothing has to be read. Polling leaves the waker there.
        while let Poll::Ready(Ok(mut ready)) = self.0.poll_read_ready(cx) {
            ready.clear_ready();
        }
    }
}

/// Longer than any process runs.
const FAR: Timespec = Timespec { tv_sec: 1 << 40, tv_nsec: 0 };
