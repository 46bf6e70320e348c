//! Server-sent events: bytes of a body in, events out.
//!
//! [`Decoder`] is an incremental decoder of the event stream format of the WHATWG HTML Standard, section 9.2.6,
//! "Interpreting an event stream". It never reads, waits or reconnects: whoever owns the socket pushes what came.
//!
//! - `lines`: bytes to lines, whatever ends them and wherever the reads cut them
//! - `draft`: lines to the event that they build
//! - `framing`: what separates events: blank lines, or line ends
//! - `decoder`: all of it together, with the limit

mod decoder;
mod draft;
mod error;
mod event;
mod framing;
mod limits;
mod lines;
#[cfg(test)]
mod properties;

pub use decoder::Decoder;
pub use error::DecodeError;
pub use event::Event;
pub use framing::Framing;
pub use limits::Limits;
