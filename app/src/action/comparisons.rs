//! What happens to two traces that are compared: which they are, how they lie over each other, what of
//! them is looked at. After every action the view of one follows that of the other while they are linked.

use std::path::PathBuf;

use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, ComparisonAction, SelectAction, ViewAction};
use crate::action::documents;
use crate::action::effect::{Effect, WindowEffect, notify};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::compare_query::{Changes, CompareQuery};
use crate::state::comparison::{Align, MOST_IN_SERIES, OpenComparison, RowKey, Side, TimelineSpot, same_clock};
use crate::state::document::{Document, DocumentId, Source};
use crate::state::query::ask;
use crate::state::questions::QueryState;
use crate::state::section::Section;
use crate::state::view::{FIT_AIR, Selection, View};

/// Parts of the height that a side has at least.
const LEAST_SHARE: f32 = 0.12;

/// Applies an action to one of the documents that are compared.
type Act = fn(&mut AppState, DocumentId, Action) -> Vec<Effect>;

/// Applies an action on the comparison; what is to be done besides is returned.
pub(super) fn apply(state: &mut AppState, action: ComparisonAction, act: Act) -> Vec<Effect> {
    match action {
        ComparisonAction::CompareWith(path) => compare_with(state, path),
        ComparisonAction::CompareDialog => vec![Effect::AskForComparison { adds: false }],
        ComparisonAction::AddToComparison(path) => add_file(state, path),
        ComparisonAction::AddDialog => vec![Effect::AskForComparison { adds: true }],
        ComparisonAction::Of(a, b) => compare(state, a, b),
        ComparisonAction::Add(id) => add(state, id),
        ComparisonAction::TakeOut(id) => take_out(state, id),
        ComparisonAction::Lower(id) => lower(state, id),
        ComparisonAction::PendingAlign(pending_align) => with(state, |pair| pair.pending_align = Some(pending_align)),
        ComparisonAction::ApplyPendingAlign => apply_pending_align(state),
        ComparisonAction::Leave => leave(state),
        ComparisonAction::Swap => with(state, |pair| {
            pair.sides.swap(0, 1);
            pair.anchors.swap(0, 1);
            pair.shift_nanos = -pair.shift_nanos;
            for correction in &mut pair.corrections {
                std::mem::swap(&mut correction.a, &mut correction.b);
            }
        }),
        ComparisonAction::ToggleLink => with(state, |pair| pair.is_linked ^= true),
        ComparisonAction::Align(align) => self::align(state, align),
        ComparisonAction::AlignSelections => align_selections(state),
        ComparisonAction::Anchor(side, time) => anchor(state, side, time),
        ComparisonAction::Offset(nanos) => offset(state, nanos),
        ComparisonAction::Share(share) => {
            state.settings.pair_share = share.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
            vec![Effect::SaveSettings]
        }
        ComparisonAction::Limit(side, range) => with(state, |pair| pair.set_limit(pair.sides[side.at()], range)),
        ComparisonAction::Per(per) => with(state, |pair| pair.per = per),
        ComparisonAction::ShowRow(row) => show_row(state, row, act),
        ComparisonAction::Correct(correction) => with(state, |pair| pair.corrections.push(correction)),
        ComparisonAction::ForgetCorrections => with(state, |pair| pair.corrections.clear()),
        ComparisonAction::ShowFlame(view) => with(state, |pair| pair.flame = view),
        ComparisonAction::Show(spots) => show(state, spots, act),
        ComparisonAction::ShowWhole => with(state, |pair| pair.is_fitted = false),
        ComparisonAction::Ask(query) => ask_both(state, query),
        ComparisonAction::Answered(query, answer) => with(state, |pair| pair.queries.answered(&query, answer)),
    }
}

fn with(state: &mut AppState, change: impl FnOnce(&mut OpenComparison)) -> Vec<Effect> {
    if let Some(pair) = &mut state.pair {
        change(pair);
    }
    Vec::new()
}

/// Opens a file as B beside the trace in front.
fn compare_with(state: &mut AppState, path: PathBuf) -> Vec<Effect> {
    state.dropped = None;
    let before = state.active;
    let mut effects = documents::open(state, Source::Path(path));
    if let (Some(a), Some(b)) = (before, state.active) {
        effects.extend(compare(state, a, b));
    }
    effects
}

fn compare(state: &mut AppState, a: DocumentId, b: DocumentId) -> Vec<Effect> {
    if a == b {
        notify(state, "Compare it with another trace: this is the same one");
        return Vec::new();
    }
    if state.document_by_id(a).is_none() || state.document_by_id(b).is_none() {
        return Vec::new();
    }
    let mut effects = leave(state);
    state.pair = Some(OpenComparison::new(a, b));
    state.active = Some(a);
    fold_procs(state);
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Changes)));
    effects
}

/// Opens a file as one more recording of what is compared; as B if nothing is.
fn add_file(state: &mut AppState, path: PathBuf) -> Vec<Effect> {
    if state.pair.is_none() {
        return compare_with(state, path);
    }
    state.dropped = None;
    let before = state.active;
    let mut effects = documents::open(state, Source::Path(path));
    let added = state.active;
    state.active = before;
    effects.extend(added.into_iter().flat_map(|id| add(state, id)));
    effects
}

fn add(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(pair) = &mut state.pair else { return Vec::new() };
    if pair.has(id) {
        notify(state, "This trace is among those that are compared");
        return Vec::new();
    }
    if pair.members().len() >= MOST_IN_SERIES {
        notify(state, format!("A series has {MOST_IN_SERIES} traces at the most"));
        return Vec::new();
    }
    pair.add(id);
    state.active = Some(pair.sides[0]);
    vec![Effect::Window(WindowEffect::OpenPanel(Panel::Series))]
}

/// Takes a recording out of the comparison, which ends with fewer than two.
fn take_out(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(pair) = state.pair.as_mut().filter(|pair| pair.has(id)) else { return Vec::new() };
    let (before, mut changed) = (pair.sides, pair.clone());
    if !changed.take_out(id) {
        return leave(state);
    }
    if changed.sides != before {
        changed.anchors = [None; 2];
        changed.shift_nanos = 0.0;
        changed.align = if changed.align == Align::Anchors { Align::Start } else { changed.align };
    }
    if before.contains(&id) && state.active.is_some_and(|active| before.contains(&active)) {
        state.active = Some(changed.sides[0]);
    }
    state.pair = Some(changed);
    part(state, id);
    fold_procs(state);
    Vec::new()
}

/// Shows another recording of the series below.
fn lower(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(pair) = state.pair.as_mut().filter(|pair| pair.has(id) && !pair.sides.contains(&id)) else {
        return Vec::new();
    };
    let before = std::mem::replace(&mut pair.sides[1], id);
    pair.anchors[1] = None;
    pair.shift_nanos = 0.0;
    if pair.align == Align::Anchors {
        pair.align = Align::Start;
    }
    state.active = Some(pair.sides[0]);
    part(state, before);
    fold_procs(state);
    Vec::new()
}

/// Two timelines leave little room: what procs did can be unfolded.
fn fold_procs(state: &mut AppState) {
    let Some(pair) = &mut state.pair else { return };
    for document in &mut state.documents {
        let is_new = pair.folds_before.iter().all(|known| known.0 != document.id);
        if !pair.sides.contains(&document.id) || !is_new {
            continue;
        }
        pair.folds_before.push((document.id, document.folds.clone()));
        if !document.folds.folded(Section::Procs) {
            document.folds.toggle(Section::Procs);
        }
    }
}

/// A recording is not shown along with another any more.
fn part(state: &mut AppState, id: DocumentId) {
    let folds = state.pair.as_mut().and_then(|pair| {
        let at = pair.folds_before.iter().position(|known| known.0 == id)?;
        Some(pair.folds_before.remove(at).1)
    });
    if let Some(document) = by_id(state, id) {
        if let Some(folds) = folds {
            document.folds = folds;
        }
        document.shared_reach = None;
        let bounds = document.trace.range();
        document.view = document.view.map(|view| view.clamp(bounds));
    }
}

/// What the command line asked for, now that both traces are there and what it names is looked up.
fn apply_pending_align(state: &mut AppState) -> Vec<Effect> {
    let Some((pair, documents)) = state.shown_pair() else { return Vec::new() };
    let Some(pending_align) = pair.pending_align.clone() else { return Vec::new() };
    let mut zeros = documents.map(|document| document.trace.range().start);
    let mut missing = None;
    if let Some(anchor) = &pending_align.anchor {
        for (side, document) in Side::BOTH.into_iter().zip(documents) {
            match document.queries.get(&ask::Anchor(anchor.clone())) {
                Some(QueryState::Answered(Some(time))) => zeros[side.at()] = *time,
                Some(QueryState::Answered(None) | QueryState::Failed) => missing = missing.or(Some(side)),
                Some(QueryState::Asked) | None => return Vec::new(),
            }
        }
    }
    let wholes = documents.map(|document| document.trace.range());
    let effects = match (&pending_align.anchor, missing) {
        (Some(anchor), Some(side)) => {
            notify(state, format!("{} has no {}: both are aligned by their starts", side.letter(), anchor.words()));
            align(state, Align::Start)
        }
        (Some(_), None) => with(state, |pair| {
            pair.anchors = zeros.map(Some);
            pair.align = Align::Anchors;
        }),
        (None, _) => align(state, pending_align.align),
    };
    with(state, |pair| {
        pair.pending_align = None;
        for (side, stretch) in Side::BOTH.into_iter().zip(pending_align.stretches) {
            let (zero, whole) = (zeros[side.at()], wholes[side.at()]);
            let Some([start, end]) = stretch else { continue };
            let at = |nanos: Option<i64>, border| nanos.map_or(border, |nanos| zero.plus_nanos(nanos));
            let range = TimeRange::new(at(start, whole.start), at(end, whole.end)).intersect(whole);
            pair.set_limit(pair.sides[side.at()], Some(range));
        }
    });
    effects
}

fn leave(state: &mut AppState) -> Vec<Effect> {
    let Some(pair) = &mut state.pair else { return Vec::new() };
    pair.queries.clear();
    let sides = pair.sides;
    for id in sides {
        part(state, id);
    }
    state.pair = None;
    Vec::new()
}

fn align(state: &mut AppState, align: Align) -> Vec<Effect> {
    let Some((_, [a, b])) = state.shown_pair() else { return Vec::new() };
    if align == Align::WallClock && same_clock(&a.trace, &b.trace).is_none() {
        notify(state, "One of the traces has no wall-clock time (Go 1.25 and later record it)");
        return Vec::new();
    }
    with(state, |pair| {
        pair.align = align;
        pair.shift_nanos = 0.0;
    })
}

/// The instant that the user points out in a document: the start of the mark or of the selected span.
fn chosen_instant(document: &Document) -> Option<TraceTime> {
    let span = match document.selection {
        Selection::Span(at) => document.trace.span(at).map(|span| span.range),
        Selection::Lane(LaneId::Goroutine(go)) => {
            let created = document.trace.goroutine(go).and_then(|go| go.created);
            created.map(|created| TimeRange::new(created, created.plus_nanos(1)))
        }
        Selection::Task(idx) => {
            document.trace.task(idx).and_then(|task| task.began).map(|began| TimeRange::new(began, began.plus_nanos(1)))
        }
        _ => None,
    };
    match (document.marked, span) {
        (Some(marked), Some(span)) if marked.overlaps(span) => Some(marked.start),
        (_, Some(span)) => Some(span.start),
        (marked, None) => marked.map(|marked| marked.start),
    }
}

fn align_selections(state: &mut AppState) -> Vec<Effect> {
    let Some((_, documents)) = state.shown_pair() else { return Vec::new() };
    let anchors = documents.map(chosen_instant);
    for (side, anchor) in Side::BOTH.into_iter().zip(anchors) {
        if anchor.is_none() {
            notify(state, format!("Select a span in {} first (or mark a stretch): it is aligned there", side.letter()));
            return Vec::new();
        }
    }
    with(state, |pair| {
        pair.anchors = anchors;
        pair.align = Align::Anchors;
        pair.shift_nanos = 0.0;
    })
}

/// Chooses an instant of one side; with one of the other they are aligned there.
fn anchor(state: &mut AppState, side: Side, time: TraceTime) -> Vec<Effect> {
    let other = side.other();
    let Some((pair, _)) = state.shown_pair() else { return Vec::new() };
    let is_whole = pair.anchors[other.at()].is_some();
    if !is_whole {
        let text = format!("Now choose the instant of {} that belongs to it", other.letter());
        notify(state, text);
    }
    with(state, |pair| {
        pair.anchors[side.at()] = Some(time);
        if is_whole {
            pair.align = Align::Anchors;
            pair.shift_nanos = 0.0;
        }
    })
}

fn offset(state: &mut AppState, nanos: f64) -> Vec<Effect> {
    let Some((pair, [a, b])) = state.shown_pair().filter(|_| nanos.is_finite()) else { return Vec::new() };
    // No further apart than that some of each stays in reach of the other.
    let most = (a.trace.range().nanos() + b.trace.range().nanos()) as f64;
    let shift = pair.shift_nanos + nanos.clamp(-most, most) - pair.offset_nanos(a, b);
    with(state, |pair| pair.shift_nanos = shift)
}

fn show_row(state: &mut AppState, row: RowKey, act: Act) -> Vec<Effect> {
    let Some((pair, documents)) = state.shown_pair() else { return Vec::new() };
    let [a, b] = documents;
    let mut spots = [None; 2];
    let mut instead = None;
    if let Some(found) = pair.queries.answer(&pair.query(a, b))
        && let Some(change) = found.found.changes.iter().find(|change| row.is(change))
    {
        for side in Side::BOTH {
            let series = change.places[side.at()].and_then(|place| found.measured[side.at()].rows.get(place));
            let slowest = series.and_then(|(_, series)| series.slowest().next());
            spots[side.at()] = slowest.map(|slowest| TimelineSpot::of(row.kind, slowest, &documents[side.at()].trace));
        }
        let alone =
            Side::BOTH.into_iter().find(|side| spots[side.at()].is_some() && spots[side.other().at()].is_none());
        instead = alone.and_then(|side| {
            let at = pair.link(a, b).across(side, spots[side.at()]?.range.start.0 as f64);
            counterpart(found, (side, documents[side.at()]), spots[side.at()]?, at).map(|lane| (side.other(), lane))
        });
    }
    let mut effects = with(state, |pair| pair.row = Some(row));
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Difference)));
    // Before the other side moves: that one leads.
    if let Some((side, lane)) = instead
        && let Some(id) = state.pair.as_ref().map(|pair| pair.sides[side.at()])
    {
        effects.extend(act(state, id, Action::View(ViewAction::Reveal { lane, time: None })));
    }
    effects.extend(show(state, spots, act));
    effects
}

/// What a side has no instance of happened on a goroutine of the other one: a goroutine with the same start function
/// to look at instead, one that lives at this instant if there is one among those that live longest.
fn counterpart(found: &Changes, (side, document): (Side, &Document), spot: TimelineSpot, nanos: f64) -> Option<LaneId> {
    let Some(LaneId::Goroutine(go)) = spot.lane else { return None };
    let (_, name) = document.trace.goroutine_name(go)?;
    let name = document.trace.str(name);
    let lives = |change: &&Change| change.kind == RowKind::Goroutine && change.places.iter().all(Option::is_some);
    let own = &found.measured[side.at()].rows;
    let is_it = |change: &&Change| {
        let place = change.places[side.at()];
        place.and_then(|place| own.get(place)).is_some_and(|row| row.0.1 == name)
    };
    let change = found.found.changes.iter().filter(lives).find(is_it)?;
    let other = found.measured[side.other().at()].rows.get(change.places[side.other().at()]?)?;
    let lives_then = |range: TimeRange| (range.start.0 as f64) <= nanos && nanos < range.end.0 as f64;
    let mut longest = other.1.slowest();
    let first = longest.next()?;
    let one = std::iter::once(first).chain(longest).find(|one| lives_then(one.range)).unwrap_or(first);
    Some(LaneId::Goroutine(GoroutineIdx(one.go)))
}

/// Selects one thing on each side and shows the two from the same place on.
fn show(state: &mut AppState, spots: [Option<TimelineSpot>; 2], act: Act) -> Vec<Effect> {
    let Some(pair) = &mut state.pair else { return Vec::new() };
    if let [Some(a), Some(b)] = spots {
        pair.anchors = [Some(a.range.start), Some(b.range.start)];
        pair.align = Align::Anchors;
        pair.shift_nanos = 0.0;
    }
    let sides = pair.sides;
    let longest = spots.iter().flatten().map(|spot| spot.range.nanos()).max().unwrap_or(0);
    let mut effects = Vec::new();
    for (id, spot) in sides.into_iter().zip(spots) {
        let Some(spot) = spot else { continue };
        let range = TimeRange::new(spot.range.start, spot.range.start.plus_nanos(longest));
        let span = |document: &Document| spot.lane.and_then(|lane| document.trace.span_at(lane, spot.range.start));
        let selected = state.document_by_id(id).and_then(span);
        let had_panels = state.document_by_id(id).is_some_and(|document| document.panels_shown);
        let mut then = vec![Action::View(ViewAction::RememberPlace)];
        match (selected, spot.lane) {
            (Some(span), _) => then.push(Action::Select(SelectAction::SelectSpan(span.at))),
            (None, Some(lane)) => then.push(Action::Select(SelectAction::SelectLane(lane))),
            (None, None) => {}
        }
        then.push(Action::Select(SelectAction::Mark(Some(spot.range))));
        then.extend(spot.lane.map(|lane| Action::View(ViewAction::Reveal { lane, time: None })));
        effects.extend(then.into_iter().flat_map(|action| act(state, id, action)));
        if let Some(document) = by_id(state, id) {
            // Both timelines need the room; a selection by hand opens what tells of it.
            document.panels_shown = had_panels;
            let reach = document.reach();
            document.view = document.view.map(|view| view.fit(range, FIT_AIR, reach));
        }
    }
    effects
}

fn ask_both(state: &mut AppState, query: CompareQuery) -> Vec<Effect> {
    let measured = |(id, range): &(DocumentId, TimeRange)| {
        state.document_by_id(*id)?.queries.answer(&ask::Measured(*range)).cloned()
    };
    let findings =
        |(id, _): &(DocumentId, TimeRange)| state.document_by_id(*id)?.queries.answer(&ask::Findings).cloned();
    let Some(all) = query.recordings().iter().map(measured).collect() else { return Vec::new() };
    let findings = query.recordings().iter().map(findings).collect();
    let Some(pair) = &mut state.pair else { return Vec::new() };
    let Some(monitor) = pair.queries.ask(query.clone()) else { return Vec::new() };
    vec![Effect::AnswerCompareQuery { query, measured: all, findings, monitor }]
}

/// What was in view of the two before an action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    sides: [DocumentId; 2],
    views: [Option<View>; 2],
}

/// Notes what is in view.
pub(super) fn before(state: &AppState) -> Option<Before> {
    let pair = state.pair.as_ref()?;
    let views = pair.sides.map(|id| state.document_by_id(id).and_then(|document| document.view));
    Some(Before { sides: pair.sides, views })
}

/// After an action: a pair whose trace was closed is none; how far the views may go; the one that was not
/// moved follows the one that was.
pub(super) fn settle(state: &mut AppState, before: Option<Before>) {
    let is_gone = |id: &DocumentId| state.document_by_id(*id).is_none();
    let gone: Vec<DocumentId> = state.pair.iter().flat_map(OpenComparison::members).copied().filter(is_gone).collect();
    for id in gone {
        take_out(state, id);
    }
    let Some(pair) = &state.pair else { return };
    let sides = pair.sides;
    let [a, b] = sides.map(|id| state.document_by_id(id).filter(|document| document.has_lanes()));
    let (Some(a), Some(b)) = (a, b) else { return };
    let (link, is_linked, is_fitted) = (pair.link(a, b), pair.is_linked, pair.is_fitted);
    let reaches =
        [link.reach(Side::A, a.trace.range(), b.trace.range()), link.reach(Side::B, b.trace.range(), a.trace.range())];
    let mut views = [a.view, b.view];
    // Of another pair than before neither leads by itself.
    let before = before.filter(|before| before.sides == sides);
    let moved = |side: Side| before.is_none_or(|before| before.views[side.at()] != views[side.at()]);
    let lead = match (moved(Side::A), moved(Side::B)) {
        (true, false) => Side::A,
        (false, true) => Side::B,
        // The offset and the way to align move B along A.
        _ => Side::A,
    };
    if is_linked {
        let scrolls = views.map(|view| view.map_or(0.0, |view| view.scroll_points));
        let led = lead.other();
        let reach = reaches[lead.at()];
        let whole = View { scroll_points: scrolls[lead.at()], ..View::whole(reach) };
        let leading = views[lead.at()].filter(|_| is_fitted).map_or(whole, |view| view.clamp(reach));
        views[lead.at()] = Some(leading);
        views[led.at()] = Some(link.view_across(lead, leading, scrolls[led.at()]));
    } else if !is_fitted {
        views = [Some(View::whole(a.trace.range())), Some(View::whole(b.trace.range()))];
    }
    for (side, view) in Side::BOTH.into_iter().zip(views) {
        if let Some(document) = by_id(state, sides[side.at()]) {
            document.shared_reach = is_linked.then_some(reaches[side.at()]);
            document.view = view;
        }
    }
    if let Some(pair) = &mut state.pair {
        pair.is_fitted = true;
    }
}

/// Where a key zooms while the pointer is on the other timeline: the instant there, as one of the trace in
/// front.
pub(super) fn pointer_across(state: &AppState) -> Option<f64> {
    let (pair, documents) = state.shown_pair().filter(|(pair, _)| pair.is_linked)?;
    let front = pair.side_of(state.active?)?;
    let other = documents[front.other().at()];
    let link = pair.link(documents[0], documents[1]);
    other.pointer_nanos.map(|nanos| link.across(front.other(), nanos))
}

fn by_id(state: &mut AppState, id: DocumentId) -> Option<&mut Document> {
    state.documents.iter_mut().find(|document| document.id == id)
}
