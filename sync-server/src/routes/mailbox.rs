//! Pairing mailboxes: sealed messages between two devices that share a secret. The id is all that gives access.

use axum::{Json, extract::State};
use groundplan_shared::wire::{
    MailboxId, ProblemCode,
    cbor::Blob,
    limits::{MAILBOX_MESSAGE_BYTES, MAILBOX_MESSAGES},
    rest::{MailboxGetResponse, MailboxMessage, MailboxPutParams, MailboxPutResponse, MailboxSide},
};
use serde::Deserialize;

use crate::{
    app::App,
    caller::SignInAttempt,
    http::extract::{JsonBody, PathParams, QueryParams},
    problem::Refusal,
    store::{MailboxFrom, MailboxPut, StoreError},
};

fn number(side: MailboxSide) -> u8 {
    match side {
        MailboxSide::Existing => 0,
        MailboxSide::New => 1,
    }
}

fn ms(time: i64) -> u64 {
    u64::try_from(time).unwrap_or_default()
}

/// Leaves a message.
pub(super) async fn put(
    _: SignInAttempt,
    State(app): State<App>,
    PathParams(mailbox): PathParams<MailboxId>,
    JsonBody(params): JsonBody<MailboxPutParams>,
) -> Result<Json<MailboxPutResponse>, Refusal> {
    if params.sealed.len() > MAILBOX_MESSAGE_BYTES {
        let detail = format!("a mailbox message may have {MAILBOX_MESSAGE_BYTES} bytes; send less");
        return Err(Refusal::new(ProblemCode::TooLarge, detail));
    }
    let now = app.clock.now_ms();
    let put = MailboxPut {
        at: MailboxFrom { mailbox, side: number(params.side), sequence: params.sequence },
        message: params.sealed.0,
        limit_messages: MAILBOX_MESSAGES as u64,
        limit_mailboxes: u64::from(app.config.limits.mailboxes),
        now,
        expires_at: now + i64::from(app.config.limits.mailbox_minutes) * 60_000,
    };
    let expires = app.store.put_message(put).await?;
    Ok(Json(MailboxPutResponse { expires_ms: ms(expires) }))
}

/// Which messages are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailboxQuery {
    side: MailboxSide,
    /// From this number on.
    #[serde(default)]
    after: u32,
}

/// Reads one side's messages.
pub(super) async fn get(
    State(app): State<App>,
    PathParams(mailbox): PathParams<MailboxId>,
    QueryParams(query): QueryParams<MailboxQuery>,
) -> Result<Json<MailboxGetResponse>, Refusal> {
    let now = app.clock.now_ms();
    let from = MailboxFrom { mailbox, side: number(query.side), sequence: query.after };
    let (messages, expires) = match app.store.messages(from, now).await {
        Ok(found) => found,
        // Whoever waits for the first message asks before there is a mailbox.
        Err(StoreError::NotFound(_)) => {
            (Vec::new(), now + i64::from(app.config.limits.mailbox_minutes) * 60_000)
        }
        Err(error) => return Err(error.into()),
    };
    let messages =
        messages.into_iter().map(|(sequence, sealed)| MailboxMessage { sequence, sealed: Blob(sealed) });
    Ok(Json(MailboxGetResponse { messages: messages.collect(), expires_ms: ms(expires) }))
}
