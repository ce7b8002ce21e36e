//! Rows that are known by keys: a row whose key stays, stays, wherever it moves.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use leptos::prelude::{Owner, RenderEffect, untrack};
use web_sys::Node;

use super::build::{State, mark};
use super::patch::{apart, each, first, put, remove};
use super::{AnyView, IntoView};

/// What becomes of the rows: for each one, where it was before, or how to make it.
pub type Source = Box<dyn FnMut() -> Vec<Row>>;

/// A row of the list to be.
pub enum Row {
    /// The row that was there at this place.
    Kept(usize),
    /// A new one.
    New(Box<dyn FnOnce() -> AnyView>),
}

/// Rows that stand on the page.
pub struct Rows {
    standing: Rc<RefCell<Vec<Standing>>>,
    mark: Node,
    _effect: RenderEffect<()>,
}

struct Standing {
    state: State,
    /// Signals and effects of the row live as long as it.
    _owner: Owner,
}

/// A view with a row for each thing. Of several things with one key only the first is shown.
pub fn keyed<I, T, K, V>(
    things: impl Fn() -> I + 'static,
    key: impl Fn(&T) -> K + 'static,
    row: impl Fn(T) -> V + 'static,
) -> AnyView
where
    I: IntoIterator<Item = T>,
    T: 'static,
    K: Eq + Hash + 'static,
    V: IntoView,
{
    let row = Rc::new(row);
    let mut before = HashMap::<K, usize>::new();
    AnyView::Keyed(Box::new(move || {
        let mut now = HashMap::new();
        let mut rows = Vec::new();
        for thing in things() {
            let key = key(&thing);
            if now.contains_key(&key) {
                continue;
            }
            rows.push(match before.get(&key) {
                Some(place) => Row::Kept(*place),
                None => {
                    let row = row.clone();
                    Row::New(Box::new(move || row(thing).into_any()))
                }
            });
            now.insert(key, rows.len() - 1);
        }
        before = now;
        rows
    }))
}

/// Builds the rows at the end of a parent and keeps them up to date.
pub fn build(mut source: Source, parent: &Node) -> Rows {
    // Rows belong to what is around the list, not to one run over it: they outlive that.
    let around = Owner::current().unwrap_or_default();
    let standing = Rc::new(RefCell::new(Vec::new()));
    let mark = mark(parent);
    let (kept, end) = (standing.clone(), mark.clone());
    let effect = RenderEffect::new(move |_| {
        let rows = source();
        untrack(|| {
            let now = arrange(kept.take(), rows, &around, &end);
            kept.replace(now);
        });
    });
    Rows { standing, mark, _effect: effect }
}

/// Goes from the last row to the first, so that what comes after a row already stands.
fn arrange(before: Vec<Standing>, rows: Vec<Row>, around: &Owner, mark: &Node) -> Vec<Standing> {
    let mut before: Vec<Option<Standing>> = before.into_iter().map(Some).collect();
    let mut stays = vec![false; before.len()];
    for row in &rows {
        if let Row::Kept(place) = row {
            stays[*place] = true;
        }
    }
    for (place, stays) in stays.into_iter().enumerate() {
        if !stays && let Some(gone) = before[place].take() {
            remove(gone.state);
        }
    }
    let mut next = mark.clone();
    let mut leftmost = before.len();
    let mut now = Vec::with_capacity(rows.len());
    for row in rows.into_iter().rev() {
        let standing = match row {
            Row::Kept(place) => {
                let Some(standing) = before[place].take() else { continue };
                if place < leftmost {
                    leftmost = place;
                } else {
                    each(&standing.state, &mut |node| put(node, &next));
                }
                standing
            }
            Row::New(view) => {
                let owner = around.with(Owner::new);
                let (state, fragment) = owner.with(|| apart(view()));
                put(&fragment, &next);
                Standing { state, _owner: owner }
            }
        };
        first(&standing.state, &mut |node| next = node.clone());
        now.push(standing);
    }
    now.reverse();
    now
}

impl Rows {
    /// Calls with the first node.
    pub fn first(&self, call: &mut dyn FnMut(&Node)) {
        match self.standing.borrow().first() {
            Some(row) => first(&row.state, call),
            None => call(&self.mark),
        }
    }

    /// Calls with every row.
    pub fn states(&self, call: &mut dyn FnMut(&State)) {
        self.standing.borrow().iter().for_each(|row| call(&row.state));
    }

    /// Follows nothing any more; what stood there is the caller's.
    pub fn end(self) -> Vec<State> {
        self.standing.take().into_iter().map(|row| row.state).collect()
    }

    /// Calls with every outermost node, in order.
    pub fn each(&self, call: &mut dyn FnMut(&Node)) {
        self.standing.borrow().iter().for_each(|row| each(&row.state, call));
        call(&self.mark);
    }
}
