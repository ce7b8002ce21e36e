//! `member`, `role`, `service`, `policy` and `key`.

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, Hidden, InviteCancelParams, InviteList, InviteListParams, KeyRotateParams,
    MemberClearanceParams, MemberConfirmParams, MemberInviteParams, MemberJoinParams, MemberList,
    MemberListParams, MemberRemoveParams, MemberRoleParams, MemberSafetyParams, MemberTransferParams,
    MemberVerifyParams, PolicySetParams, RoleDefineParams, ServiceAddParams, ServiceOpenParams,
    ServiceUseParams,
};

use secrecy::ExposeSecret;

use super::Command;
use super::arguments::{KeyCommand, MemberCommand, PolicyArguments, RoleCommand, ServiceCommand};
use super::open::secret;
use super::output::{Output, plain, table};
use crate::dispatch::Caller::CommandLine;
use crate::runtime::App;

pub(super) async fn run(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    match command {
        Command::Member { command } => member(app, command, output).await,
        Command::Role { command: RoleCommand::Define { name, allow, change } } => {
            let params =
                RoleDefineParams { role: change.clone(), name: name.clone(), permissions: allow.clone() };
            output.answer(&app.run(CommandLine, params).await?, members);
            Ok(())
        }
        Command::Service { command: ServiceCommand::Add { name, role, clearance } } => {
            let params =
                ServiceAddParams { name: name.clone(), role: role.clone(), clearance: clearance.clone() };
            let added = app.run(CommandLine, params).await?;
            output.answer(&added, |added| {
                format!(
                    "{}\n\nThis key is not shown again. Whoever has it is this account.",
                    added.credential.0
                )
            });
            Ok(())
        }
        Command::Service { command: ServiceCommand::Use { key_file } } => {
            let key = secret(key_file.as_deref(), "GROUNDPLAN_SERVICE_KEY", "service key")?;
            let params = ServiceUseParams { credential: Hidden(key.expose_secret().to_owned()) };
            let used = app.run(CommandLine, params).await?;
            output.answer(&used, |used| {
                format!(
                    "This profile is a service's, for the workspace {}. Next: groundplan login, then groundplan service open.",
                    used.workspace
                )
            });
            Ok(())
        }
        Command::Service { command: ServiceCommand::Open } => {
            let workspace = app.run(CommandLine, ServiceOpenParams {}).await?;
            output.answer(&workspace, |w| format!("Opened \u{201c}{}\u{201d}.", plain(&w.name)));
            Ok(())
        }
        Command::Policy(arguments) => policy(app, arguments, output).await,
        Command::Key { command: KeyCommand::Rotate { level } } => {
            let list = app.run(CommandLine, KeyRotateParams { levels: level.clone() }).await?;
            output.answer(&list, keys);
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn member(app: &Arc<App>, command: &MemberCommand, output: &Output) -> Result<(), ApiError> {
    let list = match command {
        MemberCommand::List => app.run(CommandLine, MemberListParams {}).await?,
        MemberCommand::Safety { member } => {
            let safety = app.run(CommandLine, MemberSafetyParams { member: member.clone() }).await?;
            output.answer(&safety, |safety| {
                format!(
                    "{}\nBoth of you must see the same digits with {}.",
                    safety.number,
                    plain(&safety.name)
                )
            });
            return Ok(());
        }
        MemberCommand::Verify { member, number, .. } => {
            let (member, safety_number) = (member.clone(), number.clone().unwrap_or_default());
            app.run(CommandLine, MemberVerifyParams { member, safety_number }).await?
        }
        MemberCommand::Confirm { member, number, name } => {
            let (member, safety_number, name) = (member.clone(), number.clone(), name.clone());
            app.run(CommandLine, MemberConfirmParams { member, safety_number, name }).await?
        }
        MemberCommand::Remove { member } => {
            app.run(CommandLine, MemberRemoveParams { member: member.clone() }).await?
        }
        MemberCommand::Role { member, role } => {
            app.run(CommandLine, MemberRoleParams { member: member.clone(), role: role.clone() }).await?
        }
        MemberCommand::Clearance { member, level } => {
            let params = MemberClearanceParams { member: member.clone(), clearance: level.clone() };
            app.run(CommandLine, params).await?
        }
        MemberCommand::Transfer { member } => {
            app.run(CommandLine, MemberTransferParams { member: member.clone() }).await?
        }
        MemberCommand::Invitations { cancel } => {
            let list = match cancel {
                Some(invite) => app.run(CommandLine, InviteCancelParams { invite: invite.clone() }).await?,
                None => app.run(CommandLine, InviteListParams {}).await?,
            };
            output.answer(&list, invitations);
            return Ok(());
        }
        MemberCommand::Invite { role, clearance, days } => {
            let params = MemberInviteParams { role: role.clone(), clearance: clearance.clone(), days: *days };
            let link = app.run(CommandLine, params).await?;
            output.answer(&link, |link| {
                format!("{}\n\nHand it over by a way the server does not see. It works once.", link.link.0)
            });
            return Ok(());
        }
        MemberCommand::Join { link, name } => {
            let params = MemberJoinParams { link: Hidden(link.clone()), name: name.clone(), timeout_ms: 0 };
            let workspace = app.run(CommandLine, params).await?;
            output.answer(&workspace, |w| format!("You are a member of \u{201c}{}\u{201d}.", plain(&w.name)));
            return Ok(());
        }
    };
    output.answer(&list, members);
    Ok(())
}

async fn policy(app: &Arc<App>, arguments: &PolicyArguments, output: &Output) -> Result<(), ApiError> {
    let params = PolicySetParams {
        second_factor_required: arguments.second_factor,
        sign_in: arguments.sign_in.clone(),
        max_offline_days: arguments.max_offline_days,
        export: arguments.export.clone(),
        rotate_after_days: arguments.rotate_after_days,
    };
    let nothing = params.second_factor_required.is_none()
        && params.sign_in.is_none()
        && params.max_offline_days.is_none()
        && params.export.is_none()
        && params.rotate_after_days.is_none();
    let list = match nothing {
        true => app.run(CommandLine, MemberListParams {}).await?,
        false => app.run(CommandLine, params).await?,
    };
    output.answer(&list.policy, |policy| {
        let days = |days: Option<u32>| days.map_or("no limit".to_owned(), |days| format!("{days} days"));
        table(&[
            vec!["second factor required".to_owned(), policy.second_factor_required.to_string()],
            vec!["sign in by".to_owned(), policy.sign_in.join(", ")],
            vec!["offline at most".to_owned(), days(policy.max_offline_days)],
            vec!["export allowed for".to_owned(), policy.export.join(", ")],
            vec!["keys are rotated after".to_owned(), days(policy.rotate_after_days)],
        ])
    });
    Ok(())
}

fn members(list: &MemberList) -> String {
    let mut rows: Vec<Vec<String>> = list
        .items
        .iter()
        .map(|member| {
            vec![
                format!("{}{}", plain(&member.name), if member.you { "*" } else { "" }),
                plain(&member.role_name),
                member.clearance.last().cloned().unwrap_or_default(),
                match (member.active, member.service) {
                    (false, _) => "removed".to_owned(),
                    (true, true) => "service".to_owned(),
                    (true, false) => format!("{} device(s)", member.devices),
                },
                match member.compared {
                    None => String::new(),
                    Some(true) => "safety number compared".to_owned(),
                    Some(false) => "new device since the safety number was compared".to_owned(),
                },
            ]
        })
        .collect();
    for newcomer in &list.waiting {
        rows.push(vec![
            newcomer.id.clone(),
            newcomer.role.clone(),
            newcomer.clearance.last().cloned().unwrap_or_default(),
            format!("waits; safety number {}", newcomer.safety_number),
            String::new(),
        ]);
    }
    table(&rows) + &keys(list)
}

fn keys(list: &MemberList) -> String {
    let rows: Vec<Vec<String>> = list
        .keys
        .iter()
        .map(|key| {
            let due = if key.rotation_due { "rotation due" } else { "" };
            let held = if key.held { "held here" } else { "not yours" };
            vec![
                format!("key {}", key.level),
                format!("epoch {}", key.epoch),
                held.to_owned(),
                due.to_owned(),
            ]
        })
        .collect();
    table(&rows)
}

fn invitations(list: &InviteList) -> String {
    let rows: Vec<Vec<String>> = list
        .items
        .iter()
        .map(|invite| {
            let level = invite.clearance.last().cloned().unwrap_or_default();
            vec![invite.id.clone(), invite.state.clone(), plain(&invite.role), level, plain(&invite.inviter)]
        })
        .collect();
    if rows.is_empty() { "There are no invitations.".to_owned() } else { table(&rows) }
}
