//! Seeded graphs for tests and benches: the same on every machine. No real system is copied here.

use groundplan_diagram::{DiagramElement, DiagramRelation};
use groundplan_shared::scene::Interaction;

/// A small generator of numbers (SplitMix64): tests need repeatable choices, not good randomness.
pub struct Numbers(u64);

impl Numbers {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % bound as u64).expect("below a usize")
    }
}

/// Elements and relations of a made-up system.
pub struct Service {
    pub elements: Vec<DiagramElement>,
    pub relations: Vec<DiagramRelation>,
}

/// A system of services: some stores and channels that most depend on, the rest in groups that mostly talk among
/// themselves. `groups` of 0 makes it flat.
pub fn services(count: usize, relations: usize, groups: usize, seed: u64) -> Service {
    let mut numbers = Numbers::new(seed);
    let mut elements = Vec::new();
    for group in 0..groups {
        let parent = (group >= 4 && group % 3 == 0).then(|| format!("g{}", group % 4));
        elements.push(DiagramElement {
            id: format!("g{group}"),
            kind: "system".into(),
            name: format!("Area {group}"),
            parent,
            ..DiagramElement::default()
        });
    }
    let hubs = (count / 12).max(1);
    let words = [
        "ingest",
        "orders",
        "billing",
        "web",
        "relay",
        "search",
        "worker",
        "cron",
        "events",
        "profile-cache",
    ];
    let kinds = ["datastore", "channel", "datastore", "api"];
    for index in 0..count {
        let hub = index < hubs;
        let word = words[numbers.below(words.len())];
        elements.push(DiagramElement {
            id: format!("e{index}"),
            kind: if hub { kinds[index % kinds.len()] } else { "component" }.into(),
            name: format!("{word}-{}{index}", if numbers.below(3) == 0 { "consumer-" } else { "" }),
            technology: (numbers.below(4) > 0).then(|| if hub { "PostgreSQL 14" } else { "Python" }.into()),
            parent: (groups > 0 && !hub && numbers.below(8) > 0).then(|| format!("g{}", index % groups)),
            external: numbers.below(15) == 0,
            position: None,
        });
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut links = Vec::new();
    let mut tries = 0;
    while links.len() < relations && tries < relations * 50 {
        tries += 1;
        let source = numbers.below(count);
        let target = match numbers.below(10) {
            0..=4 => numbers.below(hubs),
            5..=8 if groups > 0 => (source + groups * (1 + numbers.below(3))) % count,
            _ => numbers.below(count),
        };
        if source != target && seen.insert((source, target)) {
            links.push(DiagramRelation {
                id: format!("r{}", links.len()),
                kind: "uses".into(),
                source: format!("e{source}"),
                target: format!("e{target}"),
                label: (numbers.below(6) == 0).then(|| "reads".into()),
                interaction: if numbers.below(5) == 0 { Interaction::Async } else { Interaction::Sync },
            });
        }
    }
    Service { elements, relations: links }
}
