//! Sealed presence messages.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::presence::{
    Heard, Place, PresenceBond, PresenceMessage, Stretch, Whereabouts, seal_presence,
};
use groundplan_shared::crypto::sha256;
use groundplan_shared::wire::cbor;
use groundplan_shared::wire::ids::{DocumentId, SessionId};

use crate::kept::{Kept, fixed};
use crate::story::{WORKSPACE, device, key};

#[test]
fn presence() {
    let mut kept = Kept::open("presence.json");
    let place = Place {
        document: DocumentId([7; 16]),
        cursor: Some(Stretch { anchor: 3, head: 70_000 }),
        selected: vec![DocumentId([8; 16]), DocumentId([9; 16])],
    };
    let plain = Place { document: DocumentId([7; 16]), cursor: None, selected: Vec::new() };
    let heard = vec![Heard { session: SessionId([4; 16]), number: 300 }];
    let all = [
        ("here", Vec::new(), Whereabouts::Here),
        ("at a document", heard.clone(), Whereabouts::At(plain)),
        ("with cursor and selection", heard.clone(), Whereabouts::At(place)),
        ("left", heard.clone(), Whereabouts::Left),
        ("gone", heard, Whereabouts::Gone),
    ];
    let author = device("laptop");
    let bond = PresenceBond {
        workspace: WORKSPACE,
        device: author.id(),
        compartment: Compartment::Internal,
        epoch: 2,
    };
    for (number, (name, heard, whereabouts)) in (1..).zip(all) {
        let message = PresenceMessage { session: SessionId([3; 16]), number, heard, whereabouts };
        let stored = kept.bytes(name, &cbor::encode(&message));
        assert_eq!(cbor::decode_canonical(&stored, 4096), Ok(message.clone()));
        let key = key(Compartment::Internal, 2);
        let sealed = seal_presence(&key, &author, &bond, &message, &fixed(name)).unwrap();
        // Opening needs a membership log; the bytes are what must not change.
        kept.text(&format!("{name}: sealed, SHA-256"), &sha256(&[&sealed]).to_string());
    }
    kept.done();
}
