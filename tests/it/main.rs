//! One module per behaviour of the library, in one binary.

// For the tests of `crate = ::renamed`.
extern crate sse_load as renamed;

mod baseline;
mod browser;
mod checked_later;
mod compile_fail;
mod connections;
mod course;
mod customs;
mod dashboard;
mod data;
mod decided;
mod default_headers;
mod dialects;
mod examples;
mod failures;
mod formats;
mod fuzz;
mod golden;
mod goodput;
mod health;
mod hostile;
mod kept_connection;
mod libtest;
mod load;
mod loaded;
mod macros;
mod merged;
mod metrics;
mod mock;
mod objectives;
mod payloads;
mod raw_server;
mod readme;
mod real_server;
mod request_log;
mod requests;
mod retries;
mod runner;
mod secrets;
mod server_metrics;
mod shapes;
mod slow_tokenizer;
#[cfg(target_os = "linux")]
mod stamps;
mod timeouts;
mod tokens;
