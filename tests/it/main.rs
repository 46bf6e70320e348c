//! One module per behaviour of the library, in one binary.

// For the tests of `crate = ::renamed`.
extern crate sse_load as renamed;

mod compile_fail;
mod macros;
mod mock;
