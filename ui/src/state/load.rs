//! Reading what the whole interface shares: the program's state, the lists of the open workspace, how it stands.
//!
//! Not here: what single views read (`query`), and when something is read again (`app`).

use std::sync::Arc;

use groundplan_shared::api::{
    AppStatusParams, EditStateParams, ElementListParams, MemberListParams, PageListParams, SettingsGetParams,
    SyncState, SyncStatusParams, ViewListParams,
};
use leptos::task::spawn_local;

use super::{App, Index, people};
use crate::transport::parse;

/// Workspaces with more elements show the beginning of their tree before their lists are read.
const OUTLINED: u64 = 500;

impl App {
    /// Reads the program's state and, if a workspace is open, its lists.
    pub async fn load(self) {
        self.load_status().await;
        self.load_rest().await;
    }

    pub(super) async fn load_status(self) {
        let status = self.call(AppStatusParams {}).await;
        self.status.set(Some(status));
    }

    pub(super) async fn load_rest(self) {
        let open = self.status.with_untracked(|status| match status {
            Some(Ok(status)) => status.open,
            _ => None,
        });
        // Nothing below waits for them.
        spawn_local(async move {
            if let Ok(settings) = self.call(SettingsGetParams {}).await {
                self.settings.set(Some(settings));
            }
        });
        if open.is_some() {
            self.load_index().await;
            self.load_sync().await;
            self.load_newcomers().await;
            self.load_edits().await;
        } else {
            self.index.set(Arc::default());
            self.indexed.set(None);
            self.sync.set(None);
        }
    }

    pub(super) async fn load_edits(self) {
        if let Ok(edits) = self.call(EditStateParams {}).await {
            self.edits.set(edits);
        }
    }

    /// Reads how synchronisation stands.
    pub async fn load_sync(self) {
        if let Ok(sync) = self.call(SyncStatusParams {}).await {
            self.sync.set(Some(sync));
        }
    }

    pub(super) async fn load_newcomers(self) {
        let connected = self.sync.with_untracked(|status| {
            status.as_ref().is_some_and(|status| status.state != SyncState::LocalOnly)
        });
        let list = if connected { self.call(MemberListParams {}).await.ok() } else { None };
        let waiting = list.map_or(0, |list| {
            list.waiting.iter().filter(|newcomer| people::may_admit(&list, newcomer)).count()
        });
        self.newcomers.set(waiting);
    }

    /// Reads the beginning of the tree, so that a large workspace is there as soon as a small one.
    async fn load_outline(self) {
        // What fails here fails again with the lists, and is said there.
        let Ok(first) = self.ask("explorer/list", r#"{"part":"elements"}"#.to_owned()).await else { return };
        let Some(first) = parse(&first).filter(|first| first.whole("all") > OUTLINED) else { return };
        if let Ok(views) = self.call(ViewListParams {}).await
            && self.indexed.with_untracked(Option::is_none)
        {
            self.index.set(Arc::new(Index::outline(&first, views.items)));
        }
    }

    /// Reads the lists of the open workspace.
    pub async fn load_index(self) {
        if self.indexed.with_untracked(Option::is_none) {
            self.load_outline().await;
        }
        let read = async {
            let elements = self.call(ElementListParams::default()).await?.items;
            let pages = self.call(PageListParams::default()).await?.items;
            let views = self.call(ViewListParams {}).await?.items;
            Ok(Index::new(elements, pages, views))
        };
        let read = read.await.map(|index| {
            if self.index.with_untracked(|old| **old != index) {
                self.index.set(Arc::new(index));
            }
        });
        // Only what is new: the explorer stands for as long as this does, with what is open in it and where it is scrolled.
        if self.indexed.with_untracked(|before| before.as_ref() != Some(&read)) {
            self.indexed.set(Some(read));
        }
    }
}
