//! Counts and sizes as words.

/// A count, its thousands set apart: `1,234,567`.
#[must_use]
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with three significant digits: `812`, `19.1 k`, `2.07 M`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
pub fn short_count(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..999_500 => format!("{} k", three_digits(count as f64 / 1e3)),
        999_500..999_500_000 => format!("{} M", three_digits(count as f64 / 1e6)),
        _ => format!("{} G", three_digits(count as f64 / 1e9)),
    }
}

/// A size with three significant digits, decimal units: `72.7 kB`, `1.20 GB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..999_500 => format!("{} kB", three_digits(bytes as f64 / 1e3)),
        999_500..999_500_000 => format!("{} MB", three_digits(bytes as f64 / 1e6)),
        _ => format!("{} GB", three_digits(bytes as f64 / 1e9)),
    }
}

/// A part of a whole: `12.3 %`, `0 %`, `< 0.1 %`, `> 99.9 %`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
pub fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    share(part as f64 / whole as f64)
}

/// A part of a whole that is 1: as [`percent`].
#[must_use]
pub fn share(share: f64) -> String {
    match share * 100.0 {
        percent if percent == 0.0 || percent.is_nan() => "0 %".to_owned(),
        percent if percent > 0.0 && percent < 0.1 => "< 0.1 %".to_owned(),
        percent if (99.95..100.0).contains(&percent) => "> 99.9 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

/// A value from 1 up to 1000 with three significant digits: `1.24`, `72.7`, `122`.
#[must_use]
pub(crate) fn three_digits(value: f64) -> String {
    if value.abs() < 9.995 {
        format!("{value:.2}")
    } else if value.abs() < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        let counts = [0, 999, 1_000, 1_234_567, u64::MAX].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn sizes_have_three_digits_and_never_a_thousand_of_a_unit() {
        let sizes = [0, 999, 1_000, 9_996, 72_721, 999_499, 999_500, 119_661_449, 2_000_000_000].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.00 kB", "10.0 kB", "72.7 kB", "999 kB", "1.00 MB", "120 MB", "2.00 GB"]);
        assert_eq!([812, 19_050, 2_070_000].map(short_count), ["812", "19.1 k", "2.07 M"]);
    }

    #[test]
    fn parts_never_round_to_nothing_or_to_all() {
        assert_eq!([percent(0, 5), percent(1, 1_000_000), percent(1, 8)], ["0 %", "< 0.1 %", "12.5 %"]);
        assert_eq!([percent(999_999, 1_000_000), percent(5, 5)], ["> 99.9 %", "100.0 %"]);
    }
}
