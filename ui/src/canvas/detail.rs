//! How much is drawn at which zoom: far away only boundaries and names, close up everything.

/// Level of detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Boundaries with their names; cards as plain shapes.
    Far,
    /// Cards with names; no technology lines, no edge labels.
    Middle,
    /// Everything.
    Near,
}

/// A text smaller than this many pixels is noise.
const READABLE: f64 = 6.2;

impl Detail {
    /// Level at a zoom: a level starts where its smallest text becomes readable.
    #[must_use]
    pub fn at(zoom: f64) -> Self {
        use groundplan_shared::scene::metrics;
        if zoom * metrics::NAME_SIZE < READABLE {
            Self::Far
        } else if zoom * metrics::LABEL_SIZE < READABLE {
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
        let levels: Vec<Detail> = [0.02, 0.3, 0.5, 0.57, 1.0, 4.0].into_iter().map(Detail::at).collect();
        assert!(levels.is_sorted());
        assert_eq!(levels[0], Detail::Far);
        assert_eq!(levels[2], Detail::Middle);
        assert_eq!(levels[5], Detail::Near);
    }
}
