//! What streams cost as they are in a load test: paced ones by the hundred, thousand and ten thousand, and small requests; and how late their
//! events are. Beside readers of plain sockets in the same run.
//!
//! ```text
//! cargo bench -p sse-load --bench streams -- [rounds]
//! ```
//! Hold the ratios, not the microseconds. Server and clients are processes of their own, on cores of their own where `taskset` can arrange it; the
//! rounds of all contenders take turns. Linux only: it needs epoll, and a clock that all processes share.
//!
//! One contender alone, for a profiler: `streams client [name] [plan] [address]`, with the address that `streams serve` prints, and the plan as
//! five numbers: streams, µs to the first token, µs between tokens, tokens of a stream, µs of the ramp.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> linux::Fallible<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this bench needs Linux");
}
