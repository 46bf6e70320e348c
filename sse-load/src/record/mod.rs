//! Where finished requests go: a [`Recorder`] a measuring thread, merged into one [`Recording`].

mod buffered;
mod count_cache;
mod course;
mod custom;
mod failures;
mod gathering;
mod good_if;
mod lateness;
mod pulse;
mod recorder;
mod recording;
mod series;
mod slowest;
mod tap;
mod token_counter;
mod window;

pub use buffered::{Buffered, StampedBy};
pub use course::{Course, Moment};
pub use custom::{Custom, CustomUnit, Customs};
pub use failures::{FailureGroup, FailureGroups, FailureKey, Grouped, Occurrences};
pub use gathering::{Gathering, Snapshot};
pub use good_if::{GoodIf, RequestLimit};
pub use lateness::{Lateness, STALL, Stalls};
pub use pulse::{Ended, Pulse, Pulses};
pub use recorder::Recorder;
pub use recording::{Arrived, Cell, PanicKey, Recording, TaskErrorKey};
pub use series::{Counts, Series, Worst};
pub(crate) use series::{is_worse, merge_counts};
pub(crate) use slowest::KEPT;
pub use slowest::{Slow, Slowest};
pub use tap::{Recorded, Tap};
pub use token_counter::{TokenCounter, TokenQueue, Uncounted};
pub use window::Window;
