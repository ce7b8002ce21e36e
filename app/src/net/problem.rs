//! A server's refusal, and failures on the way to it, in words for people.
//!
//! Not here: refusals on the socket, which the state machine judges (`sync::status`).

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::wire::{Problem, ProblemCode};

/// Turns a problem document into the error that commands answer with.
pub(super) fn refused(problem: &Problem) -> ApiError {
    use ProblemCode as P;
    if let P::QuotaExceeded | P::StorageFull = problem.code
        && let Some(told) = crate::sync::status::hurdle_of(problem.code, &problem.detail)
    {
        // The same words as where the socket is refused.
        return told;
    }
    let (code, message, hint) = match problem.code {
        P::LoginFailed => (
            ErrorCode::NotAllowed,
            "The name or the password is wrong.".to_owned(),
            "Check both and try again. Your data on this device is not affected.",
        ),
        P::SecondFactorRequired => {
            return at_code(
                ErrorCode::NotAllowed,
                "The account has a second factor.",
                "Give the code that its authenticator shows now (--code on the command line).",
            );
        }
        P::SecondFactorWrong => {
            return at_code(
                ErrorCode::InvalidInput,
                "The code is wrong, too old, or was used before.",
                "Give the next one that the authenticator shows; check the clock of the device it is on.",
            );
        }
        P::Unauthenticated | P::TokenExpired | P::RefreshReused | P::ChallengeFailed => (
            ErrorCode::NotConnected,
            "The sign-in of this device has ended.".to_owned(),
            "Sign in again with `groundplan login`. Everything you do meanwhile is kept on this device.",
        ),
        P::RegistrationClosed => (
            ErrorCode::ServerRefused,
            "This server takes no registration, or only invited ones.".to_owned(),
            "Ask its administrator for an invitation, and give it when registering.",
        ),
        P::InviteInvalid => (
            ErrorCode::ServerRefused,
            "The invitation is not valid (any more).".to_owned(),
            "Ask for a new one; each works once and for a limited time.",
        ),
        P::Exists => (
            ErrorCode::Conflict,
            "That name is taken on this server.".to_owned(),
            "Choose another name, or sign in if it is yours.",
        ),
        P::RateLimited => {
            let seconds = problem.retry_after_ms.unwrap_or(1_000).div_ceil(1_000);
            (
                ErrorCode::RateLimited,
                format!("Too many attempts. The server asks to wait {seconds} s."),
                "Wait, then try again.",
            )
        }
        P::Unavailable | P::Internal => (
            ErrorCode::Offline,
            "The server cannot answer now.".to_owned(),
            "Try again in a while. Everything you do meanwhile is kept on this device.",
        ),
        P::NotFound => (
            ErrorCode::NotFound,
            "The server does not have it, or this account may not see it.".to_owned(),
            "Check the code or address, and that you are signed in with the right account.",
        ),
        P::CutMoved => (
            ErrorCode::Conflict,
            "Somebody else changed a document at the same moment.".to_owned(),
            "Try again.",
        ),
        P::DeviceRevoked => (
            ErrorCode::NotAllowed,
            "This device is no longer in the workspace.".to_owned(),
            "Everything on it stays. See what was not sent with `groundplan sync --rescue`.",
        ),
        P::LogHeadMoved => (
            ErrorCode::Conflict,
            "Somebody else changed the members at the same moment.".to_owned(),
            "Try again.",
        ),
        _ => (
            ErrorCode::ServerRefused,
            format!("The server refused: {}", problem.detail),
            "If this persists, tell the server's administrator the code and time.",
        ),
    };
    ApiError::new(code, message, hint)
}

fn at_code(code: ErrorCode, message: &str, hint: &str) -> ApiError {
    let mut error = ApiError::new(code, message, hint);
    error.field = Some("code".to_owned());
    error
}

/// The server cannot be reached.
pub(super) fn unreachable(address: &str) -> ApiError {
    ApiError::new(
        ErrorCode::Offline,
        format!("The server {address} cannot be reached."),
        "Check the network and the address. Everything you do meanwhile is kept on this device.",
    )
}

/// The server answered with something that is no answer.
pub(super) fn unreadable(address: &str) -> ApiError {
    ApiError::new(
        ErrorCode::ServerUntrusted,
        format!("What answers at {address} is not a Groundplan server, or a very different version."),
        "Check the address, then update Groundplan or ask the server's administrator.",
    )
}
