//! Times and lanes as written on the command line: `1.2s`, `100ms..300ms`, `G25@1.2s`.

use trace_core::base::ids::{GoId, ProcId, ProcIdx, ThreadId, ThreadIdx};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

/// A stretch of time relative to the start of the trace, nanoseconds. `None` is the trace's own border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// Start, from the start of the trace; `None` for the trace's start.
    pub start_nanos: Option<i64>,
    /// End (exclusive), from the start of the trace; `None` for the trace's end.
    pub end_nanos: Option<i64>,
}

/// A lane by the runtime's ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneName {
    /// A goroutine, typed as `G25`.
    Goroutine(GoId),
    /// A proc, typed as `p0`.
    Proc(ProcId),
    /// A thread, typed as `m4711`.
    Thread(ThreadId),
    /// The lane of GC cycles, typed as `gc`.
    Gc,
    /// The lane of STW pauses, typed as `stw`.
    Stw,
}

/// A lane, or the span that it has at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The lane that was named.
    pub lane: LaneName,
    /// Relative to the start of the trace, nanoseconds.
    pub time_nanos: Option<i64>,
}

/// Reads `1.5ms`: a number and one of the units ns, us, µs, ms, s. Exact to the nanosecond.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let decimals = match unit {
        "ns" => 0,
        "us" | "µs" | "μs" => 3,
        "ms" => 6,
        "s" => 9,
        "" if number == "0" => 0,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > decimals || !number.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let zeros = "0".repeat(decimals - fraction.len());
    format!("{whole}{fraction}{zeros}").parse().ok()
}

/// Writes what [`parse_time`] reads, exactly, in the largest unit that is not more than it: `1.2s`, `1.5us`. No time before
/// 0.
#[must_use]
pub fn exact_time(nanos: i64) -> String {
    let nanos = nanos.max(0).unsigned_abs();
    let (unit, decimals, name) = match nanos {
        1_000_000_000.. => (1_000_000_000, 9, "s"),
        1_000_000.. => (1_000_000, 6, "ms"),
        1_000.. => (1_000, 3, "us"),
        _ => (1, 0, "ns"),
    };
    let fraction = format!("{:0decimals$}", nanos % unit);
    match fraction.trim_end_matches('0') {
        "" => format!("{}{name}", nanos / unit),
        fraction => format!("{}.{fraction}{name}", nanos / unit),
    }
}

/// Reads `A..B`; either side may be left out.
#[must_use]
pub fn parse_stretch(text: &str) -> Option<OffsetRange> {
    let (start, end) = text.split_once("..")?;
    let side = |text: &str| if text.is_empty() { Some(None) } else { parse_time(text).map(Some) };
    let stretch = OffsetRange { start_nanos: side(start)?, end_nanos: side(end)? };
    match (stretch.start_nanos, stretch.end_nanos) {
        (Some(start), Some(end)) if start >= end => None,
        _ => Some(stretch),
    }
}

/// Reads `G25@1.2s`, `P0`, `M4711@3ms`, `gc@0`, `stw`, in capitals or not.
#[must_use]
pub fn parse_target(text: &str) -> Option<Target> {
    let (lane, time_nanos) = match text.split_once('@') {
        Some((lane, time)) => (lane, Some(parse_time(time)?)),
        None => (text, None),
    };
    let lane = lane.to_ascii_lowercase();
    let lane = match lane.as_str() {
        "gc" => LaneName::Gc,
        "stw" => LaneName::Stw,
        other => {
            let mut letters = other.chars();
            let kind = letters.next()?;
            let id: u64 = letters.as_str().parse().ok()?;
            match kind {
                'g' => LaneName::Goroutine(GoId(id)),
                'p' => LaneName::Proc(ProcId(id)),
                'm' => LaneName::Thread(ThreadId(id)),
                _ => return None,
            }
        }
    };
    Some(Target { lane, time_nanos })
}

impl LaneName {
    /// What a lane of a trace is called; `None` if the trace does not have it.
    #[must_use]
    pub fn of(trace: &Trace, lane: LaneId) -> Option<Self> {
        Some(match lane {
            LaneId::Goroutine(go) => Self::Goroutine(trace.goroutine_name(go)?.0),
            LaneId::Proc(proc) => Self::Proc(trace.proc_id(proc)),
            LaneId::Thread(thread) => Self::Thread(trace.thread_id(thread)),
            LaneId::Gc => Self::Gc,
            LaneId::Stw => Self::Stw,
        })
    }

    /// The lane of that name in a trace, if it is there.
    #[must_use]
    pub fn find(self, trace: &Trace) -> Option<LaneId> {
        match self {
            Self::Goroutine(id) => trace.goroutine_by_id(id).map(LaneId::Goroutine),
            Self::Proc(id) => {
                (0..trace.proc_count()).map(ProcIdx).find(|&idx| trace.proc_id(idx) == id).map(LaneId::Proc)
            }
            Self::Thread(id) => {
                (0..trace.thread_count()).map(ThreadIdx).find(|&idx| trace.thread_id(idx) == id).map(LaneId::Thread)
            }
            Self::Gc => Some(LaneId::Gc),
            Self::Stw => Some(LaneId::Stw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_are_exact() {
        assert_eq!(parse_time("1.2s"), Some(1_200_000_000));
        assert_eq!(parse_time("122.000001ms"), Some(122_000_001));
        assert_eq!(parse_time("3µs"), Some(3_000));
        assert_eq!(parse_time("3us"), Some(3_000));
        assert_eq!(parse_time("17ns"), Some(17));
        assert_eq!(parse_time("0"), Some(0));
        for wrong in ["", "5", "s", "1.5ns", "-1s", "1..2s", "1h", "99999999999999s", "."] {
            assert_eq!(parse_time(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn exact_times_are_read_as_they_were_written() {
        let times = [0, 17, 1_000, 1_500, 999_999, 1_000_000, 122_000_001, 1_200_000_000, 3_600_000_000_001, i64::MAX];
        for nanos in times {
            assert_eq!(parse_time(&exact_time(nanos)), Some(nanos));
        }
        assert_eq!([0, 1_500, 122_000_001, 1_200_000_000].map(exact_time), ["0ns", "1.5us", "122.000001ms", "1.2s"]);
        assert_eq!(exact_time(-5), "0ns");
    }

    #[test]
    fn stretches_may_be_open() {
        let stretch = |start_nanos, end_nanos| Some(OffsetRange { start_nanos, end_nanos });
        assert_eq!(parse_stretch("100ms..0.3s"), stretch(Some(100_000_000), Some(300_000_000)));
        assert_eq!(parse_stretch("..1s"), stretch(None, Some(1_000_000_000)));
        assert_eq!(parse_stretch("1s.."), stretch(Some(1_000_000_000), None));
        assert_eq!(parse_stretch(".."), stretch(None, None));
        for wrong in ["1s", "2s..1s", "1s..1s", "a..b"] {
            assert_eq!(parse_stretch(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn targets_name_a_lane_and_maybe_a_time() {
        let target = |lane, time_nanos| Some(Target { lane, time_nanos });
        assert_eq!(parse_target("g25@1.2s"), target(LaneName::Goroutine(GoId(25)), Some(1_200_000_000)));
        assert_eq!(parse_target("G25"), target(LaneName::Goroutine(GoId(25)), None));
        assert_eq!(parse_target("p0@3us"), target(LaneName::Proc(ProcId(0)), Some(3_000)));
        assert_eq!(parse_target("m4711"), target(LaneName::Thread(ThreadId(4711)), None));
        assert_eq!(parse_target("gc@5ms"), target(LaneName::Gc, Some(5_000_000)));
        for wrong in ["", "g", "25", "x1", "g1@", "g1@5", "é1"] {
            assert_eq!(parse_target(wrong), None, "{wrong:?}");
        }
    }
}
