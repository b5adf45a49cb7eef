//! Where the ruler has ticks and what it writes at them. Exact: whole nanoseconds from an origin.

use crate::timeline::axis::Axis;

/// One tick of the ruler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Nanoseconds on the trace clock.
    pub nanos: i64,
    /// What to write; `None` for the small ones between.
    pub text: Option<String>,
    /// A round time written in full, as against an offset from the last such one.
    pub full: bool,
}

/// What the numbers on the ruler count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nanoseconds since this instant of the trace clock.
    Since(i64),
    /// Wall-clock time: Unix time in ns minus trace time in ns.
    Wall(i64),
}

impl Origin {
    /// The instant of the trace clock at which the count is zero.
    #[must_use]
    pub const fn zero(self) -> i64 {
        match self {
            Self::Since(start) => start,
            Self::Wall(offset) => offset.saturating_neg(),
        }
    }

    /// A time in full, exact to `step` nanoseconds.
    #[must_use]
    pub fn text(self, nanos: i64, step: i64) -> String {
        let since = nanos.saturating_sub(self.zero());
        match self {
            Self::Since(_) => exact(since, step),
            Self::Wall(_) => clock(since, step),
        }
    }
}

/// Length of the ruler's unit steps: 1, 2 or 5 times a power of ten, at least `least_points` apart.
fn step_nanos(axis: &Axis, least_points: f32) -> i64 {
    let wanted = axis.nanos_per_point() * f64::from(least_points);
    let mut power = 1i64;
    loop {
        for factor in [1, 2, 5] {
            if (power * factor) as f64 >= wanted {
                return power * factor;
            }
        }
        if power > 1 << 56 {
            return power;
        }
        power *= 10;
    }
}

/// The ticks of an axis, labelled ones at least `least_points` apart, with small ones between. Far in,
/// most are written as an offset ("+20 µs") from the last round time.
#[must_use]
pub fn ticks(axis: &Axis, origin: Origin, least_points: f32) -> Vec<Tick> {
    let step = step_nanos(axis, least_points);
    let parts = small_steps(step, axis.nanos_per_point());
    let small = step / parts;
    let base = base_nanos(step, origin);
    let zero = origin.zero();
    let end = (axis.start_nanos + axis.span_nanos).ceil() as i64;
    let first = (axis.start_nanos.floor() as i64).saturating_sub(zero).div_euclid(step) * step;
    let mut ticks = Vec::new();
    let mut since = first;
    while since.saturating_add(zero) <= end && ticks.len() < 4096 {
        let nanos = since.saturating_add(zero);
        let text = (since % step == 0).then(|| label(since, step, base, origin));
        let full = since.rem_euclid(base) == 0;
        ticks.push(Tick { nanos, text, full });
        since = since.saturating_add(small);
    }
    ticks
}

/// The last round time at or before the left edge, that offsets on the ruler count from; `None` when
/// the ruler writes all times in full.
#[must_use]
pub fn base_label(axis: &Axis, origin: Origin, least_points: f32) -> Option<String> {
    let step = step_nanos(axis, least_points);
    let base = base_nanos(step, origin);
    let since = (axis.start_nanos.floor() as i64).saturating_sub(origin.zero());
    let since = if matches!(origin, Origin::Since(_)) { since.max(0) } else { since };
    let round = since.div_euclid(base) * base;
    if round == 0 && matches!(origin, Origin::Since(_)) {
        return None;
    }
    Some(match origin {
        Origin::Since(_) => written(round, base, false),
        Origin::Wall(_) => clock(round, base),
    })
}

fn label(since: i64, step: i64, base: i64, origin: Origin) -> String {
    let offset = since.rem_euclid(base);
    let round = since - offset;
    // Before the origin (beside a longer trace) offsets from a round time would count away from it.
    if matches!(origin, Origin::Since(_)) && (round == 0 || offset == 0 || since < 0) {
        return exact(since, step);
    }
    if offset == 0 { clock(since, base) } else { format!("+{}", exact(offset, step)) }
}

/// How many small steps go into one: as many as have room.
fn small_steps(step: i64, nanos_per_point: f64) -> i64 {
    let room = |parts: i64| step % parts == 0 && (step / parts) as f64 / nanos_per_point >= 8.0;
    [10, 5, 4, 2].into_iter().find(|&parts| room(parts)).unwrap_or(1)
}

/// The unit above that of `step`: what counts as a round time.
fn base_nanos(step: i64, origin: Origin) -> i64 {
    let mut base = 1_000;
    while base <= step {
        base *= 1_000;
    }
    match origin {
        Origin::Since(_) => base,
        Origin::Wall(_) => base.min(1_000_000_000),
    }
}

/// A duration written exactly to `step`, in the unit that suits it: `2.345 s`, `120 µs`, `-5 ns`.
#[must_use]
pub fn exact(nanos: i64, step: i64) -> String {
    written(nanos, step, true)
}

/// With or without the zeros at the end.
fn written(nanos: i64, step: i64, short: bool) -> String {
    if nanos == 0 {
        let (_, unit) = unit_of(step);
        return format!("0 {unit}");
    }
    let (length, unit) = unit_of(nanos.saturating_abs());
    let sign = if nanos < 0 { "-" } else { "" };
    let whole = nanos.unsigned_abs() / length.unsigned_abs();
    let mut rest = format!("{:0width$}", nanos.unsigned_abs() % length.unsigned_abs(), width = digits(length));
    // Digits below the step are zeros.
    rest.truncate(digits(length).saturating_sub(digits(step.max(1))));
    let rest = if short { rest.trim_end_matches('0') } else { rest.as_str() };
    let mut text = format!("{sign}{}", grouped(whole));
    if length > 1 && !rest.is_empty() {
        text.push('.');
        for (index, digit) in rest.chars().enumerate() {
            if index > 0 && index % 3 == 0 {
                text.push(THIN);
            }
            text.push(digit);
        }
    }
    text.push(' ');
    text.push_str(unit);
    text
}

/// Between groups of three digits.
const THIN: char = '\u{2009}';

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

fn unit_of(nanos: i64) -> (i64, &'static str) {
    match nanos {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "µs"),
        _ => (1, "ns"),
    }
}

/// Zeros of a power of ten (or of the power of ten below).
fn digits(nanos: i64) -> usize {
    nanos.checked_ilog10().unwrap_or(0) as usize
}

/// Unix time as a time of day (UTC), exact to `step`: `14:02:33.120`.
fn clock(unix_nanos: i64, step: i64) -> String {
    let second = unix_nanos.div_euclid(1_000_000_000);
    let (hours, minutes, seconds) = (second.div_euclid(3600) % 24, second.div_euclid(60) % 60, second.rem_euclid(60));
    let mut text = format!("{:02}:{:02}:{seconds:02}", hours.rem_euclid(24), minutes.rem_euclid(60));
    let kept = 9usize.saturating_sub(digits(step.max(1)));
    let fraction = format!("{:09}", unix_nanos.rem_euclid(1_000_000_000));
    for (index, digit) in fraction.chars().take(kept).enumerate() {
        text.push(if index == 0 { '.' } else { THIN });
        if index % 3 != 0 {
            text.pop();
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Origin, base_label, clock, exact, ticks};
    use crate::state::view::View;
    use crate::timeline::axis::Axis;

    fn axis(start: f64, span: f64) -> Axis {
        Axis::new(&View { start_nanos: start, span_nanos: span, scroll_points: 0.0 }, 0.0, 1000.0)
    }

    fn plain(text: &str) -> String {
        text.replace('\u{2009}', " ")
    }

    fn texts(axis: &Axis, origin: Origin) -> Vec<String> {
        ticks(axis, origin, 100.0).into_iter().filter_map(|tick| tick.text).map(|text| plain(&text)).collect()
    }

    #[test]
    fn times_are_written_exactly() {
        for (nanos, step, want) in [
            (0, 1_000_000, "0 ms"),
            (2_345_000_000, 1_000_000, "2.345 s"),
            (2_345_678_901, 1, "2.345 678 901 s"),
            (1_500, 100, "1.5 µs"),
            (20_000, 10_000, "20 µs"),
            (-5, 1, "-5 ns"),
            (12_345_000_000_000, 1_000_000_000, "12 345 s"),
            (999, 1, "999 ns"),
        ] {
            assert_eq!(plain(&exact(nanos, step)), want);
        }
    }

    #[test]
    fn the_whole_trace_has_plain_times() {
        let axis = axis(5_000_000_000.0, 155_000_000.0);
        let texts = texts(&axis, Origin::Since(5_000_000_000));
        assert_eq!(texts, ["0 ms", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms", "120 ms", "140 ms"]);
        assert_eq!(base_label(&axis, Origin::Since(5_000_000_000), 100.0), None);
    }

    #[test]
    fn far_in_most_ticks_are_offsets() {
        let axis = axis(7_345_670_900.0, 400.0);
        let origin = Origin::Since(5_000_000_000);
        assert_eq!(
            texts(&axis, origin),
            ["+900 ns", "+950 ns", "2.345 671 s", "+50 ns", "+100 ns", "+150 ns", "+200 ns", "+250 ns", "+300 ns"]
        );
        assert_eq!(base_label(&axis, origin, 100.0).map(|text| plain(&text)), Some("2.345 670 s".to_owned()));
    }

    #[test]
    fn ticks_lie_inside_and_apart() {
        for span in [30.0, 1e3, 12_345.0, 7e8, 3e12] {
            let axis = axis(1e12 + 0.3, span);
            let all = ticks(&axis, Origin::Since(1_000_000_000_000), 80.0);
            assert!(all.windows(2).all(|two| two[0].nanos < two[1].nanos));
            let labelled: Vec<f32> = all
                .iter()
                .filter(|tick| tick.text.is_some())
                .map(|tick| axis.x_from_nanos(tick.nanos as f64))
                .collect();
            assert!(labelled.len() >= 3 || span < 100.0, "{span}: {labelled:?}");
            // The first may lie clamped outside.
            assert!(labelled.windows(2).skip(1).all(|two| two[1] - two[0] >= 79.0), "{span}: {labelled:?}");
        }
    }

    #[test]
    fn wall_clock_ticks_lie_on_round_times() {
        // Trace time 1 s is 14:02:33.25 UTC.
        let unix = (14 * 3600 + 2 * 60 + 33) * 1_000_000_000 + 250_000_000;
        let origin = Origin::Wall(unix - 1_000_000_000);
        let axis = axis(1e9, 1e9);
        let texts = texts(&axis, origin);
        assert_eq!(texts[..3], ["+200 ms", "+300 ms", "+400 ms"].map(str::to_owned)[..]);
        assert!(texts.contains(&"14:02:34".to_owned()), "{texts:?}");
        assert_eq!(base_label(&axis, origin, 80.0), Some("14:02:33".to_owned()));
        assert_eq!(plain(&clock(unix, 1_000)), "14:02:33.250 000");
    }
}
