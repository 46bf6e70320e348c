//! Load as it comes: open loop, shapes, phases, iterations.

mod open_loop;
mod phases;
mod plans;
mod shapes;
