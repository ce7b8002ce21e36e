//! What can be typed about members, roles, service accounts, policy and keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const MEMBER_EXAMPLES: &str = "\
Examples:
  groundplan member invite --role editor --clearance internal   make a link that works once
  groundplan member safety Grace                                compare sixty digits by voice
  groundplan member verify Grace --number DIGITS                remember that they are the same
  groundplan member clearance Grace confidential                hand over keys, or take them away
  groundplan member remove Grace                                remove and rotate in one step
  groundplan member invitations --cancel ID                     take a link back";

/// What to do with members.
#[derive(Debug, Subcommand)]
#[command(after_help = MEMBER_EXAMPLES)]
pub enum MemberCommand {
    /// List members, newcomers, roles and keys
    List,
    /// Show the number to compare with another member by voice
    Safety {
        /// The other member, by name or id
        member: String,
    },
    /// Remember that a member's safety number is the same on both sides
    Verify {
        /// The other member, by name or id
        member: String,
        /// The sixty digits that the other member reads out
        #[arg(long, required_unless_present = "forget")]
        number: Option<String>,
        /// Do not remember it any more
        #[arg(long, conflicts_with = "number")]
        forget: bool,
    },
    /// Let a newcomer in whose safety number was compared
    Confirm {
        /// The newcomer's id
        member: String,
        /// The sixty digits that the newcomer reads out
        #[arg(long)]
        number: String,
        /// The name under which members will see the newcomer
        #[arg(long)]
        name: String,
    },
    /// Remove a member and rotate what they could read
    Remove {
        /// The member, by name or id
        member: String,
    },
    /// Give a member another role
    Role {
        /// The member, by name or id
        member: String,
        /// owner, administrator, editor, viewer or a role of the workspace
        role: String,
    },
    /// Set the highest level that a member reads
    Clearance {
        /// The member, by name or id
        member: String,
        /// public, internal, confidential or restricted
        level: String,
    },
    /// Make another member the owner
    Transfer {
        /// The new owner, by name or id
        member: String,
    },
    /// List invitations, or take one back
    Invitations {
        /// The invitation to take back, by id
        #[arg(long, value_name = "ID")]
        cancel: Option<String>,
    },
    /// Invite a person; hand the link over by a way the server does not see
    Invite {
        /// administrator, editor or viewer
        #[arg(long, default_value = "editor")]
        role: String,
        /// Highest level to read: public, internal, confidential, restricted
        #[arg(long, default_value = "restricted")]
        clearance: String,
        /// Days until it ends
        #[arg(long, default_value_t = 7)]
        days: u16,
    },
    /// Accept an invitation
    Join {
        /// The link
        link: String,
        /// The name under which members will see you
        #[arg(long)]
        name: String,
    },
}

/// What to do with roles.
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Make a role, or change one with --change
    Define {
        /// Its name
        name: String,
        /// What it may do: read, comment, write, invite, manage_members, …
        #[arg(long, value_delimiter = ',', required = true)]
        allow: Vec<String>,
        /// The role to change, by name or id
        #[arg(long, value_name = "NAME|ID")]
        change: Option<String>,
    },
}

const SERVICE_EXAMPLES: &str = "\
A service has a profile of its own, without a person. On the machine where it runs:
  groundplan --data-dir /var/lib/robot service use --key-file key     the key that `service add` showed
  groundplan --data-dir /var/lib/robot register SERVER robot          its own account there, or `login`
  groundplan --data-dir /var/lib/robot service open                   then `sync`, `export` and so on";

/// What to do with service accounts.
#[derive(Debug, Subcommand)]
#[command(after_help = SERVICE_EXAMPLES)]
pub enum ServiceCommand {
    /// Add one; its key is shown once
    Add {
        /// Its name
        name: String,
        /// Its role
        #[arg(long, default_value = "viewer")]
        role: String,
        /// Highest level to read
        #[arg(long, default_value = "internal")]
        clearance: String,
    },
    /// Make this profile, which must be fresh, a service's by its key
    Use {
        /// Read the key from this file (its first line); otherwise from GROUNDPLAN_SERVICE_KEY
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Open the workspace that the key is for, once signed in to the service's own account on the server
    Open,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Start new keys, of every level that you read or of those named
    Rotate {
        /// A level; may be given several times
        #[arg(long)]
        level: Vec<String>,
    },
}

/// The points of the policy; what is not given stays.
#[derive(Debug, Args)]
pub struct PolicyArguments {
    /// Require a second factor at sign-in
    #[arg(long, value_name = "true|false")]
    pub second_factor: Option<bool>,
    /// Allowed ways to sign in: password, sso, passkey
    #[arg(long, value_delimiter = ',')]
    pub sign_in: Option<Vec<String>>,
    /// Most days without contact before a device must confirm again; 0: no limit
    #[arg(long, value_name = "DAYS")]
    pub max_offline_days: Option<u32>,
    /// Levels whose documents may be exported
    #[arg(long, value_delimiter = ',')]
    pub export: Option<Vec<String>>,
    /// Rotate keys at this age; 0: never by age
    #[arg(long, value_name = "DAYS")]
    pub rotate_after_days: Option<u32>,
}
