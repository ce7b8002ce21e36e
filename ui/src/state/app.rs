//! The reactive heart: signals that every view reads, and the few ways to change them.
//!
//! Not here: reading (`load`), and logic worth testing; that lives in the plain structs beside this file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, AppStatus, AppStatusParams, Command, EditRedoParams, EditState, EditUndoParams,
    ElementGetParams, ElementView, ErrorCode, Event, JobProgress, Settings, SyncStatus, TextStretch,
};
use groundplan_shared::model::{DocumentId, WorkspaceId};
use leptos::task::spawn_local;

use super::peers::Peer;
use super::{ImportStep, Index, Route, ToastKind, Toasts, navigation};
use crate::text::{fill, t};
use crate::transport::{Asked, Signal as Told, Transport, decode, encode};

/// What changed last, for views that read again when their document did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Grows with every change.
    pub number: u64,
    /// What changed; empty means everything.
    pub documents: Vec<DocumentId>,
    /// Whether it came from another device.
    pub remote: bool,
}

impl Changes {
    /// Says whether a document may look different now.
    pub fn touch(&self, id: DocumentId) -> bool {
        self.documents.is_empty() || self.documents.contains(&id)
    }
}

/// Everything that views share. Freely copied.
#[derive(Clone, Copy)]
pub struct App {
    /// The way to the client core.
    pub transport: Transport,
    /// What the main area shows; change it with `go`.
    pub route: RwSignal<Route>,
    /// The program and its workspaces; none while loading.
    pub status: RwSignal<Option<Result<AppStatus, ApiError>>>,
    /// Lists of the open workspace.
    pub index: RwSignal<Arc<Index>>,
    /// Whether the lists were read: none while loading.
    pub indexed: RwSignal<Option<Result<(), ApiError>>>,
    /// The elements that the inspector and the explorer show as chosen.
    pub selection: RwSignal<Vec<DocumentId>>,
    /// How synchronisation stands; none while unknown.
    pub sync: RwSignal<Option<SyncStatus>>,
    /// How many newcomers wait whom the person of this device may let in.
    pub newcomers: RwSignal<usize>,
    /// Whether the client core can be reached.
    pub reachable: RwSignal<bool>,
    /// Messages at the bottom.
    pub toasts: RwSignal<Toasts>,
    /// How far long commands are.
    pub jobs: RwSignal<BTreeMap<String, JobProgress>>,
    /// What changed last.
    pub changes: RwSignal<Changes>,
    /// What undo and redo would do.
    pub edits: RwSignal<EditState>,
    /// Things that others changed or talked about since this device's person looked.
    pub unread: RwSignal<Vec<DocumentId>>,
    /// Grows whenever somebody comes, goes or moves.
    pub present: RwSignal<u32>,
    /// Who else is there.
    pub there: RwSignal<Vec<Peer>>,
    /// The cursor of this window's person in the long text of a document.
    pub cursor: RwSignal<Option<(DocumentId, TextStretch)>>,
    /// Settings of the profile.
    pub settings: RwSignal<Option<Settings>>,
    /// How far the import is.
    pub import: RwSignal<ImportStep>,
    /// The name that the workspace made for it will get.
    pub import_name: RwSignal<String>,
    /// Why its last step failed.
    pub import_wrong: RwSignal<Option<ApiError>>,
}

/// Returns what views share.
pub fn use_app() -> App {
    expect_context::<App>()
}

impl App {
    /// Makes the state, gives it to all views below and starts to listen.
    pub fn provide() -> Self {
        let app = Self {
            transport: Transport::detect(),
            route: RwSignal::new(navigation::current()),
            status: RwSignal::new(None),
            index: RwSignal::new(Arc::default()),
            indexed: RwSignal::new(None),
            selection: RwSignal::new(Vec::new()),
            sync: RwSignal::new(None),
            newcomers: RwSignal::new(0),
            reachable: RwSignal::new(true),
            toasts: RwSignal::new(Toasts::default()),
            jobs: RwSignal::new(BTreeMap::new()),
            changes: RwSignal::new(Changes::default()),
            edits: RwSignal::new(EditState::default()),
            unread: RwSignal::new(Vec::new()),
            present: RwSignal::new(0),
            there: RwSignal::new(Vec::new()),
            cursor: RwSignal::new(None),
            settings: RwSignal::new(None),
            import: RwSignal::default(),
            import_name: RwSignal::new(t("import.default_name").to_owned()),
            import_wrong: RwSignal::new(None),
        };
        provide_context(app);
        navigation::follow(app);
        app.transport.listen(move |told| app.hear(told));
        spawn_local(async move { app.load().await });
        app
    }

    /// Carries out a command, both sides as JSON texts.
    ///
    /// # Errors
    /// As the client core answers.
    pub fn ask(self, method: &'static str, params: String) -> Asked {
        Box::pin(async move {
            let answer = self.transport.ask(method, params).await;
            if let Err(error) = &answer {
                self.notice(error);
            }
            answer
        })
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// As the client core answers.
    pub async fn call<P: Command>(self, params: P) -> Result<P::Response, ApiError> {
        decode::<P>(self.ask(P::METHOD, encode(&params)).await)
    }

    /// Carries out a command in the background and hands over the answer as it came.
    pub fn ask_then(
        self,
        method: &'static str,
        params: String,
        then: Box<dyn FnOnce(Result<String, ApiError>)>,
    ) {
        spawn_local(async move { then(self.ask(method, params).await) });
    }

    fn notice(self, error: &ApiError) {
        // `Offline` of the transport itself: the core is gone, not the server.
        if error.code == ErrorCode::Offline && error.message == t("error.core_gone") {
            self.reachable.set(false);
        }
        // Locked by another page or window of this program.
        if error.code == ErrorCode::Locked
            && self.status.with_untracked(|status| matches!(status, Some(Ok(_))))
        {
            self.status.set(Some(Err(error.clone())));
            self.index.set(Arc::default());
        }
        // Without a session nothing on the page can be kept true, so the page says that and nothing else.
        if error.code == ErrorCode::NotAllowed && error.message == t("error.no_session") {
            self.status.set(Some(Err(error.clone())));
        }
    }

    /// Carries out a command in the background; failures are shown.
    pub fn run<P: Command>(self, params: P, then: impl FnOnce(P::Response) + 'static) {
        let done = move |answer| match decode::<P>(answer) {
            Ok(answer) => then(answer),
            Err(error) => self.fail(error),
        };
        self.ask_then(P::METHOD, encode(&params), Box::new(done));
    }

    /// Carries out a change of an element; lists follow at once.
    pub fn change<P: Command<Response = ElementView>>(self, params: P) {
        self.run(params, move |view| self.put(&view));
    }

    /// Puts an element that a command answered with into the lists.
    pub fn put(self, view: &ElementView) {
        self.index.update(|index| Arc::make_mut(index).put(view));
    }

    /// Takes deleted things out of lists and the choice, and leaves a page about one of them.
    pub fn forget(self, ids: &[DocumentId]) {
        self.index.update(|index| Arc::make_mut(index).remove(ids));
        self.selection.update(|chosen| chosen.retain(|id| !ids.contains(id)));
        if self.route.with_untracked(|route| route.document().is_some_and(|id| ids.contains(&id))) {
            self.go(Route::Home);
        }
    }

    /// Shows another place.
    pub fn go(self, route: Route) {
        if self.route.with_untracked(|at| *at == route) {
            return;
        }
        navigation::write(&route, false);
        self.route.set(route);
    }

    /// Shows another place without a step in the history.
    pub fn replace(self, route: Route) {
        navigation::write(&route, true);
        self.route.set(route);
    }

    /// Says that something was done.
    pub fn say(self, text: impl Into<String>) {
        self.toast(ToastKind::Done, text.into());
    }

    /// Says that something was done, and offers to take it back.
    pub fn undoable(self, text: impl Into<String>) {
        self.toast(ToastKind::Undoable, text.into());
    }

    /// Says that something failed.
    pub fn fail(self, error: ApiError) {
        if error.code != ErrorCode::Cancelled {
            let text = error.message.clone();
            self.toast(ToastKind::Failed(Box::new(error)), text);
        }
    }

    fn toast(self, kind: ToastKind, text: String) {
        let mut stays = None;
        self.toasts.update(|toasts| {
            let id = toasts.push(kind, text);
            stays = toasts.items().last().and_then(|toast| toast.stays_ms()).map(|ms| (id, ms));
        });
        if let Some((id, ms)) = stays {
            set_timeout(
                move || self.toasts.update(|toasts| toasts.close(id)),
                std::time::Duration::from_millis(ms.into()),
            );
        }
    }

    /// Takes the latest edit back.
    pub fn undo(self) {
        self.toasts.update(Toasts::close_undoable);
        self.run(EditUndoParams {}, move |state| self.tell_edit(state, true));
    }

    /// Repeats the edit taken back last.
    pub fn redo(self) {
        self.run(EditRedoParams {}, move |state| self.tell_edit(state, false));
    }

    fn tell_edit(self, state: EditState, undone: bool) {
        self.say(match (&state.done, undone) {
            (Some(label), true) => fill("edit.undone", &[("what", label)]),
            (Some(label), false) => fill("edit.redone", &[("what", label)]),
            (None, true) => t("edit.nothing_to_undo").to_owned(),
            (None, false) => t("edit.nothing_to_redo").to_owned(),
        });
        self.edits.set(state);
        self.touched(Vec::new(), false);
    }

    fn hear(self, told: Told) {
        match told {
            Told::Lost => {
                self.reachable.set(false);
                // Gone, or only the session? The answer to a call tells.
                self.probe();
            }
            Told::Connected => {
                // Events may have been missed while the way was cut.
                if !self.reachable.get_untracked() {
                    self.reachable.set(true);
                    spawn_local(async move { self.load().await });
                    self.mark(Vec::new(), true);
                }
            }
            Told::Event(event) => self.handle(*event),
        }
    }

    fn probe(self) {
        spawn_local(async move {
            // The outcome is noticed in `call`.
            drop(self.call(AppStatusParams {}).await);
        });
    }

    fn is_open(self, workspace: WorkspaceId) -> bool {
        self.status
            .with_untracked(|status| matches!(status, Some(Ok(status)) if status.open == Some(workspace)))
    }

    fn handle(self, event: Event) {
        match event {
            Event::Changed { workspace, documents, remote } if self.is_open(workspace) => {
                self.touched(documents, remote);
            }
            Event::Sync { workspace, status } if self.is_open(workspace) => self.sync.set(Some(status)),
            Event::Changed { .. } | Event::Sync { .. } => {}
            // Also sent instead of events that were missed.
            Event::Workspaces | Event::Profile => self.reload(),
            // Only views that follow everything read again: no document of this id is ever shown.
            Event::Seen { .. } => self.mark(vec![DocumentId::from_bytes([0; 16])], false),
            Event::Presence { .. } => self.present.update(|present| *present += 1),
            Event::Job(progress) => self.jobs.update(|jobs| {
                jobs.insert(progress.job.clone(), progress);
            }),
        }
    }

    /// Lets views and lists read again what a command of this window changed, without waiting for the event.
    pub fn reread(self) {
        self.touched(Vec::new(), false);
    }

    /// Lets views read again what hangs on no document, such as who is a member.
    pub fn look_again(self) {
        self.mark(Vec::new(), false);
        spawn_local(async move { self.load_newcomers().await });
    }

    /// Goes into a workspace that was just made, opened or joined.
    pub fn enter(self, route: Route) {
        self.index.set(Arc::default());
        self.indexed.set(None);
        self.selection.set(Vec::new());
        let from = self.route.get_untracked();
        spawn_local(async move {
            self.load_status().await;
            self.mark(Vec::new(), false);
            // Whoever went elsewhere meanwhile is not brought back: the frame stands as soon as the status is known, and
            // an event may have brought that before.
            if self.route.with_untracked(|at| *at == from) {
                self.go(route);
            }
            self.load_rest().await;
        });
    }

    /// Lets every view read again.
    pub fn reload(self) {
        self.mark(Vec::new(), false);
        spawn_local(async move { self.load().await });
    }

    fn mark(self, documents: Vec<DocumentId>, remote: bool) {
        self.changes.update(|changes| {
            *changes = Changes { number: changes.number + 1, documents, remote };
        });
    }

    /// Reads again what changed: single known elements by themselves, everything else through the lists.
    fn touched(self, documents: Vec<DocumentId>, remote: bool) {
        self.mark(documents.clone(), remote);
        spawn_local(async move {
            let few = !documents.is_empty() && documents.len() <= 8;
            let known = few
                && self.index.with_untracked(|index| documents.iter().all(|id| index.element(*id).is_some()));
            if known {
                for id in documents {
                    match self.call(ElementGetParams { id }).await {
                        Ok(view) => self.put(&view),
                        Err(_) => self.index.update(|index| Arc::make_mut(index).remove(&[id])),
                    }
                }
            } else {
                self.load_index().await;
            }
            self.load_edits().await;
        });
    }
}
