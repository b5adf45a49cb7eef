//! Collections one by one, with heap and assist, and every stop of the world: who asked for it, how long.

use egui::{RichText, Ui};

use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::{bytes, count, percent};
use crate::fmt::time::{duration, offset};
use crate::panel::scope::scope_ui;
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Collections, Cycle, Question, Stop};
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

const CYCLES: [Column; 8] = [
    number("At", 104.0),
    number("Marking", 84.0),
    number("Stopped", 84.0),
    number("Assist", 84.0),
    number("Assisting", 76.0),
    number("Heap before", 92.0),
    number("Heap after", 92.0),
    number("Goal after", 92.0),
];
const STOPS: [Column; 5] =
    [number("At", 104.0), number("Held", 84.0), text("Why", 220.0), text("Who asked", 0.0), text("Where", 0.0)];
/// In the order of time.
const USUAL: Sorting = Sorting { column: 0, descending: false };

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let range = document.scope_range();
    let Some(Answer::Collections(found)) = answer(ui, document, &Question::Collections(range), actions) else {
        return;
    };
    let tokens = tokens::of(ui.ctx());
    let id = ui.make_persistent_id("collector-stops");
    let mut stops = ui.ctx().data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let cycles = format!("Collections ({})", count(found.cycles.len() as u64));
        let stopped = format!("Stops of the world ({})", count(found.stops.len() as u64));
        for (text, is_stops) in [(cycles, false), (stopped, true)] {
            if chip(ui, &text, stops == is_stops).clicked() {
                stops = is_stops;
                ui.ctx().data_mut(|data| data.insert_temp(id, stops));
            }
        }
        ui.add_space(space::S);
        ui.label(RichText::new(sums(found, document)).font(fonts::small()).color(tokens.muted));
        partial_ui(ui, document);
    });
    if stops {
        stops_ui(ui, document, &found.stops, actions);
    } else {
        cycles_ui(ui, document, &found.cycles, actions);
    }
}

fn sums(found: &Collections, document: &Document) -> String {
    let whole = document.scope_range().nanos().unsigned_abs();
    let marking: u64 = found.cycles.iter().map(|cycle| cycle.range.nanos().unsigned_abs()).sum();
    let stopped: u64 = found.stops.iter().map(|stop| stop.range.nanos().unsigned_abs()).sum();
    let longest = found.stops.iter().map(|stop| stop.range.nanos()).max().unwrap_or(0);
    format!(
        "marking {} ({}), world stopped {} ({}), at most {}",
        time(marking),
        percent(marking, whole),
        time(stopped),
        percent(stopped, whole),
        duration(longest)
    )
}

fn cycles_ui(ui: &mut Ui, document: &Document, cycles: &[Cycle], actions: &mut Actions) {
    if cycles.is_empty() {
        empty(ui, "No collection ran in this time");
        return;
    }
    let sorting = sorting(ui, "collections", USUAL);
    let key = (cycles.as_ptr() as usize, cycles.len(), sorting);
    let order = kept(ui, "collection-order", key, || {
        order(cycles, sorting, |cycle| match sorting.column {
            0 => cycle.range.start.0.unsigned_abs(),
            1 => cycle.range.nanos().unsigned_abs(),
            2 => cycle.stopped,
            3 => cycle.assist,
            4 => cycle.assisting,
            5 => cycle.before.unwrap_or(0),
            6 => cycle.after.unwrap_or(0),
            _ => cycle.goal.unwrap_or(0),
        })
    });
    let origin = document.trace.range().start;
    let heap = |size: Option<u64>| size.filter(|size| *size > 0).map_or_else(|| "–".to_owned(), bytes);
    let touched = sorted(
        ui,
        ("collections", &CYCLES),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some(cycle) = order.get(row).and_then(|at| cycles.get(*at)) else { return Vec::new() };
            vec![
                Cell::number(offset(cycle.range.start.nanos_since(origin))),
                Cell::number(duration(cycle.range.nanos())),
                Cell::number(time(cycle.stopped)),
                Cell::number(time(cycle.assist)),
                Cell::number(count(cycle.assisting)),
                Cell::number(heap(cycle.before)),
                Cell::number(heap(cycle.after)),
                Cell::number(heap(cycle.goal)),
            ]
        },
    );
    if let Some(cycle) = touched.clicked.and_then(|row| order.get(row)).and_then(|at| cycles.get(*at)) {
        actions.push(Action::GoToStretch(LaneId::Gc, cycle.range));
    }
}

fn stops_ui(ui: &mut Ui, document: &Document, stops: &[Stop], actions: &mut Actions) {
    if stops.is_empty() {
        empty(ui, "The world was not stopped in this time");
        return;
    }
    let sorting = sorting(ui, "stops", USUAL);
    let key = (stops.as_ptr() as usize, stops.len(), sorting);
    let order = kept(ui, "stop-order", key, || {
        order(stops, sorting, |stop| match sorting.column {
            0 => stop.range.start.0.unsigned_abs(),
            2 => u64::from(stop.reason.0),
            3 => u64::from(stop.go.0),
            4 => u64::from(stop.stack.0),
            _ => stop.range.nanos().unsigned_abs(),
        })
    });
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let origin = trace.range().start;
    let touched = sorted(
        ui,
        ("stops", &STOPS),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some(stop) = order.get(row).and_then(|at| stops.get(*at)) else { return Vec::new() };
            let who = if stop.go.is_some() { name::goroutine(trace, stop.go) } else { String::new() };
            let at = name::own_frame(trace, stop.stack);
            let at = at
                .map(|frame| format!("{} ({}:{})", name::function(frame.function), name::base(frame.file), frame.line));
            vec![
                Cell::number(offset(stop.range.start.nanos_since(origin))),
                Cell::number(duration(stop.range.nanos())),
                Cell::text(trace.str(stop.reason)),
                Cell::text(who).colored(tokens.accent),
                Cell::number(at.unwrap_or_default()).colored(tokens.muted),
            ]
        },
    );
    if let Some(stop) = touched.clicked.and_then(|row| order.get(row)).and_then(|at| stops.get(*at)) {
        actions.push(Action::GoToStretch(LaneId::Stw, stop.range));
    }
}

fn order<T>(list: &[T], sorting: Sorting, value: impl Fn(&T) -> u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_key(|at| list.get(*at).map_or(0, &value));
    if sorting.descending {
        order.reverse();
    }
    order
}

fn time(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}
