//! Looks for strings in bytes of any origin, in the clear and in the encodings that a leak would take; and undoes the
//! masking of WebSocket frames, under which nothing could be found.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Bytes by which a place is recognised before it is compared.
const HEAD: usize = 8;

/// Strings to look for, each in several encodings.
pub struct Needles {
    heads: HashMap<[u8; HEAD], Vec<(usize, Vec<u8>)>>,
}

impl Needles {
    /// Takes the strings, of at least 12 ASCII letters or digits each.
    ///
    /// # Panics
    /// If one is shorter: it could be found by chance.
    pub fn new(words: &[String]) -> Self {
        let mut needles = Self { heads: HashMap::new() };
        for (index, word) in words.iter().enumerate() {
            assert!(word.len() >= 12 && word.is_ascii(), "{word} is no needle");
            for form in forms(word) {
                let head = form[..HEAD].try_into().expect("eight bytes");
                let known: &mut Vec<_> = needles.heads.entry(head).or_default();
                if !known.contains(&(index, form.clone())) {
                    known.push((index, form));
                }
            }
        }
        needles
    }

    /// Takes raw bytes as the only form, such as an id.
    ///
    /// # Panics
    /// If there are fewer than eight.
    pub fn raw(bytes: &[u8]) -> Self {
        let head = bytes[..HEAD].try_into().expect("eight bytes");
        Self { heads: [(head, vec![(0, bytes.to_vec())])].into() }
    }

    /// Returns the numbers of the strings that occur.
    pub fn find(&self, bytes: &[u8]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (at, head) in bytes.windows(HEAD).enumerate() {
            let Some(candidates) = <[u8; HEAD]>::try_from(head).ok().and_then(|head| self.heads.get(&head))
            else {
                continue;
            };
            found.extend(
                candidates.iter().filter(|(_, form)| bytes[at..].starts_with(form)).map(|(index, _)| index),
            );
        }
        found
    }

    /// Like [`Needles::find`], over every file below a folder; returns the bytes read as well.
    pub fn find_in_folder(&self, folder: &Path) -> (BTreeSet<usize>, usize) {
        let (mut found, mut size) = (BTreeSet::new(), 0);
        let Ok(entries) = std::fs::read_dir(folder) else { return (found, 0) };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let (more, bytes) = if path.is_dir() {
                self.find_in_folder(&path)
            } else {
                // A socket or a file of this moment is nothing to read.
                let bytes = std::fs::read(&path).unwrap_or_default();
                (self.find(&bytes), bytes.len())
            };
            found.extend(more);
            size += bytes;
        }
        (found, size)
    }
}

/// The word itself, as UTF-16 in both orders, in hexadecimal, and in base64 at each of three alignments.
fn forms(word: &str) -> Vec<Vec<u8>> {
    let bytes = word.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        bytes.to_vec(),
        word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        word.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    for shift in 0..3 {
        let shifted = [&[0; 2][..shift], bytes].concat();
        // Only letters that depend on nothing but the word.
        let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&shifted).as_bytes()[from..to].to_vec());
        }
    }
    forms
}

/// Returns the payloads of the WebSocket frames in one direction of a recorded connection; none if it is plain HTTP.
pub fn socket_payloads(stream: &[u8]) -> Option<Vec<u8>> {
    let end = stream.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&stream[..end]).to_lowercase();
    if !head.contains("upgrade: websocket") {
        return None;
    }
    let (mut rest, mut payloads) = (&stream[end..], Vec::new());
    while let Some((payload, tail)) = frame(rest) {
        payloads.extend(payload);
        rest = tail;
    }
    Some(payloads)
}

/// Reads one frame (RFC 6455, section 5.2) and returns its payload without the mask, and what follows.
fn frame(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&[_, second], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(length, rest)| (u16::from_be_bytes(*length) as usize, rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length) as usize, rest))?,
        short => (short as usize, rest),
    };
    let (mask, rest) = if second & 0x80 == 0 { (&[0; 4], rest) } else { rest.split_first_chunk::<4>()? };
    // The connection may have ended inside a frame.
    let (payload, rest) = rest.split_at(length.min(rest.len()));
    Some((payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_and_nothing_else() {
        let word = "abcdefghijkl".to_owned();
        let needles = Needles::new(std::slice::from_ref(&word));
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{word}!")).into_bytes();
        let utf16: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for hidden in
            [b"..abcdefghijkl..".to_vec(), base64(""), base64("x"), base64("xy"), base64("xyz"), utf16]
        {
            assert_eq!(needles.find(&hidden).len(), 1, "{hidden:?}");
        }
        assert_eq!(needles.find(b"6162636465666768696a6b6c").len(), 1);
        assert!(needles.find(b"abcdefghijk abcdefghijKl").is_empty());
    }

    #[test]
    fn frames_are_unmasked() {
        let mut stream = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".to_vec();
        stream.extend([0x82, 0x85, 1, 2, 3, 4, b'h' ^ 1, b'e' ^ 2, b'l' ^ 3, b'l' ^ 4, b'o' ^ 1]);
        stream.extend([0x82, 0x02, b'm', b'e']);
        assert_eq!(socket_payloads(&stream).unwrap(), b"hellome");
        assert_eq!(socket_payloads(b"GET / HTTP/1.1\r\n\r\n"), None);
    }
}
