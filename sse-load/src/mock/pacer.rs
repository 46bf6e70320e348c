//! Wakes tasks at moments that are exact to some microseconds; tokio's own timer rounds up to the millisecond.
//!
//! One task, the courier, holds one [`Timer`] for the earliest deadline and wakes all tasks that are due. It runs in
//! their runtime, where a wake costs next to nothing; a wake from another thread would cost a system call each.

use std::collections::BinaryHeap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;
use super::timer::Timer;

/// A deadline closer than this is waited for without sleep. To sleep and be woken costs about as much, so this at most
/// doubles the price of a wait, and under load it saves most of it.
const TOO_SHORT_TO_SLEEP: Duration = Duration::from_micros(15);

/// The queue of deadlines, shared by the courier and all streams of one runtime.
#[derive(Clone, Default)]
pub(super) struct Alarms(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    alarms: BinaryHeap<Alarm>,
    courier: Option<Waker>,
}

impl Alarms {
    /// Wakes the task once, at `deadline` or some microseconds later.
    pub(super) fn wake_at(&self, deadline: Instant, waker: Waker) {
        let mut queue = self.lock();
        let earliest = queue.alarms.peek().is_none_or(|next| deadline < next.deadline);
        queue.alarms.push(Alarm { deadline, waker });
        if earliest && let Some(courier) = queue.courier.take() {
            drop(queue);
            courier.wake();
        }
    }

    /// Waits until `deadline`.
    pub(super) async fn sleep_until(&self, deadline: Instant) {
        poll_fn(|cx| {
            if clock::now() >= deadline {
                return Poll::Ready(());
            }
            self.wake_at(deadline, cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// The courier: it wakes the tasks that are due, for ever. No alarm rings unless it runs in the tasks' runtime.
    pub(super) async fn deliver(self, mut timer: Timer) {
        let mut due = Vec::new();
        poll_fn(|cx| {
            let wait = self.take_due(&mut due, cx);
            due.drain(..).for_each(Waker::wake);
            match wait {
                Some(wait) if wait < TOO_SHORT_TO_SLEEP => cx.waker().wake_by_ref(),
                Some(wait) => timer.wake_after(wait, cx),
                None => {}
            }
            Poll::<()>::Pending
        })
        .await;
    }

    fn take_due(&self, due: &mut Vec<Waker>, cx: &Context<'_>) -> Option<Duration> {
        let mut queue = self.lock();
        queue.courier = Some(cx.waker().clone());
        queue.take_due(clock::now(), due)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Alarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarms").field(&self.lock().alarms.len()).finish()
    }
}

impl Queue {
    /// Moves the tasks that are due; returns the time until the next one.
    fn take_due(&mut self, now: Instant, due: &mut Vec<Waker>) -> Option<Duration> {
        loop {
            let next = self.alarms.peek()?.deadline;
            if next > now {
                return Some(next - now);
            }
            due.extend(self.alarms.pop().map(|alarm| alarm.waker));
        }
    }
}

struct Alarm {
    deadline: Instant,
    waker: Waker,
}

/// The heap gives out its greatest element, so the earliest deadline is the greatest.
impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.deadline.cmp(&self.deadline)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.deadline == other.deadline
    }
}

impl Eq for Alarm {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Wake;
    use tokio::runtime;

    struct Report(u64, mpsc::Sender<u64>);

    impl Wake for Report {
        fn wake(self: Arc<Self>) {
            let _ = self.1.send(self.0);
        }
    }

    #[test]
    fn due_alarms_come_out_in_the_order_of_their_deadlines() {
        let (rung, heard) = mpsc::channel();
        let start = clock::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut queue = Queue::default();
        for millis in [30, 10, 40, 20] {
            let waker = Waker::from(Arc::new(Report(millis, rung.clone())));
            let deadline = after(millis);
            queue.alarms.push(Alarm { deadline, waker });
        }
        let mut due = Vec::new();
        assert_eq!(queue.take_due(after(30), &mut due), Some(Duration::from_millis(10)));
        due.drain(..).for_each(Waker::wake);
        let order: Vec<_> = heard.try_iter().collect();
        assert_eq!(order, [10, 20, 30]);
    }

    #[test]
    fn every_alarm_rings_and_none_rings_early() {
        let runtime = runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        let alarms = Alarms::default();
        runtime.block_on(async {
            tokio::spawn(alarms.clone().deliver(Timer::new().expect("a timer")));
            let start = clock::now();
            let waits = [30, 10, 20, 0].map(|millis| {
                let (alarms, deadline) = (alarms.clone(), start + Duration::from_millis(millis));
                tokio::spawn(async move {
                    alarms.sleep_until(deadline).await;
                    assert!(clock::now() >= deadline);
                })
            });
            for wait in waits {
                wait.await.expect("not early");
            }
        });
    }
}
