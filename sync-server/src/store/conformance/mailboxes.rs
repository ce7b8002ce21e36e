//! Mailboxes.

use groundplan_shared::wire::MailboxId;

use super::{NOW, conflict, missing};
use crate::store::{Conflict, MailboxFrom, MailboxPut, Store};

fn at(mailbox: u8, side: u8, sequence: u32) -> MailboxFrom {
    MailboxFrom { mailbox: MailboxId([mailbox; 16]), side, sequence }
}

fn put(mailbox: u8, side: u8, sequence: u32, text: &[u8]) -> MailboxPut {
    MailboxPut {
        at: at(mailbox, side, sequence),
        message: text.to_vec(),
        limit_messages: 3,
        limit_mailboxes: 2,
        now: NOW,
        expires_at: NOW + 1000,
    }
}

pub(crate) async fn messages_are_kept_in_order(store: &dyn Store) {
    missing(store.messages(at(1, 0, 0), NOW).await);
    assert_eq!(store.put_message(put(1, 0, 1, b"second")).await.unwrap(), NOW + 1000);
    store.put_message(put(1, 0, 0, b"first")).await.unwrap();
    store.put_message(put(1, 1, 0, b"answer")).await.unwrap();
    store.put_message(put(1, 0, 0, b"first")).await.unwrap();
    assert_eq!(conflict(store.put_message(put(1, 0, 0, b"other")).await), Conflict::MessageDiffers);
    let (messages, end) = store.messages(at(1, 0, 0), NOW).await.unwrap();
    assert_eq!(messages, [(0, b"first".to_vec()), (1, b"second".to_vec())]);
    assert_eq!(end, NOW + 1000);
    assert_eq!(store.messages(at(1, 0, 1), NOW).await.unwrap().0.len(), 1);
    assert_eq!(store.messages(at(1, 1, 0), NOW).await.unwrap().0, [(0, b"answer".to_vec())]);
}

pub(crate) async fn mailboxes_are_bounded(store: &dyn Store) {
    for sequence in 0..3 {
        store.put_message(put(1, 0, sequence, b"x")).await.unwrap();
    }
    assert_eq!(conflict(store.put_message(put(1, 1, 0, b"x")).await), Conflict::MailboxFull);
    store.put_message(put(2, 0, 0, b"x")).await.unwrap();
    assert_eq!(conflict(store.put_message(put(3, 0, 0, b"x")).await), Conflict::TooMany { limit: 2 });
    missing(store.messages(at(3, 0, 0), NOW).await);
}

pub(crate) async fn mailboxes_expire(store: &dyn Store) {
    store.put_message(put(1, 0, 0, b"x")).await.unwrap();
    missing(store.messages(at(1, 0, 0), NOW + 1000).await);
    assert_eq!(store.sweep_mailboxes(NOW + 999).await.unwrap(), 0);
    assert_eq!(store.sweep_mailboxes(NOW + 1000).await.unwrap(), 1);
    // What comes after the end is a new mailbox without the old messages.
    let late = MailboxPut { now: NOW + 2000, expires_at: NOW + 3000, ..put(1, 1, 0, b"y") };
    assert_eq!(store.put_message(late).await.unwrap(), NOW + 3000);
    assert!(store.messages(at(1, 0, 0), NOW + 2000).await.unwrap().0.is_empty());
}
