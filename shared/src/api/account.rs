//! Commands of accounts, synchronisation, devices and members.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::WorkspaceId;

/// A password, passphrase, recovery code or link code on its way in; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// Registers on a server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRegisterParams {
    /// Address of the server, `https://…` (or `http://` on loopback).
    pub server: String,
    /// Name of the account: 3 to 64 of letters, digits, `.`, `_`, `-`, `@`, `+`.
    pub name: String,
    /// Password; the server never sees it.
    pub password: Hidden,
    /// Invitation of the server, if it asks for one.
    #[serde(default)]
    pub invitation: Option<Hidden>,
    /// As in [`AccountLoginParams::trust`].
    #[serde(default)]
    pub trust: Option<String>,
}

/// Signs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountLoginParams {
    /// Address of the server.
    pub server: String,
    /// Name of the account.
    pub name: String,
    /// Password.
    pub password: Hidden,
    /// Fingerprint of the server's new key, where it changed and a person compared it with what the server's
    /// administrator says.
    #[serde(default)]
    pub trust: Option<String>,
    /// Code of the account's authenticator, where it has one.
    #[serde(default)]
    pub code: Option<Hidden>,
}

/// Asks for the second factor of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorStatusParams {}

/// Begins to set up a second factor.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorBeginParams {}

/// Gives the first code back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorConfirmParams {
    /// Six digits.
    pub code: Hidden,
}

/// Removes the second factor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorRemoveParams {
    /// One more code of it.
    pub code: Hidden,
}

/// Whether there is a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorStatus {
    /// Sign-ins need a code.
    pub enabled: bool,
    /// This device's sign-in brought one.
    pub proven: bool,
}

/// What an authenticator is to be given. It counts once a code of it came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorSetup {
    /// The secret, for typing.
    pub secret: Hidden,
    /// The same as an `otpauth:` address.
    pub uri: Hidden,
    /// The address as a QR code, an SVG image.
    pub qr_svg: Hidden,
}

/// Asks for the keys of a server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountServerKeyParams {
    /// Address of the server.
    pub server: String,
}

/// Fingerprints of a server's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKeys {
    /// Address of the server.
    pub server: String,
    /// The key this device trusts; none if it never met the server.
    pub known: Option<String>,
    /// Another key that the server showed since this program started, and that was refused.
    pub refused: Option<String>,
}

/// Signs out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountLogoutParams {}

/// The account of this profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Address of the server.
    pub server: String,
    /// Name of the account.
    pub name: String,
    /// Whether the device is signed in.
    pub signed_in: bool,
}

/// How synchronisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// The workspace lives on this device only.
    LocalOnly,
    /// The server cannot be reached; edits wait.
    Offline,
    /// Connecting or signing in.
    Connecting,
    /// Fetching or sending.
    Syncing,
    /// Everything known to the server is here, and everything here is there.
    UpToDate,
    /// Something needs a decision; see `problem`.
    Problem,
}

/// What this device is in the workspace, by the signed membership log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStanding {
    /// An active device of a member.
    #[default]
    Member,
    /// This device was revoked; the member may go on with others.
    DeviceRevoked,
    /// The member was removed, with all devices.
    Removed,
}

/// How synchronisation stands, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// In a word.
    pub state: SyncState,
    /// Changes made here that the server has not acknowledged.
    pub waiting: u64,
    /// Steps done of the present run.
    pub done: u64,
    /// Steps in all of the present run.
    pub total: u64,
    /// When everything was last up to date, in milliseconds since 1970; 0 if never.
    pub synced_ms: u64,
    /// Name of the device last heard from, and when.
    pub last_heard: Option<(String, u64)>,
    /// Address of the server.
    pub server: Option<String>,
    /// What is wrong and what to do.
    pub problem: Option<super::ApiError>,
    /// Received items set aside because they fail a check.
    pub quarantined: u64,
    /// What this device is in the workspace. Whoever was shut out keeps everything here and sends nothing more.
    #[serde(default)]
    pub standing: MemberStanding,
    /// What is wrong with the server, in a word (`forked`, `rolled_back`, …), until a person has settled it.
    #[serde(default)]
    pub alarm: Option<String>,
    /// Entries of the membership log verified so far.
    #[serde(default)]
    pub verified_entries: u64,
    /// Things that other devices delete and that are held until a person has decided (`sync/held`).
    #[serde(default)]
    pub held: u64,
    /// How the bytes of attached files stand.
    #[serde(default)]
    pub attachments: super::AttachmentSync,
    /// Place in the server's feed up to which everything was read and verified. What lies after it, only others can tell.
    #[serde(default)]
    pub verified_items: u64,
}

impl SyncStatus {
    /// A state of which nothing else is known: no server, nothing counted.
    #[must_use]
    pub fn bare(state: SyncState) -> Self {
        Self {
            state,
            waiting: 0,
            done: 0,
            total: 0,
            synced_ms: 0,
            last_heard: None,
            server: None,
            problem: None,
            quarantined: 0,
            standing: MemberStanding::default(),
            alarm: None,
            verified_entries: 0,
            held: 0,
            attachments: super::AttachmentSync::default(),
            verified_items: 0,
        }
    }
}

/// Asks how synchronisation stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncStatusParams {}

/// Uploads the open workspace.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncConnectParams {}

/// Synchronises now.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncNowParams {
    /// Gives up after so many milliseconds; 0 means 30,000.
    #[serde(default)]
    pub timeout_ms: u64,
}

/// Lists members and devices.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceListParams {}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its id in hexadecimal.
    pub id: String,
    /// Its name, or empty if unknown here.
    pub name: String,
    /// The member it belongs to.
    pub member: String,
    /// That member's id in hexadecimal.
    #[serde(default)]
    pub member_id: String,
    /// That member's role.
    pub role: String,
    /// `device` or `recovery`.
    pub kind: String,
    /// Whether it may still read and write.
    pub active: bool,
    /// Whether it is this one.
    pub this: bool,
    /// When something of it arrived here last, in milliseconds since 1970; 0 if that is not known.
    #[serde(default)]
    pub heard_ms: u64,
}

/// Members and devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    /// The rows.
    pub items: Vec<DeviceView>,
    /// Safety number of the workspace as this device sees it.
    pub safety_number: String,
}

/// Makes a link code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceLinkStartParams {}

/// A code that links a device: works once, until `expires_ms`, which the server decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCode {
    /// The code with the server's address, as one word to copy.
    pub code: Hidden,
    /// The same as an SVG picture of a QR code.
    pub qr_svg: Hidden,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// Waits for the other device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceLinkWaitParams {
    /// Gives up after so many milliseconds; 0 means 30,000.
    #[serde(default)]
    pub timeout_ms: u64,
}

/// The other device's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRequest {
    /// The name it gives itself.
    pub device_name: String,
    /// Its id in hexadecimal.
    pub device: String,
    /// Six digits that both devices show.
    pub check: String,
}

/// Lets the other device in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceLinkConfirmParams {
    /// The id shown in the answer.
    pub device: String,
}

/// Joins with a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceLinkJoinParams {
    /// The code.
    pub code: Hidden,
    /// Gives up after so many milliseconds; 0 means 600,000.
    #[serde(default)]
    pub timeout_ms: u64,
}

/// Makes the recovery code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCreateParams {}

/// The recovery code, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCode {
    /// Groups of letters and digits.
    pub code: Hidden,
}

/// Opens a workspace with the recovery code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryUseParams {
    /// The code.
    pub code: Hidden,
    /// The workspace; the account's only one if none.
    #[serde(default)]
    pub workspace: Option<WorkspaceId>,
}

/// Invites a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberInviteParams {
    /// `administrator`, `editor` or `viewer`.
    pub role: String,
    /// The highest level they read: `public`, `internal`, `confidential`, `restricted`.
    pub clearance: String,
    /// Days until it ends; 0 means 7.
    #[serde(default)]
    pub days: u16,
}

/// An invitation, to be handed over by a way the server does not see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLink {
    /// The link with its secret.
    pub link: Hidden,
    /// The same as an SVG picture of a QR code.
    pub qr_svg: Hidden,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// Accepts an invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberJoinParams {
    /// The link.
    pub link: Hidden,
    /// The name under which members will see this person.
    pub name: String,
    /// Gives up after so many milliseconds; 0 means 60,000.
    #[serde(default)]
    pub timeout_ms: u64,
}
