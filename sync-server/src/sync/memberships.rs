//! Folded membership logs, kept while they are used. The fold itself is `shared`'s one validator.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use groundplan_shared::{
    membership::{MembershipState, apply, start},
    wire::WorkspaceId,
};

use crate::store::{Store, StoreError, StoreResult, Workspace};

/// Logs kept folded at once.
const KEPT: usize = 4096;
/// Entries read in one go.
const PAGE: usize = 256;

/// The cache.
#[derive(Default)]
pub struct Memberships {
    states: Mutex<HashMap<WorkspaceId, (Arc<MembershipState>, u64)>>,
    uses: AtomicU64,
}

impl Memberships {
    /// Returns the state at the head of the stored log, with the workspace's row.
    ///
    /// # Errors
    /// `NotFound` for no such workspace, `Corrupt` if the stored log does not fold, and what else the store says.
    pub async fn at_head(
        &self,
        store: &dyn Store,
        id: WorkspaceId,
    ) -> StoreResult<(Workspace, Arc<MembershipState>)> {
        let workspace = store.workspace(id).await?;
        let mut state = self.kept(id);
        let fits = |state: &MembershipState| {
            state.head_index() + 1 == workspace.log_length && state.head_hash() == workspace.log_head
        };
        if let Some(state) = &state
            && fits(state)
        {
            return Ok((workspace, Arc::clone(state)));
        }
        // A kept state that is ahead of the store's row is from an append after it was read: begin anew.
        if state.as_ref().is_some_and(|state| state.head_index() + 1 >= workspace.log_length) {
            state = None;
        }
        loop {
            let next = state.as_ref().map_or(0, |state| state.head_index() + 1);
            if next >= workspace.log_length {
                break;
            }
            let wanted = usize::try_from(workspace.log_length - next).unwrap_or(PAGE).min(PAGE);
            let rows = store.log_entries(id, next, wanted).await?;
            if rows.is_empty() {
                return Err(StoreError::corrupt("log_entries"));
            }
            for row in rows {
                let folded = match &state {
                    None => start(&row.entry),
                    Some(state) => apply(state, &row.entry),
                };
                state = Some(Arc::new(folded.map_err(|_| StoreError::corrupt("log_entries.entry"))?));
            }
        }
        match state {
            Some(state) if fits(&state) => {
                self.keep(id, Arc::clone(&state));
                Ok((workspace, state))
            }
            _ => Err(StoreError::corrupt("workspaces.log_head")),
        }
    }

    fn kept(&self, id: WorkspaceId) -> Option<Arc<MembershipState>> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, used) = states.get_mut(&id)?;
        *used = self.uses.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(state))
    }

    /// Keeps a state, forgetting the one that was not used for longest.
    pub fn keep(&self, id: WorkspaceId, state: Arc<MembershipState>) {
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= KEPT && !states.contains_key(&id) {
            let oldest = states.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                states.remove(&oldest);
            }
        }
        states.insert(id, (state, now));
    }
}
