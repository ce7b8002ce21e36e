//! The conformance suite on a real Postgres, and what only Postgres has to show.

use super::PostgresStore;
use crate::{
    config::Secret,
    store::{Announcement, ServerStore as _, Store, StoreError, conformance::conformance},
};
use groundplan_shared::wire::{AccountId, WorkspaceId};

struct Fixture(PostgresStore);

impl Fixture {
    fn store(&self) -> &dyn Store {
        &self.0
    }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&Secret::new(url), 8, 0).await.unwrap()
}

fn database() -> String {
    crate::testing::postgres::database()
}

async fn fixture() -> Fixture {
    Fixture(open(&database()).await)
}

conformance!(super::fixture);

#[tokio::test]
async fn many_may_start_at_once() {
    let url = database();
    let stores = futures_util::future::join_all((0..8).map(|_| open(&url))).await;
    for store in stores {
        store.ping().await.unwrap();
    }
}

#[tokio::test]
async fn refuses_another_builds_database() {
    let url = database();
    let store = open(&url).await;
    sqlx::query("UPDATE schema_migrations SET checksum = 'x' WHERE version = 2")
        .execute(&store.pool)
        .await
        .unwrap();
    let error = PostgresStore::open(&Secret::new(&url), 2, 0).await.err().unwrap();
    assert!(matches!(error, StoreError::Backend(_)), "{error:?}");
}

#[tokio::test]
async fn announcements_reach_other_replicas() {
    let url = database();
    let (one, other) = (open(&url).await, open(&url).await);
    let mut heard = other.announcements().await.unwrap().unwrap();
    let news: Vec<_> = (0..=255u8)
        .flat_map(|n| {
            [Announcement::Workspace(WorkspaceId([n; 16])), Announcement::Sessions(AccountId([n; 16]))]
        })
        .collect();
    one.announce(&news).await.unwrap();
    for expected in news {
        assert_eq!(heard.recv().await, Some(Some(expected)));
    }
}

#[tokio::test]
async fn a_lost_connection_is_unavailable_and_heals() {
    let store = open(&database()).await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()";
    // The statement ends its own connection too, so its answer says nothing.
    let _ = sqlx::query(sql).execute(&store.pool).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(store.ping().await);
    }
    assert!(answers.last().unwrap().is_ok(), "{answers:?}");
    for answer in answers {
        assert!(matches!(answer, Ok(()) | Err(StoreError::Unavailable(_))), "{answer:?}");
    }
}
