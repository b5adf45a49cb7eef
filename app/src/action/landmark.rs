//! Steps from one thing of a kind to the next: spans like the selected one, gaps in the data, GC cycles, findings.

use trace_core::analysis::findings::Findings;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;

use crate::action::action::Landmark;
use crate::action::effect::{Effect, WindowEffect, notify};
use crate::action::history::remember;
use crate::action::navigate::{go_to_span, go_to_stretch};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::ask;
use crate::state::view::Selection;

/// Spans that are looked at for one of the same kind.
const MOST_SPANS: usize = 20_000;

/// Goes to the next thing of a kind (`step` 1) or the one before (-1); says so if there is none.
pub(super) fn step(state: &mut AppState, what: Landmark, step: i32) -> Vec<Effect> {
    let Some(document) = state.document_mut().filter(|document| document.has_lanes()) else { return Vec::new() };
    let missing = match what {
        Landmark::SameKind => match same_kind(document, step) {
            Ok(span) => {
                go_to_span(document, span.at, None);
                return Vec::new();
            }
            Err(missing) => missing,
        },
        Landmark::GcCycle => {
            let Some(span) = gc_cycle(document, step) else {
                notify(state, "No further GC cycle");
                return Vec::new();
            };
            go_to_span(document, span.at, None);
            return Vec::new();
        }
        Landmark::Gap => {
            let Some(range) = gap(document, step) else {
                notify(state, "No further gap: data is lost nowhere beyond here");
                return Vec::new();
            };
            remember(document);
            document.highlight = Some(range);
            let bounds = document.reach();
            document.view = document.view.map(|view| view.fit(range, 1.0, bounds));
            return Vec::new();
        }
        Landmark::Finding => {
            let Some(effects) = finding(document, step) else {
                notify(state, "No findings to step through");
                return Vec::new();
            };
            return effects;
        }
    };
    notify(state, missing);
    Vec::new()
}

/// The nearest span on the lane in the state of the selected one, for the same reason.
fn same_kind(document: &Document, step: i32) -> Result<Span, &'static str> {
    let Selection::Span(at) = document.selection else { return Err("Select a span first") };
    let trace = &document.trace;
    let span = trace.span(at).ok_or("Select a span first")?;
    let is_same = |other: &Span| {
        let same_go = matches!(at.lane, LaneId::Goroutine(_)) || other.go == span.go;
        (other.state, other.reason) == (span.state, span.reason) && same_go
    };
    let mut here = at;
    for _ in 0..MOST_SPANS {
        let next = if step > 0 { trace.next_span(here) } else { trace.prev_span(here) };
        let Some(next) = next else { return Err("No further span of this kind on the lane") };
        if is_same(&next) {
            return Ok(next);
        }
        here = next.at;
    }
    Err("No span of this kind nearby on the lane: search for it instead")
}

/// Where steps begin: at the selected span, else in the middle of the view.
fn here(document: &Document) -> TraceTime {
    let selected = match document.selection {
        Selection::Span(at) => document.trace.span(at).map(|span| span.range.start),
        _ => None,
    };
    let middle = || document.view.map(|view| view.range()).map(|range| range.start.plus_nanos(range.nanos() / 2));
    selected.or_else(middle).unwrap_or(TraceTime::MIN)
}

fn gc_cycle(document: &Document, step: i32) -> Option<Span> {
    let trace = &document.trace;
    if let Selection::Span(at) = document.selection
        && at.lane == LaneId::Gc
    {
        return if step > 0 { trace.next_span(at) } else { trace.prev_span(at) };
    }
    let here = here(document);
    if step > 0 {
        let later = TimeRange::new(here, TraceTime::MAX);
        return trace.spans(LaneId::Gc, later).find(|span| span.range.start > here);
    }
    trace.spans(LaneId::Gc, TimeRange::new(TraceTime::MIN, here)).filter(|span| span.range.start < here).last()
}

/// The gap in the data that begins next after (or before) the one pointed out, or the middle of the view.
fn gap(document: &Document, step: i32) -> Option<TimeRange> {
    let trace = &document.trace;
    let all = trace.gaps().chain(trace.thread_gaps().iter().map(|gap| gap.range));
    let here = document.highlight.map_or_else(|| here(document), |range| range.start);
    if step > 0 {
        return all.filter(|range| range.start > here).min_by_key(|range| range.start);
    }
    all.filter(|range| range.start < here).max_by_key(|range| range.start)
}

/// The next finding, unfolded in its panel, and where it shows best.
fn finding(document: &mut Document, step: i32) -> Option<Vec<Effect>> {
    let findings = document.queries.answer(&ask::Findings)?;
    let findings: &Findings = findings;
    let count = i32::try_from(findings.list.len()).ok().filter(|count| *count > 0)?;
    let next = match document.finding.and_then(|rank| i32::try_from(rank).ok()) {
        Some(rank) => (rank + step).rem_euclid(count),
        None if step > 0 => 0,
        None => count - 1,
    };
    let next = usize::try_from(next).ok()?;
    let place = findings.list.get(next)?.links.first().map(|place| (place.go, place.range));
    document.finding = Some(next);
    document.findings_shown = true;
    if let Some((go, range)) = place {
        go_to_stretch(document, LaneId::Goroutine(go), range);
    }
    Some(vec![Effect::Window(WindowEffect::OpenPanel(Panel::Findings))])
}
