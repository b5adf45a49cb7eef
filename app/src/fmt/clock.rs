//! How the clock of a service was placed, and how far off it may be, in words.

use trace_core::session::{Method, Placement};

use crate::fmt::time::duration;
use crate::fmt::words::counted;

/// In a few words, for a label: `± 64 ns`, `wall clock`.
#[must_use]
pub fn short(clock: &Placement) -> String {
    let error = clock.error.map(|error| format!("± {}", duration(error.most())));
    match (clock.method, error) {
        (Method::Reference, _) => "session clock".to_owned(),
        (Method::Manual, _) => "set by hand".to_owned(),
        (Method::SameBoot | Method::SameProcess | Method::Pairs, Some(error)) => error,
        (Method::SameBoot | Method::SameProcess, None) => "same host".to_owned(),
        (Method::Pairs, None) => "by calls".to_owned(),
        (Method::WallClock, _) => "wall clock, error unknown".to_owned(),
        (Method::LogClock, _) => "logged clock, error unknown".to_owned(),
        (Method::Unplaced, _) => "not placed".to_owned(),
    }
}

/// What a method rests on: a sentence.
#[must_use]
pub const fn about(method: Method) -> &'static str {
    match method {
        Method::Reference => "Its clock is that of the session.",
        Method::Manual => "You set the offset.",
        Method::SameBoot => "Recorded on the same host since it was started: both traces have one time base.",
        Method::SameProcess => "The spans are those of a process whose trace is placed.",
        Method::Pairs => "Calls and what served them bound the offset.",
        Method::WallClock => "Nothing but the hosts' wall clocks ties it to the session: both are trusted.",
        Method::LogClock => "Nothing but a time in a log ties it to the session: that clock is trusted.",
        Method::Unplaced => {
            "Nothing ties it to the session: it begins where the session begins. Set the offset by hand."
        }
    }
}

/// What the method is called in a table.
#[must_use]
pub const fn method(method: Method) -> &'static str {
    match method {
        Method::Reference => "Session clock",
        Method::Manual => "Set by hand",
        Method::SameBoot => "Same host",
        Method::SameProcess => "Same process",
        Method::Pairs => "Matched calls",
        Method::WallClock => "Wall clock",
        Method::LogClock => "Logged clock",
        Method::Unplaced => "Not placed",
    }
}

/// The error in words, with what it rests on: `± 24.8 µs from 36 calls`.
#[must_use]
pub fn error(clock: &Placement) -> String {
    let pairs = if clock.pairs == 0 { String::new() } else { format!(" from {}", counted(clock.pairs.into(), "call")) };
    match clock.error {
        _ if clock.method == Method::Reference => "exact".to_owned(),
        Some(error) => format!("± {}{pairs}", duration(error.most())),
        None => "unknown".to_owned(),
    }
}

/// All that is known of a clock, on several lines.
#[must_use]
pub fn long(clock: &Placement) -> String {
    let offset = match clock.method {
        Method::Reference => String::new(),
        _ => format!("\nOffset {} {}", duration(clock.map.offset_at(clock.map.base)), error(clock)),
    };
    let drift =
        if clock.map.drift.abs() < 1e-9 { String::new() } else { format!("\nDrift {:.2} ppm", clock.map.drift * 1e6) };
    let dropped = match clock.dropped.len() {
        0 => String::new(),
        1 => "\n1 call contradicts the others and is left out".to_owned(),
        count => format!("\n{count} calls contradict the others and are left out"),
    };
    format!("{}{offset}{drift}{dropped}", about(clock.method))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace_core::session::clock::{Bounds, ClockMap};

    #[test]
    fn the_error_is_always_said() {
        let placed = |method, error: Option<i64>| Placement {
            method,
            map: ClockMap::shift(3_000),
            error: error.map(Bounds::constant),
            pairs: 0,
            dropped: vec![None],
        };
        assert_eq!(short(&placed(Method::Pairs, Some(25_000))), "± 25.0 µs");
        assert_eq!(short(&placed(Method::WallClock, None)), "wall clock, error unknown");
        assert_eq!(error(&placed(Method::Manual, None)), "unknown");
        let told = long(&placed(Method::Pairs, Some(25_000)));
        assert!(told.contains("Offset 3.00 µs ± 25.0 µs") && told.contains("1 call contradicts"), "{told}");
    }
}
