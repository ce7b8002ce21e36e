//! Reading something from the client core and reading it again when it changed, without flicker: the old answer
//! stays until the new one is here, and an answer that comes too late is dropped.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, Command};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{App, Changes};

/// Where a reading stands.
#[derive(Debug, PartialEq)]
pub enum Load<T> {
    /// Nothing is here yet.
    Loading,
    /// The latest answer.
    Ready(Arc<T>),
    /// It could not be read.
    Failed(ApiError),
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Loading => Self::Loading,
            Self::Ready(answer) => Self::Ready(answer.clone()),
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

impl<T> Load<T> {
    /// The answer, if it is here.
    pub fn ready(&self) -> Option<Arc<T>> {
        match self {
            Self::Ready(answer) => Some(answer.clone()),
            _ => None,
        }
    }
}

/// Reads by the parameters that `params` gives (none: nothing to read), again whenever those change and whenever
/// `concerns` says that a change matters.
pub fn query<P>(
    app: App,
    params: impl Fn() -> Option<P> + 'static,
    concerns: impl Fn(&Changes) -> bool + 'static,
) -> RwSignal<Load<P::Response>>
where
    P: Command,
    P::Response: PartialEq + Send + Sync,
{
    let state = RwSignal::new(Load::Loading);
    let run = StoredValue::new(0_u64);
    Effect::new(move |before: Option<(String, u64)>| {
        let wanted = params();
        let name = wanted.as_ref().and_then(|params| serde_json::to_string(params).ok()).unwrap_or_default();
        let (number, concerned) = app.changes.with(|changes| (changes.number, concerns(changes)));
        let same = before.as_ref().is_some_and(|(old, _)| *old == name);
        let newer = before.as_ref().is_none_or(|(_, seen)| *seen != number);
        if let Some(params) = wanted
            && (!same || (newer && concerned))
        {
            if !same && before.is_some() {
                state.set(Load::Loading);
            }
            run.update_value(|run| *run += 1);
            let mine = run.get_value();
            spawn_local(async move {
                let answer = app.call(params).await;
                if run.try_get_value() != Some(mine) {
                    return;
                }
                let new = match answer {
                    Ok(answer) => Load::Ready(Arc::new(answer)),
                    Err(error) => Load::Failed(error),
                };
                if state.try_with_untracked(|old| *old != new) == Some(true) {
                    state.set(new);
                }
            });
        }
        (name, number)
    });
    state
}
