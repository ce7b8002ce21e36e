//! Background work that may run on any replica at any time, twice as well as once.

use std::time::Duration;

use crate::{app::App, http::listen::stopped};

/// How often expired mailboxes are deleted.
const EVERY: Duration = Duration::from_secs(60);

/// Deletes what has expired, until the server stops.
pub(crate) async fn sweep(app: App) {
    let mut stop = app.stop.clone();
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stopped(&mut stop) => return,
        }
        match crate::blobs::sweep(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(blob.count = count, "{count} unused blobs were deleted"),
            Err(error) => {
                tracing::warn!(store.error = %error, "unused blobs could not be deleted; again soon")
            }
        }
        match crate::sync::compaction::sweep(&app).await {
            Ok(0) => {}
            Ok(bytes) => tracing::info!(freed.bytes = bytes, "{bytes} bytes of old envelopes were dropped"),
            Err(error) => {
                tracing::warn!(store.error = %error, "old envelopes could not be dropped; again soon")
            }
        }
        match app.store.sweep_mailboxes(app.clock.now_ms()).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(mailbox.count = count, "{count} expired mailboxes were deleted"),
            Err(error) => {
                tracing::warn!(store.error = %error, "expired mailboxes could not be deleted; again soon")
            }
        }
    }
}
