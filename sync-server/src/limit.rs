//! Rate limits: token buckets by kind of use and by caller, in bounded memory. What the rates are is configuration.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use crate::{clock::Clock, config::Limits};

/// Whom a bucket belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A network address; an IPv6 address counts with its /64.
    Address([u8; 8]),
    /// An account, a device or the hash of a name.
    Id([u8; 16]),
}

impl Caller {
    /// The caller behind a network address.
    pub fn address(address: IpAddr) -> Self {
        let mut key = [0; 8];
        match address.to_canonical() {
            // The last byte tells IPv4 from the zeros that no /64 in use begins with.
            IpAddr::V4(v4) => {
                for (to, from) in key.iter_mut().zip(v4.octets().into_iter().chain([0, 0, 0, 4])) {
                    *to = from;
                }
            }
            IpAddr::V6(v6) => {
                for (to, from) in key.iter_mut().zip(v6.octets()) {
                    *to = from;
                }
            }
        }
        Self::Address(key)
    }
}

/// What is being limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// Any request.
    Request,
    /// An attempt to sign in or to register.
    SignIn,
    /// An attempt to sign in by one name.
    SignInByName,
    /// A code of a second factor.
    SecondFactor,
    /// A request of an account.
    AccountRequest,
    /// An envelope.
    Envelope,
    /// A blob put or read.
    Blob,
    /// A sealed presence message.
    Presence,
}

/// Tokens that come back with time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at_ms: u64,
}

/// How fast tokens come back and how many there are at most.
#[derive(Debug, Clone, Copy)]
struct Rate {
    per_ms: f64,
    burst: f64,
}

const SHARDS: usize = 16;
/// Callers remembered in a shard; beyond it, those with full buckets are forgotten, then the longest idle.
const SHARD_CALLERS: usize = 16_384;

type Shard = Mutex<HashMap<(Use, Caller), Bucket>>;

/// All rate limits of the server.
pub struct RateLimiter {
    shards: Vec<Shard>,
    hasher: RandomState,
    limits: Limits,
    clock: Clock,
}

impl RateLimiter {
    /// Begins with full buckets.
    pub fn new(limits: Limits, clock: Clock) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), limits, clock }
    }

    fn rate(&self, what: Use) -> Rate {
        let minute = |count: u32| Rate { per_ms: f64::from(count) / 60_000.0, burst: f64::from(count) };
        match what {
            Use::Request => minute(self.limits.requests_per_minute),
            Use::SignIn => minute(self.limits.sign_ins_per_minute),
            Use::SignInByName => minute(self.limits.sign_ins_per_name_per_minute),
            // With a right password and 1,440 tries a day a code is guessed in half a year on average; each is logged.
            Use::SecondFactor => Rate { per_ms: 1.0 / 60_000.0, burst: 5.0 },
            Use::AccountRequest => minute(self.limits.requests_per_account_per_minute),
            Use::Envelope => Rate {
                per_ms: f64::from(self.limits.envelopes_per_second) / 1000.0,
                burst: f64::from(self.limits.envelope_burst),
            },
            Use::Blob => minute(self.limits.blobs_per_minute),
            Use::Presence => Rate { per_ms: 0.02, burst: 60.0 },
        }
    }

    /// Takes tokens, or tells after how many milliseconds there will be enough.
    ///
    /// # Errors
    /// The time to wait.
    pub fn take(&self, what: Use, caller: Caller, count: u32) -> Result<(), u64> {
        let rate = self.rate(what);
        let now = self.clock.steady_ms();
        let index = usize::try_from(self.hasher.hash_one((what, caller)) % SHARDS as u64).unwrap_or_default();
        let Some(shard) = self.shards.get(index) else { return Ok(()) };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SHARD_CALLERS && !shard.contains_key(&(what, caller)) {
            self.forget(&mut shard, now);
        }
        let bucket = shard.entry((what, caller)).or_insert(Bucket { tokens: rate.burst, at_ms: now });
        let passed = now.saturating_sub(bucket.at_ms);
        bucket.tokens = (bucket.tokens + passed as f64 * rate.per_ms).min(rate.burst);
        bucket.at_ms = now;
        let wanted = f64::from(count);
        if bucket.tokens >= wanted {
            bucket.tokens -= wanted;
            return Ok(());
        }
        let missing = (wanted - bucket.tokens) / rate.per_ms;
        Err(missing.ceil() as u64)
    }

    fn forget(&self, shard: &mut HashMap<(Use, Caller), Bucket>, now: u64) {
        shard.retain(|(what, _), bucket| {
            let rate = self.rate(*what);
            bucket.tokens + now.saturating_sub(bucket.at_ms) as f64 * rate.per_ms < rate.burst
        });
        while shard.len() >= SHARD_CALLERS {
            let Some(oldest) = shard.iter().min_by_key(|(_, bucket)| bucket.at_ms).map(|(key, _)| *key)
            else {
                return;
            };
            shard.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_then_waits_then_recovers() {
        let clock = Clock::manual(0);
        let limits = Limits { envelopes_per_second: 50, envelope_burst: 100, ..Limits::default() };
        let limiter = RateLimiter::new(limits, clock.clone());
        let one = Caller::Id([1; 16]);
        limiter.take(Use::Envelope, one, 100).unwrap();
        assert_eq!(limiter.take(Use::Envelope, one, 10), Err(200));
        limiter.take(Use::Envelope, Caller::Id([2; 16]), 100).unwrap();
        limiter.take(Use::Request, one, 1).unwrap();
        clock.advance(199);
        assert_eq!(limiter.take(Use::Envelope, one, 10), Err(1));
        clock.advance(1);
        limiter.take(Use::Envelope, one, 10).unwrap();
        clock.advance(1_000_000);
        limiter.take(Use::Envelope, one, 100).unwrap();
        assert!(limiter.take(Use::Envelope, one, 1).is_err(), "no more than the burst is saved up");
    }

    #[test]
    fn addresses_are_grouped() {
        let of = |text: &str| Caller::address(text.parse().unwrap());
        assert_eq!(of("::ffff:1.2.3.4"), of("1.2.3.4"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_ne!(of("1.2.3.4"), of("1.2.3.5"));
    }

    #[test]
    fn memory_stays_bounded() {
        let limiter = RateLimiter::new(Limits::default(), Clock::manual(0));
        for n in 0..(SHARDS * SHARD_CALLERS + 5_000) as u64 {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            limiter.take(Use::Request, Caller::Id(id), 1).unwrap();
        }
        assert!(limiter.shards.iter().all(|shard| shard.lock().unwrap().len() <= SHARD_CALLERS));
    }
}
