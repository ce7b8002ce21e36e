//! The short messages at the bottom: at most three at a time, the same one never twice.

use groundplan_shared::api::ApiError;

/// How many are shown at once.
const SHOWN: usize = 3;

/// What a toast is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something was done and can be taken back.
    Undoable,
    /// Something failed; stays until closed.
    Failed(Box<ApiError>),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Its number, growing.
    pub id: u64,
    /// What it is about.
    pub kind: ToastKind,
    /// The sentence.
    pub text: String,
}

impl Toast {
    /// How long it stays, in milliseconds; none: until closed.
    pub fn stays_ms(&self) -> Option<u32> {
        match self.kind {
            ToastKind::Done => Some(4_000),
            ToastKind::Undoable => Some(8_000),
            ToastKind::Failed(_) => None,
        }
    }
}

/// The queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts {
    next: u64,
    items: Vec<Toast>,
}

impl Toasts {
    /// Adds a message, dropping the oldest beyond the limit; returns its number.
    pub fn push(&mut self, kind: ToastKind, text: String) -> u64 {
        // What can be undone is only ever the latest edit, so an older offer would lie.
        if kind == ToastKind::Undoable {
            self.items.retain(|toast| toast.kind != ToastKind::Undoable);
        }
        self.items.retain(|toast| toast.kind != kind || toast.text != text);
        self.next += 1;
        self.items.push(Toast { id: self.next, kind, text });
        if self.items.len() > SHOWN {
            let surplus = self.items.len() - SHOWN;
            self.items.drain(..surplus);
        }
        self.next
    }

    /// Takes a message away.
    pub fn close(&mut self, id: u64) {
        self.items.retain(|toast| toast.id != id);
    }

    /// Takes away offers of undo, because something else was undone or edited since.
    pub fn close_undoable(&mut self) {
        self.items.retain(|toast| toast.kind != ToastKind::Undoable);
    }

    /// The messages, the oldest first.
    pub fn items(&self) -> &[Toast] {
        &self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_latest_three_and_nothing_twice() {
        let mut toasts = Toasts::default();
        for text in ["a", "b", "b", "c", "d"] {
            toasts.push(ToastKind::Done, text.to_owned());
        }
        let texts: Vec<&str> = toasts.items().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["b", "c", "d"]);
    }

    #[test]
    fn only_the_latest_edit_offers_undo() {
        let mut toasts = Toasts::default();
        toasts.push(ToastKind::Undoable, "Deleted web".to_owned());
        let second = toasts.push(ToastKind::Undoable, "Deleted db".to_owned());
        assert_eq!(toasts.items().len(), 1);
        assert_eq!(toasts.items()[0].id, second);
        toasts.close(second);
        assert!(toasts.items().is_empty());
    }
}
