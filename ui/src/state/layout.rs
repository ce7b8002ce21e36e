//! Sizes of panes and what is open, kept in the profile's settings as one small text.

use serde::{Deserialize, Serialize};

/// Narrowest and widest side panel, in CSS pixels.
const PANEL: (u16, u16) = (180, 640);

/// Sizes and switches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Width of the explorer in CSS pixels.
    pub explorer: u16,
    /// Width of the inspector in CSS pixels.
    pub inspector: u16,
    /// Whether the explorer is shown.
    pub explorer_open: bool,
    /// Whether the inspector is shown.
    pub inspector_open: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { explorer: 260, inspector: 320, explorer_open: true, inspector_open: true }
    }
}

impl Layout {
    /// Reads a kept layout; what cannot be read is as at first.
    pub fn read(text: &str) -> Self {
        crate::transport::json::read::<Self>(text).unwrap_or_default().bounded()
    }

    /// Writes the layout as a text to keep.
    pub fn write(&self) -> String {
        crate::transport::json::write(self)
    }

    fn bounded(mut self) -> Self {
        self.explorer = self.explorer.clamp(PANEL.0, PANEL.1);
        self.inspector = self.inspector.clamp(PANEL.0, PANEL.1);
        self
    }

    /// Sets the explorer's width, within bounds.
    pub fn resize_explorer(&mut self, width_px: i32) {
        self.explorer = bound(width_px);
    }

    /// Sets the inspector's width, within bounds.
    pub fn resize_inspector(&mut self, width_px: i32) {
        self.inspector = bound(width_px);
    }
}

fn bound(width_px: i32) -> u16 {
    u16::try_from(width_px.clamp(PANEL.0.into(), PANEL.1.into())).unwrap_or(PANEL.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_reads_back_and_stays_within_bounds() {
        let mut layout = Layout::default();
        layout.resize_explorer(5_000);
        layout.resize_inspector(-3);
        layout.explorer_open = false;
        assert_eq!((layout.inspector, layout.explorer), PANEL);
        assert_eq!(Layout::read(&layout.write()), layout);
        assert_eq!(Layout::read("no layout"), Layout::default());
        assert_eq!(Layout::read("{\"explorer\":1}").explorer, PANEL.0);
    }
}
