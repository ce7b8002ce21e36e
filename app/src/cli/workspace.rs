//! `init`, `status`, `use`, `doctor` and `call`.

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, AppStatus, AppStatusParams, COMMANDS, ErrorCode, SyncState, SyncStatus, WorkspaceCreateParams,
    WorkspaceOpenParams, WorkspaceSampleParams,
};

use super::output::{Output, plain, table};
use super::{Arguments, Command, open};
use crate::dispatch::Caller;
use crate::host::Host;
use crate::profile::Dirs;
use crate::runtime::App;

pub(super) async fn init(arguments: &Arguments, output: &Output) -> Result<(), ApiError> {
    let Command::Init { name, named, sample, use_passphrase } = &arguments.command else { return Ok(()) };
    let app = open::app_with(arguments, true, *use_passphrase)?;
    let created = if *sample {
        app.run(Caller::CommandLine, WorkspaceSampleParams {}).await?
    } else {
        let name = named.clone().unwrap_or_else(|| name.clone());
        app.run(Caller::CommandLine, WorkspaceCreateParams { name }).await?
    };
    output.answer(&created, |created| {
        format!(
            "Created the workspace \u{201c}{}\u{201d} in {}.\nNext: groundplan import FILE, or groundplan agent.",
            plain(&created.name),
            app.profile().dirs().data().display()
        )
    });
    Ok(())
}

pub(super) async fn status(app: &Arc<App>, output: &Output) -> Result<(), ApiError> {
    let status = app.run(Caller::CommandLine, AppStatusParams {}).await?;
    output.answer(&status, people);
    Ok(())
}

fn people(status: &AppStatus) -> String {
    let mut rows = vec![
        vec!["Profile".to_owned(), format!("{} in {}", status.profile, status.data_dir)],
        vec!["Key".to_owned(), status.key_storage.clone()],
        vec!["Device".to_owned(), plain(&status.device_name)],
    ];
    if let Some(account) = &status.account {
        let state = if account.signed_in { "signed in" } else { "signed out" };
        rows.push(vec![
            "Account".to_owned(),
            format!("{} on {} ({state})", plain(&account.name), account.server),
        ]);
    }
    for workspace in &status.workspaces {
        let mark = if status.open == Some(workspace.id) { "Workspace *" } else { "Workspace" };
        rows.push(vec![
            mark.to_owned(),
            format!("{}: {}", plain(&workspace.name), sync_words(&workspace.sync)),
        ]);
    }
    table(&rows)
}

/// Says in words how synchronisation stands.
pub(super) fn sync_words(status: &SyncStatus) -> String {
    let changes = |n: u64| if n == 1 { "1 change".to_owned() } else { format!("{n} changes") };
    match status.state {
        SyncState::LocalOnly => "on this device only".to_owned(),
        SyncState::Offline if status.waiting == 0 => "offline".to_owned(),
        SyncState::Offline => format!("offline, {} waiting", changes(status.waiting)),
        SyncState::Connecting => "connecting".to_owned(),
        SyncState::Syncing => format!("synchronising {} of {}", status.done, status.total),
        SyncState::UpToDate => match &status.last_heard {
            Some((device, _)) => format!("up to date, last heard from {}", plain(device)),
            None => "up to date".to_owned(),
        },
        SyncState::Problem => match &status.problem {
            Some(problem) => format!("{} {}", plain(&problem.message), plain(&problem.hint)),
            None => "there is a problem".to_owned(),
        },
    }
}

pub(super) async fn choose(app: &Arc<App>, named: &str, output: &Output) -> Result<(), ApiError> {
    let workspace = open::find_workspace(app, named).await?;
    let view = app.run(Caller::CommandLine, WorkspaceOpenParams { id: workspace.id }).await?;
    output.answer(&view, |view| format!("Working on \u{201c}{}\u{201d}.", plain(&view.name)));
    Ok(())
}

pub(super) async fn call(
    host: &Arc<Host>,
    method: &str,
    params: &str,
    output: &Output,
) -> Result<(), ApiError> {
    if method == "help" {
        let rows: Vec<Vec<String>> =
            COMMANDS.iter().map(|row| vec![row.method.to_owned(), row.summary.to_owned()]).collect();
        output.text(&table(&rows));
        return Ok(());
    }
    let params = serde_json::from_str(params).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidInput,
            format!("The parameters are no JSON: {error}."),
            "Quote them: '{\"id\": …}'.",
        )
    })?;
    let answer = host.call(Caller::CommandLine, method, params).await?;
    output.text(&serde_json::to_string_pretty(&answer).expect("an answer is JSON"));
    Ok(())
}

/// Looks at everything without changing it, and says what is wrong.
pub(super) fn doctor(arguments: &Arguments, output: &Output) -> Result<(), ApiError> {
    let dirs = Dirs::find(arguments.profile.as_deref(), arguments.data_dir.as_deref()).map_err(|error| {
        ApiError::new(ErrorCode::InvalidInput, format!("{error}."), "Name another profile.")
    })?;
    output.note(&format!(
        "Looking at the profile \u{201c}{}\u{201d} in {}.",
        dirs.profile(),
        dirs.data().display()
    ));
    let app = open::app(arguments, false)?;
    let workspaces: Vec<(groundplan_shared::model::WorkspaceId, String)> =
        crate::ops::workspace::all(&app)?.into_iter().map(|row| (row.id, row.name)).collect();
    let mut rows = vec![vec!["profile".to_owned(), "opens".to_owned()]];
    let mut first = None;
    for (id, name) in workspaces {
        let found = app.workspace_files(id).and_then(|workspace| {
            Ok(workspace.read(|tx| {
                let broken: String = tx.sql().query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
                let pages: Vec<String> = {
                    let mut statement = tx.sql().prepare("PRAGMA cipher_integrity_check")?;
                    let rows = statement.query_map([], |row| row.get(0))?;
                    rows.collect::<Result<_, _>>()?
                };
                Ok(if broken == "ok" { pages } else { vec![broken] })
            })?)
        });
        let verdict = match found {
            Ok(problems) if problems.is_empty() => "whole".to_owned(),
            Ok(problems) => {
                first.get_or_insert_with(|| {
                    ApiError::new(
                        ErrorCode::StoreCorrupt,
                        format!("The store of \u{201c}{name}\u{201d} is damaged."),
                        "Keep the file as it is; a synchronised workspace can be fetched again by another device.",
                    )
                });
                problems.join("; ")
            }
            Err(error) => {
                let verdict = error.message.clone();
                first.get_or_insert(error);
                verdict
            }
        };
        rows.push(vec![plain(&name), verdict]);
    }
    output.answer(&rows, |rows| table(rows));
    first.map_or(Ok(()), Err)
}
