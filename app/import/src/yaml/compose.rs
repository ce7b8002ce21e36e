//! Composes nodes from the events of the YAML parser.
//!
//! Everything that can grow is counted with aliases expanded, before it is built: nodes, bytes of text, depth.
//! Refused besides: aliases of a node inside itself, unknown aliases, keys that are no text, and duplicate keys.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError};

use super::{Node, Pair, Size, Value, merge};
use crate::error::Mark;
use crate::{ImportError, Limits};

/// Reads all documents of a file.
pub(crate) fn load(file: &str, text: &str, limits: &Limits) -> Result<Vec<Rc<Node>>, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut composer =
        Composer { file, limits, stack: Vec::new(), anchors: HashMap::new(), spent: Size::default() };
    let mut documents = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(file, &error, limits))?;
        let mark = mark(&span.start);
        match event {
            Event::DocumentStart(..) => {
                composer.anchors.clear();
                composer.spent = Size::default();
            }
            Event::Scalar(text, style, anchor, _) => {
                composer.scalar(&text, style, anchor, mark, &mut documents)?;
            }
            Event::SequenceStart(_, anchor, _) => composer.open(Holds::Sequence(Vec::new()), anchor, mark)?,
            Event::MappingStart(_, anchor, _) => {
                composer.open(Holds::Mapping(Pairs::default()), anchor, mark)?
            }
            Event::SequenceEnd | Event::MappingEnd => composer.close(&mut documents)?,
            Event::Alias(anchor) => composer.alias(anchor, mark, &mut documents)?,
            _ => {}
        }
    }
    Ok(documents)
}

fn broken(file: &str, error: &ScanError, limits: &Limits) -> ImportError {
    let at = mark(error.marker());
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(file, at, limits),
        _ => ImportError::at(
            file,
            at,
            format!("is not valid YAML: {}", error.info()),
            "Correct the file at this place; often it is the indentation, a missing quote or a tab.",
        ),
    }
}

fn too_deep(file: &str, at: Mark, limits: &Limits) -> ImportError {
    let reason = format!("is nested deeper than {} levels here", limits.yaml_depth);
    ImportError::at(file, at, reason, "Flatten the structure.")
}

fn mark(marker: &Marker) -> Mark {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Mark { line: number(marker.line()).max(1), column: number(marker.col()).saturating_add(1) }
}

struct Composer<'a> {
    file: &'a str,
    limits: &'a Limits,
    stack: Vec<Frame>,
    /// Finished nodes by anchor; `None` while the node is still open.
    anchors: HashMap<usize, Option<Rc<Node>>>,
    spent: Size,
}

struct Frame {
    holds: Holds,
    anchor: usize,
    mark: Mark,
}

enum Holds {
    Sequence(Vec<Rc<Node>>),
    Mapping(Pairs),
}

#[derive(Default)]
struct Pairs {
    pairs: Vec<Pair>,
    seen: HashMap<Rc<str>, u32>,
    merges: Vec<Rc<Node>>,
    key: Option<Key>,
}

enum Key {
    Text(Rc<str>, Mark),
    Merge,
}

impl Composer<'_> {
    fn refuse(&self, mark: Mark, reason: impl Into<String>, remedy: &str) -> ImportError {
        ImportError::at(self.file, mark, reason, remedy)
    }

    fn spend(&mut self, size: Size, mark: Mark) -> Result<(), ImportError> {
        self.spent.nodes = self.spent.nodes.saturating_add(size.nodes);
        self.spent.bytes = self.spent.bytes.saturating_add(size.bytes);
        if self.spent.nodes > self.limits.yaml_nodes || self.spent.bytes > self.limits.yaml_bytes {
            return Err(self.refuse(
                mark,
                format!(
                    "grows beyond {} values or {} bytes here, aliases expanded",
                    self.limits.yaml_nodes, self.limits.yaml_bytes
                ),
                "Split the file, or use fewer aliases inside aliased values.",
            ));
        }
        if self.stack.len().saturating_add(size.height) > self.limits.yaml_depth {
            return Err(too_deep(self.file, mark, self.limits));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        mark: Mark,
        out: &mut Vec<Rc<Node>>,
    ) -> Result<(), ImportError> {
        let plain = style == ScalarStyle::Plain;
        let size = Size { nodes: 1, bytes: text.len(), height: 0 };
        self.spend(size, mark)?;
        if self.wants_key() && plain && text == "<<" {
            return self.merge_key(mark);
        }
        let value = match text {
            "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
            text => Value::Scalar(text.to_owned()),
        };
        self.finish(Rc::new(Node { value, mark, size }), mark, anchor, out)
    }

    fn merge_key(&mut self, mark: Mark) -> Result<(), ImportError> {
        let Some(Frame { holds: Holds::Mapping(map), .. }) = self.stack.last_mut() else { return Ok(()) };
        if !map.merges.is_empty() {
            return Err(self.refuse(mark, "has a second merge key `<<`", "Merge a list: `<<: [*a, *b]`."));
        }
        map.key = Some(Key::Merge);
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { holds: Holds::Mapping(Pairs { key: None, .. }), .. }))
    }

    fn open(&mut self, holds: Holds, anchor: usize, mark: Mark) -> Result<(), ImportError> {
        if self.wants_key() {
            return Err(self.refuse(
                mark,
                "has a key that is a list or a mapping",
                "Use a text as key; put quotes around it if it begins with a bracket or brace.",
            ));
        }
        self.spend(Size { nodes: 1, bytes: 0, height: 1 }, mark)?;
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.stack.push(Frame { holds, anchor, mark });
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<Rc<Node>>) -> Result<(), ImportError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let mut size = Size { nodes: 1, bytes: 0, height: 1 };
        let value = match frame.holds {
            Holds::Sequence(items) => {
                items.iter().for_each(|item| size.add_child(item.size));
                Value::Sequence(items)
            }
            Holds::Mapping(Pairs { mut pairs, mut seen, merges, .. }) => {
                merge::apply(self.file, &mut pairs, &mut seen, &merges)?;
                for pair in &pairs {
                    size.add_child(pair.value.size);
                    size.nodes = size.nodes.saturating_add(1);
                    size.bytes = size.bytes.saturating_add(pair.key.len());
                }
                Value::Mapping(pairs)
            }
        };
        self.finish(Rc::new(Node { value, mark: frame.mark, size }), frame.mark, frame.anchor, out)
    }

    fn alias(&mut self, anchor: usize, mark: Mark, out: &mut Vec<Rc<Node>>) -> Result<(), ImportError> {
        let node = match self.anchors.get(&anchor) {
            Some(Some(node)) => Rc::clone(node),
            Some(None) => {
                return Err(self.refuse(
                    mark,
                    "has an alias of a value inside that value, which never ends",
                    "Remove the alias, or name another anchor.",
                ));
            }
            None => {
                return Err(self.refuse(
                    mark,
                    "has an alias whose anchor is not in this document",
                    "Define the anchor (`&name`) before its first alias (`*name`).",
                ));
            }
        };
        self.spend(node.size, mark)?;
        self.finish(node, mark, 0, out)
    }

    /// Hands a finished node to its parent. `mark` is where it is used, which an alias's node does not know.
    fn finish(
        &mut self,
        node: Rc<Node>,
        mark: Mark,
        anchor: usize,
        out: &mut Vec<Rc<Node>>,
    ) -> Result<(), ImportError> {
        if anchor != 0 {
            self.anchors.insert(anchor, Some(Rc::clone(&node)));
        }
        let Some(frame) = self.stack.last_mut() else {
            out.push(node);
            return Ok(());
        };
        match &mut frame.holds {
            Holds::Sequence(items) => items.push(node),
            Holds::Mapping(map) => match map.key.take() {
                Some(Key::Merge) => map.merges.push(node),
                Some(Key::Text(key, mark)) => map.pairs.push(Pair { key, mark, value: node }),
                None => {
                    let key: Rc<str> = match &node.value {
                        Value::Scalar(text) => Rc::from(text.as_str()),
                        Value::Null => Rc::from(""),
                        _ => {
                            let reason = "has a key that is a list or a mapping";
                            return Err(self.refuse(mark, reason, "Use a text as key."));
                        }
                    };
                    if let Some(line) = map.seen.insert(Rc::clone(&key), mark.line) {
                        let shown: String = key.chars().take(80).collect();
                        let reason = format!("has the key `{shown}` twice; the first is on line {line}");
                        return Err(self.refuse(mark, reason, "Remove or rename one of them."));
                    }
                    map.key = Some(Key::Text(key, mark));
                }
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Rc<Node>, ImportError> {
        load("f.yml", text, &Limits::default()).map(|mut docs| docs.remove(0))
    }

    fn reason(text: &str) -> (u32, String) {
        let error = one(text).unwrap_err();
        let refusal = error.refusal().unwrap().clone();
        (refusal.line.unwrap(), refusal.reason)
    }

    #[test]
    fn merges_nest_and_own_keys_win() {
        let doc = one(
            "a: &a {x: 1, y: 1}\nb: &b\n  <<: *a\n  y: 2\n  z: 2\nc:\n  <<: [*b, {x: 9, w: 9}]\n  z: 3\n",
        )
        .unwrap();
        let c = doc.get("c").unwrap();
        let texts: Vec<_> = ["x", "y", "z", "w"].iter().map(|key| c.text_of(key).unwrap()).collect();
        assert_eq!(texts, ["1", "2", "3", "9"]);
        assert_eq!(c.pairs().len(), 4);
    }

    #[test]
    fn positions_are_those_of_the_key() {
        let doc = one("# comment\na:\n  b: [1,\n    2]\n").unwrap();
        let pair = &doc.get("a").unwrap().pairs()[0];
        assert_eq!((pair.mark.line, pair.mark.column), (3, 3));
    }

    #[test]
    fn bombs_are_refused_quickly() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            let list = vec![format!("*a{}", n - 1); 9].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{list}]\n"));
        }
        let (line, why) = reason(&bomb);
        assert!(line < 8 && why.contains("aliases expanded"), "{line}: {why}");

        let big = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
        assert!(reason(&big).1.contains("bytes"));

        let deep = format!("a: {}", "[".repeat(1_000_000));
        let why = reason(&deep).1;
        assert!(why.contains("nested deeper"), "{why}");
        let deep: String = (0..5_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        assert!(reason(&deep).1.contains("nested deeper"));
        let mut ladder = String::from("a0: &a0 [x]\n");
        (1..80).for_each(|n| ladder.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1)));
        assert!(reason(&ladder).1.contains("nested deeper"));
        let mut merges = String::from("a0: &a0 {k0: 1}\n");
        (1..5_000).for_each(|n| merges.push_str(&format!("a{n}: &a{n} {{<<: *a{}, k{n}: 1}}\n", n - 1)));
        assert!(reason(&merges).1.contains("aliases expanded"));
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        assert_eq!(reason("a: 1\nb: [1, 2\nc: 3\n").0, 3);
        assert_eq!(reason("a: &x\n  b: *x\n").0, 2);
        assert!(reason("a: &x\n  b: *x\n").1.contains("never ends"));
        assert!(reason("a: 1\nb: *none\n").1.contains("anchor"));
        assert_eq!(reason("a: 1\nb: 2\na: 3\n"), (3, "has the key `a` twice; the first is on line 1".into()));
        assert_eq!(reason("a: 1\n<<: 5\n").0, 2);
        assert!(reason("? [a]\n: 1\n").1.contains("key"));
    }

    #[test]
    fn documents_do_not_share_anchors() {
        assert_eq!(load("f", "a: &x 1\n---\nb: 2\n", &Limits::default()).unwrap().len(), 2);
        assert!(load("f", "a: &x 1\n---\nb: *x\n", &Limits::default()).is_err());
        assert!(one("a: ~\nb: '~'\n").unwrap().get("a").unwrap().is_null());
    }
}
