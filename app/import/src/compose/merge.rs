//! `extends`: what a service takes over from another. Its own values win, lists are joined.

use std::collections::BTreeMap;

use super::service::Service;

/// Completes a service with what it extends.
pub(super) fn inherit(own: &mut Service, base: &Service) {
    fill(&mut own.image, &base.image);
    fill(&mut own.instances, &base.instances);
    fill(&mut own.hostname, &base.hostname);
    if own.comment.is_empty() {
        own.comment.clone_from(&base.comment);
    }
    join(&mut own.environment, &base.environment);
    join(&mut own.labels, &base.labels);
    join(&mut own.depends_on, &base.depends_on);
    join(&mut own.named, &base.named);
    join(&mut own.networks, &base.networks);
    own.profiles.extend(base.profiles.iter().cloned());
    for mount in &base.mounts {
        if !own.mounts.iter().any(|known| known.target == mount.target) {
            own.mounts.push(mount.clone());
        }
    }
    for port in &base.ports {
        if !own.ports.contains(port) {
            own.ports.push(port.clone());
        }
    }
}

fn fill(own: &mut Option<String>, base: &Option<String>) {
    if own.is_none() {
        own.clone_from(base);
    }
}

fn join<V: Clone>(own: &mut BTreeMap<String, V>, base: &BTreeMap<String, V>) {
    for (name, value) in base {
        own.entry(name.clone()).or_insert_with(|| value.clone());
    }
}
