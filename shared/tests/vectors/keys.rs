//! Keys and what is sealed under them: device ids, wraps, earlier epochs, names, blobs, safety numbers.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::chunk::{ChunkPlace, open_chunk, seal_chunk};
use groundplan_shared::crypto::safe::names::{NameOf, open_name};
use groundplan_shared::crypto::safe::{
    BlobKey, CompartmentKey, DeviceKeys, WrapPlace, key_thumbprint, open_blob, safety_number, seal_blob,
};
use groundplan_shared::crypto::{Secret, sha256};
use groundplan_shared::membership::{SealedName, Wrap};
use groundplan_shared::wire::cbor::{Blob, decode_canonical, encode};
use groundplan_shared::wire::ids::{Hash, InviteId, RoleId};

use crate::kept::{Kept, fixed};
use crate::story::{ADA, WORKSPACE, device, invite_secret, key, name, wrap};

#[test]
fn devices() {
    let mut kept = Kept::open("devices.json");
    for who in ["desk", "laptop", "bob", "robot"] {
        let keys = device(who);
        let secret = kept.bytes(&format!("{who}: secret bytes"), &keys.to_secret_bytes());
        assert_eq!(DeviceKeys::from_secret_bytes(&secret), Some(keys.clone()));
        kept.text(&format!("{who}: id"), &keys.id().to_string());
        kept.text(&format!("{who}: signing key"), &keys.public().signing.to_string());
        kept.text(&format!("{who}: hpke key"), &keys.public().hpke.to_string());
        kept.text(&format!("{who}: thumbprint"), &key_thumbprint(&keys.public().signing));
        kept.text(&format!("{who}: consent"), &keys.consent(&WORKSPACE, &ADA).to_string());
    }
    let number =
        safety_number(&WORKSPACE, &Hash([5; 32]), &[device("desk").public(), device("bob").public()]);
    kept.text("safety number of desk and bob", &number.join(" "));
    kept.done();
}

#[test]
fn compartment_keys() {
    let mut kept = Kept::open("keys.json");
    let (desk, public) = (device("desk"), device("desk").public());
    for compartment in Compartment::ALL {
        let (old, new) = (key(compartment, 1), key(compartment, 2));
        let commitment = old.commitment(&WORKSPACE, compartment, 1);
        kept.text(&format!("{compartment:?} 1: commitment"), &commitment.to_string());
        let made = encode(&wrap(compartment, 1, 9, &public));
        let stored = kept.bytes(&format!("{compartment:?} 1: wrap at log index 9 for desk"), &made);
        let read: Wrap = decode_canonical(&stored, 1024).unwrap();
        let place = WrapPlace { workspace: WORKSPACE, compartment, epoch: 1, log_index: 9 };
        assert_eq!(CompartmentKey::unwrap_for(&desk, &read, &place, &commitment), Ok(old.clone()));
        let label = format!("{compartment:?} 1 sealed under 2");
        let Blob(made) = new.seal_previous(&old, &WORKSPACE, compartment, 1, &fixed(&label)).unwrap();
        let stored = kept.bytes(&label, &made);
        let opened = new.open_previous(&stored, &WORKSPACE, compartment, 1, &commitment);
        assert_eq!(opened, Ok(old.clone()));
        kept.text(&format!("{compartment:?} 1: chunk id"), &old.chunk_id(b"a chunk").to_string());
        kept.bytes(&format!("{compartment:?} 1: derived for presence"), old.derive(b"presence").expose());
    }
    kept.done();
}

#[test]
fn sealed_names_and_blobs() {
    let mut kept = Kept::open("sealed.json");
    let names = [
        ("member", NameOf::Member(ADA.0), "Ada"),
        ("device", NameOf::Device(device("desk").id().0), "Zoë’s desk"),
        ("role", NameOf::Role(RoleId([7; 16]).0), "Reviewer of everything that is longer than one block"),
    ];
    for (label, of, text) in names {
        let stored = kept.bytes(&format!("name of a {label}"), &encode(&name(of, 1, text)));
        let read: SealedName = decode_canonical(&stored, 1024).unwrap();
        assert_eq!(open_name(&key(Compartment::Public, 1), &WORKSPACE, of, &read).as_deref(), Some(text));
    }
    let (secret, of) = (invite_secret(), NameOf::Member(InviteId([4; 16]).0));
    let made = secret.seal_name(&WORKSPACE, of, "Bob", &fixed("hand-over name")).unwrap();
    let stored = kept.bytes("name of a newcomer", &encode(&made));
    let read: SealedName = decode_canonical(&stored, 1024).unwrap();
    assert_eq!(secret.open_name(&WORKSPACE, of, &read).as_deref(), Some("Bob"));

    let blob_key = BlobKey(Secret::new([9; 32]));
    let made = seal_blob(&blob_key, "backup", b"all of it", &fixed("blob")).unwrap();
    let stored = kept.bytes("blob for backup", &made);
    assert_eq!(open_blob(&blob_key, "backup", &stored).unwrap().as_slice(), b"all of it");
    kept.done();
}

#[test]
fn chunks_of_attachments() {
    let mut kept = Kept::open("chunks.json");
    for compartment in Compartment::ALL {
        let (key, place) = (key(compartment, 1), ChunkPlace { workspace: WORKSPACE, compartment, epoch: 1 });
        let content = b"a chunk of a picture";
        let made = seal_chunk(&key, &place, content).unwrap();
        kept.text(&format!("{compartment:?}: id"), &made.id.to_string());
        let stored = kept.bytes(&format!("{compartment:?}: sealed"), &made.bytes);
        let opened = open_chunk(&key, &place, &sha256(&[content]), content.len(), &stored);
        assert_eq!(opened.as_deref(), Ok(content.as_slice()));
    }
    kept.done();
}
