//! Attribute macros of `sse-load`. Use them through that crate.
