//! The harness: a file of stored vectors that can be compared and extended, never overwritten.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use groundplan_shared::crypto::{FromFn, Random, sha256};
use groundplan_shared::wire::ids::to_hex;

/// One file of vectors: names and bytes in hexadecimal (or text as it is).
pub struct Kept {
    path: PathBuf,
    stored: BTreeMap<String, String>,
    made: BTreeMap<String, String>,
}

impl Kept {
    pub fn open(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
        let stored = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).unwrap(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => panic!("{}: {error}", path.display()),
        };
        Self { path, stored, made: BTreeMap::new() }
    }

    /// Compares text; returns what is stored, to be read.
    pub fn text(&mut self, name: &str, made: &str) -> String {
        let twice = self.made.insert(name.to_owned(), made.to_owned());
        assert!(twice.is_none(), "{name} is made twice");
        let stored = self.stored.get(name).map_or(made, String::as_str);
        assert_eq!(made, stored, "{}: {name} is kept for ever", self.path.display());
        stored.to_owned()
    }

    /// Compares bytes; returns what is stored, to be decoded.
    pub fn bytes(&mut self, name: &str, made: &[u8]) -> Vec<u8> {
        let stored = self.text(name, &to_hex(made));
        let digits = stored.as_bytes().chunks(2);
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// Insists that every stored vector was made again and every made one is stored.
    pub fn done(self) {
        let lost: Vec<&String> = self.stored.keys().filter(|name| !self.made.contains_key(*name)).collect();
        assert!(lost.is_empty(), "{}: nothing makes {lost:?} any more", self.path.display());
        let new: Vec<&String> = self.made.keys().filter(|name| !self.stored.contains_key(*name)).collect();
        if new.is_empty() {
            println!("{}: {} vectors", self.path.display(), self.stored.len());
            return;
        }
        let adding = std::env::var_os("GROUNDPLAN_ADD_VECTORS").is_some();
        assert!(
            adding,
            "{}: {new:?} are not stored; add them by GROUNDPLAN_ADD_VECTORS=1",
            self.path.display()
        );
        let mut text = serde_json::to_string_pretty(&self.made).unwrap();
        text.push('\n');
        std::fs::write(&self.path, text).unwrap();
    }
}

/// Fixed bytes for one part of a vector, by a label.
pub fn fixed(label: &str) -> impl Random {
    let (label, counter) = (label.to_owned(), Cell::new(0u64));
    FromFn(move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            let block = sha256(&[b"vector\0", label.as_bytes(), b"\0", &counter.get().to_be_bytes()]);
            counter.set(counter.get() + 1);
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
        Ok(())
    })
}

#[test]
fn the_harness_refuses_a_changed_a_lost_and_a_new_vector() {
    let run = |names: &'static [&'static str], value: &'static str| {
        std::panic::catch_unwind(move || {
            let mut kept = Kept::open("no-such-file.json");
            kept.stored.insert("a".into(), "00".into());
            for name in names {
                kept.text(name, value);
            }
            kept.done();
        })
    };
    assert!(run(&["a"], "00").is_ok());
    assert!(run(&["a"], "01").is_err(), "a changed one");
    assert!(run(&[], "00").is_err(), "a lost one");
    if std::env::var_os("GROUNDPLAN_ADD_VECTORS").is_none() {
        assert!(run(&["a", "b"], "00").is_err(), "a new one");
    }
}
