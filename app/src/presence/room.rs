//! What is told to others, and what is believed of them. Time comes from outside: milliseconds of a monotonic clock.
//!
//! A message is believed if it is new in its session and says that its author heard a number of ours that we gave out
//! less than a minute ago: whoever stores messages and plays them again later, or under another session, shows nobody
//! anything. Everything is bounded: sessions, messages a second, what a message repeats.

use std::collections::{BTreeMap, VecDeque};

use groundplan_shared::crypto::safe::presence::{HEARD_MAX, Heard, Place, PresenceMessage, Whereabouts};
use groundplan_shared::wire::ids::{DeviceId, SessionId};

/// How often one tells that one is still there.
const BEAT_MS: u64 = 15_000;
/// How long somebody is there after their last message.
const THERE_MS: u64 = 40_000;
/// How long a place holds that the interface does not renew.
const RENEW_MS: u64 = 45_000;
/// How old a number of ours may be that a message repeats.
const YOUNG_MS: u64 = 60_000;
/// Least time between two messages about a place.
const MOVE_MS: u64 = 200;
/// Least time between two greetings of newcomers.
const GREET_MS: u64 = 1_000;
/// Least time between two tellings of interfaces that the list changed.
const SHOW_MS: u64 = 250;
/// Sessions remembered; of one device; messages looked at in a second.
const SESSIONS: usize = 256;
const SESSIONS_OF_DEVICE: usize = 4;
const MESSAGES_PER_SECOND: u32 = 200;

/// Where the person of this device is, and the compartment whose readers may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// None: in the workspace, nowhere in particular.
    pub(crate) place: Option<Place>,
    pub(crate) compartment: u8,
}

/// Something to be sealed under a compartment and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tell {
    /// Its compartment; none: the one that every member reads.
    pub(super) compartment: Option<u8>,
    pub(super) message: PresenceMessage,
}

#[derive(Debug)]
struct Peer {
    number: u64,
    heard_ms: u64,
    there_ms: Option<u64>,
    place: Option<(Place, u64)>,
}

/// When something that was done once may be done again.
fn after(done: Option<u64>, wait_ms: u64) -> u64 {
    done.map_or(0, |done| done + wait_ms)
}

/// One run of this program in a workspace.
#[derive(Debug)]
pub(super) struct Room {
    session: SessionId,
    number: u64,
    /// Numbers given out lately, with when.
    given: VecDeque<(u64, u64)>,
    spot: Option<(Spot, u64)>,
    /// What was told last about the place.
    told: Option<Spot>,
    moved_ms: Option<u64>,
    beat_ms: u64,
    greet: bool,
    greeted_ms: Option<u64>,
    peers: BTreeMap<(DeviceId, SessionId), Peer>,
    second: (u64, u32),
    shown: Vec<(DeviceId, Option<Place>)>,
    shown_ms: u64,
    stirred: bool,
}

impl Room {
    pub(super) fn new(session: [u8; 16], now: u64) -> Self {
        Self {
            session: SessionId(session),
            number: 0,
            given: VecDeque::new(),
            spot: None,
            told: None,
            moved_ms: None,
            beat_ms: 0,
            greet: false,
            greeted_ms: None,
            peers: BTreeMap::new(),
            second: (now, 0),
            shown: Vec::new(),
            shown_ms: 0,
            stirred: false,
        }
    }

    /// Takes where the person is; it holds until it is not renewed for a while.
    pub(super) fn set(&mut self, spot: Option<Spot>, now: u64) {
        self.spot = spot.map(|spot| (spot, now));
    }

    /// Says whether others were told of a place.
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Says whether the person is there, and nobody else was heard of lately. Whoever tells nothing hears of nobody, and so
    /// is never known to be alone.
    pub(super) fn is_alone(&self, now: u64) -> bool {
        let lately = |peer: &Peer| now.saturating_sub(peer.heard_ms) < YOUNG_MS;
        self.present(now).is_some() && !self.peers.values().any(lately)
    }

    /// Says whether the person is there.
    fn present(&self, now: u64) -> Option<&Spot> {
        self.spot.as_ref().filter(|(_, renewed)| now - renewed.min(&now) < RENEW_MS).map(|(spot, _)| spot)
    }

    /// When something is to be told or forgotten next, if ever.
    pub(super) fn due(&self, now: u64) -> Option<u64> {
        let ends = self.peers.values().filter_map(|peer| peer.there_ms).map(|there| there + THERE_MS);
        let mut times: Vec<u64> = ends.filter(|end| *end >= now).collect();
        if self.stirred {
            times.push(self.shown_ms + SHOW_MS);
        }
        if self.present(now) != self.told.as_ref() {
            times.push(after(self.moved_ms, MOVE_MS));
        }
        if let Some((_, renewed)) = self.spot.as_ref().filter(|_| self.present(now).is_some()) {
            times.push(self.beat_ms);
            times.push(renewed + RENEW_MS);
            if self.greet {
                times.push(after(self.greeted_ms, GREET_MS));
            }
        }
        times.into_iter().min()
    }

    /// Returns what is to be told now.
    pub(super) fn turn(&mut self, now: u64) -> Vec<Tell> {
        let mut tells = Vec::new();
        let here = self.present(now).cloned();
        let moved = here != self.told;
        if moved && now < after(self.moved_ms, MOVE_MS) {
            return tells;
        }
        let beat = here.is_some() && now >= self.beat_ms;
        let greet = here.is_some() && self.greet && now >= after(self.greeted_ms, GREET_MS);
        // Readers of another compartment would go on seeing where one was.
        let leaves = |told: &mut Spot| here.as_ref().is_none_or(|here| here.compartment != told.compartment);
        if let Some(before) = self.told.take_if(leaves) {
            tells.push(self.tell(Some(before.compartment), Whereabouts::Left, now));
            if here.is_none() {
                tells.push(self.tell(None, Whereabouts::Gone, now));
            }
        }
        if beat || greet {
            tells.push(self.tell(None, Whereabouts::Here, now));
            (self.beat_ms, self.greeted_ms, self.greet) = (now + BEAT_MS, Some(now), false);
        }
        if let Some(spot) = here.filter(|_| moved || beat || greet) {
            let whereabouts = spot.place.clone().map_or(Whereabouts::Left, Whereabouts::At);
            tells.push(self.tell(Some(spot.compartment), whereabouts, now));
            self.told = Some(spot);
        }
        if !tells.is_empty() {
            self.moved_ms = Some(now);
        }
        tells
    }

    fn tell(&mut self, compartment: Option<u8>, whereabouts: Whereabouts, now: u64) -> Tell {
        self.number += 1;
        self.given.push_back((self.number, now));
        while self.given.front().is_some_and(|(_, at)| now.saturating_sub(*at) >= YOUNG_MS) {
            self.given.pop_front();
        }
        let mut latest: Vec<(u64, Heard)> = self
            .peers
            .iter()
            .map(|((_, session), peer)| (peer.heard_ms, Heard { session: *session, number: peer.number }))
            .collect();
        latest.sort_by_key(|(heard_ms, _)| std::cmp::Reverse(*heard_ms));
        latest.truncate(HEARD_MAX);
        let heard = latest.into_iter().map(|(_, heard)| heard).collect();
        let message = PresenceMessage { session: self.session, number: self.number, heard, whereabouts };
        Tell { compartment, message }
    }

    /// Says whether another message is to be looked at; more than that in a second are not.
    pub(super) fn admits(&mut self, now: u64) -> bool {
        if now.saturating_sub(self.second.0) >= 1_000 {
            self.second = (now, 0);
        }
        self.second.1 += 1;
        self.second.1 <= MESSAGES_PER_SECOND
    }

    /// Takes an opened message of a device.
    pub(super) fn heard(&mut self, device: DeviceId, message: PresenceMessage, now: u64) {
        let key = (device, message.session);
        if message.session == self.session || message.number == 0 {
            return;
        }
        if !self.peers.contains_key(&key) {
            self.make_room(device);
            self.peers.insert(key, Peer { number: 0, heard_ms: now, there_ms: None, place: None });
            self.greet = true;
        }
        let oldest = self.given.iter().find(|(_, at)| now.saturating_sub(*at) < YOUNG_MS).map(|(n, _)| *n);
        let young = message.heard.iter().any(|heard| {
            heard.session == self.session
                && heard.number <= self.number
                && oldest.is_some_and(|oldest| heard.number >= oldest)
        });
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if message.number <= peer.number {
            return;
        }
        (peer.number, peer.heard_ms) = (message.number, now);
        if !young {
            return;
        }
        peer.there_ms = Some(now);
        self.stirred = true;
        match message.whereabouts {
            Whereabouts::Here => {}
            Whereabouts::At(place) => peer.place = Some((place, now)),
            Whereabouts::Left => peer.place = None,
            Whereabouts::Gone => (peer.there_ms, peer.place) = (None, None),
        }
    }

    /// Lets go of the sessions that matter least before another is remembered.
    fn make_room(&mut self, device: DeviceId) {
        let of_device = self.peers.keys().filter(|(of, _)| *of == device).count();
        let crowded = of_device >= SESSIONS_OF_DEVICE;
        if !crowded && self.peers.len() < SESSIONS {
            return;
        }
        let least = self
            .peers
            .iter()
            .filter(|((of, _), _)| !crowded || *of == device)
            .min_by_key(|(_, peer)| (peer.there_ms, peer.heard_ms))
            .map(|(key, _)| *key);
        if let Some(least) = least {
            self.peers.remove(&least);
        }
    }

    /// Lists who is there, and where: the latest place of each device.
    pub(super) fn list(&mut self, now: u64) -> Vec<(DeviceId, Option<Place>)> {
        self.peers.retain(|_, peer| now.saturating_sub(peer.heard_ms) < YOUNG_MS);
        let fresh = |at: u64| now.saturating_sub(at) < THERE_MS;
        let mut found: BTreeMap<DeviceId, Option<(&Place, u64)>> = BTreeMap::new();
        for ((device, _), peer) in &self.peers {
            if !peer.there_ms.is_some_and(fresh) {
                continue;
            }
            let place = peer.place.as_ref().filter(|(_, at)| fresh(*at)).map(|(place, at)| (place, *at));
            let known = found.entry(*device).or_default();
            if place.map(|(_, at)| at) > known.map(|(_, at)| at) {
                *known = place;
            }
        }
        found.into_iter().map(|(device, place)| (device, place.map(|(place, _)| place.clone()))).collect()
    }

    /// Says whether the list differs from when this was last asked.
    pub(super) fn differs(&mut self, now: u64) -> bool {
        if self.stirred && now < self.shown_ms + SHOW_MS {
            return false;
        }
        (self.stirred, self.shown_ms) = (false, now);
        let list = self.list(now);
        let differs = list != self.shown;
        self.shown = list;
        differs
    }
}

#[cfg(test)]
mod tests;
