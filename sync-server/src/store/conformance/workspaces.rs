//! Workspaces and membership logs.

use groundplan_shared::wire::{AccountId, DeviceId, Hash, Incarnation, WorkspaceId};

use super::{NOW, conflict, hash, missing, person};
use crate::store::{AppendLog, Conflict, LogRow, NewWorkspace, Store};

pub(super) fn row(index: u8) -> LogRow {
    LogRow { index: u64::from(index), hash: hash(100 + index), entry: vec![index; 10] }
}

pub(super) fn workspace(n: u8, owner: u8, devices: &[u8]) -> NewWorkspace {
    NewWorkspace {
        id: WorkspaceId([n; 16]),
        owner: AccountId([owner; 16]),
        incarnation: Incarnation([9; 16]),
        entries: vec![row(0), row(1)],
        active_devices: devices.iter().map(|n| DeviceId([*n; 16])).collect(),
        limit: 3,
        now: NOW,
    }
}

pub(super) fn append(n: u8, index: u8, devices: &[u8]) -> AppendLog {
    AppendLog {
        workspace: WorkspaceId([n; 16]),
        previous: hash(99 + index),
        row: row(index),
        active_devices: devices.iter().map(|n| DeviceId([*n; 16])).collect(),
        cuts: Vec::new(),
        now: NOW,
    }
}

pub(crate) async fn logs_are_appended_by_compare_and_swap(store: &dyn Store) {
    person(store, 1).await;
    store.create_workspace(workspace(5, 1, &[1])).await.unwrap();
    let id = WorkspaceId([5; 16]);
    let there = store.workspace(id).await.unwrap();
    assert_eq!((there.log_length, there.log_head, there.last_ws_seq), (2, hash(101), 0));
    assert_eq!((there.stored_bytes, there.incarnation), (20, Incarnation([9; 16])));
    store.append_log(append(5, 2, &[1, 2])).await.unwrap();
    store.append_log(append(5, 2, &[1, 2])).await.unwrap();
    let moved = Conflict::HeadMoved { length: 3, head: hash(102) };
    let mut other = append(5, 2, &[1]);
    other.row.entry = b"another".to_vec();
    assert_eq!(conflict(store.append_log(other).await), moved);
    assert_eq!(conflict(store.append_log(append(5, 4, &[1])).await), moved);
    let mut wrong = append(5, 3, &[1]);
    wrong.previous = Hash([0; 32]);
    assert_eq!(conflict(store.append_log(wrong).await), moved);
    assert_eq!(store.log_entries(id, 0, 10).await.unwrap(), vec![row(0), row(1), row(2)]);
    assert_eq!(store.log_entries(id, 1, 1).await.unwrap(), vec![row(1)]);
    assert!(store.log_entries(id, 3, 10).await.unwrap().is_empty());
    missing(store.log_entries(WorkspaceId([6; 16]), 0, 10).await);
    missing(store.append_log(append(6, 2, &[1])).await);
    assert!(store.is_active_device(id, DeviceId([2; 16])).await.unwrap());
    store.append_log(append(5, 3, &[1])).await.unwrap();
    assert!(!store.is_active_device(id, DeviceId([2; 16])).await.unwrap());
    assert_eq!(store.workspace(id).await.unwrap().stored_bytes, 40);
}

pub(crate) async fn members_see_their_workspaces(store: &dyn Store) {
    for n in 1..4 {
        person(store, n).await;
    }
    store.create_workspace(workspace(5, 1, &[1, 2])).await.unwrap();
    store.create_workspace(workspace(4, 1, &[1])).await.unwrap();
    let ids = async |n: u8| {
        let list = store.workspaces_of(DeviceId([n; 16])).await.unwrap();
        list.into_iter().map(|there| there.id.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(ids(1).await, [4, 5]);
    assert_eq!(ids(2).await, [5]);
    assert!(ids(3).await.is_empty());
    store.append_log(append(5, 2, &[1])).await.unwrap();
    assert!(ids(2).await.is_empty());
}

pub(crate) async fn workspaces_are_made_once(store: &dyn Store) {
    person(store, 1).await;
    person(store, 2).await;
    store.create_workspace(workspace(5, 1, &[1])).await.unwrap();
    assert_eq!(conflict(store.create_workspace(workspace(5, 2, &[2])).await), Conflict::WorkspaceExists);
    assert!(!store.is_active_device(WorkspaceId([5; 16]), DeviceId([2; 16])).await.unwrap());
    store.create_workspace(workspace(6, 1, &[1])).await.unwrap();
    store.create_workspace(workspace(7, 1, &[1])).await.unwrap();
    assert_eq!(conflict(store.create_workspace(workspace(8, 1, &[1])).await), Conflict::TooMany { limit: 3 });
    missing(store.workspace(WorkspaceId([8; 16])).await);
    store.create_workspace(workspace(8, 2, &[2])).await.unwrap();
}

pub(crate) async fn one_of_many_appends_wins(store: &dyn Store) {
    person(store, 1).await;
    store.create_workspace(workspace(5, 1, &[1])).await.unwrap();
    let attempts = (0..8).map(|n| {
        let mut entry = append(5, 2, &[1]);
        entry.row.entry = vec![n];
        entry.row.hash = hash(n);
        store.append_log(entry)
    });
    let results = futures_util::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(store.workspace(WorkspaceId([5; 16])).await.unwrap().log_length, 3);
    assert_eq!(store.log_entries(WorkspaceId([5; 16]), 0, 10).await.unwrap().len(), 3);
}
