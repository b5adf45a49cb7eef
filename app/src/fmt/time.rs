//! Durations and points in time as words.

use trace_core::base::nanos::Nanos;
use trace_core::base::time::TraceTime;
use trace_core::model::trace::Trace;

use crate::fmt::number::count;

/// A duration with three significant digits, as [`Nanos`] has them, and a sign: `122 ms`, `-3.00 ms`.
#[must_use]
pub fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}", Nanos(nanos.unsigned_abs()))
}

/// The same of a length, or a sum of lengths.
#[must_use]
pub fn nanos(nanos: u64) -> String {
    Nanos(nanos).to_string()
}

/// The same of a figure that there may be none of: a mean of nothing is `–`.
#[must_use]
pub fn nanos_or_dash(value: Option<Nanos>) -> String {
    value.map_or_else(|| "–".to_owned(), |length| length.to_string())
}

/// The same of a figure that was computed, a mean say.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
pub fn rounded(nanos: f64) -> String {
    duration(nanos.round() as i64)
}

/// All nanoseconds: `1,200,345,678 ns`.
#[must_use]
pub fn exact(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{} ns", count(nanos.unsigned_abs()))
}

/// The same of a length, or a sum of lengths.
#[must_use]
pub fn exact_nanos(length: Nanos) -> String {
    format!("{} ns", count(length.0))
}

/// A place in a trace, from its start, in milliseconds to the microsecond: `1,234.568 ms`.
#[must_use]
pub fn offset(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let micros = nanos.unsigned_abs() / 1_000;
    format!("{sign}{}.{:03} ms", count(micros / 1_000), micros % 1_000)
}

/// Wall-clock time in Unix nanoseconds, by the nearest clock reading before; `None` if the trace has none.
#[must_use]
pub fn unix_nanos(trace: &Trace, time: TraceTime) -> Option<i128> {
    let readings = trace.clock_snapshots();
    let after = readings.partition_point(|reading| reading.trace <= time);
    let reading = readings.get(after.saturating_sub(1))?;
    let wall = i128::from(reading.wall_secs) * 1_000_000_000 + i128::from(reading.wall_nanos);
    Some(wall + i128::from(time.nanos_since(reading.trace)))
}

/// A point in Unix time as `2026-11-21T04:04:55.851132570Z`.
#[must_use]
pub fn rfc3339(unix_nanos: i128) -> String {
    let (year, month, day) = civil_date(unix_nanos.div_euclid(NANOS_PER_DAY));
    format!("{year:04}-{month:02}-{day:02}T{}Z", time_of_day(unix_nanos, 9))
}

/// The time of day (UTC) with `decimals` digits of the second, cut, not rounded: `04:04:55.851`.
#[must_use]
pub fn time_of_day(unix_nanos: i128, decimals: usize) -> String {
    let nanos = unix_nanos.rem_euclid(NANOS_PER_DAY);
    let seconds = nanos / 1_000_000_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{hour:02}:{minute:02}:{second:02}.{:09}", nanos % 1_000_000_000);
    text.truncate(if decimals == 0 { 8 } else { 9 + decimals.min(9) });
    text
}

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// Year, month, day of a day counted from 1970-01-01, after Howard Hinnant's `civil_from_days`:
/// years begin in March, and 400 of them make an era.
fn civil_date(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year_of_era + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_never_a_thousand_of_a_unit() {
        let durations =
            [0, 17, 999, 1_000, 1_240, 999_499, 999_500, 122_000_000, 999_499_999, 1_200_345_678, -3_000_000];
        assert_eq!(
            durations.map(duration),
            [
                "0 ns", "17 ns", "999 ns", "1.00 µs", "1.24 µs", "999 µs", "1.00 ms", "122 ms", "999 ms", "1.20 s",
                "-3.00 ms"
            ]
        );
        assert_eq!(exact(-1_200_345_678), "-1,200,345,678 ns");
    }

    #[test]
    fn wall_clock_times_are_civil() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(951_782_400_000_000_001), "2000-02-29T00:00:00.000000001Z");
        assert_eq!(rfc3339(1_795_233_895_851_132_570), "2026-11-21T04:04:55.851132570Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(time_of_day(1_795_233_895_851_132_570, 3), "04:04:55.851");
        assert_eq!(time_of_day(1_795_233_895_851_132_570, 0), "04:04:55");
    }

    #[test]
    fn offsets_keep_three_decimals() {
        assert_eq!(super::offset(1_234_567_890), "1,234.567 ms");
        assert_eq!(super::offset(0), "0.000 ms");
        assert_eq!(super::offset(-1_500), "-0.001 ms");
    }
}
