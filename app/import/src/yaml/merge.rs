//! Merge keys: `<<: *a` and `<<: [*a, *b]`.
//!
//! A mapping's own keys win; of several merged mappings the first that has a key wins.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Node, Pair, Value};
use crate::ImportError;

/// Appends what the merge keys bring to a mapping's own pairs.
pub(super) fn apply(
    file: &str,
    pairs: &mut Vec<Pair>,
    own: &mut HashMap<Rc<str>, u32>,
    merges: &[Rc<Node>],
) -> Result<(), ImportError> {
    for source in merges {
        match &source.value {
            Value::Mapping(found) => append(pairs, own, found),
            Value::Sequence(items) => {
                for item in items {
                    match &item.value {
                        Value::Mapping(found) => append(pairs, own, found),
                        _ => return Err(item.wrong(file, "<<", "a mapping, or an alias of one")),
                    }
                }
            }
            Value::Null => {}
            Value::Scalar(_) => return Err(source.wrong(file, "<<", "a mapping, or an alias of one")),
        }
    }
    Ok(())
}

fn append(pairs: &mut Vec<Pair>, own: &mut HashMap<Rc<str>, u32>, found: &[Pair]) {
    for pair in found {
        if !own.contains_key(&pair.key) {
            own.insert(Rc::clone(&pair.key), pair.mark.line);
            pairs.push(pair.clone());
        }
    }
}
