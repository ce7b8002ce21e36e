//! Text measurement with the advance widths of the bundled font, the same on every device. No shaping, no kerning.

mod widths;

use widths::{RANGES, UNITS_PER_EM};

/// Width of a character that the table lacks, between the averages of both weights.
const FALLBACK: f64 = 1240.0;
/// What a shortened text ends with.
const ELLIPSIS: char = '…';

/// Width of `text` in CSS pixels at a size in CSS pixels and a CSS font weight.
///
/// Weights between 400 and 600 are interpolated, others clamped. Control characters and combining marks add
/// nothing; wide scripts take a full em.
#[must_use]
pub fn measure(text: &str, size_px: f64, weight: u16) -> f64 {
    text.chars().map(|c| advance(c, weight)).sum::<f64>() * size_px / UNITS_PER_EM
}

/// Shortens `text` to `max_width` CSS pixels, ending it with an ellipsis where something was left out.
///
/// Cuts between characters only, never before a combining mark or a joiner, and leaves no blank before the ellipsis.
/// White space and control characters become single blanks first: a card's line has no breaks.
#[must_use]
pub fn fit(text: &str, size_px: f64, weight: u16, max_width: f64) -> String {
    let text = single_line(text);
    if measure(&text, size_px, weight) <= max_width {
        return text;
    }
    let scale = size_px / UNITS_PER_EM;
    let room = max_width - advance(ELLIPSIS, weight) * scale;
    let mut width = 0.0;
    let mut kept = String::new();
    let mut cluster = String::new();
    let mut joined = false;
    for c in text.chars() {
        if !(joined || is_extending(c)) {
            kept.push_str(&cluster);
            cluster.clear();
        }
        width += advance(c, weight) * scale;
        if width > room {
            break;
        }
        cluster.push(c);
        joined = c == '\u{200D}';
    }
    while kept.ends_with(' ') {
        kept.pop();
    }
    kept.push(ELLIPSIS);
    kept
}

fn single_line(text: &str) -> String {
    let blanks = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    blanks.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn advance(c: char, weight: u16) -> f64 {
    let code = c as u32;
    if c.is_control() || is_extending(c) {
        return 0.0;
    }
    for range in RANGES {
        let Some(index) = code.checked_sub(range.first).and_then(|offset| usize::try_from(offset).ok())
        else {
            break;
        };
        if let (Some(&light), Some(&bold)) = (range.regular.get(index), range.semibold.get(index))
            && light > 0
        {
            let t = (f64::from(weight.clamp(400, 600)) - 400.0) / 200.0;
            return f64::from(light) + (f64::from(bold) - f64::from(light)) * t;
        }
    }
    if is_wide(code) { UNITS_PER_EM } else { FALLBACK }
}

/// True for what belongs to the character before it.
fn is_extending(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36F | 0x483..=0x489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x200B..=0x200F
        | 0x20D0..=0x20FF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0x1F3FB..=0x1F3FF | 0xE0100..=0xE01EF)
}

fn is_wide(code: u32) -> bool {
    matches!(code, 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF00..=0xFF60
        | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn widths_grow_with_text_size_and_weight() {
        let plain = measure("relay", 13.0, 400);
        assert!(plain > 25.0 && plain < 35.0, "{plain}");
        assert!(measure("relay", 13.0, 600) > plain);
        assert!((measure("relay", 26.0, 400) - 2.0 * plain).abs() < 1e-9);
        assert!(measure("iiii", 13.0, 400) < measure("WWWW", 13.0, 400));
    }

    #[test]
    fn ranges_hold_both_weights() {
        for range in RANGES {
            assert_eq!(range.regular.len(), range.semibold.len());
        }
        assert!(RANGES.windows(2).all(|pair| pair[0].first < pair[1].first));
    }

    #[test]
    fn short_text_stays_and_long_text_ends_with_an_ellipsis() {
        assert_eq!(fit("  a\n b ", 13.0, 400, 100.0), "a b");
        assert_eq!(fit("snuba-transactions-consumer", 13.0, 600, 90.0), "snuba-trans…");
        assert_eq!(fit("anything", 13.0, 600, 0.0), "…");
    }

    #[test]
    fn clusters_are_not_cut() {
        let family = "👩\u{200D}👩\u{200D}👧 name that is long";
        let cut = fit(family, 13.0, 400, 40.0);
        assert_eq!(cut, "…", "a joined emoji stays whole or goes whole");
        assert!(!fit("ee\u{301}e\u{301}e\u{301}", 13.0, 400, 24.0).contains("e…e"));
    }

    proptest! {
        #[test]
        fn fitted_text_fits(text in ".{0,60}", width in 20.0..200.0f64) {
            let fitted = fit(&text, 13.0, 600, width);
            prop_assert!(measure(&fitted, 13.0, 600) <= width + 1e-6, "{fitted:?}");
        }
    }
}
