//! The sample itself: a shop's architecture, its pages and devices.

use groundplan_shared::api::*;
use groundplan_shared::model::{DocumentId, ElementKind as K, Page, PageKind, RelationKind as R, SourceId};

/// Number, kind, name, technology, parent's number, lifecycle.
pub(super) const ELEMENTS: &[(u8, K, &str, &str, u8, &str)] = &[
    (1, K::System, "Shop", "", 0, "production"),
    (2, K::Component, "web-storefront", "TypeScript, React", 1, "production"),
    (3, K::Component, "checkout", "Rust, axum", 1, "production"),
    (4, K::Component, "catalogue", "Kotlin, Spring", 1, "production"),
    (5, K::Component, "payment-gateway", "Go", 1, "production"),
    (6, K::Component, "mailer", "Python", 1, "deprecated"),
    (7, K::Datastore, "orders", "PostgreSQL 15", 1, "production"),
    (8, K::Datastore, "search-index", "OpenSearch", 1, "production"),
    (9, K::Channel, "order-events", "NATS", 1, "production"),
    (10, K::Api, "Checkout API", "OpenAPI 3.1", 1, "production"),
    (11, K::System, "Warehouse", "", 0, "production"),
    (12, K::Component, "picking", "Rust", 11, "experimental"),
    (13, K::Component, "stock", "Rust", 11, "production"),
    (14, K::Datastore, "stock-db", "PostgreSQL 15", 11, "production"),
    (15, K::System, "Card processor", "", 0, "production"),
    (16, K::Actor, "Customer", "", 0, ""),
    (17, K::Actor, "Support agent", "", 0, ""),
    (18, K::Team, "Payments", "", 0, ""),
    (19, K::Team, "Storefront", "", 0, ""),
    (20, K::Team, "Logistics", "", 0, ""),
    (21, K::Environment, "Production", "eu-central", 0, ""),
    (22, K::Node, "k8s-main", "Kubernetes 1.31", 21, ""),
    (23, K::DataAsset, "Card data", "", 0, ""),
    (24, K::Boundary, "PCI zone", "", 0, ""),
    (25, K::Component, "session-cache", "Valkey 8", 1, "production"),
    (26, K::Component, "recommendations", "Python, PyTorch", 1, "planned"),
    (27, K::Check, "checkout answers", "", 0, ""),
];

/// Source, kind, target, description.
pub(super) const RELATIONS: &[(u8, R, u8, &str)] = &[
    (16, R::Uses, 2, "Browses and buys"),
    (17, R::Uses, 2, "Looks up orders"),
    (2, R::Uses, 3, "Places orders"),
    (2, R::Uses, 4, "Shows products"),
    (2, R::Uses, 25, "Keeps sessions"),
    (3, R::Uses, 5, "Takes payment"),
    (3, R::Stores, 7, "Writes orders"),
    (3, R::Publishes, 9, "Order placed"),
    (3, R::Provides, 10, ""),
    (2, R::Consumes, 10, ""),
    (4, R::Uses, 8, "Full-text search"),
    (5, R::Uses, 15, "Authorises cards"),
    (5, R::Processes, 23, ""),
    (5, R::Inside, 24, ""),
    (6, R::Subscribes, 9, "Sends confirmations"),
    (12, R::Subscribes, 9, "Starts picking"),
    (12, R::Uses, 13, "Reserves stock"),
    (13, R::Stores, 14, ""),
    (3, R::OwnedBy, 18, ""),
    (5, R::OwnedBy, 18, ""),
    (2, R::OwnedBy, 19, ""),
    (13, R::OwnedBy, 20, ""),
    (3, R::RunsOn, 22, ""),
    (3, R::MonitoredBy, 27, ""),
    (3, R::HandledBy, 102, ""),
    (3, R::DecidedBy, 103, ""),
];

pub(super) fn id(n: u8) -> DocumentId {
    DocumentId::from_bytes([1, 0x98, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n])
}

fn page(n: u8, kind: PageKind, title: &str, path: &str, body: &str) -> Page {
    Page {
        id: id(n),
        kind,
        title: title.to_owned(),
        path: path.to_owned(),
        front_matter: String::new(),
        body: body.to_owned(),
        tags: Default::default(),
        aliases: Default::default(),
        eol: Default::default(),
        bom: false,
        source: None,
    }
}

pub(super) fn pages() -> Vec<Page> {
    vec![
        page(101, PageKind::Doc, "Welcome", "welcome.md", "The shop in one page. Start with [[checkout]]."),
        page(102, PageKind::Runbook, "Restore checkout", "runbooks/checkout.md", RUNBOOK),
        page(
            103,
            PageKind::Adr,
            "Use an outbox for order events",
            "decisions/0007-outbox.md",
            "# Context\n\nOrders and events must not disagree.",
        ),
        page(
            104,
            PageKind::Runbook,
            "Rotate payment keys",
            "runbooks/payment-keys.md",
            "1. Call [[Payments]]",
        ),
        page(
            105,
            PageKind::Doc,
            "Data flows",
            "background/data-flows.md",
            "Card data stays in the **PCI zone**.",
        ),
        page(
            106,
            PageKind::Postmortem,
            "Black Friday 2025",
            "incidents/2025-11-28.md",
            "`orders` ran out of space.",
        ),
    ]
}

const RUNBOOK: &str = "When [[checkout]] does not answer, work from top to bottom.\n\n## First minute\n\n\
1. Look at `checkout answers` in [[Restore checkout]] and at the [status page](https://status.example.org).\n\
2. Is [[orders]] up? If not, go on with [[Restore the database]].\n3. Restart one instance:\n\n\
```sh\nkubectl rollout restart deploy/checkout\n```\n\n## What depends on it\n\n| Part | Effect |\n|---|---|\n\
| web-storefront | Carts cannot be paid |\n| mailer | Confirmations wait |\n\n> Never drain `order-events` by hand.\n\n\
- [x] Verified on 12 October\n- [ ] Verify again in January\n";

pub(super) fn sources() -> ImportSources {
    let source = |n: u8, title: &str, format: &str, path: &str| ImportSource {
        id: SourceId::from_bytes([n; 16]),
        title: title.to_owned(),
        format: format.to_owned(),
        path: path.to_owned(),
        imported_ms: crate::text::now_ms().saturating_sub(7_200_000 * u64::from(n)),
    };
    ImportSources {
        items: vec![
            source(1, "shop", "compose", "~/code/shop/compose.yaml"),
            source(2, "handbook", "markdown", "~/code/shop/docs"),
        ],
    }
}

pub(super) fn preview() -> ImportPreview {
    let row = |change: &str, document: &str, kind: &str, name: &str, fields: &[&str]| ImportRow {
        change: change.to_owned(),
        document: document.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        id: None,
    };
    ImportPreview {
        format: "compose".to_owned(),
        title: "shop".to_owned(),
        source: Some(SourceId::from_bytes([1; 16])),
        counts: ImportCounts {
            elements: 24,
            relations: 31,
            added: 9,
            changed: 2,
            removed: 1,
            unchanged: 42,
            drift: 1,
            ..ImportCounts::default()
        },
        rows: vec![
            row("added", "element", "component", "recommendations", &[]),
            row("added", "relation", "uses", "web-storefront \u{2192} recommendations", &[]),
            row(
                "changed",
                "element",
                "datastore",
                "orders",
                &["properties.technology", "properties.version"],
            ),
            row("drift", "element", "component", "checkout", &["properties.instances"]),
            row("removed", "element", "component", "mailer", &[]),
        ],
        dangling: vec!["checkout \u{2192} fraud-check (compose.yaml:118)".to_owned()],
        notes: vec!["compose.yaml:4: the key `version` has no meaning any more and is ignored".to_owned()],
    }
}
