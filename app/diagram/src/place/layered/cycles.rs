//! Which links run against the flow: the heuristic of Eades, Lin and Smyth (1993), in linear time.

use std::collections::VecDeque;

use super::Link;

/// True for each link to be read backwards so that no cycle is left.
pub(super) fn reversed(count: usize, links: &[Link]) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut into: Vec<Vec<usize>> = vec![Vec::new(); count];
    for link in links {
        out[link.a].push(link.b);
        into[link.b].push(link.a);
    }
    let mut out_degree: Vec<usize> = out.iter().map(Vec::len).collect();
    let mut in_degree: Vec<usize> = into.iter().map(Vec::len).collect();
    let mut rank = vec![usize::MAX; count];
    let (mut front, mut back) = (0, count);
    let mut sources: VecDeque<usize> = (0..count).filter(|v| in_degree[*v] == 0).collect();
    let mut sinks: VecDeque<usize> = (0..count).filter(|v| out_degree[*v] == 0).collect();
    // Buckets by surplus of leaving links; entries go stale and are skipped when popped.
    let mut buckets: Vec<VecDeque<usize>> = vec![VecDeque::new(); 2 * links.len() + 1];
    let surplus = |v: usize, o: &[usize], i: &[usize]| links.len() + o[v] - i[v];
    for v in 0..count {
        buckets[surplus(v, &out_degree, &in_degree)].push_back(v);
    }
    let mut highest = buckets.len();
    let mut left = count;
    while left > 0 {
        let (v, at_front) = if let Some(v) = sinks.pop_front() {
            (v, false)
        } else if let Some(v) = sources.pop_front() {
            (v, true)
        } else {
            let Some(v) = pop_highest(&mut buckets, &mut highest, |v, bucket| {
                rank[v] == usize::MAX && surplus(v, &out_degree, &in_degree) == bucket
            }) else {
                break;
            };
            (v, true)
        };
        if rank[v] != usize::MAX {
            continue;
        }
        if at_front {
            rank[v] = front;
            front += 1;
        } else {
            back -= 1;
            rank[v] = back;
        }
        left -= 1;
        for &next in out[v].iter().filter(|next| rank[**next] == usize::MAX) {
            in_degree[next] -= 1;
            if in_degree[next] == 0 {
                sources.push_back(next);
            }
            let bucket = surplus(next, &out_degree, &in_degree);
            buckets[bucket].push_back(next);
            highest = highest.max(bucket + 1);
        }
        for &before in into[v].iter().filter(|before| rank[**before] == usize::MAX) {
            out_degree[before] -= 1;
            if out_degree[before] == 0 {
                sinks.push_back(before);
            }
            buckets[surplus(before, &out_degree, &in_degree)].push_back(before);
        }
    }
    links.iter().map(|link| rank[link.a] > rank[link.b]).collect()
}

fn pop_highest(
    buckets: &mut [VecDeque<usize>],
    highest: &mut usize,
    fresh: impl Fn(usize, usize) -> bool,
) -> Option<usize> {
    while *highest > 0 {
        let bucket = *highest - 1;
        while let Some(v) = buckets[bucket].pop_front() {
            if fresh(v, bucket) {
                return Some(v);
            }
        }
        *highest -= 1;
    }
    None
}
