//! Compose files: forms, merges, `extends`, `include`, networks, and what is refused.

mod common;

use common::{import, refusal, tree};
use groundplan_import::{ImportError, ImportSet, Options, ServiceKinds, SourceKind, extract};
use groundplan_shared::model::{ElementKind, RelationKind};
use std::ops::ControlFlow;

/// Shows relations as `origin source>target`.
fn relations(set: &ImportSet) -> Vec<String> {
    let short = |key: &str| key.split_once(':').map_or(key.to_owned(), |(_, name)| name.to_owned());
    let mut all: Vec<String> = set
        .relations()
        .map(|(from, r)| format!("{} {}>{}", r.origin(), short(from), short(&r.target)))
        .collect();
    all.sort();
    all
}

#[test]
fn both_forms_of_everything_give_the_same() {
    let lists = "
name: shop
services:
  web:
    image: nginx:1.27
    depends_on: [api, db]
    environment: [API=http://api:80/x, 'SECRET=hunter2', PASSED]
    ports: ['8080:80', '127.0.0.1:9:9', '443']
    profiles: [a, b]
    volumes: ['data:/data:ro', './x:/y', /anonymous]
  api: {image: 'org/api'}
  db: {image: 'postgres:17'}
volumes:
  data:
";
    let maps = "
name: shop
services:
  web:
    image: nginx:1.27
    depends_on:
      api: {condition: service_started}
      db:
        condition: service_started
    environment:
      API: http://api:80/x
      SECRET: hunter2
      PASSED:
    ports:
      - '8080:80'
      - {target: 9, published: 9, host_ip: 127.0.0.1}
      - target: 443
    profiles: [a, b]
    volumes:
      - {type: volume, source: data, target: /data, read_only: true}
      - {type: bind, source: ./x, target: /y}
  api: {image: 'org/api'}
  db: {image: 'postgres:17'}
volumes:
  data: {}
";
    let (one, two) = (import(&[("compose.yml", lists)]).unwrap(), import(&[("compose.yml", maps)]).unwrap());
    assert_eq!(relations(&one), ["depends_on web>api", "depends_on web>db", "volume web>data"]);
    assert_eq!(relations(&one), relations(&two));
    for (a, b) in one.elements.iter().zip(&two.elements) {
        assert_eq!((&a.key, a.kind, &a.fields, &a.description), (&b.key, b.kind, &b.fields, &b.description));
    }
    let web = one.element("service:web").unwrap();
    assert_eq!(web.fields["ports"], "8080:80, 127.0.0.1:9:9, 443");
    assert_eq!(web.fields["internet_facing"], "true");
    assert_eq!((web.fields["technology"].as_str(), web.fields["version"].as_str()), ("nginx", "1.27"));
    assert_eq!(web.relations[0].fields["protocol"], "HTTP", "the variable completes the dependency");
    assert_eq!(web.relations[2].fields["access"], "read");
    assert_eq!(one.source_title, "shop");
    assert!(!format!("{one:?}").contains("hunter2"), "values of variables are never kept");
}

#[test]
fn environment_adds_relations_of_its_own() {
    let set = import(&[
        (
            "compose.yml",
            "services:\n  web:\n    links: ['store:cache']\n    environment:\n      A: redis://cache:6379\n      \
             B: ${DB_URL:-postgres://u:p@db.internal/x}\n      C: http://web:80\n      D: http://example.org\n      \
             QUEUE_HOST: ${QUEUE}\n  store: {image: redis}\n  pg: {image: postgres, hostname: db.internal}\n  \
             mq: {image: rabbitmq}\n",
        ),
        (".env", "QUEUE=mq\n"),
    ])
    .unwrap();
    assert_eq!(relations(&set), ["environment web>mq", "environment web>pg", "links web>store"]);
    let web = set.element("service:web").unwrap();
    let to = |target: &str| &web.relations.iter().find(|r| r.target == target).unwrap().fields;
    assert_eq!(to("service:store")["protocol"], "Redis");
    assert_eq!(to("service:pg")["description"], "Named in B");
    assert_eq!(to("service:mq")["interaction"], "async");
    assert!(set.notes.iter().any(|note| note.file == ".env"));
}

#[test]
fn services_stay_components_when_asked() {
    let tree = tree(&[("compose.yml", "services: {db: {image: postgres}, mq: {image: kafka}}")]);
    let options = Options { services: ServiceKinds::Components, ..Options::default() };
    let set = extract(SourceKind::Compose, &tree, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(set.elements.iter().skip(1).all(|element| element.kind == ElementKind::Component));
    assert_eq!(set.element("service:db").unwrap().fields["type"], "database");
    assert_eq!(set.element("service:db").unwrap().fields["technology"], "PostgreSQL");
}

#[test]
fn extends_follows_files_and_chains() {
    let set = import(&[
        (
            "compose.yml",
            "services:\n  web:\n    extends: {file: base/common.yml, service: app}\n    depends_on: [db]\n    \
             environment: {MODE: x}\n  db: {image: postgres}\n  cache: {image: redis}\n",
        ),
        (
            "base/common.yml",
            "services:\n  app:\n    extends: root\n    image: org/app:2\n    depends_on: {cache: {condition: \
             service_healthy}}\n  root:\n    image: org/root\n    environment: ['CACHE=redis://cache']\n    ports: ['80:80']\n",
        ),
    ])
    .unwrap();
    assert_eq!(relations(&set), ["depends_on web>cache", "depends_on web>db"]);
    let web = set.element("service:web").unwrap();
    assert_eq!(web.description, "Image: `org/app:2`");
    assert_eq!(web.fields["ports"], "80:80");
    assert_eq!(web.relations[0].fields["protocol"], "Redis");
    assert_eq!(set.elements.len(), 4, "what is only extended is no service of the project");
}

#[test]
fn include_joins_files() {
    let set = import(&[
        (
            "compose.yml",
            "include: [a/compose.yml, {path: b.yml}]\nservices: {web: {depends_on: [one, two]}}\n",
        ),
        ("a/compose.yml", "services: {one: {image: x}}\n"),
        ("b.yml", "services: {two: {image: x}}\nvolumes: {v: }\n"),
    ])
    .unwrap();
    assert_eq!(set.elements.len(), 5);
    assert_eq!(set.dangling, []);
}

#[test]
fn several_networks_become_boundaries() {
    let set = import(&[(
        "compose.yml",
        "services:\n  a: {networks: [front, back]}\n  b: {networks: {back: {aliases: [other]}}}\n  c:\n    \
         networks: [none]\n    environment: {X: 'http://other:1'}\nnetworks: {front: , back: }\n",
    )])
    .unwrap();
    let boundaries = set.elements.iter().filter(|element| element.kind == ElementKind::Boundary).count();
    assert_eq!(boundaries, 2);
    assert_eq!(set.relations().filter(|(_, r)| r.kind == RelationKind::Inside).count(), 3);
    assert_eq!(set.dangling.len(), 1, "{:?}", set.dangling);
    assert!(relations(&set).contains(&"environment c>b".to_owned()));
}

#[test]
fn what_is_not_there_is_listed() {
    let set =
        import(&[("compose.yml", "services:\n  a:\n    depends_on: [gone]\n    volumes: ['lost:/x']\n")])
            .unwrap();
    let lost: Vec<_> =
        set.dangling.iter().map(|d| (d.from.as_str(), d.to.as_str(), d.what.as_str(), d.line)).collect();
    assert_eq!(lost, [("service:a", "gone", "depends_on", 3), ("service:a", "lost", "volume", 4)]);
}

#[test]
fn broken_files_are_refused_with_their_place() {
    let at = |text: &str| {
        let (file, line, reason) = refusal(&[("compose.yml", text)]);
        assert_eq!(file, "compose.yml");
        (line.unwrap_or_default(), reason)
    };
    assert_eq!(at("services:\n  a:\n    image: x\n   b: 1\n").0, 4);
    assert_eq!(at("services:\n  a: text\n"), (2, "`a` is a single value".into()));
    assert_eq!(at("services:\n  a:\n    depends_on: 5x\n").0, 3);
    assert_eq!(at("services:\n  a: {image: [x]}\n"), (2, "`image` is a list".into()));
    assert_eq!(at("services:\n  a: {image: x}\n  a: {image: y}\n").0, 3);
    assert_eq!(at("services:\n  'a b': {image: x}\n").0, 2);
    assert_eq!(at("services:\n"), (0, "has no services".into()));
    assert_eq!(at("services:\n  a:\n    extends: b\n  b:\n    extends: a\n").0, 5);
    assert_eq!(at("services:\n  a:\n    extends: a\n").0, 3);
    assert_eq!(at("services:\n  a:\n    extends: gone\n").0, 3);
    assert_eq!(at("services:\n  a:\n    extends: {file: x.yml}\n").0, 3);
    let (line, reason) = at("services:\n  a:\n    extends: {file: ../x.yml, service: a}\n");
    assert!(line == 3 && reason.contains("outside the imported folder"), "{reason}");
    let (line, reason) = at("include:\n  - /etc/passwd\nservices: {a: }\n");
    assert!(line == 2 && reason.contains("outside the imported folder"), "{reason}");
    let (line, reason) = at("include:\n  - compose.yml\nservices: {a: }\n");
    assert!(line == 2 && reason.contains("which includes it"), "{reason}");
    let chain: String = (0..50).map(|n| format!("  s{n}:\n    extends: s{}\n", n + 1)).collect();
    assert!(at(&format!("services:\n{chain}  s50: {{}}\n")).1.contains("longer than 32"));
}

#[test]
fn what_is_not_read_is_said() {
    let set = import(&[
        ("compose.yml", "services: {a: {env_file: x.env}}"),
        ("compose.override.yml", "services: {b: {}}"),
        (".env", "\0"),
    ])
    .unwrap();
    assert_eq!(set.elements.len(), 2);
    let about: Vec<_> = set.notes.iter().map(|note| note.file.as_str()).collect();
    assert_eq!(about, [".env", "compose.override.yml", "compose.yml"]);
}

#[test]
fn an_import_can_be_cancelled() {
    let tree = tree(&[("compose.yml", "services: {a: }")]);
    let stopped = extract(SourceKind::Compose, &tree, &Options::default(), &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped, Err(ImportError::Cancelled));
}
