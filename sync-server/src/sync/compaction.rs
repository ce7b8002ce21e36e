//! Compaction: taking devices' opinions about snapshots, and dropping what the shared rule lets drop.
//!
//! The server cannot look inside a snapshot. It holds the signed opinions against the log that it keeps, waits out the
//! grace period, and puts a stub in the place of each covered envelope: places and links stay. Not here: the rule
//! (`groundplan_shared::envelope::snapshot::compact`) and the tables (`store`).

use groundplan_shared::{
    auth::Clearance,
    envelope::{
        Kind, Outer, Standing as Judged, parse_outer,
        snapshot::{Ack, AckError, Opinion, Stub, Verdict, droppable, parse_ack, verify_ack},
    },
    wire::{DocumentId, EnvelopeId, ProblemCode, WorkspaceId, cbor::Blob},
};

use super::Standing;
use crate::{
    app::App,
    caller::Session,
    limit::{Caller, Use},
    problem::Refusal,
    store::{AckRow, Dropped, FeedFrom, PageLimit, StoreResult, StoredEnvelope, UnixMs},
};

/// Envelopes replaced in one transaction.
const PAGE: PageLimit = PageLimit { rows: 256, bytes: 4 << 20 };
/// Documents looked at in one sweep.
const SWEEP: usize = 10_000;
const HOUR_MS: i64 = 3_600_000;

/// Takes an opinion, and drops what may be dropped for it.
///
/// # Errors
/// It is not signed by a device that may have one, or is about something else than what is stored here.
pub async fn acknowledge(
    app: &App,
    caller: Session,
    workspace: WorkspaceId,
    bytes: &[u8],
) -> Result<(), Refusal> {
    let (_, state) = app.memberships.at_head(&*app.store, workspace).await?;
    let standing = Standing::of(&state, &caller);
    if !matches!(standing, Standing::Active(_)) {
        return Err(standing.refusal());
    }
    app.limiter.take(Use::Envelope, Caller::Id(caller.device.0), 1).map_err(Refusal::rate_limited)?;
    let ack = parse_ack(bytes).map_err(judge)?;
    let Some(snapshot) = snapshot(app, workspace, ack.document, ack.snapshot).await? else {
        let detail = "the acknowledgement is about a snapshot that is not here; synchronise, then judge the newest one";
        return Err(Refusal::new(ProblemCode::EnvelopeRefused, detail));
    };
    let ack = verify_ack(bytes, &snapshot, &state, Judged::Offered).map_err(judge)?;
    if !is_here(app, workspace, &ack).await? {
        let detail = "the snapshot stands for another history than the one stored here";
        return Err(Refusal::new(ProblemCode::EnvelopeRefused, detail));
    }
    let row = AckRow {
        document: ack.document,
        snapshot: ack.snapshot,
        device: ack.device,
        covers: ack.doc_seq,
        ack: bytes.to_vec(),
        stored_at: app.clock.now_ms(),
    };
    app.store.put_ack(workspace, row).await?;
    compact(app, workspace, ack.document).await?;
    Ok(())
}

fn judge(error: AckError) -> Refusal {
    let code = match error {
        AckError::Log => ProblemCode::LogUnknown,
        AckError::NotAllowed | AckError::SameDevice => ProblemCode::Forbidden,
        _ => ProblemCode::EnvelopeRefused,
    };
    Refusal::new(code, error.to_string())
}

/// Reads the envelope at a place.
async fn at(
    app: &App,
    workspace: WorkspaceId,
    document: DocumentId,
    doc_seq: u64,
) -> StoreResult<Option<StoredEnvelope>> {
    let Some(after) = doc_seq.checked_sub(1) else { return Ok(None) };
    let from = FeedFrom { workspace, after, clearance: Clearance::ALL };
    let page = app.store.document_tail(from, document, PageLimit { rows: 1, bytes: 0 }).await?;
    Ok(page.envelopes.into_iter().next().filter(|stored| stored.doc_seq == doc_seq))
}

/// Finds a snapshot that is stored whole.
async fn snapshot(
    app: &App,
    workspace: WorkspaceId,
    document: DocumentId,
    id: EnvelopeId,
) -> StoreResult<Option<Outer>> {
    let Some(place) = app.store.placements(workspace, &[id]).await?.pop() else { return Ok(None) };
    let stored = at(app, workspace, document, place.doc_seq).await?;
    let outer = stored.and_then(|stored| parse_outer(&stored.bytes).ok());
    Ok(outer.filter(|outer| outer.id == id && outer.header.kind == Kind::Snapshot))
}

/// Says whether the document's log here has the link that an opinion names at its place.
async fn is_here(app: &App, workspace: WorkspaceId, ack: &Ack) -> StoreResult<bool> {
    let stored = at(app, workspace, ack.document, ack.doc_seq).await?;
    Ok(stored.is_some_and(|stored| stored.link == ack.link))
}

/// Drops what may be dropped of a document, and returns how many bytes that freed.
///
/// # Errors
/// What the store says.
async fn compact(app: &App, workspace: WorkspaceId, document: DocumentId) -> StoreResult<u64> {
    let acks = app.store.acks(workspace, document).await?;
    let grace_ms = u64::try_from(HOUR_MS).unwrap_or(0) * u64::from(app.config.limits.compaction_grace_hours);
    let now_ms = u64::try_from(app.clock.now_ms()).unwrap_or(0);
    // The one that covers most first: what it lets drop, those before it need not.
    let mut snapshots: Vec<(u64, EnvelopeId)> = acks.iter().map(|row| (row.covers, row.snapshot)).collect();
    snapshots.sort_by(|a, b| b.cmp(a));
    snapshots.dedup();
    for (covers, id) in snapshots {
        let Some(outer) = snapshot(app, workspace, document, id).await? else { continue };
        let about = acks.iter().filter(|row| row.snapshot == id);
        let opinions: Vec<Opinion> = about.clone().filter_map(opinion).collect();
        let author = outer.header.author;
        if droppable(&author, covers, &opinions, now_ms, grace_ms) == 0 {
            continue;
        }
        let agreed = about.clone().find(|row| {
            row.device != author && opinion(row).is_some_and(|opinion| opinion.verdict == Verdict::Agrees)
        });
        let Some(agreed) = agreed else { continue };
        return drop_covered(app, workspace, agreed).await;
    }
    Ok(0)
}

fn opinion(row: &AckRow) -> Option<Opinion> {
    let ack = parse_ack(&row.ack).ok()?;
    let stored_ms = u64::try_from(row.stored_at).ok()?;
    Some(Opinion { device: row.device, verdict: ack.verdict, save: ack.save, stored_ms })
}

/// Puts stubs in the place of everything that a snapshot covers; the last one carries the acknowledgement.
async fn drop_covered(app: &App, workspace: WorkspaceId, agreed: &AckRow) -> StoreResult<u64> {
    let document = agreed.document;
    let (mut after, mut freed) = (0, 0);
    while after < agreed.covers {
        let from = FeedFrom { workspace, after, clearance: Clearance::ALL };
        let page = app.store.document_tail(from, document, PAGE).await?;
        let covered = page.envelopes.into_iter().take_while(|stored| stored.doc_seq <= agreed.covers);
        let mut stubs = Vec::new();
        let before = after;
        for stored in covered {
            after = stored.doc_seq;
            let known = Stub::parse(&stored.bytes);
            let last = after == agreed.covers;
            if known.is_some() && !last {
                continue;
            }
            let made = known.or_else(|| parse_outer(&stored.bytes).ok().map(|outer| Stub::of(&outer)));
            let Some(mut stub) = made else { continue };
            if last {
                stub.ack = Some(Blob(agreed.ack.clone()));
            }
            stubs.push((after, stub.encode()));
        }
        if after == before {
            break;
        }
        // Done with only once all of it is: a crash in between is gone over again.
        let done = if after == agreed.covers { agreed.covers } else { 0 };
        freed += app.store.drop_envelopes(workspace, Dropped { document, stubs, done }).await?;
    }
    tracing::info!(workspace.id = %workspace, freed.bytes = freed, "a snapshot took the place of envelopes");
    Ok(freed)
}

/// Drops what has waited long enough, wherever that is, and returns how many bytes that freed.
///
/// # Errors
/// What the store says.
pub async fn sweep(app: &App) -> StoreResult<u64> {
    let grace = HOUR_MS * i64::from(app.config.limits.compaction_grace_hours);
    let before: UnixMs = app.clock.now_ms().saturating_sub(grace);
    let mut freed = 0;
    for (workspace, document) in app.store.acked_documents(before, SWEEP).await? {
        freed += compact(app, workspace, document).await?;
    }
    Ok(freed)
}
