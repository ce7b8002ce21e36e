//! Problem details (RFC 9457) and the stable codes that server and client share.
//!
//! Texts shown to people come from the interface's catalogue by code; `detail` is the English fallback.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $status:literal, $retry:literal;)*) => {
        /// Why a server refused; the text form is stable and documented.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
        #[cbor(index_only)]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($(#[$doc])* #[n($number)] #[serde(rename = $text)] $name,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the stable text form.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// Returns the HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// Says whether trying the same request again later can succeed.
            pub fn may_retry(self) -> bool {
                match self { $(Self::$name => $retry),* }
            }
        }
    };
}

codes! {
    /// The request could not be read.
    Malformed = 0, "malformed", 400, false;
    /// A field has a value that is not allowed.
    Invalid = 1, "invalid", 422, false;
    /// The message is over a limit.
    TooLarge = 2, "too_large", 413, false;
    /// No credentials, or none that are accepted.
    Unauthenticated = 3, "unauthenticated", 401, false;
    /// The access token has expired: refresh it.
    TokenExpired = 4, "token_expired", 401, false;
    /// The refresh token was used before; the whole family is revoked.
    RefreshReused = 5, "refresh_reused", 401, false;
    /// The user name or password is wrong (or there is no such account: the answers are the same).
    LoginFailed = 6, "login_failed", 401, false;
    /// The device's answer to the challenge is wrong or late.
    ChallengeFailed = 7, "challenge_failed", 401, false;
    /// Authenticated, but not allowed to do this.
    Forbidden = 8, "forbidden", 403, false;
    /// The device was revoked or its member removed.
    DeviceRevoked = 9, "device_revoked", 403, false;
    /// The server takes no registrations, or only invited ones.
    RegistrationClosed = 10, "registration_closed", 403, false;
    /// The invitation is unknown, used or expired.
    InviteInvalid = 11, "invite_invalid", 403, false;
    /// There is no such thing, or it is not visible to this caller.
    NotFound = 12, "not_found", 404, false;
    /// It exists already.
    Exists = 13, "exists", 409, false;
    /// The membership log has moved on: pull it, rebuild the entry, try again.
    LogHeadMoved = 14, "log_head_moved", 409, false;
    /// The entry breaks a rule of the membership log.
    EntryRefused = 15, "entry_refused", 422, false;
    /// The envelope is sealed under an older epoch: pull the log and seal again.
    EpochStale = 16, "epoch_stale", 409, false;
    /// The envelope names a log entry that the server does not have.
    LogUnknown = 17, "log_unknown", 409, false;
    /// The envelope failed a check (structure, membership or signature).
    EnvelopeRefused = 18, "envelope_refused", 422, false;
    /// The envelope does not continue its author's stream (a sequence number is missing or used).
    StreamGap = 19, "stream_gap", 409, false;
    /// The rotation's cut does not match the documents any more: pull and build it again.
    CutMoved = 20, "cut_moved", 409, false;
    /// An idempotency key was used with another request.
    IdempotencyMismatch = 21, "idempotency_mismatch", 422, false;
    /// `If-Match` or another precondition failed.
    PreconditionFailed = 22, "precondition_failed", 412, false;
    /// The workspace's quota is used up; reading still works.
    QuotaExceeded = 23, "quota_exceeded", 403, false;
    /// Too many requests; wait for `retry_after_ms`.
    RateLimited = 24, "rate_limited", 429, true;
    /// The server's disk is full.
    StorageFull = 25, "storage_full", 507, true;
    /// The server cannot answer now (starting, stopping, store away).
    Unavailable = 26, "unavailable", 503, true;
    /// The protocol version is not supported by this server.
    VersionUnsupported = 27, "version_unsupported", 400, false;
    /// The credit for messages is used up, or a frame came out of turn.
    ProtocolViolation = 28, "protocol_violation", 400, false;
    /// The method is not allowed on this path.
    MethodNotAllowed = 29, "method_not_allowed", 405, false;
    /// The content type is not accepted.
    UnsupportedMediaType = 30, "unsupported_media_type", 415, false;
    /// The server met an error of its own; its log has it under the request id.
    Internal = 31, "internal", 500, true;
    /// The entry's kind is valid but not yet supported by this version.
    NotSupported = 32, "not_supported", 501, false;
    /// The password is right, and the account or the workspace asks for a second factor too.
    SecondFactorRequired = 33, "second_factor_required", 403, false;
    /// The code of the second factor is wrong, too old, or was used before.
    SecondFactorWrong = 34, "second_factor_wrong", 401, false;
}

impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A problem document, `application/problem+json` over REST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI reference naming the kind of problem: `urn:groundplan:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short summary, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: ProblemCode,
    /// What happened to which thing, and what to do; never secrets or content.
    pub detail: String,
    /// The request's id, as in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When trying again makes sense, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The field at fault, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    /// Media type of a problem document.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// Makes a problem with the code's own type, title and status.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:groundplan:problem:{code}"),
            title: code.as_str().replace('_', " "),
            status: code.status(),
            code,
            detail: detail.into(),
            request_id: None,
            retry_after_ms: None,
            field: None,
        }
    }

    /// Adds the time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }
}
