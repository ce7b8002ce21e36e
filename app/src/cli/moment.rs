//! Dates as people type and read them. All of them are UTC.

use groundplan_shared::api::{ApiError, ErrorCode};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
const SHOWN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// Reads a date: a day (its end, or now if it has not ended), a minute or second of one, or how long ago.
pub(super) fn read_date(text: &str) -> Result<u64, ApiError> {
    parse(text.trim(), crate::env::now_ms()).ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidInput,
            format!("\u{201c}{text}\u{201d} is no date."),
            "Write 2026-11-20, 2026-11-20T14:30 (UTC), or how long ago: 45m, 12h, 3d.",
        )
    })
}

fn parse(text: &str, now_ms: u64) -> Option<u64> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    for (unit, seconds) in units {
        if let Some(number) = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok()) {
            return now_ms.checked_sub(number.checked_mul(seconds * 1000)?);
        }
    }
    let text = text.trim_end_matches('Z').replace(' ', "T");
    let (moment, whole_ms) = match Date::parse(&text, DAY) {
        Ok(day) => (PrimitiveDateTime::new(day, Time::MIDNIGHT), 86_400_000 - 1),
        Err(_) => match PrimitiveDateTime::parse(&text, MINUTE) {
            Ok(minute) => (minute, 0),
            Err(_) => (PrimitiveDateTime::parse(&text, SECOND).ok()?, 999),
        },
    };
    let start_ms = u64::try_from(moment.assume_utc().unix_timestamp()).ok()?.checked_mul(1000)?;
    let end_ms = start_ms + whole_ms;
    // Today ends now.
    Some(if start_ms <= now_ms { end_ms.min(now_ms) } else { end_ms })
}

/// Writes a moment.
pub(super) fn write_date(ms: u64) -> String {
    let moment = i64::try_from(ms / 1000).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    moment.and_then(|moment| moment.format(SHOWN).ok()).unwrap_or_else(|| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let now = 1_795_383_000_000;
        assert_eq!(write_date(now), "2026-11-22 21:30:00");
        assert_eq!(parse("2026-11-21", now).map(write_date).as_deref(), Some("2026-11-21 23:59:59"));
        assert_eq!(parse("2026-11-22", now), Some(now), "today ends now");
        assert_eq!(parse("2026-11-20T14:30", now).map(write_date).as_deref(), Some("2026-11-20 14:30:00"));
        assert_eq!(
            parse("2026-11-20 14:30:05Z", now).map(write_date).as_deref(),
            Some("2026-11-20 14:30:05")
        );
        assert_eq!(parse("2d", now), Some(now - 172_800_000));
        assert_eq!(parse("45m", now), Some(now - 2_700_000));
        for bad in ["", "yesterday", "2026-13-01", "99999999999999999999d", "d", "12"] {
            assert_eq!(parse(bad, now), None, "{bad}");
        }
    }
}
