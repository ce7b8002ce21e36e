//! The tabs of the main area: a walk through many things uses one tab until it is pinned.

use super::Route;

/// Most tabs that are kept for the next time.
const TABS_KEPT: usize = 32;

/// A tab.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tab {
    /// What it shows.
    pub route: Route,
    /// Whether it stays when something else is opened.
    pub pinned: bool,
}

/// All tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tabs {
    items: Vec<Tab>,
}

/// Which routes share a tab: a diagram keeps its tab while one drills down, a search while one types.
fn same(a: &Route, b: &Route) -> bool {
    match (a, b) {
        (Route::Search(_), Route::Search(_)) => true,
        (Route::Diagram(a), Route::Diagram(b)) => a.id == b.id,
        _ => a == b,
    }
}

/// Says whether a route gets a tab; the start and the phone's panes do not.
fn has_tab(route: &Route) -> bool {
    !matches!(route, Route::Home | Route::Welcome | Route::Explore | Route::Unknown(_))
}

impl Tabs {
    /// The tabs in their order.
    pub fn items(&self) -> &[Tab] {
        &self.items
    }

    /// Follows a change of the address.
    pub fn show(&mut self, route: &Route) {
        if !has_tab(route) {
            return;
        }
        if let Some(tab) = self.items.iter_mut().find(|tab| same(&tab.route, route)) {
            tab.route = route.clone();
            return;
        }
        let tab = Tab { route: route.clone(), pinned: false };
        match self.items.iter_mut().find(|tab| !tab.pinned) {
            Some(passing) => *passing = tab,
            None => self.items.push(tab),
        }
    }

    /// The place of the tab that shows a route.
    pub fn at(&self, route: &Route) -> Option<usize> {
        self.items.iter().position(|tab| same(&tab.route, route))
    }

    /// Keeps a tab, or lets it go with the next step.
    pub fn pin(&mut self, at: usize, pinned: bool) {
        if let Some(tab) = self.items.get_mut(at) {
            tab.pinned = pinned;
        }
    }

    /// Closes a tab; returns what to show instead if it was the shown one.
    pub fn close(&mut self, at: usize, shown: &Route) -> Option<Route> {
        if at >= self.items.len() {
            return None;
        }
        let closed = self.items.remove(at);
        if !same(&closed.route, shown) {
            return None;
        }
        let next = self.items.get(at).or(self.items.last());
        Some(next.map_or(Route::Home, |tab| tab.route.clone()))
    }

    /// Writes the tabs as a text to keep. Searches are left out: their text is nobody's business but the workspace's.
    pub fn write(&self) -> String {
        let kept = self.items.iter().filter(|tab| !matches!(tab.route, Route::Search(_)));
        kept.map(|tab| format!("{}{}\n", if tab.pinned { '!' } else { ' ' }, tab.route.url())).collect()
    }

    /// Reads kept tabs; what cannot be read is left out.
    pub fn read(text: &str) -> Self {
        let items = text.lines().filter_map(|line| {
            let (pinned, url) = line.strip_prefix('!').map_or((false, line.trim_start()), |url| (true, url));
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let route = Route::parse(path, query);
            has_tab(&route).then_some(Tab { route, pinned })
        });
        Self { items: items.take(TABS_KEPT).collect() }
    }

    /// Closes tabs of things that are gone.
    pub fn retain(&mut self, keep: impl Fn(&Route) -> bool) {
        self.items.retain(|tab| keep(&tab.route));
    }
}

#[cfg(test)]
mod tests {
    use groundplan_shared::model::DocumentId;

    use super::*;
    use crate::state::DiagramRoute;

    fn element(n: u8) -> Route {
        Route::Element(DocumentId::from_bytes([n; 16]))
    }

    #[test]
    fn a_walk_uses_one_tab_until_it_is_pinned() {
        let mut tabs = Tabs::default();
        tabs.show(&element(1));
        tabs.show(&element(2));
        assert_eq!(tabs.items().len(), 1);
        tabs.pin(0, true);
        tabs.show(&element(3));
        tabs.show(&element(2));
        assert_eq!(tabs.items().len(), 2);
        assert_eq!(tabs.at(&element(2)), Some(0));
        tabs.show(&Route::Home);
        assert_eq!(tabs.items().len(), 2);
    }

    #[test]
    fn tabs_read_back_without_what_was_searched() {
        let mut tabs = Tabs::default();
        tabs.show(&element(1));
        tabs.pin(0, true);
        let diagram =
            DiagramRoute { scope: Some(DocumentId::from_bytes([4; 16])), ..DiagramRoute::default() };
        tabs.show(&Route::Diagram(diagram));
        assert_eq!(Tabs::read(&tabs.write()), tabs);
        tabs.pin(1, true);
        tabs.show(&Route::Search("secret".to_owned()));
        let text = tabs.write();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(Tabs::read(&text).items().len(), 2);
        assert_eq!(Tabs::read("!/nowhere\n nonsense\n"), Tabs::default());
    }

    #[test]
    fn closing_shows_the_neighbour_or_home() {
        let mut tabs = Tabs::default();
        for n in 1..=3 {
            tabs.show(&element(n));
            tabs.pin(usize::from(n) - 1, true);
        }
        assert_eq!(tabs.close(0, &element(2)), None);
        assert_eq!(tabs.close(0, &element(2)), Some(element(3)));
        assert_eq!(tabs.close(0, &element(3)), Some(Route::Home));
        assert_eq!(tabs.close(0, &element(3)), None);
    }
}
