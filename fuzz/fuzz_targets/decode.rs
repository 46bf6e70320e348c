#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| sse_load_fuzz::decode::check(body));
