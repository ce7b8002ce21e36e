//! Codes that people type, messages in a pairing mailbox, tokens, and the server's side of signing in.

use std::sync::OnceLock;

use groundplan_shared::auth::claims::Expected;
use groundplan_shared::auth::jwks::Jwks;
use groundplan_shared::auth::opaque::{OpaqueServer, ServerLoginState, login_start};
use groundplan_shared::auth::refresh::RefreshToken;
use groundplan_shared::auth::token::check_token;
use groundplan_shared::crypto::safe::{InviteTicket, PairingSecret, RecoveryCode, Side};
use groundplan_shared::crypto::{Secret, SigningKey};
use groundplan_shared::wire::ids::ServerId;
use groundplan_shared::wire::pairing::PairingMessage;

use crate::world::fixed;

/// Reads the bytes as each kind of code; what was read must be written as it is meant.
pub fn codes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(code) = RecoveryCode::parse(text) {
        assert_eq!(RecoveryCode::parse(&code.to_text()), Ok(code));
    }
    if let Ok(secret) = PairingSecret::parse(text) {
        assert_eq!(PairingSecret::parse(&secret.to_text()), Ok(secret));
    }
    if let Ok(ticket) = InviteTicket::parse(text) {
        assert_eq!(InviteTicket::parse(&ticket.to_text()), Ok(ticket));
    }
    if let Some(token) = RefreshToken::parse(text) {
        assert_eq!(token.to_text().as_str(), text);
    }
}

/// Decodes the bytes as a pairing message, open and sealed, as an access token, and as messages of signing in.
pub fn auth(data: &[u8]) {
    if let Ok(message) = PairingMessage::decode(data) {
        assert_eq!(message.encode(), data, "one encoding");
    }
    let secret = PairingSecret::make(&fixed()).expect("fixed bytes do not fail");
    let _ = secret.open(Side::New, 0, data);
    if let Ok(token) = std::str::from_utf8(data) {
        let keys = Jwks::of([&SigningKey::from_seed(Secret::new([3; 32])).public()]);
        let expected = Expected { issuer: "https://plan.example", audience: "here", now_s: 1_700_000_000 };
        let _ = check_token(token, &keys, &expected);
        if let Ok(keys) = serde_json::from_str::<Jwks>(token) {
            let _ = keys.find("kid");
        }
    }
    sign_in(data);
}

fn sign_in(data: &[u8]) {
    static SERVER: OnceLock<(OpaqueServer, Vec<u8>)> = OnceLock::new();
    let (server, request) = SERVER.get_or_init(|| {
        let server = OpaqueServer::make(ServerId([5; 16]), &fixed()).expect("fixed bytes do not fail");
        (server, login_start("password", &fixed()).expect("fixed bytes do not fail").1)
    });
    let _ = server.register_start("ada", data);
    let _ = OpaqueServer::register_finish(data);
    let _ = server.login_start("ada", None, data, &fixed());
    let _ = server.login_start("ada", Some(data), request, &fixed());
    let _ = server.login_finish(&ServerLoginState::from_secret_bytes(data), "ada", &[0; 64]);
    let _ = OpaqueServer::from_secret_bytes(ServerId([5; 16]), data);
}
