//! The profiles of a trace for speedscope (<https://www.speedscope.app>).

use std::collections::HashMap;
use std::io::{Error, Result, Write};

use serde_json::{Value, json};
use trace_core::analysis::profile::{ProfileKind, profile};
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

/// Writes one profile for each kind of waiting that the range has, and CPU samples; weights are nanoseconds.
pub(super) fn write(trace: &Trace, range: TimeRange, out: &mut dyn Write) -> Result<()> {
    let pieces = Scope::during(range).pieces(trace);
    let mut places: HashMap<(String, String, u64), usize> = HashMap::new();
    let (mut frames, mut profiles): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for kind in ProfileKind::ALL {
        let Some(found) = profile(trace, &pieces, kind, &Monitor::new()) else { continue };
        let (mut samples, mut weights) = (Vec::new(), Vec::new());
        for sum in &found.stacks {
            let mut stack: Vec<usize> = Vec::new();
            for frame in trace.recorded_frames(sum.stack) {
                let place = (frame.function.to_owned(), frame.file.to_owned(), frame.line);
                let next = frames.len();
                let at = *places.entry(place).or_insert(next);
                if at == next {
                    frames.push(json!({"name": frame.function, "file": frame.file, "line": frame.line}));
                }
                stack.push(at);
            }
            // Root first.
            stack.reverse();
            samples.push(stack);
            weights.push(sum.nanos.0);
        }
        if !samples.is_empty() {
            let total: u64 = weights.iter().sum();
            profiles.push(json!({
                "type": "sampled", "name": kind.name(), "unit": "nanoseconds",
                "startValue": 0, "endValue": total, "samples": samples, "weights": weights,
            }));
        }
    }
    let whole = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": concat!("tracelane ", env!("CARGO_PKG_VERSION")),
        "shared": {"frames": frames}, "profiles": profiles,
    });
    serde_json::to_writer(&mut *out, &whole).map_err(Error::from)?;
    out.write_all(b"\n")
}
