//! Ctrl-C: the first ends the window early, the second cuts off what is left.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use tokio::sync::Notify;

/// The exit code of a process that Ctrl-C ended (128 + SIGINT).
const EXIT_CODE: i32 = 130;

static ACTIVE: Mutex<Option<Arc<Presses>>> = Mutex::new(None);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often one load test was asked to end.
#[derive(Debug, Default)]
pub(super) struct Presses {
    count: AtomicU32,
    pressed: Notify,
}

impl Presses {
    /// Asks once more; gives how often that was done.
    pub(super) fn press(&self) -> u32 {
        let before = self.count.fetch_add(1, Ordering::AcqRel);
        self.pressed.notify_one();
        before + 1
    }
}

/// Hears Ctrl-C while a load test runs. Outside of one and of a [`Series`], Ctrl-C ends the process, as it would without us.
#[derive(Debug)]
pub(super) struct Interrupt(Arc<Presses>);

impl Interrupt {
    /// Begins to listen.
    pub(super) fn listen() -> Self {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(|| {
            // A process with a handler of its own keeps it; then Ctrl-C is that one's to deal with.
            let _ = ctrlc::set_handler(press);
        });
        let presses = Arc::new(Presses::default());
        *active() = Some(Arc::clone(&presses));
        Self(presses)
    }

    /// What asks this load test alone to end, as Ctrl-C does.
    pub(super) fn presses(&self) -> Arc<Presses> {
        Arc::clone(&self.0)
    }

    /// How often Ctrl-C was pressed.
    pub(super) fn count(&self) -> u32 {
        self.0.count.load(Ordering::Acquire)
    }

    /// Waits until Ctrl-C was pressed `times` times since [`listen`](Self::listen).
    pub(super) async fn pressed(&self, times: u32) {
        loop {
            let pressed = self.0.pressed.notified();
            if self.0.count.load(Ordering::Acquire) >= times {
                return;
            }
            pressed.await;
        }
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        *active() = None;
    }
}

static SERIES: AtomicU32 = AtomicU32::new(0);

/// Load tests of which one follows the other. Ctrl-C between two of them starts no further one, and what they found is kept; pressed
/// again it ends the process.
#[derive(Debug)]
pub(super) struct Series(());

impl Series {
    pub(super) fn begin() -> Self {
        SERIES.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        SERIES.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether Ctrl-C ended a load test of this process.
pub(super) fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Acquire)
}

/// What ended the load test that was just interrupted.
pub(super) fn cause() -> &'static str {
    if was_interrupted() { "Ctrl-C" } else { "the stop button" }
}

fn active() -> std::sync::MutexGuard<'static, Option<Arc<Presses>>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn press() {
    let active = active().clone();
    let is_first = !INTERRUPTED.swap(true, Ordering::AcqRel);
    match active {
        Some(presses) => {
            presses.press();
        }
        None if is_first && SERIES.load(Ordering::Acquire) > 0 => {}
        None => std::process::exit(EXIT_CODE),
    }
}
