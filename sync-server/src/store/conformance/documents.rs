//! Document logs: order, links, repeats, refusals, pages.

use std::collections::BTreeMap;

use groundplan_shared::{
    auth::{Clearance, Compartment},
    envelope::link,
    membership::{CutItem, cut_hash},
    wire::{DeviceId, DocumentId, EnvelopeId, Hash, StreamId, WorkspaceId},
};

use super::{
    NOW, conflict, hash, missing, person,
    workspaces::{append, workspace},
};
use crate::store::{AppendBatch, AppendLog, Conflict, FeedFrom, NewEnvelope, PageLimit, Store};

const WIDE: PageLimit = PageLimit { rows: 1000, bytes: 1 << 20 };

fn id(stream: u8, number: u64) -> EnvelopeId {
    let mut bytes = [stream; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    if number == 0 { EnvelopeId::ZERO } else { EnvelopeId(bytes) }
}

pub(super) fn envelope(stream: u8, number: u64, document: u8) -> NewEnvelope {
    NewEnvelope {
        env_id: id(stream, number),
        document: DocumentId([document; 16]),
        author: DeviceId([1; 16]),
        stream: StreamId::from_slice(&[stream; 8]).unwrap(),
        dev_seq: number,
        previous: id(stream, number - 1),
        compartment: Compartment::Internal,
        bytes: vec![stream; 100],
    }
}

pub(super) fn batch(envelopes: Vec<NewEnvelope>) -> AppendBatch {
    AppendBatch { log_length: 2, log_head: hash(101), envelopes, quota_bytes: 1 << 20, now: NOW }
}

fn from(after: u64) -> FeedFrom {
    FeedFrom { workspace: WS, after, clearance: Clearance::STANDARD }
}

const WS: WorkspaceId = WorkspaceId([5; 16]);

pub(super) async fn ready(store: &dyn Store) {
    person(store, 1).await;
    store.create_workspace(workspace(5, 1, &[1])).await.unwrap();
}

pub(crate) async fn appends_are_contiguous_and_linked(store: &dyn Store) {
    ready(store).await;
    let placed = store
        .append_envelopes(WS, batch(vec![envelope(1, 1, 7), envelope(1, 2, 8), envelope(1, 3, 7)]))
        .await
        .unwrap();
    let positions: Vec<_> = placed.iter().map(|p| (p.ws_seq, p.doc_seq, p.log_index, p.repeated)).collect();
    assert_eq!(positions, [(1, 1, 1, false), (2, 1, 1, false), (3, 2, 1, false)]);
    let first = link(&Hash::ZERO, &id(1, 1), 1, 1);
    assert_eq!(placed[0].link, first);
    assert_eq!(placed[2].link, link(&first, &id(1, 3), 2, 1));
    let feed = store.feed(from(0), WIDE).await.unwrap();
    assert!(!feed.more);
    assert_eq!(feed.envelopes.iter().map(|e| e.ws_seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(feed.envelopes[2].bytes, vec![1; 100]);
    assert_eq!((feed.envelopes[2].link, feed.envelopes[2].log_index), (placed[2].link, 1));
    let tail = store.document_tail(from(1), DocumentId([7; 16]), WIDE).await.unwrap();
    assert_eq!(tail.envelopes.iter().map(|e| (e.ws_seq, e.doc_seq)).collect::<Vec<_>>(), [(3, 2)]);
    let heads = store.document_heads(WS, None, 10).await.unwrap();
    assert_eq!(heads.iter().map(|h| (h.document.0[0], h.doc_seq)).collect::<Vec<_>>(), [(7, 2), (8, 1)]);
    assert_eq!(heads[0].link, placed[2].link);
    let heads = store.document_heads(WS, Some(DocumentId([7; 16])), 10).await.unwrap();
    assert_eq!(heads.len(), 1);
    let there = store.workspace(WS).await.unwrap();
    assert_eq!((there.last_ws_seq, there.stored_bytes), (3, 320));
}

pub(crate) async fn repeats_keep_their_place(store: &dyn Store) {
    ready(store).await;
    let first = store.append_envelopes(WS, batch(vec![envelope(1, 1, 7), envelope(1, 2, 7)])).await.unwrap();
    let again = store
        .append_envelopes(
            WS,
            batch(vec![envelope(1, 2, 7), envelope(1, 3, 7), envelope(1, 1, 7), envelope(1, 3, 7)]),
        )
        .await
        .unwrap();
    assert_eq!((again[0].ws_seq, again[0].link, again[0].repeated), (first[1].ws_seq, first[1].link, true));
    assert_eq!((again[1].ws_seq, again[1].repeated), (3, false));
    assert_eq!((again[2].ws_seq, again[2].repeated), (1, true));
    assert_eq!((again[3].ws_seq, again[3].repeated), (3, true), "twice in one batch");
    assert_eq!(store.feed(from(0), WIDE).await.unwrap().envelopes.len(), 3);
    let mut found = store.placements(WS, &[id(1, 3), id(9, 9), id(1, 2)]).await.unwrap();
    found.sort_by_key(|placement| placement.ws_seq);
    assert_eq!(found, [again[0], again[3]]);
    assert!(store.placements(WorkspaceId([6; 16]), &[id(1, 3)]).await.unwrap().is_empty());
}

pub(crate) async fn refusals_write_nothing(store: &dyn Store) {
    ready(store).await;
    let refused = store.append_envelopes(WS, batch(vec![envelope(1, 1, 7), envelope(2, 2, 8)])).await;
    assert_eq!(conflict(refused), Conflict::ChainBroken { position: 1, last_dev_seq: 0 });
    let other = NewEnvelope { compartment: Compartment::Restricted, ..envelope(1, 2, 7) };
    let refused = store.append_envelopes(WS, batch(vec![envelope(1, 1, 7), other])).await;
    assert_eq!(conflict(refused), Conflict::CompartmentDiffers { position: 1 });
    assert!(store.feed(from(0), WIDE).await.unwrap().envelopes.is_empty());
    assert!(store.document_heads(WS, None, 10).await.unwrap().is_empty());
    assert_eq!(store.workspace(WS).await.unwrap().last_ws_seq, 0);
    let placed = store.append_envelopes(WS, batch(vec![envelope(1, 1, 7)])).await.unwrap();
    assert_eq!((placed[0].ws_seq, placed[0].doc_seq), (1, 1), "a refusal leaves no gap");
    missing(store.append_envelopes(WorkspaceId([6; 16]), batch(vec![envelope(1, 1, 7)])).await);
}

pub(crate) async fn stale_heads_are_refused(store: &dyn Store) {
    ready(store).await;
    let mut stale = batch(vec![envelope(1, 1, 7)]);
    stale.log_length = 1;
    let moved = Conflict::HeadMoved { length: 2, head: hash(101) };
    assert_eq!(conflict(store.append_envelopes(WS, stale.clone()).await), moved);
    stale.log_length = 2;
    stale.log_head = hash(1);
    assert_eq!(conflict(store.append_envelopes(WS, stale).await), moved);
}

pub(crate) async fn chains_are_kept(store: &dyn Store) {
    ready(store).await;
    store.append_envelopes(WS, batch(vec![envelope(1, 1, 7)])).await.unwrap();
    let broken = |last_dev_seq| Conflict::ChainBroken { position: 0, last_dev_seq };
    let gap = store.append_envelopes(WS, batch(vec![envelope(1, 3, 7)])).await;
    assert_eq!(conflict(gap), broken(1));
    let mut reused = envelope(1, 1, 7);
    reused.env_id = id(3, 9);
    assert_eq!(conflict(store.append_envelopes(WS, batch(vec![reused])).await), broken(1));
    let mut fork = envelope(1, 2, 7);
    fork.previous = id(3, 9);
    assert_eq!(conflict(store.append_envelopes(WS, batch(vec![fork])).await), broken(1));
    let mut other = envelope(1, 1, 7);
    other.author = DeviceId([2; 16]);
    other.env_id = id(4, 1);
    store.append_envelopes(WS, batch(vec![other])).await.unwrap();
    store.append_envelopes(WS, batch(vec![envelope(1, 2, 7)])).await.unwrap();
}

pub(crate) async fn quotas_hold(store: &dyn Store) {
    ready(store).await;
    let mut full = batch(vec![envelope(1, 1, 7), envelope(1, 2, 7)]);
    full.quota_bytes = 219;
    let refused = store.append_envelopes(WS, full.clone()).await;
    assert_eq!(conflict(refused), Conflict::QuotaExceeded { limit_bytes: 219 });
    full.quota_bytes = 220;
    store.append_envelopes(WS, full.clone()).await.unwrap();
    store.append_envelopes(WS, full).await.unwrap();
    assert_eq!(store.usage().await.unwrap().stored_bytes, 220);
}

pub(crate) async fn pages_are_bounded(store: &dyn Store) {
    ready(store).await;
    store.append_envelopes(WS, batch((1..=10).map(|n| envelope(1, n, 7)).collect())).await.unwrap();
    let page = store.feed(from(0), PageLimit { rows: 4, bytes: 1 << 20 }).await.unwrap();
    assert_eq!((page.envelopes.len(), page.more), (4, true));
    let page = store.feed(from(4), PageLimit { rows: 9, bytes: 250 }).await.unwrap();
    assert_eq!((page.envelopes.len(), page.more, page.envelopes[0].ws_seq), (2, true, 5));
    let page = store.feed(from(6), PageLimit { rows: 9, bytes: 1 }).await.unwrap();
    assert_eq!((page.envelopes.len(), page.more), (1, true), "the first is sent whatever its size");
    let page = store.feed(from(6), PageLimit { rows: 4, bytes: 400 }).await.unwrap();
    assert_eq!((page.envelopes.len(), page.more), (4, false));
    let page = store.feed(from(10), WIDE).await.unwrap();
    assert_eq!((page.envelopes.len(), page.more), (0, false));
    let tail =
        store.document_tail(from(8), DocumentId([7; 16]), PageLimit { rows: 1, bytes: 999 }).await.unwrap();
    assert_eq!((tail.envelopes.len(), tail.more), (1, true));
    assert_eq!(store.document_heads(WS, None, 0).await.unwrap().len(), 0);
}

pub(crate) async fn readers_see_only_their_compartments(store: &dyn Store) {
    ready(store).await;
    let secret = NewEnvelope { compartment: Compartment::Restricted, ..envelope(1, 1, 7) };
    let public = NewEnvelope { compartment: Compartment::Public, ..envelope(2, 1, 8) };
    store.append_envelopes(WS, batch(vec![secret, public, envelope(3, 1, 9)])).await.unwrap();
    let seen = async |clearance| {
        let page = store.feed(FeedFrom { clearance, ..from(0) }, WIDE).await.unwrap();
        page.envelopes.iter().map(|e| e.ws_seq).collect::<Vec<_>>()
    };
    assert_eq!(seen(Clearance::ALL).await, [1, 2, 3]);
    assert_eq!(seen(Clearance::STANDARD).await, [2, 3]);
    assert_eq!(seen(Clearance::LEAST).await, [2]);
    assert!(seen(Clearance::NONE).await.is_empty());
    let tail = store.document_tail(from(0), DocumentId([7; 16]), WIDE).await.unwrap();
    assert!(tail.envelopes.is_empty());
}

pub(crate) async fn rotations_are_cut(store: &dyn Store) {
    ready(store).await;
    let public = NewEnvelope { compartment: Compartment::Public, ..envelope(2, 1, 8) };
    let placed = store.append_envelopes(WS, batch(vec![envelope(1, 1, 7), public])).await.unwrap();
    let cut = |items: &[CutItem]| cut_hash(&WS, Compartment::Internal, items);
    let item = CutItem { document: DocumentId([7; 16]), doc_seq: 1, link: placed[0].link };
    let rotate = |cut| AppendLog { cuts: vec![(Compartment::Internal, cut)], ..append(5, 2, &[1]) };
    assert_eq!(conflict(store.append_log(rotate(cut(&[]))).await), Conflict::CutMoved);
    let moved = CutItem { doc_seq: 2, ..item };
    assert_eq!(conflict(store.append_log(rotate(cut(&[moved]))).await), Conflict::CutMoved);
    assert_eq!(store.workspace(WS).await.unwrap().log_length, 2);
    store.append_log(rotate(cut(&[item]))).await.unwrap();
    assert_eq!(store.workspace(WS).await.unwrap().log_length, 3);
}

pub(crate) async fn tenants_are_apart(store: &dyn Store) {
    ready(store).await;
    store.create_workspace(workspace(6, 1, &[1])).await.unwrap();
    let other = WorkspaceId([6; 16]);
    store.append_envelopes(WS, batch(vec![envelope(1, 1, 7)])).await.unwrap();
    // The same ids in another workspace are other things.
    let placed = store.append_envelopes(other, batch(vec![envelope(1, 1, 7)])).await.unwrap();
    assert_eq!((placed[0].ws_seq, placed[0].repeated), (1, false));
    store.append_envelopes(other, batch(vec![envelope(1, 2, 7)])).await.unwrap();
    assert_eq!(store.feed(from(0), WIDE).await.unwrap().envelopes.len(), 1);
    missing(store.feed(FeedFrom { workspace: WorkspaceId([4; 16]), ..from(0) }, WIDE).await);
}

pub(crate) async fn concurrent_appends_leave_no_gap(store: &dyn Store) {
    ready(store).await;
    let attempts = (1..=16u8).map(|stream| async move {
        for number in 1..=5 {
            let document = 7 + stream % 3;
            store.append_envelopes(WS, batch(vec![envelope(stream, number, document)])).await.unwrap();
        }
    });
    futures_util::future::join_all(attempts).await;
    let feed = store.feed(from(0), WIDE).await.unwrap();
    assert_eq!(feed.envelopes.iter().map(|e| e.ws_seq).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
    let mut heads = BTreeMap::new();
    for stored in feed.envelopes {
        let (doc_seq, head) = heads.entry(stored.document).or_insert((0, Hash::ZERO));
        *doc_seq += 1;
        let stream = stored.bytes[0];
        assert_eq!(stored.doc_seq, *doc_seq);
        let number = (1..=5).find(|number| link(head, &id(stream, *number), *doc_seq, 1) == stored.link);
        assert!(number.is_some(), "the link follows from the one before");
        *head = stored.link;
    }
    let stored = store.document_heads(WS, None, 10).await.unwrap();
    let expected: Vec<_> = heads.into_iter().map(|(document, (seq, link))| (document, seq, link)).collect();
    assert_eq!(stored.iter().map(|h| (h.document, h.doc_seq, h.link)).collect::<Vec<_>>(), expected);
}
