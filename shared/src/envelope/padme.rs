//! PADMÉ: padding that leaks at most O(log log n) bits of a length, with a floor for short bodies.
//!
//! Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (2019).

/// The least padded length, in bytes: one keystroke and one sentence look the same.
pub const FLOOR_BYTES: usize = 256;

/// Computes the padded length of `length` bytes; at most 12 % more above the floor.
pub fn padme(length: usize) -> usize {
    let length = length.max(FLOOR_BYTES);
    let exponent = length.ilog2();
    let mantissa_bits = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - mantissa_bits)) - 1;
    length.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_kept_for_ever() {
        let check = |length, expected| assert_eq!(padme(length), expected, "{length}");
        check(0, 256);
        check(1, 256);
        check(256, 256);
        check(257, 272);
        check(1000, 1024);
        check(4097, 4352);
        check(100_000, 100_352);
        check(262_143, 262_144);
    }

    #[test]
    fn grows_little_never_shrinks_and_is_stable() {
        for length in 0..70_000 {
            let padded = padme(length);
            assert!(padded >= length && padme(padded) == padded, "{length}");
            assert!(length < FLOOR_BYTES || padded <= length + length * 12 / 100 + 1, "{length}: {padded}");
            assert!(padme(length + 1) >= padded, "{length}");
        }
    }
}
