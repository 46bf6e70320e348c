//! Who hears of what is recorded, as it is recorded.

use std::fmt;
use std::sync::Arc;

use super::{LogQueue, PanicKey, TaskErrorKey, Window};
use crate::sample::Sample;

/// Something that was recorded.
#[derive(Clone, Copy, Debug)]
pub enum Recorded<'r> {
    /// A finished request, with its tokens.
    Sample(&'r Sample),
    /// An error that a task returned and that is no failed request.
    Error(&'r TaskErrorKey),
    /// A panic of a task.
    Panic(&'r PanicKey),
}

/// What hears of everything that is recorded, on the thread that records it, and the request log, to which each request is sent; by
/// default there is neither.
#[derive(Clone, Default)]
pub struct Tap {
    hear: Option<Arc<Hear>>,
    log: Option<LogQueue>,
}

type Hear = dyn Fn(Recorded<'_>) + Send + Sync;

impl Tap {
    /// A tap that calls `hear`, which must neither panic nor take long.
    pub fn new(hear: impl Fn(Recorded<'_>) + Send + Sync + 'static) -> Self {
        Self { hear: Some(Arc::new(hear)), log: None }
    }

    /// The same, which sends each request to a request log.
    #[must_use]
    pub fn with_log(self, log: Option<LogQueue>) -> Self {
        Self { log, ..self }
    }

    pub(super) fn has_log(&self) -> bool {
        self.log.is_some()
    }

    /// Tells of a request, whose details go to the log.
    pub(super) fn tell_sample(&self, sample: &mut Sample, window: Window) {
        self.tell(Recorded::Sample(sample));
        let details = sample.details.take();
        if let Some((log, details)) = self.log.as_ref().zip(details) {
            log.send(sample, *details, window);
        }
    }

    pub(super) fn tell(&self, recorded: Recorded<'_>) {
        if let Some(hear) = &self.hear {
            hear(recorded);
        }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("hears", &self.hear.is_some()).field("log", &self.log).finish()
    }
}
