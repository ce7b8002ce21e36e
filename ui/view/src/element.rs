//! Elements: names, attributes and children, as a program with holes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use rstml::node::{KeyedAttribute, Node, NodeAttribute, NodeBlock};
use syn::{Expr, Lit, Stmt};

use crate::program::{Op, Program, is_plain};
use crate::{Element, component, one, refuse};

/// Elements that exist in SVG only, so that a view may begin with one.
const SVG: &[&str] = &[
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "defs",
    "marker",
    "pattern",
    "clipPath",
    "mask",
    "use",
    "symbol",
    "linearGradient",
    "radialGradient",
    "stop",
    "image",
    "desc",
];

/// An element and everything in it.
pub fn view(element: &Element) -> TokenStream {
    let mut program = Program::default();
    match write(&mut program, element, false) {
        Ok(()) => program.finish(),
        Err(error) => error,
    }
}

fn write(program: &mut Program, element: &Element, in_svg: bool) -> Result<(), TokenStream> {
    let name = element.name().to_string();
    let svg = in_svg || SVG.contains(&name.as_str());
    program.fixed(if svg { Op::Svg } else { Op::Html }, &name);
    for attribute in element.attributes() {
        match attribute {
            NodeAttribute::Attribute(attribute) => self::attribute(program, attribute)?,
            NodeAttribute::Block(block) => return Err(refuse(block, "spread attributes are not supported")),
        }
    }
    for child in &element.children {
        match child {
            Node::Element(inner) if !component::is(inner) => {
                write(program, inner, svg && name != "foreignObject")?
            }
            Node::Text(text) if is_plain(&text.value_string()) => {
                program.fixed(Op::Text, &text.value_string())
            }
            Node::Block(NodeBlock::ValidBlock(block)) if words(&block.stmts).is_some() => {
                program.fixed(Op::Words, &words(&block.stmts).unwrap_or_default())
            }
            _ => {
                if let Some(child) = one(child) {
                    program.hole(Op::Child, "", quote!(crate::dom::Hole::Child(#child)));
                }
            }
        }
    }
    program.fixed(Op::End, "");
    Ok(())
}

fn attribute(program: &mut Program, attribute: &KeyedAttribute) -> Result<(), TokenStream> {
    let key = attribute.key.to_string();
    let Some(value) = attribute.value() else {
        program.fixed(Op::Name, &key);
        program.fixed(Op::Value, "");
        return Ok(());
    };
    let hole = quote!(crate::dom::IntoHole::into_hole(#value));
    match key.split_once(':') {
        Some(("on", event)) => {
            let ident = Ident::new(event, Span::call_site());
            program.hole(Op::Event, event, quote!(crate::dom::on(::leptos::ev::#ident, #value)));
        }
        Some(("prop", name)) => program.hole(Op::Property, name, hole),
        Some(("class", name)) => program.hole(Op::Class, name, hole),
        Some(("style", name)) => program.hole(Op::Style, name, hole),
        Some(("attr", name)) => plain(program, name, value, hole),
        Some(_) if key.starts_with("xml") => plain(program, &key, value, hole),
        Some((family, _)) => {
            return Err(refuse(&attribute.key, &format!("no attributes of the family {family}:")));
        }
        None => match (key.as_str(), value) {
            ("node_ref", _) => program.hole(Op::Reference, "", quote!(crate::dom::reference(#value))),
            ("inner_html", _) => program.hole(Op::Inner, "", hole),
            // A custom property: its name is no name for Rust.
            ("style", Expr::Tuple(pair)) => match (pair.elems.first(), pair.elems.get(1)) {
                (Some(Expr::Lit(name)), Some(value)) if pair.elems.len() == 2 => {
                    let Lit::Str(name) = &name.lit else {
                        return Err(refuse(name, "a name in quotes is wanted"));
                    };
                    program.hole(Op::Style, &name.value(), quote!(crate::dom::IntoHole::into_hole(#value)));
                }
                _ => return Err(refuse(pair, "a pair of name and value is wanted")),
            },
            (key, value) => plain(program, key, value, hole),
        },
    }
    Ok(())
}

/// An ordinary attribute: fixed if its value is a literal.
fn plain(program: &mut Program, name: &str, value: &Expr, hole: TokenStream) {
    let fixed = match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            _ => None,
        },
        _ => None,
    };
    match (fixed.filter(|text| is_plain(text)), catalogued(value)) {
        (Some(text), _) => {
            program.fixed(Op::Name, name);
            program.fixed(Op::Value, &text);
        }
        (None, Some(key)) => {
            program.fixed(Op::Name, name);
            program.fixed(Op::Said, &key);
        }
        (None, None) => program.hole(Op::Attribute, name, hole),
    }
}

/// The key in `{t("key")}`.
fn words(block: &[Stmt]) -> Option<String> {
    match block {
        [Stmt::Expr(value, None)] => catalogued(value),
        _ => None,
    }
}

/// The key in `t("key")`: a text of the catalogue that never changes needs no hole.
fn catalogued(value: &Expr) -> Option<String> {
    let Expr::Call(call) = value else { return None };
    let Expr::Path(function) = &*call.func else { return None };
    let argument = call.args.first().filter(|_| call.args.len() == 1)?;
    match argument {
        Expr::Lit(literal) if function.path.is_ident("t") => match &literal.lit {
            Lit::Str(key) => Some(key.value()).filter(|key| is_plain(key)),
            _ => None,
        },
        _ => None,
    }
}
