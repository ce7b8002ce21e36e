//! `LISTEN` and `NOTIFY`: waking other replicas. A lost notification costs time, never data.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::mpsc;

use super::failure;
use crate::store::{Announcement, StoreResult};

const CHANNEL: &str = "groundplan";
/// Postgres takes less than 8,000 bytes in one notification; an announcement has 34 with its separator.
const IN_ONE: usize = 200;

/// Sends announcements, many in one notification.
pub(super) async fn send(pool: &PgPool, announcements: &[Announcement]) -> StoreResult<()> {
    for part in announcements.chunks(IN_ONE) {
        let payload: Vec<String> = part.iter().map(|one| one.encode()).collect();
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(payload.join(" "))
            .execute(pool)
            .await
            .map_err(failure)?;
    }
    Ok(())
}

/// Receives announcements in a task of its own, which reconnects and ends with its receiver.
pub(super) async fn listen(pool: &PgPool) -> StoreResult<mpsc::Receiver<Option<Announcement>>> {
    let mut listener = PgListener::connect_with(pool).await.map_err(failure)?;
    listener.listen(CHANNEL).await.map_err(failure)?;
    let (send, receive) = mpsc::channel(1024);
    let pool = pool.clone();
    tokio::spawn(async move {
        loop {
            let heard = tokio::select! {
                heard = listener.try_recv() => heard,
                () = send.closed() => return,
            };
            let news: Vec<_> = match heard {
                Ok(Some(notification)) => {
                    notification.payload().split(' ').filter_map(Announcement::decode).map(Some).collect()
                }
                Err(_) if pool.is_closed() => return,
                // The connection was lost and is made again: what was said in between is not known.
                Ok(None) => vec![None],
                Err(error) => {
                    tracing::warn!(store.error = %error, "waking from Postgres is interrupted");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    vec![None]
                }
            };
            for one in news {
                if send.send(one).await.is_err() {
                    return;
                }
            }
        }
    });
    Ok(receive)
}
