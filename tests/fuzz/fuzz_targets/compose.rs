//! See `groundplan_fuzz::compose`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::compose(data));
