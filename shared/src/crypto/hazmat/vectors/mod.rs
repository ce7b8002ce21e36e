//! Published vectors through our own wrappers: RFCs (kept in `tests/published`) and Wycheproof (read in place where
//! the corpora are present).
//!
//! Each vector is judged by a function that says whether our wrapper does what the vector demands, so that the same
//! function can be shown to fail on a vector whose expectation was turned round.

mod hpke;
mod rfc;
mod wycheproof;

use serde_json::Value;

/// Reads a hexadecimal field.
fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_else(|| panic!("no text: {value}"));
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap_or_else(|_| panic!("not {N} bytes: {value}"))
}

/// The vectors of a file in `tests/published`.
fn published(text: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(text).unwrap();
    all["vectors"].as_array().unwrap().clone()
}

/// Changes the first digit of a hexadecimal field.
fn spoil(vector: &mut Value, field: &str) {
    let text = vector[field].as_str().unwrap().to_owned();
    let (first, rest) = text.split_at(1);
    vector[field] = format!("{}{rest}", if first == "f" { "e" } else { "f" }).into();
}

/// Checks every vector, and that each is noticed once the given field is changed.
fn check_all(text: &str, field: &str, holds: impl Fn(&Value) -> bool) {
    let vectors = published(text);
    for vector in &vectors {
        assert!(holds(vector), "{vector}");
        let mut spoiled = vector.clone();
        spoil(&mut spoiled, field);
        assert!(!holds(&spoiled), "a changed {field} was not noticed: {vector}");
    }
    println!("{} vectors, each noticed when its {field} is changed", vectors.len());
}
