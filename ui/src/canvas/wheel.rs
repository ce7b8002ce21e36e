//! What a turn of the wheel means: zooming with a mouse, panning or pinching with a trackpad.

/// A browser's wheel event, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// Rightwards.
    pub dx: f64,
    /// Downwards.
    pub dy: f64,
    /// Unit: 0 pixels, 1 lines, 2 pages.
    pub mode: u32,
    /// Ctrl or Cmd is held; browsers also say so for a pinch.
    pub ctrl: bool,
    /// Shift is held.
    pub shift: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gesture {
    /// Zoom by this factor at the pointer.
    Zoom(f64),
    /// Move what is shown by so many pixels.
    Pan(f64, f64),
}

/// Pixels of a line and of a page, for browsers that count in those.
const UNITS: [f64; 3] = [1.0, 18.0, 400.0];

/// Reads a wheel event. A mouse wheel comes in coarse whole vertical steps; a trackpad in fine or slanted ones.
#[must_use]
pub fn gesture(turn: Turn) -> Gesture {
    let unit = UNITS.get(turn.mode as usize).copied().unwrap_or(1.0);
    let (dx, dy) = (turn.dx * unit, turn.dy * unit);
    if turn.ctrl {
        // A pinch sends small deltas, Ctrl and a wheel large ones: the bound keeps both usable.
        return Gesture::Zoom(growth(-dy.clamp(-60.0, 60.0) * 0.01));
    }
    if turn.shift {
        return Gesture::Pan(-(dx + dy), 0.0);
    }
    let coarse = turn.mode != 0 || (dx == 0.0 && dy.fract() == 0.0 && dy.abs() >= 50.0);
    if coarse {
        return Gesture::Zoom(growth(-dy.clamp(-240.0, 240.0) * 0.002));
    }
    Gesture::Pan(-dx, -dy)
}

/// Close to e to the power of a small number, and likewise undone by the same number with the other sign. The real
/// function comes with a table of 4 KB.
fn growth(by: f64) -> f64 {
    let half = (4.0 + by) / (4.0 - by);
    half * half
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(dx: f64, dy: f64, mode: u32, ctrl: bool, shift: bool) -> Gesture {
        gesture(Turn { dx, dy, mode, ctrl, shift })
    }

    #[test]
    fn mouse_and_trackpad_are_told_apart() {
        assert!(matches!(turn(0.0, -100.0, 0, false, false), Gesture::Zoom(factor) if factor > 1.1));
        assert!(matches!(turn(0.0, 3.0, 1, false, false), Gesture::Zoom(factor) if factor < 1.0));
        assert_eq!(turn(0.0, 4.0, 0, false, false), Gesture::Pan(0.0, -4.0));
        assert_eq!(turn(-12.5, 80.5, 0, false, false), Gesture::Pan(12.5, -80.5));
        assert_eq!(turn(0.0, 100.0, 0, false, true), Gesture::Pan(-100.0, 0.0));
        assert!(matches!(turn(0.0, -2.5, 0, true, false), Gesture::Zoom(factor) if factor > 1.0));
    }

    #[test]
    fn one_step_up_and_one_down_cancel_out() {
        let (Gesture::Zoom(up), Gesture::Zoom(down)) =
            (turn(0.0, -120.0, 0, false, false), turn(0.0, 120.0, 0, false, false))
        else {
            panic!("a mouse wheel zooms")
        };
        assert!((up * down - 1.0).abs() < 1e-12);
        for by in [-0.6, -0.1, 0.0, 0.3, 0.6_f64] {
            assert!((growth(by) / by.exp() - 1.0).abs() < 0.01, "{by}");
        }
    }
}
