//! Times and names as people say them.

use super::{count, t};

/// Says how long ago a moment was, given in milliseconds since 1970.
pub fn ago(moment_ms: u64) -> String {
    ago_at(moment_ms, now_ms())
}

/// The day of a moment in milliseconds since 1970, where this device is: 2026-11-22, the same in every language.
pub fn date(moment_ms: u64) -> String {
    let day = moment(moment_ms);
    format!("{}-{:02}-{:02}", day.get_full_year(), day.get_month() + 1, day.get_date())
}

/// A moment as part of a file's name: day and time without signs between them.
pub fn stamp(moment_ms: u64) -> String {
    let at = moment(moment_ms);
    let time = format!("{:02}{:02}{:02}", at.get_hours(), at.get_minutes(), at.get_seconds());
    format!("{}-{time}", date(moment_ms).replace('-', ""))
}

/// Says how large a file is.
pub fn bytes(size: u64) -> String {
    match size {
        0..=999 => format!("{size} B"),
        1_000..=999_999 => format!("{} kB", size.div_ceil(1_000)),
        _ => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
    }
}

/// The present moment in milliseconds since 1970.
pub fn now_ms() -> u64 {
    // Both a double in the platform's own clock; positive and far below 2^53.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, positive milliseconds"
    )]
    let now = js_sys::Date::now() as u64;
    now
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of dates are far below 2^53")]
fn moment(moment_ms: u64) -> js_sys::Date {
    js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(moment_ms as f64))
}

/// Writes a moment in full, as this place writes dates.
pub fn exact(moment_ms: u64) -> String {
    String::from(moment(moment_ms).to_locale_string("default", &wasm_bindgen::JsValue::UNDEFINED))
}

fn ago_at(moment_ms: u64, now_ms: u64) -> String {
    let seconds = now_ms.saturating_sub(moment_ms) / 1000;
    match seconds {
        0..=59 => t("time.now").to_owned(),
        60..=3_599 => count("time.minutes", seconds / 60, &[]),
        3_600..=86_399 => count("time.hours", seconds / 3_600, &[]),
        _ => count("time.days", seconds / 86_400, &[]),
    }
}

/// Finds the text of a word of the model (`kind`, `relation`, `property`, `choice`, …); the word itself if it is
/// newer than this interface.
pub fn name_of(family: &str, word: &str) -> String {
    groundplan_shared::text::find(&format!("{family}.{word}"))
        .map_or_else(|| word.replace('_', " "), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_the_largest_fitting_unit() {
        let now = 10_000_000_000;
        let ago = |seconds: u64| ago_at(now - seconds * 1000, now);
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(60), "1 min ago");
        assert_eq!(ago(7_300), "2 h ago");
        assert_eq!(ago(86_400), "1 day ago");
        assert_eq!(ago_at(now + 5_000, now), "just now", "clocks differ");
    }

    #[test]
    fn sizes_are_said_in_the_largest_fitting_unit() {
        for (size, words) in [(0, "0 B"), (999, "999 B"), (1_001, "2 kB"), (2_450_000, "2.4 MB")] {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn unknown_words_show_themselves() {
        assert_eq!(name_of("kind", "data_asset"), "Data asset");
        assert_eq!(name_of("kind", "flux_node"), "flux node");
    }
}
