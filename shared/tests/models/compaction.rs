//! The compaction rule (SYNC §7): a server drops envelopes only for a snapshot that a second device found to hold
//! exactly what it verified by itself, after a grace period without objection.
//!
//! Bounds: one document with three envelopes, a snapshot of each prefix by each of two makers, one of whom (Eve) may
//! leave out an envelope or claim one more than she saves; Ben, who is behind and comes back at any time; Ola, whose
//! program judges one envelope otherwise than everybody's. At most one device lies: two writers who lie together can
//! destroy what both could have deleted anyway. A grace period passes only after every witness spoke: whoever was online
//! and had verified the covered prefix when the first device agreed. Ben and Eve may be offline for ever.
//!
//! The rules:
//! - `second`: only another device than the author's may acknowledge;
//! - `compare`: it does so only after comparing with the prefix that it verified itself;
//! - `objections`: one device that differs stops it;
//! - `grace`: there is time to object;
//! - `acked`: who is behind uses a snapshot only if it is acknowledged, and else pulls the envelopes.

use groundplan_shared::envelope::snapshot::{Opinion, Verdict, droppable};
use groundplan_shared::wire::ids::{DeviceId, Hash};
use stateright::{Model, Property};

use crate::report::{breaks, holds};

const ENVELOPES: usize = 3;
const DEVICES: usize = 4;
const ADA: usize = 0;
const EVE: usize = 1;
const BEN: usize = 2;
const OLA: usize = 3;
/// The envelope that Ola's program takes and everybody else's refuses.
const DISPUTED: usize = 1;

const STORED: &str = "an acknowledged envelope is on the server or in a snapshot there that holds it";
const WHOLE: &str = "who caught up has everything that it takes for valid";
const HEARD: &str = "nothing is dropped while somebody who could say so differs";
const LIVE: &str = "something can be dropped, and who was behind catches up";

#[derive(Clone, Copy, Debug)]
struct Rules {
    second: bool,
    compare: bool,
    objections: bool,
    grace: bool,
    acked: bool,
}

const ALL: Rules = Rules { second: true, compare: true, objections: true, grace: true, acked: true };

/// A set of envelopes, by their places.
type Content = [bool; ENVELOPES];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Snap {
    author: usize,
    /// How many envelopes it claims to cover.
    covers: usize,
    holds: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Device {
    /// How far it is.
    at: usize,
    has: Content,
    /// Whether it saw each envelope itself (and not only in a snapshot).
    verified: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    length: usize,
    /// Whether each envelope is still on the server.
    there: Content,
    snap: Option<Snap>,
    opinions: Vec<Opinion>,
    now: u64,
    devices: [Device; DEVICES],
    dropped: bool,
    /// Who was online and had verified the covered prefix when the first device agreed.
    witnesses: [bool; DEVICES],
    /// Whether something was dropped although a witness, or a stored opinion, differs.
    unheard: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Somebody writes; the server acknowledges.
    Append,
    /// A device goes on by one envelope.
    Pull(usize),
    /// A device goes on by the snapshot.
    Boot(usize),
    /// A snapshot of what the maker has.
    Make(usize),
    /// Eve leaves out an envelope, or claims to cover one more than she saves.
    Lie { covers: usize, without: usize },
    /// A device says what it thinks of the snapshot.
    Judge(usize),
    /// A grace period passes.
    Wait,
    /// The server drops what it may.
    Drop,
}

fn device_id(device: usize) -> DeviceId {
    DeviceId([u8::try_from(device).unwrap(); 16])
}

/// Whether a device takes an envelope for valid.
fn takes(device: usize, envelope: usize, disputed: bool) -> bool {
    !disputed || envelope != DISPUTED || device == OLA
}

#[derive(Clone, Copy, Debug)]
struct Compaction {
    rules: Rules,
    /// Whether there is a disputed envelope (and then nobody lies), or a liar.
    disputed: bool,
}

impl Compaction {
    fn online(&self, device: usize) -> bool {
        device == ADA || device == OLA
    }

    /// What the honest judge finds, if it can judge: it must have verified the covered prefix itself.
    fn verdict(&self, world: &World, device: usize) -> Option<Verdict> {
        let snap = world.snap.filter(|snap| snap.author != device || !self.rules.second)?;
        let judge = &world.devices[device];
        if world.opinions.iter().any(|o| o.device == device_id(device)) {
            return None;
        }
        if !self.rules.compare || (device == snap.author && !self.rules.second) {
            return Some(Verdict::Agrees);
        }
        if !judge.verified || judge.at < snap.covers {
            return None;
        }
        Some(if Self::agrees(&snap, judge) { Verdict::Agrees } else { Verdict::Differs })
    }

    fn may_drop(&self, world: &World) -> usize {
        let Some(snap) = world.snap else { return 0 };
        let grace = u64::from(self.rules.grace);
        let (author, covers) = (device_id(snap.author), snap.covers as u64);
        let mut opinions = world.opinions.clone();
        if !self.rules.objections {
            opinions.retain(|o| o.verdict == Verdict::Agrees);
        }
        if self.rules.second {
            return droppable(&author, covers, &opinions, world.now, grace) as usize;
        }
        droppable(&device_id(DEVICES), covers, &opinions, world.now, grace) as usize
    }

    fn pull(&self, world: &mut World, who: usize) -> bool {
        let at = world.devices[who].at;
        if at < world.length && world.there[at] {
            let device = &mut world.devices[who];
            device.has[at] |= takes(who, at, self.disputed);
            device.at += 1;
            return true;
        }
        false
    }

    /// What a device that verified the covered prefix thinks of the snapshot.
    fn agrees(snap: &Snap, device: &Device) -> bool {
        (0..ENVELOPES).all(|n| (n < snap.covers && device.has[n]) == snap.holds[n])
    }

    fn witnesses(&self, world: &World, snap: &Snap) -> [bool; DEVICES] {
        let saw = |device: &Device| device.verified && device.at >= snap.covers;
        std::array::from_fn(|d| self.online(d) && saw(&world.devices[d]))
    }

    /// Goes on by the snapshot.
    fn boot(&self, world: &mut World, who: usize) -> bool {
        let Some(snap) = world.snap else { return false };
        let agreed = world.opinions.iter().any(|o| {
            o.verdict == Verdict::Agrees && (o.device != device_id(snap.author) || !self.rules.second)
        });
        let device = &mut world.devices[who];
        if device.at >= snap.covers || (self.rules.acked && !agreed) {
            return false;
        }
        for (has, holds) in device.has.iter_mut().zip(snap.holds) {
            *has |= holds;
        }
        (device.at, device.verified) = (snap.covers, false);
        true
    }
}

impl Model for Compaction {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let device = Device { at: 0, has: [false; ENVELOPES], verified: true };
        let devices = std::array::from_fn(|_| device.clone());
        let there = [false; ENVELOPES];
        let witnesses = [false; DEVICES];
        let (opinions, dropped, unheard) = (vec![], false, false);
        vec![World { length: 0, there, snap: None, opinions, now: 0, devices, dropped, witnesses, unheard }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.length < ENVELOPES {
            actions.push(Action::Append);
        }
        actions.extend((0..DEVICES).flat_map(|device| [Action::Pull(device), Action::Boot(device)]));
        if world.snap.is_none() {
            actions.extend([ADA, EVE].into_iter().filter(|m| world.devices[*m].at > 0).map(Action::Make));
            if !self.disputed {
                let at = world.devices[EVE].at;
                for covers in 1..=(at + 1).min(world.length) {
                    actions.extend((0..covers).map(|without| Action::Lie { covers, without }));
                }
            }
        }
        let judges = (0..DEVICES).filter(|device| self.verdict(world, *device).is_some());
        actions.extend(judges.map(Action::Judge));
        let waiting = (0..DEVICES).any(|d| world.witnesses[d] && self.verdict(world, d).is_some());
        if world.now < 1 && world.snap.is_some() && !waiting {
            actions.push(Action::Wait);
        }
        if self.may_drop(world) > 0 && !world.dropped {
            actions.push(Action::Drop);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        let changed = match action {
            Action::Append => {
                world.there[world.length] = true;
                world.length += 1;
                true
            }
            Action::Pull(who) => self.pull(&mut world, who),
            Action::Boot(who) => self.boot(&mut world, who),
            Action::Make(author) => {
                let maker = &world.devices[author];
                world.snap = Some(Snap { author, covers: maker.at, holds: maker.has });
                true
            }
            Action::Lie { covers, without } => {
                let holds = std::array::from_fn(|n| n < covers && n != without);
                world.snap = Some(Snap { author: EVE, covers, holds });
                true
            }
            Action::Judge(who) => {
                let verdict = self.verdict(last, who)?;
                if verdict == Verdict::Agrees && !world.opinions.iter().any(|o| o.verdict == verdict) {
                    world.witnesses = self.witnesses(last, &last.snap?);
                }
                let opinion =
                    Opinion { device: device_id(who), verdict, save: Hash::ZERO, stored_ms: world.now };
                world.opinions.push(opinion);
                world.opinions.sort_by_key(|o| o.device);
                true
            }
            Action::Wait => {
                world.now += 1;
                true
            }
            Action::Drop => {
                for n in 0..self.may_drop(last) {
                    world.there[n] = false;
                }
                world.dropped = true;
                let snap = last.snap?;
                let differs = |d: usize| last.witnesses[d] && !Self::agrees(&snap, &last.devices[d]);
                world.unheard =
                    (0..DEVICES).any(differs) || last.opinions.iter().any(|o| o.verdict == Verdict::Differs);
                true
            }
        };
        changed.then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(STORED, |model: &Self, world: &World| {
                let saved = |n: usize| world.snap.is_some_and(|snap| snap.covers > n && snap.holds[n]);
                (0..world.length)
                    .filter(|n| takes(ADA, *n, model.disputed))
                    .all(|n| world.there[n] || saved(n))
            }),
            Property::always(WHOLE, |model: &Self, world: &World| {
                // Ola is judged by what she saw herself; the others by what is valid for them.
                world
                    .devices
                    .iter()
                    .enumerate()
                    .filter(|(d, device)| *d != OLA || device.verified)
                    .all(|(d, device)| (0..device.at).all(|n| device.has[n] || !takes(d, n, model.disputed)))
            }),
            Property::always(HEARD, |_, world: &World| !world.unheard),
            Property::sometimes(LIVE, |model: &Self, world: &World| {
                let ben = &world.devices[BEN];
                let behind = world.dropped && !ben.verified && ben.at == ENVELOPES;
                behind || model.disputed
            }),
        ]
    }
}

#[test]
fn nothing_is_dropped_that_is_not_safe_elsewhere() {
    holds("compaction with a liar", Compaction { rules: ALL, disputed: false });
    holds("compaction with a dispute", Compaction { rules: ALL, disputed: true });
}

#[test]
fn each_rule_is_needed() {
    let without = |disputed: bool, change: fn(&mut Rules)| {
        let mut rules = ALL;
        change(&mut rules);
        Compaction { rules, disputed }
    };
    breaks("compaction without `second`", without(false, |r| r.second = false), STORED);
    breaks("compaction without `compare`", without(false, |r| r.compare = false), STORED);
    breaks("compaction without `objections`", without(true, |r| r.objections = false), HEARD);
    breaks("compaction without `grace`", without(true, |r| r.grace = false), HEARD);
    breaks("compaction without `acked`", without(false, |r| r.acked = false), WHOLE);
}
