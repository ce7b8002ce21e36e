//! `register`, `login`, `connect`, `sync`, `device` and `recovery`.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    AccountLoginParams, AccountRegisterParams, ApiError, AppStatusParams, DeviceLinkConfirmParams,
    DeviceLinkJoinParams, DeviceLinkStartParams, DeviceLinkWaitParams, DeviceList, DeviceListParams,
    DeviceRenewParams, DeviceRevokeParams, ErrorCode, Hidden, RecoveryCreateParams, RecoveryUseParams,
    SyncConnectParams, SyncNowParams, SyncState,
};
use secrecy::ExposeSecret;

use super::Command;
use super::arguments::{AccountCommand, DeviceCommand, RecoveryCommand};
use super::open::secret;
use super::output::{Output, plain, table};
use super::second_factor;
use super::troubles;
use super::workspace::sync_words;
use crate::dispatch::Caller;
use crate::env::now_ms;
use crate::runtime::App;

pub(super) async fn run(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    match command {
        Command::Register { server, name, password_file, invitation, trust } => {
            let password = secret(password_file.as_deref(), "GROUNDPLAN_PASSWORD", "password")?;
            let account = app
                .run(
                    Caller::CommandLine,
                    AccountRegisterParams {
                        server: server.clone(),
                        name: name.clone(),
                        password: Hidden(password.expose_secret().to_owned()),
                        invitation: invitation.clone().map(Hidden),
                        trust: trust.clone(),
                    },
                )
                .await?;
            output.answer(&account, |account| {
                format!(
                    "Registered {} on {}. Next: groundplan connect.",
                    plain(&account.name),
                    account.server
                )
            });
            Ok(())
        }
        Command::Login { server, name, password_file, trust, code } => {
            let password = secret(password_file.as_deref(), "GROUNDPLAN_PASSWORD", "password")?;
            let params = AccountLoginParams {
                server: server.clone(),
                name: name.clone(),
                password: Hidden(password.expose_secret().to_owned()),
                trust: trust.clone(),
                code: code.clone().map(Hidden),
            };
            let account = app.run(Caller::CommandLine, params).await?;
            output.answer(&account, |account| {
                format!("Signed in as {} on {}.", plain(&account.name), account.server)
            });
            Ok(())
        }
        Command::Connect => {
            let status = app.run(Caller::CommandLine, SyncConnectParams {}).await?;
            output.answer(&status, sync_words);
            Ok(())
        }
        Command::Sync { rescue: true, output: file, .. } => {
            troubles::rescue(app, file.as_deref(), output).await
        }
        Command::Sync { bring_in: true, .. } => troubles::bring_in(app, output).await,
        Command::Sync { held: true, .. } => troubles::held(app, output).await,
        Command::Sync { apply: Some(device), .. } => troubles::decide(app, device, "apply", output).await,
        Command::Sync { undo: Some(device), .. } => troubles::decide(app, device, "undo", output).await,
        Command::Sync { peers: true, .. } => troubles::peers(app, output).await,
        Command::Sync { quarantine: true, .. } => troubles::quarantine(app, output).await,
        Command::Sync { alarm: true, output: file, .. } => {
            troubles::alarm(app, file.as_deref(), output).await
        }
        Command::Sync { settle: Some(alarm), .. } => troubles::settle(app, alarm, output).await,
        Command::Sync { timeout, .. } => {
            let status = app.run(Caller::CommandLine, SyncNowParams { timeout_ms: timeout * 1000 }).await?;
            // A program reads one object: the status that was reached, or the error that says why it was not.
            if status.state == SyncState::UpToDate || !output.is_json() {
                output.answer(&status, sync_words);
            }
            match (status.state, status.problem) {
                (SyncState::UpToDate, _) => Ok(()),
                (_, Some(problem)) => Err(problem),
                (SyncState::LocalOnly, None) => Err(ApiError::new(
                    ErrorCode::NotConnected,
                    "This workspace is on this device only.",
                    "Connect it with `groundplan connect`.",
                )),
                (_, None) => Err(ApiError::new(
                    ErrorCode::Offline,
                    "It is not up to date yet.",
                    "Your changes are safe here; try again when the server can be reached.",
                )),
            }
        }
        Command::Account { command: AccountCommand::SecondFactor { command } } => {
            second_factor::run(app, command, output).await
        }
        Command::Device { command } => device(app, command, output).await,
        Command::Recovery { command } => recovery(app, command, output).await,
        _ => Ok(()),
    }
}

async fn device(app: &Arc<App>, command: &DeviceCommand, output: &Output) -> Result<(), ApiError> {
    match command {
        DeviceCommand::List => {
            let list = app.run(Caller::CommandLine, DeviceListParams {}).await?;
            output.answer(&list, devices);
            Ok(())
        }
        DeviceCommand::Revoke { device } => {
            let params = DeviceRevokeParams { device: device.clone() };
            let list = app.run(Caller::CommandLine, params).await?;
            output.answer(&list, devices);
            Ok(())
        }
        DeviceCommand::Renew => {
            let renewed = app.run(Caller::CommandLine, DeviceRenewParams {}).await?;
            output.answer(&renewed, |renewed| {
                let kept = match renewed.unsent {
                    0 => String::new(),
                    changes => format!(" {changes} change(s) wait: send them then with `groundplan sync --bring-in`."),
                };
                format!(
                    "This device has new keys. Sign in (`groundplan login`), then link it from another of your devices.{kept}"
                )
            });
            Ok(())
        }
        DeviceCommand::Link { code: Some(code), timeout, .. } => {
            let params = DeviceLinkJoinParams { code: Hidden(code.clone()), timeout_ms: timeout * 1000 };
            let workspace = app.run(Caller::CommandLine, params).await?;
            output.answer(&workspace, |w| {
                format!("This device is linked to \u{201c}{}\u{201d}.", plain(&w.name))
            });
            Ok(())
        }
        DeviceCommand::Link { code: None, yes, code_file, timeout } => {
            let code = app.run(Caller::CommandLine, DeviceLinkStartParams {}).await?;
            match code_file {
                Some(file) => std::fs::write(file, &code.code.0).map_err(|error| {
                    ApiError::new(
                        ErrorCode::StorageFailed,
                        format!("{} cannot be written: {error}.", file.display()),
                        "Name another file.",
                    )
                })?,
                None if output.is_json() => output.answer(&code, |_| String::new()),
                None => output.text(&format!(
                    "On the other device: groundplan device link {}\nIt works once, for {} minutes.",
                    code.code.0,
                    code.expires_ms.saturating_sub(now_ms()).div_ceil(60_000)
                )),
            }
            let wait = DeviceLinkWaitParams { timeout_ms: timeout * 1000 };
            let request = app.run(Caller::CommandLine, wait).await?;
            output.note(&format!(
                "\u{201c}{}\u{201d} answered. Both devices show the check digits {}.",
                plain(&request.device_name),
                request.check
            ));
            if !yes {
                confirm("Do they agree, and shall it be let in? [y/N] ")?;
            }
            let params = DeviceLinkConfirmParams { device: request.device };
            let list = app.run(Caller::CommandLine, params).await?;
            output.answer(&list, devices);
            Ok(())
        }
    }
}

fn devices(list: &DeviceList) -> String {
    let rows: Vec<Vec<String>> = list
        .items
        .iter()
        .map(|device| {
            let mark = if device.this { "*" } else { "" };
            let state = if device.active { "active" } else { "revoked" };
            vec![
                format!("{}{mark}", plain(&device.name)),
                device.kind.clone(),
                state.to_owned(),
                format!("{} ({})", plain(&device.member), device.role),
            ]
        })
        .collect();
    format!("{}Safety number: {}", table(&rows), list.safety_number)
}

fn confirm(question: &str) -> Result<(), ApiError> {
    use std::io::{IsTerminal, Write};
    let refuse =
        || ApiError::new(ErrorCode::Cancelled, "The device was not let in.", "Start again with a new code.");
    if !std::io::stdin().is_terminal() {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            "Nobody is here to compare the check digits.",
            "Use --yes in scripts that handed the code over themselves.",
        ));
    }
    let mut errors = std::io::stderr().lock();
    let _ = errors.write_all(question.as_bytes());
    let _ = errors.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|_| refuse())?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(refuse()) }
}

async fn recovery(app: &Arc<App>, command: &RecoveryCommand, output: &Output) -> Result<(), ApiError> {
    match command {
        RecoveryCommand::Create => {
            let code = app.run(Caller::CommandLine, RecoveryCreateParams {}).await?;
            output.answer(&code, |code| {
                format!(
                    "{}\n\nPrint it and keep it away from your devices. It is not shown again.",
                    code.code.0
                )
            });
        }
        RecoveryCommand::Use { code_file, password_file } => {
            sign_in_again(app, password_file.as_deref()).await?;
            let code = secret(code_file.as_deref(), "GROUNDPLAN_RECOVERY_CODE", "recovery code")?;
            let params = RecoveryUseParams { code: Hidden(code.expose_secret().to_owned()), workspace: None };
            let workspace = app.run(Caller::CommandLine, params).await?;
            output.answer(&workspace, |w| format!("Opened \u{201c}{}\u{201d}.", plain(&w.name)));
        }
    }
    Ok(())
}

/// Signs in to the account of `groundplan login`: recovery needs the password in the same process, for a device that
/// the workspace does not know yet.
async fn sign_in_again(app: &Arc<App>, password_file: Option<&Path>) -> Result<(), ApiError> {
    let status = app.run(Caller::CommandLine, AppStatusParams {}).await?;
    let account = status.account.ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotConnected,
            "Nobody is signed in on this device.",
            "Sign in first: groundplan login SERVER NAME.",
        )
    })?;
    let password = secret(password_file, "GROUNDPLAN_PASSWORD", "password")?;
    let password = Hidden(password.expose_secret().to_owned());
    let params =
        AccountLoginParams { server: account.server, name: account.name, password, trust: None, code: None };
    app.run(Caller::CommandLine, params).await.map(drop)
}
