//! The ids of distributed tracing that a program logged with its tasks and regions, of one trace by itself.

use rustc_hash::FxHashMap;

use crate::base::monitor::Monitor;
use crate::model::trace::Trace;
use crate::session::activity::{Activities, What};
use crate::session::pattern::{Found, Patterns};
use crate::spans::{SpanId, TraceId};

/// What was logged with a task or region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoggedIds {
    /// The trace it belongs to.
    pub trace: Option<TraceId>,
    /// The span that it is.
    pub span: Option<SpanId>,
    /// The span that called it.
    pub parent: Option<SpanId>,
    /// Its id went along with a call: it is the caller's side of one.
    pub is_call: bool,
}

impl LoggedIds {
    /// Adds what one log says. An id that goes along with a call is the caller's: its own of what is a part of something
    /// else, for that is the call; of what is not, that of who called it. The first of each kind counts.
    fn add(&mut self, found: &Found, is_part: bool) {
        let ids = &found.ids;
        // Half an id is none.
        let trace = ids.trace.filter(|_| !ids.is_half);
        if ids.is_carried && !is_part {
            // The ids of one caller belong together.
            if self.parent.is_none() && (self.trace.is_none() || trace.is_none() || self.trace == trace) {
                (self.parent, self.trace) = (ids.span, self.trace.or(trace));
            }
            return;
        }
        self.trace = self.trace.or(trace);
        self.is_call |= ids.is_carried && self.span.is_none() && ids.span.is_some();
        self.span = self.span.or(ids.span);
    }
}

/// The ids logged with tasks and regions; those without any are left out. `None` if cancelled.
#[must_use]
pub fn logged_ids(trace: &Trace, patterns: &Patterns, monitor: &Monitor) -> Option<FxHashMap<What, LoggedIds>> {
    let mut acts = Activities::default();
    acts.add(trace, patterns, monitor)?;
    let mut mentions: Vec<_> = acts.mentions.iter().collect();
    mentions.sort_by_key(|mention| (mention.act, mention.time));
    let mut all: FxHashMap<What, LoggedIds> = FxHashMap::default();
    for mention in mentions {
        let Some(act) = acts.get(mention.act) else { continue };
        let is_part = matches!(act.what, What::Region(_)) || act.parent.is_some();
        all.entry(act.what).or_default().add(&mention.found, is_part);
    }
    all.retain(|_, ids| *ids != LoggedIds::default());
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::LoggedIds;
    use crate::session::pattern::Patterns;
    use crate::spans::{SpanId, TraceId};

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(logs: &[(&str, &str)], is_part: bool) -> LoggedIds {
        let (patterns, mut ids) = (Patterns::default(), LoggedIds::default());
        for (category, message) in logs {
            patterns.in_log(category, message.as_bytes()).iter().for_each(|found| ids.add(found, is_part));
        }
        ids
    }

    #[test]
    fn what_came_with_a_call_is_the_callers() {
        let trace = Some(TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
        let caller = Some(SpanId(0x00f0_67aa_0ba9_02b7));
        let logs = [("traceparent", TRACEPARENT), ("span_id", "53995c3f42cd8ad8"), ("span_id", "1111111111111111")];
        let own = Some(SpanId(0x5399_5c3f_42cd_8ad8));
        assert_eq!(of(&logs, false), LoggedIds { trace, span: own, parent: caller, is_call: false });
        // A region, or a task inside another, is the call itself.
        assert_eq!(of(&logs[..1], true), LoggedIds { trace, span: caller, parent: None, is_call: true });
        // The caller of another trace is not this task's.
        let other = of(&[("trace_id", "1bf92f3577b34da6a3ce929d0e0e4736"), logs[0]], false);
        assert_eq!((other.parent, other.trace != trace), (None, true));
        assert_eq!(of(&[("dd.trace_id", "1234567890")], false), LoggedIds::default(), "half an id");
    }
}
