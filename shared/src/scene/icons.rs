//! One icon per kind, drawn by us on a 16 × 16 grid as stroked outlines. No colours.

/// Path data of the icon of an element kind or page kind, for a 16 × 16 box, to be stroked and not filled.
///
/// An unknown kind gets a plain square, so that a newer model still draws.
#[must_use]
pub fn icon(kind: &str) -> &'static str {
    match kind {
        "actor" => "M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 13.5c.5-2.5 2.8-3.5 5.5-3.5s5 1 5.5 3.5",
        "domain" => "M2.5 4.5 6 3l4 1.5L13.5 3v8.5L10 13l-4-1.5L2.5 13zM6 3v8.5M10 4.5V13",
        "system" => "M2.5 5.5h8v8h-8zM5.5 5.5v-3h8v8h-3",
        "component" => "M5 3h8.5v10H5v-2M5 9V7M5 5V3M2.5 5h5v2h-5zM2.5 9h5v2h-5z",
        "datastore" => {
            "M3 4.5c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4.5v7c0 1.1 2.2 2 5 2s5-.9 5-2v-7M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"
        }
        "channel" => "M4.5 4.5h7a3.5 3.5 0 0 1 0 7h-7a3.5 3.5 0 0 1 0-7zM5.5 7v2M8 7v2M10.5 7v2",
        "api" => {
            "M6 2.5c-1.6 0-2 .8-2 2v1.7C4 7.3 3.5 8 2.5 8c1 0 1.5.7 1.5 1.8v1.7c0 1.2.4 2 2 2M10 2.5c1.6 0 2 .8 2 2v1.7c0 1.1.5 1.8 1.5 1.8-1 0-1.5.7-1.5 1.8v1.7c0 1.2-.4 2-2 2"
        }
        "hidden" => "M5 7V5.5a3 3 0 0 1 6 0V7M3.5 7h9v6.5h-9z",
        "data_asset" => "M4 2.5h5l3 3v8H4zM9 2.5v3h3M6 8.5h4M6 11h4",
        "environment" => "M4.5 12.5a2.9 2.9 0 0 1-.2-5.8 3.9 3.9 0 0 1 7.5-.5 3.2 3.2 0 0 1-.3 6.3z",
        "node" => "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h1M5 11h1",
        "boundary" => "M8 2.5l5 1.7V8c0 2.8-2 4.7-5 5.7C5 12.7 3 10.8 3 8V4.2z",
        "team" => {
            "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM1.5 13c.4-2.3 2.2-3.3 4.5-3.3s4.1 1 4.5 3.3M10.5 3.3a2.2 2.2 0 0 1 0 4M12 9.9c1.4.5 2.3 1.5 2.5 3.1"
        }
        "check" => "M1.5 8.5h3l1.5-4.5 3 8 2-5 .8 1.5h2.7",
        "doc" | "adr" | "runbook" | "postmortem" => "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5",
        _ => "M3 3h10v10H3z",
    }
}

#[cfg(test)]
mod tests {
    use super::icon;

    #[test]
    fn kinds_differ_by_icon() {
        let kinds = [
            "actor",
            "domain",
            "system",
            "component",
            "datastore",
            "channel",
            "api",
            "data_asset",
            "environment",
            "node",
            "boundary",
            "team",
            "check",
            "doc",
            "something newer",
        ];
        let distinct: std::collections::BTreeSet<_> = kinds.iter().map(|kind| icon(kind)).collect();
        assert_eq!(distinct.len(), kinds.len());
    }
}
