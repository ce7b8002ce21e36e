//! `sync/held`, `sync/decide`: a mass deletion by another device that waits for a person.
//!
//! Not here: when it is held (`sync::brake`). Both answers end with the same documents everywhere: letting it through
//! applies what was sent; taking it back applies it too and brings everything back by new edits in the same transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::ChangeHash;
use groundplan_shared::api::{
    ApiError, ErrorCode, HeldList, HeldThing, HeldView, SyncDecideParams, SyncHeldParams,
};
use groundplan_shared::model::{DocumentId, Relation};
use groundplan_shared::wire::DeviceId;
use ring::rand::SystemRandom;

use crate::core::{CoreError, Tx};
use crate::doc;
use crate::identity::membership::{blocking, load, sync_failed};
use crate::query;
use crate::runtime::App;
use crate::sync::healing::Braked;
use crate::sync::workspace::model_document;
use crate::sync::{Env, Log, SqliteTx, brake, names, run as in_store};

/// Things named of one device.
const THINGS: usize = 500;

/// Lists what is held, by the device that sent it.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn list(app: &Arc<App>, _: SyncHeldParams) -> Result<HeldList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let (held, named) = in_store(&*workspace, |tx| {
            let held = tx.braked()?;
            let authors: BTreeSet<DeviceId> = held.iter().map(|one| one.author).collect();
            let mut named = Vec::new();
            for author in authors {
                named.push((author, names::device(tx, &state, author)?));
            }
            Ok((held, named))
        })
        .map_err(sync_failed)?;
        let items = app.read(|tx| named.into_iter().map(|(id, name)| view(tx, &held, id, name)).collect())?;
        Ok(HeldList { items })
    })
    .await
}

fn view(tx: &mut Tx<'_>, held: &[Braked], author: DeviceId, name: String) -> Result<HeldView, CoreError> {
    let of: Vec<&Braked> = held.iter().filter(|one| one.author == author).collect();
    let doomed: BTreeSet<DocumentId> =
        of.iter().filter(|one| one.deletes).map(|one| model_document(one.document)).collect();
    let mut things = Vec::new();
    for id in doomed.iter().take(THINGS) {
        let reference = query::reference(tx, *id)?;
        things.push(HeldThing { id: id.to_string(), kind: reference.document, name: reference.name });
    }
    things.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    Ok(HeldView {
        device: author.to_string(),
        name,
        deletes: doomed.len() as u64,
        things,
        received: of.len() as u64,
        since_ms: of.iter().map(|one| one.at_ms).min().unwrap_or(0),
    })
}

/// Applies what is held of a device, or applies it and takes it back.
///
/// # Errors
/// `NotFound` if nothing of that device is held, `InvalidInput` for another answer; those of the store.
pub async fn decide(app: &Arc<App>, params: SyncDecideParams) -> Result<HeldList, ApiError> {
    let here = Arc::clone(app);
    blocking(move || {
        let undo = match params.answer.as_str() {
            "apply" => false,
            "undo" => true,
            _ => {
                let mut error = ApiError::new(
                    ErrorCode::InvalidInput,
                    "The answer is `apply` or `undo`.",
                    "See what it is about with `groundplan sync --held`.",
                );
                error.field = Some("answer".to_owned());
                return Err(error);
            }
        };
        let workspace = here.workspace()?;
        let (state, _) = load(&workspace)?;
        let held = in_store(&*workspace, |tx| tx.braked()).map_err(sync_failed)?;
        let author = held.iter().map(|one| one.author).find(|author| author.to_string() == params.device);
        let Some(author) = author else {
            return Err(ApiError::new(
                ErrorCode::NotFound,
                "Nothing of that device is held.",
                "See what is held with `groundplan sync --held`.",
            ));
        };
        let (log, keys) = (Log::of(state), Arc::clone(here.device().keys()));
        here.edit("Bring back what was deleted", |tx| {
            let before = if undo { Before::of(tx, &held, author)? } else { Before::default() };
            let random = SystemRandom::new();
            let env = Env { now_ms: tx.now_ms(), random: &random };
            brake::let_through(&mut SqliteTx(tx), &log, &keys, &env, author, !undo)
                .map_err(|error| CoreError::Api(sync_failed(error)))?;
            before.bring_back(tx)
        })?;
        here.net.nudge(workspace.id());
        Ok(())
    })
    .await?;
    list(app, SyncHeldParams {}).await
}

/// How documents stood before what was held is applied.
#[derive(Default)]
struct Before {
    /// Versions of those that it deletes, and of others that it changes.
    versions: BTreeMap<DocumentId, Vec<ChangeHash>>,
    doomed: BTreeSet<DocumentId>,
    relations: BTreeMap<DocumentId, Vec<Relation>>,
}

fn relations(tx: &mut Tx<'_>, id: DocumentId) -> Result<Vec<Relation>, CoreError> {
    let element = tx.with(id, |doc| doc::element::read(doc, id))?;
    Ok(element.map(|element| element.relations).unwrap_or_default())
}

impl Before {
    fn of(tx: &mut Tx<'_>, held: &[Braked], author: DeviceId) -> Result<Self, CoreError> {
        let mut before = Self::default();
        for one in held.iter().filter(|one| one.author == author) {
            let id = model_document(one.document);
            // What it made itself is left as it is.
            if tx.kind_of(id)?.is_none() {
                continue;
            }
            before.versions.insert(id, tx.with(id, |doc| doc.get_heads())?);
            let related = relations(tx, id)?;
            before.relations.insert(id, related);
            if one.deletes {
                before.doomed.insert(id);
            }
        }
        Ok(before)
    }

    /// Undoes deletions, and the removal of relations to what was deleted.
    fn bring_back(self, tx: &mut Tx<'_>) -> Result<(), CoreError> {
        for (id, version) in &self.versions {
            let now = relations(tx, *id)?;
            let lost = self.relations.get(id).into_iter().flatten().any(|relation| {
                self.doomed.contains(&relation.target) && !now.iter().any(|kept| kept.id == relation.id)
            });
            if self.doomed.contains(id) || lost {
                let after = tx.with(*id, |doc| doc.get_heads())?;
                if after != *version {
                    tx.revert(*id, version, &after)?;
                }
            }
        }
        Ok(())
    }
}
