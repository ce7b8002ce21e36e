//! What the frame around the pages shows: panes, tabs, dialogs.

use crate::dom::prelude::*;
use groundplan_shared::api::{AttachmentView, RelationView, SettingsSetParams};
use groundplan_shared::model::{DocumentId, ElementKind, PageKind};

use super::people::Act;
use super::{App, Layout, Route, Tabs};

/// A dialog over everything.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Actions and hits.
    Palette,
    /// The shortcuts.
    Shortcuts,
    /// A new element.
    NewElement {
        /// Its kind, if already known.
        kind: Option<ElementKind>,
        /// Its parent, if already known.
        parent: Option<DocumentId>,
    },
    /// A new page.
    NewPage {
        /// Its kind.
        kind: PageKind,
        /// The element that it is about.
        about: Option<DocumentId>,
    },
    /// A new relation.
    NewRelation {
        /// The element it leads from.
        source: DocumentId,
        /// What it leads to, if already known.
        target: Option<DocumentId>,
    },
    /// The properties of a relation.
    EditRelation(Box<RelationView>),
    /// A new workspace.
    NewWorkspace,
    /// Another passphrase for this device.
    Passphrase,
    /// Registering or signing in.
    Connect,
    /// Letting another device in.
    LinkDevice,
    /// Joining with a code from another device.
    JoinDevice,
    /// The recovery code.
    Recovery,
    /// Opening a workspace with the recovery code.
    UseRecovery,
    /// Inviting a person.
    Invite,
    /// Accepting an invitation.
    JoinInvitation,
    /// Something that is done to members, devices, invitations or keys.
    Act(Box<Act>),
    /// Changes that could not be sent.
    Rescue,
    /// Received items that fail a check.
    Quarantine,
    /// What is wrong with the server.
    Alarm,
    /// The code that sign-ins to the account need.
    SecondFactor,
    /// What another device deletes all at once.
    Held,
    /// A look at an attached file.
    Preview(Box<AttachmentView>),
    /// Making a backup, or checking one.
    Backup {
        /// Whether one is checked.
        check: bool,
    },
}

/// The sheets of the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// The inspector.
    Inspector,
    /// Everything that has no place in the bottom bar.
    More,
}

/// Signals of the frame. Freely copied.
#[derive(Clone, Copy)]
pub struct Shell {
    /// The open dialog.
    pub dialog: RwSignal<Option<Dialog>>,
    /// The open sheet, on phones.
    pub sheet: RwSignal<Option<Sheet>>,
    /// Panes.
    pub layout: RwSignal<Layout>,
    /// Tabs.
    pub tabs: RwSignal<Tabs>,
    /// Whether the popover of synchronisation is open.
    pub sync_open: RwSignal<bool>,
    /// Grows when the explorer's filter should take the focus.
    pub focus_explorer: RwSignal<u32>,
}

/// Returns the frame's signals.
pub fn use_shell() -> Shell {
    expect_context::<Shell>()
}

impl Shell {
    /// Makes the signals, gives them to all views below, and keeps tabs and sizes up to date.
    pub fn provide(app: App) -> Self {
        let shell = Self {
            dialog: RwSignal::new(None),
            sheet: RwSignal::new(None),
            layout: RwSignal::new(Layout::default()),
            tabs: RwSignal::new(Tabs::default()),
            sync_open: RwSignal::new(false),
            focus_explorer: RwSignal::new(0),
        };
        provide_context(shell);
        Effect::new(move |_| {
            let route = app.route.get();
            shell.tabs.update(|tabs| tabs.show(&route));
            shell.sheet.set(None);
            if let Route::Element(id) = route {
                app.selection.set(vec![id]);
            }
        });
        keep_tabs(app, shell);
        // The sizes of last time, once.
        Effect::new(move |done: Option<bool>| {
            let kept = app.settings.with(|settings| settings.as_ref().map(|all| all.layout.clone()));
            match kept {
                Some(text) if done != Some(true) => {
                    shell.layout.set(Layout::read(&text));
                    true
                }
                _ => done == Some(true),
            }
        });
        shell
    }

    /// Opens a dialog.
    pub fn open(self, dialog: Dialog) {
        self.sheet.set(None);
        self.dialog.set(Some(dialog));
    }

    /// Closes the open dialog.
    pub fn close(self) {
        self.dialog.set(None);
    }

    /// Changes the layout and keeps it.
    pub fn arrange(self, app: App, change: impl FnOnce(&mut Layout)) {
        self.layout.update(change);
        let layout = Some(self.layout.with_untracked(Layout::write));
        app.run(SettingsSetParams { layout, ..SettingsSetParams::default() }, |_| {});
    }
}

/// Keeps the tabs of each workspace for as long as the browser's tab or the window lives: reloading brings them back.
fn keep_tabs(app: App, shell: Shell) {
    let storage = window().session_storage().ok().flatten();
    let storage = StoredValue::new_local(storage);
    let place = Memo::new(move |_| {
        let open = app.status.with(|status| status.as_ref().and_then(|status| status.as_ref().ok()?.open));
        open.map(|id| format!("tabs/{id}"))
    });
    Effect::new(move |before: Option<Option<String>>| {
        let Some(place) = place.get() else { return before.flatten() };
        let storage = storage.get_value();
        if before.flatten().as_ref() == Some(&place) {
            let text = shell.tabs.with(Tabs::write);
            // Full or forbidden storage costs the convenience, nothing else.
            let _ = storage.map(|storage| storage.set_item(&place, &text));
            return Some(place);
        }
        let kept = storage.and_then(|storage| storage.get_item(&place).ok().flatten()).unwrap_or_default();
        let mut tabs = Tabs::read(&kept);
        tabs.show(&app.route.get_untracked());
        shell.tabs.set(tabs);
        shell.tabs.track();
        Some(place)
    });
}
