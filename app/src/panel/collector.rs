//! Collections one by one, and every stop of the world: rows that unfold into who set it off, who worked for it, who
//! was waited for, each a way to the timeline.

use std::collections::BTreeSet;

use egui::{RichText, Ui};

use trace_core::analysis::collector::cycles::{Collector, Cycle, Trigger};
use trace_core::analysis::collector::stops::Stop;
use trace_core::analysis::collector::work::WorkerMode;
use trace_core::base::ids::StackId;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::{bytes, count, percent};
use crate::fmt::time::{duration, offset};
use crate::panel::scope::scope_ui;
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

const CYCLES: [Column; 11] = [
    text("At", 216.0),
    number("Marking", 76.0),
    number("Stopped", 76.0),
    number("Workers", 76.0),
    number("Assist", 76.0),
    number("Heap before", 92.0),
    number("When marked", 92.0),
    number("In use", 76.0),
    number("Goal", 76.0),
    number("Swept", 76.0),
    text("Set off by", 0.0),
];
const STOPS: [Column; 8] = [
    text("At", 216.0),
    number("Stopped", 84.0),
    number("Stopping", 84.0),
    number("Held", 84.0),
    number("Late", 76.0),
    text("Why", 200.0),
    text("Who asked", 0.0),
    text("Who was the last to stand still", 0.0),
];
/// In the order of time.
const USUAL: Sorting = Sorting { column: 0, descending: false };
/// How far parts stand in, points.
const INDENT: f32 = 24.0;
/// Helpers of a collection that are listed.
const HELPERS: usize = 20;

/// A line below a collection or a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The way to it.
    Show,
    /// Who set it off, or asked for it.
    Origin,
    /// A stop of a collection: its place among them.
    Stop(usize),
    /// Mark workers.
    Workers,
    /// A goroutine that had to help: its rank.
    Helper(usize),
    /// What was swept.
    Sweep,
    /// Who stood still last.
    Last,
}

type Row = (usize, Option<Part>);

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
        stops_ui(ui, document, found, actions);
    } else {
        cycles_ui(ui, document, found, actions);
    }
}

fn sums(found: &Collector, document: &Document) -> String {
    let whole = document.scope_range().nanos().unsigned_abs();
    let marking: u64 = found.cycles.iter().map(|cycle| cycle.range.nanos().unsigned_abs()).sum();
    let stopped: u64 = found.stops.iter().map(|stop| stop.range.nanos().unsigned_abs()).sum();
    let longest = found.stops.iter().map(|stop| stop.range.nanos()).max().unwrap_or(0);
    let sum = |mode| found.cycles.iter().map(|cycle| cycle.worker(mode)).sum::<u64>();
    let helped: u64 = found.cycles.iter().map(Cycle::assist_run).sum();
    format!(
        "marking {} ({}), workers {} and {} idle, assists ran {}, world stopped {} ({}), at most {}",
        time(marking),
        percent(marking, whole),
        time(sum(WorkerMode::Dedicated) + sum(WorkerMode::Fractional) + sum(WorkerMode::Unlabelled)),
        time(sum(WorkerMode::Idle)),
        time(helped),
        time(stopped),
        percent(stopped, whole),
        duration(longest)
    )
}

fn cycles_ui(ui: &mut Ui, document: &Document, found: &Collector, actions: &mut Actions) {
    let cycles = &found.cycles;
    if cycles.is_empty() {
        empty(ui, "No collection ran in this time");
        return;
    }
    let sorting = sorting(ui, "collections", USUAL);
    let mut open = Unfolded::of(ui, "collections-open");
    let key = (cycles.as_ptr() as usize, cycles.len(), sorting, open.rows.clone());
    let rows = kept(ui, "collection-rows", key, || {
        rows(
            cycles,
            sorting,
            &open.rows,
            |cycle| value(cycle, sorting.column),
            |at| cycles.get(at).map_or(Vec::new(), parts),
        )
    });
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let touched = sorted(
        ui,
        ("collections", &CYCLES),
        sorting,
        rows.len(),
        |_| false,
        |row| match rows.get(row) {
            Some(&(at, None)) => {
                cycles.get(at).map_or(Vec::new(), |cycle| cycle_cells(tokens, trace, cycle, open.rows.contains(&at)))
            }
            Some(&(at, Some(part))) => {
                cycles.get(at).map_or(Vec::new(), |cycle| part_cells(tokens, trace, found, cycle, part))
            }
            None => Vec::new(),
        },
    );
    match touched.clicked.and_then(|row| rows.get(row)) {
        Some(&(at, None)) => open.toggle(ui, at),
        Some(&(at, Some(part))) => {
            if let Some(cycle) = cycles.get(at) {
                follow(found, cycle, part, actions);
            }
        }
        None => {}
    }
}

fn value(cycle: &Cycle, column: usize) -> u64 {
    match column {
        0 => cycle.range.start.0.unsigned_abs(),
        1 => cycle.range.nanos().unsigned_abs(),
        2 => cycle.stopped,
        3 => cycle.workers.iter().sum(),
        4 => cycle.assist(),
        5 => cycle.heap_before.unwrap_or(0),
        6 => cycle.heap_marked.unwrap_or(0),
        7 => cycle.heap_after.unwrap_or(0),
        8 => cycle.goal.unwrap_or(0),
        9 => cycle.swept.bytes,
        _ => u64::from(cycle.go.0),
    }
}

fn parts(cycle: &Cycle) -> Vec<Part> {
    let mut parts = vec![Part::Show];
    parts.extend(cycle.go.is_some().then_some(Part::Origin));
    parts.extend(cycle.stops.iter().map(|&at| Part::Stop(at)));
    parts.push(Part::Workers);
    parts.extend((0..cycle.helpers.len().min(HELPERS)).map(Part::Helper));
    parts.extend((cycle.swept.count > 0).then_some(Part::Sweep));
    parts
}

fn cycle_cells(tokens: &Tokens, trace: &Trace, cycle: &Cycle, open: bool) -> Vec<Cell> {
    let heap = |size: Option<u64>| Cell::number(size.filter(|size| *size > 0).map_or_else(|| "–".to_owned(), bytes));
    let cut = match (cycle.began_before, cycle.goes_on) {
        (true, _) => " (began before)",
        (false, true) => " (not over)",
        (false, false) => "",
    };
    let at = offset(cycle.range.start.nanos_since(trace.range().start));
    let origin = match cycle.trigger {
        Trigger::Forced => format!("Forced at {}", place(trace, cycle.stack)),
        Trigger::Periodic => "Two minutes without one".to_owned(),
        Trigger::Heap => format!("Heap, at {}", place(trace, cycle.stack)),
        Trigger::Unknown => "Not known".to_owned(),
    };
    vec![
        Cell::number(format!("{at}{cut}")).folding(open),
        Cell::number(duration(cycle.range.nanos())),
        Cell::number(time(cycle.stopped)),
        Cell::number(time(cycle.workers.iter().sum())),
        Cell::number(time(cycle.assist())),
        heap(cycle.heap_before),
        heap(cycle.heap_marked),
        heap(cycle.heap_after),
        heap(cycle.goal),
        heap(Some(cycle.swept.bytes)),
        Cell::text(origin).colored(tokens.muted),
    ]
}

fn part_cells(tokens: &Tokens, trace: &Trace, found: &Collector, cycle: &Cycle, part: Part) -> Vec<Cell> {
    let mut cells: Vec<Cell> = (0..CYCLES.len()).map(|_| Cell::text("")).collect();
    let mut put = |column: usize, cell: Cell| {
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
    };
    let first = |text: String| Cell::text(text).indented(INDENT);
    let words = CYCLES.len() - 1;
    let quiet = |text: String| Cell::text(text).colored(tokens.muted);
    match part {
        Part::Show => put(0, first("Show on the timeline".to_owned()).colored(tokens.accent)),
        Part::Origin => {
            put(0, first(format!("Set off by {}", name::goroutine(trace, cycle.go))).colored(tokens.accent));
            put(words, quiet(place(trace, cycle.stack)));
        }
        Part::Stop(at) => {
            let Some(stop) = found.stops.get(at) else { return cells };
            put(0, first(trace.str(stop.reason).to_owned()).colored(tokens.accent));
            put(2, Cell::number(duration(stop.range.nanos())).colored(tokens.muted));
            put(words, quiet(waited(trace, stop)));
        }
        Part::Workers => {
            put(0, first("Mark workers".to_owned()).colored(tokens.muted));
            put(3, Cell::number(time(cycle.workers.iter().sum())).colored(tokens.muted));
            let modes = WorkerMode::ALL.into_iter().filter(|&mode| cycle.worker(mode) > 0);
            let told = modes.map(|mode| format!("{} {}", mode.name(), time(cycle.worker(mode))));
            put(words, quiet(told.collect::<Vec<_>>().join(", ")));
        }
        Part::Helper(at) => {
            let Some(helper) = cycle.helpers.get(at) else { return cells };
            put(0, first(name::goroutine(trace, helper.go)).colored(tokens.accent));
            put(4, Cell::number(time(helper.nanos)).colored(tokens.muted));
            let times = if helper.count == 1 { "once".to_owned() } else { format!("{} times", count(helper.count)) };
            let place = place(trace, helper.stack);
            let at = if place.is_empty() { String::new() } else { format!(", longest at {place}") };
            put(words, quiet(format!("Helped {times}, ran {} of it{at}", time(helper.run_nanos))));
        }
        Part::Sweep => {
            put(0, first("Swept until the next".to_owned()).colored(tokens.muted));
            put(9, Cell::number(bytes(cycle.swept.bytes)).colored(tokens.muted));
            let swept = &cycle.swept;
            put(words, quiet(format!("{} found free, in {}", bytes(swept.reclaimed), time(swept.nanos))));
        }
        Part::Last => {}
    }
    cells
}

/// For whom a stop waited, in a few words.
fn waited(trace: &Trace, stop: &Stop) -> String {
    match stop.last {
        Some(last) => {
            format!("{} until {} stood still", time(stop.stopping()), name::goroutine(trace, last.go))
        }
        None => "nobody else ran".to_owned(),
    }
}

/// Where a part of a collection leads to.
fn follow(found: &Collector, cycle: &Cycle, part: Part, actions: &mut Actions) {
    let to = match part {
        Part::Show | Part::Workers | Part::Sweep | Part::Last => Some((LaneId::Gc, cycle.range)),
        Part::Origin => Some((LaneId::Goroutine(cycle.go), cycle.range)),
        Part::Stop(at) => found.stops.get(at).map(|stop| (LaneId::Stw, stop.range)),
        Part::Helper(at) => cycle.helpers.get(at).map(|helper| (LaneId::Goroutine(helper.go), helper.longest)),
    };
    if let Some((lane, range)) = to {
        actions.push(Action::GoToStretch(lane, range));
    }
}

fn stops_ui(ui: &mut Ui, document: &Document, found: &Collector, actions: &mut Actions) {
    let stops = &found.stops;
    if stops.is_empty() {
        empty(ui, "The world was not stopped in this time");
        return;
    }
    let sorting = sorting(ui, "stops", USUAL);
    let mut open = Unfolded::of(ui, "stops-open");
    let key = (stops.as_ptr() as usize, stops.len(), sorting, open.rows.clone());
    let rows = kept(ui, "stop-rows", key, || {
        let value = |stop: &Stop| match sorting.column {
            0 => stop.range.start.0.unsigned_abs(),
            2 => stop.stopping(),
            3 => stop.held(),
            4 => stop.late(),
            5 => u64::from(stop.reason.0),
            6 => u64::from(stop.go.0),
            7 => stop.last.map_or(u64::MAX, |last| u64::from(last.go.0)),
            _ => stop.range.nanos().unsigned_abs(),
        };
        let parts = |at: usize| {
            let last = stops.get(at).and_then(|stop| stop.last).map(|_| Part::Last);
            let asked = stops.get(at).filter(|stop| stop.go.is_some()).map(|_| Part::Origin);
            std::iter::once(Part::Show).chain(asked).chain(last).collect()
        };
        rows(stops, sorting, &open.rows, value, parts)
    });
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let touched = sorted(
        ui,
        ("stops", &STOPS),
        sorting,
        rows.len(),
        |_| false,
        |row| match rows.get(row) {
            Some(&(at, part)) => stops.get(at).map_or(Vec::new(), |stop| match part {
                None => stop_cells(tokens, trace, stop, open.rows.contains(&at)),
                Some(part) => stop_part_cells(tokens, trace, stop, part),
            }),
            None => Vec::new(),
        },
    );
    let Some(&(at, part)) = touched.clicked.and_then(|row| rows.get(row)) else { return };
    let Some(stop) = stops.get(at) else { return };
    match (part, stop.last) {
        (None, _) => open.toggle(ui, at),
        (Some(Part::Origin), _) => actions.push(Action::GoToStretch(LaneId::Goroutine(stop.go), stop.range)),
        (Some(Part::Last), Some(last)) => actions.push(Action::GoToStretch(LaneId::Goroutine(last.go), last.range)),
        (Some(_), _) => actions.push(Action::GoToStretch(LaneId::Stw, stop.range)),
    }
}

fn stop_cells(tokens: &Tokens, trace: &Trace, stop: &Stop, open: bool) -> Vec<Cell> {
    let who = if stop.go.is_some() { name::goroutine(trace, stop.go) } else { String::new() };
    let last = stop.last.map_or_else(|| "–".to_owned(), |last| name::goroutine(trace, last.go));
    let cut = match (stop.began_before, stop.goes_on) {
        (true, _) => " (began before)",
        (false, true) => " (not over)",
        (false, false) => "",
    };
    let at = offset(stop.range.start.nanos_since(trace.range().start));
    vec![
        Cell::number(format!("{at}{cut}")).folding(open),
        Cell::number(duration(stop.range.nanos())),
        Cell::number(time(stop.stopping())),
        Cell::number(time(stop.held())),
        Cell::number(if stop.late() > 0 { time(stop.late()) } else { "–".to_owned() }).colored(tokens.muted),
        Cell::text(trace.str(stop.reason)),
        Cell::text(who).colored(tokens.muted),
        Cell::text(last).colored(tokens.muted),
    ]
}

fn stop_part_cells(tokens: &Tokens, trace: &Trace, stop: &Stop, part: Part) -> Vec<Cell> {
    let mut cells: Vec<Cell> = (0..STOPS.len()).map(|_| Cell::text("")).collect();
    let (first, column, told) = match (part, stop.last) {
        (Part::Origin, _) => (format!("Asked by {}", name::goroutine(trace, stop.go)), 6, place(trace, stop.stack)),
        (Part::Last, Some(last)) => (
            format!("Last {}", name::goroutine(trace, last.go)),
            7,
            format!(
                "on {} for {} at {}",
                name::lane(trace, LaneId::Proc(last.proc)),
                duration(last.range.nanos()),
                place(trace, last.stack)
            ),
        ),
        _ => ("Show on the timeline".to_owned(), 6, String::new()),
    };
    if let Some(cell) = cells.get_mut(column) {
        *cell = Cell::text(told).colored(tokens.muted);
    }
    if let Some(cell) = cells.first_mut() {
        *cell = Cell::text(first).indented(INDENT).colored(tokens.accent);
    }
    cells
}

/// Which rows of a list are unfolded; remembered from frame to frame.
struct Unfolded {
    id: egui::Id,
    rows: BTreeSet<usize>,
}

impl Unfolded {
    fn of(ui: &Ui, name: &str) -> Self {
        let id = ui.make_persistent_id(name);
        Self { id, rows: ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default() }
    }

    fn toggle(&mut self, ui: &Ui, at: usize) {
        if !self.rows.remove(&at) {
            self.rows.insert(at);
        }
        ui.ctx().data_mut(|data| data.insert_temp(self.id, self.rows.clone()));
    }
}

/// Places of a list in order, those unfolded with their parts behind.
fn rows<T>(
    list: &[T],
    sorting: Sorting,
    open: &BTreeSet<usize>,
    value: impl Fn(&T) -> u64,
    parts: impl Fn(usize) -> Vec<Part>,
) -> Vec<Row> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_key(|at| list.get(*at).map_or(0, &value));
    if sorting.descending {
        order.reverse();
    }
    let with_parts = order.into_iter().flat_map(|at| {
        let own = if open.contains(&at) { parts(at) } else { Vec::new() };
        std::iter::once((at, None)).chain(own.into_iter().map(move |part| (at, Some(part))))
    });
    with_parts.collect()
}

/// The program's own frame of a stack, else its leaf.
fn place(trace: &Trace, stack: StackId) -> String {
    let own = name::frame_of(trace, stack);
    own.map(|frame| name::place(frame.function, frame.file, frame.line)).unwrap_or_default()
}

fn time(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}
