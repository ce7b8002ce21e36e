//! Writes the parameters of commands as JSON, in few bytes of program: into one kind of buffer, without errors that our
//! own types cannot have, and with the browser's way of writing numbers with a fraction.

use std::fmt::Display;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{Outcome, Unreadable};

/// Writes a value. Keys of maps have to be texts, or are written as such.
pub fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    // Nothing below fails by itself, and our types do not either.
    let _ = value.serialize(Writer(&mut text));
    text
}

struct Writer<'a>(&'a mut String);

impl<'a> Writer<'a> {
    fn plain(self, text: &str) -> Outcome<()> {
        self.0.push_str(text);
        Ok(())
    }

    fn whole(self, number: i64) -> Outcome<()> {
        self.plain(&number.to_string())
    }

    fn text(self, text: &str) -> Outcome<()> {
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                c if c < ' ' => {
                    self.0.push_str("\\u00");
                    let digit = |half: u32| char::from_digit(half, 16).unwrap_or('0');
                    self.0.extend([digit(c as u32 / 16), digit(c as u32 % 16)]);
                }
                c => self.0.push(c),
            }
        }
        self.plain_end()
    }

    fn plain_end(self) -> Outcome<()> {
        self.plain("\"")
    }

    /// Begins something that ends so; within a variant, in the object that names it.
    fn open(self, variant: Option<&str>, begin: char, end: &'static str) -> Outcome<Several<'a>> {
        if let Some(name) = variant {
            self.0.push('{');
            Writer(self.0).text(name)?;
            self.0.push(':');
        }
        self.0.push(begin);
        Ok(Several { text: self.0, is_first: true, end })
    }
}

/// A number with a fraction; what is none is `null`, as everywhere.
fn fraction(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    #[cfg(target_arch = "wasm32")]
    {
        String::from(js_sys::JsString::from(
            js_sys::Number::from(number).to_string_with_radix(10).expect("invariant: ten is a radix"),
        ))
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        number.to_string()
    }
}

struct Several<'a> {
    text: &'a mut String,
    is_first: bool,
    end: &'static str,
}

impl Several<'_> {
    fn next(&mut self) -> Writer<'_> {
        if !self.is_first {
            self.text.push(',');
        }
        self.is_first = false;
        Writer(self.text)
    }

    fn named(&mut self, name: &str) -> Outcome<Writer<'_>> {
        self.next().text(name)?;
        self.text.push(':');
        Ok(Writer(self.text))
    }

    fn close(self) -> Outcome<()> {
        Writer(self.text).plain(self.end)
    }
}

macro_rules! wholes {
    ($($method:ident $of:ty),* $(,)?) => { $(
        fn $method(self, number: $of) -> Outcome<()> {
            self.whole(number.into())
        }
    )* };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Unreadable;
    type SerializeSeq = Several<'a>;
    type SerializeTuple = Several<'a>;
    type SerializeTupleStruct = Several<'a>;
    type SerializeTupleVariant = Several<'a>;
    type SerializeMap = Several<'a>;
    type SerializeStruct = Several<'a>;
    type SerializeStructVariant = Several<'a>;

    wholes! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_u8 u8, serialize_u16 u16,
        serialize_u32 u32,
    }

    fn serialize_u64(self, number: u64) -> Outcome<()> {
        self.plain(&number.to_string())
    }

    fn serialize_f32(self, number: f32) -> Outcome<()> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Outcome<()> {
        self.plain(&fraction(number))
    }

    fn serialize_bool(self, value: bool) -> Outcome<()> {
        self.plain(if value { "true" } else { "false" })
    }

    fn serialize_char(self, c: char) -> Outcome<()> {
        self.text(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Outcome<()> {
        self.text(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Outcome<()> {
        bytes.serialize(self)
    }

    fn serialize_none(self) -> Outcome<()> {
        self.plain("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Outcome<()> {
        self.plain("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Outcome<()> {
        self.plain("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Outcome<()> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Outcome<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Outcome<()> {
        let mut object = self.open(None, '{', "}")?;
        value.serialize(object.named(variant)?)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Outcome<Several<'a>> {
        self.open(None, '[', "]")
    }

    fn serialize_tuple(self, _: usize) -> Outcome<Several<'a>> {
        self.open(None, '[', "]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Outcome<Several<'a>> {
        self.open(None, '[', "]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Outcome<Several<'a>> {
        self.open(Some(variant), '[', "]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Outcome<Several<'a>> {
        self.open(None, '{', "}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Outcome<Several<'a>> {
        self.open(None, '{', "}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Outcome<Several<'a>> {
        self.open(Some(variant), '{', "}}")
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Outcome<()> {
        self.text(&value.to_string())
    }
}

impl SerializeMap for Several<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Outcome<()> {
        let text = write(key);
        let writer = self.next();
        if text.starts_with('"') {
            writer.plain(&text)?
        } else {
            writer.text(&text)?
        }
        self.text.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<()> {
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Outcome<()> {
        self.close()
    }
}

macro_rules! lists {
    ($($of:ident $method:ident),* $(,)?) => { $(
        impl $of for Several<'_> {
            type Ok = ();
            type Error = Unreadable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<()> {
                value.serialize(self.next())
            }

            fn end(self) -> Outcome<()> {
                self.close()
            }
        }
    )* };
}

lists! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! objects {
    ($($of:ident),*) => { $(
        impl $of for Several<'_> {
            type Ok = ();
            type Error = Unreadable;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Outcome<()> {
                value.serialize(self.named(name)?)
            }

            fn end(self) -> Outcome<()> {
                self.close()
            }
        }
    )* };
}

objects!(SerializeStruct, SerializeStructVariant);
