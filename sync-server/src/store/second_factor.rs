//! What the store remembers of second factors. Whether a code is right is the service's matter; that none counts twice
//! is decided here.

use async_trait::async_trait;
use groundplan_shared::wire::{AccountId, DeviceId};

use super::{StoreResult, UnixMs};

/// An account's authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Its secret, sealed by the server.
    pub secret_sealed: Vec<u8>,
    /// Codes of steps up to this one were used.
    pub last_step: u64,
    /// A code of it came back once: sign-ins need it.
    pub confirmed: bool,
}

/// A use of a code.
#[derive(Debug, Clone, Copy)]
pub struct UsedStep {
    /// Whose.
    pub account: AccountId,
    /// The step of the code.
    pub step: u64,
    /// The device whose living sessions it proves too.
    pub device: Option<DeviceId>,
    /// Now.
    pub now: UnixMs,
}

/// Second factors of accounts.
#[async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// Stores a secret that does not count yet, in the place of one that did not either; false if there is one that
    /// counts.
    async fn begin_second_factor(
        &self,
        account: AccountId,
        secret_sealed: Vec<u8>,
        now: UnixMs,
    ) -> StoreResult<bool>;
    /// Finds the account's second factor, confirmed or not.
    async fn second_factor(&self, account: AccountId) -> StoreResult<Option<SecondFactor>>;
    /// Uses a step up, and confirms the factor with it; false if that step or a later one was used before.
    async fn use_second_factor(&self, used: UsedStep) -> StoreResult<bool>;
    /// Removes the factor; the account's sessions count as without.
    async fn remove_second_factor(&self, account: AccountId) -> StoreResult<()>;
}
