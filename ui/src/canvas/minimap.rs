//! The small map of a large diagram: where its parts and the visible part stand.

use groundplan_shared::scene::{Point, Rect};

use super::camera::{Camera, Size};

/// A mapping of the whole diagram onto a small rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimap {
    camera: Camera,
}

impl Minimap {
    /// Fits the diagram into a map of this size.
    #[must_use]
    pub fn new(bounds: Rect, size: Size) -> Self {
        // The map's zoom may be below the canvas' smallest one, hence no `Camera::fitted`.
        let zoom = (size.w / bounds.w.max(1.0)).min(size.h / bounds.h.max(1.0));
        Self { camera: Camera::centred(bounds.center(), size, zoom) }
    }

    /// Place of a part on the map.
    #[must_use]
    pub fn place(&self, rect: Rect) -> Rect {
        self.camera.rect_to_screen(rect)
    }

    /// Camera after a click on the map: the point clicked comes to the middle of the canvas.
    #[must_use]
    pub fn look_at(&self, pixel: Point, camera: Camera, canvas: Size) -> Camera {
        Camera::centred(self.camera.to_world(pixel), canvas, camera.zoom)
    }

    /// True when the canvas shows only a part of the diagram, so that a map helps.
    #[must_use]
    pub fn is_useful(bounds: Rect, camera: Camera, canvas: Size, nodes: usize) -> bool {
        nodes >= 24 && !camera.visible(canvas).grown(1.0).contains(&bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_on_the_map_centres_the_canvas_there() {
        let bounds = Rect::new(-100.0, -100.0, 20_000.0, 9_000.0);
        let map = Minimap::new(bounds, Size::new(180.0, 120.0));
        let part = Rect::new(15_000.0, 4_000.0, 100.0, 100.0);
        let place = map.place(part);
        assert!(Rect::new(0.0, 0.0, 180.0, 120.0).contains(&place));
        let canvas = Size::new(1000.0, 700.0);
        let camera = map.look_at(place.center(), Camera { zoom: 0.8, ..Camera::default() }, canvas);
        let shown = camera.rect_to_screen(part).center();
        assert!((shown.x - 500.0).abs() < 1e-6 && (shown.y - 350.0).abs() < 1e-6);
        assert_eq!(camera.zoom, 0.8);
    }

    #[test]
    fn the_map_hides_when_everything_is_in_sight() {
        let bounds = Rect::new(0.0, 0.0, 500.0, 400.0);
        let canvas = Size::new(1000.0, 700.0);
        assert!(!Minimap::is_useful(bounds, Camera::default(), canvas, 100));
        assert!(Minimap::is_useful(bounds, Camera { zoom: 3.0, ..Camera::default() }, canvas, 100));
        assert!(!Minimap::is_useful(bounds, Camera { zoom: 3.0, ..Camera::default() }, canvas, 5));
    }
}
