//! Geometry of the diagram canvas as pure functions: camera, spatial index, hit testing, snapping, walking,
//! previews of a drag. Natively tested.
//!
//! Not here: anything of the browser. What a shape looks like is decided by `shared::scene::draw`.

pub mod camera;
pub mod detail;
pub mod drag;
pub mod far;
pub mod gesture;
pub mod grid;
pub mod hit;
pub mod minimap;
pub mod picture;
pub mod relate;
pub mod route;
pub mod select;
pub mod snap;
pub mod walk;
pub mod wheel;

#[cfg(test)]
mod fixture;
