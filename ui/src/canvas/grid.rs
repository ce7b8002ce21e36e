//! A grid over the diagram that finds what lies in a rectangle without looking at everything.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use groundplan_shared::scene::Rect;

/// Side of a cell in diagram units: about two cards.
const CELL: f64 = 384.0;
/// What covers more cells than this is kept in one list instead.
const WIDE: usize = 48;

/// Finds the numbers of rectangles by area.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    rects: Vec<Rect>,
    cells: HashMap<(i32, i32), Vec<usize>>,
    wide: Vec<usize>,
}

/// The cells that a span covers; the casts saturate, so that odd numbers give a long span and no failure.
fn cells(from: f64, to: f64) -> RangeInclusive<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is meant")]
    let cell = |value: f64| (value / CELL).floor() as i32;
    cell(from)..=cell(to)
}

/// How many cells a rectangle covers.
fn covered(columns: &RangeInclusive<i32>, rows: &RangeInclusive<i32>) -> usize {
    let length = |range: &RangeInclusive<i32>| {
        usize::try_from(i64::from(*range.end()) - i64::from(*range.start()) + 1).unwrap_or(0)
    };
    length(columns).saturating_mul(length(rows))
}

impl Grid {
    /// Indexes rectangles; they are numbered in the order given.
    pub fn new(rects: impl IntoIterator<Item = Rect>) -> Self {
        let mut grid = Self { rects: rects.into_iter().collect(), ..Self::default() };
        for (number, rect) in grid.rects.iter().enumerate() {
            let (columns, rows) = (cells(rect.x, rect.right()), cells(rect.y, rect.bottom()));
            if covered(&columns, &rows) > WIDE {
                grid.wide.push(number);
                continue;
            }
            for x in columns {
                for y in rows.clone() {
                    grid.cells.entry((x, y)).or_default().push(number);
                }
            }
        }
        grid
    }

    /// Numbers of the rectangles that overlap or touch the area, in ascending order.
    #[must_use]
    pub fn within(&self, area: Rect) -> Vec<usize> {
        let (columns, rows) = (cells(area.x, area.right()), cells(area.y, area.bottom()));
        let touches = |number: &usize| {
            self.rects.get(*number).is_some_and(|rect| {
                let across = rect.x <= area.right() && area.x <= rect.right();
                across && rect.y <= area.bottom() && area.y <= rect.bottom()
            })
        };
        // An area of more cells than are filled is answered by a plain look at everything.
        if covered(&columns, &rows) > self.cells.len() {
            return (0..self.rects.len()).filter(touches).collect();
        }
        let mut found: Vec<usize> = self.wide.iter().copied().filter(touches).collect();
        for x in columns {
            for y in rows.clone() {
                if let Some(numbers) = self.cells.get(&(x, y)) {
                    found.extend(numbers.iter().copied().filter(touches));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small deterministic generator; the tests must not differ from run to run.
    fn numbers(mut seed: u64) -> impl FnMut(f64) -> f64 {
        move |below| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[expect(clippy::cast_precision_loss, reason = "31 bits are exact")]
            let unit = (seed >> 33) as f64 / f64::from(1_u32 << 31);
            unit * below
        }
    }

    #[test]
    fn finds_exactly_what_a_full_look_finds() {
        let mut next = numbers(7);
        let rects: Vec<Rect> = (0..3000)
            .map(|i| {
                let size = if i % 97 == 0 { 9000.0 } else { 200.0 };
                Rect::new(next(20_000.0) - 9_000.0, next(20_000.0) - 9_000.0, next(size), next(size))
            })
            .collect();
        let grid = Grid::new(rects.iter().copied());
        for _ in 0..200 {
            let area =
                Rect::new(next(20_000.0) - 9_000.0, next(20_000.0) - 9_000.0, next(3_000.0), next(2_000.0));
            let expected: Vec<usize> = (0..rects.len())
                .filter(|i| {
                    let rect = rects[*i];
                    rect.x <= area.right()
                        && area.x <= rect.right()
                        && rect.y <= area.bottom()
                        && area.y <= rect.bottom()
                })
                .collect();
            assert_eq!(grid.within(area), expected);
        }
    }

    #[test]
    fn odd_areas_do_not_hang() {
        let grid = Grid::new([Rect::new(0.0, 0.0, 10.0, 10.0)]);
        assert_eq!(grid.within(Rect::new(-1e300, -1e300, 2e300, 2e300)), vec![0]);
        assert_eq!(grid.within(Rect::new(f64::NAN, 0.0, 1.0, 1.0)), Vec::<usize>::new());
        assert_eq!(Grid::new([]).within(Rect::new(0.0, 0.0, 1.0, 1.0)), Vec::<usize>::new());
    }
}
