//! Goroutines over time by who created them, and those that are still blocked at the end.

use std::sync::Arc;

use egui::{Color32, Rect, RichText, Sense, Ui, UiBuilder, pos2};

use trace_core::analysis::leaks::{Suspects, Suspicion};
use trace_core::analysis::population::{Population, PopulationGroup};
use trace_core::base::ids::{GoIx, StackId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Origin, Trace};

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, offset};
use crate::fmt::words;
use crate::panel::scope::{scope_title, scope_ui};
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Look, Plot, Series, plot};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, table, text};

const GROUPS: [Column; 8] = [
    text("Function", 0.0),
    text("Created at", 0.0),
    number("Before", 64.0),
    number("Created", 76.0),
    number("Ended", 76.0),
    number("Alive", 64.0),
    number("Peak", 64.0),
    number("Longest life", 92.0),
];
const LEAKS: [Column; 8] = [
    text("Goroutines blocked at the end", 0.0),
    text("Created at", 0.0),
    number("How many", 80.0),
    number("Created", 76.0),
    number("Ended", 76.0),
    number("Median wait", 92.0),
    number("Since", 92.0),
    text("Signs", 190.0),
];
/// Largest peak first.
const USUAL: Sorting = Sorting { column: 6, descending: true };
/// Groups with a colour of their own in the plot.
const SHOWN: usize = 5;
/// Height of the plot, points.
const PLOT: f32 = 148.0;
/// Lower panels have no room for a table under the plot, points.
const LOW: f32 = 340.0;
/// Narrower ones none beside it.
const WIDE: f32 = 900.0;

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("population-leaks");
    let mut leaks = ui.ctx().data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (title, is_leaks) in [("Over time", false), ("Leak suspects", true)] {
            if chip(ui, title, leaks == is_leaks).clicked() {
                leaks = is_leaks;
                ui.ctx().data_mut(|data| data.insert_temp(id, leaks));
            }
        }
        partial_ui(ui, document);
    });
    if leaks {
        let question = Question::Leaks(document.scope());
        let Some(Answer::Leaks(found)) = answer(ui, document, &question, actions) else { return };
        leaks_ui(ui, document, found, actions);
    } else {
        let question = Question::Population(document.scope());
        let Some(Answer::Population(found)) = answer(ui, document, &question, actions) else { return };
        population_ui(ui, document, found, actions);
    }
}

fn population_ui(ui: &mut Ui, document: &Document, found: &Arc<Population>, actions: &mut Actions) {
    if found.groups.is_empty() {
        empty(ui, "No goroutine is there in what is chosen above");
        return;
    }
    // In a low panel plot and table stand side by side.
    if ui.available_height() < LOW && ui.available_width() > WIDE {
        let room = ui.available_rect_before_wrap();
        let middle = room.left() + (room.width() * 0.4).round();
        let left = Rect::from_min_max(room.min, pos2(middle, room.bottom()));
        let right = Rect::from_min_max(pos2(middle + space::M, room.top()), room.max);
        let height = left.height() - 2.0 * space::L;
        plot_ui(&mut ui.new_child(UiBuilder::new().max_rect(left)), document, found, height, actions);
        groups_ui(&mut ui.new_child(UiBuilder::new().max_rect(right)), document, found, actions);
        ui.allocate_rect(room, Sense::hover());
    } else {
        plot_ui(ui, document, found, PLOT, actions);
        groups_ui(ui, document, found, actions);
    }
}

/// The plot, on which a stretch can be chosen, and the sums under it.
fn plot_ui(ui: &mut Ui, document: &Document, found: &Arc<Population>, height: f32, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let key = (Arc::as_ptr(found) as usize, tokens.dark);
    let series = kept(ui, "population-series", key, || stacked(tokens, &document.trace, found));
    let origin = document.trace.range().start;
    let range = found.buckets.range;
    let x = Axis::linear(Unit::Nanos, since(range.start, origin), since(range.end, origin));
    let most = found.all.alive_at.iter().copied().max().unwrap_or(0);
    let y = Axis::up_to(Unit::Count, f64::from(most.max(1)));
    let shown = Plot { name: "Goroutines alive", x, x_name: "at ", y, series: &series, marks: &[], height };
    if let Some((from, to)) = plot(ui, &shown).chosen {
        #[expect(clippy::cast_possible_truncation, reason = "nanoseconds within the trace")]
        let range = TimeRange::new(origin.plus_nanos(from as i64), origin.plus_nanos(to as i64));
        actions.push(Action::Mark(Some(range)));
        actions.push(Action::ShowRange(range));
    }
    let all = &found.all;
    let title = format!(
        "{} at first, {} created, {} ended, {} left, at most {} at once: {}",
        count(all.before),
        count(all.created),
        count(all.ended),
        count(all.alive),
        count(all.peak),
        scope_title(document)
    );
    ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted));
    ui.add_space(space::HAIR);
}

/// The largest groups and the rest, the sum of all first, each standing on the next.
fn stacked(tokens: &Tokens, trace: &Trace, found: &Population) -> Vec<Series> {
    let origin = trace.range().start;
    let mut layers: Vec<(String, Color32, Vec<u64>)> = Vec::new();
    let mut rest: Vec<u64> = found.all.alive_at.iter().map(|&alive| u64::from(alive)).collect();
    for (at, group) in found.groups.iter().enumerate().take(SHOWN) {
        let alive: Vec<u64> = group.alive_at.iter().map(|&alive| u64::from(alive)).collect();
        for (left, alive) in rest.iter_mut().zip(&alive) {
            *left = left.saturating_sub(*alive);
        }
        layers.push((function_name(trace, group), tokens.series(at), alive));
    }
    if found.groups.len() > SHOWN {
        layers.push(("others".to_owned(), tokens.muted, rest));
    }
    // From the bottom up, each on what lies below it.
    let mut sums = vec![0u64; found.buckets.count];
    let mut series: Vec<Series> = Vec::new();
    for (title, color, alive) in layers {
        for (sum, alive) in sums.iter_mut().zip(&alive) {
            *sum += alive;
        }
        let mut points: Vec<[f64; 2]> = Vec::with_capacity(sums.len() + 1);
        for (at, &sum) in sums.iter().enumerate() {
            points.push([since(found.buckets.range_of(at).start, origin), sum as f64]);
        }
        points.extend(points.last().copied().map(|last| [since(found.buckets.range.end, origin), last[1]]));
        series.push(Series::line(title, color, points).drawn_as(Look::Stack));
    }
    series.reverse();
    series
}

fn since(time: TraceTime, origin: TraceTime) -> f64 {
    time.nanos_since(origin) as f64
}

fn groups_ui(ui: &mut Ui, document: &Document, found: &Arc<Population>, actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let sorting = sorting(ui, "population", USUAL);
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, "population-order", key, || order(trace, found, sorting));
    let group = |row: usize| order.get(row).and_then(|at| Some((*at, found.groups.get(*at)?)));
    let touched = sorted(
        ui,
        ("population", &GROUPS),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some((at, group)) = group(row) else { return Vec::new() };
            let color = if at < SHOWN { tokens.series(at) } else { tokens.muted };
            let title = Cell::text(function_name(trace, group)).dotted(color);
            let title = if group.is_system { title.colored(tokens.muted) } else { title };
            let mut cells =
                vec![title, Cell::number(created_at(trace, group.creation, group.origin)).colored(tokens.muted)];
            let counts = [group.before, group.created, group.ended, group.alive, group.peak];
            cells.extend(counts.map(|value| Cell::number(if value == 0 { "–".to_owned() } else { count(value) })));
            cells.push(Cell::number(time(group.longest)));
            cells
        },
    );
    if let Some((go, range)) = touched.clicked.and_then(group).and_then(|(_, group)| group.longest_of) {
        go_to(actions, go, range);
    }
}

fn go_to(actions: &mut Actions, go: GoIx, range: TimeRange) {
    actions.push(Action::GoToStretch(LaneId::Goroutine(go), range));
    actions.push(Action::SelectLane(LaneId::Goroutine(go)));
}

fn order(trace: &Trace, found: &Population, sorting: Sorting) -> Vec<usize> {
    let rank = |at: &usize| {
        found.groups.get(*at).map_or(0, |group| match sorting.column {
            2 => group.before,
            3 => group.created,
            4 => group.ended,
            5 => group.alive,
            7 => group.longest,
            _ => group.peak,
        })
    };
    let words = |at: &usize| {
        found.groups.get(*at).map_or_else(String::new, |group| match sorting.column {
            0 => trace.str(group.name).to_owned(),
            _ => created_at(trace, group.creation, group.origin),
        })
    };
    let mut order: Vec<usize> = (0..found.groups.len()).collect();
    if sorting.column < 2 {
        order.sort_by_cached_key(words);
    } else {
        order.sort_by_key(|at| (rank(at), std::cmp::Reverse(*at)));
    }
    if sorting.descending {
        order.reverse();
    }
    order
}

fn leaks_ui(ui: &mut Ui, document: &Document, found: &Arc<Vec<Suspects>>, actions: &mut Actions) {
    if found.is_empty() {
        empty(ui, "No goroutine is blocked when what is chosen above ends");
        return;
    }
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    ui.label(RichText::new(verdict(found)).font(fonts::small()).color(tokens.muted));
    ui.add_space(space::HAIR);
    let id = ui.make_persistent_id("leaks-open");
    let open: Option<usize> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let inside = open.and_then(|at| found.get(at)).map_or(&[][..], |group| group.oldest.as_slice());
    let place = |row: usize| match open {
        Some(at) if row > at && row <= at + inside.len() => (at, Some(row - at - 1)),
        Some(at) if row > at + inside.len() => (row - inside.len(), None),
        _ => (row, None),
    };
    let end = document.scope_range().end;
    let touched = table(
        ui,
        ("leaks", &LEAKS),
        found.len() + inside.len(),
        None,
        |_| false,
        |row| match place(row) {
            (row, None) => {
                found.get(row).map(|group| suspect_cells(tokens, trace, group, open == Some(row))).unwrap_or_default()
            }
            (_, Some(at)) => inside
                .get(at)
                .map(|&(go, since)| {
                    let title = Cell::text(name::goroutine(trace, go)).indented(24.0).colored(tokens.accent);
                    let mut cells = vec![title];
                    cells.extend((0..4).map(|_| Cell::number("")));
                    cells.push(Cell::number(duration(end.nanos_since(since))));
                    cells.push(Cell::number(offset(since.nanos_since(trace.range().start))));
                    cells
                })
                .unwrap_or_default(),
        },
    );
    match touched.clicked.map(place) {
        Some((row, None)) => {
            let new = if open == Some(row) { None } else { Some(row) };
            ui.ctx().data_mut(|data| data.insert_temp(id, new));
        }
        Some((_, Some(at))) => {
            if let Some(&(go, since)) = inside.get(at) {
                go_to(actions, go, TimeRange::new(since, end));
            }
        }
        None => {}
    }
}

/// What the list comes down to.
fn verdict(found: &[Suspects]) -> String {
    let sum = |suspicion: Suspicion| {
        let some = found.iter().filter(|group| group.suspicion == suspicion && !group.is_system);
        some.map(|group| group.count).sum::<u64>()
    };
    let (growing, stuck) = (sum(Suspicion::Growing), sum(Suspicion::Stuck));
    match (growing, stuck) {
        (0, 0) => "Nothing looks like a leak: a trace ends while the program goes on".to_owned(),
        (0, stuck) => {
            format!(
                "{} never woken in the trace; nothing says that they become more",
                words::counted(stuck, "goroutine")
            )
        }
        (growing, _) => {
            format!("{} in groups that grow all the time: probably leaked", words::counted(growing, "goroutine"))
        }
    }
}

fn suspect_cells(tokens: &Tokens, trace: &Trace, group: &Suspects, open: bool) -> Vec<Cell> {
    // Of the runtime's own it tells more who they are than where they wait.
    let frame = name::frame_of(trace, group.wait).filter(|_| !group.is_system);
    let place = frame.map_or_else(
        || name::function(trace.str(group.name)).to_owned(),
        |frame| name::place(frame.function, frame.file, frame.line),
    );
    let reason = trace.str(group.reason);
    let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
    let color = if group.is_system { tokens.muted } else { tokens.text };
    let (signs, signal) = signs(tokens, group);
    vec![
        Cell::text(format!("{place}{reason}")).folding(open).colored(color),
        Cell::number(created_at(trace, group.creation, group.origin)).colored(tokens.muted),
        Cell::number(count(group.count)),
        Cell::number(count(group.created)).colored(tokens.muted),
        Cell::number(count(group.ended)).colored(tokens.muted),
        Cell::number(time(group.median)),
        Cell::number(offset(group.since.nanos_since(trace.range().start))).colored(tokens.muted),
        Cell::text(signs).dotted(signal),
    ]
}

/// What speaks for or against a leak, in few words, and how alarming that is.
fn signs(tokens: &Tokens, group: &Suspects) -> (String, Color32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, as percent")]
    let percent = (group.confidence * 100.0).round() as u64;
    match group.suspicion {
        _ if group.is_system => ("The runtime's own".to_owned(), tokens.line),
        Suspicion::Growing => (format!("Grows: leak {percent} % likely"), tokens.error),
        Suspicion::Stuck => (format!("Never woken ({percent} %)"), tokens.warning),
        Suspicion::Connections => ("Grows with open connections".to_owned(), tokens.muted),
        Suspicion::Recent => ("The trace just ends".to_owned(), tokens.muted),
        Suspicion::External => ("Waits for network or timer".to_owned(), tokens.muted),
        Suspicion::Parked => ("Comes back: a worker".to_owned(), tokens.line),
    }
}

fn function_name(trace: &Trace, group: &PopulationGroup) -> String {
    match trace.str(group.name) {
        "" => "(not in the trace)".to_owned(),
        function => name::function(function).to_owned(),
    }
}

fn created_at(trace: &Trace, creation: StackId, origin: Origin) -> String {
    name::frame_of(trace, creation)
        .map_or_else(|| origin.words().to_owned(), |frame| name::place(frame.function, frame.file, frame.line))
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
