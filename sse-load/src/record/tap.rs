//! Who hears of what is recorded, as it is recorded.

use std::fmt;
use std::sync::Arc;

use super::{PanicKey, TaskErrorKey};
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

/// What hears of everything that is recorded, on the thread that records it; by default nothing does.
#[derive(Clone, Default)]
pub struct Tap(Option<Arc<Hear>>);

type Hear = dyn Fn(Recorded<'_>) + Send + Sync;

impl Tap {
    /// A tap that calls `hear`, which must neither panic nor take long.
    pub fn new(hear: impl Fn(Recorded<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    pub(super) fn tell(&self, recorded: Recorded<'_>) {
        if let Some(hear) = &self.0 {
            hear(recorded);
        }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tap").field(&self.0.is_some()).finish()
    }
}
