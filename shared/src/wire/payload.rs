//! Byte strings that device keys sign to prove themselves to a server, each under its own domain tag.
//!
//! Only the layout is here; signing and checking are in `crypto`, freshness is the server's duty.

use super::ids::{AccountId, DeviceId, Hash, InviteId, Nonce, ServerId, WorkspaceId};

fn join(tag: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut out = tag.to_vec();
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// What a device signs to log in on the socket: bound to the server, its nonce, the device and the access token
/// (by SHA-256 of the compact token).
pub fn socket_challenge(server: &ServerId, nonce: &Nonce, device: &DeviceId, token_hash: &Hash) -> Vec<u8> {
    join(b"groundplan/socket-challenge/v1\0", &[&server.0, &nonce.0, &device.0, &token_hash.0])
}

/// What a device signs to be registered with an account at login; `nonce` is that of the login.
pub fn device_registration(
    server: &ServerId,
    nonce: &Nonce,
    account: &AccountId,
    device: &DeviceId,
) -> Vec<u8> {
    join(b"groundplan/device-registration/v1\0", &[&server.0, &nonce.0, &account.0, &device.0])
}

/// What a device signs to use a refresh token (named by SHA-256 of the token).
pub fn token_refresh(server: &ServerId, device: &DeviceId, refresh_hash: &Hash) -> Vec<u8> {
    join(b"groundplan/token-refresh/v1\0", &[&server.0, &device.0, &refresh_hash.0])
}

/// What the invite key (not a device) signs so that an invitee may read the membership log before joining.
pub fn invite_access(
    server: &ServerId,
    workspace: &WorkspaceId,
    invite: &InviteId,
    device: &DeviceId,
) -> Vec<u8> {
    join(b"groundplan/invite-access/v1\0", &[&server.0, &workspace.0, &invite.0, &device.0])
}
