//! How much is drawn at which zoom: far away only boundaries and their names, close up everything.

/// Level of detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Boundaries with their names; cards as plain shapes.
    Far,
    /// Cards with their names, larger in the room of icon and second line; no edge labels.
    Middle,
    /// Everything.
    Near,
}

/// Below this zoom even the larger names of the middle level are noise: 15 units are 4 pixels.
const FAR: f64 = 0.27;
/// Below this zoom the smallest text, of 11 units, is noise: 6 pixels.
const MIDDLE: f64 = 0.55;

impl Detail {
    /// Level at a zoom.
    #[must_use]
    pub fn at(zoom: f64) -> Self {
        if zoom < FAR {
            Self::Far
        } else if zoom < MIDDLE {
            Self::Middle
        } else {
            Self::Near
        }
    }

    /// Class of the canvas; the style sheet leaves out what the level does not show.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Far => "canvas-far",
            Self::Middle => "canvas-middle",
            Self::Near => "canvas-near",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_grows_with_the_zoom() {
        let levels: Vec<Detail> = [0.02, 0.26, 0.3, 0.54, 1.0, 4.0].into_iter().map(Detail::at).collect();
        assert!(levels.is_sorted());
        assert_eq!(levels[0], Detail::Far);
        assert_eq!(levels[2], Detail::Middle);
        assert_eq!(levels[5], Detail::Near);
    }
}
