//! Opening an envelope with every check of SYNC §5, in its order. One opaque message outside, reasons inside.

use super::body::EnvelopeBody;
use super::header::{Header, Kind};
use super::outer::{OuterError, Standing, parse_outer, verify_outer};
use super::seal::{bound, derive};
use crate::auth::role::Compartment;
use crate::crypto::safe::CompartmentKey;
use crate::crypto::safe::low::aead;
use crate::crypto::safe::low::secret::equal;
use crate::membership::MembershipState;
use crate::proof::{Check, left_out};
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId};

/// Why an envelope was not opened; for the quarantine list and for tests, never for whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenReason {
    /// Refused without looking inside.
    Outer(OuterError),
    /// It was delivered as part of another document.
    Document,
    /// This device holds no key of that compartment and epoch.
    KeyMissing,
    /// Another key than the author's.
    Commitment,
    /// The ciphertext is not authentic.
    Ciphertext,
    /// The plaintext is not a padded body of the header's kind.
    Body,
    /// A change cannot be read, or its actor is not the author device's.
    Actor,
}

/// An envelope did not open. Its text is the same for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this envelope could not be accepted; it was set aside and everything else goes on")]
pub struct OpenError {
    reason: OpenReason,
}

impl OpenError {
    /// Returns the reason.
    pub fn reason(&self) -> OpenReason {
        self.reason
    }

    /// Says whether the envelope may open after pulling the log (and so the keys).
    pub fn may_heal(&self) -> bool {
        matches!(self.reason, OpenReason::Outer(OuterError::LogAhead) | OpenReason::KeyMissing)
    }
}

impl From<OpenReason> for OpenError {
    fn from(reason: OpenReason) -> Self {
        Self { reason }
    }
}

/// An envelope that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its header.
    pub header: Header,
    /// Its id.
    pub id: EnvelopeId,
    /// Its content.
    pub body: EnvelopeBody,
}

/// Says whether an Automerge actor id belongs to a device: the device's id and then the installation's own bytes.
pub fn actor_belongs_to(actor: &[u8], device: &DeviceId) -> bool {
    actor.len() > DeviceId::LEN && actor.starts_with(&device.0)
}

/// Checks and opens an envelope that was delivered as one of `document`.
///
/// `key` gives the key of a compartment and epoch; `actor` gives the actor id of a change (`None`: it cannot be
/// read). Snapshots hold other authors' changes: their manifest is checked against the document's log by the client.
///
/// # Errors
/// [`OpenError`].
pub fn open_checked<'k>(
    bytes: &[u8],
    document: &DocumentId,
    state: &MembershipState,
    standing: Standing,
    key: impl Fn(Compartment, u32) -> Option<&'k CompartmentKey>,
    actor: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<Opened, OpenError> {
    let outer = parse_outer(bytes).map_err(OpenReason::Outer)?;
    verify_outer(&outer, state, standing).map_err(OpenReason::Outer)?;
    let header = &outer.header;
    if header.document != *document {
        return Err(OpenReason::Document.into());
    }
    let key = key(header.compartment, header.epoch).ok_or(OpenReason::KeyMissing)?;
    let derived = derive(key, &header.salt, outer.core());
    if !equal(&derived.commitment.0, &header.commitment.0) && !left_out(Check::Commitment) {
        return Err(OpenReason::Commitment.into());
    }
    let plaintext =
        aead::open(&derived.key, derived.nonce, bound(outer.header_bytes()), &outer.form.ciphertext)
            .map_err(|_| OpenReason::Ciphertext)?;
    let plaintext = zeroize::Zeroizing::new(plaintext);
    let body =
        EnvelopeBody::from_plaintext(&plaintext).filter(|b| b.fits(header.kind)).ok_or(OpenReason::Body)?;
    let own = |change: &[u8]| actor(change).is_some_and(|actor| actor_belongs_to(&actor, &header.author));
    let owned = left_out(Check::Actor) || body.changes.iter().all(|change| own(change));
    if header.kind != Kind::Snapshot && !owned {
        return Err(OpenReason::Actor.into());
    }
    Ok(Opened { id: outer.id, body, header: outer.header })
}
