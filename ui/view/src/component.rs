//! Components within markup: Leptos' own, and the two that are part of the language here, `For` and `Show`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rstml::node::{KeyedAttribute, NodeAttribute, NodeName};
use syn::Expr;

use crate::{Element, refuse, several};

/// Whether an element is a component: its name begins with a capital letter.
pub fn is(element: &Element) -> bool {
    let NodeName::Path(path) = element.name() else { return false };
    let last = path.path.segments.last().map(|segment| segment.ident.to_string());
    last.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// A component with its properties and children.
pub fn view(element: &Element) -> TokenStream {
    match element.name().to_string().as_str() {
        "For" => rows(element),
        "Show" => shown(element),
        _ => ordinary(element),
    }
}

fn attributes(element: &Element) -> impl Iterator<Item = (String, &KeyedAttribute)> {
    element.attributes().iter().filter_map(|attribute| match attribute {
        NodeAttribute::Attribute(attribute) => Some((attribute.key.to_string(), attribute)),
        NodeAttribute::Block(_) => None,
    })
}

fn value<'a>(element: &'a Element, name: &str) -> Option<&'a Expr> {
    attributes(element).find(|(key, _)| key == name).and_then(|(_, attribute)| attribute.value())
}

fn ordinary(element: &Element) -> TokenStream {
    let name = element.name();
    let mut given = TokenStream::new();
    for (key, attribute) in attributes(element) {
        let Ok(ident) = syn::parse_str::<Ident>(&key) else {
            return refuse(&attribute.key, "a component takes properties only");
        };
        let ident = Ident::new(&ident.to_string(), syn::spanned::Spanned::span(&attribute.key));
        match attribute.value() {
            Some(value) => given.extend(quote!(.#ident(#[allow(unused_braces)] { #value }))),
            None => given.extend(quote!(.#ident(true))),
        }
    }
    if !element.children.is_empty() {
        let children = several(&element.children);
        given.extend(quote!(.children(crate::dom::ToChildren::to_children(move || #children))));
    }
    quote! {
        crate::dom::IntoView::into_any(::leptos::component::component_view(
            #[allow(clippy::needless_borrows_for_generic_args)]
            &#name,
            ::leptos::component::component_props_builder(&#name) #given .build(),
        ))
    }
}

fn shown(element: &Element) -> TokenStream {
    let Some(when) = value(element, "when") else { return refuse(element.name(), "`when` is missing") };
    let children = several(&element.children);
    let otherwise = match value(element, "fallback") {
        Some(view) => quote!(crate::dom::IntoView::into_any((#view)())),
        None => quote!(crate::dom::AnyView::Empty),
    };
    quote!(crate::dom::show(#when, move |shown| if shown { #children } else { #otherwise }))
}

fn rows(element: &Element) -> TokenStream {
    let (Some(each), Some(key)) = (value(element, "each"), value(element, "key")) else {
        return refuse(element.name(), "`each` and `key` are wanted");
    };
    if let Some(children) = value(element, "children") {
        return quote!(crate::dom::keyed(#each, #key, #children));
    }
    let bound = attributes(element).find_map(|(key, _)| key.strip_prefix("let:").map(str::to_owned));
    let Some(Ok(item)) = bound.map(|name| syn::parse_str::<Ident>(&name)) else {
        return refuse(element.name(), "`children`, or `let:` with a name, is wanted");
    };
    let children = several(&element.children);
    quote!(crate::dom::keyed(#each, #key, move |#item| #children))
}
