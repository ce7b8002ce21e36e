//! Signals, memos and effects: Leptos', with what they hold behind one type, so that reading, writing, comparing and telling
//! is compiled once instead of once for each of the dozens of types that the interface keeps. Same names, same
//! methods, same rules.
//!
//! Not here: owners and stored values, which are Leptos' as they are.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use leptos::prelude as base;
use leptos::prelude::{Get as _, GetUntracked as _, Notify as _, Track as _};

type Kept = Arc<dyn Any + Send + Sync>;

/// A value that can be read, written and followed.
pub struct RwSignal<T: 'static> {
    inner: base::RwSignal<Kept>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T> fmt::Debug for RwSignal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RwSignal")
    }
}

impl<T: Default + Send + Sync + 'static> Default for RwSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Stops where a signal is used after its view is gone, as Leptos does.
#[cold]
fn gone() -> ! {
    panic!("a reactive value was used after it was disposed")
}

fn lock<T: 'static>(kept: &Kept) -> &RwLock<T> {
    kept.downcast_ref().expect("invariant: a signal holds what it was made with")
}

impl<T: Send + Sync + 'static> RwSignal<T> {
    /// A signal with this value.
    pub fn new(value: T) -> Self {
        Self { inner: base::RwSignal::new(Arc::new(RwLock::new(value))), of: PhantomData }
    }

    fn look<U>(kept: Option<Kept>, with: impl FnOnce(&T) -> U) -> Option<U> {
        let kept = kept?;
        let value = lock::<T>(&kept).read().unwrap_or_else(PoisonError::into_inner);
        Some(with(&value))
    }

    /// Reads and follows; none if it is gone.
    pub fn try_with<U>(&self, with: impl FnOnce(&T) -> U) -> Option<U> {
        Self::look(self.inner.try_get(), with)
    }

    /// Reads without following; none if it is gone.
    pub fn try_with_untracked<U>(&self, with: impl FnOnce(&T) -> U) -> Option<U> {
        Self::look(self.inner.try_get_untracked(), with)
    }

    /// Reads and follows.
    pub fn with<U>(&self, with: impl FnOnce(&T) -> U) -> U {
        self.try_with(with).unwrap_or_else(|| gone())
    }

    /// Reads without following.
    pub fn with_untracked<U>(&self, with: impl FnOnce(&T) -> U) -> U {
        self.try_with_untracked(with).unwrap_or_else(|| gone())
    }

    /// Changes the value and tells; none if it is gone.
    pub fn try_update<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
        let kept = self.inner.try_get_untracked()?;
        let answer = change(&mut lock::<T>(&kept).write().unwrap_or_else(PoisonError::into_inner));
        self.inner.notify();
        Some(answer)
    }

    /// Changes the value and tells. Nothing happens if it is gone.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        let _ = self.try_update(change);
    }

    /// Sets the value and tells. Nothing happens if it is gone.
    pub fn set(&self, value: T) {
        let _ = self.try_set(value);
    }

    /// Sets the value and tells; gives the value back if it is gone.
    pub fn try_set(&self, value: T) -> Option<T> {
        let mut value = Some(value);
        self.try_update(|now| {
            if let Some(value) = value.take() {
                *now = value;
            }
        });
        value
    }

    /// Follows without reading.
    pub fn track(&self) {
        self.inner.track();
    }
}

impl<T: Clone + Send + Sync + 'static> RwSignal<T> {
    /// A copy of the value; follows.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy of the value, without following.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }

    /// A copy of the value; follows; none if it is gone.
    pub fn try_get(&self) -> Option<T> {
        self.try_with(T::clone)
    }
}

/// What a memo holds: something that can be compared with its like.
trait Same: Send + Sync {
    fn same(&self, other: &dyn Same) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<T: PartialEq + Send + Sync + 'static> Same for T {
    fn same(&self, other: &dyn Same) -> bool {
        other.any().downcast_ref::<T>() == Some(self)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

#[derive(Clone)]
struct Held(Arc<dyn Same>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&*other.0)
    }
}

impl Held {
    fn value<T: 'static>(&self) -> &T {
        self.0.any().downcast_ref().expect("invariant: a memo holds what it computes")
    }
}

/// A value computed from others; who follows it hears only of results that differ.
pub struct Memo<T: 'static> {
    inner: base::Memo<Held>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T> fmt::Debug for Memo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

/// What computes a memo. Not `dyn Fn`, for the reason that `crate::dom` gives.
trait Compute: Send + Sync {
    fn compute(&self, before: Option<&Held>) -> Held;
}

struct Computing<F, T>(F, PhantomData<fn() -> T>);

impl<F, T> Compute for Computing<F, T>
where
    F: Fn(Option<&T>) -> T + Send + Sync,
    T: PartialEq + Send + Sync + 'static,
{
    fn compute(&self, before: Option<&Held>) -> Held {
        Held(Arc::new((self.0)(before.map(Held::value::<T>))))
    }
}

fn computed(compute: Box<dyn Compute>) -> base::Memo<Held> {
    base::Memo::new(move |before: Option<&Held>| compute.compute(before))
}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// A value computed so; the closure is given the result before.
    pub fn new(compute: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        Self { inner: computed(Box::new(Computing(compute, PhantomData))), of: PhantomData }
    }

    /// Reads and follows.
    pub fn with<U>(&self, with: impl FnOnce(&T) -> U) -> U {
        with(self.inner.try_get().unwrap_or_else(|| gone()).value())
    }

    /// Reads without following.
    pub fn with_untracked<U>(&self, with: impl FnOnce(&T) -> U) -> U {
        with(self.inner.try_get_untracked().unwrap_or_else(|| gone()).value())
    }

    /// Follows without reading.
    pub fn track(&self) {
        self.inner.track();
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Memo<T> {
    /// A copy of the value; follows.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy of the value, without following.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }

    /// A copy of the value; follows; none if it is gone.
    pub fn try_get(&self) -> Option<T> {
        self.inner.try_get().map(|held| held.value::<T>().clone())
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> From<Memo<T>> for base::Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        base::Signal::derive(move || memo.get())
    }
}

impl<T: Clone + Send + Sync + 'static> From<RwSignal<T>> for base::Signal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        base::Signal::derive(move || signal.get())
    }
}

/// Something done now and whenever what it read has changed.
pub struct Effect;

impl Effect {
    /// Runs it at the next turn, and then as needed; it is given what it returned before.
    #[expect(clippy::new_ret_no_self, reason = "named as Leptos names it; nobody needs a handle")]
    pub fn new<T: 'static>(run: impl FnMut(Option<T>) -> T + 'static) {
        start(Box::new(Running(run, None)));
    }
}

/// What an effect does.
trait Run {
    fn run(&mut self);
}

struct Running<F, T>(F, Option<T>);

impl<F: FnMut(Option<T>) -> T, T> Run for Running<F, T> {
    fn run(&mut self) {
        self.1 = Some((self.0)(self.1.take()));
    }
}

fn start(mut run: Box<dyn Run>) {
    base::Effect::new(move |_: Option<()>| run.run());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_and_written() {
        let owner = base::Owner::new();
        owner.with(|| {
            let signal = RwSignal::new(vec![1]);
            signal.update(|list| list.push(2));
            assert_eq!(signal.get_untracked(), [1, 2]);
            signal.set(vec![]);
            assert!(signal.with_untracked(Vec::is_empty));
        });
    }

    #[test]
    fn a_memo_follows_and_knows_what_it_said() {
        let owner = base::Owner::new();
        owner.with(|| {
            let signal = RwSignal::new(1);
            let memo =
                Memo::new(move |before: Option<&(i32, i32)>| (signal.get(), before.map_or(0, |b| b.0)));
            assert_eq!(memo.get_untracked(), (1, 0));
            signal.set(5);
            assert_eq!(memo.get_untracked(), (5, 1));
        });
    }

    #[test]
    fn what_is_gone_is_neither_read_nor_written() {
        let owner = base::Owner::new();
        let signal = owner.with(|| RwSignal::new(1));
        owner.cleanup();
        assert_eq!(signal.try_with_untracked(|value| *value), None);
        assert_eq!(signal.try_set(2), Some(2));
    }
}
