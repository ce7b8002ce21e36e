//! Hooks of tests: checks that can be left out, one at a time, to see that an attack succeeds then; and quick stand-ins
//! for public-key cryptography, for simulations of many thousand histories.
//!
//! Only the feature `proof`, which nothing but tests asks for, and only in builds with debug assertions brings them in. A
//! release build has neither, whatever features it is given: there `left_out` and `quick` are the constant `false`.

/// A check that tests can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// An entry of the membership log is signed by its actor.
    EntrySignature,
    /// A join proves the invitation's secret.
    InviteSecret,
    /// An invitation is used once.
    InviteOnce,
    /// Devices and recovery codes are added by their own member.
    OwnDevice,
    /// An actor's role allows what it does.
    Permission,
    /// An envelope's author may write its compartment.
    Author,
    /// An envelope is signed by its author.
    EnvelopeSignature,
    /// Changes in an envelope are of its author's actors.
    Actor,
    /// An envelope's header is bound to its key.
    Binding,
    /// An envelope's key is committed to.
    Commitment,
    /// A compartment's key is the one that the log committed to.
    KeyCommitment,
    /// An envelope has this version and suite.
    Version,
    /// An envelope's content is encrypted.
    Encryption,
    /// A chunk of an attachment is the one that the record names in its place.
    Chunk,
    /// A server's demand for password stretching has a floor and a ceiling.
    Cost,
    /// A server's key is the one that this device met before.
    ServerKey,
    /// An unknown account is answered like a known one.
    FakeRecord,
    /// A snapshot is judged against the document's verified log.
    Snapshot,
    /// A change is measured before it is inflated.
    Inflation,
    /// Files are written inside their folder only.
    Confined,
    /// Images of a page are not fetched from elsewhere.
    RemoteImages,
    /// Words of a search are quoted.
    Quoting,
}

#[cfg(not(all(feature = "proof", debug_assertions)))]
mod hooks {
    /// Says whether a check is left out: never, in this build.
    pub const fn left_out(_: super::Check) -> bool {
        false
    }

    /// Says whether stand-ins take the place of public-key cryptography: never, in this build.
    pub const fn quick() -> bool {
        false
    }
}

#[cfg(all(feature = "proof", debug_assertions))]
mod hooks {
    use std::cell::{Cell, RefCell};
    use std::sync::OnceLock;

    use super::Check;

    thread_local! {
        static OUT: RefCell<Vec<Check>> = const { RefCell::new(Vec::new()) };
        static QUICK: Cell<bool> = const { Cell::new(false) };
    }

    /// The check that the whole process leaves out: tests of attacks start themselves again with its name.
    pub fn left_out_by_process() -> Option<&'static str> {
        static NAME: OnceLock<Option<String>> = OnceLock::new();
        NAME.get_or_init(|| std::env::var("GROUNDPLAN_LEFT_OUT").ok()).as_deref()
    }

    /// Says whether a check is left out on this thread or in this process.
    pub fn left_out(check: Check) -> bool {
        let by_process = left_out_by_process().is_some_and(|name| name == format!("{check:?}"));
        by_process || OUT.with(|out| out.borrow().contains(&check))
    }

    /// Runs something on this thread without some checks.
    pub fn without<T>(checks: &[Check], work: impl FnOnce() -> T) -> T {
        OUT.with(|out| *out.borrow_mut() = checks.to_vec());
        let value = work();
        OUT.with(|out| out.borrow_mut().clear());
        value
    }

    /// Says whether stand-ins take the place of public-key cryptography on this thread.
    pub fn quick() -> bool {
        QUICK.with(Cell::get)
    }

    /// Puts stand-ins in the place of public-key cryptography on this thread, or takes them away.
    pub fn set_quick(on: bool) {
        QUICK.with(|quick| quick.set(on));
    }
}

pub use hooks::*;
