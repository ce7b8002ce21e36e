//! `view!`: the markup of the interface, written as in Leptos, compiled for few bytes.
//!
//! Leptos' own macro makes a type of every view, and the compiler then writes building, rebuilding and removing it
//! anew for each. This one makes a text of everything that never changes (see [`program`]) and a list of boxed
//! values for everything that may; one interpreter in `ui/src/dom` does the rest.
//!
//! Not here: what happens at run time (`ui/src/dom`) and components, which are Leptos' (`#[component]`).

mod component;
mod element;
mod program;

use proc_macro2::TokenStream;
use quote::quote;
use rstml::node::{Node, NodeElement};

/// An element of the markup.
type Element = NodeElement<rstml::Infallible>;

/// Markup as a value of the interface's `AnyView`. To be used within `groundplan-ui` only: it names `crate::dom`.
#[proc_macro]
pub fn view(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let parser = rstml::Parser::new(rstml::ParserConfig::default().recover_block(true));
    let (nodes, errors) = parser.parse_recoverable(tokens).split_vec();
    let errors = errors.into_iter().map(|error| error.emit_as_expr_tokens());
    let view = several(&nodes);
    quote! {
        {
            #[allow(unused_braces)]
            {
                #(#errors;)*
                #view
            }
        }
    }
    .into()
}

/// Any number of nodes as one view.
fn several(nodes: &[Node]) -> TokenStream {
    let mut views: Vec<TokenStream> = nodes.iter().filter_map(one).collect();
    match views.len() {
        0 => quote!(crate::dom::AnyView::Empty),
        1 => views.remove(0),
        _ => quote!(crate::dom::AnyView::Many(::std::vec![#(#views),*])),
    }
}

/// One node as a view; none for what is not shown.
fn one(node: &Node) -> Option<TokenStream> {
    Some(match node {
        Node::Element(element) if component::is(element) => component::view(element),
        Node::Element(element) => element::view(element),
        Node::Text(text) => {
            let text = &text.value;
            quote!(crate::dom::AnyView::Text(::std::borrow::Cow::Borrowed(#text)))
        }
        Node::RawText(text) => {
            let text = text.to_string_best();
            quote!(crate::dom::AnyView::Text(::std::borrow::Cow::Borrowed(#text)))
        }
        Node::Block(block) => quote!(crate::dom::IntoView::into_any(#block)),
        Node::Fragment(fragment) => several(&fragment.children),
        Node::Comment(_) | Node::Doctype(_) | Node::Custom(_) => return None,
    })
}

/// A compile error at a node.
fn refuse(at: impl quote::ToTokens, why: &str) -> TokenStream {
    syn::Error::new_spanned(at, why).to_compile_error()
}
