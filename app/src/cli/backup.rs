//! `backup`: create, verify and restore.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use groundplan_shared::api::{
    ApiError, BackupCreateParams, BackupInspectParams, BackupRestoreParams, BackupTakeInParams,
    BackupVerifyParams, BackupView, BackupWorkspace, ErrorCode, Hidden,
};
use secrecy::{ExposeSecret, SecretString};

use super::output::{Output, plain};
use super::{Arguments, open};
use crate::dispatch::Caller;

const CLI: Caller = Caller::CommandLine;
const VARIABLE: &str = "GROUNDPLAN_BACKUP_PASSPHRASE";

const EXAMPLES: &str = "\
Examples:
  groundplan backup create /media/disk/groundplan.age            everything of this profile
  groundplan --workspace Shop backup create shop.age             only this workspace
  groundplan backup create --recovery-code-file code.txt x.age   opened by the recovery code
  groundplan backup verify /media/disk/groundplan.age            read all of it and check every byte
  groundplan backup inspect groundplan.age                       what is in it, and of when
  groundplan backup take-in shop.age                             a lost workspace, into this profile
  groundplan --profile restored backup restore groundplan.age    make a profile from it

A backup is an age file (age-encryption.org). Its passphrase is asked for, or comes from --backup-passphrase-file or
GROUNDPLAN_BACKUP_PASSPHRASE; it need not be the profile's. There is no way to open a backup without it.

A backup holds the keys of this device, changes not sent yet and attachments. A restored device signs in again
(`groundplan login`) and goes on beside the original without disturbing it.

Exit codes: 2 no backup · 3 no such file · 4 there is something already · 7 wrong passphrase or code ·
  8 damaged, cut off or of a newer version · 12 cancelled";

/// What opens a backup.
#[derive(Debug, Args)]
pub struct BackupSecret {
    /// Read the backup's passphrase from this file (its first line)
    #[arg(long, value_name = "FILE", conflicts_with = "recovery_code_file")]
    pub backup_passphrase_file: Option<PathBuf>,
    /// Use the recovery code in this file (its first line) instead of a passphrase
    #[arg(long, value_name = "FILE")]
    pub recovery_code_file: Option<PathBuf>,
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum BackupCommand {
    /// Write an encrypted backup of this profile, or with --workspace of that workspace
    Create {
        /// The file to write
        file: PathBuf,
        /// What opens it
        #[command(flatten)]
        secret: BackupSecret,
        /// Replace a file that is there already
        #[arg(long)]
        force: bool,
    },
    /// Read a backup to its end and check every byte of it
    Verify {
        /// The backup
        file: PathBuf,
        /// What opens it
        #[command(flatten)]
        secret: BackupSecret,
    },
    /// Say what a backup holds and when it was made, without reading all of it
    Inspect {
        /// The backup
        file: PathBuf,
        /// What opens it
        #[command(flatten)]
        secret: BackupSecret,
    },
    /// Take a workspace of a backup into this profile, which must not have it
    TakeIn {
        /// The backup
        file: PathBuf,
        /// Which workspace, by its id; needed if the backup holds several
        #[arg(long, value_name = "ID")]
        only: Option<String>,
        /// What opens it
        #[command(flatten)]
        secret: BackupSecret,
    },
    /// Make a profile from a backup; there must be none yet under this --profile or --data-dir
    Restore {
        /// The backup
        file: PathBuf,
        /// What opens it
        #[command(flatten)]
        secret: BackupSecret,
    },
}

pub(super) async fn run(
    arguments: &Arguments,
    command: &BackupCommand,
    output: &Output,
) -> Result<(), ApiError> {
    match command {
        BackupCommand::Create { file, secret, force } => {
            let app = open::app(arguments, false)?;
            let workspace = match arguments.workspace.as_deref() {
                Some(named) => Some(open::find_workspace(&app, named).await?.id),
                None => None,
            };
            let (passphrase, recovery_code) = ask(secret, true)?;
            let path = file.display().to_string();
            let force = *force;
            let params = BackupCreateParams { path, workspace, passphrase, recovery_code, force, job: None };
            let made = app.run(CLI, params).await?;
            output.answer(&made, |made| format!("Wrote and checked {}.\n{}", name(file), words(made)));
        }
        BackupCommand::Verify { file, secret } => {
            let (passphrase, recovery_code) = ask(secret, false)?;
            let path = file.display().to_string();
            let host = open::host(arguments)?;
            let found =
                host.run(CLI, BackupVerifyParams { path, passphrase, recovery_code, job: None }).await?;
            output.answer(&found, |found| format!("{} is whole.\n{}", name(file), words(found)));
        }
        BackupCommand::Inspect { file, secret } => {
            let (passphrase, recovery_code) = ask(secret, false)?;
            let path = file.display().to_string();
            let host = open::host(arguments)?;
            let found = host.run(CLI, BackupInspectParams { path, passphrase, recovery_code }).await?;
            output.answer(&found, |found| {
                let each = |workspace: &BackupWorkspace| {
                    format!("\n  {} {} ({} bytes)", workspace.id, plain(&workspace.name), workspace.bytes)
                };
                let made = super::moment::write_date(found.made_ms);
                let list: String = found.workspaces.iter().map(each).collect();
                format!("{} Made {made} by version {}.{list}", words(found), plain(&found.version))
            });
        }
        BackupCommand::TakeIn { file, only, secret } => {
            let app = open::app(arguments, false)?;
            let (passphrase, recovery_code) = ask(secret, false)?;
            let path = file.display().to_string();
            let workspace = only.as_deref().map(|text| text.parse().map_err(|_| no_id(text))).transpose()?;
            let params = BackupTakeInParams { path, passphrase, recovery_code, workspace, job: None };
            let taken = app.run(CLI, params).await?;
            output.answer(&taken, |taken| {
                let next = match (taken.same_device, taken.unsent) {
                    (true, _) => "Synchronise it with `groundplan sync`.".to_owned(),
                    (false, 0) => "Link this device to it from another one: `groundplan device link`.".to_owned(),
                    (false, unsent) => format!(
                        "Link this device to it from another one (`groundplan device link`); {unsent} change(s) that \
                         were not sent go out then with `groundplan sync --bring-in`."
                    ),
                };
                format!("Took in \u{201c}{}\u{201d}. {next}", plain(&taken.workspace.name))
            });
        }
        BackupCommand::Restore { file, secret } => {
            let (passphrase, recovery_code) = ask(secret, false)?;
            let new_passphrase = open::new_profile_passphrase(arguments)?.as_ref().map(hidden);
            let path = file.display().to_string();
            let host = open::host(arguments)?;
            let params = BackupRestoreParams { path, passphrase, recovery_code, new_passphrase, job: None };
            let restored = host.run(CLI, params).await?;
            output.answer(&restored, |restored| {
                let unsent = match restored.unsent {
                    0 => String::new(),
                    n => format!(
                        "{n} change(s) in it were not sent to a server yet and are kept to be sent.\n"
                    ),
                };
                format!(
                    "Restored {} to {}.\n{}\n{unsent}Sign in again with `groundplan login` to synchronise.",
                    name(file),
                    restored.profile.data_dir,
                    words(&restored.backup)
                )
            });
        }
    }
    Ok(())
}

fn no_id(text: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidInput,
        format!("{} is no id of a workspace.", plain(text)),
        "See the ids with `groundplan backup inspect FILE`.",
    )
}

fn name(file: &Path) -> String {
    plain(&file.display().to_string())
}

fn words(view: &BackupView) -> String {
    let names: Vec<String> = view.workspaces.iter().map(|workspace| plain(&workspace.name)).collect();
    let what = if view.scope == "device" { "Everything of" } else { "One workspace of" };
    format!("{what} {}: {} ({} bytes).", plain(&view.device_name), names.join(", "), view.file_bytes)
}

fn hidden(secret: &SecretString) -> Hidden {
    Hidden(secret.expose_secret().to_owned())
}

/// Reads or asks for what opens a backup; twice for a new one.
fn ask(secret: &BackupSecret, new: bool) -> Result<(Option<Hidden>, Option<Hidden>), ApiError> {
    if let Some(file) = &secret.recovery_code_file {
        return Ok((None, Some(hidden(&open::first_line(file, "recovery code")?))));
    }
    let file = secret.backup_passphrase_file.as_deref();
    let asked = file.is_none() && std::env::var_os(VARIABLE).is_none() && std::io::stdin().is_terminal();
    let given = open::secret(file, VARIABLE, "backup's passphrase")?;
    if new && asked {
        let again = open::secret(None, "", "backup's passphrase once more")?;
        if again.expose_secret() != given.expose_secret() {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "The two passphrases differ; nothing was written.",
                "Try again.",
            ));
        }
    }
    Ok((Some(hidden(&given)), None))
}
