//! Everything that can be done from the palette or by a key, in one list: the palette, the shortcut sheet and the
//! key handler cannot disagree.

/// An action of the whole window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Opens the palette.
    Palette,
    /// Goes to the start.
    Home,
    /// Goes to the diagram of the workspace.
    Diagram,
    /// Goes to the list of pages.
    Pages,
    /// Goes to what others changed and said.
    Changes,
    /// Goes to the full search.
    Search,
    /// Moves the focus to the explorer's filter.
    Explorer,
    /// Makes an element.
    NewElement,
    /// Relates the chosen element to another.
    NewRelation,
    /// Makes a page.
    NewPage,
    /// Deletes what is chosen.
    Delete,
    /// Imports.
    Import,
    /// Takes the latest edit back.
    Undo,
    /// Repeats the edit taken back last.
    Redo,
    /// Shows or hides the explorer.
    ToggleExplorer,
    /// Shows or hides the inspector.
    ToggleInspector,
    /// Shows how synchronisation stands.
    Sync,
    /// Synchronises now.
    SyncNow,
    /// Goes to members and devices.
    People,
    /// Invites a person.
    Invite,
    /// Links another device.
    LinkDevice,
    /// Goes to the settings.
    Settings,
    /// Changes between light and dark.
    Theme,
    /// Closes everything until it is unlocked.
    Lock,
    /// Goes to the list of workspaces.
    Workspaces,
    /// Closes the tab.
    CloseTab,
    /// Shows the shortcuts.
    Shortcuts,
}

/// A key with its modifiers, as an action names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// The key's name or letter, in lower case.
    pub key: &'static str,
    /// Ctrl, or Cmd on a Mac.
    pub command: bool,
    /// Shift.
    pub shift: bool,
}

const fn plain(key: &'static str) -> Option<Chord> {
    Some(Chord { key, command: false, shift: false })
}

const fn command(key: &'static str) -> Option<Chord> {
    Some(Chord { key, command: true, shift: false })
}

impl Action {
    /// Every action, in the order in which lists show them.
    pub const ALL: &'static [Self] = &[
        Self::Palette,
        Self::NewElement,
        Self::NewRelation,
        Self::NewPage,
        Self::Delete,
        Self::Undo,
        Self::Redo,
        Self::Home,
        Self::Diagram,
        Self::Pages,
        Self::Changes,
        Self::Search,
        Self::Explorer,
        Self::Import,
        Self::Sync,
        Self::SyncNow,
        Self::People,
        Self::Invite,
        Self::LinkDevice,
        Self::ToggleExplorer,
        Self::ToggleInspector,
        Self::CloseTab,
        Self::Workspaces,
        Self::Settings,
        Self::Theme,
        Self::Lock,
        Self::Shortcuts,
    ];

    /// The key of its name in the catalogue.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Palette => "action.palette",
            Self::Home => "action.home",
            Self::Diagram => "action.diagram",
            Self::Pages => "action.pages",
            Self::Changes => "action.changes",
            Self::Search => "action.search",
            Self::Explorer => "action.explorer",
            Self::NewElement => "action.new_element",
            Self::NewRelation => "action.new_relation",
            Self::NewPage => "action.new_page",
            Self::Delete => "action.delete",
            Self::Import => "action.import",
            Self::Undo => "action.undo",
            Self::Redo => "action.redo",
            Self::ToggleExplorer => "action.toggle_explorer",
            Self::ToggleInspector => "action.toggle_inspector",
            Self::Sync => "action.sync",
            Self::SyncNow => "action.sync_now",
            Self::People => "action.people",
            Self::Invite => "sync.invite",
            Self::LinkDevice => "sync.link",
            Self::Settings => "action.settings",
            Self::Theme => "action.theme",
            Self::Lock => "action.lock",
            Self::Workspaces => "action.workspaces",
            Self::CloseTab => "action.close_tab",
            Self::Shortcuts => "action.shortcuts",
        }
    }

    /// The key that does it.
    pub const fn chord(self) -> Option<Chord> {
        match self {
            Self::Palette => command("k"),
            Self::Home => plain("h"),
            Self::Diagram => plain("d"),
            Self::Pages => plain("p"),
            Self::Changes => plain("c"),
            Self::Search => plain("/"),
            Self::Explorer => plain("e"),
            Self::NewElement => plain("n"),
            Self::NewRelation => plain("r"),
            Self::NewPage => plain("m"),
            Self::Import => plain("i"),
            Self::Undo => command("z"),
            Self::Redo => Some(Chord { key: "z", command: true, shift: true }),
            Self::ToggleExplorer => command("b"),
            Self::ToggleInspector => command("j"),
            Self::Settings => command(","),
            Self::Shortcuts => plain("?"),
            Self::Delete => plain("delete"),
            Self::Sync => plain("s"),
            Self::People => plain("w"),
            Self::Invite
            | Self::LinkDevice
            | Self::SyncNow
            | Self::Theme
            | Self::Lock
            | Self::Workspaces
            | Self::CloseTab => None,
        }
    }

    /// Says whether it still works while a dialog is open or a text is being typed.
    const fn works_while_typing(self) -> bool {
        matches!(self, Self::Palette | Self::ToggleExplorer | Self::ToggleInspector | Self::Settings)
    }
}

/// Finds the action of a key press. `typing` says that a text field has the focus, which keeps its own undo.
pub fn action_of(key: &str, command: bool, shift: bool, typing: bool) -> Option<Action> {
    let key = key.to_lowercase();
    // Ctrl+Y is redo on Windows and Linux.
    if command && key == "y" && !typing {
        return Some(Action::Redo);
    }
    Action::ALL.iter().copied().find(|action| {
        action.chord().is_some_and(|chord| {
            // Signs like `?` need Shift on some keyboards and not on others.
            let shift_fits =
                chord.shift == shift || (!chord.command && !key.chars().all(char::is_alphanumeric));
            chord.key == key && chord.command == command && shift_fits
        }) && (!typing || action.works_while_typing())
    })
}

/// Writes a chord as people read it.
pub fn chord_words(chord: Chord, mac: bool) -> Vec<String> {
    let mut words = Vec::new();
    if chord.command {
        words.push(if mac { "\u{2318}" } else { "Ctrl" }.to_owned());
    }
    if chord.shift {
        words.push(if mac { "\u{21e7}" } else { "Shift" }.to_owned());
    }
    words.push(match chord.key {
        "delete" => "Del".to_owned(),
        key => key.to_uppercase(),
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things() {
        let mut seen: Vec<Chord> = Vec::new();
        for chord in Action::ALL.iter().filter_map(|action| action.chord()) {
            assert!(!seen.contains(&chord), "{chord:?}");
            seen.push(chord);
        }
    }

    #[test]
    fn keys_find_their_action() {
        assert_eq!(action_of("k", true, false, true), Some(Action::Palette));
        assert_eq!(action_of("n", false, false, false), Some(Action::NewElement));
        assert_eq!(action_of("n", false, false, true), None, "typing is typing");
        assert_eq!(action_of("Z", true, true, false), Some(Action::Redo));
        assert_eq!(action_of("z", true, false, true), None, "a field undoes its own typing");
        assert_eq!(action_of("?", false, true, false), Some(Action::Shortcuts));
        assert_eq!(action_of("n", false, true, false), None);
        assert_eq!(action_of("y", true, false, false), Some(Action::Redo));
    }

    #[test]
    fn every_action_has_a_name() {
        for action in Action::ALL {
            assert!(groundplan_shared::text::find(action.text()).is_some(), "{}", action.text());
        }
    }
}
