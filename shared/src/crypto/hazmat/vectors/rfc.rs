//! RFC 8032, 5869, 4231 and FIPS 180.

use super::super::{hash, sign};
use super::{array, check_all, hex};
use crate::crypto::hazmat::secret::Secret;
use crate::wire::ids::{PublicKey, Signature};

#[test]
fn rfc_8032() {
    check_all(include_str!("../../../../tests/published/rfc8032.json"), "signature", |v| {
        let key = sign::SigningKey::from_seed(Secret::new(array(&v["seed"])));
        let (message, signature) = (hex(&v["message"]), Signature(array(&v["signature"])));
        key.public() == PublicKey(array(&v["public"]))
            && key.sign(&message) == signature
            && sign::verify(&key.public(), &message, &signature)
    });
}

#[test]
fn rfc_5869() {
    check_all(include_str!("../../../../tests/published/rfc5869.json"), "okm", |v| {
        let (info, expected) = (hex(&v["info"]), hex(&v["okm"]));
        let derive = |info: &[&[u8]]| {
            let mut okm = vec![0; expected.len()];
            hash::hkdf_into(&hex(&v["ikm"]), &hex(&v["salt"]), info, &mut okm).then_some(okm)
        };
        // The info may come in parts.
        let (left, right) = info.split_at(info.len() / 3);
        derive(&[&info]) == Some(expected.clone()) && derive(&[left, right]) == Some(expected.clone())
    });
}

#[test]
fn rfc_4231() {
    check_all(include_str!("../../../../tests/published/rfc4231.json"), "mac", |v| {
        let (key, data) = (hex(&v["key"]), hex(&v["data"]));
        let (left, right) = data.split_at(data.len() / 2);
        let expected: [u8; 32] = array(&v["mac"]);
        hash::hmac_sha256(&key, &[&data]) == expected && hash::hmac_sha256(&key, &[left, right]) == expected
    });
}

#[test]
fn fips_180() {
    check_all(include_str!("../../../../tests/published/fips180.json"), "hash", |v| {
        let message = hex(&v["message"]);
        let (left, right) = message.split_at(message.len() / 2);
        hash::sha256(&[left, right]).0 == array::<32>(&v["hash"])
    });
}
