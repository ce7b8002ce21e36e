//! Compaction: opinions are kept once, stubs take the place of envelopes, links and places stay.

use groundplan_shared::{
    auth::Clearance,
    wire::{DeviceId, DocumentId, EnvelopeId, WorkspaceId},
};

use super::{
    NOW,
    documents::{batch, envelope, ready},
    missing,
};
use crate::store::{AckRow, Dropped, FeedFrom, PageLimit, Store};

const WS: WorkspaceId = WorkspaceId([5; 16]);
const DOCUMENT: DocumentId = DocumentId([7; 16]);

fn ack(snapshot: u8, device: u8, covers: u64, stored_at: i64) -> AckRow {
    AckRow {
        document: DOCUMENT,
        snapshot: EnvelopeId([snapshot; 32]),
        device: DeviceId([device; 16]),
        covers,
        ack: vec![snapshot, device],
        stored_at,
    }
}

pub(crate) async fn opinions_count_once_and_until_they_are_done(store: &dyn Store) {
    ready(store).await;
    store.put_ack(WS, ack(1, 1, 2, NOW)).await.unwrap();
    store.put_ack(WS, AckRow { ack: vec![9], stored_at: NOW + 50, ..ack(1, 1, 2, NOW) }).await.unwrap();
    store.put_ack(WS, ack(1, 2, 2, NOW + 10)).await.unwrap();
    store.put_ack(WS, ack(2, 1, 5, NOW + 20)).await.unwrap();
    let kept = store.acks(WS, DOCUMENT).await.unwrap();
    assert_eq!(kept, [ack(1, 1, 2, NOW), ack(1, 2, 2, NOW + 10), ack(2, 1, 5, NOW + 20)]);
    assert!(store.acks(WS, DocumentId([8; 16])).await.unwrap().is_empty());
    assert!(store.acked_documents(NOW - 1, 10).await.unwrap().is_empty());
    assert_eq!(store.acked_documents(NOW, 10).await.unwrap(), [(WS, DOCUMENT)]);
    let dropped = Dropped { document: DOCUMENT, stubs: Vec::new(), done: 2 };
    store.drop_envelopes(WS, dropped).await.unwrap();
    assert_eq!(store.acks(WS, DOCUMENT).await.unwrap(), [ack(2, 1, 5, NOW + 20)]);
    assert!(store.acked_documents(NOW, 10).await.unwrap().is_empty());
    missing(
        store
            .drop_envelopes(WorkspaceId([6; 16]), Dropped { document: DOCUMENT, stubs: vec![], done: 1 })
            .await,
    );
}

pub(crate) async fn stubs_take_the_place_of_envelopes(store: &dyn Store) {
    ready(store).await;
    let sent = vec![envelope(1, 1, 7), envelope(1, 2, 8), envelope(1, 3, 7), envelope(1, 4, 7)];
    let placed = store.append_envelopes(WS, batch(sent.clone())).await.unwrap();
    let before = store.workspace(WS).await.unwrap().stored_bytes;
    let stubs = vec![(1, vec![7; 10]), (2, vec![8; 10]), (9, vec![9; 10])];
    let freed = store.drop_envelopes(WS, Dropped { document: DOCUMENT, stubs, done: 2 }).await.unwrap();
    assert_eq!(freed, 180, "a place that is not there frees nothing");
    assert_eq!(before - store.workspace(WS).await.unwrap().stored_bytes, 180);
    let from = FeedFrom { workspace: WS, after: 0, clearance: Clearance::STANDARD };
    let wide = PageLimit { rows: 100, bytes: 1 << 20 };
    let feed = store.feed(from, wide).await.unwrap().envelopes;
    assert_eq!(feed.iter().map(|e| e.bytes.len()).collect::<Vec<_>>(), [10, 100, 10, 100]);
    assert!(
        feed.iter().zip(&placed).all(|(e, p)| (e.ws_seq, e.doc_seq, e.link) == (p.ws_seq, p.doc_seq, p.link))
    );
    let again = store.append_envelopes(WS, batch(sent)).await.unwrap();
    assert!(
        again.iter().zip(&placed).all(|(a, p)| a.repeated && a.link == p.link),
        "what was dropped is not new"
    );
}
