//! Safety numbers: sixty digits that two people compare by voice or QR.

use crate::crypto::hazmat::hash::{hkdf, sha256};
use crate::membership::body::DeviceKeysPublic;
use crate::wire::ids::{Hash, WorkspaceId};

/// Computes twelve groups of five digits over workspace, genesis and device keys. The order and repetition of keys
/// do not matter, so both people get the same number.
pub fn safety_number(workspace: &WorkspaceId, genesis: &Hash, devices: &[DeviceKeysPublic]) -> [String; 12] {
    let mut keys: Vec<[u8; 64]> = devices
        .iter()
        .map(|d| {
            let mut both = [0; 64];
            both[..32].copy_from_slice(&d.signing.0);
            both[32..].copy_from_slice(&d.hpke.0);
            both
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let hash = sha256(&[b"groundplan/safety/v1\0", &workspace.0, &genesis.0, keys.concat().as_slice()]);
    let digits: [u8; 60] = hkdf(&hash.0, &[], &[b"groundplan/safety-digits/v1\0"]);
    let mut groups = digits.chunks(5).map(|chunk| {
        let number = chunk.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)) % 100_000;
        format!("{number:05}")
    });
    std::array::from_fn(|_| groups.next().expect("invariant: sixty bytes make twelve groups"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ids::PublicKey;

    #[test]
    fn independent_of_order_and_sensitive_to_all_else() {
        let key = |n: u8| DeviceKeysPublic { signing: PublicKey([n; 32]), hpke: PublicKey([n + 100; 32]) };
        let (w, g) = (WorkspaceId([1; 16]), Hash([2; 32]));
        let number = safety_number(&w, &g, &[key(1), key(2)]);
        assert_eq!(number, safety_number(&w, &g, &[key(2), key(1), key(2)]));
        assert_eq!(
            number.join(" "),
            "64492 76021 40862 38301 13643 51873 43501 66883 94140 37173 63237 68569",
            "kept for ever"
        );
        assert!(number.iter().all(|group| group.len() == 5 && group.bytes().all(|b| b.is_ascii_digit())));
        assert_ne!(number, safety_number(&w, &g, &[key(1), key(3)]));
        assert_ne!(number, safety_number(&WorkspaceId([9; 16]), &g, &[key(1), key(2)]));
        assert_ne!(number, safety_number(&w, &Hash([9; 32]), &[key(1), key(2)]));
    }
}
