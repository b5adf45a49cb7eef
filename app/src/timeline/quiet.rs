//! Which cells of a row a search does not match: they stay behind the others.

use trace_core::analysis::search::hits::Hits;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Cell;
use trace_core::model::trace::Trace;

use crate::state::rows::Rows;
use crate::timeline::scene::LaneScene;
use crate::timeline::track::Track;

/// Spans of merged cells that are looked at in a row. Cells behind them count as matching: better one too many in front
/// than one too few.
const SPANS_MOST: usize = 20_000;

/// Notes which cells of a row have nothing that matches.
pub(super) fn mark(scene: &mut LaneScene, (trace, rows, hits): (&Trace, &Rows, &Hits), track: Track) {
    let mut left = SPANS_MOST;
    let quiet: Vec<bool> = scene
        .cells
        .iter()
        .map(|cell| match cell.count {
            1 => !trace.span(cell.first).is_some_and(|span| hits.matches_span(trace, &span)),
            _ => !lanes_of(rows, track, cell).into_iter().any(|lane| has_match(trace, hits, (lane, cell), &mut left)),
        })
        .collect();
    scene.quiet = if quiet.contains(&true) { quiet } else { Vec::new() };
}

/// The lanes with spans in a merged cell.
fn lanes_of(rows: &Rows, track: Track, cell: &Cell) -> Vec<LaneId> {
    match (track, rows.groups()) {
        (Track::Shared(row), Some(groups)) => {
            groups.alive_on(row, cell.range).take(SPANS_MOST).map(LaneId::Goroutine).collect()
        }
        _ => vec![cell.first.lane],
    }
}

fn has_match(trace: &Trace, hits: &Hits, (lane, cell): (LaneId, &Cell), left: &mut usize) -> bool {
    for span in trace.spans(lane, cell.range) {
        if *left == 0 {
            return true;
        }
        *left -= 1;
        if span.class != SpanClass::None && hits.matches_span(trace, &span) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::mark;
    use crate::state::rows::{RowOptions, Rows};
    use crate::timeline::grid::Grid;
    use crate::timeline::scene::LaneScene;
    use crate::timeline::track::Track;
    use trace_core::analysis::search::parse::parse;
    use trace_core::analysis::search::run::search;
    use trace_core::base::ids::GoroutineIdx;
    use trace_core::base::monitor::Monitor;
    use trace_core::event::state::SpanClass;
    use trace_core::load;
    use trace_core::model::lanes::LaneId;

    #[test]
    fn what_a_search_does_not_match_stays_behind_at_every_scale() {
        let bytes = std::fs::read("../assets/sample.trace").expect("the sample");
        let trace = load::load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("a trace");
        let rows = Rows::build(&trace, &RowOptions::default());
        let hits = search(&trace, &parse("state:running"), 10, &Monitor::new(), &mut |_| {}).expect("nobody stops it");
        let range = trace.range();
        let (mut front, mut behind) = (0, 0);
        for count in [1_i64, 40, 4_000] {
            let column_nanos = (range.nanos() / count).max(1);
            let first = range.start.0.div_euclid(column_nanos);
            let grid = Grid { column_nanos, first, count: u32::try_from(count).expect("few") + 2 };
            for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
                let lane = LaneId::Goroutine(go);
                let mut scene = LaneScene::new(&trace, rows.tags(), lane, &grid);
                mark(&mut scene, (&trace, &rows, &hits), Track::Lane(lane));
                for (at, cell) in scene.cells.iter().enumerate() {
                    let runs = cell.nanos[SpanClass::Running as usize] > 0 || cell.class == SpanClass::Running;
                    let quiet = scene.is_quiet(at);
                    assert!(!(runs && quiet), "{lane:?} {cell:?}");
                    front += usize::from(!quiet);
                    behind += usize::from(quiet);
                }
            }
        }
        assert!(front > 100 && behind > 100, "{front} in front, {behind} behind");
    }
}
