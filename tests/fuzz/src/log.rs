//! Entries of the membership log, and frames of the socket.

use groundplan_shared::membership::build::next_entry;
use groundplan_shared::membership::{Body, apply, parse_entry, sign_entry, start};
use groundplan_shared::wire::cbor::{decode_canonical, encode};
use groundplan_shared::wire::limits::ENTRY_BYTES;
use groundplan_shared::wire::{ClientFrame, ServerFrame};

use crate::world::world;

/// Decodes the bytes as an entry and judges it; then as a body, which the owner signs, so that the rules behind the
/// signature are reached.
pub fn entry(data: &[u8]) {
    let world = world();
    if let Ok(parsed) = parse_entry(data) {
        // A signature is deterministic, so whoever signed must have signed these bytes.
        let again = sign_entry(&parsed.entry, &world.device);
        assert_eq!(again.len(), data.len(), "one encoding");
    }
    let _ = start(data);
    let _ = apply(&world.state, data);
    let Ok(body) = decode_canonical::<Body>(data, ENTRY_BYTES) else { return };
    assert_eq!(encode(&body), data, "one encoding");
    let signed = next_entry(&world.state, &world.device, 1, body);
    if let Ok(next) = apply(&world.state, &signed) {
        assert_eq!(next.head_index(), world.state.head_index() + 1);
        let owners = next.members().filter(|(_, member)| member.is_active()).count();
        assert!(owners > 0, "somebody is left");
        assert_eq!(apply(&world.state, &signed), Ok(next), "the same again");
    }
}

/// Decodes the bytes as a frame of a client.
pub fn frame_client(data: &[u8]) {
    if let Ok(frame) = ClientFrame::decode(data) {
        assert_eq!(ClientFrame::decode(&frame.encode()), Ok(frame));
    }
}

/// Decodes the bytes as a frame of a server.
pub fn frame_server(data: &[u8]) {
    if let Ok(frame) = ServerFrame::decode(data) {
        assert_eq!(ServerFrame::decode(&frame.encode()), Ok(frame));
    }
}
