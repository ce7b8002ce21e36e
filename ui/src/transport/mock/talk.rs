//! Sample talk: a thread, a mention, news, and somebody who is here.

use std::cell::RefCell;

use groundplan_shared::api::*;
use groundplan_shared::model::{CommentId, DocumentId};

use super::sample::id;
use super::store::Store;

fn mara(you: bool) -> Person {
    let name = if you { "Mara" } else { "Jonas Weber" };
    Person { id: name.to_owned(), name: name.to_owned(), you }
}

/// The sample's thread, with what was said since.
pub(super) struct Talk {
    threads: Vec<ThreadView>,
    seen: bool,
}

impl Talk {
    pub(super) fn new(subject: Reference) -> Self {
        let mut talk = Self { threads: Vec::new(), seen: false };
        talk.begin(subject);
        talk.say(0, mara(false), "@Mara, do we still need **six** of these?");
        talk.threads[0].unread = true;
        talk
    }

    fn begin(&mut self, subject: Reference) {
        let at = u8::try_from(self.threads.len()).unwrap_or(0);
        self.threads.push(ThreadView {
            id: DocumentId::from_bytes([0xc0 + at; 16]),
            subject,
            relation: None,
            resolved_by: None,
            resolved_ms: None,
            unread: false,
            comments: Vec::new(),
        });
    }

    fn say(&mut self, at: usize, author: Person, text: &str) {
        let comments = &mut self.threads[at].comments;
        comments.push(CommentView {
            id: CommentId::from_bytes([u8::try_from(comments.len()).unwrap_or(0); 16]),
            author,
            at_ms: crate::text::now_ms().saturating_sub(720_000),
            edited_ms: None,
            changed_by: None,
            text: text.to_owned(),
            html: format!("<p>{text}</p>"),
            mentions: Vec::new(),
            others: Vec::new(),
        });
    }

    pub(super) fn list(&self, params: &CommentListParams) -> ThreadList {
        let fits = |thread: &&ThreadView| params.subject.is_none_or(|subject| thread.subject.id == subject);
        ThreadList { items: self.threads.iter().filter(fits).cloned().collect() }
    }

    pub(super) fn add(&mut self, params: &CommentAddParams, subject: Option<Reference>) -> ThreadView {
        let known = self.threads.iter().position(|thread| Some(thread.id) == params.thread);
        let at = known.unwrap_or(self.threads.len());
        if let (None, Some(subject)) = (known, subject) {
            self.begin(subject);
        }
        self.say(at, mara(true), &params.text);
        self.threads[at].clone()
    }

    pub(super) fn resolve(&mut self, params: &CommentResolveParams) -> ThreadView {
        let at = self.threads.iter().position(|thread| thread.id == params.thread).unwrap_or(0);
        self.threads[at].resolved_by = params.resolved.then(|| mara(true));
        self.threads[at].clone()
    }

    pub(super) fn changes(&mut self, seen: bool) -> ChangeList {
        self.seen |= seen;
        let thread = &self.threads[0];
        let news = ChangeView {
            item: thread.subject.clone(),
            what: "changed".to_owned(),
            by: vec![mara(false)],
            changes: 3,
            threads: vec![thread.id],
            at_ms: crate::text::now_ms().saturating_sub(600_000),
        };
        let mention = MentionView {
            thread: thread.id,
            comment: thread.comments[0].id,
            item: thread.subject.clone(),
            relation: None,
            by: mara(false),
            at_ms: thread.comments[0].at_ms,
            text: thread.comments[0].text.clone(),
            unread: !self.seen,
            resolved: thread.resolved_by.is_some(),
        };
        let items = if self.seen { Vec::new() } else { vec![news] };
        ChangeList { items, mentions: vec![mention], until: 1 }
    }
}

/// Somebody who looks at the thing with the thread.
pub(super) fn present() -> PresenceList {
    PresenceList {
        items: vec![PresentView {
            person: mara(false),
            device: "aa".to_owned(),
            document: Some(id(TALKED)),
            cursor: None,
            selected: Vec::new(),
        }],
    }
}

/// The element that the sample talks about.
const TALKED: u8 = 3;

thread_local! {
    static TALK: RefCell<Option<Talk>> = const { RefCell::new(None) };
}

/// Asks the talk of the sample.
pub(super) fn talk<T>(store: &Store, ask: impl FnOnce(&mut Talk) -> T) -> T {
    TALK.with_borrow_mut(|talk| ask(talk.get_or_insert_with(|| Talk::new(store.reference(id(TALKED))))))
}
