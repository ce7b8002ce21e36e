//! See `groundplan_fuzz::save`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::save(data));
