//! Devices and refresh tokens.

use groundplan_shared::wire::{AccountId, DeviceId};

use super::{NOW, account, conflict, device, hash, missing, person};
use crate::store::{Conflict, FamilyId, RefreshFamily, RefreshOwner, Rotate, Rotation, Store};

pub(super) fn family(n: u8, token: u8) -> RefreshFamily {
    RefreshFamily {
        id: FamilyId([n; 16]),
        account: AccountId([n; 16]),
        device: DeviceId([n; 16]),
        current_hash: hash(token),
        created_at: NOW,
        expires_at: NOW + 100_000,
        second_factor: false,
    }
}

fn rotate(presented: u8, next: u8, now: i64) -> Rotate {
    Rotate {
        presented: hash(presented),
        next: hash(next),
        next_sealed: vec![next],
        now,
        grace_ms: 100,
        idle_ms: 5000,
    }
}

const OWNER: RefreshOwner = RefreshOwner { account: AccountId([1; 16]), device: DeviceId([1; 16]) };

pub(crate) async fn registering_again_changes_nothing(store: &dyn Store) {
    person(store, 1).await;
    store.register_device(device(1, 1)).await.unwrap();
    assert_eq!(store.device(DeviceId([1; 16])).await.unwrap(), device(1, 1));
    assert_eq!(store.devices_of(AccountId([1; 16])).await.unwrap(), vec![device(1, 1)]);
    missing(store.device(DeviceId([2; 16])).await);
}

pub(crate) async fn keys_belong_to_one_device(store: &dyn Store) {
    person(store, 1).await;
    store.register_account(account(2), None).await.unwrap();
    assert_eq!(
        conflict(store.register_device(device(1, 2)).await),
        Conflict::DeviceExists,
        "another's device"
    );
    let mut other = device(2, 2);
    other.signing_key = device(1, 1).signing_key;
    assert_eq!(conflict(store.register_device(other).await), Conflict::DeviceExists, "another's key");
    assert!(store.devices_of(AccountId([2; 16])).await.unwrap().is_empty());
}

pub(crate) async fn revoked_devices_stay_away(store: &dyn Store) {
    person(store, 1).await;
    store.register_account(account(2), None).await.unwrap();
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let (owner, id) = (AccountId([1; 16]), DeviceId([1; 16]));
    missing(store.revoke_device(AccountId([2; 16]), id, NOW).await);
    assert!(store.session_alive(owner, id, NOW).await.unwrap(), "a stranger revokes nothing");
    store.revoke_device(owner, id, NOW + 5).await.unwrap();
    store.revoke_device(owner, id, NOW + 9).await.unwrap();
    assert_eq!(store.device(id).await.unwrap().revoked_at, Some(NOW + 5));
    assert!(!store.session_alive(owner, id, NOW).await.unwrap());
    assert_eq!(conflict(store.register_device(device(1, 1)).await), Conflict::DeviceRevoked);
    let rotation = store.rotate_refresh(id, rotate(1, 2, NOW)).await.unwrap();
    assert_eq!(rotation, Rotation::Ended);
}

pub(crate) async fn refresh_rotates_and_repeats(store: &dyn Store) {
    person(store, 1).await;
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let id = DeviceId([1; 16]);
    assert_eq!(store.rotate_refresh(id, rotate(1, 2, NOW)).await.unwrap(), Rotation::Rotated(OWNER));
    // The response was lost: the same successor again, not a third token.
    let again = store.rotate_refresh(id, rotate(1, 3, NOW + 100)).await.unwrap();
    assert_eq!(again, Rotation::Repeated(OWNER, vec![2]));
    assert_eq!(store.rotate_refresh(id, rotate(2, 4, NOW + 200)).await.unwrap(), Rotation::Rotated(OWNER));
    let seen = store.device(DeviceId([1; 16])).await.unwrap().last_seen_at;
    assert_eq!(seen, NOW + 200);
    missing(store.rotate_refresh(id, rotate(77, 78, NOW)).await);
    missing(store.rotate_refresh(DeviceId([2; 16]), rotate(4, 5, NOW)).await);
}

pub(crate) async fn refresh_reuse_revokes(store: &dyn Store) {
    person(store, 1).await;
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let id = DeviceId([1; 16]);
    store.rotate_refresh(id, rotate(1, 2, NOW)).await.unwrap();
    let late = store.rotate_refresh(id, rotate(1, 3, NOW + 101)).await.unwrap();
    assert_eq!(late, Rotation::Reused(OWNER));
    assert_eq!(store.rotate_refresh(id, rotate(2, 4, NOW + 102)).await.unwrap(), Rotation::Ended);
    // A token from further back counts too.
    store.create_refresh_family(RefreshFamily { id: FamilyId([2; 16]), ..family(1, 50) }).await.unwrap();
    for n in 50..54 {
        store.rotate_refresh(id, rotate(n, n + 1, NOW + 200)).await.unwrap();
    }
    assert_eq!(store.rotate_refresh(id, rotate(51, 60, NOW + 200)).await.unwrap(), Rotation::Reused(OWNER));
    assert!(!store.session_alive(OWNER.account, OWNER.device, NOW).await.unwrap());
}

pub(crate) async fn refresh_ends_by_time(store: &dyn Store) {
    person(store, 1).await;
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let id = DeviceId([1; 16]);
    assert_eq!(store.rotate_refresh(id, rotate(1, 2, NOW + 5001)).await.unwrap(), Rotation::Ended, "idle");
    for n in 0..25 {
        let rotation =
            store.rotate_refresh(id, rotate(n + 1, n + 2, NOW + 4000 * i64::from(n))).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated(OWNER), "kept alive by use");
    }
    assert!(!store.session_alive(OWNER.account, OWNER.device, NOW + 100_000).await.unwrap());
    assert_eq!(
        store.rotate_refresh(id, rotate(26, 27, NOW + 100_000)).await.unwrap(),
        Rotation::Ended,
        "absolute"
    );
}

pub(crate) async fn logout_ends_sessions(store: &dyn Store) {
    person(store, 1).await;
    store.register_device(device(2, 1)).await.unwrap();
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let second = RefreshFamily { id: FamilyId([2; 16]), device: DeviceId([2; 16]), ..family(1, 2) };
    store.create_refresh_family(second).await.unwrap();
    let (first, second) = (DeviceId([1; 16]), DeviceId([2; 16]));
    let owner = AccountId([1; 16]);
    store.end_sessions(owner, Some(first), NOW).await.unwrap();
    assert!(!store.session_alive(owner, first, NOW).await.unwrap());
    assert!(store.session_alive(owner, second, NOW).await.unwrap());
    store.end_sessions(owner, None, NOW).await.unwrap();
    assert!(!store.session_alive(owner, second, NOW).await.unwrap());
}
