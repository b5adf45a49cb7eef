//! Stack frames over time, below a pinned lane: the outermost function first, a line each. Those of events are exact: a
//! goroutine that waits keeps its stack. While it runs only CPU samples tell, which are lighter: each counts until the next.

use trace_core::base::ids::StackId;
use trace_core::base::time::TimeRange;
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::{Cell, Span};
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::theme::lanes::family;
use crate::timeline::grid::Grid;
use crate::timeline::scene::thinned;
use crate::timeline::stack_bars::{StackBar, function_of};

/// Stacks of a row that are looked at in one go.
const STACKS_MOST: usize = 4_000;
/// Bars narrower than this many columns have no names.
const NAMED_COLUMNS: i64 = 8;
/// A stack for a while.
struct Stretch {
    range: TimeRange,
    stack: StackId,
    is_sample: bool,
}

/// The bars of a lane in the columns of a grid, on at most `lines` lines; deeper frames do not show.
pub(super) fn bars(trace: &Trace, (lane, lines): (LaneId, u32), cells: &[Cell], grid: &Grid) -> Vec<StackBar> {
    let mut bars: Vec<StackBar> = Vec::new();
    // The last bar of each line, for as long as nothing has come between.
    let mut open: Vec<usize> = Vec::new();
    let mut end = None;
    for stretch in stretches(trace, lane, cells, grid) {
        let frames: Vec<_> = trace.frames(stretch.stack).collect();
        let depth = frames.len().min(lines as usize);
        if end != Some(stretch.range.start) {
            open.clear();
        }
        end = Some(stretch.range.end);
        let mut goes_on = true;
        for (at, frame) in frames.iter().rev().take(depth).enumerate() {
            let known = open.get(at).copied().filter(|_| goes_on).and_then(|bar| bars.get_mut(bar));
            let same = known.filter(|bar| {
                (bar.samples > 0) == stretch.is_sample && function_of(trace, bar.frame) == Some(frame.function)
            });
            if let Some(bar) = same {
                bar.range.end = stretch.range.end;
                bar.samples += u32::from(stretch.is_sample);
                continue;
            }
            goes_on = false;
            open.truncate(at);
            open.push(bars.len());
            bars.push(StackBar {
                range: stretch.range,
                depth: u32::try_from(at).unwrap_or(u32::MAX),
                frame: (stretch.stack, u32::try_from(frames.len() - 1 - at).unwrap_or(0)),
                samples: u32::from(stretch.is_sample),
                name: String::new(),
                package: family(name::package(frame.function)),
            });
        }
        open.truncate(depth);
    }
    let least = grid.column_nanos.saturating_mul(NAMED_COLUMNS);
    for bar in bars.iter_mut().filter(|bar| bar.range.intersect(grid.range()).nanos() >= least) {
        bar.name = function_of(trace, bar.frame).map(|full| name::function(full).to_owned()).unwrap_or_default();
    }
    bars
}

/// What is known of the stack of a lane, in the order of time.
fn stretches(trace: &Trace, lane: LaneId, cells: &[Cell], grid: &Grid) -> Vec<Stretch> {
    let mut found = Vec::new();
    for cell in cells.iter().filter(|cell| cell.count == 1 && cell.class != SpanClass::None) {
        let Some(span) = trace.span(cell.first) else { continue };
        if span.state == GoState::Running {
            sampled(trace, (lane, &span), grid, &mut found);
        } else if let Some(stack) = known_stack(trace, &span) {
            found.push(Stretch { range: span.range, stack, is_sample: false });
        }
        if found.len() >= STACKS_MOST {
            break;
        }
    }
    found
}

/// The stack that a goroutine has while it does not run. One that is runnable is still where it left off.
fn known_stack(trace: &Trace, span: &Span) -> Option<StackId> {
    let own = Some(span.start_stack).filter(|stack| stack.is_some());
    let before = || trace.prev_span(span.at).map(|before| before.end_stack).filter(|stack| stack.is_some());
    own.or_else(before)
}

/// The samples of a running span: each counts until the next one, the last one until the span ends.
fn sampled(trace: &Trace, (lane, span): (LaneId, &Span), grid: &Grid, found: &mut Vec<Stretch>) {
    let seen = span.range.intersect(grid.range());
    let within = |range: TimeRange| trace.samples(lane, range.intersect(seen)).next();
    let samples = thinned(grid, within, |sample| sample.time);
    for (at, sample) in samples.iter().enumerate().filter(|(_, sample)| sample.stack.is_some()) {
        let end = samples.get(at + 1).map_or(span.range.end, |next| next.time);
        found.push(Stretch { range: TimeRange::new(sample.time, end), stack: sample.stack, is_sample: true });
    }
}

#[cfg(test)]
mod tests {
    use super::bars;
    use crate::timeline::grid::Grid;
    use crate::timeline::scene::LaneScene;
    use crate::timeline::stack_bars::{StackBar, function_of};
    use trace_core::analysis::tags::Tags;
    use trace_core::base::ids::GoroutineIdx;
    use trace_core::base::monitor::Monitor;
    use trace_core::event::state::GoState;
    use trace_core::load;
    use trace_core::model::lanes::LaneId;

    fn with_all_bars(file: &str, mut look: impl FnMut(&trace_core::model::trace::Trace, LaneId, &[StackBar])) {
        let trace = load::load_path(file.as_ref(), &Monitor::new(), &mut |_| {}).expect("a trace");
        let range = trace.range();
        let column_nanos = (range.nanos() / 20_000).max(1);
        let first = range.start.0.div_euclid(column_nanos);
        let grid = Grid { column_nanos, first, count: 20_002 };
        for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
            let lane = LaneId::Goroutine(go);
            let scene = LaneScene::new(&trace, &Tags::default(), lane, &grid);
            look(&trace, lane, &bars(&trace, (lane, 64), &scene.cells, &grid));
        }
    }

    #[test]
    fn frames_of_events_are_those_of_the_span_there_and_lie_within_their_callers() {
        let mut seen = 0;
        with_all_bars("../assets/sample.trace", |trace, lane, bars| {
            for bar in bars.iter().filter(|bar| bar.samples == 0) {
                let span = trace.span_at(lane, bar.range.start).expect("a span");
                assert_ne!(span.state, GoState::Running);
                assert!(function_of(trace, bar.frame).is_some_and(|function| !function.is_empty()));
                let caller = bars.iter().find(|other| {
                    other.depth + 1 == bar.depth
                        && other.range.start <= bar.range.start
                        && other.range.end >= bar.range.end
                });
                assert!(bar.depth == 0 || caller.is_some(), "{bar:?}");
                seen += 1;
            }
        });
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn running_goroutines_have_frames_of_samples_only() {
        let mut samples = 0;
        with_all_bars("../tests/data/real/cpuprofile-go1.27.trace", |trace, lane, bars| {
            for bar in bars.iter().filter(|bar| bar.samples > 0) {
                let span = trace.span_at(lane, bar.range.start).expect("a span");
                assert_eq!(span.state, GoState::Running, "{bar:?}");
                samples += bar.samples;
            }
        });
        assert!(samples > 20, "{samples}");
    }
}
