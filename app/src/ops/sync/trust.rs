//! `sync/quarantine`, `sync/alarm`, `sync/settle`: what the server sent and should not have.
//!
//! Not here: the checks (`sync`). Nothing here shows content: only ids, hashes, reasons and sealed bytes.

use std::sync::Arc;

use groundplan_shared::api::{
    AlarmView, ApiError, ErrorCode, QuarantineList, QuarantineView, SyncAlarmParams, SyncQuarantineParams,
    SyncSettleParams, SyncStatus,
};
use groundplan_shared::auth::Compartment;
use groundplan_shared::envelope::parse_outer;
use groundplan_shared::membership::MembershipState;
use groundplan_shared::wire::DeviceId;
use groundplan_shared::wire::cbor::to_base64;
use serde_json::json;

use crate::identity::follow::follow;
use crate::identity::membership::{blocking, load, sync_failed};
use crate::runtime::App;
use crate::sync::{Alarm, QuarantineRow, SyncError, SyncTx, may_sign, run as in_store, status};

/// Rows listed unless said otherwise.
const ROWS: usize = 200;
/// Places of documents and items in a proof.
const PROOF_ITEMS: usize = 2_000;

fn view(row: &QuarantineRow) -> QuarantineView {
    QuarantineView {
        envelope: row.env_id.to_string(),
        document: row.document.to_string(),
        author: parse_outer(&row.bytes).ok().map(|outer| outer.header.author.to_string()),
        reason: row.reason.clone(),
        at_ms: row.at_ms,
        bytes: row.bytes.len() as u64,
    }
}

/// Lists received items that fail a check.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn quarantine(app: &Arc<App>, params: SyncQuarantineParams) -> Result<QuarantineList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let limit = if params.limit == 0 { ROWS } else { params.limit as usize };
        in_store(&*workspace, |tx| {
            let items = tx.quarantine_list(limit)?.iter().map(view).collect();
            Ok(QuarantineList { items, total: tx.quarantined()? })
        })
        .map_err(sync_failed)
    })
    .await
}

/// What this device saw, for others to compare with what they saw.
fn proof(tx: &mut dyn SyncTx, state: &MembershipState) -> Result<serde_json::Value, SyncError> {
    let record = tx.record()?;
    let mut documents = Vec::new();
    for compartment in Compartment::ALL {
        for item in tx.stood(compartment, u64::MAX)?.into_iter().take(PROOF_ITEMS) {
            documents.push(json!({
                "document": item.document.to_string(),
                "doc_seq": item.doc_seq,
                "link": item.link.to_string(),
            }));
        }
    }
    let set_aside: Vec<_> = tx
        .quarantine_list(PROOF_ITEMS)?
        .iter()
        .map(|row| {
            json!({
                "envelope": row.env_id.to_string(),
                "document": row.document.to_string(),
                "doc_seq": row.doc_seq,
                "reason": row.reason,
                "signed_bytes": to_base64(&row.bytes),
            })
        })
        .collect();
    Ok(json!({
        "format": "groundplan-server-proof",
        "version": 1,
        "alarm": record.alarm.map(Alarm::word),
        "workspace": state.workspace().to_string(),
        "server": record.server_id.map(|id| id.to_string()),
        "incarnation": record.incarnation.map(|id| id.to_string()),
        "incarnation_shown": record.found.map(|id| id.to_string()),
        "genesis": state.genesis_hash().to_string(),
        "log_index": state.head_index(),
        "log_head": state.head_hash().to_string(),
        "feed_read_to": record.feed_cursor,
        "documents": documents,
        "set_aside": set_aside,
    }))
}

/// Says which alarms the person of a device may settle: the others end when the server mends what is wrong, or an owner
/// says that it was restored.
fn may_settle(alarm: Alarm, state: &MembershipState, own: DeviceId) -> bool {
    match alarm {
        Alarm::Forked | Alarm::BadLog | Alarm::CutBroken => true,
        Alarm::Restored => may_sign(state, own),
        Alarm::RolledBack => false,
    }
}

/// Shows what is wrong with the server, with the proof.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn alarm(app: &Arc<App>, _: SyncAlarmParams) -> Result<AlarmView, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, record) = load(&workspace)?;
        let proof = in_store(&*workspace, |tx| proof(tx, &state)).map_err(sync_failed)?;
        let own = app.device().keys().id();
        let settled = record.alarm.filter(|alarm| may_settle(*alarm, &state, own));
        Ok(AlarmView {
            alarm: record.alarm.map(|alarm| alarm.word().to_owned()),
            problem: record.alarm.map(status::alarm_text),
            proof: format!("{proof:#}"),
            answers: settled.map(|alarm| alarm.word().to_owned()).into_iter().collect(),
        })
    })
    .await
}

async fn is_alarmed(app: &Arc<App>, alarm: Alarm) -> Result<bool, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        Ok(load(&workspace)?.1.alarm == Some(alarm))
    })
    .await
}

/// Settles an alarm: this device sends again. If the server still shows what it should not, the alarm comes back.
///
/// # Errors
/// `Conflict` if that alarm is not the present one, `NotAllowed` if only the server can settle it.
pub async fn settle(app: &Arc<App>, params: SyncSettleParams) -> Result<SyncStatus, ApiError> {
    let here = Arc::clone(app);
    let restored = params.alarm == Alarm::Restored.word();
    if params.alarm == Alarm::Forked.word() && is_alarmed(app, Alarm::Forked).await? {
        // An owner may have explained it. If the server cannot be asked, there is nothing to take over.
        app.net.stop();
        match follow(app).await {
            Ok(true) => return app.net.now(app, 0).await,
            Ok(false) => {}
            Err(error) if matches!(error.code, ErrorCode::Offline | ErrorCode::NotConnected) => {}
            Err(error) => return Err(error),
        }
    }
    blocking(move || {
        let workspace = here.workspace()?;
        let (state, record) = load(&workspace)?;
        let Some(alarm) = record.alarm.filter(|alarm| alarm.word() == params.alarm) else {
            return Err(ApiError::new(
                ErrorCode::Conflict,
                "There is no such alarm now.",
                "See how it stands with `groundplan sync --alarm`.",
            ));
        };
        if !may_settle(alarm, &state, here.device().keys().id()) {
            let (text, hint) = match alarm {
                Alarm::Restored => (
                    "Only an owner of the workspace can confirm that the server was restored.",
                    "Ask the owner. This device has put back what the server lost, and sends news again after that.",
                ),
                _ => (
                    "This alarm ends when the server shows again what it showed before.",
                    "Ask its administrator to bring the newer state back or, if a backup was restored, to run \
                     `groundplan-server restored`. Everything here is kept.",
                ),
            };
            return Err(ApiError::new(ErrorCode::NotAllowed, text, hint));
        }
        in_store(&*workspace, |tx| {
            let mut record = tx.record()?;
            if alarm == Alarm::Restored {
                // The machine signs once everything that the server lost and this device has is back.
                record.approved = record.found;
                return tx.set_record(&record);
            }
            record.alarm = None;
            tx.set_record(&record)?;
            if alarm == Alarm::CutBroken {
                // The person takes what is here for what was meant; from now on it is defended.
                for compartment in Compartment::ALL {
                    if let Some(epoch) = state.chain(compartment).epochs.last() {
                        tx.set_cut(compartment, epoch.started_index)?;
                    }
                }
            }
            Ok(())
        })
        .map_err(sync_failed)
    })
    .await?;
    app.net.stop();
    if restored {
        app.net.wait_while(app, |status| status.alarm.as_deref() == Some(Alarm::Restored.word())).await?;
    }
    app.net.now(app, 0).await
}
