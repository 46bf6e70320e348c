//! The client against the mock server's dialects: neither its readers nor the server's writers know of the other, so what
//! both make of a format is proof of both.

mod asking;
mod faults;
mod framing;
mod picture;
mod replies;
mod spoken;
mod usage;
