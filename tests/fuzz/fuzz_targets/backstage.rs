//! See `groundplan_fuzz::backstage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::backstage(data));
