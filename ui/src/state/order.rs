//! Sorting that is compiled once for all types. The standard library's is the fastest there is, and costs four
//! kilobytes for every type and every way to compare it; lists of the interface are short or sorted seldom.

/// Sorts by what comes before what; equals keep their order.
pub fn by<T>(list: &mut Vec<T>, before: impl Fn(&T, &T) -> bool) {
    let places = places(list.len(), &|a, b| before(&list[a], &list[b]));
    let mut items: Vec<Option<T>> = list.drain(..).map(Some).collect();
    list.extend(places.into_iter().filter_map(|place| items[place].take()));
}

/// Sorts by a key; equals keep their order.
pub fn by_key<T, K: PartialOrd>(list: &mut Vec<T>, key: impl Fn(&T) -> K) {
    by(list, |a, b| key(a) < key(b));
}

/// The numbers below `len` in order: merging runs of twice the length each time.
fn places(len: usize, before: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..len).collect();
    let mut run = 1;
    while run < len {
        let mut merged = Vec::with_capacity(len);
        for pair in sorted.chunks(run * 2) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([l, left_rest @ ..], [r, right_rest @ ..]) = (left, right) {
                if before(*r, *l) {
                    merged.push(*r);
                    right = right_rest;
                } else {
                    merged.push(*l);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        sorted = merged;
        run *= 2;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_standard_library_does_and_keeps_equals_in_order() {
        let mut seed = 1_u32;
        for len in 0..200_u32 {
            let mut list: Vec<(u32, u32)> = (0..len)
                .map(|at| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((seed >> 16) % 17, at)
                })
                .collect();
            let mut expected = list.clone();
            expected.sort_by_key(|(key, _)| *key);
            by_key(&mut list, |(key, _)| *key);
            assert_eq!(list, expected);
        }
    }
}
