//! See `groundplan_fuzz::backup`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::backup(data));
