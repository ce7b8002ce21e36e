//! The table itself, and the trait that ties a parameter type to its method name and response.

use serde::{Serialize, de::DeserializeOwned};

use super::*;

/// The right that a caller needs for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Looks at things.
    Read,
    /// Edits the workspace.
    Write,
    /// Changes accounts, devices, membership or the profile.
    Manage,
}

/// A command, by its parameter type.
pub trait Command: Serialize + DeserializeOwned + Send + 'static {
    /// What it answers with.
    type Response: Serialize + DeserializeOwned + Send + 'static;
    /// Its name, `<resource>/<verb>`.
    const METHOD: &'static str;
    /// What the caller needs.
    const RIGHT: Right;
}

/// One row of the table, for help, parity tests and schemas.
#[derive(Debug, Clone, Copy)]
pub struct CommandInfo {
    /// Its name.
    pub method: &'static str,
    /// What the caller needs.
    pub right: Right,
    /// One sentence.
    pub summary: &'static str,
}

macro_rules! commands {
    ($($method:literal, $right:ident, $params:ty => $response:ty, $summary:literal;)*) => {
        $(impl Command for $params {
            type Response = $response;
            const METHOD: &'static str = $method;
            const RIGHT: Right = Right::$right;
        })*
        /// Every command, in the order of the documentation.
        pub const COMMANDS: &[CommandInfo] = &[
            $(CommandInfo { method: $method, right: Right::$right, summary: $summary },)*
        ];
    };
}

commands! {
    "app/status", Read, AppStatusParams => AppStatus, "Describes the profile, its workspaces and the program.";
    "profile/status", Read, ProfileStatusParams => ProfileStatus, "Says whether the profile is open, and what to do if not.";
    "profile/create", Manage, ProfileCreateParams => ProfileStatus, "Makes the profile under a passphrase or in the keyring.";
    "profile/unlock", Manage, ProfileUnlockParams => ProfileStatus, "Opens the profile with its passphrase or the keyring.";
    "profile/lock", Manage, ProfileLockParams => ProfileStatus, "Closes the stores and forgets the key.";
    "profile/passphrase", Manage, ProfilePassphraseParams => ProfileStatus, "Changes the passphrase, or moves the key to the keyring.";
    "workspace/create", Manage, WorkspaceCreateParams => WorkspaceView, "Creates a workspace and opens it.";
    "workspace/open", Manage, WorkspaceOpenParams => WorkspaceView, "Opens a workspace of this profile.";
    "workspace/rename", Write, WorkspaceRenameParams => WorkspaceView, "Gives the open workspace another name.";
    "workspace/sample", Manage, WorkspaceSampleParams => WorkspaceView, "Creates the sample workspace and opens it.";
    "workspace/summary", Read, WorkspaceSummaryParams => WorkspaceSummary, "Counts what the open workspace holds.";
    "element/create", Write, ElementCreateParams => ElementView, "Creates an element.";
    "element/get", Read, ElementGetParams => ElementView, "Shows an element with everything about it.";
    "element/list", Read, ElementListParams => ElementList, "Lists elements.";
    "element/update", Write, ElementUpdateParams => ElementView, "Changes fields of an element.";
    "element/delete", Write, ElementDeleteParams => Deleted, "Deletes elements and their relations.";
    "relation/create", Write, RelationCreateParams => RelationView, "Relates two elements.";
    "relation/update", Write, RelationUpdateParams => RelationView, "Changes a relation.";
    "relation/delete", Write, RelationDeleteParams => Deleted, "Deletes a relation.";
    "relation/list", Read, RelationListParams => RelationList, "Lists relations.";
    "endpoint/set", Write, EndpointSetParams => ElementView, "Adds or changes an endpoint of an API.";
    "endpoint/remove", Write, EndpointRemoveParams => ElementView, "Removes an endpoint of an API.";
    "page/create", Write, PageCreateParams => PageView, "Creates a page.";
    "page/get", Read, PageGetParams => PageView, "Shows a page with links and backlinks.";
    "page/list", Read, PageListParams => PageList, "Lists pages.";
    "page/update", Write, PageUpdateParams => PageView, "Changes title, kind, path, front matter or classification of a page.";
    "page/delete", Write, PageDeleteParams => Deleted, "Deletes a page.";
    "attachment/add", Write, AttachmentAddParams => AttachmentView, "Attaches a file to a page or an element.";
    "attachment/list", Read, AttachmentListParams => AttachmentList, "Lists attached files.";
    "attachment/get", Read, AttachmentGetParams => AttachmentContent, "Reads an attached file, or writes it to a file.";
    "attachment/remove", Write, AttachmentRemoveParams => Deleted, "Takes an attached file away.";
    "comment/list", Read, CommentListParams => ThreadList, "Lists threads of comments.";
    "comment/add", Write, CommentAddParams => ThreadView, "Begins a thread of comments, or replies in one.";
    "comment/edit", Write, CommentEditParams => ThreadView, "Changes a comment of one's own.";
    "comment/remove", Write, CommentRemoveParams => ThreadView, "Takes a comment of one's own away.";
    "comment/resolve", Write, CommentResolveParams => ThreadView, "Resolves a thread, or opens it again.";
    "changes/list", Read, ChangesListParams => ChangeList, "Lists what others changed and said since you looked.";
    "changes/seen", Read, ChangesSeenParams => ChangeList, "Marks what is new as seen, on this device alone.";
    "text/open", Read, TextOpenParams => TextState, "Reads a text and its version for editing.";
    "text/edit", Write, TextEditParams => TextEdited, "Edits a text against the version the editor knows.";
    "view/create", Write, ViewCreateParams => ViewSummary, "Creates a diagram.";
    "view/list", Read, ViewListParams => ViewList, "Lists diagrams.";
    "view/scene", Read, ViewSceneParams => ViewScene, "Draws a diagram.";
    "view/move", Write, ViewMoveParams => ViewScene, "Puts cards of a diagram elsewhere.";
    "view/layout", Write, ViewLayoutParams => ViewScene, "Lays a diagram out anew.";
    "view/update", Write, ViewUpdateParams => ViewSummary, "Changes name, scope or filter of a diagram.";
    "view/delete", Write, ViewDeleteParams => Deleted, "Deletes a diagram.";
    "explorer/list", Read, ExplorerListParams => ExplorerList, "Lists a part of the explorer's tree.";
    "search/query", Read, SearchParams => SearchResults, "Searches names, texts, tags and properties.";
    "import/preview", Write, ImportPreviewParams => ImportPreview, "Reads a source and says what importing it would change.";
    "import/apply", Write, ImportApplyParams => ImportApplied, "Imports a source in one step.";
    "import/list", Read, ImportListParams => ImportSources, "Lists the sources imported so far.";
    "export/run", Read, ExportParams => Exported, "Exports the workspace or a part of it.";
    "backup/create", Manage, BackupCreateParams => BackupView, "Writes an encrypted backup of the device or a workspace.";
    "backup/verify", Manage, BackupVerifyParams => BackupView, "Checks every byte of a backup.";
    "backup/inspect", Manage, BackupInspectParams => BackupView, "Says what a backup holds, without reading all of it.";
    "backup/take_in", Manage, BackupTakeInParams => BackupTakenIn, "Takes a workspace of a backup into the open profile.";
    "backup/restore", Manage, BackupRestoreParams => BackupRestored, "Makes the profile from a backup and opens it.";
    "job/cancel", Read, JobCancelParams => Empty, "Stops a long command; nothing of it is applied.";
    "edit/undo", Write, EditUndoParams => EditState, "Takes the latest edit of this profile back.";
    "edit/redo", Write, EditRedoParams => EditState, "Repeats the edit taken back last.";
    "edit/state", Read, EditStateParams => EditState, "Says what undo and redo would do.";
    "history/list", Read, HistoryListParams => HistoryList, "Lists the versions of an element, page or diagram.";
    "history/compare", Read, HistoryCompareParams => HistoryComparison, "Compares two versions, or a version with now.";
    "history/restore", Write, HistoryRestoreParams => HistoryRestored, "Brings a version, or one field of it, back as a new edit.";
    "history/at", Read, HistoryAtParams => HistoryAt, "Shows what the workspace held at a date.";
    "history/recover", Write, HistoryRecoverParams => HistoryRestored, "Brings back what was deleted since a date.";
    "account/register", Manage, AccountRegisterParams => AccountView, "Registers on a server and connects this device.";
    "account/login", Manage, AccountLoginParams => AccountView, "Signs in to a server.";
    "account/logout", Manage, AccountLogoutParams => Empty, "Signs out; nothing on this device is removed.";
    "account/second_factor", Manage, SecondFactorStatusParams => SecondFactorStatus, "Says whether sign-ins to the account need a code.";
    "account/second_factor_begin", Manage, SecondFactorBeginParams => SecondFactorSetup, "Makes a secret for an authenticator.";
    "account/second_factor_confirm", Manage, SecondFactorConfirmParams => SecondFactorStatus, "Takes the authenticator's first code; sign-ins need one from then on.";
    "account/second_factor_remove", Manage, SecondFactorRemoveParams => SecondFactorStatus, "Removes the second factor, given a code.";
    "account/server_key", Read, AccountServerKeyParams => ServerKeys, "Shows the key of a server that is trusted, and one that was refused.";
    "sync/status", Read, SyncStatusParams => SyncStatus, "Says truthfully how synchronisation stands.";
    "sync/connect", Manage, SyncConnectParams => SyncStatus, "Uploads the open workspace to the account's server.";
    "sync/now", Write, SyncNowParams => SyncStatus, "Synchronises and waits until it is done or stuck.";
    "device/list", Read, DeviceListParams => DeviceList, "Lists members and devices of the workspace.";
    "device/renew", Manage, DeviceRenewParams => DeviceRenewed, "Gives a device that was shut out new keys, to be let in again.";
    "device/revoke", Manage, DeviceRevokeParams => DeviceList, "Shuts a device out and rotates what it could read.";
    "device/link_start", Manage, DeviceLinkStartParams => LinkCode, "Makes a code with which another device joins.";
    "device/link_wait", Manage, DeviceLinkWaitParams => LinkRequest, "Waits for the other device to answer the code.";
    "device/link_confirm", Manage, DeviceLinkConfirmParams => DeviceList, "Lets the device in that answered.";
    "device/link_join", Manage, DeviceLinkJoinParams => WorkspaceView, "Joins a workspace with a code from another device.";
    "recovery/create", Manage, RecoveryCreateParams => RecoveryCode, "Makes the recovery code; it is shown once.";
    "recovery/use", Manage, RecoveryUseParams => WorkspaceView, "Opens a workspace from the server with the recovery code.";
    "member/invite", Manage, MemberInviteParams => InviteLink, "Invites a person with a role and clearance.";
    "member/join", Manage, MemberJoinParams => WorkspaceView, "Accepts an invitation.";
    "member/list", Read, MemberListParams => MemberList, "Lists members, newcomers, roles, keys and the policy.";
    "member/safety", Read, MemberSafetyParams => SafetyNumber, "Computes the number that two members compare.";
    "member/verify", Manage, MemberVerifyParams => MemberList, "Remembers that the safety number of a member was compared.";
    "member/confirm", Manage, MemberConfirmParams => MemberList, "Lets a newcomer in whose safety number was compared.";
    "member/remove", Manage, MemberRemoveParams => MemberList, "Removes a member and rotates what they could read.";
    "member/role", Manage, MemberRoleParams => MemberList, "Gives a member another role.";
    "member/clearance", Manage, MemberClearanceParams => MemberList, "Sets the highest level that a member reads.";
    "member/transfer", Manage, MemberTransferParams => MemberList, "Makes another member the owner.";
    "invite/list", Read, InviteListParams => InviteList, "Lists invitations and what became of them.";
    "invite/cancel", Manage, InviteCancelParams => InviteList, "Takes an invitation back.";
    "role/define", Manage, RoleDefineParams => MemberList, "Makes a custom role, or changes one.";
    "service/add", Manage, ServiceAddParams => ServiceAdded, "Adds a service account; its key is shown once.";
    "service/use", Manage, ServiceUseParams => ServiceUsed, "Makes a fresh profile a service's, by its key.";
    "service/open", Manage, ServiceOpenParams => WorkspaceView, "Opens the workspace of a service's profile.";
    "policy/set", Manage, PolicySetParams => MemberList, "Changes what the workspace demands.";
    "key/rotate", Manage, KeyRotateParams => MemberList, "Starts new keys.";
    "sync/quarantine", Read, SyncQuarantineParams => QuarantineList, "Lists received items that fail a check.";
    "sync/alarm", Read, SyncAlarmParams => AlarmView, "Shows what is wrong with the server, with the proof.";
    "sync/settle", Manage, SyncSettleParams => SyncStatus, "Settles an alarm after a person looked at it.";
    "sync/peers", Read, SyncPeersParams => PeerList, "Says how far each device is known to have read, and what is missing.";
    "sync/held", Read, SyncHeldParams => HeldList, "Lists mass deletions by other devices that wait for a decision.";
    "sync/decide", Write, SyncDecideParams => HeldList, "Applies a mass deletion that is held, or takes it back.";
    "sync/bring_in", Write, SyncBringInParams => BroughtIn, "Sends what this device had not sent when it was shut out, as edits of the device that it is now.";
    "sync/rescue", Read, SyncRescueParams => Rescue, "Shows changes that could not be sent, and exports them.";
    "presence/set", Read, PresenceSetParams => PresenceList, "Says where you are, and lists who else is there.";
    "presence/list", Read, PresenceListParams => PresenceList, "Lists who is there, and where.";
    "settings/get", Read, SettingsGetParams => Settings, "Reads the settings of this profile.";
    "settings/set", Manage, SettingsSetParams => Settings, "Changes settings of this profile.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for command in COMMANDS {
            assert!(seen.insert(command.method), "{} twice", command.method);
            let (resource, verb) = command.method.split_once('/').unwrap();
            assert!(!resource.is_empty() && !verb.is_empty());
            assert!(command.summary.ends_with('.'));
        }
    }
}
