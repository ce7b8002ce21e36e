//! This device's keys, made once and kept in the encrypted profile.
//!
//! Not here: changing the device's name, which is a setting.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::crypto::safe::DeviceKeys;
use ring::rand::SystemRandom;
use rusqlite::OptionalExtension as _;
use zeroize::Zeroizing;

use crate::profile::Profile;
use crate::store::StoreError;

/// This device.
#[derive(Debug, Clone)]
pub struct Device {
    keys: Arc<DeviceKeys>,
}

fn damaged() -> ApiError {
    ApiError::new(
        ErrorCode::StoreCorrupt,
        "The keys of this device cannot be read from the profile.",
        "Keep the profile as it is and run `groundplan doctor`; or link this device again with a new profile.",
    )
}

impl Device {
    /// Loads the device's keys from the profile, making them at the first start.
    ///
    /// # Errors
    /// Those of the store; `StoreCorrupt` if the keys are damaged.
    pub fn load_or_make(profile: &Profile) -> Result<Self, ApiError> {
        let stored: Option<Zeroizing<Vec<u8>>> = profile.transaction(|tx| {
            let row = tx.query_row("SELECT secret FROM device_identity WHERE one = 1", [], |row| {
                row.get(0).map(Zeroizing::new)
            });
            Ok::<_, StoreError>(row.optional()?)
        })?;
        if let Some(secret) = stored {
            let keys = DeviceKeys::from_secret_bytes(&secret).ok_or_else(damaged)?;
            return Ok(Self { keys: Arc::new(keys) });
        }
        let keys = DeviceKeys::make(&SystemRandom::new()).map_err(no_randomness)?;
        let secret = keys.to_secret_bytes();
        // Another process may have been first: its keys win.
        let kept: Zeroizing<Vec<u8>> = profile.transaction(|tx| {
            tx.execute(
                "INSERT INTO device_identity (one, secret, created_ms) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
                (secret.as_slice(), crate::env::now_ms() as i64),
            )?;
            let row = tx.query_row("SELECT secret FROM device_identity WHERE one = 1", [], |row| {
                row.get(0).map(Zeroizing::new)
            });
            Ok::<_, StoreError>(row?)
        })?;
        Ok(Self { keys: Arc::new(DeviceKeys::from_secret_bytes(&kept).ok_or_else(damaged)?) })
    }

    /// Makes new keys in the place of those that the profile has; nobody has the old ones after that.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn renew(profile: &Profile) -> Result<Self, ApiError> {
        let keys = DeviceKeys::make(&SystemRandom::new()).map_err(no_randomness)?;
        let secret = keys.to_secret_bytes();
        profile.transaction(|tx| {
            tx.execute(
                "UPDATE device_identity SET secret = ?1, created_ms = ?2 WHERE one = 1",
                (secret.as_slice(), crate::env::now_ms() as i64),
            )?;
            Ok::<_, StoreError>(())
        })?;
        Ok(Self { keys: Arc::new(keys) })
    }

    /// Returns the device's id.
    pub fn id(&self) -> [u8; 16] {
        self.keys.id().0
    }

    /// Returns the device's keys.
    pub fn keys(&self) -> &Arc<DeviceKeys> {
        &self.keys
    }
}

/// The system's generator failed.
pub(crate) fn no_randomness(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::Unsupported, format!("{error}."), "Restart the computer, then try again.")
}
