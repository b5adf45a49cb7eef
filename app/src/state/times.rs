//! What the times of a document count from: from the start of its trace, or from that of the session that it is part of.
//! Lanes, panels, tables and tooltips all ask here.

use trace_core::base::time::TraceTime;

use crate::fmt::time::{self, exact, rfc3339};
use crate::report::value::Value;
use crate::state::document::Document;

impl Document {
    /// Nanoseconds to a time from where times count from.
    #[must_use]
    pub fn since_start(&self, time: TraceTime) -> i64 {
        let own = || time.nanos_since(self.trace.range().start);
        self.shared_time.map_or_else(own, |shared| shared.since(time))
    }

    /// The time that is so many nanoseconds after where times count from.
    #[must_use]
    pub fn time_at(&self, since: i64) -> TraceTime {
        let own = || self.trace.range().start.plus_nanos(since);
        self.shared_time.map_or_else(own, |shared| shared.time(since))
    }

    /// A time as it is written: `1,234.568 ms`.
    #[must_use]
    pub fn offset_of(&self, time: TraceTime) -> String {
        time::offset(self.since_start(time))
    }

    /// A value of an analysis, whose times count from the start of the trace, as it is shown.
    #[must_use]
    pub fn shown_value(&self, value: &Value) -> Value {
        self.shared_time.map_or_else(|| value.clone(), |shared| shared.value(value.clone()))
    }

    /// Unix time in nanoseconds; of a session, by the one wall clock that all its services are shown by. `None` if no
    /// trace tells it.
    #[must_use]
    pub fn unix_nanos(&self, time: TraceTime) -> Option<i128> {
        self.shared_time.map_or_else(|| time::unix_nanos(&self.trace, time), |shared| shared.unix(time))
    }

    /// What offsets count from, in words: `the session`.
    #[must_use]
    pub const fn time_origin(&self) -> &'static str {
        if self.shared_time.is_some() { "the session" } else { "the trace" }
    }

    /// A time in full, a line each: from the start, of a session also in the trace itself, on the trace's clock, on the wall.
    #[must_use]
    pub fn exact_place(&self, time: TraceTime) -> String {
        let from = exact(self.since_start(time));
        let own = self.shared_time.map(|_| {
            let own = time.nanos_since(self.trace.range().start);
            format!("\n{} from the start of its own trace", exact(own))
        });
        let wall = self.unix_nanos(time).map(|nanos| format!("\n{}", rfc3339(nanos)));
        let (own, wall) = (own.unwrap_or_default(), wall.unwrap_or_default());
        format!("{from} from the start of {}{own}\n{} ns on the trace's clock{wall}", self.time_origin(), time.0)
    }
}
