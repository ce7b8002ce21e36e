//! Sign-ins under way, kept by the client in a sealed ticket instead of in the server's memory, and used once.
//!
//! Any replica can finish what another began; the memory of used tickets is each process's own.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use groundplan_shared::wire::{
    AccountId, Nonce,
    cbor::{Blob, decode_exact, encode, from_base64, to_base64},
};
use minicbor::{Decode, Encode};

use crate::identity::Identity;

/// How long a sign-in may take.
const LIFE_MS: i64 = 60_000;
const PURPOSE: &str = "sign-in";
/// Used tickets remembered at once; beyond it the oldest, soon to expire anyway, are forgotten.
const REMEMBERED: usize = 100_000;

/// A sign-in under way.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct SignIn {
    /// The normalised name.
    #[n(0)]
    pub username: String,
    /// The account that was named to the client, real or made up.
    #[n(1)]
    pub account: AccountId,
    /// To be signed by the device.
    #[n(2)]
    pub nonce: Nonce,
    /// OPAQUE's state.
    #[n(3)]
    pub opaque: Blob,
    /// When it was begun.
    #[n(4)]
    pub begun_at: i64,
}

/// The memory of used tickets.
#[derive(Default)]
pub struct Tickets {
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    nonces: HashMap<[u8; 32], i64>,
    order: VecDeque<[u8; 32]>,
}

impl Tickets {
    /// Seals a sign-in for the client to bring back.
    pub fn seal(identity: &Identity, sign_in: &SignIn) -> String {
        to_base64(&identity.seal_ticket(PURPOSE, &encode(sign_in)))
    }

    /// Opens a ticket that is in time and was not used before.
    pub fn open_once(&self, identity: &Identity, ticket: &str, now: i64) -> Option<SignIn> {
        let content = identity.open_ticket(PURPOSE, &from_base64(ticket)?)?;
        let sign_in: SignIn = decode_exact(&content, 4096).ok()?;
        let age = now.saturating_sub(sign_in.begun_at);
        if !(0..=LIFE_MS).contains(&age) {
            return None;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = used.order.front().copied() {
            let begun_at = used.nonces.get(&oldest).copied().unwrap_or_default();
            if used.order.len() < REMEMBERED && now.saturating_sub(begun_at) <= LIFE_MS {
                break;
            }
            used.order.pop_front();
            used.nonces.remove(&oldest);
        }
        if used.nonces.insert(sign_in.nonce.0, sign_in.begun_at).is_some() {
            return None;
        }
        used.order.push_back(sign_in.nonce.0);
        Some(sign_in)
    }
}
