//! Procs and threads: what each was used for, how many were busy over time, and when procs idled although
//! goroutines were ready.

use std::sync::Arc;

use egui::{Color32, Rect, RichText, Sense, Ui, UiBuilder, pos2};

use trace_core::analysis::procs::{ProcTimes, Procs};
use trace_core::analysis::series::Buckets;
use trace_core::analysis::threads::{ThreadTimes, Threads};
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, offset};
use crate::panel::scope::scope_ui;
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::chip::chip;
use crate::widget::legend::legend;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Look, Plot, Series, plot};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, table, text};

const PROCS: [Column; 11] = [
    text("Proc", 60.0),
    number("Ran", 72.0),
    number("In calls", 72.0),
    number("Looked", 72.0),
    number("Idle", 72.0),
    number("Collector", 76.0),
    number("Taken", 72.0),
    number("Let go", 72.0),
    number("Stolen", 68.0),
    number("Handed over", 88.0),
    text("Use", 0.0),
];
const THREADS: [Column; 8] = [
    text("Thread", 92.0),
    number("With a proc", 92.0),
    number("Ran", 84.0),
    number("In calls", 84.0),
    number("Looked", 84.0),
    number("Blocked", 84.0),
    number("Took a proc", 92.0),
    text("Use", 0.0),
];
const IDLE: [Column; 3] = [number("Idle for", 96.0), number("From", 120.0), text("", 0.0)];
/// By number.
const USUAL: Sorting = Sorting { column: 0, descending: false };
/// Height of the plot, points.
const PLOT: f32 = 132.0;
/// Lower panels have no room for a table under the plot, points.
const LOW: f32 = 340.0;
/// Narrower ones none beside it.
const WIDE: f32 = 900.0;

/// What shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Procs,
    Threads,
    Idle,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("procs-form");
    let mut form: Form = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let forms =
            [(Form::Procs, "Procs"), (Form::Threads, "Threads"), (Form::Idle, "Idle while goroutines were runnable")];
        for (offered, title) in forms {
            if chip(ui, title, form == offered).clicked() {
                form = offered;
                ui.ctx().data_mut(|data| data.insert_temp(id, form));
            }
        }
        partial_ui(ui, document);
    });
    let range = document.scope_range();
    let question = if form == Form::Threads { Question::Threads(range) } else { Question::Procs(range) };
    match answer(ui, document, &question, actions) {
        Some(Answer::Procs(found)) if form == Form::Idle => idle_ui(ui, document, found, actions),
        Some(Answer::Procs(found)) => procs_ui(ui, document, found, actions),
        Some(Answer::Threads(found)) => threads_ui(ui, document, found, actions),
        _ => {}
    }
}

fn title_ui(ui: &mut Ui, text: String, colors: &[(&str, Color32)]) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
        legend(ui, colors);
    });
    ui.add_space(space::HAIR);
}

fn procs_ui(ui: &mut Ui, document: &Document, found: &Arc<Procs>, actions: &mut Actions) {
    if found.each.is_empty() {
        empty(ui, "The trace tells of no proc");
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let whole = found.range.nanos().unsigned_abs();
    let colors = [
        ("Running", color(tokens, SpanClass::Running)),
        ("GC", color(tokens, SpanClass::Gc)),
        (
            if document.trace.has_c_calls() { "In system calls and cgo calls" } else { "In system calls" },
            color(tokens, SpanClass::Syscall),
        ),
        ("Looked for work, switched", color(tokens, SpanClass::WaitOther)),
        ("Idle", tokens.line),
        ("No CPU", lanes::no_cpu(tokens)),
    ];
    let has_lacked = found.each.iter().any(|times| times.no_cpu > 0);
    let shown = colors.split_last().map_or(&colors[..], |(_, usual)| if has_lacked { &colors } else { usual });
    title_ui(ui, procs_title(found, whole), shown);
    let sorting = sorting(ui, "procs", USUAL);
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, "procs-order", key, || {
        let rank = |times: &ProcTimes| match sorting.column {
            1 => times.running,
            2 => times.syscall,
            3 => times.looking,
            4 => times.idle,
            5 => times.gc,
            6 => times.starts,
            7 => times.stops,
            8 => times.steals,
            9 => times.handovers,
            _ => times.id.0,
        };
        ordered(&found.each, sorting, rank)
    });
    let selected = document.selection.lane();
    let lane = |row: usize| order.get(row).and_then(|at| found.each.get(*at)).map(|times| LaneId::Proc(times.proc));
    let touched = sorted(
        ui,
        ("procs", &PROCS),
        sorting,
        order.len(),
        |row| selected.is_some() && lane(row) == selected,
        |row| {
            let Some(times) = order.get(row).and_then(|at| found.each.get(*at)) else { return Vec::new() };
            proc_cells(tokens, times, whole)
        },
    );
    if let Some(lane) = touched.clicked.and_then(lane) {
        actions.push(Action::GoToLane(lane));
    }
}

fn procs_title(found: &Procs, whole: u64) -> String {
    let sum = |pick: fn(&ProcTimes) -> u64| found.each.iter().map(pick).sum::<u64>();
    let there = sum(|times| times.running + times.syscall + times.looking + times.no_cpu + times.idle);
    let limits = match found.limits {
        Some((low, high)) if low != high => format!("GOMAXPROCS {low} to {high}; "),
        Some((low, _)) => format!("GOMAXPROCS {low}; "),
        None => String::new(),
    };
    let no_cpu = match sum(|times| times.no_cpu) {
        0 => String::new(),
        nanos => format!("; without a CPU for {}", percent(nanos, there)),
    };
    format!(
        "{limits}procs ran goroutines for {} of their time and idled for {}; the world was stopped for {} ({}){no_cpu}",
        percent(sum(|times| times.running), there),
        percent(sum(|times| times.idle), there),
        time(found.stopped),
        percent(found.stopped, whole)
    )
}

fn proc_cells(tokens: &Tokens, times: &ProcTimes, whole: u64) -> Vec<Cell> {
    let share = |value: u64| Cell::number(percent(value, whole));
    let often = |value: u64| Cell::number(count(value)).colored(tokens.muted);
    let parts = vec![
        (times.running.saturating_sub(times.gc), color(tokens, SpanClass::Running)),
        (times.gc, color(tokens, SpanClass::Gc)),
        (times.syscall, color(tokens, SpanClass::Syscall)),
        (times.looking, color(tokens, SpanClass::WaitOther)),
        (times.no_cpu, lanes::no_cpu(tokens)),
        (times.idle, tokens.line),
    ];
    vec![
        Cell::text(format!("P{}", times.id.signed())).colored(tokens.accent),
        share(times.running),
        share(times.syscall),
        share(times.looking),
        share(times.idle),
        share(times.gc).colored(tokens.muted),
        often(times.starts),
        often(times.stops + times.handovers),
        often(times.steals),
        often(times.handovers),
        Cell::bar(parts, whole),
    ]
}

fn threads_ui(ui: &mut Ui, document: &Document, found: &Arc<Threads>, actions: &mut Actions) {
    if found.each.is_empty() {
        empty(ui, "The trace tells of no thread");
        return;
    }
    // In a low panel plot and table stand side by side.
    if ui.available_height() < LOW && ui.available_width() > WIDE {
        let room = ui.available_rect_before_wrap();
        let middle = room.left() + (room.width() * 0.4).round();
        let left = Rect::from_min_max(room.min, pos2(middle, room.bottom()));
        let right = Rect::from_min_max(pos2(middle + space::M, room.top()), room.max);
        busy_ui(&mut ui.new_child(UiBuilder::new().max_rect(left)), document, found, left.height() - space::S, actions);
        each_thread_ui(&mut ui.new_child(UiBuilder::new().max_rect(right)), document, found, actions);
        ui.allocate_rect(room, Sense::hover());
    } else {
        busy_ui(ui, document, found, PLOT, actions);
        each_thread_ui(ui, document, found, actions);
    }
}

fn each_thread_ui(ui: &mut Ui, document: &Document, found: &Arc<Threads>, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let whole = found.range.nanos().unsigned_abs();
    let sorting = sorting(ui, "threads", Sorting { column: 1, descending: true });
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, "threads-order", key, || {
        let rank = |times: &ThreadTimes| match sorting.column {
            0 => times.id.0,
            2 => times.running,
            3 => times.syscall,
            4 => times.looking,
            5 => times.blocked,
            6 => times.starts,
            _ => times.with_proc,
        };
        ordered(&found.each, sorting, rank)
    });
    let selected = document.selection.lane();
    let lane = |row: usize| order.get(row).and_then(|at| found.each.get(*at)).map(|times| LaneId::Thread(times.thread));
    let touched = sorted(
        ui,
        ("threads", &THREADS),
        sorting,
        order.len(),
        |row| selected.is_some() && lane(row) == selected,
        |row| {
            let Some(times) = order.get(row).and_then(|at| found.each.get(*at)) else { return Vec::new() };
            let parts = vec![
                (times.running, color(tokens, SpanClass::Running)),
                (times.syscall, color(tokens, SpanClass::Syscall)),
                (times.looking, color(tokens, SpanClass::WaitOther)),
                (times.no_cpu, lanes::no_cpu(tokens)),
                (times.blocked, color(tokens, SpanClass::WaitNet)),
            ];
            let mut cells = vec![Cell::text(format!("M{}", times.id.signed())).colored(tokens.accent)];
            let values = [times.with_proc, times.running, times.syscall, times.looking, times.blocked];
            cells.extend(values.map(|nanos| Cell::number(time(nanos))));
            cells.push(Cell::number(count(times.starts)).colored(tokens.muted));
            cells.push(Cell::bar(parts, whole));
            cells
        },
    );
    if let Some(lane) = touched.clicked.and_then(lane) {
        actions.push(Action::GoToLane(lane));
    }
}

/// How many threads were busy over time, as a plot on which a stretch can be chosen.
fn busy_ui(ui: &mut Ui, document: &Document, found: &Threads, height: f32, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let origin = document.trace.range().start;
    let both: Vec<u64> = found.with_proc.iter().zip(&found.blocked).map(|(one, other)| one + other).collect();
    let series = [
        Series::line(
            format!("blocked in {}", name::calls(&document.trace)),
            tokens.series(1),
            points(&found.buckets, &both, origin.0),
        )
        .drawn_as(Look::Stack),
        Series::line("with a proc", tokens.series(2), points(&found.buckets, &found.with_proc, origin.0))
            .drawn_as(Look::Stack),
    ];
    let most = series[0].points.iter().map(|point| point[1]).fold(0.0, f64::max);
    let x = Axis::linear(Unit::Nanos, since(found.range.start.0, origin.0), since(found.range.end.0, origin.0));
    let y = Axis::up_to(Unit::Count, most.max(1.0));
    let shown = Plot { name: "Busy threads", x, x_name: "at ", y, series: &series, marks: &[], height };
    let touched = plot(ui, &shown);
    if let Some((from, to)) = touched.chosen {
        #[expect(clippy::cast_possible_truncation, reason = "nanoseconds within the trace")]
        let range = TimeRange::new(origin.plus_nanos(from as i64), origin.plus_nanos(to as i64));
        actions.push(Action::Mark(Some(range)));
        actions.push(Action::ShowRange(range));
    }
    ui.add_space(space::XS);
}

/// A series as steps: how many at once in each bucket, on average.
fn points(buckets: &Buckets, nanos: &[u64], origin: i64) -> Vec<[f64; 2]> {
    let mut points: Vec<[f64; 2]> = Vec::with_capacity(nanos.len() + 1);
    for (at, &sum) in nanos.iter().enumerate() {
        let range = buckets.range_of(at);
        points.push([since(range.start.0, origin), sum as f64 / (range.nanos().max(1)) as f64]);
    }
    if let Some(last) = points.last().copied() {
        points.push([since(buckets.range.end.0, origin), last[1]]);
    }
    points
}

fn since(time: i64, origin: i64) -> f64 {
    time.saturating_sub(origin) as f64
}

fn idle_ui(ui: &mut Ui, document: &Document, found: &Procs, actions: &mut Actions) {
    let idle = &found.idle_while_ready;
    if idle.count == 0 {
        empty(ui, "No proc idled while a goroutine was runnable");
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let whole = found.range.nanos().unsigned_abs();
    title_ui(
        ui,
        format!(
            "Some proc idled while goroutines were runnable for {} ({}) in {} stretches; goroutines waited {} meanwhile",
            time(idle.nanos),
            percent(idle.nanos, whole),
            count(idle.count),
            time(idle.waiting)
        ),
        &[],
    );
    let origin = document.trace.range().start;
    let longest = idle.worst.first().map_or(1, |first| first.nanos().unsigned_abs());
    let touched = table(
        ui,
        ("idle-while-ready", &IDLE),
        idle.worst.len(),
        None,
        |_| false,
        |row| {
            let Some(range) = idle.worst.get(row) else { return Vec::new() };
            let nanos = range.nanos().unsigned_abs();
            vec![
                Cell::number(duration(range.nanos())),
                Cell::number(offset(range.start.nanos_since(origin))).colored(tokens.muted),
                Cell::bar(vec![(nanos, color(tokens, SpanClass::Runnable))], longest),
            ]
        },
    );
    if let Some(range) = touched.clicked.and_then(|row| idle.worst.get(row)) {
        actions.push(Action::Mark(Some(*range)));
        actions.push(Action::ShowRange(*range));
    }
}

fn ordered<T>(each: &[T], sorting: Sorting, rank: impl Fn(&T) -> u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..each.len()).collect();
    order.sort_by_key(|at| each.get(*at).map_or(0, &rank));
    if sorting.descending {
        order.reverse();
    }
    order
}

fn color(tokens: &Tokens, class: SpanClass) -> Color32 {
    tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted)
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
