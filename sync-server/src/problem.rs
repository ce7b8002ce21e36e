//! From errors to problem documents (RFC 9457). Each error turns into one code here and nowhere else.
//!
//! Causes are logged where this happens, once; callers get the code, what happened and what to do.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use groundplan_shared::wire::{Problem, ProblemCode};

use crate::store::{Conflict, Entity, StoreError};

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: ProblemCode,
    /// What happened to which thing, then what to do.
    pub detail: String,
    /// When trying again makes sense, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_ms: None }
    }

    /// The refusal for too many requests.
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        Self {
            code: ProblemCode::RateLimited,
            detail: "there were too many requests; wait as long as retry_after_ms says and try again"
                .to_owned(),
            retry_after_ms: Some(retry_after_ms.max(1)),
        }
    }

    /// The caller's device was revoked, or its member removed.
    pub fn shut_out() -> Self {
        let detail = "this device is no longer active in the workspace; its unsent work is kept on it";
        Self::new(ProblemCode::DeviceRevoked, detail)
    }

    /// The refusal for a thing that is not there or not this caller's to see; the two look the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            ProblemCode::NotFound,
            format!("there is no such {what} for this device; check the id, or ask a member to add you"),
        )
    }

    /// The refusal for missing or wrong credentials.
    pub fn unauthenticated() -> Self {
        Self::new(ProblemCode::Unauthenticated, "this request needs a valid access token; sign in again")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        use ProblemCode as Code;
        match error {
            StoreError::NotFound(entity) => Self::not_found(match entity {
                Entity::Account => "account",
                Entity::Invitation => "invitation",
                Entity::Device => "device",
                Entity::RefreshFamily => "session",
                Entity::Workspace => "workspace",
                Entity::Mailbox => "mailbox",
                Entity::Blob => "blob",
            }),
            StoreError::Conflict(conflict) => conflict.into(),
            StoreError::Unavailable(_) => {
                log(&error);
                let detail = "the server's database cannot be reached now; try again in a moment";
                Self { retry_after_ms: Some(1000), ..Self::new(Code::Unavailable, detail) }
            }
            StoreError::Full(_) => {
                log(&error);
                let detail = "the server's disk is full; reading still works; its operator must make room";
                Self { retry_after_ms: Some(60_000), ..Self::new(Code::StorageFull, detail) }
            }
            StoreError::Corrupt { .. } | StoreError::Backend(_) => {
                log(&error);
                let detail = "the server failed; its log has the cause under this request id";
                Self { retry_after_ms: Some(5000), ..Self::new(Code::Internal, detail) }
            }
        }
    }
}

impl From<Conflict> for Refusal {
    fn from(conflict: Conflict) -> Self {
        use ProblemCode as Code;
        match conflict {
            Conflict::NameTaken => Self::new(Code::Exists, "this name is taken; choose another"),
            Conflict::InvitationSpent => Self::new(
                Code::InviteInvalid,
                "the invitation is unknown, used or expired; ask for a new one",
            ),
            Conflict::DeviceExists => Self::new(
                Code::Exists,
                "this device key is registered with another account; make a new device key for this account",
            ),
            Conflict::DeviceRevoked => Self::new(
                Code::DeviceRevoked,
                "this device was revoked; enrol it again with new keys, its unsent work is kept on it",
            ),
            Conflict::WorkspaceExists => Self::new(
                Code::Exists,
                "a workspace of this id exists with another log; check the server address",
            ),
            Conflict::HeadMoved { length, .. } => Self::new(
                Code::LogHeadMoved,
                format!(
                    "the membership log has {length} entries now; pull it, rebuild the entry and try again"
                ),
            ),
            Conflict::CompartmentDiffers { .. } => Self::new(
                Code::EnvelopeRefused,
                "the document is of another classification; a document never changes it, a new one takes its place",
            ),
            Conflict::CutMoved => Self::new(
                Code::CutMoved,
                "documents changed since the key rotation was built; pull them, build it again and try again",
            ),
            Conflict::ChainBroken { last_dev_seq, .. } => Self::new(
                Code::StreamGap,
                format!(
                    "the envelope does not continue its stream, whose last number is {last_dev_seq}; push from there"
                ),
            ),
            Conflict::QuotaExceeded { limit_bytes } => Self::new(
                Code::QuotaExceeded,
                format!(
                    "the workspace holds the {limit_bytes} bytes that this server allows; reading still works"
                ),
            ),
            Conflict::MessageDiffers => {
                Self::new(Code::Exists, "another message has this number in the mailbox; start pairing again")
            }
            Conflict::BlobDiffers => Self::new(
                Code::Exists,
                "a blob of this id is there with other bytes; if they are bad, declare it unused and put it again",
            ),
            Conflict::MailboxFull => {
                Self::new(Code::TooLarge, "the mailbox holds as many messages as it may; start pairing again")
            }
            Conflict::TooMany { limit } => Self::new(
                Code::QuotaExceeded,
                format!(
                    "there are {limit} already, which is the most that this server allows; delete some or wait"
                ),
            ),
        }
    }
}

fn log(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(store.error = %error, store.cause = cause, "the store failed: {error}");
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let mut problem = Problem::new(self.code, self.detail);
        problem.retry_after_ms = self.retry_after_ms;
        let mut response = respond(&problem);
        // Left for the outermost layer, which knows the request's id.
        response.extensions_mut().insert(problem);
        response
    }
}

/// Renders a problem document.
pub(crate) fn respond(problem: &Problem) -> Response<Body> {
    let body = serde_json::to_vec(problem).expect("invariant: a problem document is plain data");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).expect("invariant: the table of codes holds valid statuses");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
    if let Some(wait) = problem.retry_after_ms {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1000)));
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stay_inside_and_statuses_fit() {
        let check = |error: StoreError, status: u16| {
            let response = Refusal::from(error).into_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        };
        check(StoreError::NotFound(Entity::Workspace), 404);
        check(StoreError::Unavailable("password=hunter2".into()), 503);
        check(StoreError::Full("x".into()), 507);
        check(StoreError::Backend("x".into()), 500);
        check(StoreError::Conflict(Conflict::NameTaken), 409);
        let refusal = Refusal::from(StoreError::Backend("password=hunter2".into()));
        assert!(!refusal.detail.contains("hunter2"));
        assert_eq!(Refusal::rate_limited(1500).into_response().headers()[header::RETRY_AFTER], "2");
        for code in ProblemCode::ALL {
            assert!(StatusCode::from_u16(code.status()).is_ok());
        }
    }
}
