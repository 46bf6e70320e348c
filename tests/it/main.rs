//! One module per behaviour of the library, in one binary.

// For the tests of `crate = ::renamed`.
extern crate sse_load as renamed;

mod compile_fail;
mod kept_connection;
mod macros;
mod mock;
mod raw_server;
mod real_server;
mod requests;
