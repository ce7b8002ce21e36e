//! A workspace with keys: that of the kept vectors.

use std::sync::OnceLock;

use groundplan_shared::crypto::safe::{DeviceKeys, Keyring};
use groundplan_shared::crypto::{FromFn, Random};
use groundplan_shared::membership::{MembershipState, start};

/// One owner on one device, and everything that it can open.
pub struct World {
    /// The folded log.
    pub state: MembershipState,
    /// The device.
    pub device: DeviceKeys,
    /// Its keys.
    pub ring: Keyring,
}

fn kept(hex: &str) -> Vec<u8> {
    let digits = hex.trim().as_bytes().chunks(2);
    digits
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).expect("vectors are text"), 16)
                .expect("vectors are hex")
        })
        .collect()
}

/// The workspace of the kept vectors.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let genesis = kept(include_str!("../../../shared/tests/vectors/genesis.hex"));
        let device = kept(include_str!("../../../shared/tests/vectors/device.hex"));
        let device = DeviceKeys::from_secret_bytes(&device).expect("the kept device has 64 bytes");
        let state = start(&genesis).expect("the kept genesis is valid");
        let (ring, failed) = Keyring::open(&state, &device);
        assert!(failed.is_empty());
        World { state, device, ring }
    })
}

/// Bytes that are the same in every run, so that every finding can be repeated.
pub fn fixed() -> impl Random {
    FromFn(|out: &mut [u8]| {
        out.fill(7);
        Ok(())
    })
}
