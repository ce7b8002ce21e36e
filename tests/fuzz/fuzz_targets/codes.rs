//! See `groundplan_fuzz::codes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::codes(data));
