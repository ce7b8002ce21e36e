//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use super::attachment::AttachmentCommand;
pub use super::backup::BackupCommand;
pub use super::comment::CommentCommand;
pub use super::history::HistoryArguments;
pub use super::people_arguments::{KeyCommand, MemberCommand, PolicyArguments, RoleCommand, ServiceCommand};
pub use super::second_factor::AccountCommand;

const EXAMPLES: &str = "\
Examples:
  groundplan init Shop                              create a workspace
  groundplan import docker-compose.yml              import a compose file, a Backstage catalogue or Markdown
  groundplan list --kind component                  list elements
  groundplan view --output shop.svg                 draw everything
  groundplan search \"order db\"                      search names, texts and tags
  groundplan agent                                  open the interface in a browser
  groundplan register https://sync.example.org ada  connect to a server

Exit codes:
  0 done · 2 wrong input · 3 not found · 4 conflict · 5 not allowed · 6 import refused · 7 key missing or wrong ·
  8 store or disk · 9 offline or not connected · 10 refused by the server · 11 the server cannot be trusted ·
  12 cancelled · 13 not supported here

Without a keyring the store's key is wrapped by a passphrase: at the prompt, from --passphrase-file, or from
GROUNDPLAN_PASSPHRASE.";

/// Design, document and operate your system architecture: offline, encrypted, together.
#[derive(Debug, Parser)]
#[command(name = "groundplan", version, after_help = EXAMPLES, max_term_width = 110)]
pub struct Arguments {
    /// Name of the profile
    #[arg(long, global = true, env = "GROUNDPLAN_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
    /// Put everything of the profile under this folder
    #[arg(long, global = true, env = "GROUNDPLAN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Read the passphrase from this file (its first line)
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Workspace to work on, by name or id; the one opened last if not given
    #[arg(long, short = 'w', global = true, value_name = "NAME|ID")]
    pub workspace: Option<String>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the profile and a workspace
    Init {
        /// Name of the workspace
        #[arg(default_value = "My workspace")]
        name: String,
        /// Name of the workspace, as an option
        #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
        named: Option<String>,
        /// Create the sample workspace (Groundplan's own architecture) instead
        #[arg(long)]
        sample: bool,
        /// Keep the key under a passphrase although there is a keyring
        #[arg(long)]
        use_passphrase: bool,
    },
    /// Show the profile, its workspaces and how they are synchronised
    Status,
    /// Make another workspace the one to work on
    Use {
        /// Name or id
        workspace: String,
    },
    /// Import a compose file, a Backstage catalogue, a Markdown page or a folder of Markdown
    Import {
        /// File or folder
        #[arg(required_unless_present = "list")]
        path: Option<PathBuf>,
        /// compose, backstage or markdown; found out if not given
        #[arg(long, value_name = "FORMAT")]
        format: Option<String>,
        /// Say what would change, and change nothing
        #[arg(long, alias = "dry-run")]
        preview: bool,
        /// List the sources imported so far
        #[arg(long)]
        list: bool,
        /// Do not ask (nothing is asked; accepted for scripts)
        #[arg(long, short)]
        yes: bool,
    },
    /// Export everything (json), the pages (markdown) or a diagram (svg)
    Export {
        /// json, markdown or svg
        #[arg(default_value = "json")]
        format: String,
        /// File, or a new folder for markdown; standard output if not given
        #[arg(long, short, value_name = "PATH")]
        output: Option<PathBuf>,
        /// The diagram, by name or id
        #[arg(long, value_name = "NAME|ID")]
        view: Option<String>,
        /// As it was at this date: 2026-11-20, 2026-11-20T14:30 (UTC), or 3d ago
        #[arg(long, value_name = "DATE")]
        at: Option<String>,
    },
    /// Draw a diagram as SVG, or list the diagrams
    View {
        /// Name or id of the diagram; everything if not given
        view: Option<String>,
        /// File to write; standard output if not given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Write SVG (the default)
        #[arg(long)]
        svg: bool,
        /// Write the same content as indented text
        #[arg(long, conflicts_with = "svg")]
        outline: bool,
        /// List the diagrams
        #[arg(long)]
        list: bool,
    },
    /// List elements, relations, pages or diagrams
    List {
        /// Only this kind
        #[arg(long, short)]
        kind: Option<String>,
        /// Only with this tag
        #[arg(long, short)]
        tag: Option<String>,
        /// Only names that contain this
        #[arg(long, short)]
        filter: Option<String>,
        /// List relations instead
        #[arg(long, conflicts_with_all = ["pages", "views", "properties"])]
        relations: bool,
        /// List pages instead
        #[arg(long, conflicts_with_all = ["views", "properties"])]
        pages: bool,
        /// List diagrams instead
        #[arg(long, conflicts_with = "properties")]
        views: bool,
        /// List the properties that elements may carry
        #[arg(long)]
        properties: bool,
    },
    /// Show an element or page
    Show {
        /// Name or id
        item: String,
    },
    /// Add an element
    Add {
        /// Its kind (component, datastore, system, …)
        kind: String,
        /// Its name
        name: String,
        /// The element it is a part of, by name or id
        #[arg(long)]
        parent: Option<String>,
        /// Its description (Markdown)
        #[arg(long)]
        description: Option<String>,
        /// Properties, as name=value
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Tags
        #[arg(long = "tag")]
        tags: Vec<String>,
    },
    /// Relate two elements, or an element and a page
    Relate {
        /// The element it leads from, by name or id
        source: String,
        /// uses, part_of, owned_by, …
        kind: String,
        /// What it leads to, by name or id
        target: String,
        /// Properties, as name=value
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// Add a page; its text comes from standard input with --stdin
    Page {
        /// Its title
        title: String,
        /// doc, adr, runbook or postmortem
        #[arg(long, default_value = "doc")]
        kind: String,
        /// Its text
        #[arg(long)]
        text: Option<String>,
        /// Read the text from standard input
        #[arg(long, conflicts_with = "text")]
        stdin: bool,
        /// Folder and file name inside the workspace
        #[arg(long)]
        path: Option<String>,
        /// The element it is about, by name or id
        #[arg(long)]
        about: Option<String>,
        /// Who may read it: public, internal, confidential or restricted
        #[arg(long, value_name = "LEVEL")]
        classification: Option<String>,
    },
    /// Change an element or page
    Edit {
        /// Name or id
        item: String,
        /// New name or title
        #[arg(long)]
        name: Option<String>,
        /// New description or page text
        #[arg(long)]
        text: Option<String>,
        /// Read the new text from standard input
        #[arg(long, conflicts_with = "text")]
        stdin: bool,
        /// Properties to set, as name=value; an empty value removes. A page has classification=LEVEL only
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Tags to add
        #[arg(long = "tag")]
        tags: Vec<String>,
        /// Tags to remove
        #[arg(long = "untag")]
        untags: Vec<String>,
        /// New parent, by name or id; empty takes it out
        #[arg(long)]
        parent: Option<String>,
        /// New owner, by name or id; empty takes it away
        #[arg(long)]
        owner: Option<String>,
    },
    /// Delete elements or pages (undo brings them back)
    Delete {
        /// Names or ids
        #[arg(required = true)]
        items: Vec<String>,
    },
    /// Take the latest edit of this profile back
    Undo,
    /// Repeat the edit taken back last
    Redo,
    /// See who changed what and when, compare versions, bring one back, look at the workspace at a date
    History(HistoryArguments),
    /// Attach files to pages and elements, list, get and remove them
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// Talk about elements, pages, diagrams and relations
    #[command(subcommand)]
    Comment(CommentCommand),
    /// Show what others changed and said since you looked
    Changes {
        /// Mark it as seen
        #[arg(long)]
        seen: bool,
    },
    /// Search names, texts, tags and properties
    Search {
        /// Words (all must occur), "a phrase", kind:component, tag:core
        #[arg(required = true)]
        words: Vec<String>,
        /// At most so many hits
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Register on a server and connect the workspace
    Register {
        /// Address of the server
        server: String,
        /// Name of the account
        name: String,
        /// Read the password from this file (its first line)
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Invitation of the server
        #[arg(long)]
        invitation: Option<String>,
        /// Fingerprint of the server's new key, after comparing it with what its administrator says
        #[arg(long, value_name = "FINGERPRINT")]
        trust: Option<String>,
    },
    /// Sign in to a server
    Login {
        /// Address of the server
        server: String,
        /// Name of the account
        name: String,
        /// Read the password from this file (its first line)
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Fingerprint of the server's new key, after comparing it with what its administrator says
        #[arg(long, value_name = "FINGERPRINT")]
        trust: Option<String>,
        /// Code of the account's authenticator, where it has one
        #[arg(long, value_name = "DIGITS")]
        code: Option<String>,
    },
    /// Look after the account on the server
    Account {
        /// What to do
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Upload the workspace to the account's server and keep it synchronised
    Connect,
    /// Synchronise now and wait until done
    Sync {
        /// Give up after so many seconds
        #[arg(long, default_value_t = 30)]
        timeout: u64,
        /// Show what was not sent, and write it to --output; nothing is removed
        #[arg(long, group = "look")]
        rescue: bool,
        /// Send what this device had not sent when it was shut out, now that it was let in again
        #[arg(long, group = "look")]
        bring_in: bool,
        /// List received items that fail a check
        #[arg(long, group = "look")]
        quarantine: bool,
        /// Show what is wrong with the server, and write the proof to --output
        #[arg(long, group = "look")]
        alarm: bool,
        /// Show how far each device is known to have read, and what is missing here
        #[arg(long, group = "look")]
        peers: bool,
        /// Show what other devices delete at once and what is held here until you decide
        #[arg(long, group = "look")]
        held: bool,
        /// Let a held deletion through, by the device that --held names
        #[arg(long, group = "look", value_name = "DEVICE")]
        apply: Option<String>,
        /// Take a held deletion back, by the device that --held names
        #[arg(long, group = "look", value_name = "DEVICE")]
        undo: Option<String>,
        /// Settle this alarm after looking at it
        #[arg(long, group = "look", value_name = "ALARM")]
        settle: Option<String>,
        /// File for what --rescue or --alarm exports
        #[arg(long, short, value_name = "FILE", requires = "look")]
        output: Option<PathBuf>,
    },
    /// Devices of the workspace
    Device {
        /// What to do
        #[command(subcommand)]
        command: DeviceCommand,
    },
    /// The recovery code
    Recovery {
        /// What to do
        #[command(subcommand)]
        command: RecoveryCommand,
    },
    /// Members of the workspace
    Member {
        /// What to do
        #[command(subcommand)]
        command: MemberCommand,
    },
    /// Roles of the workspace's own
    Role {
        /// What to do
        #[command(subcommand)]
        command: RoleCommand,
    },
    /// Service accounts: members without a person
    Service {
        /// What to do
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// What the workspace demands of its members; shows it if nothing is set
    Policy(PolicyArguments),
    /// Keys of the levels
    Key {
        /// What to do
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Serve the interface to a browser on this machine
    Agent {
        /// Port on 127.0.0.1; any free one if 0
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Serve the interface from this folder instead of the one built in
        #[arg(long, env = "GROUNDPLAN_UI_DIR", value_name = "DIR")]
        ui_dir: Option<PathBuf>,
    },
    /// Encrypted backups: create, verify, restore
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Change the passphrase that protects this profile's key
    Passphrase {
        /// Read the new passphrase from this file (its first line)
        #[arg(long, value_name = "FILE")]
        new_file: Option<PathBuf>,
        /// Move the key to the system's keyring instead
        #[arg(long, conflicts_with = "new_file")]
        keyring: bool,
    },
    /// Check the profile and its stores, and say what is wrong
    Doctor,
    /// Call a command of the local API with JSON (see `groundplan call help`)
    Call {
        /// Method, like element/list; `help` lists them
        method: String,
        /// Parameters as JSON
        #[arg(default_value = "{}")]
        params: String,
    },
    /// Print a completion script for a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// List members and devices
    List,
    /// Shut a device out and rotate what it could read
    Revoke {
        /// The device, by name or id
        device: String,
    },
    /// Give this device new keys after it was shut out, to link it again; everything on it stays
    #[command(
        after_help = "Example:\n  groundplan device renew && groundplan login https://sync.example.org ada && groundplan device link CODE\n  groundplan sync --bring-in   send what was not sent before"
    )]
    Renew,
    /// Make a code for another device and let it in; with a code, join with it
    Link {
        /// The code shown by the other device
        code: Option<String>,
        /// Let the device in that answers without asking (for scripts)
        #[arg(long, short)]
        yes: bool,
        /// Write the code to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        code_file: Option<PathBuf>,
        /// Give up after so many seconds
        #[arg(long, default_value_t = 600)]
        timeout: u64,
    },
}

/// What to do with the recovery code.
#[derive(Debug, Subcommand)]
pub enum RecoveryCommand {
    /// Make the code; it is shown once
    Create,
    /// Open the account's workspace with the code (after `groundplan login`)
    Use {
        /// Read the code from this file (its first line); asked for if not given
        #[arg(long, value_name = "FILE")]
        code_file: Option<PathBuf>,
        /// Read the account's password from this file (its first line); the server asks for it once more
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }
}
