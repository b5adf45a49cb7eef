//! Scheduler latency: how long goroutines waited for a proc, by start function, the longest waits, and who had the
//! procs meanwhile.

use std::sync::Arc;

use egui::{Color32, RichText, Ui};

use trace_core::analysis::antagonists::{Antagonists, FunctionShare, GoShare};
use trace_core::analysis::latency::{GoLatency, Latency, LatencyGroup, Made, ReadyWait};
use trace_core::analysis::spread::Spread;
use trace_core::base::ids::StrId;
use trace_core::base::time::TimeRange;
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, nanos_or_dash, offset};
use crate::fmt::words;
use crate::panel::scope::{scope_title, scope_ui};
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::state::view::Selection;
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::chip::chip;
use crate::widget::legend::legend;
use crate::widget::proportion::proportion;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, table, text};

const GROUPS: [Column; 9] = [
    text("Start function", 0.0),
    number("Waits", 80.0),
    number("Total", 80.0),
    number("Mean", 76.0),
    number("Median", 76.0),
    number("p95", 76.0),
    number("p99", 76.0),
    number("Longest", 80.0),
    text("What made them runnable", 170.0),
];
const EACH_COLUMNS: [Column; 9] = {
    let mut columns = GROUPS;
    columns[0] = text("Goroutine", 0.0);
    columns
};
/// Goroutines told one by one.
const EACH: usize = 1_000;
const WAITS: [Column; 5] = [
    number("Waited", 88.0),
    number("From", 104.0),
    text("Goroutine", 240.0),
    text("Made runnable by", 220.0),
    text("At", 0.0),
];
const OTHERS: [Column; 6] = [
    text("Who had the procs", 0.0),
    number("Share", 72.0),
    number("Proc time", 88.0),
    number("Ran", 88.0),
    number("In calls", 88.0),
    number("Goroutines", 88.0),
];
/// Most time first.
const USUAL: Sorting = Sorting { column: 2, descending: true };
/// Functions that get a colour of their own.
const COLORED: usize = 6;

/// What shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Functions,
    Goroutines,
    Waits,
    Others,
    /// Who had the procs during the selected wait.
    Selected,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("latency-form");
    let mut form: Form = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let selected = selected_wait(document);
    if selected.is_none() && form == Form::Selected {
        form = Form::Others;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let forms = [
            (Form::Functions, "By function"),
            (Form::Goroutines, "By goroutine"),
            (Form::Waits, "Longest waits"),
            (Form::Others, "Who had the procs"),
            (Form::Selected, "Who had them in the selected wait"),
        ];
        for (offered, title) in forms.into_iter().filter(|known| known.0 != Form::Selected || selected.is_some()) {
            if chip(ui, title, form == offered).clicked() {
                form = offered;
                ui.ctx().data_mut(|data| data.insert_temp(id, form));
            }
        }
    });
    let question = match (form, selected) {
        (Form::Others, _) => Question::Antagonists(document.scope()),
        (Form::Goroutines, _) => Question::LatencyOfEach(document.scope(), EACH),
        (Form::Selected, Some(wait)) => Question::AntagonistsOf(wait),
        _ => Question::Latency(document.scope()),
    };
    match answer(ui, document, &question, actions) {
        Some(Answer::Latency(found)) => latency_ui(ui, document, found, form == Form::Waits, actions),
        Some(Answer::LatencyOfEach(found)) => each_ui(ui, document, found, actions),
        Some(Answer::Antagonists(found)) => {
            others_ui(ui, document, found, selected.filter(|_| form == Form::Selected), actions);
        }
        _ => {}
    }
}

/// The selected stretch of being ready.
fn selected_wait(document: &Document) -> Option<TimeRange> {
    let Selection::Span(at) = document.selection else { return None };
    let span = document.trace.span(at)?;
    (matches!(at.lane, LaneId::Goroutine(_)) && span.state == GoState::Runnable).then_some(span.range)
}

fn latency_ui(ui: &mut Ui, document: &Document, found: &Arc<Latency>, waits: bool, actions: &mut Actions) {
    let all = &found.all;
    if all.waits.count == 0 {
        empty(ui, "No goroutine waited for a proc in what is chosen above");
        return;
    }
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        let title = format!(
            "{}, {} total, median {}, p99 {}, longest {}: {}",
            words::counted(all.waits.count, "wait"),
            time(all.waits.total),
            nanos_or_dash(all.waits.p50),
            nanos_or_dash(all.waits.p99),
            nanos_or_dash(all.waits.max),
            scope_title(document)
        );
        ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted));
        partial_ui(ui, document);
        legend(ui, &Made::ALL.map(|made| (made_words(made), color_of(tokens, made))));
    });
    ui.add_space(space::HAIR);
    if waits {
        waits_ui(ui, document, &all.worst, actions);
    } else {
        groups_ui(ui, document, found, actions);
    }
}

fn groups_ui(ui: &mut Ui, document: &Document, found: &Arc<Latency>, actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let sorting = sorting(ui, "latency", USUAL);
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, "latency-order", key, || order(trace, found, sorting));
    let id = ui.make_persistent_id("latency-open");
    let open: Option<StrId> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let group = |row: usize| order.get(row).and_then(|at| found.groups.get(*at));
    let open_at =
        open.and_then(|name| (0..order.len()).find(|row| group(*row).is_some_and(|found| found.name == name)));
    let inside = open_at.and_then(group).map_or(&[][..], |group| group.worst.as_slice());
    let place = |row: usize| unfolded(row, open_at, inside.len());
    let widest = found.groups.iter().map(|group| group.waits.total).max().unwrap_or(1);
    let touched = sorted(
        ui,
        ("latency", &GROUPS),
        sorting,
        order.len() + inside.len(),
        |_| false,
        |row| match place(row) {
            (row, None) => group(row)
                .map(|group| group_cells(tokens, trace, group, open == Some(group.name), widest))
                .unwrap_or_default(),
            (_, Some(at)) => inside.get(at).map(|wait| inner_cells(tokens, trace, wait)).unwrap_or_default(),
        },
    );
    match touched.clicked.map(place) {
        Some((row, None)) => {
            let name = group(row).map(|group| group.name);
            let new = if name == open { None } else { name };
            ui.ctx().data_mut(|data| data.insert_temp(id, new));
        }
        Some((_, Some(at))) => {
            if let Some(wait) = inside.get(at) {
                actions.push(Action::GoToStretch(LaneId::Goroutine(wait.go), wait.range));
            }
        }
        None => {}
    }
}

/// Goroutines one by one, those that waited longest in sum.
fn each_ui(ui: &mut Ui, document: &Document, found: &Arc<Vec<GoLatency>>, actions: &mut Actions) {
    if found.is_empty() {
        empty(ui, "No goroutine waited for a proc in what is chosen above");
        return;
    }
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    ui.horizontal(|ui| {
        let most = if found.len() == EACH { "the " } else { "" };
        let title = format!("{most}{}: {}", words::counted(found.len() as u64, "goroutine"), scope_title(document));
        ui.label(RichText::new(words::sentence(&title)).font(fonts::small()).color(tokens.muted));
        partial_ui(ui, document);
        legend(ui, &Made::ALL.map(|made| (made_words(made), color_of(tokens, made))));
    });
    ui.add_space(space::HAIR);
    let sorting = sorting(ui, "latency-each", USUAL);
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, "latency-each-order", key, || {
        let id = |at: &usize| found.get(*at).and_then(|one| trace.goroutine_name(one.go)).map_or(0, |(id, _)| id.0);
        let rank = |at: &usize| {
            if sorting.column == 0 {
                Some(id(at))
            } else {
                found.get(*at).and_then(|one| value(&one.waits, sorting.column))
            }
        };
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by_key(rank);
        if sorting.descending {
            order.reverse();
        }
        order
    });
    let one = |row: usize| order.get(row).and_then(|at| found.get(*at));
    let widest = found.iter().map(|one| one.waits.total).max().unwrap_or(1);
    let selected = document.selection.lane();
    let touched = sorted(
        ui,
        ("latency-each", &EACH_COLUMNS),
        sorting,
        order.len(),
        |row| one(row).is_some_and(|one| selected == Some(LaneId::Goroutine(one.go))),
        |row| {
            let Some(one) = one(row) else { return Vec::new() };
            let title = name::goroutine(trace, one.go);
            let mut cells = vec![Cell::text(title).colored(tokens.accent), Cell::number(count(one.waits.count))];
            let waits = &one.waits;
            cells.extend(times_of(waits).map(Cell::number));
            let parts =
                Made::ALL.map(|made| (one.made.get(made as usize).copied().unwrap_or(0), color_of(tokens, made)));
            cells.push(Cell::bar(parts.to_vec(), widest));
            cells
        },
    );
    if let Some(one) = touched.clicked.and_then(one) {
        actions.push(Action::GoToStretch(LaneId::Goroutine(one.go), one.longest.range));
    }
}

/// What a column of numbers holds.
const fn value(waits: &Spread, column: usize) -> Option<u64> {
    match column {
        1 => Some(waits.count),
        3 => waits.mean,
        4 => waits.p50,
        5 => waits.p95,
        6 => waits.p99,
        7 => waits.max,
        _ => Some(waits.total),
    }
}

/// The columns of times.
fn times_of(waits: &Spread) -> [String; 6] {
    [Some(waits.total), waits.mean, waits.p50, waits.p95, waits.p99, waits.max].map(|value| time(value.unwrap_or(0)))
}

/// What a row is: a row of the outer list, or a place in what is unfolded below one.
const fn unfolded(row: usize, open: Option<usize>, inside: usize) -> (usize, Option<usize>) {
    match open {
        Some(at) if row > at && row <= at + inside => (at, Some(row - at - 1)),
        Some(at) if row > at + inside => (row - inside, None),
        _ => (row, None),
    }
}

fn order(trace: &Trace, found: &Latency, sorting: Sorting) -> Vec<usize> {
    let rank = |at: &usize| found.groups.get(*at).and_then(|group| value(&group.waits, sorting.column));
    let name = |at: &usize| found.groups.get(*at).map_or("", |group| trace.str(group.name));
    let mut order: Vec<usize> = (0..found.groups.len()).collect();
    order.sort_by(|one, other| {
        let rising = if sorting.column == 0 { name(one).cmp(name(other)) } else { rank(one).cmp(&rank(other)) };
        if sorting.descending { rising.reverse() } else { rising }
    });
    order
}

fn group_cells(tokens: &Tokens, trace: &Trace, group: &LatencyGroup, open: bool, widest: u64) -> Vec<Cell> {
    let color = if group.is_system { tokens.muted } else { tokens.text };
    let waits = &group.waits;
    let mut cells = vec![
        Cell::text(function_name(trace, group.name)).folding(open).colored(color),
        Cell::number(count(waits.count)),
    ];
    cells.extend(times_of(waits).map(Cell::number));
    let parts = Made::ALL.map(|made| (group.made.get(made as usize).copied().unwrap_or(0), color_of(tokens, made)));
    cells.push(Cell::bar(parts.to_vec(), widest));
    cells
}

fn inner_cells(tokens: &Tokens, trace: &Trace, wait: &ReadyWait) -> Vec<Cell> {
    let start = offset(wait.range.start.nanos_since(trace.range().start));
    let cut = if wait.is_cut { ", cut" } else { "" };
    let title = format!("{} at {start}{cut}, {}", short_go(trace, wait), made_words(wait.made));
    let mut cells = vec![Cell::text(title).indented(24.0).colored(tokens.accent)];
    cells.extend((0..6).map(|_| Cell::number("")));
    cells.push(Cell::number(time(wait.nanos)));
    cells.push(Cell::text(place_of(trace, wait)).colored(tokens.muted));
    cells
}

fn short_go(trace: &Trace, wait: &ReadyWait) -> String {
    trace.goroutine_name(wait.go).map_or_else(String::new, |(id, _)| format!("G{}", id.signed()))
}

fn waits_ui(ui: &mut Ui, document: &Document, waits: &[ReadyWait], actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let origin = trace.range().start;
    let touched = table(
        ui,
        ("latency-waits", &WAITS),
        waits.len(),
        None,
        |_| false,
        |row| {
            let Some(wait) = waits.get(row) else { return Vec::new() };
            let made = made_words(wait.made);
            vec![
                Cell::number(time(wait.nanos)),
                Cell::number(offset(wait.range.start.nanos_since(origin))).colored(tokens.muted),
                Cell::text(name::goroutine(trace, wait.go)).colored(tokens.accent),
                Cell::text(made).dotted(color_of(tokens, wait.made)),
                Cell::number(place_of(trace, wait)).colored(tokens.muted),
            ]
        },
    );
    if let Some(wait) = touched.clicked.and_then(|row| waits.get(row)) {
        actions.push(Action::GoToStretch(LaneId::Goroutine(wait.go), wait.range));
    }
}

const fn made_words(made: Made) -> &'static str {
    match made {
        Made::Created => "Just created",
        Made::Unblocked => "Unblocked",
        Made::Stopped => "Preempted, or yielded",
        Made::Returned => "Back from a system call",
        Made::Unknown => "Ready since before",
    }
}

fn color_of(tokens: &Tokens, made: Made) -> Color32 {
    match made {
        Made::Created => tokens.accent,
        Made::Unblocked => tokens.series(4),
        Made::Stopped => tokens.series(2),
        Made::Returned => tokens.classes.get(SpanClass::Syscall as usize).copied().unwrap_or(tokens.muted),
        Made::Unknown => tokens.muted,
    }
}

fn place_of(trace: &Trace, wait: &ReadyWait) -> String {
    let frame = name::frame_of(trace, wait.stack);
    frame.map_or_else(String::new, |frame| name::place(frame.function, frame.file, frame.line))
}

/// A row of who had the procs.
enum Holder<'a> {
    Function(usize, &'a FunctionShare),
    Goroutine(&'a GoShare),
    /// A name, proc time, a colour.
    Nobody(&'static str, u64, Color32),
}

fn others_ui(
    ui: &mut Ui,
    document: &Document,
    found: &Arc<Antagonists>,
    selected: Option<TimeRange>,
    actions: &mut Actions,
) {
    if found.ready == 0 {
        empty(ui, "No goroutine waited for a proc in what is chosen above");
        return;
    }
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let mut nobody = vec![
        ("Threads that looked for work, or switched", found.looking, tokens.muted),
        ("Idle procs", found.idle, tokens.line),
    ];
    if found.no_cpu > 0 {
        nobody.push(("No CPU", found.no_cpu, lanes::no_cpu(tokens)));
    }
    heading_ui(ui, document, found, selected);
    let color =
        |at: usize| if at < COLORED { tokens.series(at) } else { tokens.classes[SpanClass::WaitOther as usize] };
    let mut parts: Vec<(u64, Color32)> =
        found.functions.iter().enumerate().map(|(at, share)| (share.total(), color(at))).collect();
    parts.truncate(200);
    parts.extend(nobody.iter().map(|(_, nanos, color)| (*nanos, *color)));
    proportion(ui, &parts, "Who had the procs");
    ui.add_space(space::XS);
    let id = ui.make_persistent_id("antagonists-open");
    let open: Option<StrId> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let mut rows: Vec<Holder<'_>> = Vec::new();
    for (at, share) in found.functions.iter().enumerate() {
        rows.push(Holder::Function(at, share));
        if open == Some(share.name) {
            rows.extend(found.goroutines.iter().filter(|one| one.name == share.name).map(Holder::Goroutine));
        }
    }
    rows.extend(
        nobody.into_iter().filter(|row| row.1 > 0).map(|(name, nanos, color)| Holder::Nobody(name, nanos, color)),
    );
    let cells = |row: usize| {
        let Some(row) = rows.get(row) else { return Vec::new() };
        let (title, running, syscall, gos) = match row {
            Holder::Function(at, share) => {
                let title = Cell::text(function_name(trace, share.name)).folding(open == Some(share.name));
                (title.dotted(color(*at)), share.running, share.syscall, count(share.goroutines))
            }
            Holder::Goroutine(share) => {
                let title = Cell::text(format!("G{}", share.id.signed())).indented(24.0).colored(tokens.accent);
                (title, share.running, share.syscall, String::new())
            }
            Holder::Nobody(name, nanos, color) => {
                return vec![
                    Cell::text(*name).indented(16.0).dotted(*color).colored(tokens.muted),
                    Cell::number(percent(*nanos, found.proc_nanos)),
                    Cell::number(time(*nanos)),
                ];
            }
        };
        vec![
            title,
            Cell::number(percent(running + syscall, found.proc_nanos)),
            Cell::number(time(running + syscall)),
            Cell::number(time(running)).colored(tokens.muted),
            Cell::number(time(syscall)).colored(tokens.muted),
            Cell::number(gos).colored(tokens.muted),
        ]
    };
    let touched = table(ui, ("antagonists", &OTHERS), rows.len(), None, |_| false, cells);
    match touched.clicked.and_then(|row| rows.get(row)) {
        Some(Holder::Function(_, share)) => {
            let new = if open == Some(share.name) { None } else { Some(share.name) };
            ui.ctx().data_mut(|data| data.insert_temp(id, new));
        }
        Some(Holder::Goroutine(share)) => actions.push(Action::GoToLane(LaneId::Goroutine(share.go))),
        _ => {}
    }
}

fn heading_ui(ui: &mut Ui, document: &Document, found: &Antagonists, selected: Option<TimeRange>) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        let about = if selected.is_some() { "the selected wait".to_owned() } else { scope_title(document) };
        let mut text = format!(
            "{} of waiting make {} of proc time; a proc was idle for {} of the waiting ({})",
            time(found.ready),
            time(found.proc_nanos),
            time(found.avoidable),
            percent(found.avoidable, found.ready)
        );
        if found.stopped > 0 {
            text += &format!(", the world stopped for {}", time(found.stopped));
        }
        ui.label(RichText::new(format!("{text}: {about}")).font(fonts::small()).color(tokens.muted)).on_hover_text(
            "At each instant every waiting goroutine waits for every proc, so a wait of 1 ms on 4 procs makes 4 ms of \
             proc time. All of it is on exactly one account below.",
        );
        partial_ui(ui, document);
    });
    ui.add_space(space::XS);
}

fn function_name(trace: &Trace, name: StrId) -> String {
    match trace.str(name) {
        "" => "(not in the trace)".to_owned(),
        function => name::function(function).to_owned(),
    }
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
