//! PolicySet and ServerRestore.

use super::Actor;
use crate::auth::role::Permissions;
use crate::membership::body::{Policy, PolicySet, ServerRestore};
use crate::membership::refusal::Refusal;
use crate::membership::state::MembershipState;

/// Checks that a policy can be lived with: some way to sign in, no zero periods.
pub(super) fn check_policy(policy: &Policy) -> Result<(), Refusal> {
    let sign_in = policy.sign_in.password || policy.sign_in.sso || policy.sign_in.passkey;
    let periods = policy.max_offline_days != Some(0) && policy.rotate_after_days != Some(0);
    if sign_in && periods { Ok(()) } else { Err(Refusal::Value) }
}

pub(in crate::membership) fn set_policy(
    state: &mut MembershipState,
    actor: &Actor,
    body: &PolicySet,
) -> Result<(), Refusal> {
    actor.must(Permissions::SET_POLICY)?;
    check_policy(&body.policy)?;
    state.policy = body.policy;
    Ok(())
}

pub(in crate::membership) fn restore(
    state: &mut MembershipState,
    actor: &Actor,
    body: &ServerRestore,
) -> Result<(), Refusal> {
    actor.must(Permissions::OWN)?;
    let follows = state.incarnations.last().is_none_or(|last| *last == body.from);
    if !follows || body.from == body.to || state.incarnations.contains(&body.to) {
        return Err(Refusal::Value);
    }
    if state.incarnations.is_empty() {
        state.incarnations.push(body.from);
    }
    state.incarnations.push(body.to);
    Ok(())
}
