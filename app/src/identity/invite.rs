//! Inviting a person and accepting an invitation. The link holds a secret that the server never sees; whoever joins
//! proves it in the log, and the inviter's device then hands over the keys by itself (`sync::confirm`).
//!
//! Not here: the rules of invitations (`groundplan_shared::membership`).

use std::sync::Arc;
use std::time::Duration;

use groundplan_shared::api::{
    ApiError, ErrorCode, Event, Hidden, InviteLink, JobProgress, MemberInviteParams, MemberJoinParams,
    WorkspaceView,
};
use groundplan_shared::crypto::safe::names::NameOf;
use groundplan_shared::crypto::safe::{InviteSecret, InviteTicket};
use groundplan_shared::membership::build::next_entry;
use groundplan_shared::membership::{Body, Invite, Join, MembershipState, apply};
use groundplan_shared::wire::rest::{InviteAccessParams, LogAppendParams};
use groundplan_shared::wire::{InviteId, MemberId};
use ring::rand::SystemRandom;
use tokio::time::{Instant, sleep};

use super::account::{self, Session};
use super::adopt;
use super::device::no_randomness;
use super::link::qr;
use super::membership::{append, blocking, collect, failed, load, sync_failed, verify};
use super::roster::newcomers_number;
use super::words::{clearance_of, field, role_of};
use crate::net::ServerAddress;
use crate::runtime::App;
use crate::sync::run;

/// Log entries after which an invitation ends, whatever the date.
const ENTRIES: u64 = 10_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Time between two looks for the confirmation.
const LOOK: Duration = Duration::from_secs(1);
const SCHEME: &str = "groundplan://join#";

/// Invites a person to the open workspace.
pub async fn invite(app: &Arc<App>, params: MemberInviteParams) -> Result<InviteLink, ApiError> {
    let days = if params.days == 0 { 7 } else { params.days };
    let workspace = app.workspace()?;
    let (known, record) = load(&workspace)?;
    let role = role_of(&workspace, &known, &params.role)?;
    let clearance = clearance_of(&params.clearance)?;
    let Some(server_url) = record.server_url.filter(|_| record.uploaded) else {
        return Err(ApiError::new(
            ErrorCode::NotConnected,
            "The workspace is on this device only, so nobody can join it.",
            "Upload it first with `groundplan sync --connect`.",
        ));
    };
    let random = SystemRandom::new();
    let secret = InviteSecret::make(&random).map_err(no_randomness)?;
    let invite = InviteId(crate::env::make_uuid().into_bytes());
    let now_ms = crate::env::now_ms();
    let expires_ms = now_ms + u64::from(days) * DAY_MS;
    // Kept before it is announced: without it, nobody could open the newcomer's name.
    let (files, kept) = (Arc::clone(&workspace), secret.clone());
    blocking(move || run(&*files, |tx| tx.put_invite_secret(invite, &kept, expires_ms)).map_err(sync_failed))
        .await?;
    let (own, key) = (Arc::clone(app.device().keys()), secret.public());
    let state = append(app, &workspace, move |_, state| {
        let expires_index = state.head_index() + ENTRIES;
        let body = Invite { invite, key, role, clearance, expires_index, expires_ms, bound_to: None };
        Ok(next_entry(state, &own, now_ms, Body::Invite(body)))
    })
    .await?;
    let ticket = InviteTicket {
        server_url,
        workspace: state.workspace(),
        invite,
        genesis: state.genesis_hash(),
        secret,
    };
    let link = format!("{SCHEME}{}", ticket.to_text().as_str());
    app.net.start(app);
    Ok(InviteLink { qr_svg: qr(&link), link: Hidden(link), expires_ms })
}

/// Reads the log and verifies it against the link: as somebody who has joined, or with the invitation's secret.
async fn fetch(
    app: &App,
    session: &Session,
    ticket: &InviteTicket,
) -> Result<(MembershipState, Vec<Vec<u8>>), ApiError> {
    let joined = collect(|after| {
        let session = session.clone();
        async move { session.rest.log(ticket.workspace, after, session.bearer()).await }
    })
    .await;
    let entries = match joined {
        Err(error) if error.code == ErrorCode::NotFound => {
            let device = app.device().keys().id();
            let signature =
                ticket.secret.sign_access(&session.server, &ticket.workspace, &ticket.invite, &device);
            let params = InviteAccessParams { invite: ticket.invite, device, signature };
            collect(|after| {
                let (session, params) = (session.clone(), params.clone());
                async move { session.rest.invite_access(ticket.workspace, &params, after, session.bearer()).await }
            })
            .await?
        }
        other => other?,
    };
    Ok((verify(ticket.workspace, Some(ticket.genesis), &entries)?, entries))
}

fn join_entry(
    app: &App,
    state: &MembershipState,
    ticket: &InviteTicket,
    name: &str,
) -> Result<Vec<u8>, ApiError> {
    let (random, device) = (SystemRandom::new(), app.device());
    let own = device.keys();
    let member = MemberId(uuid::Builder::from_random_bytes(crate::env::random()).into_uuid().into_bytes());
    let device_name = crate::ops::app::device_name(app)?;
    let seal = |of, text: &str| ticket.secret.seal_name(&ticket.workspace, of, text, &random).map_err(failed);
    let join = Join {
        invite: ticket.invite,
        member,
        device: own.public(),
        invite_signature: ticket.secret.sign_join(&ticket.workspace, &ticket.invite, &member, &own.public()),
        member_name: seal(NameOf::Member(member.0), name)?,
        device_name: seal(NameOf::Device(own.id().0), &device_name)?,
    };
    Ok(next_entry(state, own, crate::env::now_ms(), Body::Join(join)))
}

/// Shows the number to compare while somebody has to let this person in: as progress of the job `member/join`.
fn tell(app: &App, detail: String) {
    let (job, step) = ("member/join".to_owned(), "wait".to_owned());
    app.emit(Event::Job(JobProgress { job, step, done: 0, total: 0, detail }));
}

/// Accepts an invitation: joins, then waits until the inviter's device has handed over the keys.
///
/// Safe to repeat with the same link: a join that went through is not made twice.
pub async fn join(app: &Arc<App>, params: MemberJoinParams) -> Result<WorkspaceView, ApiError> {
    let text = params.link.0.trim();
    let bare = text.rsplit_once('#').map_or(text, |(_, ticket)| ticket);
    let ticket = InviteTicket::parse(bare)
        .map_err(|_| field("link", "The invitation cannot be read.", "Copy the whole link, to its end."))?;
    groundplan_shared::validate::check_name("name", &params.name)?;
    let address = ServerAddress::parse(&ticket.server_url)?;
    let session = account::session(app).await?;
    if session.address != address {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("The invitation is for {address}, but this device is signed in to {}.", session.address),
            "Sign in to the invitation's server first, or use another profile.",
        ));
    }
    let timeout_ms = if params.timeout_ms == 0 { 60_000 } else { params.timeout_ms };
    let until = Instant::now() + Duration::from_millis(timeout_ms);
    let own = app.device().keys().id();
    let mut told = None;
    loop {
        let (state, entries) = fetch(app, &session, &ticket).await?;
        if state.active(&own).is_some() {
            return adopt::workspace(app, &session, state, entries, "Shared workspace").await;
        }
        if !state.pending().any(|(_, pending)| pending.device == own) {
            let entry = join_entry(app, &state, &ticket, &params.name)?;
            apply(&state, &entry).map_err(|refusal| {
                ApiError::new(ErrorCode::ServerRefused, format!("{refusal}."), "Ask for a new invitation.")
            })?;
            match session
                .rest
                .append(ticket.workspace, &LogAppendParams { entry: entry.into() }, session.bearer())
                .await
            {
                Ok(_) => {}
                Err(error) if error.code == ErrorCode::Conflict => continue,
                Err(error) => return Err(error),
            }
        }
        let number = newcomers_number(&state, &app.device().keys().public());
        if told.as_ref() != Some(&number) {
            tell(app, number.clone());
            told = Some(number.clone());
        }
        if Instant::now() >= until {
            return Err(ApiError::new(
                ErrorCode::Conflict,
                "You have joined, and the device that invited you has not let you in yet.",
                format!(
                    "Ask for it to be online, then use the same link again. Or read your safety number to an \
                     administrator who confirms you by hand: {number}",
                ),
            ));
        }
        sleep(LOOK).await;
    }
}
