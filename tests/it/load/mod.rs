//! Load as it comes: open loop, shapes, phases, a number of tasks.

mod attribution;
mod budgets;
mod capacity;
mod conversations;
mod doubts;
mod hang_up;
mod hosts;
mod in_order;
mod open_loop;
mod phases;
mod plans;
mod shapes;

use std::collections::BTreeSet;
use std::time::Duration;

use sse_load::load::Arrivals;
use sse_load::mock::MockServer;

/// Evenly spread, the first at once.
fn each(gap: Duration, count: u32) -> Arrivals {
    Arrivals::at((0..count).map(|k| gap * k))
}

fn paths(server: &MockServer) -> BTreeSet<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}
