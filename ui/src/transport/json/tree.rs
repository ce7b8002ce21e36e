//! Looking into an answer without a type for it: a type costs kilobytes of program, a name a few bytes. For views that show
//! many small fields as they are.

use super::Json;

static NOTHING: Json<'static> = Json::Null;

impl<'a> Json<'a> {
    /// A member of an object; `null` if it is not there.
    pub fn at(&self, name: &str) -> &Json<'a> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(key, _)| key == name).map_or(&NOTHING, |(_, value)| value)
            }
            _ => &NOTHING,
        }
    }

    /// Whether there is something.
    pub fn is_there(&self) -> bool {
        !matches!(self, Self::Null)
    }

    /// Whether a member is `true`.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.at(name), Self::Bool(true))
    }

    /// A member that is a text; empty if it is none.
    pub fn text(&self, name: &str) -> String {
        match self.at(name) {
            Self::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// A member that is a whole number; 0 if it is none.
    pub fn whole(&self, name: &str) -> u64 {
        match self.at(name) {
            Self::Number(digits) => digits.parse().unwrap_or(0),
            _ => 0,
        }
    }

    /// A member that is a list; empty if it is none.
    pub fn list(&self, name: &str) -> &[Json<'a>] {
        match self.at(name) {
            Self::List(items) => items,
            _ => &[],
        }
    }
}
