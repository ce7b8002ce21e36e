//! Who else is there, read from the core's answer: names, colours, places.
//!
//! Not here: asking for it and telling where this window is (`components::around`).

use groundplan_shared::api::TextStretch;
use groundplan_shared::model::DocumentId;

use crate::transport::{Json, parse};

/// So many colours tell people apart; the style sheets and `ui/editor/peers.ts` have as many.
const COLOURS: u32 = 6;

/// Somebody on another device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What they are called.
    pub name: String,
    /// Number of their colour.
    pub colour: u32,
    /// What they look at.
    pub document: Option<DocumentId>,
    /// Their cursor in its long text.
    pub cursor: Option<TextStretch>,
    /// Ids of the cards that they selected.
    pub selected: Vec<String>,
}

/// Reads the answer of `presence/list`; nobody if it cannot be read.
pub fn read(answer: &str) -> Vec<Peer> {
    let list = parse(answer);
    list.as_ref().map(|list| list.list("items").iter().map(peer).collect()).unwrap_or_default()
}

fn peer(one: &Json<'_>) -> Peer {
    let at = one.at("cursor");
    let end = |name: &str| u32::try_from(at.whole(name)).unwrap_or(u32::MAX);
    let texts = one.list("selected").iter().filter_map(|id| match id {
        Json::Text(id) => Some(id.clone()),
        _ => None,
    });
    Peer {
        name: one.at("person").text("name"),
        colour: one.text("device").bytes().fold(0, |sum, byte| sum + u32::from(byte)) % COLOURS,
        document: one.text("document").parse().ok(),
        cursor: at.is_there().then(|| TextStretch { anchor: end("anchor"), head: end("head") }),
        selected: texts.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_rubbish_is_nobody() {
        let id = "0192aa00-0000-7000-8000-000000000001";
        let answer = format!(
            r#"{{"items":[{{"person":{{"name":"Ada"}},"device":"ab01","document":"{id}","cursor":{{"anchor":3,"head":9}},"selected":["{id}"]}},
                {{"person":{{"name":"Bob"}},"device":"ab02","document":null,"cursor":null,"selected":[]}}]}}"#
        );
        let peers = read(&answer);
        assert_eq!(peers.len(), 2);
        assert_eq!(peers[0].cursor, Some(TextStretch { anchor: 3, head: 9 }));
        assert_eq!((peers[0].document, peers[0].selected.len()), (id.parse().ok(), 1));
        assert_eq!((peers[1].document, peers[1].cursor), (None, None));
        assert_ne!(peers[0].colour, peers[1].colour);
        assert!(peers.iter().all(|peer| peer.colour < COLOURS));
        assert!(read("").is_empty() && read("{\"items\":7}").is_empty());
    }
}
