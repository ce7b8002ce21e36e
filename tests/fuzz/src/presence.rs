//! Presence messages: as a server passes them on, and as whoever holds the key may have sealed them.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::presence::{
    PresenceBond, PresenceMessage, open_presence, seal_presence, sealed_under,
};
use groundplan_shared::wire::cbor::{decode_canonical, encode};
use groundplan_shared::wire::limits::PRESENCE_BYTES;

use crate::world::{fixed, world};

/// Opens the bytes as a sealed message; and as the inside of one, which is sealed and must open as it was.
pub fn presence(data: &[u8]) {
    let world = world();
    let device = world.device.id();
    if let Some((compartment, epoch)) = sealed_under(data)
        && let Some(key) = world.ring.get(compartment, epoch)
    {
        let _ = open_presence(data, &world.state, device, key);
    }
    let Ok(message) = decode_canonical::<PresenceMessage>(data, PRESENCE_BYTES) else { return };
    assert_eq!(encode(&message), data, "one encoding");
    let compartment = Compartment::Internal;
    let (epoch, key) = world.ring.current(&world.state, compartment).expect("the owner has every key");
    let bond = PresenceBond { workspace: world.state.workspace(), device, compartment, epoch };
    let Ok(sealed) = seal_presence(key, &world.device, &bond, &message, &fixed()) else { return };
    assert_eq!(sealed_under(&sealed), Some((compartment, epoch)));
    assert_eq!(open_presence(&sealed, &world.state, device, key), Some(message));
}
