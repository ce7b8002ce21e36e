//! A simple orthogonal line between two cards: shown while one of them is dragged, until the real route arrives.

use groundplan_shared::scene::{Point, Rect};

/// Line from the rim of one rectangle to the rim of another, with at most two corners.
#[must_use]
pub fn route(from: Rect, to: Rect) -> Vec<Point> {
    let (a, b) = (from.center(), to.center());
    if let Some(x) = shared_line(from.x, from.right(), to.x, to.right()) {
        if from.bottom() <= to.y {
            return vec![Point::new(x, from.bottom()), Point::new(x, to.y)];
        }
        if to.bottom() <= from.y {
            return vec![Point::new(x, from.y), Point::new(x, to.bottom())];
        }
    }
    if let Some(y) = shared_line(from.y, from.bottom(), to.y, to.bottom()) {
        if from.right() <= to.x {
            return vec![Point::new(from.right(), y), Point::new(to.x, y)];
        }
        if to.right() <= from.x {
            return vec![Point::new(from.x, y), Point::new(to.right(), y)];
        }
    }
    let (across, down) =
        ((a.x - b.x).abs() - (from.w + to.w) / 2.0, (a.y - b.y).abs() - (from.h + to.h) / 2.0);
    if across >= down {
        let (start, end) = if a.x < b.x { (from.right(), to.x) } else { (from.x, to.right()) };
        let middle = f64::midpoint(start, end);
        vec![Point::new(start, a.y), Point::new(middle, a.y), Point::new(middle, b.y), Point::new(end, b.y)]
    } else {
        let (start, end) = if a.y < b.y { (from.bottom(), to.y) } else { (from.y, to.bottom()) };
        let middle = f64::midpoint(start, end);
        vec![Point::new(a.x, start), Point::new(a.x, middle), Point::new(b.x, middle), Point::new(b.x, end)]
    }
}

/// Middle of what two spans share, if they share enough for a straight line.
fn shared_line(a: f64, a_end: f64, b: f64, b_end: f64) -> Option<f64> {
    let (low, high) = (a.max(b), a_end.min(b_end));
    (high - low >= 12.0).then_some(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_orthogonal_and_end_on_the_rims() {
        let from = Rect::new(0.0, 0.0, 100.0, 40.0);
        for (x, y) in
            [(300.0, 10.0), (-400.0, 300.0), (40.0, 200.0), (20.0, -500.0), (160.0, 30.0), (500.0, 60.0)]
        {
            let to = Rect::new(x, y, 100.0, 40.0);
            let points = route(from, to);
            for pair in points.windows(2) {
                assert!(pair[0].x == pair[1].x || pair[0].y == pair[1].y, "{points:?}");
            }
            let on_rim = |rect: Rect, point: Point| {
                rect.contains_point(point)
                    && (point.x == rect.x
                        || point.x == rect.right()
                        || point.y == rect.y
                        || point.y == rect.bottom())
            };
            assert!(on_rim(from, points[0]) && on_rim(to, points[points.len() - 1]), "{points:?}");
        }
    }

    #[test]
    fn overlapping_cards_do_not_break() {
        let rect = Rect::new(0.0, 0.0, 100.0, 40.0);
        assert!(route(rect, rect).iter().all(|point| point.x.is_finite() && point.y.is_finite()));
    }
}
