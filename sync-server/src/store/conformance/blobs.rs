//! Rows of blobs.

use groundplan_shared::{
    auth::Compartment,
    wire::{AccountId, BlobId, Hash, Incarnation, WorkspaceId},
};

use super::{NOW, conflict, hash, missing, person};
use crate::store::{BlobKey, BlobPut, Conflict, LogRow, NewWorkspace, Reserved, Store};

const HERE: WorkspaceId = WorkspaceId([1; 16]);
const THERE: WorkspaceId = WorkspaceId([2; 16]);

async fn workspaces(store: &dyn Store) {
    person(store, 1).await;
    for id in [HERE, THERE] {
        let new = NewWorkspace {
            id,
            owner: AccountId([1; 16]),
            incarnation: Incarnation([9; 16]),
            entries: vec![LogRow { index: 0, hash: hash(1), entry: vec![1] }],
            active_devices: Vec::new(),
            limit: 10,
            now: NOW,
        };
        store.create_workspace(new).await.unwrap();
    }
}

fn put(n: u8, size: u64) -> BlobPut {
    BlobPut {
        workspace: HERE,
        id: BlobId([n; 32]),
        compartment: Compartment::Confidential,
        sha256: hash(n),
        object: [n; 16],
        size,
        quota_bytes: 1_000,
        now: NOW,
    }
}

fn key(put: &BlobPut) -> BlobKey {
    BlobKey { workspace: put.workspace, id: put.id, object: put.object }
}

async fn store_one(store: &dyn Store, put: BlobPut) {
    assert!(matches!(store.reserve_blob(put).await.unwrap(), Reserved::Write { .. }));
    store.finish_blob(key(&put)).await.unwrap();
}

pub(crate) async fn blobs_are_there_once_they_are_whole(store: &dyn Store) {
    workspaces(store).await;
    let one = put(1, 10);
    missing(store.blob(HERE, one.id).await);
    assert_eq!(store.reserve_blob(one).await.unwrap(), Reserved::Write { held: 10, replaced: None });
    missing(store.blob(HERE, one.id).await);
    assert!(store.claim_blobs(HERE, &[one.id]).await.unwrap().is_empty(), "an unfinished one is missing");
    store.finish_blob(key(&one)).await.unwrap();
    let row = store.blob(HERE, one.id).await.unwrap();
    assert_eq!((row.compartment, row.sha256, row.size), (Compartment::Confidential, hash(1), 10));
    missing(store.blob(THERE, one.id).await);
    assert!(store.claim_blobs(THERE, &[one.id]).await.unwrap().is_empty());
    assert_eq!(store.reserve_blob(one).await.unwrap(), Reserved::Stored);
    store.lose_blob(key(&one)).await.unwrap();
    missing(store.blob(HERE, one.id).await);
    let anew = BlobPut { object: [11; 16], ..one };
    store_one(store, anew).await;
    missing(store.lose_blob(key(&one)).await);
    let other = BlobPut { sha256: Hash([7; 32]), object: [7; 16], ..one };
    assert_eq!(conflict(store.reserve_blob(other).await), Conflict::BlobDiffers);
    missing(store.finish_blob(key(&other)).await);
    missing(store.reserve_blob(BlobPut { workspace: WorkspaceId([3; 16]), ..one }).await);
}

pub(crate) async fn blob_quotas_hold(store: &dyn Store) {
    workspaces(store).await;
    store_one(store, put(1, 600)).await;
    assert_eq!(
        conflict(store.reserve_blob(put(2, 401)).await),
        Conflict::QuotaExceeded { limit_bytes: 1_000 }
    );
    // One that was begun counts, and once only however often it is begun.
    let fresh = Reserved::Write { held: 1_000, replaced: None };
    assert_eq!(store.reserve_blob(put(2, 400)).await.unwrap(), fresh);
    let again = BlobPut { object: [22; 16], ..put(2, 400) };
    let replaced = Reserved::Write { held: 1_000, replaced: Some([2; 16]) };
    assert_eq!(store.reserve_blob(again).await.unwrap(), replaced);
    missing(store.finish_blob(key(&put(2, 400))).await);
    conflict(store.reserve_blob(put(3, 1)).await);
    store.reserve_blob(BlobPut { workspace: THERE, ..put(3, 1) }).await.unwrap();
    // What was never finished gives its room back.
    assert!(store.drop_blob(key(&again), 0, NOW).await.unwrap());
    store_one(store, put(3, 400)).await;
}

pub(crate) async fn unused_blobs_go_after_a_while_unless_asked_for(store: &dyn Store) {
    workspaces(store).await;
    for n in 1..=3 {
        store_one(store, put(n, 10)).await;
    }
    missing(store.abandon_blob(HERE, BlobId([9; 32]), NOW).await);
    store.abandon_blob(HERE, put(1, 10).id, NOW + 5).await.unwrap();
    store.abandon_blob(HERE, put(1, 10).id, NOW + 50).await.unwrap();
    store.abandon_blob(HERE, put(2, 10).id, NOW + 5).await.unwrap();
    assert!(store.blob(HERE, put(1, 10).id).await.unwrap().unused, "it is still given out");
    let claimed = store.claim_blobs(HERE, &[put(2, 10).id, put(3, 10).id]).await.unwrap();
    assert_eq!(claimed.len(), 2);
    assert_eq!(store.stale_blobs(NOW + 4, 0, 10).await.unwrap(), []);
    assert_eq!(store.stale_blobs(NOW + 5, 0, 10).await.unwrap(), [key(&put(1, 10))]);
    assert!(!store.drop_blob(key(&put(2, 10)), NOW + 5, 0).await.unwrap(), "it was asked for");
    assert!(store.drop_blob(key(&put(1, 10)), NOW + 5, 0).await.unwrap());
    assert!(!store.drop_blob(key(&put(1, 10)), NOW + 5, 0).await.unwrap());
    missing(store.blob(HERE, put(1, 10).id).await);
    // A bad one that was declared unused may be replaced.
    store.abandon_blob(HERE, put(3, 10).id, NOW).await.unwrap();
    store_one(store, BlobPut { sha256: Hash([7; 32]), object: [7; 16], ..put(3, 20) }).await;
    let row = store.blob(HERE, put(3, 10).id).await.unwrap();
    assert_eq!((row.sha256, row.size, row.unused), (Hash([7; 32]), 20, false));
}
