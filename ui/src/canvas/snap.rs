//! Snapping a dragged rectangle to its surroundings, with the guides that show to what.

use groundplan_shared::scene::{Point, Rect};

/// Without anything to align with, positions fall on this grid.
pub const GRID: f64 = 4.0;

/// A line drawn while something is aligned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guide {
    /// One end.
    pub from: Point,
    /// The other end.
    pub to: Point,
}

/// A correction and why.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snap {
    /// Move by so much more.
    pub dx: f64,
    /// Move by so much more.
    pub dy: f64,
    /// At most one guide in each direction.
    pub guides: Vec<Guide>,
}

/// A span with the lines that can be aligned: start, middle, end.
fn lines(start: f64, length: f64) -> [f64; 3] {
    [start, start + length / 2.0, start + length]
}

/// Finds the smallest correction within `reach` that aligns `moving` with one of `others`.
#[must_use]
pub fn snap(moving: Rect, others: &[Rect], reach: f64) -> Snap {
    let horizontal = best(&lines(moving.x, moving.w), others.iter().map(|rect| lines(rect.x, rect.w)), reach);
    let vertical = best(&lines(moving.y, moving.h), others.iter().map(|rect| lines(rect.y, rect.h)), reach);
    let dx = horizontal.map_or_else(|| to_grid(moving.x), |(by, _)| by);
    let dy = vertical.map_or_else(|| to_grid(moving.y), |(by, _)| by);
    let placed = Rect::new(moving.x + dx, moving.y + dy, moving.w, moving.h);
    let mut guides = Vec::new();
    if let Some((_, x)) = horizontal {
        let along =
            others.iter().filter(|rect| lines(rect.x, rect.w).iter().any(|line| (line - x).abs() < 0.01));
        let span = along.fold(placed, |all, rect| all.union(rect));
        guides.push(Guide { from: Point::new(x, span.y), to: Point::new(x, span.bottom()) });
    }
    if let Some((_, y)) = vertical {
        let along =
            others.iter().filter(|rect| lines(rect.y, rect.h).iter().any(|line| (line - y).abs() < 0.01));
        let span = along.fold(placed, |all, rect| all.union(rect));
        guides.push(Guide { from: Point::new(span.x, y), to: Point::new(span.right(), y) });
    }
    Snap { dx, dy, guides }
}

fn to_grid(value: f64) -> f64 {
    (value / GRID).round() * GRID - value
}

/// Smallest correction and the line it leads to.
fn best(own: &[f64; 3], others: impl Iterator<Item = [f64; 3]>, reach: f64) -> Option<(f64, f64)> {
    let mut found: Option<(f64, f64)> = None;
    for lines in others {
        for line in lines {
            for mine in own {
                let by = line - mine;
                if by.abs() <= reach && found.is_none_or(|(best, _)| by.abs() < best.abs()) {
                    found = Some((by, line));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_and_middles_attract() {
        let other = Rect::new(100.0, 200.0, 80.0, 40.0);
        let left = snap(Rect::new(103.0, 0.0, 60.0, 20.0), &[other], 6.0);
        assert_eq!((left.dx, left.guides.len()), (-3.0, 1));
        assert_eq!(left.guides[0], Guide { from: Point::new(100.0, 0.0), to: Point::new(100.0, 240.0) });
        let middle = snap(Rect::new(300.0, 208.0, 60.0, 20.0), &[other], 6.0);
        assert_eq!((middle.dy, middle.guides[0].from), (2.0, Point::new(100.0, 220.0)));
        assert_eq!(middle.guides[0].to.x, 360.0);
    }

    #[test]
    fn the_nearest_line_wins() {
        let others = [Rect::new(105.0, 500.0, 80.0, 40.0), Rect::new(102.0, 900.0, 80.0, 40.0)];
        assert_eq!(snap(Rect::new(101.0, 0.0, 33.0, 20.0), &others, 6.0).dx, 1.0);
    }

    #[test]
    fn far_from_everything_the_grid_holds() {
        let other = Rect::new(1000.0, 1000.0, 80.0, 40.0);
        let free = snap(Rect::new(101.0, 18.5, 60.0, 20.0), &[other], 6.0);
        assert_eq!((free.dx, free.dy), (-1.0, 1.5));
        assert!(free.guides.is_empty());
    }
}
