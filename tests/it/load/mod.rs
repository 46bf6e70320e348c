//! Load as it comes: open loop, shapes, phases, a number of tasks.

mod budgets;
mod conversations;
mod hang_up;
mod open_loop;
mod phases;
mod plans;
mod shapes;
