//! Checks that tests leave out, one at a time, to see that the attack succeeds then: a test that cannot fail proves
//! nothing. Only test builds can leave any out. Those of other modules and crates are in `groundplan_shared::proof`.

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing new below a verified cut.
    Cut,
    /// Nothing is applied below a rotation whose cut is not verified.
    Hold,
    /// Places of a document follow the membership log.
    Order,
    /// A cut that differs is an alarm.
    Alarm,
    /// What somebody left behind is rotated.
    Due,
    /// An envelope is of its document's compartment.
    Compartment,
    /// A snapshot is compared before it is acknowledged.
    Compare,
    /// A snapshot stands in for what was dropped only once another device agreed to it.
    Acked,
    /// What is known already is not taken again.
    Repeated,
    /// A server that forgot is an alarm.
    RolledBack,
    /// What a server skipped is asked for again.
    Skipped,
    /// It is remembered who was heard from.
    Heard,
    /// What an author had seen is compared with what is verified here.
    Seen,
    /// An own envelope is kept until it was read back.
    Kept,
    /// An item is delivered as part of the document that it names.
    Delivered,
    /// Whoever may not write a document any more sends the rest.
    Stuck,
    /// Whoever is cleared for more reads everything again, on a new connection.
    Anew,
    /// A clock that goes back does not make pauses longer.
    Clock,
    /// What a restored server lost goes back.
    Resend,
    /// What deletes much asks first.
    Brake,
    /// What was read back and waits for what lies before it was not dropped.
    ReadBack,
    /// Who may comment and not write changes nothing but threads.
    Talk,
    /// A snapshot of another life of the server's database is no sign of a fork.
    Life,
}

/// Says whether a check is left out.
#[cfg(not(test))]
pub(super) const fn left_out(_: Check) -> bool {
    false
}

#[cfg(test)]
pub(super) use tests::{left_out, without};

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use groundplan_shared::proof;

    use super::Check;

    thread_local! {
        static OUT: RefCell<Vec<Check>> = const { RefCell::new(Vec::new()) };
    }

    pub(in crate::sync) fn left_out(check: Check) -> bool {
        let by_process = proof::left_out_by_process().is_some_and(|name| name == format!("{check:?}"));
        by_process || OUT.with(|out| out.borrow().contains(&check))
    }

    /// Runs something on this thread without some checks.
    pub(in crate::sync) fn without<T>(checks: &[Check], work: impl FnOnce() -> T) -> T {
        OUT.with(|out| *out.borrow_mut() = checks.to_vec());
        let value = work();
        OUT.with(|out| out.borrow_mut().clear());
        value
    }
}
