//! Puts rectangles that have nothing to do with each other into a compact area: shelves, and grids for single cards.

use groundplan_shared::scene::Point;

/// Places rectangles of the given sizes on shelves, `gap` apart; returns upper left corners in the given order.
pub(crate) fn shelves(sizes: &[(f64, f64)], aspect: f64, gap: f64) -> Vec<Point> {
    let area: f64 = sizes.iter().map(|(w, h)| (w + gap) * (h + gap)).sum();
    let widest = sizes.iter().map(|size| size.0).fold(0.0, f64::max);
    let total: f64 = sizes.iter().map(|size| size.0 + gap).sum();
    let ideal = (area * aspect).sqrt();
    // A few widths are tried; the one nearest to the wanted shape wins, smaller areas first.
    let mut best: Option<(f64, Vec<Point>)> = None;
    for factor in [0.85, 1.0, 1.15, 1.3, 1.6] {
        let limit = (ideal * factor).clamp(widest, total.max(widest));
        let (places, width, height) = on_shelves(sizes, limit, gap);
        let ratio = (width.max(1.0) / height.max(1.0) / aspect).ln().abs();
        let cost = width * height * (1.0 + ratio);
        if best.as_ref().is_none_or(|(least, _)| cost < *least - 1e-6) {
            best = Some((cost, places));
        }
    }
    best.map(|(_, places)| places).unwrap_or_default()
}

fn on_shelves(sizes: &[(f64, f64)], limit: f64, gap: f64) -> (Vec<Point>, f64, f64) {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].1.total_cmp(&sizes[*a].1).then(a.cmp(b)));
    let mut places = vec![Point::default(); sizes.len()];
    let (mut x, mut y, mut shelf, mut width) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
    for index in order {
        let (w, h) = sizes[index];
        if x > 0.0 && x + w > limit {
            (x, y, shelf) = (0.0, y + shelf + gap, 0.0);
        }
        places[index] = Point::new(x, y);
        width = width.max(x + w);
        shelf = shelf.max(h);
        x += w + gap;
    }
    (places, width, y + shelf)
}

/// Places cards in columns of equal number, column by column; the fallback that always works.
pub(crate) fn grid(sizes: &[(f64, f64)], aspect: f64, gap_x: f64, gap_y: f64) -> Vec<Point> {
    if sizes.is_empty() {
        return Vec::new();
    }
    let count = sizes.len() as f64;
    let mean_w = sizes.iter().map(|size| size.0 + gap_x).sum::<f64>() / count;
    let mean_h = sizes.iter().map(|size| size.1 + gap_y).sum::<f64>() / count;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the number of cards"
    )]
    let rows = ((count * mean_w / (aspect * mean_h)).sqrt().ceil().clamp(1.0, count)) as usize;
    let mut places = Vec::with_capacity(sizes.len());
    let mut x = 0.0;
    for column in sizes.chunks(rows) {
        let mut y = 0.0;
        for size in column {
            places.push(Point::new(x, y));
            y += size.1 + gap_y;
        }
        x += column.iter().map(|size| size.0).fold(0.0, f64::max) + gap_x;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_keeps_the_wanted_shape() {
        let places = grid(&[(100.0, 40.0); 24], 1.6, 20.0, 20.0);
        let columns: std::collections::BTreeSet<_> = places.iter().map(|p| p.x as i64).collect();
        assert!((3..=6).contains(&columns.len()), "{columns:?}");
    }

    #[test]
    fn shelves_do_not_overlap() {
        let sizes = [(300.0, 200.0), (100.0, 50.0), (120.0, 180.0), (90.0, 40.0), (400.0, 90.0)];
        let places = shelves(&sizes, 1.6, 10.0);
        for i in 0..sizes.len() {
            for j in 0..i {
                let apart = places[i].x + sizes[i].0 <= places[j].x
                    || places[j].x + sizes[j].0 <= places[i].x
                    || places[i].y + sizes[i].1 <= places[j].y
                    || places[j].y + sizes[j].1 <= places[i].y;
                assert!(apart, "{i} and {j} overlap");
            }
        }
    }
}
