//! What a task works with: the [`Context`], the request builder, and what drives a stream from its first byte to its [`Sample`](crate::sample::Sample).

mod attempt;
mod bounds;
mod budget;
mod chat;
mod context;
mod conversation;
mod drive;
mod error;
mod facts;
mod flight;
mod hang_up;
mod ids;
mod names;
pub mod payload;
mod quote;
mod reading;
mod redact;
mod reply;
mod request;
mod retry;
pub mod shape;
mod shared;
mod sink;
mod stop;
mod target;
mod texts;
mod timeouts;

pub use budget::{Budget, Limits, Prices, Spent};
pub use context::{Context, Identity, Place};
pub use conversation::Conversation;
pub(crate) use redact::without_url_secrets;

pub use error::{BuildError, RequestError};
pub use hang_up::HangUp;
pub use reply::{Generated, Reply};
pub use request::SseRequest;
pub(crate) use request::header;
pub use retry::Retry;
pub use shared::Shared;
pub use sink::Sink;
pub use stop::{Stop, Working};
pub use target::{Host, HostError};
pub use timeouts::Timeouts;
