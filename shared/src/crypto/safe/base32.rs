//! Crockford base32 in groups with a checksum: for secrets that people copy by hand.
//!
//! The checksum (20 bits of a tagged SHA-256) finds typing errors; it protects nothing.

use zeroize::Zeroizing;

use crate::crypto::hazmat::hash::sha256;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_SYMBOLS: usize = 4;

/// Why a code was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A character that no code has.
    #[error("the code has a character that codes do not use, at place {place}; check it and type it again")]
    Symbol {
        /// Place of the character, from 1, spaces and hyphens not counted.
        place: usize,
    },
    /// Too short or too long.
    #[error("the code has {found} characters but needs {expected}; check it and type it again")]
    Length {
        /// Characters found, spaces and hyphens not counted.
        found: usize,
        /// Characters needed.
        expected: usize,
    },
    /// The checksum does not fit.
    #[error("the code has a typing error; compare it with the original and type it again")]
    Checksum,
}

fn value_of(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|s| char::from(*s) == symbol).and_then(|v| u8::try_from(v).ok())
}

fn symbols_of(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() * 8 / 5 + 1));
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push((buffer >> bits & 31) as u8);
        }
    }
    if bits > 0 {
        out.push((buffer << (5 - bits) & 31) as u8);
    }
    out
}

fn check_symbols(tag: &[u8], bytes: &[u8]) -> [u8; CHECK_SYMBOLS] {
    let [a, b, c, ..] = sha256(&[b"groundplan/code/v1\0", tag, b"\0", bytes]).0;
    let bits = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
    [19, 14, 9, 4].map(|shift| (bits >> shift & 31) as u8)
}

/// Number of characters (without hyphens) of a code for this many bytes.
pub(crate) const fn code_symbols(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5) + CHECK_SYMBOLS
}

/// Writes bytes as a code: `group` characters between hyphens, checksum last.
pub(crate) fn encode_code(tag: &[u8], bytes: &[u8], group: usize) -> Zeroizing<String> {
    let mut symbols = symbols_of(bytes);
    symbols.extend_from_slice(&check_symbols(tag, bytes));
    let mut out = Zeroizing::new(String::with_capacity(symbols.len() * 2));
    for (place, symbol) in symbols.iter().enumerate() {
        if place > 0 && place % group == 0 {
            out.push('-');
        }
        out.push(ALPHABET.get(usize::from(*symbol)).copied().map_or('0', char::from));
    }
    out
}

/// Reads a code of `N` bytes; case, spaces and hyphens do not matter, and O, I, L are read as 0, 1, 1.
pub(crate) fn decode_code<const N: usize>(tag: &[u8], text: &str) -> Result<Zeroizing<[u8; N]>, CodeError> {
    let expected = code_symbols(N);
    let mut values = Zeroizing::new(Vec::with_capacity(expected));
    for symbol in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let place = values.len() + 1;
        values.push(value_of(symbol).ok_or(CodeError::Symbol { place })?);
    }
    if values.len() != expected {
        return Err(CodeError::Length { found: values.len(), expected });
    }
    let (data, check) = values.split_at(expected - CHECK_SYMBOLS);
    let mut out = Zeroizing::new([0; N]);
    let (mut buffer, mut bits, mut at) = (0u32, 0, 0);
    for value in data {
        buffer = buffer << 5 | u32::from(*value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            if let Some(slot) = out.get_mut(at) {
                *slot = (buffer >> bits & 255) as u8;
                at += 1;
            }
        }
    }
    let padding = buffer & ((1 << bits) - 1);
    if padding != 0 || check_symbols(tag, &*out) != check { Err(CodeError::Checksum) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_reads_what_people_type() {
        let bytes: [u8; 20] = std::array::from_fn(|i| (i * 37) as u8);
        let code = encode_code(b"t", &bytes, 6);
        assert_eq!(*decode_code::<20>(b"t", &code).unwrap(), bytes);
        let sloppy = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(*decode_code::<20>(b"t", &sloppy).unwrap(), bytes);
        assert_eq!(decode_code::<20>(b"other", &code), Err(CodeError::Checksum));
    }

    #[test]
    fn every_wrong_symbol_is_noticed() {
        let code = encode_code(b"t", &[9; 16], 6);
        for (place, found) in code.char_indices().filter(|(_, c)| *c != '-') {
            for other in ALPHABET.iter().map(|s| char::from(*s)).filter(|c| *c != found) {
                let mut wrong: Vec<char> = code.chars().collect();
                wrong[place] = other;
                let wrong: String = wrong.into_iter().collect();
                assert_eq!(decode_code::<16>(b"t", &wrong), Err(CodeError::Checksum), "{wrong}");
            }
        }
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(decode_code::<16>(b"t", "0U"), Err(CodeError::Symbol { place: 2 }));
        assert_eq!(decode_code::<16>(b"t", "00"), Err(CodeError::Length { found: 2, expected: 30 }));
    }
}
