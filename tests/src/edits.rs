//! Random edits of one side of a partition, and what must be there when both sides have met.
//!
//! Each edit leaves a mark of its own, such as `desk-017`, in a place where merging keeps both sides' marks: tags, new
//! things, insertions into texts. Fields with one value (names, numbers, positions) are edited as well; of those only
//! one survives, so they are compared between the devices and not searched for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::device::Device;
use crate::journey::element;
use crate::random::Random;

/// What both sides know before they part.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// Components that nobody deletes.
    pub parts: Vec<String>,
    /// Components that both sides may delete or edit.
    pub doomed: Vec<String>,
    /// Pages.
    pub pages: Vec<String>,
    /// An API.
    pub api: String,
    /// A diagram with stored places.
    pub view: String,
}

impl Common {
    /// Makes it on a device.
    ///
    /// # Panics
    /// If an answer lacks an id.
    pub fn make(device: &Device) -> Self {
        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        let parts: Vec<String> =
            (0..10).map(|n| element(device, "component", &format!("Part {n}"))).collect();
        let pages = (0..4).map(|n| {
            let body =
                "Na\u{ef}ve text \u{1f600} with a link to [[Part 1]], long enough to write in its midst.\n";
            let page = json!({ "kind": "doc", "title": format!("Page {n}"), "body": body });
            id(&device.ask("page/create", page)["page"]["id"])
        });
        let pages = pages.collect();
        let view =
            id(&device.ask("view/create", json!({ "kind": "dependency", "name": "Everything" }))["id"]);
        device.ask("view/layout", json!({ "id": view }));
        Self {
            parts,
            doomed: (0..8).map(|n| element(device, "component", &format!("Doomed {n}"))).collect(),
            pages,
            api: element(device, "api", "Orders API"),
            view,
        }
    }
}

/// One side.
pub struct Side<'a> {
    device: &'a Device,
    common: &'a Common,
    tag: &'a str,
    random: Random,
    count: usize,
    /// Elements made here and not deleted, with their marks.
    made: Vec<(String, String)>,
    /// Relations made here and not deleted: source, id, mark.
    relations: Vec<(String, String, String)>,
    /// Marks that must be found.
    pub present: BTreeSet<String>,
    /// Marks that must not be found: this side took them back.
    pub absent: BTreeSet<String>,
    /// Doomed elements that this side deleted.
    pub deleted: BTreeSet<String>,
    /// Doomed elements that this side edited.
    pub edited: BTreeSet<String>,
}

impl<'a> Side<'a> {
    /// A side that has not edited yet.
    pub fn new(device: &'a Device, common: &'a Common, tag: &'a str, seed: u64) -> Self {
        Self {
            device,
            common,
            tag,
            random: Random::new(seed),
            count: 0,
            made: Vec::new(),
            relations: Vec::new(),
            present: BTreeSet::new(),
            absent: BTreeSet::new(),
            deleted: BTreeSet::new(),
            edited: BTreeSet::new(),
        }
    }

    /// Makes one random edit.
    ///
    /// # Panics
    /// If the device refuses it.
    pub fn edit(&mut self) {
        let mark = format!("{}-{:03}", self.tag, self.count);
        self.count += 1;
        match self.random.below(16) {
            0 | 1 => self.create(&mark),
            2 | 3 => self.tag(&mark),
            4 => self.one_value(&mark),
            5 | 6 => self.text(&mark),
            7 | 8 => self.page_text(&mark),
            9 => self.page(&mark),
            10 => self.relate(&mark),
            11 => self.unrelate_or_delete(&mark),
            12 => self.doomed(&mark),
            13 => self.endpoint(&mark),
            14 => self.view(&mark),
            _ => self.undone(&mark),
        }
    }

    fn part(&mut self) -> String {
        self.random.pick(&self.common.parts).clone()
    }

    fn create(&mut self, mark: &str) {
        let id = element(self.device, "component", mark);
        self.made.push((id, mark.to_owned()));
        self.present.insert(mark.to_owned());
    }

    fn tag(&mut self, mark: &str) {
        let id = self.part();
        self.device.ask("element/update", json!({ "id": id, "add_tags": [mark] }));
        self.present.insert(mark.to_owned());
    }

    /// Fields of which one side's value wins; and a tag, so that the edit can be found all the same.
    fn one_value(&mut self, mark: &str) {
        let id = self.part();
        let instances = self.random.below(1_000);
        let params = json!({
            "id": id, "name": format!("Renamed by {}", self.tag), "properties": { "instances": instances },
            "add_tags": [mark],
        });
        self.device.ask("element/update", params);
        self.present.insert(mark.to_owned());
    }

    fn text(&mut self, mark: &str) {
        let id = self.part();
        self.insert(&id, "description", mark);
    }

    fn page_text(&mut self, mark: &str) {
        let id = self.random.pick(&self.common.pages).clone();
        self.insert(&id, "body", mark);
    }

    /// Inserts `[mark]` somewhere outside other marks, and sometimes takes a letter of the old text away.
    fn insert(&mut self, document: &str, field: &str, mark: &str) {
        let opened = self.device.ask("text/open", json!({ "document": document, "field": field }));
        let text = opened["text"].as_str().expect("a text");
        let (mut at, mut depth, mut places, mut letters) = (0, 0, vec![], vec![]);
        for letter in text.chars() {
            if depth == 0 {
                places.push(at);
                if letter.is_ascii_lowercase() {
                    letters.push(at);
                }
            }
            depth += i32::from(letter == '[') - i32::from(letter == ']');
            at += letter.len_utf16();
        }
        places.push(at);
        let place = *self.random.pick(&places);
        let mut changes = vec![json!({ "at": place, "delete": 0, "insert": format!("[{mark}]") })];
        if self.random.below(3) == 0 && letters.len() > 5 {
            let gone = *self.random.pick(&letters);
            changes.insert(0, json!({ "at": gone, "delete": 1, "insert": "" }));
            if gone < place {
                changes[1]["at"] = json!(place - 1);
            }
        }
        let params =
            json!({ "document": document, "field": field, "version": opened["version"], "changes": changes });
        self.device.ask("text/edit", params);
        self.present.insert(mark.to_owned());
    }

    fn page(&mut self, mark: &str) {
        let about = self.part();
        let path = format!("notes/{mark}.md");
        let params = json!({ "kind": "adr", "title": "A decision", "path": path, "body": "So be it.", "about": about });
        self.device.ask("page/create", params);
        let page = self.random.pick(&self.common.pages).clone();
        self.device.ask("page/update", json!({ "id": page, "title": format!("Titled by {}", self.tag) }));
        self.present.insert(mark.to_owned());
    }

    fn relate(&mut self, mark: &str) {
        let parts = &self.common.parts;
        let from = self.random.below(parts.len());
        let to = (from + 1 + self.random.below(parts.len() - 1)) % parts.len();
        let (source, target) = (parts[from].clone(), parts[to].clone());
        let params = json!({
            "kind": "uses", "source": source, "target": target, "properties": { "description": mark },
        });
        let made = self.device.ask("relation/create", params);
        let id = made["id"].as_str().expect("an id").to_owned();
        self.relations.push((source, id, mark.to_owned()));
        self.present.insert(mark.to_owned());
    }

    fn unrelate_or_delete(&mut self, mark: &str) {
        let gone = if self.random.below(2) == 0 && !self.relations.is_empty() {
            let at = self.random.below(self.relations.len());
            let (source, id, gone) = self.relations.swap_remove(at);
            self.device.ask("relation/delete", json!({ "source": source, "id": id }));
            gone
        } else if !self.made.is_empty() {
            let at = self.random.below(self.made.len());
            let (id, gone) = self.made.swap_remove(at);
            self.device.ask("element/delete", json!({ "ids": [id] }));
            gone
        } else {
            return self.create(mark);
        };
        self.present.remove(&gone);
        self.absent.insert(gone);
    }

    /// Deletes an element that the other side may be editing, or edits one that it may be deleting.
    fn doomed(&mut self, mark: &str) {
        let id = self.random.pick(&self.common.doomed).clone();
        if self.deleted.contains(&id) {
            return self.tag(mark);
        }
        if self.random.below(2) == 0 && !self.edited.contains(&id) {
            self.device.ask("element/delete", json!({ "ids": [id] }));
            self.deleted.insert(id);
        } else {
            self.device.ask("element/update", json!({ "id": id, "add_tags": [mark] }));
            self.edited.insert(id);
            self.present.insert(mark.to_owned());
        }
    }

    fn endpoint(&mut self, mark: &str) {
        let (high, low) = (self.random.number(), self.random.number());
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        );
        let endpoint = json!({ "id": id, "method": "GET", "path": format!("/{mark}") });
        self.device.ask("endpoint/set", json!({ "api": self.common.api, "endpoint": endpoint }));
        self.present.insert(mark.to_owned());
    }

    fn view(&mut self, mark: &str) {
        let (id, x, y) = (self.part(), self.random.below(4_000), self.random.below(4_000));
        let positions = json!({ id: { "x": x, "y": y } });
        self.device.ask("view/move", json!({ "id": self.common.view, "positions": positions }));
        self.device.ask("view/create", json!({ "kind": "landscape", "name": mark }));
        self.present.insert(mark.to_owned());
    }

    fn undone(&mut self, mark: &str) {
        element(self.device, "component", mark);
        self.device.ask("edit/undo", json!({}));
        self.absent.insert(mark.to_owned());
    }
}
