//! What the workspace's policy lets out: levels that it does not name are left out, and the answer says so. Whatever writes
//! content to a file asks here: exports, drawings and attachments.
//!
//! A backup is no export: it stays sealed and is made elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::api::{ApiError, ErrorCode, LeftOut};
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::model::DocumentId;
use groundplan_shared::scene::Scene;

use super::Everything;
use crate::core::{CoreError, Tx};
use crate::identity::membership::load;
use crate::identity::words::level;
use crate::runtime::App;

/// Documents that must stay inside, with their levels, and whether they are still there.
pub(crate) struct Inside(BTreeMap<DocumentId, (Compartment, bool)>);

impl Inside {
    /// Reads the policy and which documents it keeps inside.
    pub(crate) fn of(app: &App) -> Result<Self, ApiError> {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let allowed = state.policy().export;
        if allowed == Clearance::ALL {
            return Ok(Self(BTreeMap::new()));
        }
        app.read(|tx| rows(tx, allowed)).map(Self)
    }

    pub(super) fn keeps(&self, id: &DocumentId) -> bool {
        self.0.contains_key(id)
    }

    /// Takes out of an export what must stay inside.
    pub(super) fn take_out(&self, all: &mut Everything) {
        all.elements.retain(|element| !self.keeps(&element.id));
        all.pages.retain(|page| !self.keeps(&page.id));
        all.views.retain(|view| !self.keeps(&view.id));
        all.attachments.retain(|attached| !self.keeps(&attached.document));
        all.threads.retain(|talk| !self.keeps(&talk.thread.id) && !self.keeps(&talk.thread.subject));
    }

    /// Refuses to export a drawing that shows what must stay inside.
    pub(super) fn check(&self, scene: &Scene) -> Result<(), ApiError> {
        let shown: BTreeSet<&str> = scene
            .nodes
            .iter()
            .filter_map(|node| self.0.iter().find(|(id, _)| id.to_string() == node.id))
            .map(|(_, (compartment, _))| level(*compartment))
            .collect();
        if shown.is_empty() {
            return Ok(());
        }
        let levels: Vec<&str> = shown.into_iter().collect();
        Err(ApiError::new(
            ErrorCode::NotAllowed,
            format!(
                "The diagram shows what is {}, which the workspace does not let out.",
                levels.join(" and ")
            ),
            "Export a diagram without it, or ask an owner to change the policy. Nothing was written.",
        ))
    }

    /// Refuses to write to a file what belongs to a document that must stay inside.
    pub(crate) fn check_of(&self, id: &DocumentId, what: &str) -> Result<(), ApiError> {
        let Some((compartment, _)) = self.0.get(id) else { return Ok(()) };
        let level = level(*compartment);
        Err(ApiError::new(
            ErrorCode::NotAllowed,
            format!("{what} is {level}, which the workspace does not let out."),
            "It can be looked at here. Ask an owner to change the policy. Nothing was written.",
        ))
    }

    /// Counts what stays inside, by level.
    pub(super) fn left_out(&self) -> Vec<LeftOut> {
        let mut counts: BTreeMap<u8, (Compartment, u64)> = BTreeMap::new();
        // What was deleted is missing from an export of today in any case.
        for (compartment, _) in self.0.values().filter(|(_, lives)| *lives) {
            counts.entry(compartment.number()).or_insert((*compartment, 0)).1 += 1;
        }
        let row = |(compartment, documents)| LeftOut {
            level: level(compartment).to_owned(),
            documents,
            reason: "the workspace's policy does not let this level out".to_owned(),
        };
        counts.into_values().map(row).collect()
    }
}

type Rows = BTreeMap<DocumentId, (Compartment, bool)>;

fn rows(tx: &mut Tx<'_>, allowed: Clearance) -> Result<Rows, CoreError> {
    // By things: one that was classified anew lies in another document than the one with its id.
    let mut statement = tx.sql().prepare_cached(
        "SELECT thing, coalesce((SELECT s.compartment FROM subject s WHERE s.id = thing), max(compartment)), min(deleted)
         FROM (SELECT coalesce(subject, id) AS thing, compartment, deleted FROM document WHERE kind <> 'settings')
         GROUP BY thing",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, u8>(1)?, row.get::<_, bool>(2)?))
    })?;
    let mut inside = BTreeMap::new();
    for row in rows {
        let (id, number, deleted) = row?;
        let of = Compartment::ALL.into_iter().find(|compartment| compartment.number() == number);
        if let Some(compartment) = of.filter(|compartment| !allowed.allows(*compartment)) {
            inside.insert(DocumentId::from_bytes(id), (compartment, !deleted));
        }
    }
    Ok(inside)
}
