//! What an entity becomes: kind, properties, tags and links.

use groundplan_shared::model::ElementKind;

use super::entity::Entity;
use crate::finish::line_text;
use crate::set::{ImportElement, ImportLink};

/// Makes the element of an entity, without its relations; `None` for people, who are members of their teams.
pub(super) fn element(entity: &Entity, key: &str) -> Option<ImportElement> {
    let declared = entity.spec_text("type").unwrap_or_default();
    let kind = match entity.kind.as_str() {
        "component" => ElementKind::Component,
        "api" => ElementKind::Api,
        "system" => ElementKind::System,
        "domain" => ElementKind::Domain,
        "group" => ElementKind::Team,
        "resource" => resource(declared).0,
        _ => return None,
    };
    let title = entity.metadata.text_of("title").or_else(|| entity.spec_text_in("profile", "displayName"));
    let name = title.map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&entity.name);
    let mut element = ImportElement::new(key, kind, name, &entity.file, entity.mark.line);
    element.description = entity.metadata.text_of("description").unwrap_or_default().trim().to_owned();
    match kind {
        ElementKind::Component => {
            element.set("type", component_type(declared));
            element.set("level", "container");
        }
        ElementKind::Api => element.set("format", line_text(declared, 64)),
        ElementKind::Datastore => element.set("store_type", resource(declared).1),
        ElementKind::Channel => element.set("channel_type", resource(declared).1),
        _ => {}
    }
    if entity.kind == "resource" {
        element.set("technology", line_text(declared, 120));
    }
    if let Some(lifecycle) = entity.spec_text("lifecycle") {
        match lifecycle_of(lifecycle) {
            Some(known) => element.set("lifecycle", known),
            None => {
                element.tags.insert(format!("lifecycle:{lifecycle}"));
            }
        }
    }
    if let Some(tags) = entity.metadata.get("tags") {
        element.tags.extend(tags_of(tags));
    }
    element.links = links(entity);
    Some(element)
}

fn tags_of(node: &crate::yaml::Node) -> Vec<String> {
    match &node.value {
        crate::yaml::Value::Sequence(items) => {
            items.iter().filter_map(|item| item.text()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn component_type(declared: &str) -> String {
    match declared.to_lowercase().as_str() {
        "website" | "web" | "frontend" => "web-app".to_owned(),
        "" | "backend" => "service".to_owned(),
        other => line_text(other, 64),
    }
}

fn resource(declared: &str) -> (ElementKind, &'static str) {
    let lower = declared.to_lowercase();
    let has = |words: &[&str]| lower.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    if has(&["queue", "rabbitmq", "sqs"]) {
        (ElementKind::Channel, "queue")
    } else if has(&["topic", "pubsub", "sns"]) {
        (ElementKind::Channel, "topic")
    } else if has(&["stream", "kafka", "kinesis"]) {
        (ElementKind::Channel, "stream")
    } else if has(&["bus", "eventbus"]) {
        (ElementKind::Channel, "bus")
    } else if has(&["cache", "redis", "memcached", "valkey"]) {
        (ElementKind::Datastore, "cache")
    } else if has(&["bucket", "s3", "blob", "object", "storage"]) {
        (ElementKind::Datastore, "object")
    } else if has(&["mongodb", "dynamodb", "document"]) {
        (ElementKind::Datastore, "document")
    } else if has(&["search", "elasticsearch", "opensearch"]) {
        (ElementKind::Datastore, "search")
    } else if has(&["warehouse", "bigquery", "clickhouse", "snowflake"]) {
        (ElementKind::Datastore, "warehouse")
    } else if has(&["database", "db", "postgres", "postgresql", "mysql", "mariadb", "sql", "rds", "oracle"]) {
        (ElementKind::Datastore, "relational")
    } else {
        (ElementKind::Node, "")
    }
}

fn lifecycle_of(text: &str) -> Option<&'static str> {
    Some(match text.to_lowercase().as_str() {
        "planned" | "proposed" => "planned",
        "experimental" | "alpha" | "beta" | "development" => "experimental",
        "production" | "stable" | "ga" => "production",
        "deprecated" => "deprecated",
        "retired" | "end-of-life" | "eol" | "decommissioned" => "retired",
        _ => return None,
    })
}

fn links(entity: &Entity) -> Vec<ImportLink> {
    let mut found: Vec<ImportLink> = Vec::new();
    let mut add = |title: &str, url: &str| {
        let url = url.trim();
        if !found.iter().any(|link| link.url == url) && found.len() < 50 {
            found.push(ImportLink { title: line_text(title, 200), url: url.to_owned() });
        }
    };
    if let Some(crate::yaml::Value::Sequence(items)) = entity.metadata.get("links").map(|node| &node.value) {
        for item in items {
            if let Some(url) = item.text_of("url") {
                add(item.text_of("title").unwrap_or(url), url);
            }
        }
    }
    for pair in entity.metadata.get("annotations").map(|node| node.pairs()).unwrap_or_default() {
        let Some(value) = pair.value.text() else { continue };
        let url = value.strip_prefix("url:").unwrap_or(value);
        let name = pair.key.rsplit('/').next().unwrap_or(&pair.key);
        match &*pair.key {
            "github.com/project-slug" => add("GitHub", &format!("https://github.com/{value}")),
            "gitlab.com/project-slug" => add("GitLab", &format!("https://gitlab.com/{value}")),
            _ if !url.starts_with("https://") && !url.starts_with("http://") => {}
            "backstage.io/source-location" => add("Source", url),
            "backstage.io/techdocs-ref" => add("Documentation", url),
            _ if ["icon", "avatar", "picture"].iter().any(|word| name.contains(word)) => {}
            _ => add(&name.replace(['-', '_'], " "), url),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_and_lifecycles_are_mapped() {
        assert_eq!(resource("s3-bucket"), (ElementKind::Datastore, "object"));
        assert_eq!(resource("database"), (ElementKind::Datastore, "relational"));
        assert_eq!(resource("kafka-topic"), (ElementKind::Channel, "topic"));
        assert_eq!(resource("kubernetes-cluster").0, ElementKind::Node);
        assert_eq!(lifecycle_of("Production"), Some("production"));
        assert_eq!(lifecycle_of("whatever"), None);
        assert_eq!(component_type("website"), "web-app");
    }
}
