//! What may be changed by somebody who may comment and not write: threads, and in them only one's own words.
//!
//! Every device judges it alike: by what stands in the change, and by whether its thread is here yet. Not here: who may
//! only comment (`groundplan_shared::envelope::Scope`), and what a thread holds (`doc::comment`).

use automerge::Change;
use automerge::legacy::{Key, ObjectId, Op};
use groundplan_shared::model::{DocumentId, DocumentKind};

use super::{CoreError, Tx, bounded};

/// What a thread's document says of itself besides its kind, which only its beginning may write.
const BEGINNING: [&str; 4] = ["v", "subject", "relation", "comments"];

impl Tx<'_> {
    /// Says whether changes only talk: they begin a thread or go on in one, and take nothing from others. `own` says of an
    /// actor whether it is the author's. `None`: the document's beginning is not here, so it cannot be said yet.
    ///
    /// # Errors
    /// Those of the store.
    pub fn talks(
        &mut self,
        id: DocumentId,
        changes: &[Vec<u8>],
        own: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, CoreError> {
        let kind = self.kind_of_document(id)?;
        if kind.is_some_and(|kind| kind != DocumentKind::Thread) {
            return Ok(Some(false));
        }
        let mut begun = kind.is_some();
        for bytes in changes {
            let Ok(change) = bounded::decode(bytes) else { return Ok(Some(false)) };
            let here =
                kind.is_some() && self.loaded(id)?.doc.get_change_meta_by_hash(&change.hash()).is_some();
            // A second beginning would put another list of comments over the first one's.
            let begins = change.deps().is_empty() && (!begun || here);
            if !begins && !begun {
                return Ok(None);
            }
            if !fits(&change, begins, own) {
                return Ok(Some(false));
            }
            begun = true;
        }
        Ok(Some(true))
    }
}

fn fits(change: &Change, begins: bool, own: &dyn Fn(&[u8]) -> bool) -> bool {
    let operations = change.decode().operations;
    (!begins || operations.iter().any(makes_a_thread)) && operations.iter().all(|op| fits_in(op, begins, own))
}

fn fits_in(op: &Op, begins: bool, own: &dyn Fn(&[u8]) -> bool) -> bool {
    let of_others = op.pred.iter().any(|before| !own(before.actor().to_bytes()));
    if op.obj != ObjectId::Root {
        return !of_others;
    }
    let Key::Map(key) = &op.key else { return false };
    match key.as_str() {
        "resolved" => true,
        // Whoever edits says that the thread lives; that it does not, says only who was alone in it.
        "alive" => {
            !of_others || op.primitive_value().and_then(|value| value.as_i64()).is_some_and(|at| at > 0)
        }
        "k" => begins && makes_a_thread(op),
        key => begins && BEGINNING.contains(&key),
    }
}

fn makes_a_thread(op: &Op) -> bool {
    op.obj == ObjectId::Root
        && op.key == Key::Map("k".into())
        && op.primitive_value().is_some_and(|value| value.as_str() == Some(DocumentKind::Thread.as_str()))
}

#[cfg(test)]
mod tests {
    use automerge::{ActorId, AutoCommit, ROOT, transaction::Transactable as _};
    use groundplan_shared::model::{CommentId, Said};

    use super::*;
    use crate::doc;

    const MINE: [u8; 24] = [1; 24];
    const THEIRS: [u8; 24] = [2; 24];

    fn own(actor: &[u8]) -> bool {
        actor == MINE
    }

    fn said(text: &str) -> Said {
        Said { text: text.to_owned(), at_ms: 1, mentions: Vec::new() }
    }

    fn comment(number: u8) -> CommentId {
        CommentId::from_bytes([number; 16])
    }

    /// The last change, and whether it may be made by who only comments.
    fn last(doc: &mut AutoCommit, begins: bool) -> bool {
        doc.commit();
        fits(&doc.get_last_local_change().unwrap(), begins, &own)
    }

    fn thread(actor: [u8; 24], kind: DocumentKind) -> AutoCommit {
        let mut new = doc::create(ActorId::from(actor.as_slice()), kind).unwrap();
        let subject = DocumentId::from_bytes([9; 16]);
        doc::comment::write(&mut new, subject, None).unwrap();
        doc::comment::add(&mut new, comment(1), &said("first")).unwrap();
        doc::touch(&mut new, 1).unwrap();
        new.commit();
        new
    }

    /// A thread of theirs, to go on in.
    fn theirs() -> AutoCommit {
        thread(THEIRS, DocumentKind::Thread).with_actor(ActorId::from(MINE.as_slice()))
    }

    fn goes_on(work: impl FnOnce(&mut AutoCommit)) -> bool {
        let mut doc = theirs();
        work(&mut doc);
        last(&mut doc, false)
    }

    #[test]
    fn a_thread_is_begun_and_nothing_else() {
        assert!(last(&mut thread(MINE, DocumentKind::Thread), true));
        assert!(!last(&mut thread(MINE, DocumentKind::Element), true), "an element in its place");
        assert!(!last(&mut thread(MINE, DocumentKind::Thread), false), "over a thread that is here");
    }

    #[test]
    fn one_answers_resolves_and_changes_ones_own_words() {
        assert!(goes_on(|doc| {
            doc::comment::add(doc, comment(2), &said("an answer")).unwrap();
            doc::touch(doc, 2).unwrap();
        }));
        assert!(goes_on(|doc| doc::comment::resolve(doc, Some(5)).unwrap()));
        let mut doc = theirs();
        doc::comment::add(&mut doc, comment(2), &said("an answer")).unwrap();
        doc.commit();
        doc::comment::edit(&mut doc, comment(2), &said("a better one")).unwrap();
        assert!(last(&mut doc, false));
        doc::comment::take_away(&mut doc, comment(2)).unwrap();
        assert!(last(&mut doc, false));
    }

    #[test]
    fn what_is_others_stays_as_it_is() {
        assert!(!goes_on(|doc| doc::comment::edit(doc, comment(1), &said("in your mouth")).unwrap()));
        assert!(!goes_on(|doc| doc::comment::take_away(doc, comment(1)).unwrap()));
        assert!(!goes_on(|doc| doc::delete(doc).unwrap()));
        assert!(!goes_on(|doc| doc.put(ROOT, "k", "element").unwrap()));
        assert!(!goes_on(|doc| doc.put(ROOT, "subject", "elsewhere").unwrap()));
        assert!(!goes_on(|doc| doc.put(ROOT, "name", "not a word of a thread").unwrap()));
        assert!(!goes_on(|doc| doc.delete(ROOT, "comments").unwrap()));
    }

    #[test]
    fn a_thread_in_which_nobody_else_was_may_be_taken_back() {
        let mut doc = thread(MINE, DocumentKind::Thread);
        doc::delete(&mut doc).unwrap();
        assert!(last(&mut doc, false));
    }
}
