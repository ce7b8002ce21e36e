//! Linking a device: a code that holds the server's address and a pairing secret, a mailbox for three sealed
//! messages, six digits to compare, and the log entry that hands over the keys.
//!
//! Messages: the linked device offers (0), the new one asks (0), the linked one hands over (1). The server sees the
//! mailbox's id and ciphertext. The new device signs in by itself: a code opens a workspace, not an account.

use std::sync::Arc;
use std::time::Duration;

use groundplan_shared::api::{
    ApiError, DeviceLinkJoinParams, DeviceList, ErrorCode, Hidden, LinkCode, LinkRequest, WorkspaceView,
};
use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{PairingSecret, Side, device_id};
use groundplan_shared::crypto::{sha256, verify};
use groundplan_shared::membership::build::{next_entry, wrap_current};
use groundplan_shared::membership::{Body, DeviceAdd, DeviceKeysPublic};
use groundplan_shared::wire::rest::{MailboxPutParams, MailboxSide};
use groundplan_shared::wire::{DeviceId, Hash, MemberId, PublicKey, ServerId, Signature, WorkspaceId};
use ring::rand::SystemRandom;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::account::{self, Session};
use super::adopt;
use super::device::no_randomness;
use super::membership::{append, collect, failed, load, sync_failed, untrusted, verify as verify_log};
use crate::core::Workspace;
use crate::net::{Rest, ServerAddress};
use crate::runtime::App;
use crate::sync::confirm::keyring;

/// Time between two looks into the mailbox.
const LOOK: Duration = Duration::from_millis(700);

/// A linking under way on the device that is linked already.
#[derive(Clone)]
pub struct Linking {
    secret: PairingSecret,
    workspace: Arc<Workspace>,
    offer: Vec<u8>,
    request: Option<(Request, Vec<u8>)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    version: u8,
    server: ServerId,
    workspace: WorkspaceId,
    name: String,
    member: MemberId,
    genesis: Hash,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    version: u8,
    device_name: String,
    signing: PublicKey,
    hpke: PublicKey,
    consent: Signature,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandOver {
    version: u8,
    head_index: u64,
    head_hash: Hash,
}

impl Request {
    fn keys(&self) -> DeviceKeysPublic {
        DeviceKeysPublic { signing: self.signing, hpke: self.hpke }
    }
}

fn bad_code(message: &str) -> ApiError {
    let mut error =
        ApiError::new(ErrorCode::InvalidInput, message, "Copy the whole code from the other device.");
    error.field = Some("code".to_owned());
    error
}

/// Writes address and secret as one word. The part after `#` never goes to a server.
fn code_text(address: &ServerAddress, secret: &PairingSecret) -> String {
    format!("{address}#{}", secret.to_text().as_str())
}

fn read_code(code: &str) -> Result<(ServerAddress, PairingSecret), ApiError> {
    let (address, secret) =
        code.trim().split_once('#').ok_or_else(|| bad_code("The code is not complete."))?;
    let address = ServerAddress::parse(address).map_err(|_| bad_code("The code holds no usable address."))?;
    Ok((address, PairingSecret::parse(secret).map_err(|error| bad_code(&format!("{error}.")))?))
}

/// Six digits over both messages: equal on both devices exactly if nobody changed anything between them.
fn check_digits(secret: &PairingSecret, offer: &[u8], request: &[u8]) -> String {
    let parts = [sha256(&[offer]).0, sha256(&[request]).0];
    let hash = sha256(&[b"groundplan/link-check/v1\0", &secret.mailbox().0, &parts[0], &parts[1]]);
    let number = hash.0.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// Draws a text as a QR code in SVG.
pub(super) fn qr(text: &str) -> Hidden {
    let code = qrcode::QrCode::new(text.as_bytes());
    Hidden(code.map_or_else(
        |_| String::new(),
        |code| code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build(),
    ))
}

async fn put(
    rest: &Rest,
    session: Option<&Session>,
    secret: &PairingSecret,
    side: Side,
    sequence: u32,
    message: &[u8],
) -> Result<u64, ApiError> {
    let sealed = secret.seal(side, sequence, message, &SystemRandom::new()).map_err(no_randomness)?;
    let side = match side {
        Side::Existing => MailboxSide::Existing,
        Side::New => MailboxSide::New,
    };
    let params = MailboxPutParams { side, sequence, sealed: sealed.into() };
    let bearer = session.map(Session::bearer);
    Ok(rest.mailbox_put(secret.mailbox(), &params, bearer).await?.expires_ms)
}

/// Waits for a message of the other side.
async fn take<T: DeserializeOwned>(
    rest: &Rest,
    session: Option<&Session>,
    secret: &PairingSecret,
    side: Side,
    sequence: u32,
    until: Instant,
) -> Result<(T, Vec<u8>), ApiError> {
    let mailbox_side = match side {
        Side::Existing => MailboxSide::Existing,
        Side::New => MailboxSide::New,
    };
    loop {
        let bearer = session.map(Session::bearer);
        let answer = match rest.mailbox_get(secret.mailbox(), mailbox_side, sequence, bearer).await {
            Err(error) if error.code == ErrorCode::RateLimited => None,
            other => Some(other?),
        };
        let found = answer
            .and_then(|answer| answer.messages.into_iter().find(|message| message.sequence == sequence));
        if let Some(message) = found {
            let bytes = secret
                .open(side, sequence, &message.sealed)
                .map_err(|_| untrusted("The other device's message cannot be opened with this code."))?;
            let value = serde_json::from_slice(&bytes).map_err(|_| {
                untrusted("The other device's message cannot be read; update both to one version.")
            })?;
            return Ok((value, bytes.to_vec()));
        }
        if Instant::now() >= until {
            return Err(ApiError::new(
                ErrorCode::NotFound,
                "The other device has not answered yet.",
                "Finish on the other device, then wait again; if the code has ended, make another.",
            ));
        }
        sleep(LOOK).await;
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("invariant: plain strings and numbers serialise")
}

/// Makes a code for another device of this member.
pub async fn start(app: &Arc<App>) -> Result<LinkCode, ApiError> {
    let workspace = app.workspace()?;
    let session = account::session(app).await?;
    let (state, record) = load(&workspace)?;
    if !record.uploaded {
        return Err(ApiError::new(
            ErrorCode::NotConnected,
            "The workspace is on this device only.",
            "Upload it first with `groundplan sync --connect`, or \u{201c}Connect\u{201d} in the sync view.",
        ));
    }
    let own = state
        .device(&app.device().keys().id())
        .ok_or_else(|| sync_failed(crate::sync::SyncError::NotMember))?;
    let secret = PairingSecret::make(&SystemRandom::new()).map_err(no_randomness)?;
    let offer = json(&Offer {
        version: 1,
        server: session.server,
        workspace: state.workspace(),
        name: crate::ops::workspace::view(app, workspace.id())?.name,
        member: own.member,
        genesis: state.genesis_hash(),
    });
    let expires_ms = put(&session.rest, Some(&session), &secret, Side::Existing, 0, &offer).await?;
    let code = code_text(&session.address, &secret);
    app.net.set_linking(Some(Linking { secret, workspace, offer, request: None }));
    Ok(LinkCode { qr_svg: qr(&code), code: Hidden(code), expires_ms })
}

fn none_under_way() -> ApiError {
    ApiError::new(
        ErrorCode::Conflict,
        "No device is being linked.",
        "Make a code first: `groundplan device link`.",
    )
}

/// Waits for the other device's request.
pub async fn wait(app: &Arc<App>, timeout_ms: u64) -> Result<LinkRequest, ApiError> {
    let linking = app.net.linking().ok_or_else(none_under_way)?;
    let session = account::session(app).await?;
    let until = Instant::now() + Duration::from_millis(if timeout_ms == 0 { 30_000 } else { timeout_ms });
    let (request, bytes): (Request, Vec<u8>) =
        take(&session.rest, Some(&session), &linking.secret, Side::New, 0, until).await?;
    let keys = request.keys();
    let (state, _) = load(&linking.workspace)?;
    let offer: Offer = serde_json::from_slice(&linking.offer).map_err(failed)?;
    let consent =
        groundplan_shared::crypto::safe::device::consent_payload(&state.workspace(), &offer.member, &keys);
    if !verify(&keys.signing, &consent, &request.consent) {
        return Err(untrusted("The other device's request is not signed by its own key."));
    }
    let answer = LinkRequest {
        device_name: request.device_name.clone(),
        device: device_id(&keys).to_string(),
        check: check_digits(&linking.secret, &linking.offer, &bytes),
    };
    app.net.set_linking(Some(Linking { request: Some((request, bytes)), ..linking }));
    Ok(answer)
}

/// Lets the device in that asked.
pub async fn confirm(app: &Arc<App>, device: &str) -> Result<DeviceList, ApiError> {
    let linking = app.net.linking().ok_or_else(none_under_way)?;
    let Some((request, _)) = linking.request else { return Err(none_under_way()) };
    let keys = request.keys();
    let id: DeviceId = device_id(&keys);
    if id.to_string() != device {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            "That is not the device that asked.",
            "Compare the six digits on both devices and confirm the one shown.",
        ));
    }
    let own = Arc::clone(app.device().keys());
    let (wanted, now_ms) = (request.clone(), crate::env::now_ms());
    let state = append(app, &linking.workspace, move |tx, state| {
        let random = SystemRandom::new();
        let me = state.device(&own.id()).ok_or_else(|| sync_failed(crate::sync::SyncError::NotMember))?;
        let member =
            state.member(&me.member).ok_or_else(|| sync_failed(crate::sync::SyncError::NotMember))?;
        let ring = keyring(tx, state).map_err(sync_failed)?;
        let (epoch, public) = ring
            .current(state, Compartment::Public)
            .ok_or_else(|| sync_failed(crate::sync::SyncError::NoKey { compartment: "public" }))?;
        let name = NameOf::Device(id.0);
        let add = DeviceAdd {
            member: me.member,
            device: wanted.keys(),
            consent: wanted.consent,
            device_name: seal_name(public, epoch, &state.workspace(), name, &wanted.device_name, &random)
                .map_err(failed)?,
            keys: wrap_current(state, &ring, member.clearance, &[wanted.keys()], &random).map_err(failed)?,
        };
        Ok(next_entry(state, &own, now_ms, Body::DeviceAdd(add)))
    })
    .await;
    let state = match state {
        Ok(state) => state,
        // Confirmed before, and the answer was lost: hand over again.
        Err(error) => {
            let (state, _) = load(&linking.workspace)?;
            if state.active(&id).is_none() {
                return Err(error);
            }
            state
        }
    };
    let added = state.device(&id).map_or(state.head_index(), |device| device.added_index);
    let hand_over = HandOver {
        version: 1,
        head_index: added,
        head_hash: state.hash_at(added).ok_or_else(|| failed("the log is shorter than it was"))?,
    };
    let session = account::session(app).await?;
    put(&session.rest, Some(&session), &linking.secret, Side::Existing, 1, &json(&hand_over)).await?;
    app.net.set_linking(None);
    crate::ops::device::list::listed(app).await
}

/// Joins with a code from another device. The six digits are told as an event as soon as they are known (see
/// `Net::show_check`).
pub async fn join(app: &Arc<App>, params: DeviceLinkJoinParams) -> Result<WorkspaceView, ApiError> {
    let (address, secret) = read_code(&params.code.0)?;
    let session = account::session(app).await.map_err(|error| {
        if error.code != ErrorCode::NotConnected {
            return error;
        }
        ApiError::new(
            ErrorCode::NotConnected,
            format!("This device is not signed in to {address}."),
            "Sign in there with your account first (`groundplan login`), then enter the code again.",
        )
    })?;
    if session.address != address {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("The code is for {address}, but this device is signed in to {}.", session.address),
            "Sign in to the code's server first, or use another profile.",
        ));
    }
    let timeout_ms = if params.timeout_ms == 0 { 600_000 } else { params.timeout_ms };
    let until = Instant::now() + Duration::from_millis(timeout_ms);
    let (offer, offered): (Offer, Vec<u8>) =
        take(&session.rest, Some(&session), &secret, Side::Existing, 0, until).await?;
    if offer.server != session.server {
        return Err(untrusted("The code was made for another server than the one at its address."));
    }
    let device = app.device();
    let keys = device.keys();
    let request = json(&Request {
        version: 1,
        device_name: crate::ops::app::device_name(app)?,
        signing: keys.public().signing,
        hpke: keys.public().hpke,
        consent: keys.consent(&offer.workspace, &offer.member),
    });
    put(&session.rest, Some(&session), &secret, Side::New, 0, &request).await?;
    app.net.show_check(app, check_digits(&secret, &offered, &request));
    let taken: Result<(HandOver, Vec<u8>), ApiError> =
        take(&session.rest, Some(&session), &secret, Side::Existing, 1, until).await;
    app.net.show_check(app, String::new());
    let (hand_over, _) = taken?;
    let session = account::session(app).await?;
    let entries = collect(|after| {
        let session = session.clone();
        async move { session.rest.log(offer.workspace, after, session.bearer()).await }
    })
    .await?;
    let state = verify_log(offer.workspace, Some(offer.genesis), &entries)?;
    if state.hash_at(hand_over.head_index) != Some(hand_over.head_hash) {
        return Err(untrusted("The server shows another membership log than the other device has."));
    }
    adopt::workspace(app, &session, state, entries, &offer.name).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_typing_errors_are_found() {
        let address = ServerAddress::parse("https://sync.example.org/team").unwrap();
        let secret = PairingSecret::make(&SystemRandom::new()).unwrap();
        let code = code_text(&address, &secret);
        assert_eq!(read_code(&code).unwrap(), (address, secret));
        assert!(read_code("https://sync.example.org").is_err());
        let mut typo = code.clone();
        let last = typo.pop().unwrap();
        typo.push(if last == '0' { '1' } else { '0' });
        assert!(read_code(&typo).unwrap_err().message.contains("typing"), "{typo}");
    }

    #[test]
    fn digits_depend_on_both_messages() {
        let secret = PairingSecret::make(&SystemRandom::new()).unwrap();
        let digits = check_digits(&secret, b"offer", b"request");
        assert_eq!(digits.len(), 6);
        assert_ne!(digits, check_digits(&secret, b"offer", b"requesT"));
        assert_ne!(digits, check_digits(&secret, b"offeR", b"request"));
    }
}
