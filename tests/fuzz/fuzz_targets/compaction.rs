//! See `groundplan_fuzz::compaction`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| groundplan_fuzz::compaction(data));
