//! Tests of [`super`]: places of rows, folded and not, small and huge.

use std::sync::Arc;

use trace_core::base::ids::{GoroutineIdx, ProcIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use super::{Order, RowOptions, Rows, region_sums};
use crate::state::folds::Folds;
use crate::state::layout::Layout;
use crate::state::row::{HEADING_HEIGHT, LANE_HEIGHT, REGION_HEIGHT, Row, RowKind};
use crate::state::section::Section;

/// Two procs, one thread, `goroutines` goroutines in reverse order; every `every`-th one has regions
/// `every % 3 + 1` deep.
fn rows(goroutines: u32, every: u32) -> Rows {
    let order = Order::by_key(goroutines, |idx| goroutines - idx);
    Rows {
        procs: Order::by_key(2, |idx| 2 - idx),
        threads: Order::by_key(1, |idx| idx),
        regions: region_sums(&order, |idx| if idx % every == 0 { every % 3 + 1 } else { 0 }),
        goroutines: order,
        ..Rows::default()
    }
}

#[test]
fn hidden_goroutines_have_no_rows() {
    let order = Order::of(50, (0..50).filter(|idx| idx % 10 == 3), |idx| 50 - idx);
    let rows = Rows { regions: region_sums(&order, |idx| u32::from(idx == 13)), goroutines: order, ..rows(50, 7) };
    let folds = Folds::NONE;
    let layout = Layout::of(&rows, &folds, None);
    let shown: Vec<u32> = all(&layout)
        .iter()
        .filter_map(|row| match row.lane() {
            Some(LaneId::Goroutine(go)) => Some(go.0),
            _ => None,
        })
        .collect();
    assert_eq!(shown, [43, 33, 23, 13, 3]);
    assert_eq!(layout.row_of(LaneId::Goroutine(GoroutineIdx(4))), None);
    assert!(layout.row_of(LaneId::Goroutine(GoroutineIdx(3))).is_some());
    assert_eq!(rows.lanes_in(Section::Goroutines), 5);
}

fn all(layout: &Layout<'_>) -> Vec<Row> {
    layout.rows_between(0.0, f64::INFINITY).collect()
}

#[test]
fn rows_lie_one_below_the_other() {
    let rows = rows(50, 7);
    let folds = Folds::NONE;
    let layout = Layout::of(&rows, &folds, None);
    let all = all(&layout);
    assert_eq!(all.len(), 2 + 3 + 2 + 51);
    let mut bottom = 0.0;
    for row in &all {
        assert_eq!(row.top, bottom, "{row:?}");
        bottom += row.height;
        for y in [row.top, row.top + row.height / 2.0, row.top + row.height - 1e-6] {
            assert_eq!(layout.row_at(y), Some(*row), "at {y}");
        }
        if let Some(lane) = row.lane() {
            assert_eq!(layout.row_of(lane), Some(*row));
        }
    }
    assert_eq!(layout.height(), bottom);
    assert_eq!(layout.row_at(bottom), None);
    assert_eq!(layout.row_at(-0.1), None);
}

#[test]
fn rows_come_in_order_with_room_for_regions() {
    let rows = rows(5, 2);
    let folds = Folds::default();
    let kinds: Vec<RowKind> = all(&Layout::of(&rows, &folds, None)).iter().map(|row| row.kind).collect();
    let go = |idx| RowKind::Lane(LaneId::Goroutine(GoroutineIdx(idx)));
    assert_eq!(
        kinds,
        [
            RowKind::Heading(Section::Goroutines),
            go(4),
            go(3),
            go(2),
            go(1),
            go(0),
            RowKind::Heading(Section::Procs),
            RowKind::Lane(LaneId::Proc(ProcIdx(1))),
            RowKind::Lane(LaneId::Proc(ProcIdx(0))),
            RowKind::Heading(Section::Threads),
            RowKind::Lane(LaneId::Gc),
            RowKind::Lane(LaneId::Stw),
        ]
    );
    let row = Layout::of(&rows, &folds, None).row_of(LaneId::Goroutine(GoroutineIdx(2))).expect("a row");
    assert_eq!(row.region_lines, 3);
    assert_eq!(row.height, LANE_HEIGHT + 3.0 * REGION_HEIGHT);
    assert_eq!(row.top, HEADING_HEIGHT + 2.0 * LANE_HEIGHT + 3.0 * REGION_HEIGHT);
}

#[test]
fn a_folded_lane_is_found_at_its_heading() {
    let rows = rows(5, 9);
    let mut folds = Folds::NONE;
    folds.toggle(Section::Goroutines);
    let layout = Layout::of(&rows, &folds, None);
    let row = layout.row_of(LaneId::Goroutine(GoroutineIdx(3))).expect("a row");
    assert_eq!(row.kind, RowKind::Heading(Section::Goroutines));
    assert_eq!((row.top, row.height), (0.0, HEADING_HEIGHT));
    folds.unfold(Section::Goroutines);
    assert_eq!(folds, Folds::NONE);
    assert_eq!(Layout::of(&rows, &folds, None).row_of(LaneId::Goroutine(GoroutineIdx(5))), None);
}

#[test]
fn two_million_goroutines_keep_exact_places() {
    let rows = rows(2_000_000, 1000);
    let folds = Folds::default();
    let layout = Layout::of(&rows, &folds, None);
    for idx in [0, 1, 999, 1000, 1001, 1_234_567, 1_999_999] {
        let lane = LaneId::Goroutine(GoroutineIdx(idx));
        let row = layout.row_of(lane).expect("a row");
        assert_eq!(layout.row_at(row.top).and_then(|row| row.lane()), Some(lane));
        assert_eq!(layout.row_at(row.top + row.height - 0.01).and_then(|row| row.lane()), Some(lane));
        assert_eq!(row.top.fract(), 0.0);
    }
}

#[test]
fn an_empty_trace_has_the_collector_and_headings() {
    let rows = Rows::default();
    let folds = Folds::default();
    assert_eq!(Layout::of(&rows, &folds, None).height(), 2.0 * LANE_HEIGHT + 3.0 * HEADING_HEIGHT);
    assert_eq!(rows.lanes_in(Section::Goroutines), 0);
}

/// A trace of goroutines that begin and end, with rows in groups.
fn grouped() -> (Arc<Trace>, Rows) {
    let bytes = include_bytes!("../../../assets/sample.trace");
    let trace = trace_core::load::load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("the sample");
    let rows = Rows::build(&trace, &RowOptions::default());
    (trace, rows)
}

#[test]
fn every_goroutine_is_on_a_row_of_its_group() {
    let (trace, rows) = grouped();
    let mut folds = Folds::NONE;
    let groups = rows.groups().expect("groups");
    folds.fold_groups(groups.list(), false);
    let layout = Layout::of(&rows, &folds, None);
    for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
        let row = layout.row_of(LaneId::Goroutine(go)).expect("a row");
        let is_on_it = match row.kind {
            RowKind::Shared(at) => groups.on_row(at).any(|other| other == go),
            kind => kind == RowKind::Lane(LaneId::Goroutine(go)),
        };
        assert!(is_on_it, "{go:?} on {row:?}");
        assert_eq!(layout.row_at(row.top + 1.0), Some(row));
    }
    let mut bottom = 0.0;
    for row in all(&layout) {
        assert_eq!(row.top, bottom);
        bottom += row.height;
    }
    assert_eq!(layout.height(), bottom);
    let mut all_folded = Folds::NONE;
    all_folded.fold_groups(groups.list(), true);
    let folded = Layout::of(&rows, &all_folded, None);
    let in_groups = groups.list().iter().filter(|group| !group.is_single()).count();
    assert_eq!(all(&folded).iter().filter(|row| matches!(row.kind, RowKind::Group(_))).count(), in_groups);
    assert!(folded.height() < layout.height());
}

#[test]
fn rows_without_time_in_view_go_and_are_counted() {
    let (trace, rows) = grouped();
    let mut folds = Folds::NONE;
    folds.fold_groups(rows.groups().expect("groups").list(), false);
    let start = trace.range().start;
    let (whole, first) = (Layout::of(&rows, &folds, Some(trace.range())), TimeRange::new(start, start.plus_nanos(1)));
    assert_eq!(whole.hidden(Section::Goroutines), 0);
    let few = Layout::of(&rows, &folds, Some(first));
    assert!(few.hidden(Section::Goroutines) > 0 && few.height() < whole.height());
    let groups = rows.groups().expect("groups");
    for row in all(&few) {
        if let RowKind::Shared(at) = row.kind {
            assert!(groups.count_on(at, first) > 0);
        }
    }
}
