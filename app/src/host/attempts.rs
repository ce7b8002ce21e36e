//! How often a passphrase may be tried. The file beside the program can be attacked without it; this is against whoever
//! sits at an unattended screen or reached the agent.

use std::time::{Duration, Instant};

use groundplan_shared::api::{ApiError, ErrorCode};

/// Wrong attempts without a wait.
const FREE: u32 = 3;
/// Longest wait.
const LONGEST_S: u64 = 60;

/// Wrong attempts in a row.
#[derive(Debug, Default)]
pub struct Attempts {
    wrong: u32,
    until: Option<Instant>,
}

impl Attempts {
    /// Refuses an attempt that comes too soon.
    ///
    /// # Errors
    /// `RateLimited`, with the seconds to wait.
    pub fn check(&self, now: Instant) -> Result<(), ApiError> {
        let Some(left) = self.until.and_then(|until| until.checked_duration_since(now)) else {
            return Ok(());
        };
        if left.is_zero() {
            return Ok(());
        }
        let seconds = left.as_millis().div_ceil(1000);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        Err(ApiError::new(
            ErrorCode::RateLimited,
            "The passphrase was wrong several times.",
            format!("Try again in {seconds} {unit}."),
        ))
    }

    /// Counts a wrong attempt: after three of them the wait starts at a second and doubles.
    pub fn wrong(&mut self, now: Instant) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(over) = self.wrong.checked_sub(FREE) {
            let wait_s = 1_u64.checked_shl(over).unwrap_or(LONGEST_S).min(LONGEST_S);
            self.until = Some(now + Duration::from_secs(wait_s));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let now = Instant::now();
        let mut attempts = Attempts::default();
        attempts.wrong(now);
        attempts.wrong(now);
        assert!(attempts.check(now).is_ok(), "mistyping twice costs nothing");
        let mut waits = Vec::new();
        for _ in 0..70 {
            attempts.wrong(now);
            waits.push((1..=60).find(|s| attempts.check(now + Duration::from_secs(*s)).is_ok()).unwrap());
        }
        assert_eq!(&waits[..8], &[1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits.last(), Some(&60));
        let refused = attempts.check(now).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert_eq!(refused.hint, "Try again in 60 seconds.");
    }
}
