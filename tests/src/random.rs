//! Seeded randomness (SplitMix64), so that a failure replays.

/// A generator that gives the same numbers for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts with the seed, mixed with `GROUNDPLAN_SEED` where it is set: for runs that go beyond the usual one.
    pub fn new(seed: u64) -> Self {
        let given: Option<u64> = std::env::var("GROUNDPLAN_SEED").ok().and_then(|text| text.parse().ok());
        Self(seed ^ given.unwrap_or(0).rotate_left(20))
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// Returns one of the items, of which there is at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut a, mut b) = (Random(7), Random(7));
        let numbers: Vec<u64> = (0..100).map(|_| a.number()).collect();
        assert!(numbers.iter().all(|number| *number == b.number()));
        assert!((0..1_000).map(|_| a.below(6)).collect::<std::collections::BTreeSet<_>>().len() == 6);
    }
}
