//! RFC 9180, appendix A.2.1: our suite in base mode. Our wrapper seals one message for each key, so it meets the
//! message with sequence number 0; the later ones are checked against the key schedule written out by hand.

use super::super::kem;
use super::wycheproof::{key_schedule, nonce_at};
use super::{array, hex, published, spoil};
use crate::crypto::hazmat::aead;
use crate::crypto::hazmat::random::FromFn;
use crate::crypto::hazmat::secret::Secret;
use crate::wire::ids::PublicKey;
use serde_json::Value;

fn vector() -> Value {
    published(include_str!("../../../../tests/published/rfc9180.json")).remove(0)
}

/// Says whether deriving, sealing and opening do what the vector says.
fn holds(v: &Value, message: &Value) -> bool {
    let recipient = kem::KemKey::derive(&Secret::new(array(&v["ikmR"])));
    let restored = kem::KemKey::from_private(Secret::new(array(&v["skRm"])));
    let keys = recipient.public() == PublicKey(array(&v["pkRm"])) && restored.as_ref() == Some(&recipient);
    let (info, aad, text) = (hex(&v["info"]), hex(&message["aad"]), hex(&message["pt"]));
    let ephemeral: [u8; 32] = array(&v["ikmE"]);
    let random = FromFn(|out: &mut [u8]| {
        out.copy_from_slice(&ephemeral);
        Ok(())
    });
    let (encapsulated, sealed) = kem::seal(&recipient.public(), &info, &aad, &text, &random).unwrap();
    let opened = kem::open(&recipient, &PublicKey(array(&v["enc"])), &info, &aad, &hex(&message["ct"]));
    keys && encapsulated == PublicKey(array(&v["enc"]))
        && sealed == hex(&message["ct"])
        && opened.is_ok_and(|opened| *opened == text)
}

#[test]
fn rfc_9180() {
    let v = vector();
    let messages = v["encryptions"].as_array().unwrap();
    assert!(holds(&v, &messages[0]));
    for field in ["pkRm", "skRm", "enc", "info", "ikmE"] {
        let mut spoiled = v.clone();
        spoil(&mut spoiled, field);
        assert!(!holds(&spoiled, &messages[0]), "a changed {field} was not noticed");
    }
    for field in ["aad", "ct", "pt"] {
        let mut spoiled = messages[0].clone();
        spoil(&mut spoiled, field);
        assert!(!holds(&v, &spoiled), "a changed {field} was not noticed");
    }
    let (key, nonce) = key_schedule(&hex(&v["shared_secret"]), None, &hex(&v["info"]));
    for message in messages {
        let nonce = nonce_at(nonce, message["sequence"].as_u64().unwrap());
        let sealed = aead::seal(&key, nonce, &hex(&message["aad"]), &hex(&message["pt"]));
        assert_eq!(sealed, hex(&message["ct"]));
    }
    println!(
        "RFC 9180 A.2.1: 1 message through our wrapper, {} through the schedule by hand",
        messages.len()
    );
    println!(
        "SKIPPED: modes psk, auth, auth_psk and exported secrets (A.2.2 to A.2.4): our wrapper does not offer them"
    );
}
