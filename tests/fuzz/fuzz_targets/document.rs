//! See `groundplan_fuzz::document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::document(data));
