//! Reading something from the client core and reading it again when it changed, without flicker: the old answer
//! stays until the new one is here, and an answer that comes too late is dropped.

use std::rc::Rc;
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, Command};

use super::{App, Changes};
use crate::transport::{decode, encode};

/// What was answered. Two are the same only if they are one: an answer that says what the one before said is never told,
/// so that nobody has to compare what is in them.
pub struct Answer<T>(Arc<T>);

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> PartialEq for Answer<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> std::ops::Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Where a reading stands.
pub enum Load<T> {
    /// Nothing is here yet.
    Loading,
    /// The latest answer.
    Ready(Answer<T>),
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
    pub fn ready(&self) -> Option<Answer<T>> {
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
    P::Response: Send + Sync,
{
    query_since(app, || 0, params, concerns)
}

/// The same, and again whenever the number that `since` gives becomes another one.
pub fn query_since<P>(
    app: App,
    since: impl Fn() -> u64 + 'static,
    params: impl Fn() -> Option<P> + 'static,
    concerns: impl Fn(&Changes) -> bool + 'static,
) -> RwSignal<Load<P::Response>>
where
    P: Command,
    P::Response: Send + Sync,
{
    let state = RwSignal::new(Load::Loading);
    let tell = move |answer: Option<Result<String, ApiError>>| {
        let new = match answer.map(decode::<P>) {
            None => Load::Loading,
            Some(Ok(answer)) => Load::Ready(Answer(Arc::new(answer))),
            Some(Err(error)) => Load::Failed(error),
        };
        state.set(new);
    };
    let params = move || (params().map(|params| encode(&params)), since());
    follow(app, P::METHOD, Box::new(params), Box::new(concerns), Rc::new(tell));
    state
}

/// Reads again whenever anything changes, and keeps the answer as it came: what a view of many small fields looks into by
/// itself. Empty before the first answer, and if it is an error.
pub fn raw(app: App, method: &'static str, params: String) -> RwSignal<String> {
    let state = RwSignal::new(String::new());
    let tell = move |answer: Option<Result<String, ApiError>>| {
        let new = answer.and_then(Result::ok).unwrap_or_default();
        if state.try_with_untracked(|old| *old != new) == Some(true) {
            state.set(new);
        }
    };
    follow(app, method, Box::new(move || (Some(params.clone()), 0)), Box::new(|_| true), Rc::new(tell));
    state
}

/// Gives an answer, or that there is nothing to ask, to whoever asked.
type Tell = Rc<dyn Fn(Option<Result<String, ApiError>>)>;

/// The part of `query` that is the same for every command, over JSON texts: compiled once.
fn follow(
    app: App,
    method: &'static str,
    params: Box<dyn Fn() -> (Option<String>, u64)>,
    concerns: Box<dyn Fn(&Changes) -> bool>,
    tell: Tell,
) {
    let run = StoredValue::new(0_u64);
    let told = StoredValue::new(None::<Result<String, ApiError>>);
    Effect::new(move |before: Option<(Option<String>, u64, u64)>| {
        let (wanted, since) = params();
        let (number, concerned) = app.changes.with(|changes| (changes.number, concerns(changes)));
        let same = before.as_ref().is_some_and(|(old, ..)| *old == wanted);
        let newer = before.as_ref().is_none_or(|(_, _, seen)| *seen != number);
        let later = before.as_ref().is_none_or(|(_, old, _)| *old != since);
        if let Some(text) = wanted.clone()
            && (!same || later || (newer && concerned))
        {
            if !same && before.is_some() {
                told.set_value(None);
                tell(None);
            }
            run.update_value(|run| *run += 1);
            let mine = run.get_value();
            let tell = tell.clone();
            let done = move |answer| {
                // A later question, or a view that is gone, makes this answer worthless.
                if run.try_get_value() != Some(mine) {
                    return;
                }
                let answer = Some(answer);
                if told.with_value(|told| *told != answer) {
                    told.set_value(answer.clone());
                    tell(answer);
                }
            };
            app.ask_then(method, text, Box::new(done));
        }
        (wanted, since, number)
    });
}
