//! `sync/peers`: how far each device is known to have read, when it was last heard from, and what is missing here.
//!
//! What the server says of others is not believed: all of it comes from what devices signed. A tail that nobody else
//! saw cannot be detected, so the time of the last word of each is what people can judge by (M22).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, GapView, PeerList, PeerView, SyncPeersParams};
use groundplan_shared::membership::{DeviceKind, MembershipState};
use groundplan_shared::wire::DeviceId;

use crate::identity::membership::{blocking, load, sync_failed};
use crate::runtime::App;
use crate::sync::{SyncError, SyncTx, names, run as in_store};

/// Gaps listed.
const GAPS: usize = 200;

/// Lists devices with what is known of them.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn run(app: &Arc<App>, _: SyncPeersParams) -> Result<PeerList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, record) = load(&workspace)?;
        let own = app.device().keys().id();
        in_store(&*workspace, |tx| {
            let mut items = Vec::new();
            for (id, device) in state.devices().filter(|(_, device)| device.kind != DeviceKind::Recovery) {
                if *id == own || state.active(id).is_some() || tx.peer(*id)?.is_some() {
                    let member = names::member(tx, &state, device.member)?;
                    items.push(view(tx, &state, *id, own, member)?);
                }
            }
            items.sort_by(|a, b| {
                (!a.this, !a.active, &a.name, &a.id).cmp(&(!b.this, !b.active, &b.name, &b.id))
            });
            let gaps = tx.gaps(GAPS)?.into_iter().map(|(document, verified, next)| GapView {
                document: document.to_string(),
                verified,
                next,
            });
            Ok(PeerList {
                items,
                gaps: gaps.collect(),
                verified_entries: state.head_index() + 1,
                verified_items: record.feed_cursor,
                contact_ms: record.contact_ms,
            })
        })
        .map_err(sync_failed)
    })
    .await
}

fn view(
    tx: &mut dyn SyncTx,
    state: &MembershipState,
    id: DeviceId,
    own: DeviceId,
    member: String,
) -> Result<PeerView, SyncError> {
    let heard = tx.peer(id)?.unwrap_or_default();
    Ok(PeerView {
        id: id.to_string(),
        name: names::device(tx, state, id)?,
        member,
        this: id == own,
        active: state.active(&id).is_some(),
        heard_ms: heard.heard_ms,
        known_entries: if heard.heard_ms > 0 { heard.log_index + 1 } else { 0 },
        known_items: heard.ws_seq,
    })
}
