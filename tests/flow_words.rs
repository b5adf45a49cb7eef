//! What flows are called: who woke a goroutine where no goroutine did.

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::event::state::{GoState, SpanClass};
use trace_core::load::load_path;
use trace_core::model::flows::FlowKind;
use trace_core::model::lanes::LaneId;
use tracelane::fmt::name;
use tracelane::timeline::words;

use crate::fixtures::data;

#[test]
fn a_wakeup_by_no_goroutine_is_the_pollers_a_timers_or_the_runtimes() {
    let path = data().join("real/httpserver-go1.27.trace");
    let trace = load_path(&path, &Monitor::new(), &mut |_| {}).expect("a trace");
    let mut seen = [0; 2];
    for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
        for span in trace.spans(LaneId::Goroutine(go), trace.range()).filter(|span| span.state == GoState::Waiting) {
            let Some(next) = trace.next_span(span.at) else { continue };
            for flow in trace.flows_into(next.at).iter().filter(|flow| flow.kind == FlowKind::Unblock) {
                let (text, lane) = (words::incoming_name(&trace, flow), name::lane(&trace, flow.from.lane));
                let expected = match (flow.from.lane, span.class) {
                    (LaneId::Goroutine(_), _) => continue,
                    (_, SpanClass::WaitNet) => format!("unblocked by the network poller (on {lane})"),
                    // Goroutines of the runtime sleep until the runtime wakes them.
                    (_, SpanClass::WaitSleep) if trace.str(span.reason) != "sleep" => {
                        format!("unblocked by the runtime (on {lane})")
                    }
                    (_, SpanClass::WaitSleep | SpanClass::WaitChan) => format!("unblocked by a timer (on {lane})"),
                    _ => format!("unblocked by the runtime (on {lane})"),
                };
                assert_eq!(text, expected);
                seen[usize::from(span.class == SpanClass::WaitNet)] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
