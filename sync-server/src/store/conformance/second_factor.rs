//! Second factors: begun, confirmed, used once a step, removed.

use groundplan_shared::wire::DeviceId;

use super::devices::family;
use super::{NOW, account, device, hash};
use crate::store::{RefreshFamily, Store, UsedStep};

/// A code counts once, and the first one makes the factor count.
pub(crate) async fn second_factors_count_once_they_are_confirmed(store: &dyn Store) {
    let one = account(1);
    store.register_account(one.clone(), None).await.unwrap();
    let used = |step| UsedStep { account: one.id, step, device: None, now: NOW };
    assert_eq!(store.second_factor(one.id).await.unwrap(), None);
    assert!(!store.use_second_factor(used(5)).await.unwrap(), "there is none");
    assert!(store.begin_second_factor(one.id, vec![1], NOW).await.unwrap());
    assert!(store.begin_second_factor(one.id, vec![2], NOW).await.unwrap(), "begun again");
    let found = store.second_factor(one.id).await.unwrap().unwrap();
    assert_eq!((found.secret_sealed, found.last_step, found.confirmed), (vec![2], 0, false));
    assert!(store.use_second_factor(used(5)).await.unwrap());
    let found = store.second_factor(one.id).await.unwrap().unwrap();
    assert_eq!((found.last_step, found.confirmed), (5, true));
    assert!(!store.use_second_factor(used(5)).await.unwrap(), "used before");
    assert!(!store.use_second_factor(used(4)).await.unwrap(), "older than what was used");
    assert!(!store.begin_second_factor(one.id, vec![3], NOW).await.unwrap(), "one counts already");
    store.remove_second_factor(one.id).await.unwrap();
    assert_eq!(store.second_factor(one.id).await.unwrap(), None);
    assert!(store.begin_second_factor(one.id, vec![4], NOW).await.unwrap());
}

/// A session knows whether its sign-in brought a code.
pub(crate) async fn sessions_know_their_second_factor(store: &dyn Store) {
    let one = account(1);
    store.register_account(one.clone(), None).await.unwrap();
    for (n, second_factor) in [(2, false), (3, true)] {
        store.register_device(device(n, 1)).await.unwrap();
        let family = RefreshFamily { account: one.id, current_hash: hash(n), second_factor, ..family(n, n) };
        store.create_refresh_family(family).await.unwrap();
    }
    let proven = async |n: u8| {
        store.session(one.id, DeviceId([n; 16]), NOW).await.unwrap().map(|session| session.second_factor)
    };
    assert_eq!((proven(2).await, proven(3).await, proven(4).await), (Some(false), Some(true), None));
    assert!(store.begin_second_factor(one.id, vec![1], NOW).await.unwrap());
    let used = UsedStep { account: one.id, step: 1, device: Some(DeviceId([2; 16])), now: NOW };
    assert!(store.use_second_factor(used).await.unwrap());
    assert_eq!(proven(2).await, Some(true), "the code proves the session it came over");
    store.remove_second_factor(one.id).await.unwrap();
    assert_eq!((proven(2).await, proven(3).await), (Some(false), Some(false)));
}
