//! See `groundplan_fuzz::frame_client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::frame_client(data));
