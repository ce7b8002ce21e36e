//! Which address shows what. The address is the truth: back, forward and copied links work from it alone.

use groundplan_shared::model::DocumentId;

/// What the main area shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Route {
    /// What the workspace holds; the welcome where no workspace is open.
    Home,
    /// Making, opening and joining workspaces.
    Welcome,
    /// The tree, as a page of its own on phones.
    Explore,
    /// An element.
    Element(DocumentId),
    /// All pages.
    Pages,
    /// A page.
    Page(DocumentId),
    /// A diagram.
    Diagram(DiagramRoute),
    /// Hits for a text.
    Search(String),
    /// The import wizard.
    Import,
    /// What others changed and said.
    Changes,
    /// The workspace at a date.
    Past,
    /// Members and devices.
    People,
    /// Synchronisation and the account.
    Sync,
    /// Settings.
    Settings,
    /// An address that names nothing.
    Unknown(String),
}

/// Which diagram, and what part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DiagramRoute {
    /// A stored diagram; the whole workspace if none.
    pub id: Option<DocumentId>,
    /// The element whose inside is shown instead (drill down).
    pub scope: Option<DocumentId>,
    /// The element around which only its neighbours are shown.
    pub focus: Option<DocumentId>,
    /// How many relations away, 1 to 5; 0 means 1.
    pub depth: u8,
}

impl Route {
    /// Reads path and query (`?a=b`, with or without the question mark) of an address.
    pub fn parse(path: &str, query: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let document = |text: &str| text.parse::<DocumentId>().ok();
        let asked = |name: &str| parameter(query, name);
        let found = match parts.as_slice() {
            [] | ["index.html"] => Some(Self::Home),
            ["welcome"] => Some(Self::Welcome),
            ["explore"] => Some(Self::Explore),
            ["element", id] => document(id).map(Self::Element),
            ["pages"] => Some(Self::Pages),
            ["page", id] => document(id).map(Self::Page),
            ["diagram"] => Some(Self::Diagram(diagram(None, &asked))),
            ["diagram", id] => document(id).map(|id| Self::Diagram(diagram(Some(id), &asked))),
            ["search"] => Some(Self::Search(asked("q").unwrap_or_default())),
            ["import"] => Some(Self::Import),
            ["people"] => Some(Self::People),
            ["changes"] => Some(Self::Changes),
            ["past"] => Some(Self::Past),
            ["sync"] => Some(Self::Sync),
            ["settings"] => Some(Self::Settings),
            _ => None,
        };
        found.unwrap_or_else(|| Self::Unknown(path.to_owned()))
    }

    /// Writes the address, beginning with a slash.
    pub fn url(&self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Welcome => "/welcome".to_owned(),
            Self::Explore => "/explore".to_owned(),
            Self::Element(id) => format!("/element/{id}"),
            Self::Pages => "/pages".to_owned(),
            Self::Page(id) => format!("/page/{id}"),
            Self::Diagram(diagram) => diagram.url(),
            Self::Search(text) if text.is_empty() => "/search".to_owned(),
            Self::Search(text) => format!("/search?q={}", encode(text)),
            Self::Import => "/import".to_owned(),
            Self::People => "/people".to_owned(),
            Self::Changes => "/changes".to_owned(),
            Self::Past => "/past".to_owned(),
            Self::Sync => "/sync".to_owned(),
            Self::Settings => "/settings".to_owned(),
            Self::Unknown(path) => path.clone(),
        }
    }

    /// The document that the address is about.
    pub fn document(&self) -> Option<DocumentId> {
        match self {
            Self::Element(id) | Self::Page(id) => Some(*id),
            Self::Diagram(diagram) => diagram.id,
            _ => None,
        }
    }

    /// Makes the route to a document by the words of a reference (`element`, `page`, `view`).
    pub fn to_document(document: &str, id: DocumentId) -> Self {
        match document {
            "page" => Self::Page(id),
            "view" => Self::Diagram(DiagramRoute { id: Some(id), ..DiagramRoute::default() }),
            _ => Self::Element(id),
        }
    }
}

impl DiagramRoute {
    fn url(&self) -> String {
        let mut url = self.id.map_or_else(|| "/diagram".to_owned(), |id| format!("/diagram/{id}"));
        let mut separator = '?';
        let mut add = |name: &str, value: String| {
            url.push(separator);
            url.push_str(name);
            url.push('=');
            url.push_str(&value);
            separator = '&';
        };
        if let Some(scope) = self.scope {
            add("scope", scope.to_string());
        }
        if let Some(focus) = self.focus {
            add("focus", focus.to_string());
            if self.depth > 1 {
                add("depth", self.depth.to_string());
            }
        }
        url
    }
}

fn diagram(id: Option<DocumentId>, asked: &impl Fn(&str) -> Option<String>) -> DiagramRoute {
    let document = |name| asked(name).and_then(|text| text.parse().ok());
    DiagramRoute {
        id,
        scope: document("scope"),
        focus: document("focus"),
        depth: asked("depth").and_then(|text| text.parse().ok()).unwrap_or(0).min(5),
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| decode(value))
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                use std::fmt::Write as _;
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let ahead = rest.clone();
                let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let mut digits = ahead.filter_map(hex);
                match (digits.next(), digits.next()) {
                    (Some(high), Some(low)) => {
                        rest.nth(1);
                        high * 16 + low
                    }
                    _ => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> DocumentId {
        DocumentId::from_bytes([n; 16])
    }

    fn check(route: Route) {
        let url = route.url();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        assert_eq!(Route::parse(path, query), route, "{url}");
    }

    #[test]
    fn every_address_reads_back() {
        for route in [
            Route::Home,
            Route::Welcome,
            Route::Explore,
            Route::Pages,
            Route::Import,
            Route::People,
            Route::Changes,
            Route::Past,
            Route::Sync,
            Route::Settings,
            Route::Element(id(1)),
            Route::Page(id(2)),
            Route::Search(String::new()),
            Route::Search("a b&c=d/%41 caf\u{e9} +".to_owned()),
            Route::Diagram(DiagramRoute::default()),
            Route::Diagram(DiagramRoute { id: Some(id(3)), ..DiagramRoute::default() }),
            Route::Diagram(DiagramRoute { id: None, scope: Some(id(4)), focus: Some(id(5)), depth: 3 }),
        ] {
            check(route);
        }
    }

    #[test]
    fn what_names_nothing_is_kept_to_be_shown() {
        for path in ["/element/web", "/nowhere", "/page", "/page/a/b"] {
            assert_eq!(Route::parse(path, ""), Route::Unknown(path.to_owned()));
        }
    }

    #[test]
    fn broken_percent_signs_do_not_break() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz"), "%zz");
        assert_eq!(decode("%4"), "%4");
    }
}
