//! Backstage catalogues: every kind of entity and reference, and what is refused.

mod common;

use common::{import, refusal};
use groundplan_shared::model::ElementKind;

const CATALOGUE: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: web
  title: Web shop
  tags: [java, 'two words']
  links:
    - {url: https://example.org, title: Home}
    - {url: 'ftp://example.org'}
  annotations:
    backstage.io/source-location: url:https://example.org/src
    example.org/icon-url: https://example.org/icon.svg
spec:
  type: website
  lifecycle: production
  owner: shop
  system: store
  dependsOn: [resource:db, resource:cluster, component:gone]
  providesApis: [orders]
  consumesApis: [default/orders, lost]
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db}
spec: {type: database, owner: user:ada, system: store, dependencyOf: ['component:web']}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: cluster}
spec: {type: kubernetes-cluster}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: orders}
spec: {type: openapi, owner: group:default/shop, system: store, definition: x}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: store}
spec: {owner: shop, domain: sales}
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: {name: sales}
spec: {owner: Group:Shop}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shop}
spec: {type: team, children: [sub], members: [bob]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: sub}
spec: {type: team, parent: shop, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {memberOf: [shop]}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: t}
---
apiVersion: backstage.io/v1beta1
kind: Template
metadata: {name: u}
";

#[test]
fn every_kind_is_mapped() {
    let set = import(&[("catalog/all.yaml", CATALOGUE), ("other.yaml", "a: {{ helm }}\n")]).unwrap();
    let kind = |key: &str| set.element(key).unwrap().kind;
    assert_eq!(kind("component:default/web"), ElementKind::Component);
    assert_eq!(kind("resource:default/db"), ElementKind::Datastore);
    assert_eq!(kind("resource:default/cluster"), ElementKind::Node);
    assert_eq!(kind("api:default/orders"), ElementKind::Api);
    assert_eq!(kind("system:default/store"), ElementKind::System);
    assert_eq!(kind("domain:default/sales"), ElementKind::Domain);
    assert_eq!(set.elements.len(), 8);

    let web = set.element("component:default/web").unwrap();
    assert_eq!(web.name, "Web shop");
    assert_eq!((web.fields["type"].as_str(), web.fields["lifecycle"].as_str()), ("web-app", "production"));
    assert_eq!(web.parent.as_deref(), Some("system:default/store"));
    assert_eq!(web.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["java", "two-words"]);
    let links: Vec<_> = web.links.iter().map(|link| link.title.as_str()).collect();
    assert_eq!(links, ["Home", "Source"], "icons are no links, nor is what no browser opens");
    let mut relations: Vec<_> = web.relations.iter().map(|r| format!("{} {}", r.kind, r.target)).collect();
    relations.sort();
    assert_eq!(
        relations,
        [
            "consumes api:default/orders",
            "owned_by group:default/shop",
            "provides api:default/orders",
            "runs_on resource:default/cluster",
            "uses resource:default/db",
        ]
    );
    assert_eq!(set.element("group:default/shop").unwrap().fields["members"], "ada, bob");
    assert_eq!(set.element("group:default/sub").unwrap().parent.as_deref(), Some("group:default/shop"));
    assert_eq!(set.element("domain:default/sales").unwrap().relations[0].target, "group:default/shop");
    let lost: Vec<_> = set.dangling.iter().map(|d| (d.what.as_str(), d.to.as_str(), d.line)).collect();
    assert_eq!(
        lost,
        [("dependsOn", "component:gone", 19), ("consumesApis", "lost", 21), ("owner", "user:ada", 26)]
    );
    assert!(set.notes.iter().any(|note| note.message.contains("kind template")), "{:?}", set.notes);
}

#[test]
fn locations_lead_to_files_inside_only() {
    let location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: l}\nspec:\n  targets:\n    - \
                    ./more/team.yaml\n    - ../../etc/passwd\n    - https://example.org/x.yaml\n";
    let team = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: t}\nspec: {type: team}\n";
    let mut tree = common::tree(&[("catalog-info.yaml", location), ("more/team.yaml", team)]);
    tree.set_primary("catalog-info.yaml");
    let set = common::read(groundplan_import::SourceKind::Backstage, &tree).unwrap();
    assert_eq!(set.elements.len(), 1);
    let lost: Vec<_> = set.dangling.iter().map(|d| (d.to.as_str(), d.line)).collect();
    assert_eq!(lost, [("../../etc/passwd", 7), ("https://example.org/x.yaml", 8)]);
}

#[test]
fn a_name_described_twice_gives_two_elements() {
    let twice = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n---\napiVersion: \
                 backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n";
    let set = import(&[("c.yaml", twice)]).unwrap();
    let keys: Vec<_> = set.elements.iter().map(|element| element.key.as_str()).collect();
    assert_eq!(keys, ["component:default/a", "component:default/a#2"]);
    assert_eq!(set.notes.len(), 1);
}

#[test]
fn circles_of_parents_are_cut() {
    let group = |name: &str, parent: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: {name}}}\nspec: {{parent: {parent}}}\n"
        )
    };
    let text = [group("a", "b"), group("b", "c"), group("c", "a"), group("d", "a")].join("---\n");
    let set = import(&[("c.yaml", &text)]).unwrap();
    let parents = set.elements.iter().filter(|element| element.parent.is_some()).count();
    assert_eq!(parents, 3, "one of the circle lost its parent");
    assert_eq!(set.dangling.len(), 1);
}

#[test]
fn broken_entities_are_refused_with_their_place() {
    let head = "apiVersion: backstage.io/v1alpha1\n";
    let at = |text: &str| refusal(&[("c.yaml", &format!("{head}{text}"))]).1;
    assert_eq!(at("kind: Component\nmetadata: {title: x}\n"), Some(1));
    assert_eq!(at("metadata: {name: x}\n"), Some(1));
    assert_eq!(at("kind: Component\nmetadata: {name: 'a/b'}\n"), Some(3));
    assert_eq!(at("kind: Component\nmetadata: {name: a}\nspec: text\n"), Some(4));
    assert_eq!(at("kind: Component\nmetadata: [\n"), Some(3));
}
