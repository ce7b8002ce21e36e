//! See `groundplan_fuzz::presence`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::presence(data));
