//! What a session holds that can be compared with another one: how long requests take, by service and name of their first
//! span; how much of that is each service's own; and how long calls between services take.

use std::collections::BTreeMap;

use crate::analysis::compare::measure::Measured;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::time_blocks::TimeBlocks;
use crate::base::time::{TimeRange, TraceTime};
use crate::session::model::{Content, Session};
use crate::session::tree::SessionSpan;
use crate::session::waterfall::breakdown;

type Rows = BTreeMap<(RowKind, String), Series>;

/// Measures a session, as [`measure`](crate::analysis::compare::measure::measure) does a trace. Services go by their names:
/// those of two sessions are the same if they are called the same. Instances hold the request's place where those of a
/// trace hold a goroutine's.
#[must_use]
pub fn measured(session: &Session) -> Measured {
    let whole = TimeBlocks::new(session.range);
    let mut rows = Rows::new();
    for (request, at) in session.requests.iter().zip(0_u32..) {
        let Some(root) = session.spans.get(request.root as usize) else { continue };
        let range = range_of(root);
        let name = format!("{} {}", service_name(session, root.service), root.name);
        rows.entry((RowKind::Request, name)).or_default().add(at, range, &whole);
        for (service, nanos) in breakdown(session, request).own {
            let series = rows.entry((RowKind::SelfTime, service_name(session, service).to_owned())).or_default();
            series.add_nanos(at, range, nanos.max(0).unsigned_abs(), &whole);
        }
        for &(span, _) in &request.spans {
            if let Some((call, span)) = call(session, span) {
                rows.entry((RowKind::Call, call)).or_default().add(at, range_of(span), &whole);
            }
        }
    }
    let is_lost = |content: &Content| match content {
        Content::Trace(trace) => trace.is_damaged(),
        Content::Spans(file) => file.faults.lose_spans(),
    };
    Measured {
        nanos: session.range.nanos().max(0).unsigned_abs(),
        is_damaged: session.inputs.iter().any(|input| is_lost(&input.content)),
        rows: rows.into_iter().collect(),
        ..Measured::default()
    }
}

fn range_of(span: &SessionSpan) -> TimeRange {
    TimeRange::new(TraceTime(span.start), TraceTime(span.end()))
}

fn service_name(session: &Session, service: u32) -> &str {
    session.services.get(service as usize).map_or("", |service| &service.name)
}

/// A call from one service to another, by what served it: `frontend → backend GET /price`. `None` for other spans.
fn call(session: &Session, at: u32) -> Option<(String, &SessionSpan)> {
    let span = session.spans.get(at as usize)?;
    let above = session.spans.get(span.parent? as usize).filter(|above| above.service != span.service)?;
    let (from, to) = (service_name(session, above.service), service_name(session, span.service));
    Some((format!("{from} → {to} {}", span.name), span))
}
