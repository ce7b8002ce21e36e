//! Wycheproof: every vector of the four files is run, or counted with the reason why it cannot be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::super::{aead, hash, kem, sign};
use super::{array, hex, spoil};
use crate::crypto::hazmat::secret::Secret;
use crate::wire::ids::{PublicKey, Signature};

/// What became of a vector.
enum Run {
    /// Our wrapper was called; says whether it did what the vector demands.
    Held(bool),
    /// Our wrapper cannot be called like that, by its types.
    Skipped(&'static str),
}

/// Runs a file; says so where it is absent.
fn run(file: &str, turn: impl Fn(&mut Value), judge: impl Fn(&Value, &Value) -> Run) {
    let root = std::env::var_os("GROUNDPLAN_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(root.join("vectors").join(file)) else {
        println!("SKIPPED 1: no corpora at {}, {file} not checked", root.display());
        return;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    let (mut ran, mut turned, mut skipped) = (0u64, 0u64, BTreeMap::<&str, u64>::new());
    for group in all["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            match judge(group, test) {
                Run::Held(held) => assert!(held, "{file}: {test}"),
                Run::Skipped(reason) => {
                    *skipped.entry(reason).or_default() += 1;
                    continue;
                }
            }
            ran += 1;
            // The same vector turned round must fail, or the check sees nothing.
            let mut opposite = test.clone();
            turn(&mut opposite);
            assert!(!matches!(judge(group, &opposite), Run::Held(true)), "{file}: sees nothing in {test}");
            turned += 1;
        }
    }
    assert_eq!(Some(ran + skipped.values().sum::<u64>()), all["numberOfTests"].as_u64());
    println!("{file}: {ran} vectors held, {turned} of them failed when turned round, skipped {skipped:?}");
}

/// Expects the opposite.
fn turn_result(test: &mut Value) {
    test["result"] = if test["result"] == "invalid" { "valid" } else { "invalid" }.into();
}

#[test]
fn hkdf_sha256() {
    run("hkdf_sha256.json", turn_result, |_, test| {
        let mut okm = vec![0; usize::try_from(test["size"].as_u64().unwrap()).unwrap()];
        let done = hash::hkdf_into(&hex(&test["ikm"]), &hex(&test["salt"]), &[&hex(&test["info"])], &mut okm);
        Run::Held(match test["result"].as_str() {
            Some("valid") => done && okm == hex(&test["okm"]),
            _ => !done,
        })
    });
}

#[test]
fn ed25519() {
    run("ed25519.json", turn_result, |group, test| {
        let public = PublicKey(array(&group["publicKey"]["pk"]));
        // A signature of another length does not become one of ours.
        let accepted = Signature::from_slice(&hex(&test["sig"]))
            .is_some_and(|signature| sign::verify(&public, &hex(&test["msg"]), &signature));
        Run::Held(accepted == (test["result"] == "valid"))
    });
}

#[test]
fn chacha20_poly1305() {
    run("chacha20_poly1305.json", turn_result, |_, test| {
        let Ok(nonce) = <[u8; 12]>::try_from(hex(&test["iv"])) else {
            assert_eq!(test["result"], "invalid", "{test}");
            return Run::Skipped("nonces of another length than 96 bits: our wrapper takes no others");
        };
        let key: [u8; 32] = array(&test["key"]);
        let (aad, message) = (hex(&test["aad"]), hex(&test["msg"]));
        let sealed = [hex(&test["ct"]), hex(&test["tag"])].concat();
        let opened = aead::open(&key, nonce, &aad, &sealed);
        Run::Held(match test["result"].as_str() {
            Some("valid") => {
                opened.is_ok_and(|opened| opened == message)
                    && aead::seal(&key, nonce, &aad, &message) == sealed
            }
            _ => opened.is_err(),
        })
    });
}

/// RFC 9180 §4 with HMAC as extract and one block of expand.
fn labeled_extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> [u8; 32] {
    hash::hmac_sha256(salt, &[b"HPKE-v1", suite, label, ikm])
}

fn labeled_expand(suite: &[u8], prk: &[u8], label: &[u8], info: &[u8], len: u16) -> Vec<u8> {
    let block = hash::hmac_sha256(prk, &[&len.to_be_bytes(), b"HPKE-v1", suite, label, info, &[1]]);
    block[..usize::from(len)].to_vec()
}

/// An independent writing of the HPKE key schedule: from what X25519 gave and the KEM's two public keys, or (without
/// them) from the KEM's shared secret.
pub(super) fn key_schedule(
    shared: &[u8],
    publics: Option<(&PublicKey, &PublicKey)>,
    info: &[u8],
) -> ([u8; 32], [u8; 12]) {
    let kem_suite = [b"KEM".as_slice(), &[0, 0x20]].concat();
    let suite = [b"HPKE".as_slice(), &[0, 0x20, 0, 1, 0, 3]].concat();
    let secret = publics.map_or_else(
        || shared.to_vec(),
        |(encapsulated, recipient)| {
            let prk = labeled_extract(&kem_suite, &[], b"eae_prk", shared);
            let context = [encapsulated.0, recipient.0].concat();
            labeled_expand(&kem_suite, &prk, b"shared_secret", &context, 32)
        },
    );
    let psk_id_hash = labeled_extract(&suite, &[], b"psk_id_hash", &[]);
    let info_hash = labeled_extract(&suite, &[], b"info_hash", info);
    let schedule = [&[0u8][..], &psk_id_hash, &info_hash].concat();
    let secret = labeled_extract(&suite, &secret, b"secret", &[]);
    let key = labeled_expand(&suite, &secret, b"key", &schedule, 32).try_into().unwrap();
    let nonce = labeled_expand(&suite, &secret, b"base_nonce", &schedule, 12).try_into().unwrap();
    (key, nonce)
}

/// The nonce of a message by its sequence number.
pub(super) fn nonce_at(mut base: [u8; 12], sequence: u64) -> [u8; 12] {
    for (byte, number) in base[4..].iter_mut().zip(sequence.to_be_bytes()) {
        *byte ^= number;
    }
    base
}

/// Our wrapper never shows what X25519 gives: a peer who was given it must be understood through HPKE, and a secret of
/// zeros (a public key of small order) must be refused. "Acceptable" leaves that choice to us.
#[test]
fn x25519_through_hpke() {
    let turn = |test: &mut Value| spoil(test, "shared");
    run("x25519.json", turn, |_, test| {
        let recipient = kem::KemKey::from_private(Secret::new(array(&test["private"]))).unwrap();
        let encapsulated = PublicKey(array(&test["public"]));
        let shared = hex(&test["shared"]);
        let (key, nonce) = key_schedule(&shared, Some((&encapsulated, &recipient.public())), b"info");
        let sealed = aead::seal(&key, nonce, b"aad", b"text");
        let opened = kem::open(&recipient, &encapsulated, b"info", b"aad", &sealed);
        Run::Held(if shared.iter().all(|b| *b == 0) {
            opened.is_err()
        } else {
            opened.is_ok_and(|text| text.as_slice() == b"text")
        })
    });
}
