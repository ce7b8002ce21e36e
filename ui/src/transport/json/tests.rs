//! What `serde_json` writes, this reads, and to the same values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{read, write};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    One(u8),
    Two(i64, String),
    Named { x: f64, y: Option<bool> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Tagged {
    Nothing,
    Something { items: Vec<u64> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(f64),
    Text(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct All {
    kinds: Vec<Kind>,
    tagged: Vec<Tagged>,
    either: Vec<Either>,
    map: BTreeMap<String, u64>,
    pair: (u32, i32),
    text: Option<String>,
    #[serde(default)]
    later: Option<String>,
    letter: char,
}

fn all() -> All {
    All {
        kinds: vec![
            Kind::Plain,
            Kind::One(255),
            Kind::Two(i64::MIN, "ä\"\\/\n\u{1f600}\u{7}".to_owned()),
            Kind::Named { x: -1.5e-7, y: None },
        ],
        tagged: vec![Tagged::Nothing, Tagged::Something { items: vec![0, u64::MAX] }],
        either: vec![Either::Number(2.5), Either::Text("t".to_owned()), Either::List(vec!["a".to_owned()])],
        map: BTreeMap::from([("a".to_owned(), 1), (String::new(), 2)]),
        pair: (7, -7),
        text: Some("x".to_owned()),
        later: None,
        letter: 'ß',
    }
}

#[test]
fn reads_what_was_written() {
    let text = serde_json::to_string(&all()).unwrap();
    assert_eq!(read::<All>(&text), Some(all()));
    let spaced = serde_json::to_string_pretty(&all()).unwrap();
    assert_eq!(read::<All>(&spaced), Some(all()));
}

#[test]
fn writes_what_serde_json_reads() {
    assert_eq!(serde_json::from_str::<All>(&write(&all())).unwrap(), all());
    assert_eq!(read::<All>(&write(&all())), Some(all()));
    for text in ["", "\u{0}\u{1f}\u{7f}", "ä\u{10ffff}\\\"/"] {
        assert_eq!(write(text), serde_json::to_string(text).unwrap());
    }
    assert_eq!(
        write(&(u64::MAX, i64::MIN, 0.5, f64::NAN, (), 'x')),
        r#"[18446744073709551615,-9223372036854775808,0.5,null,null,"x"]"#
    );
    assert_eq!(write(&BTreeMap::from([(1, "a"), (2, "b")])), r#"{"1":"a","2":"b"}"#);
}

#[test]
fn reads_escapes_of_every_form() {
    assert_eq!(read::<String>(r#" "\u00e4\ud83d\ude00\b\f\r\t\/" "#).unwrap(), "ä😀\u{8}\u{c}\r\t/");
}

#[test]
fn fields_may_be_absent_unknown_or_null() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Some1 {
        a: Option<u8>,
        b: u8,
    }
    assert_eq!(read::<Some1>(r#"{"z":{"y":[1,2]},"b":3}"#), Some(Some1 { a: None, b: 3 }));
    assert_eq!(read::<Some1>(r#"{"a":null,"b":3}"#), Some(Some1 { a: None, b: 3 }));
    assert_eq!(read::<Some1>(r#"{"a":1}"#), None);
    assert_eq!(read::<Some1>(r#"{"a":"1","b":3}"#), None);
    assert_eq!(read::<Some1>("[1,3]"), None);
    assert_eq!(read::<Some1>(r#"{"a":1,"b":256}"#), None);
}

#[test]
fn defaults_stand_for_what_is_absent_only() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Defaults {
        #[serde(default)]
        some_list: Vec<u8>,
        #[serde(skip)]
        own: u8,
        #[serde(default = "seven")]
        number: u8,
        last: bool,
    }
    fn seven() -> u8 {
        7
    }
    let expected = Defaults { some_list: vec![], own: 0, number: 7, last: true };
    assert_eq!(read::<Defaults>(r#"{"last":true}"#), Some(expected));
    let expected = Defaults { some_list: vec![1], own: 0, number: 2, last: false };
    assert_eq!(read::<Defaults>(r#"{"last":false,"own":9,"number":2,"someList":[1]}"#), Some(expected));
    assert_eq!(read::<Defaults>(r#"{"last":true,"someList":null}"#), None);
    assert_eq!(read::<Defaults>(r#"{"last":true,"number":"x"}"#), None);
}

#[test]
fn refuses_what_is_no_json() {
    for text in
        ["", "{", "[1,]", "{\"a\"}", "nul", "\"a", "1 2", "\"\\ud800\"", "\"\\x\"", "{\"a\":1,}", "[1}"]
    {
        assert_eq!(read::<serde::de::IgnoredAny>(text).map(|_| ()), None, "{text}");
    }
    assert!(read::<serde::de::IgnoredAny>(&"[".repeat(100_000)).is_none());
}

#[test]
fn agrees_with_serde_json_about_many_texts() {
    // Small alphabets make valid and nearly valid texts likely.
    let alphabet = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"\\n\"", "1", "-2.5", "true", "null", " "];
    let mut seed = 7_u64;
    let mut agreed = 0;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..(seed >> 60) + 1 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(alphabet[(seed >> 33) as usize % alphabet.len()]);
        }
        let theirs = serde_json::from_str::<serde_json::Value>(&text).ok();
        let ours = read::<serde_json::Value>(&text);
        agreed += usize::from(theirs.is_some());
        assert_eq!(ours, theirs, "{text}");
    }
    assert!(agreed > 300, "only {agreed} of the texts were JSON");
}
