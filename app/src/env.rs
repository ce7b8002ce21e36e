//! The only place where the client core asks the machine for time, randomness and new ids.
//!
//! Not here: the synchronisation core, which gets all three handed in.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

/// Returns milliseconds since 1970, for display only; 0 if the clock stands before that.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Returns `N` random bytes of the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Makes a new UUID (version 7, so that ids made one after the other lie side by side in the database).
pub fn make_uuid() -> Uuid {
    let ms = now_ms();
    let noise: [u8; 10] = random();
    uuid::Builder::from_unix_timestamp_millis(ms, &noise).into_uuid()
}
