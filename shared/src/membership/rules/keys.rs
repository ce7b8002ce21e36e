//! Wrapped keys and new epochs: exactly the right compartments, epochs and recipients, nothing more, nothing less.

use std::sync::Arc;

use crate::auth::role::{Clearance, Compartment};
use crate::crypto::safe::compartment::{PREVIOUS_BYTES, WRAPPED_BYTES};
use crate::membership::body::{EpochStart, Wrap, WrapSet};
use crate::membership::refusal::Refusal;
use crate::membership::state::{Epoch, KeyChain, MembershipState, PlacedWrap};
use crate::wire::ids::DeviceId;

pub(super) fn chain_mut(state: &mut MembershipState, compartment: Compartment) -> &mut KeyChain {
    let [public, internal, confidential, restricted] = &mut state.chains;
    match compartment {
        Compartment::Public => public,
        Compartment::Internal => internal,
        Compartment::Confidential => confidential,
        Compartment::Restricted => restricted,
    }
}

fn check_wraps(wraps: &[Wrap], recipients: &[DeviceId]) -> Result<(), Refusal> {
    let exact = !recipients.is_empty()
        && wraps.len() == recipients.len()
        && wraps.iter().zip(recipients).all(|(w, r)| w.recipient == *r && w.sealed.len() == WRAPPED_BYTES);
    if exact { Ok(()) } else { Err(Refusal::Wraps) }
}

fn place(chain: &mut KeyChain, index: u64, wraps: &[Wrap]) {
    for wrap in wraps {
        let placed = PlacedWrap { log_index: index, wrap: wrap.clone() };
        chain.wraps.insert(wrap.recipient, Arc::new(placed));
    }
}

/// Takes current keys for new recipients: one set for each compartment of `clearance`, lowest first, wrapped to
/// exactly `recipients` (sorted).
pub(super) fn take_wraps(
    state: &mut MembershipState,
    index: u64,
    keys: &[WrapSet],
    clearance: Clearance,
    recipients: &[DeviceId],
) -> Result<(), Refusal> {
    if !keys.iter().map(|set| set.compartment).eq(clearance.compartments()) {
        return Err(Refusal::Wraps);
    }
    for set in keys {
        if set.epoch != state.chain(set.compartment).current() {
            return Err(Refusal::Wraps);
        }
        check_wraps(&set.wraps, recipients)?;
        place(chain_mut(state, set.compartment), index, &set.wraps);
    }
    Ok(())
}

/// Starts new epochs of exactly the compartments of `clearance`, lowest first. The state must already be without
/// whoever is shut out: recipients are exactly those who remain.
pub(super) fn take_rotation(
    state: &mut MembershipState,
    at: (u64, u64),
    rotate: &[EpochStart],
    clearance: Clearance,
) -> Result<(), Refusal> {
    if !rotate.iter().map(|start| start.compartment).eq(clearance.compartments()) {
        return Err(Refusal::Rotation);
    }
    for start in rotate {
        let previous_fits = start.previous.as_ref().is_some_and(|p| p.len() == PREVIOUS_BYTES);
        let current = state.chain(start.compartment).current();
        if current.checked_add(1) != Some(start.epoch) || !previous_fits {
            return Err(Refusal::Rotation);
        }
        begin(state, at, start)?;
    }
    Ok(())
}

/// Starts one epoch at an entry's index and advisory time, after checking its recipients.
pub(super) fn begin(
    state: &mut MembershipState,
    (index, time_ms): (u64, u64),
    start: &EpochStart,
) -> Result<(), Refusal> {
    check_wraps(&start.wraps, &state.recipients(start.compartment))?;
    let reused =
        state.chains.iter().flat_map(|c| &c.epochs).any(|e| e.key_commitment == start.key_commitment);
    if reused {
        return Err(Refusal::Reused);
    }
    let chain = chain_mut(state, start.compartment);
    chain.epochs.push(Epoch {
        epoch: start.epoch,
        started_index: index,
        started_ms: time_ms,
        key_commitment: start.key_commitment,
        previous: start.previous.clone(),
        cut: start.cut,
    });
    chain.wraps.clear();
    chain.rotation_due = false;
    place(chain, index, &start.wraps);
    Ok(())
}

/// Notes that somebody who left may hold the current keys of these compartments.
pub(super) fn mark_due(state: &mut MembershipState, clearance: Clearance) {
    for compartment in clearance.compartments() {
        chain_mut(state, compartment).rotation_due = true;
    }
}

/// Rotates what the target could read; where the target is the actor (who must not know the new keys), nothing may
/// be rotated and the rotation is due.
pub(super) fn rotate_or_mark(
    state: &mut MembershipState,
    at: (u64, u64),
    rotate: &[EpochStart],
    clearance: Clearance,
    by_itself: bool,
) -> Result<(), Refusal> {
    if !by_itself {
        return take_rotation(state, at, rotate, clearance);
    }
    if !rotate.is_empty() {
        return Err(Refusal::Rotation);
    }
    mark_due(state, clearance);
    Ok(())
}
