//! Tests of access tokens: what must be refused, each with a token that only differs in that.

use serde_json::{Value, json};

use super::*;
use crate::auth::scope::Scopes;
use crate::crypto::safe::low::random::seeded;
use crate::wire::ids::{AccountId, DeviceId, Nonce};

const NOW: u64 = 1_800_000_000;

fn key() -> SigningKey {
    SigningKey::make(&seeded(30)).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        iss: "https://plan.example".into(),
        aud: "server".into(),
        sub: AccountId([1; 16]),
        device: DeviceId([2; 16]),
        scope: Scopes::standard(),
        iat: NOW,
        exp: NOW + 600,
        jti: Nonce([3; 32]),
        cnf: Confirmation::of(&PublicKey([4; 32])),
    }
}

fn check(token: &str, now_s: u64) -> Result<AccessClaims, TokenError> {
    let expected = Expected { issuer: "https://plan.example", audience: "server", now_s };
    check_token(token, &Jwks::of([&key().public()]), &expected)
}

/// Signs any header and payload with the right key.
fn forge(header: &Value, payload: &Value) -> String {
    let signed =
        format!("{}.{}", to_base64(header.to_string().as_bytes()), to_base64(payload.to_string().as_bytes()));
    let signature = key().sign(signed.as_bytes());
    format!("{signed}.{}", to_base64(&signature.0))
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": key_thumbprint(&key().public()), "typ": "at+jwt"})
}

fn payload() -> Value {
    serde_json::to_value(claims()).unwrap()
}

#[test]
fn a_good_token_passes_and_expires() {
    let token = make_token(&claims(), &key()).unwrap();
    assert_eq!(check(&token, NOW), Ok(claims()));
    assert_eq!(check(&forge(&header(), &payload()), NOW), Ok(claims()), "the forge makes good tokens too");
    assert!(check(&token, NOW + 600 + SKEW_S - 1).is_ok());
    assert_eq!(check(&token, NOW + 600 + SKEW_S), Err(TokenError::Expired));
    assert_eq!(check(&token, NOW - SKEW_S - 1), Err(TokenError::Times));
    assert!(claims().cnf.fits(&PublicKey([4; 32])) && !claims().cnf.fits(&PublicKey([5; 32])));
}

#[test]
fn headers_other_than_ours_are_refused() {
    let with = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        check(&forge(&header, &payload()), NOW)
    };
    for algorithm in ["none", "None", "HS256", "RS256", "ES256", "eddsa", "Ed25519", ""] {
        assert_eq!(with("alg", json!(algorithm)), Err(TokenError::Header), "{algorithm}");
    }
    for typ in ["JWT", "jwt", "at+JWT", ""] {
        assert_eq!(with("typ", json!(typ)), Err(TokenError::Header), "{typ}");
    }
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("jwk", json!({"kty": "OKP"})),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("x5c", json!([])),
    ] {
        assert_eq!(with(name, value), Err(TokenError::Header), "{name}");
    }
    assert_eq!(with("kid", json!("other")), Err(TokenError::Key));
}

#[test]
fn claims_other_than_expected_are_refused() {
    let with = |name: &str, value: Value| {
        let mut payload = payload();
        payload[name] = value;
        check(&forge(&header(), &payload), NOW)
    };
    assert_eq!(with("iss", json!("https://plan.example.evil")), Err(TokenError::Audience));
    assert_eq!(with("aud", json!("other")), Err(TokenError::Audience));
    assert_eq!(with("aud", json!(["server", "other"])), Err(TokenError::Malformed));
    assert_eq!(with("exp", json!(NOW + 601)), Err(TokenError::Times));
    assert_eq!(with("exp", json!(NOW)), Err(TokenError::Times));
    assert_eq!(with("iat", json!(NOW + 700)), Err(TokenError::Times));
    assert_eq!(with("admin", json!(true)), Err(TokenError::Malformed));
    let too_long = AccessClaims { exp: NOW + 601, ..claims() };
    assert_eq!(make_token(&too_long, &key()), Err(TokenError::Times));
}

#[test]
fn a_symmetric_signature_with_the_public_key_is_refused() {
    let mut header = header();
    header["alg"] = json!("HS256");
    let signed = format!(
        "{}.{}",
        to_base64(header.to_string().as_bytes()),
        to_base64(payload().to_string().as_bytes())
    );
    let mac = crate::crypto::safe::low::hash::hmac_sha256(&key().public().0, &[signed.as_bytes()]);
    assert_eq!(check(&format!("{signed}.{}", to_base64(&mac)), NOW), Err(TokenError::Header));
    assert!(check(&format!("{signed}."), NOW).is_err());
}

#[test]
fn every_altered_character_and_length_is_refused() {
    let token = make_token(&claims(), &key()).unwrap();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(check(std::str::from_utf8(&bytes).unwrap(), NOW).is_err(), "character {at}");
        assert!(check(token.get(..at).unwrap(), NOW).is_err(), "length {at}");
    }
}

#[test]
fn a_tampered_key_set_gives_no_key() {
    let good = Jwks::of([&key().public()]);
    let kid = good.keys[0].kid.clone();
    assert_eq!(good.find(&kid), Some(key().public()));
    let mut other = good.clone();
    other.keys[0].x = to_base64(&[9; 32]);
    assert_eq!(other.find(&kid), None, "the id must be the key's thumbprint");
    let mut other = good;
    other.keys[0].alg = "HS256".into();
    assert_eq!(other.find(&kid), None);
}
