//! Puts functions of a WebAssembly module beside those that resemble them, so that compression finds what they share: it
//! looks back 32 KiB only, and the compiler's order mixes everything.
//!
//! Only a section of names is written here, each name being a place in the new order; `wasm-opt` then sorts by name, which
//! renumbers every call. Not here: what a function does. Nothing is read but lengths.

use std::collections::HashMap;

/// Bytes that count as something shared.
const GRAM: usize = 6;
/// What more functions than this share says nothing.
const COMMON: usize = 60;

/// The module with names by which its functions are to be sorted; none if it is no module.
pub fn named(module: &[u8]) -> Option<Vec<u8>> {
    let (mut imported, mut bodies) = (0, Vec::new());
    let mut at = 8;
    while at < module.len() {
        let id = *module.get(at)?;
        let mut section = Reader { bytes: module, at: at + 1 };
        let length = section.number()?;
        at = section.at + length;
        match id {
            2 => imported = section.imported_functions()?,
            10 => bodies = section.bodies()?,
            _ => {}
        }
    }
    let mut names: Vec<(usize, usize)> =
        chain(&bodies).into_iter().enumerate().map(|(place, function)| (function, place)).collect();
    names.sort_unstable();
    let mut list = Vec::new();
    number(&mut list, names.len());
    for (function, place) in names {
        number(&mut list, imported + function);
        let name = format!("f{place:06}");
        number(&mut list, name.len());
        list.extend(name.bytes());
    }
    // Names of functions are part one of the section `name`.
    let mut content = vec![4];
    content.extend(b"name");
    content.push(1);
    number(&mut content, list.len());
    content.extend(list);
    let mut out = module.to_vec();
    out.push(0);
    number(&mut out, content.len());
    out.extend(content);
    Some(out)
}

/// The order: after each function the one that shares most with it, beginning with the largest.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let grams: Vec<Vec<u32>> = bodies.iter().map(|body| distinct_grams(body)).collect();
    let mut holders: HashMap<u32, Vec<usize>> = HashMap::new();
    for (function, grams) in grams.iter().enumerate() {
        for gram in grams {
            holders.entry(*gram).or_default().push(function);
        }
    }
    holders.retain(|_, functions| functions.len() > 1 && functions.len() <= COMMON);
    let mut by_size: Vec<usize> = (0..bodies.len()).collect();
    by_size.sort_by_key(|function| (bodies[*function].len(), *function));
    let mut is_left = vec![true; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    let mut shared = vec![0_u32; bodies.len()];
    let mut next = by_size.pop();
    while let Some(function) = next {
        is_left[function] = false;
        order.push(function);
        let mut met = Vec::new();
        for gram in &grams[function] {
            for other in holders.get(gram).into_iter().flatten() {
                if is_left[*other] {
                    if shared[*other] == 0 {
                        met.push(*other);
                    }
                    shared[*other] += 1;
                }
            }
        }
        let likeness = |other: usize| f64::from(shared[other]) / (grams[other].len() + 50) as f64;
        next = met.iter().copied().max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)).then(b.cmp(a)));
        for other in met {
            shared[other] = 0;
        }
        while next.is_none() {
            let Some(largest) = by_size.pop() else { break };
            next = Some(largest).filter(|function| is_left[*function]);
        }
    }
    order
}

fn distinct_grams(body: &[u8]) -> Vec<u32> {
    let hash = |gram: &[u8]| {
        gram.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    };
    let mut grams: Vec<u32> = body.windows(GRAM).map(hash).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// Writes a number as WebAssembly does: seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at)?;
        self.at += 1;
        Some(*byte)
    }

    fn number(&mut self) -> Option<usize> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                return Some(value);
            }
        }
    }

    fn skip_text(&mut self) -> Option<()> {
        let length = self.number()?;
        self.at += length;
        Some(())
    }

    fn skip_limits(&mut self) -> Option<()> {
        let has_end = self.byte()? & 1 == 1;
        self.number()?;
        if has_end {
            self.number()?;
        }
        Some(())
    }

    fn imported_functions(&mut self) -> Option<usize> {
        let mut functions = 0;
        for _ in 0..self.number()? {
            self.skip_text()?;
            self.skip_text()?;
            match self.byte()? {
                0 => {
                    functions += 1;
                    self.number()?;
                }
                1 => {
                    self.byte()?;
                    self.skip_limits()?;
                }
                2 => self.skip_limits()?,
                3 => {
                    self.byte()?;
                    self.byte()?;
                }
                4 => {
                    self.byte()?;
                    self.number()?;
                }
                _ => return None,
            }
        }
        Some(functions)
    }

    fn bodies(&mut self) -> Option<Vec<&'a [u8]>> {
        (0..self.number()?)
            .map(|_| {
                let length = self.number()?;
                let body = self.bytes.get(self.at..self.at + length)?;
                self.at += length;
                Some(body)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resembles_each_other_stands_together() {
        let (one, two) = ([1_u8, 2, 3, 4, 5, 6, 7, 8, 9], [11_u8, 12, 13, 14, 15, 16, 17, 18]);
        let bodies: [&[u8]; 4] = [&one, &two, &one[1..], &two[1..]];
        assert_eq!(chain(&bodies), [0, 2, 1, 3]);
    }

    #[test]
    fn every_function_gets_one_place() {
        let bodies: Vec<Vec<u8>> = (0..200_u8).map(|n| vec![n % 7; usize::from(n)]).collect();
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        let mut order = chain(&bodies);
        order.sort_unstable();
        assert_eq!(order, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn names_follow_the_module() {
        // One imported function, one of its own.
        let module = [
            b"\0asm\x01\0\0\0".as_slice(),
            &[1, 4, 1, 0x60, 0, 0],
            &[2, 7, 1, 1, b'a', 1, b'b', 0, 0],
            &[3, 2, 1, 0],
            &[10, 4, 1, 2, 0, 0x0b],
        ]
        .concat();
        let out = named(&module).unwrap();
        assert!(out.starts_with(&module));
        assert_eq!(out[module.len()..], *b"\x00\x11\x04name\x01\x0a\x01\x01\x07f000000");
        assert_eq!(named(b"\0asm\x01\0\0\0\x0a\x7f"), None);
    }
}
