//! From presses, moves and releases to what the canvas does: one state machine for mouse, pen and fingers.

use groundplan_shared::scene::Point;

use super::hit::Hit;

/// A press moves by more than so many pixels before it is a drag; fingers tremble more.
const SLOP: f64 = 4.0;
const SLOP_TOUCH: f64 = 10.0;

/// How something was pressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Press {
    /// Number of the pointer.
    pub pointer: i32,
    /// Pixel on the canvas.
    pub at: Point,
    /// 0 left, 1 middle, 2 right.
    pub button: i16,
    /// A finger.
    pub touch: bool,
    /// Shift is held.
    pub shift: bool,
    /// Space is held, or the hand tool is on.
    pub hand: bool,
    /// What lies there.
    pub hit: Hit,
    /// Whether that is selected already.
    pub selected: bool,
    /// The press is on the handle from which relations are drawn.
    pub handle: bool,
    /// Cards may be moved here.
    pub movable: bool,
}

/// What the canvas does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// A click or tap.
    Click {
        /** What was clicked. */
        hit: Hit,
        /** Whether Shift was held. */
        shift: bool,
    },
    /// Move what is shown.
    Pan(f64, f64),
    /// Follow two fingers.
    Pinch((Point, Point), (Point, Point)),
    /// Start to move elements.
    Lift(String),
    /// The lifted elements stand so many pixels from where they started.
    Carry(f64, f64),
    /// Put the lifted elements down.
    Drop,
    /// Put the lifted elements back, or forget the marquee or line.
    Cancel,
    /// A marquee between two pixels.
    Marquee(Point, Point),
    /// The marquee is done.
    Catch {
        /** One corner. */
        from: Point,
        /** The other. */
        to: Point,
        /** Adds to the selection. */
        add: bool,
    },
    /// A line from an element to a pixel.
    Link(String, Point),
    /// The line ends here.
    LinkTo(String, Point),
}

/// Where a gesture stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Gesture {
    /// Nothing is pressed.
    #[default]
    Idle,
    /// Pressed, not moved yet.
    Pressed(Press),
    /// Moving what is shown.
    Panning {
        /** The pointer. */
        pointer: i32,
        /** Where it was. */
        last: Point,
    },
    /// Moving elements.
    Carrying {
        /** The pointer. */
        pointer: i32,
        /** Where it started. */
        from: Point,
    },
    /// Spanning a marquee.
    Spanning {
        /** The pointer. */
        pointer: i32,
        /** Where it started. */
        from: Point,
        /** Adds. */
        add: bool,
    },
    /// Drawing a relation.
    Linking {
        /** The pointer. */
        pointer: i32,
        /** The element. */
        source: String,
    },
    /// Two fingers.
    Pinching {
        /** Their numbers. */
        pointers: (i32, i32),
        /** Where they were. */
        last: (Point, Point),
    },
}

impl Gesture {
    /// A pointer goes down.
    pub fn press(&mut self, press: Press) -> Vec<Act> {
        match self {
            Self::Idle => {
                *self = if press.button == 1 || (press.hand && press.button == 0) {
                    Self::Panning { pointer: press.pointer, last: press.at }
                } else if press.button == 0 {
                    Self::Pressed(press)
                } else {
                    Self::Idle
                };
                Vec::new()
            }
            Self::Pressed(first) if first.touch && press.touch => {
                let (pointers, last) = ((first.pointer, press.pointer), (first.at, press.at));
                *self = Self::Pinching { pointers, last };
                Vec::new()
            }
            Self::Panning { pointer, last } if press.touch => {
                *self = Self::Pinching { pointers: (*pointer, press.pointer), last: (*last, press.at) };
                Vec::new()
            }
            Self::Carrying { pointer, from } if press.touch => {
                let (pointers, last) = ((*pointer, press.pointer), (*from, press.at));
                *self = Self::Pinching { pointers, last };
                vec![Act::Cancel]
            }
            _ => Vec::new(),
        }
    }

    /// A pointer moves to a pixel.
    pub fn drag(&mut self, pointer: i32, at: Point) -> Vec<Act> {
        match self {
            Self::Pressed(press) if press.pointer == pointer => {
                let slop = if press.touch { SLOP_TOUCH } else { SLOP };
                if (at.x - press.at.x).hypot(at.y - press.at.y) < slop {
                    return Vec::new();
                }
                let press = press.clone();
                self.begin(press, at)
            }
            Self::Panning { pointer: own, last } if *own == pointer => {
                let act = Act::Pan(at.x - last.x, at.y - last.y);
                *last = at;
                vec![act]
            }
            Self::Carrying { pointer: own, from } if *own == pointer => {
                vec![Act::Carry(at.x - from.x, at.y - from.y)]
            }
            Self::Spanning { pointer: own, from, .. } if *own == pointer => vec![Act::Marquee(*from, at)],
            Self::Linking { pointer: own, source } if *own == pointer => vec![Act::Link(source.clone(), at)],
            Self::Pinching { pointers, last } => {
                let before = *last;
                if pointers.0 == pointer {
                    last.0 = at;
                } else if pointers.1 == pointer {
                    last.1 = at;
                } else {
                    return Vec::new();
                }
                vec![Act::Pinch(before, *last)]
            }
            _ => Vec::new(),
        }
    }

    fn begin(&mut self, press: Press, at: Point) -> Vec<Act> {
        let (dx, dy) = (at.x - press.at.x, at.y - press.at.y);
        let element = press.hit.element().map(str::to_owned);
        match element {
            Some(source) if press.handle => {
                *self = Self::Linking { pointer: press.pointer, source: source.clone() };
                vec![Act::Link(source, at)]
            }
            // A finger moves only what was tapped before, so that one can look around without moving things.
            Some(id) if press.movable && press.hit.is_movable() && (!press.touch || press.selected) => {
                *self = Self::Carrying { pointer: press.pointer, from: press.at };
                vec![Act::Lift(id), Act::Carry(dx, dy)]
            }
            _ if press.shift => {
                *self = Self::Spanning { pointer: press.pointer, from: press.at, add: true };
                vec![Act::Marquee(press.at, at)]
            }
            _ => {
                *self = Self::Panning { pointer: press.pointer, last: at };
                vec![Act::Pan(dx, dy)]
            }
        }
    }

    /// A pointer goes up at a pixel.
    pub fn release(&mut self, pointer: i32, at: Point) -> Vec<Act> {
        match self.clone() {
            Self::Pressed(press) if press.pointer == pointer => {
                *self = Self::Idle;
                vec![Act::Click { hit: press.hit, shift: press.shift }]
            }
            Self::Panning { pointer: own, .. } if own == pointer => {
                *self = Self::Idle;
                Vec::new()
            }
            Self::Carrying { pointer: own, .. } if own == pointer => {
                *self = Self::Idle;
                vec![Act::Drop]
            }
            Self::Spanning { pointer: own, from, add } if own == pointer => {
                *self = Self::Idle;
                vec![Act::Catch { from, to: at, add }]
            }
            Self::Linking { pointer: own, source } if own == pointer => {
                *self = Self::Idle;
                vec![Act::LinkTo(source, at)]
            }
            Self::Pinching { pointers, last } if pointers.0 == pointer || pointers.1 == pointer => {
                let (pointer, last) =
                    if pointers.0 == pointer { (pointers.1, last.1) } else { (pointers.0, last.0) };
                *self = Self::Panning { pointer, last };
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Escape, or the browser took the pointer away.
    pub fn cancel(&mut self) -> Vec<Act> {
        let busy = matches!(self, Self::Carrying { .. } | Self::Spanning { .. } | Self::Linking { .. });
        *self = Self::Idle;
        if busy { vec![Act::Cancel] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(pointer: i32, hit: Hit) -> Press {
        Press {
            pointer,
            at: Point::new(10.0, 10.0),
            button: 0,
            touch: false,
            shift: false,
            hand: false,
            hit,
            selected: false,
            handle: false,
            movable: true,
        }
    }

    fn card() -> Hit {
        Hit::Card("web".to_owned())
    }

    #[test]
    fn a_trembling_click_stays_a_click() {
        let mut gesture = Gesture::default();
        assert!(gesture.press(press(1, card())).is_empty());
        assert!(gesture.drag(1, Point::new(12.0, 11.0)).is_empty());
        assert_eq!(gesture.release(1, Point::new(12.0, 11.0)), [Act::Click { hit: card(), shift: false }]);
        assert_eq!(gesture, Gesture::Idle);
    }

    #[test]
    fn cards_are_carried_background_pans_shift_spans() {
        let mut gesture = Gesture::default();
        gesture.press(press(1, card()));
        let acts = gesture.drag(1, Point::new(30.0, 10.0));
        assert_eq!(acts, [Act::Lift("web".to_owned()), Act::Carry(20.0, 0.0)]);
        assert_eq!(gesture.drag(1, Point::new(40.0, 15.0)), [Act::Carry(30.0, 5.0)]);
        assert_eq!(gesture.release(1, Point::new(40.0, 15.0)), [Act::Drop]);

        for hit in [Hit::Background, Hit::Frame("shop".to_owned())] {
            gesture.press(press(1, hit));
            assert_eq!(gesture.drag(1, Point::new(30.0, 10.0)), [Act::Pan(20.0, 0.0)]);
            assert!(gesture.release(1, Point::new(30.0, 10.0)).is_empty());
        }

        gesture.press(Press { shift: true, ..press(1, Hit::Background) });
        gesture.drag(1, Point::new(60.0, 70.0));
        let (from, to) = (Point::new(10.0, 10.0), Point::new(80.0, 90.0));
        assert_eq!(gesture.release(1, to), [Act::Catch { from, to, add: true }]);
    }

    #[test]
    fn middle_button_and_space_pan_from_anywhere() {
        for press in [Press { button: 1, ..press(1, card()) }, Press { hand: true, ..press(1, card()) }] {
            let mut gesture = Gesture::default();
            gesture.press(press);
            assert_eq!(gesture.drag(1, Point::new(11.0, 12.0)), [Act::Pan(1.0, 2.0)]);
        }
        let mut gesture = Gesture::default();
        gesture.press(Press { button: 2, ..press(1, card()) });
        assert_eq!(gesture, Gesture::Idle);
    }

    #[test]
    fn fingers_pan_tap_and_pinch() {
        let touch = |pointer| Press { touch: true, ..press(pointer, card()) };
        let mut gesture = Gesture::default();
        gesture.press(touch(1));
        assert_eq!(gesture.drag(1, Point::new(40.0, 10.0)), [Act::Pan(30.0, 0.0)]);
        gesture.press(Press { at: Point::new(100.0, 10.0), ..touch(2) });
        let acts = gesture.drag(2, Point::new(160.0, 10.0));
        let before = (Point::new(40.0, 10.0), Point::new(100.0, 10.0));
        assert_eq!(acts, [Act::Pinch(before, (before.0, Point::new(160.0, 10.0)))]);
        assert!(gesture.release(1, Point::new(40.0, 10.0)).is_empty());
        assert_eq!(gesture.drag(2, Point::new(165.0, 10.0)), [Act::Pan(5.0, 0.0)]);
        gesture.release(2, Point::new(165.0, 10.0));

        gesture.press(Press { selected: true, ..touch(1) });
        assert_eq!(gesture.drag(1, Point::new(40.0, 10.0))[0], Act::Lift("web".to_owned()));
        assert_eq!(gesture.press(touch(2)), [Act::Cancel]);
    }

    #[test]
    fn handles_draw_relations_and_escape_forgets_them() {
        let mut gesture = Gesture::default();
        gesture.press(Press { handle: true, ..press(1, card()) });
        let at = Point::new(90.0, 10.0);
        assert_eq!(gesture.drag(1, at), [Act::Link("web".to_owned(), at)]);
        assert_eq!(gesture.cancel(), [Act::Cancel]);
        assert!(gesture.release(1, at).is_empty());
        assert!(gesture.cancel().is_empty());
    }
}
