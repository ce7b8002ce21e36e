//! Bounded CBOR: exact decoding, the canonical check, and a byte string newtype.
//!
//! No message type lives here.

use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder, decode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Says why bytes were not accepted as a message; never quotes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The input is longer than its kind allows.
    #[error("the message is larger than its limit of {limit_bytes} bytes; send less at once")]
    TooLarge {
        /// The limit that was exceeded, in bytes.
        limit_bytes: usize,
    },
    /// The bytes are not a well-formed message of this kind.
    #[error("the message is malformed; update the program that sent it")]
    Malformed,
    /// Bytes follow the end of the message.
    #[error("the message has trailing bytes; update the program that sent it")]
    Trailing,
    /// The message is well-formed but is not in the one canonical encoding.
    #[error("the message is not canonically encoded; update the program that sent it")]
    NotCanonical,
    /// The version is none that this program understands.
    #[error("message version {version} is not supported; update this program")]
    Version {
        /// The version that was read.
        version: u8,
    },
    /// A list has more items than allowed.
    #[error("the message has too many items; send fewer at once")]
    TooMany,
}

/// Encodes a value; every type of this crate encodes without failing.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.encode(value).expect("invariant: writing CBOR to a Vec cannot fail");
    bytes
}

/// Decodes a value that fills `bytes` exactly; unknown map keys are skipped.
///
/// # Errors
/// [`CodecError::TooLarge`], [`CodecError::Malformed`], [`CodecError::Trailing`].
pub fn decode_exact<'b, T: Decode<'b, ()>>(bytes: &'b [u8], limit_bytes: usize) -> Result<T, CodecError> {
    if bytes.len() > limit_bytes {
        return Err(CodecError::TooLarge { limit_bytes });
    }
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().map_err(|_| CodecError::Malformed)?;
    if decoder.position() == bytes.len() { Ok(value) } else { Err(CodecError::Trailing) }
}

/// Decodes a value and insists that `bytes` is its one canonical encoding, so that duplicate or unknown keys,
/// long integers, indefinite lengths and reordered maps are refused.
///
/// # Errors
/// Those of [`decode_exact`], and [`CodecError::NotCanonical`].
pub fn decode_canonical<'b, T: Decode<'b, ()> + Encode<()>>(
    bytes: &'b [u8],
    limit_bytes: usize,
) -> Result<T, CodecError> {
    let value = decode_exact::<T>(bytes, limit_bytes)?;
    if encode(&value) == bytes { Ok(value) } else { Err(CodecError::NotCanonical) }
}

/// A byte string: CBOR bytes, base64url in JSON, only its length in Debug.
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Blob(pub Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl std::ops::Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl<C> Encode<C> for Blob {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Blob {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(Self(d.bytes()?.to_vec()))
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        from_base64(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected base64url without padding"))
    }
}

/// Encodes bytes as base64url without padding.
pub fn to_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding; `None` for anything else.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}
