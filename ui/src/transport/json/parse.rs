//! JSON as a tree: the whole grammar, numbers left as digits.

use super::Json;

/// How deep lists and objects may lie in each other.
const DEEPEST: usize = 128;

/// Reads one value and nothing after it.
pub fn parse(text: &str) -> Option<Json<'_>> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    fn eat(&mut self, what: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(what)?;
        Some(())
    }

    /// Passes over space, then over this if it stands there.
    fn meets(&mut self, what: &str) -> bool {
        self.space();
        self.eat(what).is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.rest.as_bytes().first()? {
            b'"' => self.text().map(Json::Text),
            b'[' => self.list(depth),
            b'{' => self.object(depth),
            b't' => self.eat("true").map(|()| Json::Bool(true)),
            b'f' => self.eat("false").map(|()| Json::Bool(false)),
            b'n' => self.eat("null").map(|()| Json::Null),
            b'-' | b'0'..=b'9' => {
                let inside = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
                let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
                let (digits, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(Json::Number(digits))
            }
            _ => None,
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json<'a>> {
        self.eat("[")?;
        let mut items = Vec::new();
        if self.meets("]") {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.meets("]") {
                return Some(Json::List(items));
            }
            self.eat(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json<'a>> {
        self.eat("{")?;
        let mut members = Vec::new();
        if self.meets("}") {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.space();
            self.eat(":")?;
            members.push((name, self.value(depth + 1)?));
            if self.meets("}") {
                return Some(Json::Object(members));
            }
            self.eat(",")?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.eat("\"")?;
        let mut text = String::new();
        loop {
            let end = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at(end);
            text.push_str(plain);
            self.rest = rest;
            if self.eat("\"").is_some() {
                return Some(text);
            }
            self.eat("\\")?;
            text.push(self.escaped()?);
        }
    }

    /// What stands after a backslash.
    fn escaped(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.split_at(c.len_utf8()).1;
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit()?;
                // Beyond the first plane a character is written as two halves.
                if (0xd800..0xdc00).contains(&unit) {
                    self.eat("\\u")?;
                    let second = self.unit()?.checked_sub(0xdc00).filter(|second| *second < 0x400)?;
                    char::from_u32(0x10000 + ((unit - 0xd800) << 10) + second)?
                } else {
                    char::from_u32(unit)?
                }
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            u32::from_str_radix(digits, 16).ok()
        } else {
            None
        }
    }
}
