//! What the membership log lets through: devices, epochs, chains, atomic pushes.

use groundplan_shared::{
    auth::{Clearance, Compartment},
    crypto::safe::{DeviceKeys, Keyring, names::NameOf, names::seal_name},
    envelope::LogPoint,
    membership::{
        Body, CutItem, DeviceAdd, DeviceRevoke, Policy, PolicySet,
        build::{start_epochs, wrap_current},
        cut_hash,
    },
    wire::{
        ClientFrame, DocumentId, Hash, ServerFrame,
        cbor::Blob,
        frames::{AppendLog, Outcome},
    },
};
use ring::rand::SystemRandom;

use super::{
    Fixture,
    client::{Author, Client, Socket, codes},
};

async fn append(socket: &mut Socket, author: &Author, entry: Blob) -> Option<String> {
    let frame = AppendLog { request: 5, workspace: author.id(), entry };
    socket.send(ClientFrame::AppendLog(frame)).await;
    loop {
        match socket.next().await {
            ServerFrame::LogResult(result) => return result.refused.map(|refused| refused.code.to_string()),
            ServerFrame::Problem(problem) => return Some(problem.code.to_string()),
            _ => {}
        }
    }
}

fn add_device(author: &mut Author, keys: &DeviceKeys) -> Blob {
    let rng = SystemRandom::new();
    let member = author.state.device(&author.keys.id()).unwrap().member;
    let (epoch, public) = author.ring.current(&author.state, Compartment::Public).unwrap();
    let of = NameOf::Device(keys.id().0);
    let device_name = seal_name(public, epoch, &author.id(), of, "Phone", &rng).unwrap();
    let wraps = wrap_current(&author.state, &author.ring, Clearance::ALL, &[keys.public()], &rng).unwrap();
    author.entry(Body::DeviceAdd(DeviceAdd {
        member,
        device: keys.public(),
        consent: keys.consent(&author.id(), &member),
        device_name,
        keys: wraps,
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_device_comes_in_and_a_revoked_one_goes() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let (laptop, phone) = (Client::new(at, "ada").await, Client::another(at, "ada").await);
    let mut author = laptop.workspace().await;
    let id = author.id();
    let (mut one, mut two) = (Socket::signed_in(&laptop).await, Socket::signed_in(&phone).await);
    two.subscribe(id, 0, 100).await;
    assert_eq!(two.problem().await, ("not_found".to_owned(), false), "the same account is not enough");
    let entry = add_device(&mut author, &phone.keys);
    assert_eq!(append(&mut one, &author, entry.clone()).await, None);
    assert_eq!(append(&mut one, &author, entry).await, None, "the same entry again is the same");
    two.subscribe(id, 0, 100).await;
    let ServerFrame::LogDelta(log) = two.next().await else { panic!("the log") };
    assert_eq!(log.entries.len(), 2);
    let (ring, missing) = Keyring::open(&author.state, &phone.keys);
    assert!(missing.is_empty(), "{missing:?}");
    let mut other = Author::new(phone.keys.clone(), author.state.clone(), ring);
    let outcomes = two.push(id, vec![other.seal(1, "from the phone")], false).await;
    let Outcome::Accepted(accepted) = &outcomes[0] else { panic!("{outcomes:?}") };
    let stays = author.seal(2, "from the laptop");
    assert_eq!(codes(&one.push(id, vec![stays.clone()], false).await), ["2"]);

    // The phone is revoked, with new keys for what it could read.
    let gone = phone.keys.id();
    let revoke = |author: &mut Author, cut: &dyn Fn(Compartment) -> Hash| {
        let (rotate, made) = start_epochs(
            &author.state,
            &author.ring,
            Clearance::ALL,
            |_, device| *device != gone,
            cut,
            &SystemRandom::new(),
        )
        .unwrap();
        let entry = author.entry(Body::DeviceRevoke(DeviceRevoke { device: gone, rotate }));
        (entry, made)
    };
    let before = author.state.clone();
    let (stale_cut, _) = revoke(&mut author, &|compartment| cut_hash(&id, compartment, &[]));
    assert_eq!(append(&mut one, &author, stale_cut).await.as_deref(), Some("cut_moved"));
    author.state = before;
    let second = one.push(id, vec![stays.clone()], false).await;
    let Outcome::Accepted(second) = &second[0] else { panic!("{second:?}") };
    let items = [
        CutItem { document: DocumentId([1; 16]), doc_seq: 1, link: accepted.link },
        CutItem { document: DocumentId([2; 16]), doc_seq: 1, link: second.link },
    ];
    let cut = |compartment| {
        cut_hash(&id, compartment, if compartment == Compartment::Internal { &items } else { &[] })
    };
    let old_ring = author.ring.clone();
    let old_state = author.state.clone();
    let (entry, made) = revoke(&mut author, &cut);
    assert_eq!(append(&mut one, &author, entry).await, None);
    assert_eq!(two.problem().await, ("device_revoked".to_owned(), false));
    let late = two_push(&mut two, &mut other).await;
    assert_eq!(late, "not_found");

    // Under the old epoch nothing new comes in; what was acknowledged stays so.
    let mut behind = Author::new(author.keys.clone(), old_state, old_ring);
    assert_eq!(codes(&one.push(id, vec![behind.seal(3, "late")], false).await), ["epoch_stale"]);
    assert_eq!(codes(&one.push(id, vec![stays], false).await), ["2"]);
    for (compartment, epoch, key) in made.iter() {
        author.ring.insert(compartment, epoch, key.clone());
    }
    assert_eq!(codes(&one.push(id, vec![author.seal(3, "new epoch")], false).await), ["3"]);

    // Whoever was shut out while away is shown the log up to the entry that did it, and nothing later.
    let policy = Policy { max_offline_days: Some(9), ..Policy::default() };
    let later = author.entry(Body::PolicySet(PolicySet { policy }));
    assert_eq!(append(&mut one, &author, later).await, None);
    two.subscribe(id, 0, 100).await;
    let ServerFrame::LogDelta(log) = two.next().await else { panic!("the log") };
    assert_eq!((log.first_index, log.entries.len(), log.more), (0, 3, false));
    assert_eq!(two.problem().await, ("device_revoked".to_owned(), false));
}

async fn two_push(socket: &mut Socket, author: &mut Author) -> String {
    let envelopes = vec![author.seal(1, "too late")];
    let frame = groundplan_shared::wire::frames::Push {
        request: 1,
        workspace: author.id(),
        atomic: false,
        envelopes,
    };
    socket.send(ClientFrame::Push(frame)).await;
    socket.problem().await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envelopes_are_judged_one_by_one_or_together() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let id = author.id();
    let mut socket = Socket::signed_in(&client).await;
    let mut other = Author::new(author.keys.clone(), author.state.clone(), author.ring.clone());

    let mut broken = author.seal(1, "flipped");
    let last = broken.0.len() - 1;
    broken.0[last] ^= 1;
    let (after, fine) = (author.seal(1, "after"), other.seal(2, "fine"));
    let pushed = vec![broken.clone(), after.clone(), fine.clone()];
    let together = codes(&socket.push(id, pushed.clone(), true).await);
    assert_eq!(together, ["envelope_refused", "stream_gap", "envelope_refused"]);
    let alone = codes(&socket.push(id, pushed, false).await);
    assert_eq!(alone, ["envelope_refused", "stream_gap", "1"]);
    assert_eq!(codes(&socket.push(id, vec![after], false).await), ["stream_gap"]);
    assert_eq!(codes(&socket.push(id, vec![Blob(vec![0xa0; 50])], false).await), ["envelope_refused"]);

    // A log that this server does not have.
    let mut ahead = Author::new(author.keys.clone(), author.state.clone(), author.ring.clone());
    let point = LogPoint { index: 7, hash: Hash([1; 32]) };
    assert_eq!(codes(&socket.push(id, vec![ahead.seal_at(1, "x", point)], false).await), ["log_unknown"]);
    let mut forked = Author::new(author.keys.clone(), author.state.clone(), author.ring.clone());
    let point = LogPoint { index: 0, hash: Hash([1; 32]) };
    assert_eq!(codes(&socket.push(id, vec![forked.seal_at(1, "x", point)], false).await), ["log_unknown"]);

    // Part of a stream is fine, the rest has a gap.
    let mut gap = Author::new(author.keys.clone(), author.state.clone(), author.ring.clone());
    let (first, _lost, third) = (gap.seal(4, "1"), gap.seal(4, "2"), gap.seal(4, "3"));
    let outcomes = socket.push(id, vec![first, other.seal(2, "also fine"), third], false).await;
    assert_eq!(codes(&outcomes), ["2", "3", "stream_gap"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envelopes_of_another_workspace_or_stranger_are_refused() {
    let fixture = Fixture::plain().await;
    let (ada, eve) =
        (Client::new(fixture.server.addr, "ada").await, Client::new(fixture.server.addr, "eve").await);
    let (mut own, mut foreign) = (ada.workspace().await, eve.workspace().await);
    let mut socket = Socket::signed_in(&ada).await;
    assert_eq!(codes(&socket.push(own.id(), vec![foreign.seal(1, "x")], false).await), ["envelope_refused"]);
    let mut socket = Socket::signed_in(&eve).await;
    let frame = groundplan_shared::wire::frames::Push {
        request: 4,
        workspace: own.id(),
        atomic: false,
        envelopes: vec![own.seal(1, "x")],
    };
    socket.send(ClientFrame::Push(frame)).await;
    assert_eq!(
        socket.problem().await,
        ("not_found".to_owned(), false),
        "an own envelope in a stranger's hands"
    );
    let mut entry_author = Author::new(eve.keys.clone(), own.state.clone(), own.ring.clone());
    let entry = groundplan_shared::membership::build::next_entry(
        &entry_author.state,
        &entry_author.keys,
        1,
        Body::DeviceRevoke(DeviceRevoke { device: ada.keys.id(), rotate: Vec::new() }),
    );
    entry_author.dev_seq = 0;
    assert_eq!(append(&mut socket, &entry_author, Blob(entry)).await.as_deref(), Some("not_found"));
}
