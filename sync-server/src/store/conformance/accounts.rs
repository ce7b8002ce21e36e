//! Accounts, invitations and the server's own values.

use groundplan_shared::wire::{AccountId, DeviceId};

use super::{NOW, account, conflict, devices::family, hash, missing, person};
use crate::store::{AccountRole, AccountStatus, Conflict, Invitation, Store};

pub(crate) async fn server_state_is_written_once(store: &dyn Store) {
    assert_eq!(store.server_state("id", b"first").await.unwrap(), b"first");
    assert_eq!(store.server_state("id", b"second").await.unwrap(), b"first");
    assert_eq!(store.server_state("other", b"").await.unwrap(), b"");
}

pub(crate) async fn server_state_is_replaced_on_request(store: &dyn Store) {
    store.replace_server_state("life", b"first").await.unwrap();
    assert_eq!(store.server_state("life", b"").await.unwrap(), b"first");
    store.replace_server_state("life", b"second").await.unwrap();
    assert_eq!(store.server_state("life", b"").await.unwrap(), b"second");
    assert_eq!(store.server_state("other", b"other").await.unwrap(), b"other");
}

pub(crate) async fn answers_and_counts(store: &dyn Store) {
    store.ping().await.unwrap();
    assert_eq!(store.usage().await.unwrap().accounts, 0);
    person(store, 1).await;
    let usage = store.usage().await.unwrap();
    assert_eq!((usage.accounts, usage.devices, usage.workspaces, usage.stored_bytes), (1, 1, 0, 0));
}

pub(crate) async fn a_closed_store_answers_nothing(store: &dyn Store) {
    store.register_account(account(1), None).await.unwrap();
    store.close().await.unwrap();
    assert!(store.ping().await.is_err());
    assert!(store.register_account(account(2), None).await.is_err());
    store.close().await.unwrap();
}

pub(crate) async fn names_are_unique(store: &dyn Store) {
    store.register_account(account(1), None).await.unwrap();
    let mut second = account(2);
    second.name = account(1).name;
    assert_eq!(conflict(store.register_account(second, None).await), Conflict::NameTaken);
    assert_eq!(store.account_by_name("user1").await.unwrap(), account(1));
    assert_eq!(store.account(AccountId([1; 16])).await.unwrap(), account(1));
    missing(store.account_by_name("user2").await);
    missing(store.account_by_name("' OR '1'='1").await);
    missing(store.account(AccountId([2; 16])).await);
}

fn invitation(n: u8) -> Invitation {
    Invitation {
        token_hash: hash(n),
        role: AccountRole::Admin,
        created_by: None,
        created_at: NOW,
        expires_at: NOW + 1000,
    }
}

pub(crate) async fn invitations_are_spent_once(store: &dyn Store) {
    store.create_invitation(invitation(1)).await.unwrap();
    assert_eq!(store.open_invitation(hash(1), NOW).await.unwrap(), invitation(1));
    missing(store.open_invitation(hash(2), NOW).await);
    assert_eq!(store.register_account(account(1), Some(hash(1))).await.unwrap(), AccountRole::Admin);
    assert_eq!(store.account(AccountId([1; 16])).await.unwrap().role, AccountRole::Admin);
    missing(store.open_invitation(hash(1), NOW).await);
    assert_eq!(conflict(store.register_account(account(2), Some(hash(1))).await), Conflict::InvitationSpent);
    missing(store.account_by_name("user2").await);
    // A registration that fails for its name spends nothing.
    store.create_invitation(invitation(3)).await.unwrap();
    assert_eq!(conflict(store.register_account(account(1), Some(hash(3))).await), Conflict::NameTaken);
    store.open_invitation(hash(3), NOW).await.unwrap();
}

pub(crate) async fn invitations_expire(store: &dyn Store) {
    store.create_invitation(invitation(1)).await.unwrap();
    missing(store.open_invitation(hash(1), NOW + 1000).await);
    let late = crate::store::Account { created_at: NOW + 1000, ..account(1) };
    assert_eq!(conflict(store.register_account(late, Some(hash(1))).await), Conflict::InvitationSpent);
}

pub(crate) async fn disabling_ends_sessions(store: &dyn Store) {
    person(store, 1).await;
    store.create_refresh_family(family(1, 1)).await.unwrap();
    let (id, device) = (AccountId([1; 16]), DeviceId([1; 16]));
    assert!(store.session_alive(id, device, NOW).await.unwrap());
    store.set_account_status(id, AccountStatus::Disabled, NOW).await.unwrap();
    assert!(!store.session_alive(id, device, NOW).await.unwrap());
    store.set_account_status(id, AccountStatus::Active, NOW).await.unwrap();
    assert!(!store.session_alive(id, device, NOW).await.unwrap(), "old sessions do not come back");
    missing(store.set_account_status(AccountId([9; 16]), AccountStatus::Active, NOW).await);
}

pub(crate) async fn one_of_many_registrations_gets_the_name(store: &dyn Store) {
    store.create_invitation(invitation(1)).await.unwrap();
    let attempts = (1..9).map(|n| store.register_account(account(n), Some(hash(1))));
    let results = futures_util::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(conflict(result), Conflict::InvitationSpent);
    }
    assert_eq!(store.usage().await.unwrap().accounts, 1);
}
