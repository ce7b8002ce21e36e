//! Published vectors through our own wrappers: RFC 8032, RFC 5869, and Wycheproof where the corpora are present.

use std::path::PathBuf;

use serde_json::Value;

use super::{aead, hash, kem, sign};
use crate::crypto::hazmat::secret::Secret;
use crate::wire::ids::{PublicKey, Signature, from_hex};

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap())
        .collect()
}

/// Calls `check` with each test and its group; says so where the file is absent.
fn wycheproof(file: &str, mut check: impl FnMut(&Value, &Value)) {
    let root = std::env::var_os("GROUNDPLAN_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(root.join("vectors").join(file)) else {
        println!("SKIPPED 1: no corpora at {}, {file} not checked", root.display());
        return;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut count = 0;
    for group in all["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            check(group, test);
            count += 1;
        }
    }
    assert_eq!(Some(count), all["numberOfTests"].as_u64());
    println!("{file}: {count} vectors");
}

#[test]
fn rfc_8032_test_2() {
    let seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
    let key = sign::SigningKey::from_seed(Secret::new(seed));
    assert_eq!(key.public().to_string(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    assert_eq!(
        key.sign(&[0x72]).to_string(),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
}

#[test]
fn rfc_5869_case_1() {
    let salt: [u8; 13] = from_hex("000102030405060708090a0b0c").unwrap();
    let info: [u8; 10] = from_hex("f0f1f2f3f4f5f6f7f8f9").unwrap();
    let (left, right) = info.split_at(4);
    let okm: [u8; 42] = hash::hkdf(&[0x0b; 22], &salt, &[left, right]);
    let expected =
        from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
            .unwrap();
    assert_eq!(okm, expected);
}

#[test]
fn rfc_4231_case_2() {
    let mac = hash::hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
    assert_eq!(mac, from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843").unwrap());
}

#[test]
fn wycheproof_hkdf() {
    wycheproof("hkdf_sha256.json", |_, test| {
        let mut okm = vec![0; usize::try_from(test["size"].as_u64().unwrap()).unwrap()];
        let done = hash::hkdf_into(&hex(&test["ikm"]), &hex(&test["salt"]), &[&hex(&test["info"])], &mut okm);
        let valid = test["result"] == "valid";
        assert_eq!(done, valid, "{test}");
        assert!(!valid || okm == hex(&test["okm"]), "{test}");
    });
}

#[test]
fn wycheproof_ed25519() {
    wycheproof("ed25519.json", |group, test| {
        let public = PublicKey::from_slice(&hex(&group["publicKey"]["pk"])).unwrap();
        let accepted = Signature::from_slice(&hex(&test["sig"]))
            .is_some_and(|signature| sign::verify(&public, &hex(&test["msg"]), &signature));
        assert_eq!(accepted, test["result"] == "valid", "{test}");
    });
}

#[test]
fn wycheproof_chacha20_poly1305() {
    wycheproof("chacha20_poly1305.json", |_, test| {
        // Other lengths of nonce cannot be expressed through our wrapper.
        let Ok(nonce) = <[u8; 12]>::try_from(hex(&test["iv"])) else {
            assert_eq!(test["result"], "invalid", "{test}");
            return;
        };
        let key: [u8; 32] = hex(&test["key"]).try_into().unwrap();
        let (aad, message) = (hex(&test["aad"]), hex(&test["msg"]));
        let sealed = [hex(&test["ct"]), hex(&test["tag"])].concat();
        if test["result"] == "valid" {
            assert_eq!(aead::seal(&key, nonce, &aad, &message), sealed, "{test}");
            assert_eq!(aead::open(&key, nonce, &aad, &sealed).unwrap(), message, "{test}");
        } else {
            assert!(aead::open(&key, nonce, &aad, &sealed).is_err(), "{test}");
        }
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

/// Seals as a peer would whose X25519 gave `shared`: an independent writing of the HPKE key schedule.
fn seal_by_hand(
    shared: &[u8],
    encapsulated: &PublicKey,
    recipient: &PublicKey,
    info: &[u8],
    text: &[u8],
) -> Vec<u8> {
    let kem_suite = [b"KEM".as_slice(), &[0, 0x20]].concat();
    let suite = [b"HPKE".as_slice(), &[0, 0x20, 0, 1, 0, 3]].concat();
    let prk = labeled_extract(&kem_suite, &[], b"eae_prk", shared);
    let context = [encapsulated.0, recipient.0].concat();
    let secret = labeled_expand(&kem_suite, &prk, b"shared_secret", &context, 32);
    let psk_id_hash = labeled_extract(&suite, &[], b"psk_id_hash", &[]);
    let info_hash = labeled_extract(&suite, &[], b"info_hash", info);
    let schedule = [&[0u8][..], &psk_id_hash, &info_hash].concat();
    let secret = labeled_extract(&suite, &secret, b"secret", &[]);
    let key: [u8; 32] = labeled_expand(&suite, &secret, b"key", &schedule, 32).try_into().unwrap();
    let nonce: [u8; 12] = labeled_expand(&suite, &secret, b"base_nonce", &schedule, 12).try_into().unwrap();
    aead::seal(&key, nonce, b"aad", text)
}

#[test]
fn wycheproof_x25519_through_hpke() {
    let (mut zero, mut opened) = (0, 0);
    wycheproof("x25519.json", |_, test| {
        let recipient =
            kem::KemKey::from_private(Secret::from_slice(&hex(&test["private"])).unwrap()).unwrap();
        let encapsulated = PublicKey::from_slice(&hex(&test["public"])).unwrap();
        let shared = hex(&test["shared"]);
        let sealed = seal_by_hand(&shared, &encapsulated, &recipient.public(), b"info", b"text");
        let result = kem::open(&recipient, &encapsulated, b"info", b"aad", &sealed);
        if shared.iter().all(|b| *b == 0) {
            assert!(result.is_err(), "a secret of zeros must be refused: {test}");
            zero += 1;
        } else {
            assert_eq!(result.unwrap().as_slice(), b"text", "{test}");
            opened += 1;
        }
    });
    println!("x25519: {opened} opened, {zero} refused for a zero secret");
}
