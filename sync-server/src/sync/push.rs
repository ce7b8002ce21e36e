//! Taking envelopes: check each from outside, store all that may be stored in one transaction, answer for each.

use std::collections::{HashMap, HashSet};

use groundplan_shared::{
    envelope::{Outer, OuterError, Standing as Judged, parse_outer, verify_outer},
    membership::MembershipState,
    wire::{
        DeviceId, EnvelopeId, ProblemCode, StreamId, WorkspaceId,
        cbor::Blob,
        frames::{Accepted, Outcome, Refused},
    },
};

use super::Standing;
use crate::{
    app::App,
    caller::Session,
    limit::{Caller, Use},
    problem::Refusal,
    store::{AppendBatch, Conflict, NewEnvelope, Placement, StoreError},
};

/// How often a push is judged again because the log moved under it.
const TRIES: usize = 8;

type Stream = (DeviceId, StreamId);

/// One envelope of a push.
enum Item {
    /// Judged: its answer is known.
    Done(Result<Placement, Refusal>),
    /// Still to be stored.
    Open(Box<Outer>),
}

/// Takes a push and returns one outcome for each envelope, in order.
///
/// # Errors
/// What concerns the push as a whole: no such workspace for this device, the store's troubles.
pub async fn push(
    app: &App,
    caller: Session,
    workspace: WorkspaceId,
    atomic: bool,
    envelopes: Vec<Blob>,
) -> Result<Vec<Outcome>, Refusal> {
    let count = u32::try_from(envelopes.len()).unwrap_or(u32::MAX);
    let (row, state) = app.memberships.at_head(&*app.store, workspace).await?;
    let standing = Standing::of(&state, &caller);
    if !matches!(standing, Standing::Active(_)) {
        return Err(standing.refusal());
    }
    let device = caller.device;
    if let Err(wait_ms) = app.limiter.take(Use::Envelope, Caller::Id(device.0), count) {
        app.metrics.rate_limited.add(1);
        let refusal = Refusal::rate_limited(wait_ms);
        return Ok(envelopes.iter().map(|_| refused(app, refusal.clone())).collect());
    }
    let mut items: Vec<Item> = envelopes
        .iter()
        .map(|bytes| match parse_outer(bytes) {
            Ok(outer) => Item::Open(Box::new(outer)),
            Err(error) => Item::Done(Err(judge(error))),
        })
        .collect();
    let ids: Vec<EnvelopeId> = items.iter().filter_map(Item::open).map(|outer| outer.id).collect();
    // What is stored already stays accepted, whatever the log says now: its acknowledgement may have been lost.
    let known: HashMap<EnvelopeId, Placement> =
        app.store.placements(workspace, &ids).await?.into_iter().map(|there| (there.env_id, there)).collect();
    for item in &mut items {
        if let Some(there) = item.open().and_then(|outer| known.get(&outer.id)) {
            *item = Item::Done(Ok(*there));
        }
    }
    let mut moved = 0;
    let mut judged_at = (row, state);
    while moved < TRIES {
        let (row, state) = &judged_at;
        check(&mut items, state, atomic);
        let batch = batch(app, &items, &envelopes, (row.log_length, row.log_head));
        if batch.envelopes.is_empty() {
            return Ok(outcomes(app, items));
        }
        match app.store.append_envelopes(workspace, batch).await {
            Ok(placements) => {
                settle(app, &mut items, placements);
                app.live.wake(workspace);
                return Ok(outcomes(app, items));
            }
            Err(StoreError::Conflict(Conflict::HeadMoved { .. })) => {
                moved += 1;
                judged_at = app.memberships.at_head(&*app.store, workspace).await?;
            }
            Err(StoreError::Conflict(
                conflict @ (Conflict::ChainBroken { position, .. }
                | Conflict::CompartmentDiffers { position }),
            )) => {
                refuse_nth_open(&mut items, position, &conflict.into());
            }
            Err(StoreError::Conflict(conflict)) => {
                let refusal = Refusal::from(conflict);
                for item in items.iter_mut().filter(|item| item.open().is_some()) {
                    *item = Item::Done(Err(refusal.clone()));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let detail = "the membership log is changing too fast to check this push; try again";
    Err(Refusal { retry_after_ms: Some(200), ..Refusal::new(ProblemCode::Unavailable, detail) })
}

impl Item {
    fn open(&self) -> Option<&Outer> {
        match self {
            Self::Open(outer) => Some(outer),
            Self::Done(_) => None,
        }
    }
}

/// Judges what is open against membership; what follows a refused envelope in its stream is refused too.
fn check(items: &mut [Item], state: &MembershipState, atomic: bool) {
    let mut broken: HashSet<Stream> = HashSet::new();
    for item in items.iter_mut() {
        let Some(outer) = item.open() else { continue };
        let stream = (outer.header.author, outer.header.stream);
        let verdict = if broken.contains(&stream) {
            Err(Refusal::new(
                ProblemCode::StreamGap,
                "an envelope before this one in its stream was refused; mend that one and push both again",
            ))
        } else {
            verify_outer(outer, state, Judged::Offered).map_err(judge)
        };
        if let Err(refusal) = verdict {
            broken.insert(stream);
            *item = Item::Done(Err(refusal));
        }
    }
    let first = items.iter().find_map(|item| match item {
        Item::Done(Err(refusal)) => Some(refusal.code),
        _ => None,
    });
    if let (true, Some(code)) = (atomic, first) {
        for item in items.iter_mut().filter(|item| item.open().is_some()) {
            let detail =
                "another envelope of this atomic push was refused, so none was stored; mend that one";
            *item = Item::Done(Err(Refusal::new(code, detail)));
        }
    }
}

/// Refuses the open item at a position among the open ones, and those after it in its stream.
fn refuse_nth_open(items: &mut [Item], position: usize, refusal: &Refusal) {
    let mut stream = None;
    // Those of the stream before the broken one are still to be stored.
    for item in items.iter_mut().filter(|item| item.open().is_some()).skip(position) {
        let of = item.open().map(|outer| (outer.header.author, outer.header.stream));
        if stream.is_none() || stream == of {
            stream = of;
            *item = Item::Done(Err(refusal.clone()));
        }
    }
}

fn batch(
    app: &App,
    items: &[Item],
    envelopes: &[Blob],
    head: (u64, groundplan_shared::wire::Hash),
) -> AppendBatch {
    let open =
        items.iter().zip(envelopes).filter_map(|(item, bytes)| item.open().map(|outer| (outer, bytes)));
    let envelopes = open
        .map(|(outer, bytes)| NewEnvelope {
            env_id: outer.id,
            document: outer.header.document,
            author: outer.header.author,
            stream: outer.header.stream,
            dev_seq: outer.header.dev_seq,
            previous: outer.header.previous,
            compartment: outer.header.compartment,
            bytes: bytes.0.clone(),
        })
        .collect();
    AppendBatch {
        log_length: head.0,
        log_head: head.1,
        envelopes,
        quota_bytes: app.config.limits.workspace_bytes,
        now: app.clock.now_ms(),
    }
}

fn settle(app: &App, items: &mut [Item], placements: Vec<Placement>) {
    let mut placements = placements.into_iter();
    for item in items.iter_mut().filter(|item| item.open().is_some()) {
        if let Some(placement) = placements.next() {
            if placement.repeated {
                app.metrics.envelopes_repeated.add(1);
            } else {
                app.metrics.envelopes.add(1);
            }
            *item = Item::Done(Ok(placement));
        }
    }
}

fn outcomes(app: &App, items: Vec<Item>) -> Vec<Outcome> {
    items
        .into_iter()
        .map(|item| match item {
            Item::Done(Ok(placement)) => Outcome::Accepted(Accepted {
                envelope: placement.env_id,
                doc_seq: placement.doc_seq,
                link: placement.link,
                ws_seq: placement.ws_seq,
                log_index: placement.log_index,
            }),
            Item::Done(Err(refusal)) => refused(app, refusal),
            Item::Open(_) => {
                refused(app, Refusal::new(ProblemCode::Internal, "the envelope was not judged; try again"))
            }
        })
        .collect()
}

fn refused(app: &App, refusal: Refusal) -> Outcome {
    app.metrics.refuse(refusal.code);
    Outcome::Refused(Refused {
        code: refusal.code,
        message: refusal.detail,
        retry_ms: refusal.retry_after_ms,
    })
}

/// Gives an envelope's fault its code.
fn judge(error: OuterError) -> Refusal {
    use ProblemCode as Code;
    let code = match error {
        OuterError::LogAhead | OuterError::LogFork => Code::LogUnknown,
        OuterError::Epoch | OuterError::EpochStale => Code::EpochStale,
        OuterError::NotAllowed => Code::Forbidden,
        OuterError::Codec(groundplan_shared::wire::CodecError::TooLarge { .. }) => Code::TooLarge,
        _ => Code::EnvelopeRefused,
    };
    Refusal::new(code, error.to_string())
}
