//! What the workspace's policy demands of this device, where it can be kept: contact now and then, and what may be
//! exported.
//!
//! No wall clock decides what is accepted: a device that was away too long keeps everything and every edit, and asks
//! its person to sign in before it talks to the server again. Not here: changing the policy (`govern`), rotation by age
//! (`sync::rotate`).

use groundplan_shared::api::{ApiError, ErrorCode, PolicySetParams};
use groundplan_shared::membership::Policy;

use super::words::field;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Name of the profile's setting with the time of the last sign-in.
pub const SIGNED_IN_MS: &str = "signed_in_ms";

/// Refuses demands that nothing here or on the server could keep: a policy that only looks strict deceives.
///
/// `proven`: this device's own sign-in brought a second factor.
pub(super) fn check_possible(params: &PolicySetParams, proven: bool) -> Result<(), ApiError> {
    if params.second_factor_required == Some(true) && !proven {
        return Err(field(
            "second_factor_required",
            "Your own sign-in has no second factor, so you would shut yourself out.",
            "Nothing was changed. Set one up first: groundplan account second-factor begin.",
        ));
    }
    if params.sign_in.as_ref().is_some_and(|ways| !ways.iter().any(|way| way == "password")) {
        return Err(field(
            "sign_in",
            "The password cannot be forbidden: it is the only way to sign in so far, so nobody could.",
            "Nothing was changed. Keep `password` among the ways.",
        ));
    }
    Ok(())
}

/// Says why a device must not talk to the server before its person has signed in again; `None`: it may.
///
/// `contact_ms` is the last time when it read everything that the server had, 0 if never.
pub fn must_confirm(policy: &Policy, contact_ms: u64, signed_in_ms: u64, now_ms: u64) -> Option<ApiError> {
    let days = policy.max_offline_days.filter(|_| contact_ms > 0)?;
    let away_ms = now_ms.saturating_sub(contact_ms);
    if away_ms <= u64::from(days) * DAY_MS || signed_in_ms > contact_ms {
        return None;
    }
    Some(ApiError::new(
        ErrorCode::NotConnected,
        format!(
            "This device was without contact for {} days, and the workspace allows {days}.",
            away_ms / DAY_MS
        ),
        "Sign in again to confirm that it is still in your hands. Everything you did is kept here and is sent then.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_away_too_long_asks_for_a_sign_in() {
        let policy = Policy { max_offline_days: Some(30), ..Policy::default() };
        let at = |days: u64| days * DAY_MS;
        assert!(must_confirm(&policy, at(100), at(1), at(130)).is_none());
        let asked = must_confirm(&policy, at(100), at(1), at(141)).unwrap();
        assert!(asked.message.contains("41 days") && asked.message.contains("allows 30"), "{asked}");
        assert!(must_confirm(&policy, at(100), at(140), at(141)).is_none(), "signed in since");
        assert!(must_confirm(&policy, 0, 0, at(141)).is_none(), "it never was in contact");
        assert!(must_confirm(&policy, at(200), 0, at(141)).is_none(), "a clock that went back asks nothing");
        assert!(must_confirm(&Policy::default(), at(1), 0, at(900)).is_none(), "no limit");
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let set = |second_factor_required, sign_in: Option<&[&str]>| {
            let sign_in = sign_in.map(|ways| ways.iter().map(|way| (*way).to_owned()).collect());
            PolicySetParams { second_factor_required, sign_in, ..PolicySetParams::default() }
        };
        let refused = |params| check_possible(&params, false).unwrap_err().field;
        assert_eq!(refused(set(Some(true), None)).as_deref(), Some("second_factor_required"));
        assert_eq!(refused(set(None, Some(&["sso", "passkey"]))).as_deref(), Some("sign_in"));
        assert!(check_possible(&set(Some(false), Some(&["password"])), false).is_ok());
        assert!(check_possible(&set(Some(true), None), true).is_ok());
    }
}
