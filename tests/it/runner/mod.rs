//! What the runner does with users, seen from the server's side and from the report.

mod choice;
mod endings;
mod fixtures;
mod listeners;
mod lives;
mod mix;
mod plans;
mod runtimes;
mod users;
