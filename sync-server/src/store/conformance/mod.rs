//! What every store must do: plain functions over the traits, one behaviour each, run on both stores.
//!
//! The macro only forwards; a fixture makes an empty store for each test.

pub(super) mod accounts;
pub(super) mod blobs;
pub(super) mod compaction;
pub(super) mod devices;
pub(super) mod documents;
pub(super) mod mailboxes;
pub(super) mod second_factor;
pub(super) mod workspaces;

use groundplan_shared::wire::{AccountId, DeviceId, Hash, PublicKey};

use super::{Account, AccountRole, AccountStatus, Conflict, Device, Store, StoreError};

/// Runs the whole suite on the store that the fixture makes.
macro_rules! conformance {
    ($fixture:path) => {
        conformance! { @each $fixture;
            accounts: server_state_is_written_once, server_state_is_replaced_on_request, answers_and_counts,
                a_closed_store_answers_nothing, names_are_unique,
                invitations_are_spent_once, invitations_expire, disabling_ends_sessions,
                one_of_many_registrations_gets_the_name;
            devices: registering_again_changes_nothing, keys_belong_to_one_device, revoked_devices_stay_away,
                refresh_rotates_and_repeats, refresh_reuse_revokes, refresh_ends_by_time, logout_ends_sessions;
            workspaces: logs_are_appended_by_compare_and_swap, members_see_their_workspaces,
                workspaces_are_made_once, one_of_many_appends_wins;
            documents: appends_are_contiguous_and_linked, repeats_keep_their_place, refusals_write_nothing,
                stale_heads_are_refused, chains_are_kept, quotas_hold, pages_are_bounded,
                readers_see_only_their_compartments, rotations_are_cut, tenants_are_apart, concurrent_appends_leave_no_gap;
            compaction: opinions_count_once_and_until_they_are_done, stubs_take_the_place_of_envelopes;
            blobs: blobs_are_there_once_they_are_whole, blob_quotas_hold,
                unused_blobs_go_after_a_while_unless_asked_for;
            second_factor: second_factors_count_once_they_are_confirmed, sessions_know_their_second_factor;
            mailboxes: messages_are_kept_in_order, mailboxes_are_bounded, mailboxes_expire;
        }
    };
    (@each $fixture:path; $($area:ident: $($name:ident),* $(,)?;)*) => {$(
        mod $area {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let fixture = $fixture().await;
                    crate::store::conformance::$area::$name(fixture.store()).await;
                }
            )*
        }
    )*};
}
pub(crate) use conformance;

pub(super) const NOW: i64 = 1_800_000_000_000;

pub(super) fn hash(n: u8) -> Hash {
    Hash([n; 32])
}

pub(super) fn account(n: u8) -> Account {
    Account {
        id: AccountId([n; 16]),
        name: format!("user{n}"),
        opaque_record: vec![n; 4],
        role: AccountRole::Member,
        status: AccountStatus::Active,
        created_at: NOW,
    }
}

pub(super) fn device(n: u8, account: u8) -> Device {
    Device {
        id: DeviceId([n; 16]),
        account: AccountId([account; 16]),
        signing_key: PublicKey([n; 32]),
        sealing_key: PublicKey([n ^ 0xff; 32]),
        created_at: NOW,
        last_seen_at: NOW,
        revoked_at: None,
    }
}

/// An account with one device, both numbered `n`.
pub(super) async fn person(store: &dyn Store, n: u8) {
    store.register_account(account(n), None).await.unwrap();
    store.register_device(device(n, n)).await.unwrap();
}

pub(super) fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Conflict {
    match result {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

pub(super) fn missing<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::NotFound(_))), "expected nothing, got {result:?}");
}
