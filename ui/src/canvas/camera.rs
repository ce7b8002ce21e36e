//! Where the window looks: the mapping between the diagram's units and the canvas' pixels.

use groundplan_shared::scene::{Point, Rect, decimals, number};

/// Smallest zoom: a model of thousands of elements still fits.
pub const MIN_ZOOM: f64 = 0.02;
/// Largest zoom.
pub const MAX_ZOOM: f64 = 4.0;

/// Size of the canvas in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Size {
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Size {
    /// Makes a size.
    #[must_use]
    pub const fn new(w: f64, h: f64) -> Self {
        Self { w, h }
    }

    /// Middle of the canvas.
    #[must_use]
    pub fn center(self) -> Point {
        Point::new(self.w / 2.0, self.h / 2.0)
    }
}

/// A view of the diagram: `pixel = unit * zoom + (x, y)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Pixel of the unit origin, from the left.
    pub x: f64,
    /// Pixel of the unit origin, from the top.
    pub y: f64,
    /// Pixels per unit.
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, zoom: 1.0 }
    }
}

impl Camera {
    /// Pixel at which a point of the diagram is shown.
    #[must_use]
    pub fn to_screen(self, point: Point) -> Point {
        Point::new(point.x * self.zoom + self.x, point.y * self.zoom + self.y)
    }

    /// Pixels that a rectangle of the diagram covers.
    #[must_use]
    pub fn rect_to_screen(self, rect: Rect) -> Rect {
        let at = self.to_screen(Point::new(rect.x, rect.y));
        Rect::new(at.x, at.y, rect.w * self.zoom, rect.h * self.zoom)
    }

    /// Point of the diagram shown at a pixel.
    #[must_use]
    pub fn to_world(self, pixel: Point) -> Point {
        Point::new((pixel.x - self.x) / self.zoom, (pixel.y - self.y) / self.zoom)
    }

    /// Part of the diagram that is visible.
    #[must_use]
    pub fn visible(self, size: Size) -> Rect {
        let at = self.to_world(Point::default());
        Rect::new(at.x, at.y, size.w / self.zoom, size.h / self.zoom)
    }

    /// Moves what is shown by so many pixels.
    #[must_use]
    pub fn panned(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// Zooms by a factor; the point under the pixel stays there.
    #[must_use]
    pub fn zoomed_at(self, pixel: Point, factor: f64) -> Self {
        self.with_zoom_at(pixel, self.zoom * factor)
    }

    /// Sets the zoom; the point under the pixel stays there.
    #[must_use]
    pub fn with_zoom_at(self, pixel: Point, zoom: f64) -> Self {
        let zoom = if zoom.is_finite() { zoom.clamp(MIN_ZOOM, MAX_ZOOM) } else { self.zoom };
        let world = self.to_world(pixel);
        Self { x: pixel.x - world.x * zoom, y: pixel.y - world.y * zoom, zoom }
    }

    /// Follows two fingers: what was under them stays under them.
    #[must_use]
    pub fn pinched(self, before: (Point, Point), after: (Point, Point)) -> Self {
        let middle = |(a, b): (Point, Point)| Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0);
        let distance = |(a, b): (Point, Point)| (a.x - b.x).hypot(a.y - b.y).max(1.0);
        let (from, to) = (middle(before), middle(after));
        self.panned(to.x - from.x, to.y - from.y).zoomed_at(to, distance(after) / distance(before))
    }

    /// Shows all of `bounds` with `margin` pixels around, never larger than `largest`.
    #[must_use]
    pub fn fitted(bounds: Rect, size: Size, margin: f64, largest: f64) -> Self {
        let room = Size::new((size.w - 2.0 * margin).max(1.0), (size.h - 2.0 * margin).max(1.0));
        let zoom = (room.w / bounds.w.max(1.0)).min(room.h / bounds.h.max(1.0));
        let zoom = zoom.min(largest).clamp(MIN_ZOOM, MAX_ZOOM);
        Self::centred(bounds.center(), size, zoom)
    }

    /// Shows a point in the middle.
    #[must_use]
    pub fn centred(point: Point, size: Size, zoom: f64) -> Self {
        let middle = size.center();
        Self { x: middle.x - point.x * zoom, y: middle.y - point.y * zoom, zoom }
    }

    /// Pans as little as needed to show a rectangle with `margin` pixels around; stays where it is shown already.
    #[must_use]
    pub fn revealing(self, rect: Rect, size: Size, margin: f64) -> Self {
        let shown = self.rect_to_screen(rect);
        self.panned(
            shift(shown.x, shown.right(), margin, size.w - margin),
            shift(shown.y, shown.bottom(), margin, size.h - margin),
        )
    }

    /// Keeps at least a corner of the drawing on the canvas, so that nobody gets lost.
    #[must_use]
    pub fn kept_near(self, bounds: Rect, size: Size) -> Self {
        let shown = self.rect_to_screen(bounds);
        let keep = 80.0_f64.min(size.w / 3.0).min(size.h / 3.0);
        let dx = (keep - shown.right()).max(0.0) + (size.w - keep - shown.x).min(0.0);
        let dy = (keep - shown.bottom()).max(0.0) + (size.h - keep - shown.y).min(0.0);
        self.panned(dx, dy)
    }

    /// The camera for which to paint, given the one painted for before: as long as only panning happened, and no
    /// further than the painted margin reaches, the picture is moved as a whole and not painted again.
    #[must_use]
    pub fn painted(self, before: Option<Self>, margin: f64) -> Self {
        match before {
            Some(before)
                if before.zoom == self.zoom
                    && (before.x - self.x).abs() <= margin
                    && (before.y - self.y).abs() <= margin =>
            {
                before
            }
            _ => self,
        }
    }

    /// Value of CSS's `transform` for the group that holds the drawing.
    #[must_use]
    pub fn css(self) -> String {
        format!("translate({}px, {}px) scale({})", number(self.x), number(self.y), decimals(self.zoom, 5))
    }
}

/// How far to move a span so that it lies between two borders; its start wins when it does not fit.
fn shift(from: f64, to: f64, low: f64, high: f64) -> f64 {
    if from < low || to - from > high - low {
        if from >= low && to <= high { 0.0 } else { low - from }
    } else if to > high {
        high - to
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: Point) -> bool {
        (a.x - b.x).abs() < 1e-6 && (a.y - b.y).abs() < 1e-6
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let camera = Camera { x: -130.0, y: 44.0, zoom: 0.7 };
        for pixel in [Point::new(0.0, 0.0), Point::new(512.0, 300.0), Point::new(-40.0, 900.0)] {
            for factor in [0.5, 1.1, 3.0, 1000.0, 0.0001] {
                let zoomed = camera.zoomed_at(pixel, factor);
                assert!(near(zoomed.to_world(pixel), camera.to_world(pixel)), "{pixel:?} {factor}");
                assert!((MIN_ZOOM..=MAX_ZOOM).contains(&zoomed.zoom));
            }
        }
        assert_eq!(camera.with_zoom_at(Point::default(), f64::NAN).zoom, 0.7);
    }

    #[test]
    fn mapping_goes_both_ways() {
        let camera = Camera { x: 12.0, y: -7.0, zoom: 1.5 };
        let point = Point::new(33.0, 91.5);
        assert!(near(camera.to_world(camera.to_screen(point)), point));
    }

    #[test]
    fn fitting_shows_everything_in_the_middle() {
        let size = Size::new(800.0, 600.0);
        for bounds in [Rect::new(-50.0, 20.0, 4000.0, 900.0), Rect::new(0.0, 0.0, 100.0, 9000.0)] {
            let camera = Camera::fitted(bounds, size, 24.0, 1.0);
            let shown = camera.rect_to_screen(bounds);
            assert!(Rect::new(23.9, 23.9, 752.2, 552.2).contains(&shown), "{shown:?}");
            assert!(near(shown.center(), size.center()));
        }
        let small = Camera::fitted(Rect::new(0.0, 0.0, 10.0, 10.0), size, 24.0, 1.0);
        assert_eq!(small.zoom, 1.0);
        assert!(Camera::fitted(Rect::default(), Size::default(), 24.0, 1.0).zoom.is_finite());
    }

    #[test]
    fn pinching_keeps_both_fingers_on_their_points() {
        let camera = Camera { x: 30.0, y: 10.0, zoom: 0.8 };
        let before = (Point::new(100.0, 100.0), Point::new(200.0, 100.0));
        let after = (Point::new(90.0, 140.0), Point::new(290.0, 140.0));
        let pinched = camera.pinched(before, after);
        assert!((pinched.zoom - 1.6).abs() < 1e-9);
        assert!(near(pinched.to_world(after.0), camera.to_world(before.0)));
        assert!(near(pinched.to_world(after.1), camera.to_world(before.1)));
    }

    #[test]
    fn revealing_moves_only_as_far_as_needed() {
        let size = Size::new(400.0, 300.0);
        let camera = Camera::default();
        assert_eq!(camera.revealing(Rect::new(100.0, 100.0, 50.0, 50.0), size, 20.0), camera);
        let right = camera.revealing(Rect::new(500.0, 100.0, 50.0, 50.0), size, 20.0);
        assert_eq!((right.x, right.y), (-170.0, 0.0));
        let above = camera.revealing(Rect::new(100.0, -80.0, 50.0, 50.0), size, 20.0);
        assert_eq!((above.x, above.y), (0.0, 100.0));
        let huge = camera.revealing(Rect::new(100.0, 0.0, 5000.0, 10.0), size, 20.0);
        assert_eq!(huge.x, -80.0);
    }

    #[test]
    fn panning_paints_anew_only_beyond_the_margin() {
        let start = Camera { x: 5.0, y: 5.0, zoom: 1.0 };
        assert_eq!(start.painted(None, 100.0), start);
        assert_eq!(start.panned(99.0, -99.0).painted(Some(start), 100.0), start);
        let far = start.panned(101.0, 0.0);
        assert_eq!(far.painted(Some(start), 100.0), far);
        let zoomed = start.zoomed_at(Point::default(), 1.1);
        assert_eq!(zoomed.painted(Some(start), 100.0), zoomed);
    }

    #[test]
    fn the_drawing_cannot_be_lost() {
        let size = Size::new(400.0, 300.0);
        let bounds = Rect::new(0.0, 0.0, 200.0, 100.0);
        for (dx, dy) in [(1e6, 0.0), (-1e6, 1e6), (0.0, -1e6), (10.0, 10.0)] {
            let kept = Camera::default().panned(dx, dy).kept_near(bounds, size);
            let shown = kept.rect_to_screen(bounds);
            assert!(shown.overlaps(&Rect::new(0.0, 0.0, size.w, size.h)), "{shown:?}");
        }
        assert_eq!(Camera::default().kept_near(bounds, size), Camera::default());
    }
}
