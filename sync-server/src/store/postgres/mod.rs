//! The Postgres store, for servers of several replicas.
use crate::config::Secret;
use crate::store::StoreResult;
use crate::store::sqlite::SqliteStore;
/// temp
pub struct PostgresStore;
impl PostgresStore {
    /// temp
    pub async fn open(_: &Secret, _: u32, _: i64) -> StoreResult<SqliteStore> {
        unimplemented!()
    }
}
