//! How long to wait before connecting again: full jitter over a doubling ceiling, so that a thousand clients that
//! lost the same server do not come back at the same moment.

use groundplan_shared::crypto::Random;

/// The first ceiling, in milliseconds.
pub const FIRST_MS: u64 = 500;
/// The last ceiling, in milliseconds.
pub const LAST_MS: u64 = 60_000;

/// Returns a random wait for the given number of failed attempts before (0: the first wait).
pub fn wait_ms(attempt: u32, random: &dyn Random) -> u64 {
    let ceiling = FIRST_MS.saturating_mul(1 << attempt.min(16)).min(LAST_MS);
    let mut bytes = [0; 8];
    match random.fill(&mut bytes) {
        // The bias of a 64-bit remainder is far below anything that matters here.
        Ok(()) => u64::from_le_bytes(bytes) % (ceiling + 1),
        // Without randomness there is no jitter, but there must be a wait.
        Err(_) => ceiling,
    }
}

#[cfg(test)]
mod tests {
    use groundplan_shared::crypto::FromFn;

    use super::*;

    #[test]
    fn stays_below_a_ceiling_that_doubles_and_ends() {
        let most = FromFn(|out: &mut [u8]| {
            out.fill(0xff);
            Ok(())
        });
        for attempt in 0..40 {
            let ceiling = FIRST_MS.saturating_mul(1 << attempt.min(16)).min(LAST_MS);
            assert!(wait_ms(attempt, &most) <= ceiling);
        }
        let none = FromFn(|out: &mut [u8]| {
            out.fill(0);
            Ok(())
        });
        assert_eq!(wait_ms(5, &none), 0, "full jitter starts at nothing");
    }
}
