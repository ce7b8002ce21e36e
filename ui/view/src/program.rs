//! The text form of what never changes in a view: a control character says what to do, the text up to the next one
//! says with what. `ui/src/dom/build.rs` reads it; the two must agree.
//!
//! A text, not a table of operations: it needs no addresses in the module, and it compresses like markup.

use proc_macro2::TokenStream;
use quote::quote;

/// What to do next. The numbers leave out tabulator and line ends, which occur in texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Begins an HTML element of this name.
    Html = 1,
    /// Begins an SVG element of this name.
    Svg = 2,
    /// Ends an element.
    End = 3,
    /// Names an attribute; its value follows.
    Name = 4,
    /// The value of the attribute just named.
    Value = 5,
    /// A text.
    Text = 6,
    /// The next hole is a child.
    Child = 7,
    /// A text of the catalogue, by its key.
    Words = 8,
    /// The value of the attribute just named is a text of the catalogue.
    Said = 11,
    /// The next hole is the value of this attribute.
    Attribute = 14,
    /// The next hole is the value of this property of the object.
    Property = 15,
    /// The next hole says whether this class is set.
    Class = 16,
    /// The next hole is the value of this style.
    Style = 17,
    /// The next hole listens to this event.
    Event = 18,
    /// The next hole wants to know the element.
    Reference = 19,
    /// The next hole is the element's content as HTML.
    Inner = 20,
}

/// A program in the making, with what goes into its holes.
#[derive(Default)]
pub struct Program {
    text: String,
    holes: Vec<TokenStream>,
}

impl Program {
    /// Adds something fixed.
    pub fn fixed(&mut self, op: Op, with: &str) {
        self.text.push(char::from(op as u8));
        self.text.push_str(with);
    }

    /// Adds something that is known only at run time: an expression for a `crate::dom::Hole`.
    pub fn hole(&mut self, op: Op, with: &str, hole: TokenStream) {
        self.fixed(op, with);
        self.holes.push(hole);
    }

    /// The view that this program builds.
    pub fn finish(self) -> TokenStream {
        let Self { text, holes } = self;
        if holes.is_empty() {
            quote!(crate::dom::AnyView::Element(#text, ::std::vec::Vec::new()))
        } else {
            quote!(crate::dom::AnyView::Element(#text, ::std::vec![#(#holes),*]))
        }
    }
}

/// Whether a text can stand in a program.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c >= ' ' || matches!(c, '\t' | '\n'))
}
