//! SVG path data: numbers, rounded polylines, arrowheads and card outlines.

use super::{Point, Rect};

/// Length of an arrowhead along its edge.
pub(super) const ARROW_LENGTH: f64 = 7.0;
/// Half the width of an arrowhead.
const ARROW_HALF: f64 = 3.5;

/// Writes a coordinate with at most two decimals and no trailing zeros; what is not finite becomes 0.
pub fn number(value: f64) -> String {
    decimals(value, 2)
}

/// Writes a number with at most so many decimals and no trailing zeros; what is not finite becomes 0. By whole numbers: the
/// general way of writing fractions is larger than everything else that the interface does with them.
pub fn decimals(value: f64, places: u32) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let unit = 10_u64.pow(places.min(9));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "beyond it, it stays at the largest"
    )]
    let scaled = (value * unit as f64).round() as i64;
    let (whole, rest) = (scaled.unsigned_abs() / unit, scaled.unsigned_abs() % unit);
    let mut text = if scaled < 0 { format!("-{whole}") } else { whole.to_string() };
    if rest > 0 {
        let digits = (unit + rest).to_string();
        text.push('.');
        text.extend(digits.chars().skip(1));
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// Collects path commands.
#[derive(Default)]
struct Pen(String);

impl Pen {
    fn to(&mut self, command: char, coordinates: &[f64]) -> &mut Self {
        self.0.push(command);
        for (index, value) in coordinates.iter().enumerate() {
            if index > 0 {
                self.0.push(' ');
            }
            self.0.push_str(&number(*value));
        }
        self
    }

    fn done(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

fn length(a: Point, b: Point) -> f64 {
    (b.x - a.x).hypot(b.y - a.y)
}

fn towards(from: Point, to: Point, distance: f64) -> Point {
    let whole = length(from, to);
    if whole <= f64::EPSILON {
        return from;
    }
    let t = distance / whole;
    Point::new(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t)
}

/// Polyline with corners rounded by `radius`, its end pulled back by `pull_back` (room for the arrowhead).
pub(super) fn rounded(points: &[Point], radius: f64, pull_back: f64) -> String {
    let mut points = points.to_vec();
    points.dedup_by(|a, b| length(*a, *b) < 0.01);
    let mut pen = Pen::default();
    let Some(first) = points.first().copied() else { return String::new() };
    if let [.., before, last] = points.as_mut_slice() {
        let room = length(*before, *last);
        *last = towards(*last, *before, pull_back.min(room * 0.9));
    }
    pen.to('M', &[first.x, first.y]);
    for window in points.windows(3) {
        let [before, corner, after] = window else { continue };
        let r = radius.min(length(*before, *corner) / 2.0).min(length(*corner, *after) / 2.0);
        let from = towards(*corner, *before, r);
        let to = towards(*corner, *after, r);
        pen.to('L', &[from.x, from.y]).to('Q', &[corner.x, corner.y, to.x, to.y]);
    }
    if let Some(last) = points.last().filter(|_| points.len() > 1) {
        pen.to('L', &[last.x, last.y]);
    }
    pen.done()
}

/// Closed triangle whose tip is the polyline's last point; empty when there is no direction to point in.
pub(super) fn arrowhead(points: &[Point]) -> String {
    let Some(tip) = points.last().copied() else { return String::new() };
    let Some(before) = points.iter().rev().copied().find(|point| length(*point, tip) > 0.01) else {
        return String::new();
    };
    let base = towards(tip, before, ARROW_LENGTH);
    let (dx, dy) =
        ((tip.x - base.x) / ARROW_LENGTH * ARROW_HALF, (tip.y - base.y) / ARROW_LENGTH * ARROW_HALF);
    Pen::default()
        .to('M', &[tip.x, tip.y])
        .to('L', &[base.x - dy, base.y + dx])
        .to('L', &[base.x + dy, base.y - dx])
        .to('Z', &[])
        .done()
}

/// How far the curve of a drum's lid reaches in from its ends.
const LID_CURVE: f64 = 18.0;

/// Outline of a drum seen from slightly above; `dip` is the height of half its lid.
pub(super) fn drum(rect: Rect, dip: f64) -> String {
    let (left, right) = (rect.x + LID_CURVE, rect.right() - LID_CURVE);
    Pen::default()
        .to('M', &[rect.x, rect.y + dip])
        .to('Q', &[rect.x, rect.y, left, rect.y])
        .to('H', &[right])
        .to('Q', &[rect.right(), rect.y, rect.right(), rect.y + dip])
        .to('V', &[rect.bottom() - dip])
        .to('Q', &[rect.right(), rect.bottom(), right, rect.bottom()])
        .to('H', &[left])
        .to('Q', &[rect.x, rect.bottom(), rect.x, rect.bottom() - dip])
        .to('Z', &[])
        .done()
}

/// Front rim of a drum's lid.
pub(super) fn lid(rect: Rect, dip: f64) -> String {
    let low = rect.y + 2.0 * dip;
    Pen::default()
        .to('M', &[rect.x, rect.y + dip])
        .to('Q', &[rect.x, low, rect.x + LID_CURVE, low])
        .to('H', &[rect.right() - LID_CURVE])
        .to('Q', &[rect.right(), low, rect.right(), rect.y + dip])
        .done()
}

/// Rectangle with all four corners cut off.
pub(super) fn octagon(rect: Rect, cut: f64) -> String {
    Pen::default()
        .to('M', &[rect.x + cut, rect.y])
        .to('H', &[rect.right() - cut])
        .to('L', &[rect.right(), rect.y + cut])
        .to('V', &[rect.bottom() - cut])
        .to('L', &[rect.right() - cut, rect.bottom()])
        .to('H', &[rect.x + cut])
        .to('L', &[rect.x, rect.bottom() - cut])
        .to('V', &[rect.y + cut])
        .to('Z', &[])
        .done()
}

/// Sheet of paper with its upper right corner folded.
pub(super) fn sheet(rect: Rect, fold: f64) -> String {
    Pen::default()
        .to('M', &[rect.x, rect.y])
        .to('H', &[rect.right() - fold])
        .to('L', &[rect.right(), rect.y + fold])
        .to('V', &[rect.bottom()])
        .to('H', &[rect.x])
        .to('Z', &[])
        .done()
}

/// The fold of a [`sheet`].
pub(super) fn dog_ear(rect: Rect, fold: f64) -> String {
    Pen::default()
        .to('M', &[rect.right() - fold, rect.y])
        .to('V', &[rect.y + fold])
        .to('H', &[rect.right()])
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_always_valid() {
        let cases = [
            (1.0, "1"),
            (0.5, "0.5"),
            (-0.0, "0"),
            (1.0 / 3.0, "0.33"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn corners_are_rounded_and_the_end_leaves_room() {
        let points = [Point::new(0.0, 0.0), Point::new(20.0, 0.0), Point::new(20.0, 30.0)];
        assert_eq!(rounded(&points, 6.0, 7.0), "M0 0L14 0Q20 0 20 6L20 23");
        assert_eq!(arrowhead(&points), "M20 30L16.5 23L23.5 23Z");
    }

    #[test]
    fn degenerate_polylines_do_not_break() {
        assert_eq!(rounded(&[], 6.0, 7.0), "");
        let same = [Point::new(1.0, 1.0), Point::new(1.0, 1.0)];
        assert_eq!(rounded(&same, 6.0, 7.0), "M1 1");
        assert_eq!(arrowhead(&same), "");
    }
}
