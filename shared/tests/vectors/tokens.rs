//! Access and refresh tokens, published keys, and the byte strings that devices sign to prove themselves.

use groundplan_shared::auth::claims::{AccessClaims, Confirmation, Expected};
use groundplan_shared::auth::jwks::Jwks;
use groundplan_shared::auth::refresh::RefreshToken;
use groundplan_shared::auth::token::{check_token, make_token, token_hash};
use groundplan_shared::auth::{Scope, Scopes};
use groundplan_shared::crypto::{Secret, SigningKey};
use groundplan_shared::wire::ids::{AccountId, Hash, InviteId, Nonce, ServerId};
use groundplan_shared::wire::payload;

use crate::kept::{Kept, fixed};
use crate::story::{WORKSPACE, device};

const SERVER: ServerId = ServerId([5; 16]);

#[test]
fn tokens() {
    let mut kept = Kept::open("tokens.json");
    let (server_key, desk) = (SigningKey::from_seed(Secret::new([0x33; 32])), device("desk"));
    let claims = AccessClaims {
        iss: "https://plan.example".into(),
        aud: SERVER.to_string(),
        sub: AccountId([6; 16]),
        device: desk.id(),
        scope: Scopes::new([Scope::Sync, Scope::Account, Scope::Admin]),
        iat: 1_700_000_000,
        exp: 1_700_000_600,
        jti: Nonce([7; 32]),
        cnf: Confirmation::of(&desk.public().signing),
    };
    let stored = kept.text("claims", &serde_json::to_string(&claims).unwrap());
    assert_eq!(serde_json::from_str::<AccessClaims>(&stored).unwrap(), claims);
    let jwks = kept.text("jwks", &serde_json::to_string(&Jwks::of([&server_key.public()])).unwrap());
    let keys: Jwks = serde_json::from_str(&jwks).unwrap();
    let token = kept.text("access token", &make_token(&claims, &server_key).unwrap());
    let expected = Expected { issuer: &claims.iss, audience: &claims.aud, now_s: 1_700_000_300 };
    assert_eq!(check_token(&token, &keys, &expected), Ok(claims));
    kept.text("hash of the access token", &token_hash(&token).to_string());
    let refresh = RefreshToken::make(&fixed("refresh token")).unwrap();
    let text = kept.text("refresh token", &refresh.to_text());
    assert_eq!(RefreshToken::parse(&text), Some(refresh.clone()));
    kept.text("hash of the refresh token", &refresh.hash().to_string());
    kept.done();
}

#[test]
fn payloads() {
    let mut kept = Kept::open("payloads.json");
    let (nonce, device, hash) = (Nonce([1; 32]), device("desk").id(), Hash([2; 32]));
    let (account, invite) = (AccountId([3; 16]), InviteId([4; 16]));
    kept.bytes("socket challenge", &payload::socket_challenge(&SERVER, &nonce, &device, &hash));
    kept.bytes("device registration", &payload::device_registration(&SERVER, &nonce, &account, &device));
    kept.bytes("token refresh", &payload::token_refresh(&SERVER, &device, &hash));
    kept.bytes("invite access", &payload::invite_access(&SERVER, &WORKSPACE, &invite, &device));
    kept.done();
}
