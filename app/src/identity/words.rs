//! Words of roles, levels and permissions, and finding what a person means by a name or an id.
//!
//! Not here: what roles may do (`groundplan_shared::auth`).

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::auth::{Clearance, Compartment, Permissions, Role};
use groundplan_shared::membership::MembershipState;
use groundplan_shared::wire::{DeviceId, MemberId};

use super::membership::sync_failed;
use crate::core::Workspace;
use crate::sync::{names, run};

/// The built-in roles.
pub(super) const ROLES: [(Role, &str); 4] = [
    (Role::Owner, "owner"),
    (Role::Administrator, "administrator"),
    (Role::Editor, "editor"),
    (Role::Viewer, "viewer"),
];

const PERMISSIONS: [(Permissions, &str); 12] = [
    (Permissions::READ, "read"),
    (Permissions::COMMENT, "comment"),
    (Permissions::WRITE, "write"),
    (Permissions::INVITE, "invite"),
    (Permissions::MANAGE_MEMBERS, "manage_members"),
    (Permissions::MANAGE_DEVICES, "manage_devices"),
    (Permissions::MANAGE_ROLES, "manage_roles"),
    (Permissions::ROTATE_KEYS, "rotate_keys"),
    (Permissions::SET_POLICY, "set_policy"),
    (Permissions::MANAGE_SERVICES, "manage_services"),
    (Permissions::EXPORT, "export"),
    (Permissions::OWN, "own"),
];

/// Says that a parameter is wrong.
pub(super) fn field(name: &str, message: &str, hint: &str) -> ApiError {
    let mut error = ApiError::new(ErrorCode::InvalidInput, message, hint);
    error.field = Some(name.to_owned());
    error
}

/// Names a level.
pub(crate) fn level(compartment: Compartment) -> &'static str {
    compartment.word()
}

/// Names the levels of a clearance, lowest first.
pub(super) fn levels(clearance: Clearance) -> Vec<String> {
    clearance.compartments().map(|compartment| level(compartment).to_owned()).collect()
}

/// Reads one level.
pub(super) fn level_of(name: &str, text: &str) -> Result<Compartment, ApiError> {
    Compartment::from_word(text).ok_or_else(|| {
        field(name, "The level is unknown.", "Use public, internal, confidential or restricted.")
    })
}

/// Reads a set of levels.
pub(super) fn levels_of(name: &str, texts: &[String]) -> Result<Clearance, ApiError> {
    let mut levels = texts.iter().map(|text| level_of(name, text).map(Clearance::only));
    levels.try_fold(Clearance::NONE, |set, level| Ok(set.union(level?)))
}

/// Reads the highest level; what lies below is included.
pub(super) fn clearance_of(text: &str) -> Result<Clearance, ApiError> {
    let highest = level_of("clearance", text)?;
    let below = Compartment::ALL.into_iter().filter(|compartment| *compartment <= highest);
    Ok(below.fold(Clearance::NONE, |set, compartment| set.union(Clearance::only(compartment))))
}

/// Names what a set of permissions holds.
pub(super) fn permissions(set: Permissions) -> Vec<String> {
    let held = PERMISSIONS.iter().filter(|(permission, _)| set.contains(*permission));
    held.map(|(_, word)| (*word).to_owned()).collect()
}

/// Reads permissions.
pub(super) fn permissions_of(texts: &[String]) -> Result<Permissions, ApiError> {
    texts.iter().try_fold(Permissions::NONE, |set, text| {
        let found = PERMISSIONS.iter().find(|(_, word)| word == text);
        found.map(|(permission, _)| set.union(*permission)).ok_or_else(|| {
            let all: Vec<&str> = PERMISSIONS.iter().map(|(_, word)| *word).collect();
            let hint = format!("Use some of: {}.", all.join(", "));
            field("permissions", &format!("The permission \u{201c}{text}\u{201d} is unknown."), &hint)
        })
    })
}

/// Names a role: its word, or the id of a custom one.
pub(super) fn role(role: Role) -> String {
    match role {
        Role::Custom(id) => id.to_string(),
        known => ROLES.iter().find(|(role, _)| *role == known).map_or("", |(_, word)| word).to_owned(),
    }
}

/// Finds a role by its word, id or name. Blocks.
pub(super) fn role_of(workspace: &Workspace, state: &MembershipState, text: &str) -> Result<Role, ApiError> {
    if let Some((role, _)) = ROLES.iter().find(|(_, word)| *word == text) {
        return Ok(*role);
    }
    let mut found = None;
    run(workspace, |tx| {
        for (id, _) in state.roles() {
            if id.to_string() == text || names::role(tx, state, *id)? == text {
                found = Some(Role::Custom(*id));
            }
        }
        Ok(())
    })
    .map_err(sync_failed)?;
    found.ok_or_else(|| {
        field(
            "role",
            "The role is unknown.",
            "Use owner, administrator, editor, viewer or a role of the workspace.",
        )
    })
}

fn only<T: Copy>(what: &str, text: &str, found: &[T]) -> Result<T, ApiError> {
    match found {
        [one] => Ok(*one),
        [] => Err(ApiError::new(
            ErrorCode::NotFound,
            format!("There is no {what} \u{201c}{text}\u{201d} in this workspace."),
            "See who is there with `groundplan member list` and `groundplan device list`.",
        )),
        several => Err(ApiError::new(
            ErrorCode::Conflict,
            format!("{} are called \u{201c}{text}\u{201d}.", several.len()),
            "Use the id; `--json` shows it.",
        )),
    }
}

/// Finds a member or newcomer by id, the start of it, or an active member by name. Blocks.
pub(super) fn member_of(
    workspace: &Workspace,
    state: &MembershipState,
    text: &str,
) -> Result<MemberId, ApiError> {
    let known = state.members().map(|(id, _)| *id).chain(state.pending().map(|(id, _)| *id));
    let by_id: Vec<MemberId> = known.filter(|id| starts(&id.to_string(), text)).collect();
    if !by_id.is_empty() {
        return only("member", text, &by_id);
    }
    let mut found = Vec::new();
    run(workspace, |tx| {
        found.clear();
        for (id, _) in state.members().filter(|(_, member)| member.is_active()) {
            if names::member(tx, state, *id)? == text {
                found.push(*id);
            }
        }
        Ok(())
    })
    .map_err(sync_failed)?;
    only("member", text, &found)
}

/// Finds a device by id, the start of it, or an active one by name. Blocks.
pub(super) fn device_of(
    workspace: &Workspace,
    state: &MembershipState,
    text: &str,
) -> Result<DeviceId, ApiError> {
    let by_id: Vec<DeviceId> =
        state.devices().map(|(id, _)| *id).filter(|id| starts(&id.to_string(), text)).collect();
    if !by_id.is_empty() {
        return only("device", text, &by_id);
    }
    let mut found = Vec::new();
    run(workspace, |tx| {
        found.clear();
        for (id, _) in state.devices().filter(|(id, _)| state.active(id).is_some()) {
            if names::device(tx, state, *id)? == text {
                found.push(*id);
            }
        }
        Ok(())
    })
    .map_err(sync_failed)?;
    only("device", text, &found)
}

/// Says whether a text names an id: the whole of it, or at least eight characters of its start.
fn starts(id: &str, text: &str) -> bool {
    id == text || (text.len() >= 8 && id.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clearance_includes_what_lies_below() {
        let confidential = clearance_of("confidential").unwrap();
        assert!(confidential.allows(Compartment::Public) && confidential.allows(Compartment::Confidential));
        assert!(!confidential.allows(Compartment::Restricted));
        assert_eq!(clearance_of("public").unwrap(), Clearance::LEAST);
        assert_eq!(clearance_of("restricted").unwrap(), Clearance::ALL);
        assert!(clearance_of("secret").is_err());
        assert_eq!(levels_of("levels", &levels(Clearance::ALL)).unwrap(), Clearance::ALL);
    }

    #[test]
    fn every_permission_has_a_word() {
        assert_eq!(permissions_of(&permissions(Permissions::ALL)).unwrap(), Permissions::ALL);
        assert!(permissions_of(&["fly".to_owned()]).unwrap_err().hint.contains("manage_members"));
    }
}
