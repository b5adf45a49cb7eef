//! Two open traces that are compared, of a series maybe: how their times lie over each other, and what the
//! user chose.

use trace_core::analysis::compare::anchor::Anchor;
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::partners::Correction;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::series::Instance;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::comparison::divisor::Divisor;
use crate::state::compare_query::{CompareQueries, ask};
use crate::state::document::{Document, DocumentId};
use crate::state::folds::Folds;
use crate::state::view::View;

/// One of two traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// What was: the first, upper trace.
    A,
    /// What is compared with it.
    B,
}

impl Side {
    /// Both sides, A first.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other side of the two.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// The letter on screen: `A` or `B`.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// Its place in pairs of things.
    #[must_use]
    pub const fn at(self) -> usize {
        self as usize
    }
}

/// Which instants of the two belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// The first ones of what is looked at.
    #[default]
    Start,
    /// Those of the same wall-clock time.
    WallClock,
    /// The two that the user chose.
    Anchors,
    /// The first and the last ones: B is stretched to the length of A.
    Stretch,
}

impl Align {
    /// All, in the order of menus.
    pub const ALL: [Self; 4] = [Self::Start, Self::WallClock, Self::Anchors, Self::Stretch];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "Starts",
            Self::WallClock => "Wall clock",
            Self::Anchors => "Anchors",
            Self::Stretch => "Equal length",
        }
    }
}

/// Names a row of the comparison: its kind, and its name in A (in B if it is only there).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowKey {
    /// What it is about.
    pub kind: RowKind,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Whether A has it.
    pub in_a: bool,
}

impl RowKey {
    /// The name of a row.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        Self { kind: change.kind, name: change.name.clone(), in_a: change.a.is_some() }
    }

    /// Whether it names this row.
    #[must_use]
    pub fn is(&self, change: &Change) -> bool {
        self.kind == change.kind && self.in_a == change.a.is_some() && self.name == change.name
    }
}

/// A place on a timeline that is shown beside one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineSpot {
    /// The lane; `None` if it is on no lane of its own.
    pub lane: Option<LaneId>,
    /// The stretch of time to show.
    pub range: TimeRange,
}

impl TimelineSpot {
    /// Where an instance of a row of this kind lies.
    #[must_use]
    pub fn of(kind: RowKind, instance: Instance, trace: &Trace) -> Self {
        let lane = match kind {
            RowKind::Gc => Some(LaneId::Gc),
            RowKind::Stw => Some(LaneId::Stw),
            _ => (instance.go < trace.goroutine_count()).then_some(LaneId::Goroutine(GoroutineIdx(instance.go))),
        };
        Self { lane, range: instance.range }
    }
}

/// What is asked for before the traces are there (by the command line).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingAlign {
    /// How to lay the times over each other.
    pub align: Align,
    /// What lies at time zero of both, for [`Align::Anchors`].
    pub anchor: Option<Anchor>,
    /// The stretch of each that counts, nanoseconds from time zero; without a border it is the trace's own.
    pub stretches: [Option<[Option<i64>; 2]>; 2],
}

/// Recordings that a series has at most.
pub const MOST_IN_SERIES: usize = 12;

/// How the difference flame graph is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlameView {
    /// CPU samples, instead of waits and system calls.
    pub on_cpu: bool,
    /// The node that fills the width, by its place in the graph.
    pub zoom: usize,
    /// Nodes of the graph that `zoom` is of: in another graph it means nothing.
    pub nodes: usize,
    /// Functions whose names have this in them stand out.
    pub search: String,
}

/// Two traces that are compared.
#[derive(Clone, Debug)]
pub struct OpenComparison {
    /// The documents of A and of B.
    pub sides: [DocumentId; 2],
    /// All recordings of a series in their order, both sides among them; empty if there are but two.
    pub series: Vec<DocumentId>,
    /// Zooming and panning one moves the other.
    pub is_linked: bool,
    /// Which instants belong together.
    pub align: Align,
    /// The chosen instants, for [`Align::Anchors`].
    pub anchors: [Option<TraceTime>; 2],
    /// By how much B is shown later than that, nanoseconds of A.
    pub shift_nanos: f64,
    /// The stretch that counts of those recordings of which not all does.
    pub limits: Vec<(DocumentId, TimeRange)>,
    /// What is to be done once both are loaded.
    pub pending_align: Option<PendingAlign>,
    /// What was folded before: two timelines leave little room.
    pub folds_before: Vec<(DocumentId, Folds)>,
    /// Height of each one's counters, points; 0 when folded. Two timelines leave little room for them.
    pub counters_points: f32,
    /// What figures are divided by.
    pub per: Divisor,
    /// Rows that the user put together or apart.
    pub corrections: Vec<Correction>,
    /// The row of which more is shown.
    pub row: Option<RowKey>,
    /// What was found out about the two.
    pub queries: CompareQueries,
    /// How the difference flame graph is shown.
    pub flame: FlameView,
    /// Whether both have been shown whole, once there was something of both.
    pub is_fitted: bool,
}

/// Time of A → time of B: `b = b0 + (a − a0) · scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    a0: f64,
    b0: f64,
    scale: f64,
}

impl Link {
    /// The instant of the other trace that belongs to one of `side`, nanoseconds on their clocks.
    #[must_use]
    pub fn across(&self, side: Side, nanos: f64) -> f64 {
        match side {
            Side::A => self.b0 + (nanos - self.a0) * self.scale,
            Side::B => self.a0 + (nanos - self.b0) / self.scale,
        }
    }

    /// The view of the other trace that shows the same times as `view` of `side`.
    #[must_use]
    pub fn view_across(&self, side: Side, view: View, scroll_points: f64) -> View {
        let span = match side {
            Side::A => view.span_nanos * self.scale,
            Side::B => view.span_nanos / self.scale,
        };
        View { start_nanos: self.across(side, view.start_nanos), span_nanos: span, scroll_points }
    }

    /// `range` of the other trace in times of `side`.
    #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
    fn range_to(&self, side: Side, range: TimeRange) -> TimeRange {
        let to = |time: TraceTime| TraceTime(self.across(side.other(), time.0 as f64).round() as i64);
        TimeRange::new(to(range.start), to(range.end))
    }

    /// What both traces cover together, in times of `side`.
    #[must_use]
    pub fn reach(&self, side: Side, own: TimeRange, others: TimeRange) -> TimeRange {
        let others = self.range_to(side, others);
        TimeRange::new(own.start.min(others.start), own.end.max(others.end))
    }
}

impl OpenComparison {
    /// A and B, aligned by their starts.
    #[must_use]
    pub fn new(a: DocumentId, b: DocumentId) -> Self {
        Self {
            sides: [a, b],
            series: Vec::new(),
            is_linked: true,
            align: Align::Start,
            anchors: [None; 2],
            shift_nanos: 0.0,
            limits: Vec::new(),
            pending_align: None,
            folds_before: Vec::new(),
            counters_points: 0.0,
            per: Divisor::Second,
            corrections: Vec::new(),
            row: None,
            queries: CompareQueries::default(),
            flame: FlameView::default(),
            is_fitted: false,
        }
    }

    /// Which side a document is.
    #[must_use]
    pub fn side_of(&self, id: DocumentId) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.sides[side.at()] == id)
    }

    /// All that are compared: the series, or the two.
    #[must_use]
    pub fn members(&self) -> &[DocumentId] {
        if self.series.is_empty() { &self.sides } else { &self.series }
    }

    /// Whether it is one of those that are compared.
    #[must_use]
    pub fn has(&self, id: DocumentId) -> bool {
        self.members().contains(&id)
    }

    /// The stretch that a recording was limited to.
    #[must_use]
    pub fn limit(&self, id: DocumentId) -> Option<TimeRange> {
        self.limits.iter().find(|known| known.0 == id).map(|known| known.1)
    }

    /// Lets only this stretch of a recording count, or all of it.
    pub fn set_limit(&mut self, id: DocumentId, range: Option<TimeRange>) {
        self.limits.retain(|known| known.0 != id);
        self.limits.extend(range.map(|range| (id, range)));
    }

    /// The stretch of a recording that counts.
    #[must_use]
    pub fn range(&self, document: &Document) -> TimeRange {
        let whole = document.trace.range();
        self.limit(document.id).map_or(whole, |range| range.intersect(whole))
    }

    /// Makes a series of the two with one more, or adds it to the series.
    pub fn add(&mut self, id: DocumentId) {
        if self.series.is_empty() {
            self.series.extend(self.sides);
        }
        self.series.push(id);
    }

    /// Takes a recording away; `false` if fewer than two are left.
    pub fn take_out(&mut self, id: DocumentId) -> bool {
        let left: Vec<DocumentId> = self.members().iter().copied().filter(|known| *known != id).collect();
        let kept: Vec<DocumentId> = self.sides.into_iter().filter(|side| *side != id).collect();
        let mut sides = kept.iter().chain(left.iter().filter(|other| !kept.contains(other))).copied();
        let (Some(first), Some(second)) = (sides.next(), sides.next()) else { return false };
        // In the order of the series; of two sides that stay, in theirs.
        let turned =
            kept.len() < 2 && left.iter().position(|one| *one == first) > left.iter().position(|one| *one == second);
        self.sides = if turned { [second, first] } else { [first, second] };
        self.series = if left.len() > 2 { left } else { Vec::new() };
        self.set_limit(id, None);
        true
    }

    /// How the times of the two belong together. An alignment that is impossible counts as one by starts.
    #[must_use]
    pub fn link(&self, a: &Document, b: &Document) -> Link {
        let (range_a, range_b) = (self.range(a), self.range(b));
        let starts = (range_a.start.0 as f64, range_b.start.0 as f64, 1.0);
        let (a0, b0, scale) = match self.align {
            Align::Start => starts,
            Align::WallClock => same_clock(&a.trace, &b.trace).map_or(starts, |(a0, b0)| (a0, b0, 1.0)),
            Align::Anchors => match self.anchors {
                [Some(a), Some(b)] => (a.0 as f64, b.0 as f64, 1.0),
                _ => starts,
            },
            Align::Stretch => {
                let (long_a, long_b) = (range_a.nanos() as f64, range_b.nanos() as f64);
                (starts.0, starts.1, if long_a > 0.0 && long_b > 0.0 { long_b / long_a } else { 1.0 })
            }
        };
        Link { a0, b0: b0 - self.shift_nanos * scale, scale }
    }

    /// The chosen instant of a side, while it matters: they are aligned there, or the other one is awaited.
    #[must_use]
    pub fn anchor(&self, side: Side) -> Option<TraceTime> {
        let is_awaited = self.anchors.iter().any(Option::is_none);
        self.anchors[side.at()].filter(|_| is_awaited || self.align == Align::Anchors)
    }

    /// What is asked about the two as they are set now.
    #[must_use]
    pub fn query(&self, a: &Document, b: &Document) -> ask::Changes {
        ask::Changes {
            sides: [(a.id, self.range(a)), (b.id, self.range(b))],
            per: self.per.clone(),
            corrections: self.corrections.clone(),
        }
    }

    /// What is asked about the series as it is set now; `None` if there is none, or not all of it.
    #[must_use]
    pub fn series_query(&self, documents: &[Document]) -> Option<ask::Series> {
        let all =
            self.series.iter().map(|id| documents.iter().find(|document| document.id == *id && document.has_lanes()));
        let recordings: Vec<_> =
            all.map(|document| document.map(|known| (known.id, self.range(known)))).collect::<Option<_>>()?;
        (recordings.len() > 2).then(|| ask::Series {
            recordings,
            per: self.per.clone(),
            corrections: self.corrections.clone(),
        })
    }

    /// By how much B begins later than A as shown, nanoseconds of A.
    #[must_use]
    pub fn offset_nanos(&self, a: &Document, b: &Document) -> f64 {
        self.link(a, b).across(Side::B, b.trace.range().start.0 as f64) - a.trace.range().start.0 as f64
    }
}

/// A pair of instants of the same wall-clock time; `None` if one of the traces does not tell it.
#[must_use]
pub fn same_clock(a: &Trace, b: &Trace) -> Option<(f64, f64)> {
    let wall = |trace: &Trace| {
        let reading = trace.clock_snapshots().first()?;
        let unix = i128::from(reading.wall_secs) * 1_000_000_000 + i128::from(reading.wall_nanos);
        Some((reading.trace.0, unix))
    };
    let ((at_a, wall_a), (at_b, wall_b)) = (wall(a)?, wall(b)?);
    let b0 = i128::from(at_b) + (wall_a - wall_b);
    Some((at_a as f64, b0 as f64))
}

#[cfg(test)]
mod tests {
    use super::{Align, Link, OpenComparison, Side};
    use crate::state::document::{Document, DocumentId, LoadState, Source};
    use crate::state::view::View;
    use trace_core::base::time::{TimeRange, TraceTime};

    #[test]
    fn times_go_there_and_back() {
        let link = Link { a0: 1_000.0, b0: 5_000.0, scale: 0.5 };
        assert_eq!(link.across(Side::A, 1_100.0), 5_050.0);
        assert_eq!(link.across(Side::B, 5_050.0), 1_100.0);
        let view = View { start_nanos: 1_100.0, span_nanos: 80.0, scroll_points: 3.0 };
        let there = link.view_across(Side::A, view, 9.0);
        assert_eq!(there, View { start_nanos: 5_050.0, span_nanos: 40.0, scroll_points: 9.0 });
        assert_eq!(link.view_across(Side::B, there, 3.0), view);
    }

    #[test]
    fn reach_covers_both() {
        let link = Link { a0: 0.0, b0: 1_000.0, scale: 1.0 };
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        assert_eq!(link.reach(Side::A, range(0, 100), range(1_050, 1_300)), range(0, 300));
        assert_eq!(link.reach(Side::B, range(1_050, 1_300), range(0, 100)), range(1_000, 1_300));
    }

    #[test]
    fn impossible_alignments_count_as_starts() {
        let document = |id| Document::new(DocumentId(id), Source::Sample, LoadState::Ready);
        let (a, b) = (document(0), document(1));
        let mut pair = OpenComparison::new(a.id, b.id);
        let starts = pair.link(&a, &b);
        for align in Align::ALL {
            pair.align = align;
            assert_eq!(pair.link(&a, &b), starts, "{align:?}");
        }
        pair.shift_nanos = 250.0;
        assert_eq!(pair.offset_nanos(&a, &b), 250.0);
    }

    #[test]
    fn a_series_loses_recordings_until_two_are_left() {
        let ids = [0, 1, 2, 3].map(DocumentId);
        let mut pair = OpenComparison::new(ids[0], ids[1]);
        assert_eq!(pair.members(), [ids[0], ids[1]]);
        pair.add(ids[2]);
        pair.add(ids[3]);
        assert_eq!((pair.members(), pair.sides), (&ids[..], [ids[0], ids[1]]));
        assert!(pair.take_out(ids[1]));
        assert_eq!(pair.sides, [ids[0], ids[2]], "the next one takes its place");
        assert!(pair.take_out(ids[0]));
        assert_eq!((pair.sides, pair.series.len()), ([ids[2], ids[3]], 0), "two are no series");
        assert!(!pair.take_out(ids[2]));
    }
}
