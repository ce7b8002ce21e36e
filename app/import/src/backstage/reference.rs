//! References between entities: `[kind:][namespace/]name`.

/// A reference in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Reference {
    /// Reads a reference; kind and namespace default to those of its place.
    pub(super) fn read(text: &str, kind: &str, namespace: &str) -> Self {
        let text = text.trim().to_lowercase();
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind.to_owned(), rest.to_owned()),
            None => (kind.to_owned(), text),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
            None => (namespace.to_owned(), rest),
        };
        Self { kind, namespace, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fill_what_is_left_out() {
        let read = |text| {
            let r = Reference::read(text, "group", "ns");
            format!("{} {} {}", r.kind, r.namespace, r.name)
        };
        assert_eq!(read("team-a"), "group ns team-a");
        assert_eq!(read("User:Ada"), "user ns ada");
        assert_eq!(read("other/x"), "group other x");
        assert_eq!(read("component:default/X"), "component default x");
    }
}
