//! The cost of stretching a password (Argon2id), with a floor and a ceiling compiled in: a server can neither make
//! guessing cheap nor exhaust a client.

use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::ksf::Ksf;

use crate::proof::{Check, left_out};

/// A cost between [`FLOOR`] and [`CEILING`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KsfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The least that is accepted (OWASP's minimum for Argon2id).
pub const FLOOR: KsfCost = KsfCost { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
/// What new registrations use.
pub const STANDARD: KsfCost = KsfCost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
/// The most that is accepted.
pub const CEILING: KsfCost = KsfCost { memory_kib: 512 * 1024, passes: 10, lanes: 4 };

/// The cost is outside the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server asks for a password cost outside this program's limits; do not sign in there")]
pub struct CostError;

impl KsfCost {
    /// Checks a cost.
    ///
    /// # Errors
    /// [`CostError`] below [`FLOOR`] or above [`CEILING`] in any respect.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        let fits = (FLOOR.memory_kib..=CEILING.memory_kib).contains(&memory_kib)
            && (FLOOR.passes..=CEILING.passes).contains(&passes)
            && (FLOOR.lanes..=CEILING.lanes).contains(&lanes);
        if fits || left_out(Check::Cost) { Ok(Self { memory_kib, passes, lanes }) } else { Err(CostError) }
    }

    /// Returns memory in KiB, passes and lanes.
    pub fn parts(self) -> (u32, u32, u32) {
        (self.memory_kib, self.passes, self.lanes)
    }
}

impl Default for KsfCost {
    fn default() -> Self {
        STANDARD
    }
}

impl Ksf for KsfCost {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let params = argon2::Params::new(self.memory_kib, self.passes, self.lanes, Some(L::USIZE))
            .map_err(|_| InternalError::KsfError)?;
        let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let mut output = GenericArray::default();
        // The input is already unique to user and server (the OPRF's output), so the salt is fixed (RFC 9807).
        argon2
            .hash_password_into(&input, &[0; argon2::RECOMMENDED_SALT_LEN], &mut output)
            .map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}
