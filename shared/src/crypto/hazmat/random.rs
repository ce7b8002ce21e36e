//! Where randomness comes in: one trait, filled by the system's generator or by a caller's closure.
//!
//! This crate never opens a generator itself.

/// The generator failed; nothing that depends on it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator failed; try again, and restart the computer if it persists")]
pub struct RandomFailed;

/// A source of unpredictable bytes.
pub trait Random {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`RandomFailed`]; `out` is then not to be used.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed>;
}

impl Random for ring::rand::SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        ring::rand::SecureRandom::fill(self, out).map_err(|_| RandomFailed)
    }
}

/// A source that calls a closure: simulations and fixed vectors bring their own.
#[derive(Clone, Copy)]
pub struct FromFn<F>(pub F);

impl<F: Fn(&mut [u8]) -> Result<(), RandomFailed>> Random for FromFn<F> {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        (self.0)(out)
    }
}

/// Draws `N` bytes.
pub(crate) fn draw<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomFailed> {
    let mut out = [0; N];
    random.fill(&mut out)?;
    Ok(out)
}

/// Deterministic bytes for tests: SHA-256 in counter mode over a seed.
#[cfg(test)]
pub(crate) fn seeded(seed: u64) -> impl Random {
    let counter = std::cell::Cell::new(0u64);
    FromFn(move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            let block = super::hash::sha256(&[b"test", &seed.to_be_bytes(), &counter.get().to_be_bytes()]);
            counter.set(counter.get() + 1);
            chunk.copy_from_slice(block.0.get(..chunk.len()).unwrap());
        }
        Ok(())
    })
}
