//! Who may do what to whom, as far as the interface has to know it to offer only what can be done: the rules
//! themselves are the membership log's, and the core refuses whatever breaks them.
//!
//! Not here: how it is offered (`pages/people`) and asked (`components/dialogs/act`).

use groundplan_shared::api::{DeviceView, InviteView, MemberList, MemberView, NewcomerView, RoleView};

/// The levels, lowest first.
pub const LEVELS: [&str; 4] = ["public", "internal", "confidential", "restricted"];
/// What a role may allow, in the order of the form.
pub const PERMISSIONS: [&str; 11] = [
    "read",
    "comment",
    "write",
    "export",
    "invite",
    "manage_members",
    "manage_devices",
    "manage_roles",
    "manage_services",
    "rotate_keys",
    "set_policy",
];

/// A member as dialogs name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// Something that is done to members, devices, invitations or keys, asked for in a dialog of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Comparing the safety number with a member, who may or may not be removed by the person of this device.
    Compare(Person, bool),
    /// Comparing it with a newcomer, and letting them in.
    Admit(NewcomerView),
    /// Not letting a newcomer in.
    TurnAway(NewcomerView),
    /// Another role.
    SetRole(Person, String),
    /// Another highest level.
    SetLevel(Person, String),
    /// Making somebody else the owner.
    Transfer(Person),
    /// Removing a member.
    Remove(Person),
    /// Leaving.
    Leave(Person),
    /// Shutting a device out: its id, its name, and whether it is this one.
    Revoke(String, String, bool),
    /// Taking an invitation back.
    CancelInvite(InviteView),
    /// Starting new keys.
    Rotate,
    /// A new role, or another one.
    DefineRole(Option<RoleView>),
    /// A new service account.
    AddService,
    /// What the workspace demands.
    Policy,
}

/// The member of this device.
pub fn you(list: &MemberList) -> Option<&MemberView> {
    list.items.iter().find(|member| member.you && member.active)
}

fn permissions<'a>(list: &'a MemberList, role: &str) -> &'a [String] {
    list.roles.iter().find(|known| known.id == role).map_or(&[], |role| role.permissions.as_slice())
}

fn within(less: &[String], more: &[String]) -> bool {
    less.iter().all(|one| more.contains(one))
}

/// Says whether the person of this device has a permission.
pub fn may(list: &MemberList, permission: &str) -> bool {
    you(list).is_some_and(|you| permissions(list, &you.role).iter().any(|one| one == permission))
}

/// Says whether the person of this device may and reads everything that such a role and such levels give.
fn outranks(list: &MemberList, role: &str, levels: &[String]) -> bool {
    you(list).is_some_and(|you| {
        within(permissions(list, role), permissions(list, &you.role)) && within(levels, &you.clearance)
    })
}

/// The levels that the person of this device can give: none above their own.
pub fn levels(list: &MemberList) -> Vec<&'static str> {
    let own = you(list).map_or(&[] as &[String], |you| &you.clearance);
    LEVELS.into_iter().take_while(|level| own.iter().any(|one| one == level)).collect()
}

/// The roles that the person of this device can give to somebody new: id and name.
pub fn roles(list: &MemberList) -> Vec<&RoleView> {
    let given = |role: &&RoleView| role.id != "owner" && outranks(list, &role.id, &[]);
    list.roles.iter().filter(given).collect()
}

/// The roles that a member can be given.
pub fn roles_for<'a>(list: &'a MemberList, id: &str) -> Vec<&'a RoleView> {
    let Some(member) = list.items.iter().find(|member| member.id == id) else { return Vec::new() };
    let all = member.clearance.len() == LEVELS.len() && !member.service;
    let own = permissions(list, &member.role);
    let fits = |role: &&RoleView| match role.id.as_str() {
        _ if member.you && within(&role.permissions, own) => true,
        "owner" => all && may(list, "own"),
        id => outranks(list, id, &[]),
    };
    list.roles.iter().filter(fits).collect()
}

/// What can be done to a member, in the order of the menu.
pub fn acts(list: &MemberList, member: &MemberView) -> Vec<Act> {
    let mut out = Vec::new();
    if !member.active {
        return out;
    }
    let person = || Person { id: member.id.clone(), name: member.name.clone() };
    let manages = may(list, "manage_members") && outranks(list, &member.role, &member.clearance);
    let owners = list.items.iter().filter(|one| one.active && one.role == "owner").count();
    let last_owner = member.role == "owner" && owners < 2;
    if !member.you && !member.service && you(list).is_some() {
        out.push(Act::Compare(person(), manages && !last_owner));
    }
    if !last_owner && (manages || (member.you && member.role != "viewer")) {
        out.push(Act::SetRole(person(), member.role.clone()));
    }
    // Owners read everything, and nobody changes what they read themselves.
    if manages && !member.you && member.role != "owner" {
        out.push(Act::SetLevel(person(), member.clearance.last().cloned().unwrap_or_default()));
    }
    let can_own = !member.you && !member.service && member.role != "owner";
    if may(list, "own") && can_own && member.clearance.len() == LEVELS.len() {
        out.push(Act::Transfer(person()));
    }
    match (member.you, last_owner) {
        (true, false) => out.push(Act::Leave(person())),
        (false, _) if manages => out.push(Act::Remove(person())),
        _ => {}
    }
    out
}

/// Says whether a device can be shut out by the person of this device.
pub fn may_revoke(list: &MemberList, device: &DeviceView) -> bool {
    let Some(owner) = list.items.iter().find(|member| member.id == device.member_id) else { return false };
    let own = owner.you && you(list).is_some();
    device.active
        && device.kind == "device"
        && (own || may(list, "manage_devices") && outranks(list, &owner.role, &owner.clearance))
}

/// Says whether the person of this device may let a newcomer in.
pub fn may_admit(list: &MemberList, newcomer: &NewcomerView) -> bool {
    may(list, "invite") && outranks(list, &newcomer.role, &newcomer.clearance)
}

/// Levels whose keys somebody who left may still hold.
pub fn due(list: &MemberList) -> Vec<&str> {
    list.keys.iter().filter(|key| key.rotation_due).map(|key| key.level.as_str()).collect()
}

/// A safety number in lines of three groups, so that two people keep the place while they read it out.
pub fn lines(number: &str) -> Vec<String> {
    let groups: Vec<&str> = number.split_whitespace().collect();
    groups.chunks(3).map(|line| line.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use groundplan_shared::api::PolicyView;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn member(id: &str, role: &str, clearance: &str, you: bool) -> MemberView {
        MemberView {
            id: id.to_owned(),
            name: id.to_owned(),
            role: role.to_owned(),
            role_name: role.to_owned(),
            clearance: words(clearance),
            service: false,
            active: true,
            you,
            devices: 1,
            compared: None,
        }
    }

    fn list(items: Vec<MemberView>) -> MemberList {
        let role = |id: &str, permissions: &str| RoleView {
            id: id.to_owned(),
            name: id.to_owned(),
            permissions: words(permissions),
            built_in: true,
        };
        let all = PERMISSIONS.join(" ");
        MemberList {
            items,
            waiting: Vec::new(),
            roles: vec![
                role("owner", &format!("{all} own")),
                role("administrator", &all),
                role("editor", "read comment write export"),
                role("viewer", "read comment"),
            ],
            keys: Vec::new(),
            policy: PolicyView {
                second_factor_required: false,
                sign_in: Vec::new(),
                max_offline_days: None,
                export: Vec::new(),
                rotate_after_days: None,
            },
        }
    }

    const ALL: &str = "public internal confidential restricted";

    #[test]
    fn an_owner_may_do_everything_to_others_and_not_leave_alone() {
        let list = list(vec![member("mara", "owner", ALL, true), member("jon", "editor", "public", false)]);
        assert!(acts(&list, &list.items[0]).is_empty(), "the last owner neither leaves nor steps down");
        let names: Vec<_> = acts(&list, &list.items[1]).iter().map(std::mem::discriminant).collect();
        let person = || Person { id: "jon".to_owned(), name: "jon".to_owned() };
        let wanted = [
            Act::Compare(person(), true),
            Act::SetRole(person(), String::new()),
            Act::SetLevel(person(), String::new()),
            Act::Remove(person()),
        ];
        assert_eq!(names, wanted.iter().map(std::mem::discriminant).collect::<Vec<_>>());
        assert_eq!(roles(&list).len(), 3, "nobody is invited as an owner");
        assert_eq!(roles_for(&list, "jon").len(), 3, "an owner reads everything, and Jon does not");
    }

    #[test]
    fn a_viewer_may_compare_and_leave() {
        let list = list(vec![member("mara", "owner", ALL, false), member("eve", "viewer", "public", true)]);
        assert!(matches!(acts(&list, &list.items[0]).as_slice(), [Act::Compare(_, false)]));
        assert!(matches!(acts(&list, &list.items[1]).as_slice(), [Act::Leave(_)]));
        assert!(!may(&list, "invite"));
        assert_eq!(levels(&list), ["public"]);
    }

    #[test]
    fn nobody_reaches_above_themselves() {
        let list = list(vec![
            member("ada", "administrator", "public internal", true),
            member("mara", "owner", ALL, false),
            member("jon", "editor", ALL, false),
            member("kim", "editor", "public", false),
        ]);
        let only_compares =
            |at: usize| matches!(acts(&list, &list.items[at]).as_slice(), [Act::Compare(_, false)]);
        assert!(only_compares(1) && only_compares(2) && !only_compares(3));
        assert_eq!(levels(&list), ["public", "internal"]);
        assert_eq!(roles(&list).len(), 3);
    }

    #[test]
    fn devices_are_shut_out_by_their_person_and_by_those_above() {
        let device = |member_id: &str, kind: &str| DeviceView {
            id: "1".to_owned(),
            name: String::new(),
            member: String::new(),
            member_id: member_id.to_owned(),
            role: String::new(),
            kind: kind.to_owned(),
            active: true,
            this: false,
            heard_ms: 0,
        };
        let editor = list(vec![member("mara", "owner", ALL, false), member("jon", "editor", "public", true)]);
        assert!(may_revoke(&editor, &device("jon", "device")));
        assert!(!may_revoke(&editor, &device("mara", "device")));
        assert!(!may_revoke(&editor, &device("jon", "recovery")), "a new code takes its place instead");
        let owner = list(vec![member("mara", "owner", ALL, true), member("jon", "editor", "public", false)]);
        assert!(may_revoke(&owner, &device("jon", "device")));
    }

    #[test]
    fn a_safety_number_is_read_line_by_line() {
        let number = ["12345"; 12].join(" ");
        assert_eq!(lines(&number), vec!["12345 12345 12345"; 4]);
    }
}
