//! Numbers about a trace and what loading it cost: measured, and written for people or programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use trace_core::model::trace::Trace;

/// What `tracelane stats --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file as given.
    pub file: String,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// NN of `go 1.NN trace` in its header.
    pub version: u32,
    /// Whether reading came to the end of the file.
    pub complete: bool,
    /// Generations (the runtime cuts traces into these; each stands for itself).
    pub generations: u64,
    /// Events.
    pub events: u64,
    /// Events by their name in Go's sources.
    pub events_by_kind: BTreeMap<&'static str, u64>,
    /// Goroutines that the trace mentions.
    pub goroutines: u32,
    /// Procs (P).
    pub procs: u32,
    /// Threads (M).
    pub threads: u32,
    /// User tasks.
    pub tasks: u32,
    /// From the first to the last event, nanoseconds.
    pub duration_ns: i64,
    /// Wall clock at the first event, RFC 3339 in UTC; none before Go 1.25.
    pub start: Option<String>,
    /// Damage and doubts.
    pub warnings: Vec<WarningLine>,
    /// What loading the whole model cost.
    pub load: LoadCost,
}

/// One warning.
#[derive(Clone, Debug, Serialize)]
pub struct WarningLine {
    /// Stable name of the kind.
    pub kind: &'static str,
    /// One sentence.
    pub message: String,
    /// Byte offset in the file where it was first seen.
    pub offset: u64,
    /// Generation, 0 if not known.
    pub generation: u64,
    /// How many like it.
    pub count: u64,
}

/// What loading cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LoadCost {
    /// Seconds on the clock.
    pub wall_s: f64,
    /// Events loaded.
    pub events: u64,
    /// Events per second.
    pub events_per_s: f64,
    /// The most memory the process held at any time, bytes; none where the system does not say.
    pub peak_rss_bytes: Option<u64>,
}

impl Summary {
    /// Of a trace that took `wall` to load.
    #[must_use]
    pub fn of(file: String, trace: &Trace, wall: Duration) -> Self {
        let totals = trace.totals();
        let wall_s = wall.as_secs_f64();
        Self {
            file,
            file_bytes: totals.bytes,
            version: totals.version,
            complete: totals.complete,
            generations: totals.generations,
            events: totals.events,
            events_by_kind: totals.events_by_kind.iter().map(|&(kind, count)| (kind.name(), count)).collect(),
            goroutines: trace.goroutine_count(),
            procs: trace.proc_count(),
            threads: trace.thread_count(),
            tasks: trace.task_count(),
            duration_ns: trace.range().nanos(),
            start: wall_clock_start(trace),
            warnings: trace
                .warnings()
                .iter()
                .map(|warning| WarningLine {
                    kind: warning.kind.name(),
                    message: warning.message.clone(),
                    offset: warning.offset,
                    generation: warning.generation,
                    count: warning.count,
                })
                .collect(),
            load: LoadCost {
                wall_s,
                events: totals.events,
                events_per_s: per_second(totals.events, wall_s),
                peak_rss_bytes: peak_rss_bytes(),
            },
        }
    }

    /// For people: aligned, with units.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines: Vec<(&str, String)> = vec![
            ("file", self.file.clone()),
            ("size", bytes(self.file_bytes)),
            ("format", format!("Go 1.{}", self.version)),
        ];
        if let Some(start) = &self.start {
            lines.push(("start", start.clone()));
        }
        lines.extend([
            ("time span", duration(self.duration_ns)),
            ("generations", grouped(self.generations)),
            ("goroutines", grouped(u64::from(self.goroutines))),
            ("procs", grouped(u64::from(self.procs))),
            ("threads", grouped(u64::from(self.threads))),
            ("tasks", grouped(u64::from(self.tasks))),
            ("events", grouped(self.events)),
        ]);
        let mut text = String::new();
        for (name, value) in lines {
            push(&mut text, &format!("{name:<14}{value}"));
        }
        let mut kinds: Vec<_> = self.events_by_kind.iter().collect();
        kinds.sort_by_key(|&(name, count)| (std::cmp::Reverse(*count), *name));
        let width = kinds.first().map_or(0, |(_, count)| grouped(**count).len());
        for (name, count) in kinds {
            push(&mut text, &format!("{:<14}{:>width$}  {name}", "", grouped(*count)));
        }
        let cost = &self.load;
        let memory =
            cost.peak_rss_bytes.map_or_else(String::new, |peak| format!(", at most {} of memory", bytes(peak)));
        let speed = format!("{:.1} million events/s", cost.events_per_s / 1e6);
        push(&mut text, &format!("{:<14}{:.3} s, {speed}{memory}", "loaded in", cost.wall_s));
        push(&mut text, &format!("{:<14}{}", "warnings", grouped(self.warnings.len() as u64)));
        for warning in &self.warnings {
            let times = if warning.count > 1 { format!(", {} times", grouped(warning.count)) } else { String::new() };
            let place = format!("byte {}, generation {}{times}", warning.offset, warning.generation);
            push(&mut text, &format!("  {}: {} ({place})", warning.kind, warning.message));
        }
        text
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(events: u64, wall_s: f64) -> f64 {
    if wall_s > 0.0 { events as f64 / wall_s } else { 0.0 }
}

/// The most memory this process ever held; Linux says so in its process file system.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Wall clock at the start of the trace, by the first clock reading.
fn wall_clock_start(trace: &Trace) -> Option<String> {
    let reading = trace.clock_snapshots().first()?;
    let before = i128::from(reading.trace.nanos_since(trace.range().start));
    let reading = i128::from(reading.wall_secs) * 1_000_000_000 + i128::from(reading.wall_nanos);
    Some(rfc3339(reading - before))
}

/// A point in Unix time, nanoseconds, as `2026-11-21T04:04:55.851132570Z`.
fn rfc3339(unix_nanos: i128) -> String {
    let nanos = unix_nanos.rem_euclid(1_000_000_000);
    let seconds = unix_nanos.div_euclid(1_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days → civil date by Howard Hinnant's algorithm: years start in March, eras are 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + carry;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let mut text = String::new();
    let _infallible = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z");
    text
}

/// `72.7 kB (72,721 bytes)`
#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{:.1} kB ({} bytes)", count as f64 / 1e3, grouped(count)),
        1_000_000..1_000_000_000 => format!("{:.1} MB ({} bytes)", count as f64 / 1e6, grouped(count)),
        _ => format!("{:.2} GB ({} bytes)", count as f64 / 1e9, grouped(count)),
    }
}

/// `1.20 s (1,200,345,678 ns)`
#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
fn duration(nanos: i64) -> String {
    let exact = grouped(nanos.unsigned_abs());
    match nanos {
        ..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.2} µs ({exact} ns)", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms ({exact} ns)", nanos as f64 / 1e6),
        _ => format!("{:.2} s ({exact} ns)", nanos as f64 / 1e9),
    }
}

/// `1,234,567`
fn grouped(count: u64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_clock_times_are_civil() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(951_782_400_000_000_001), "2000-02-29T00:00:00.000000001Z");
        assert_eq!(rfc3339(1_795_233_895_851_132_570), "2026-11-21T04:04:55.851132570Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn numbers_are_grouped_and_have_units() {
        assert_eq!(
            (grouped(0).as_str(), grouped(999).as_str(), grouped(1_234_567).as_str()),
            ("0", "999", "1,234,567")
        );
        assert_eq!(bytes(72_721), "72.7 kB (72,721 bytes)");
        assert_eq!(duration(1_200_345_678), "1.20 s (1,200,345,678 ns)");
    }
}
