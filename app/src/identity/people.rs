//! Who is behind a device, by the verified log: names for what people said and did, and whom `@Name` means.
//!
//! Not here: roles, clearances and keys (`roster`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use groundplan_shared::api::{ApiError, Person};
use groundplan_shared::model::WorkspaceId;
use groundplan_shared::wire::{DeviceId, MemberId};

use super::membership::{load, sync_failed};
use crate::core::Workspace;
use crate::runtime::App;
use crate::sync::{names, run};

/// Members and their devices.
#[derive(Debug, Default)]
pub struct People {
    own: Option<MemberId>,
    devices: HashMap<DeviceId, MemberId>,
    members: HashMap<MemberId, Member>,
}

#[derive(Debug)]
struct Member {
    name: String,
    active: bool,
}

/// What was read of a workspace's log last; reading it folds the whole log, so it is kept until the log or the keys
/// that open names have grown.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Option<Read>>);

/// Of which workspace, at which size of log and keys, and what.
type Read = (WorkspaceId, [i64; 2], Arc<People>);

impl App {
    /// Returns the people of the open workspace. Blocks.
    ///
    /// # Errors
    /// `NotFound` if no workspace is open; those of the store.
    pub fn people(&self) -> Result<Arc<People>, ApiError> {
        let workspace = self.workspace()?;
        if workspace.read_only().is_some() {
            // Folding the log needs a transaction that writes; without it people are known by their devices.
            return Ok(Arc::default());
        }
        let mark = workspace.read(|tx| {
            let count = |sql| tx.sql().query_row(sql, [], |row| row.get(0));
            Ok([
                count("SELECT count(*) FROM membership_log")?,
                count("SELECT count(*) FROM compartment_key WHERE compartment = 0")?,
            ])
        })?;
        let cache = || self.people.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, people)) =
            cache().as_ref().filter(|(id, at, _)| *id == workspace.id() && *at == mark)
        {
            return Ok(Arc::clone(people));
        }
        let people = Arc::new(read(&workspace, self.device().keys().id())?);
        *cache() = Some((workspace.id(), mark, Arc::clone(&people)));
        Ok(people)
    }
}

fn read(workspace: &Workspace, own: DeviceId) -> Result<People, ApiError> {
    let (state, _) = load(workspace)?;
    let mut people = People {
        own: state.device(&own).map(|device| device.member),
        devices: state.devices().map(|(id, device)| (*id, device.member)).collect(),
        members: HashMap::new(),
    };
    run(workspace, |tx| {
        for (id, member) in state.members() {
            let mut name = names::member(tx, &state, *id)?;
            if name.is_empty() {
                name = short(*id);
            }
            people.members.insert(*id, Member { name, active: member.is_active() });
        }
        Ok(())
    })
    .map_err(sync_failed)?;
    Ok(people)
}

fn short(id: MemberId) -> String {
    id.to_string().chars().take(8).collect()
}

impl People {
    /// Returns the member of this device.
    pub fn own(&self) -> Option<MemberId> {
        self.own
    }

    /// Returns the member of a device.
    pub fn member_of(&self, device: DeviceId) -> Option<MemberId> {
        self.devices.get(&device).copied()
    }

    /// Says whether a device is the person's who uses this one.
    pub fn is_own(&self, device: DeviceId) -> bool {
        self.own.is_some() && self.member_of(device) == self.own
    }

    /// Names a member.
    pub fn member(&self, id: MemberId) -> Person {
        let name = self.members.get(&id).map_or_else(|| short(id), |member| member.name.clone());
        Person { id: id.to_string(), name, you: self.own == Some(id) }
    }

    /// Names whoever a device belongs to.
    pub fn device(&self, device: DeviceId) -> Person {
        match self.member_of(device) {
            Some(member) => self.member(member),
            None => {
                Person { id: String::new(), name: device.to_string().chars().take(8).collect(), you: false }
            }
        }
    }

    /// Finds the active members that a text mentions as `@Name`; of names that begin alike the longest counts.
    pub fn mentioned(&self, text: &str) -> Vec<MemberId> {
        let mut found: Vec<MemberId> = Vec::new();
        let mut before: Option<char> = None;
        for (at, letter) in text.char_indices() {
            let begins = letter == '@' && !before.is_some_and(char::is_alphanumeric);
            before = Some(letter);
            let Some(rest) = text.get(at + 1..).filter(|_| begins) else { continue };
            let mut longest = 0;
            let mut meant: Vec<MemberId> = Vec::new();
            for (id, member) in self.members.iter().filter(|(_, member)| member.active) {
                let length = begins_with(rest, &member.name);
                if length > longest {
                    (longest, meant) = (length, vec![*id]);
                } else if length > 0 && length == longest {
                    meant.push(*id);
                }
            }
            meant.sort();
            found.extend(meant.iter().filter(|id| !found.contains(id)).copied().collect::<Vec<_>>());
        }
        found
    }
}

/// Length of a name in characters, if the text begins with it as a whole word in any case; otherwise 0.
fn begins_with(text: &str, name: &str) -> usize {
    let mut letters = text.chars();
    let mut length = 0;
    for wanted in name.chars() {
        match letters.next() {
            Some(letter) if letter.to_lowercase().eq(wanted.to_lowercase()) => length += 1,
            _ => return 0,
        }
    }
    if letters.next().is_some_and(char::is_alphanumeric) { 0 } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &[(&str, bool)]) -> People {
        let members = names.iter().enumerate().map(|(n, (name, active))| {
            (MemberId([n as u8; 16]), Member { name: (*name).to_owned(), active: *active })
        });
        People { members: members.collect(), ..People::default() }
    }

    #[test]
    fn names_are_found_where_they_are_meant() {
        let people = people(&[
            ("Ada", true),
            ("Ada Lovelace", true),
            ("Zo\u{eb}", true),
            ("Gone", false),
            ("ADA", true),
        ]);
        let found = |text: &str| people.mentioned(text).iter().map(|id| id.0[0]).collect::<Vec<_>>();
        assert_eq!(found("@Ada lovelace, see this"), [1], "the longest name, in any case");
        assert_eq!(found("(@ada) and @zo\u{eb}!"), [0, 4, 2], "two of one name are both meant");
        assert_eq!(found("@Zo\u{eb} @Zo\u{eb}"), [2], "once");
        for nobody in ["ada@Ada.example", "@Adam", "@Gone", "@", "@@", "Ada"] {
            assert_eq!(found(nobody), [0_u8; 0], "{nobody}");
        }
    }
}
