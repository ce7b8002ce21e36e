//! What the client core decodes: changes and saves of documents, documents with anything in them, headers of backups.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc, Value};
use groundplan_app::backup::Manifest;
use groundplan_app::core::{
    actor_of_change, apply_changes, changes_in, deletes_document, hash_of_change, saved_changes,
};
use groundplan_app::doc;
use groundplan_shared::crypto::sha256;
use groundplan_shared::model::DocumentId;

/// Changes of documents: bounded before they are decoded. Alone, and one after the other.
pub fn change(data: &[u8]) {
    let parts = changes_in(data);
    assert_eq!(parts.concat(), data, "taking changes apart loses nothing");
    for part in parts {
        let _ = actor_of_change(part);
    }
    let _ = (actor_of_change(data), deletes_document(data));
    // A member may sign anything, so the checksum is no hurdle.
    let mut signed = data.to_vec();
    if let Some((head, content)) = signed.split_at_mut_checked(8)
        && let Some(sum) = head.get_mut(4..)
    {
        sum.copy_from_slice(&sha256(&[content]).0[..4]);
    }
    let mut made = doc::empty(ActorId::from([7; 24]));
    let _ = put(&mut made, "description\ttwords").and_then(|()| put(&mut made, "relations\ta\tsb"));
    quiet();
    if apply_changes(&mut made, &[&signed]).is_ok() {
        read(&made);
    }
}

/// What panics where it is caught is refused, as it should be; libFuzzer's own hook would end the program there. What is
/// not caught still ends it.
fn quiet() {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// A document's save, as a snapshot brings it: what is taken is changes that can be taken one by one.
pub fn save(data: &[u8]) {
    quiet();
    let Ok(changes) = saved_changes(data) else { return };
    let mut whole = Vec::new();
    for (saved, change) in &changes {
        assert_eq!(hash_of_change(change), Ok(saved.hash), "the hash that it names");
        assert_eq!(actor_of_change(change).as_ref(), Ok(&saved.actor), "the actor that it names");
        whole.extend_from_slice(change);
    }
    assert_eq!(changes_in(&whole).len(), changes.len().max(usize::from(!whole.is_empty())));
}

/// Documents that say anything at all, as a member's own program may write them. A line is a way of keys and a value,
/// between tabs; the value begins with `i` (number), `t` (long text), `s` (text) or `d` (deleted).
pub fn document(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut made = doc::empty(ActorId::from([7; 24]));
    for line in text.lines().take(64) {
        // What Automerge refuses is not in the document.
        let _ = put(&mut made, line);
    }
    read(&made);
    let saved = made.save();
    let changes = saved_changes(&saved).expect("what was saved is a save");
    assert_eq!(changes.len(), made.get_changes(&[]).len());
}

fn put(made: &mut AutoCommit, line: &str) -> Option<()> {
    let mut words: Vec<&str> = line.split('\t').collect();
    let (value, key) = (words.pop()?, words.pop()?);
    let mut at = ROOT;
    for word in words.into_iter().take(6) {
        at = match made.get(&at, word) {
            Ok(Some((Value::Object(ObjType::Map), map))) => map,
            _ => made.put_object(&at, word, ObjType::Map).ok()?,
        };
    }
    match value.split_at_checked(1)? {
        ("i", number) => made.put(&at, key, number.parse::<i64>().ok()?).ok(),
        ("t", text) => {
            let object = made.put_object(&at, key, ObjType::Text).ok()?;
            made.splice_text(&object, 0, 0, text).ok()
        }
        ("s", text) => made.put(&at, key, text).ok(),
        ("d", _) => made.delete(&at, key).ok(),
        _ => None,
    }
}

/// Reads it as each kind of document, and where it stands among those of its thing; what is read can be written.
fn read(made: &AutoCommit) {
    let id = DocumentId::from_bytes([9; 16]);
    let lineage = doc::lineage::read(made);
    let mut again = doc::empty(ActorId::from([8; 24]));
    if let (Some(of), Some(from)) = (lineage.of, lineage.from) {
        doc::lineage::begin(&mut again, of, from).expect("ids are text");
    }
    for (to, compartment) in &lineage.moved {
        doc::lineage::move_to(&mut again, *to, *compartment).expect("an id is a key");
    }
    for (from, version) in doc::lineage::all_carried(made) {
        assert_eq!(doc::lineage::carried(made, from).as_ref(), Some(&version));
        doc::lineage::set_carried(&mut again, from, &version).expect("an id is a key");
    }
    for (relation, said) in doc::lineage::said(made) {
        doc::lineage::set_said(&mut again, relation, Some(&said)).expect("an id is a key");
    }
    let read = doc::lineage::read(&again);
    let mut moved = [lineage.moved, read.moved];
    moved.iter_mut().for_each(|moved| moved.sort_unstable());
    assert_eq!(moved[0], moved[1], "what is read can be written");
    let _ = (doc::kind(made), doc::is_deleted(made));
    if let Some(element) = doc::element::read(made, id) {
        let mut again = doc::empty(ActorId::from([8; 24]));
        if doc::element::write(&mut again, &element).is_ok() {
            let read = doc::element::read(&again, id).expect("what was written is an element");
            assert_eq!((read.kind, read.name), (element.kind, element.name));
        }
    }
    if let Some(page) = doc::page::read(made, id) {
        let mut again = doc::empty(ActorId::from([8; 24]));
        if doc::page::write(&mut again, &page).is_ok() {
            let read = doc::page::read(&again, id).expect("what was written is a page");
            assert_eq!((read.title, read.body), (page.title, page.body));
        }
    }
    let _ = (doc::element::field_conflicts(made), doc::page::field_conflicts(made));
    let _ = (doc::view::read(made, id), doc::comment::read(made, id), doc::attachment::read(made));
    let _ = (doc::settings::name(made), doc::settings::sources(made));
}

/// The header of a backup, as it stands behind the encryption.
pub fn backup(data: &[u8]) {
    let file = std::path::Path::new("fuzz");
    let Ok((manifest, bytes)) = Manifest::read(file, &mut &*data) else { return };
    assert!(bytes <= data.len() as u64);
    let encoded = manifest.encode();
    let (again, bytes) = Manifest::read(file, &mut encoded.as_slice()).expect("what was read can be written");
    assert!(again == manifest && bytes == encoded.len() as u64, "and read again");
    let _ = manifest.view(0);
}
