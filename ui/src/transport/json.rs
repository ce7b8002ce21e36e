//! Reads JSON into the types of the command table, in few bytes of program: answers come from our own core, so it is
//! enough to know *that* one cannot be read, and structures are only ever written as objects. `serde_json` would
//! keep a sentence with line and column ready for every field of every type, twice.
//!
//! Members are brought into the order of a type's fields, and variants to their numbers, once for all types; what serde
//! derives for lists of values then reads them, which is a fraction of what it derives for names.
//!
//! Not here: what answers mean.

mod parse;
mod tree;
mod write;

pub use parse::parse;
pub use write::write;

use serde::de::value::{StrDeserializer, U64Deserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

/// Reads a value; none if the text is no JSON or says something else.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    T::deserialize(parse::parse(text)?).ok()
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with all its digits.
    Number(&'a str),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object, its members in order.
    Object(Vec<(String, Json<'a>)>),
}

/// It cannot be read as what was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not what was expected")
    }
}

impl std::error::Error for Unreadable {}

impl serde::ser::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

// Each of these would by default put a sentence together.
impl de::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

type Outcome<T> = Result<T, Unreadable>;

impl Json<'_> {
    fn number<T: std::str::FromStr>(&self) -> Outcome<T> {
        match self {
            Self::Number(digits) => digits.parse().map_err(|_| Unreadable),
            _ => Err(Unreadable),
        }
    }
}

/// A number with or without a fraction.
fn fraction(digits: &str) -> Outcome<f64> {
    #[cfg(target_arch = "wasm32")]
    let number = js_sys::Number::from(wasm_bindgen::JsValue::from_str(digits)).value_of();
    #[cfg(not(target_arch = "wasm32"))]
    let number: f64 = digits.parse().map_err(|_| Unreadable)?;
    if number.is_finite() { Ok(number) } else { Err(Unreadable) }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $of:ty),* $(,)?) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
            visitor.$visit(self.number::<$of>()?)
        }
    )* };
}

impl<'de> Deserializer<'de> for Json<'_> {
    type Error = Unreadable;

    numbers! {
        deserialize_u8 visit_u64 u64, deserialize_u16 visit_u64 u64, deserialize_u32 visit_u64 u64,
        deserialize_u64 visit_u64 u64, deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64,
        deserialize_i32 visit_i64 i64, deserialize_i64 visit_i64 i64,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Number(digits) => visitor.visit_f64(fraction(digits)?),
            _ => Err(Unreadable),
        }
    }

    /// Whatever it is: for types that look before they decide.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(digits) => match digits.parse() {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => match digits.parse() {
                    Ok(number) => visitor.visit_i64(number),
                    Err(_) => visitor.visit_f64(fraction(digits)?),
                },
            },
            Self::Text(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(Items(items.into_iter())),
            Self::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Text(text) => visitor.visit_str(&text),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::List(items) => visitor.visit_seq(Items(items.into_iter())),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self {
            Self::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None }),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        visitor.visit_seq(Fields::of(self, names)?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Outcome<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        visitor.visit_enum(Variant::of(self, names)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct }
}

struct Items<'a>(std::vec::IntoIter<Json<'a>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members<'a> {
    members: std::vec::IntoIter<(String, Json<'a>)>,
    value: Option<Json<'a>>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(StrDeserializer::<Unreadable>::new(&name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<T::Value> {
        seed.deserialize(self.value.take().ok_or(Unreadable)?)
    }
}

/// The members of an object in the order of the fields that are wanted.
struct Fields<'a>(std::vec::IntoIter<Option<Json<'a>>>);

impl<'a> Fields<'a> {
    fn of(object: Json<'a>, names: &[&str]) -> Outcome<Self> {
        let Json::Object(members) = object else { return Err(Unreadable) };
        let mut fields: Vec<Option<Json<'a>>> = names.iter().map(|_| None).collect();
        for (name, value) in members {
            if let Some(place) = names.iter().position(|wanted| *wanted == name) {
                fields[place] = Some(value);
            }
        }
        Ok(Self(fields.into_iter()))
    }

    /// The next value, and whether it is there at all: what is absent is read like `null`.
    fn take(&mut self) -> Option<(Json<'a>, bool)> {
        let value = self.0.next()?;
        let is_there = value.is_some();
        Some((value.unwrap_or(Json::Null), is_there))
    }
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        let Some((value, is_there)) = self.take() else { return Ok(None) };
        match seed.deserialize(value) {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_there => Err(error),
            // The type knows whether it has a default.
            Err(_) => Ok(None),
        }
    }
}

struct Variant<'a> {
    number: u64,
    content: Content<'a>,
}

impl<'a> Variant<'a> {
    fn of(value: Json<'a>, names: &[&str]) -> Outcome<Self> {
        let (name, content) = match value {
            Json::Text(name) => (name, None),
            Json::Object(mut members) => match members.pop() {
                Some((name, content)) if members.is_empty() => (name, Some(content)),
                _ => return Err(Unreadable),
            },
            _ => return Err(Unreadable),
        };
        let place = names.iter().position(|known| *known == name);
        // A number that no variant has: where a type takes what it does not know, it does so for this too.
        let number = place.map_or(u64::MAX, |place| place as u64);
        Ok(Self { number, content: Content(content) })
    }
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Unreadable;
    type Variant = Content<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Outcome<(T::Value, Content<'a>)> {
        let variant = seed.deserialize(U64Deserializer::<Unreadable>::new(self.number))?;
        Ok((variant, self.content))
    }
}

struct Content<'a>(Option<Json<'a>>);

impl<'a> Content<'a> {
    fn some(self) -> Outcome<Json<'a>> {
        self.0.ok_or(Unreadable)
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Unreadable;

    fn unit_variant(self) -> Outcome<()> {
        if self.0.is_none_or(|content| content == Json::Null) { Ok(()) } else { Err(Unreadable) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Outcome<T::Value> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        self.some()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        visitor.visit_seq(Fields::of(self.some()?, names)?)
    }
}

#[cfg(test)]
mod tests;
