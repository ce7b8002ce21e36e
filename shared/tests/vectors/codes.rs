//! What people copy by hand or scan: recovery, pairing and invite codes; and messages in a pairing mailbox.

use groundplan_shared::crypto::safe::{InviteTicket, PairingSecret, RecoveryCode, Side};
use groundplan_shared::wire::ids::{Hash, InviteId, MemberId, PublicKey, WorkspaceId};
use groundplan_shared::wire::pairing::{PairingAnswer, PairingDone, PairingMessage, PairingOffer};

use crate::kept::{Kept, fixed};
use crate::story::{ADA, WORKSPACE, device, invite_secret};

#[test]
fn codes() {
    let mut kept = Kept::open("codes.json");
    let code = RecoveryCode::make(&fixed("recovery code")).unwrap();
    let text = kept.text("recovery code", &code.to_text());
    let read = RecoveryCode::parse(&text).unwrap();
    assert_eq!(read, code);
    kept.text("recovery code: device id", &read.device_keys().id().to_string());
    kept.text("recovery code: signing key", &read.device_keys().public().signing.to_string());
    kept.text("recovery code: hpke key", &read.device_keys().public().hpke.to_string());

    let secret = PairingSecret::make(&fixed("pairing secret")).unwrap();
    let text = kept.text("link code", &secret.to_text());
    assert_eq!(PairingSecret::parse(&text), Ok(secret.clone()));
    kept.text("link code: mailbox", &secret.mailbox().to_string());

    let ticket = InviteTicket {
        server_url: "https://plan.example:8443".into(),
        workspace: WORKSPACE,
        invite: InviteId([4; 16]),
        genesis: Hash([5; 32]),
        secret: invite_secret(),
    };
    let text = kept.text("invite ticket", &ticket.to_text());
    assert_eq!(InviteTicket::parse(&text), Ok(ticket));
    kept.text("invite secret: public key", &invite_secret().public().to_string());
    let keys = device("bob").public();
    let signed = invite_secret().sign_join(&WORKSPACE, &InviteId([4; 16]), &MemberId([2; 16]), &keys);
    kept.text("invite secret: signature of a join", &signed.to_string());
    kept.done();
}

#[test]
fn mailbox_messages() {
    let mut kept = Kept::open("pairing.json");
    let secret = PairingSecret::make(&fixed("pairing secret")).unwrap();
    let keys = device("laptop");
    let messages = [
        PairingMessage::Offer(PairingOffer {
            workspace: WORKSPACE,
            genesis: Hash([5; 32]),
            member: ADA,
            server_url: "https://plan.example".into(),
            username: Some("ada".into()),
        }),
        PairingMessage::Offer(PairingOffer {
            workspace: WorkspaceId([6; 16]),
            genesis: Hash([7; 32]),
            member: ADA,
            server_url: "http://127.0.0.1:7000".into(),
            username: None,
        }),
        PairingMessage::Answer(PairingAnswer {
            signing_key: keys.public().signing,
            hpke_key: PublicKey(keys.public().hpke.0),
            consent: keys.consent(&WORKSPACE, &ADA),
            device_name: "Laptop of Ada".into(),
        }),
        PairingMessage::Done(PairingDone { log_index: 300, log_hash: Hash([8; 32]) }),
        PairingMessage::Cancel,
    ];
    for (number, message) in messages.into_iter().enumerate() {
        let name = match &message {
            PairingMessage::Offer(offer) if offer.username.is_some() => "offer",
            PairingMessage::Offer(_) => "offer without user name",
            PairingMessage::Answer(_) => "answer",
            PairingMessage::Done(_) => "done",
            PairingMessage::Cancel => "cancel",
        };
        let stored = kept.bytes(name, &message.encode());
        assert_eq!(PairingMessage::decode(&stored), Ok(message));
        let (side, sequence) = (if number == 2 { Side::New } else { Side::Existing }, number as u32);
        let sealed = secret.seal(side, sequence, &stored, &fixed(name)).unwrap();
        let sealed = kept.bytes(&format!("{name}, sealed as number {sequence} of {side:?}"), &sealed);
        assert_eq!(*secret.open(side, sequence, &sealed).unwrap(), stored);
    }
    kept.done();
}
