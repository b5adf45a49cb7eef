//! Goroutines by start function: how many, and where their time went. A function unfolds to its goroutines.

use std::sync::Arc;

use egui::{Color32, RichText, TextEdit, Ui};

use trace_core::analysis::goroutines::{Breakdown, GoTimes, Group, Groups, SortBy};
use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::ids::StrId;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::model::wait_class;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::fmt::words;
use crate::panel::scope::{only_link, scope_title, scope_ui};
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question, Study};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

const COLUMNS: [Column; 9] = [
    text("Start function", 0.0),
    number("Count", 68.0),
    number("Ran", 76.0),
    number("Ready", 76.0),
    number("In calls", 76.0),
    number("Blocked", 76.0),
    number("Total", 76.0),
    number("Longest run", 84.0),
    text("Breakdown", 180.0),
];
/// Most time on procs first.
const USUAL: Sorting = Sorting { column: 2, descending: true };

/// Which groups show in what order: by answer, sorting and filter.
type OrderKey = (usize, Sorting, String);

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let question = Question::Goroutines(document.scope());
    let Some(Answer::Goroutines(groups)) = answer(ui, document, &question, actions) else { return };
    if groups.groups.is_empty() {
        empty(ui, "No goroutine has time in what is chosen above");
        return;
    }
    let filter = heading_ui(ui, document, groups, actions);
    let sorting = sorting(ui, "goroutines", USUAL);
    let trace = &document.trace;
    let key: OrderKey = (Arc::as_ptr(groups) as usize, sorting, filter);
    let order = kept(ui, "goroutine-groups", key.clone(), || order(trace, groups, &key));
    let id = open_id();
    let open: Option<StrId> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let open_at = open.and_then(|name| order.iter().position(|at| is_named(groups, *at, name)));
    let list = open_at.and(open).and_then(|name| list_of(document, name, sorting, actions));
    let inside = list.as_ref().map_or(0, |list| list.len());
    let place = |row: usize| match open_at {
        Some(at) if row > at && row <= at + inside => Row::Goroutine(row - at - 1),
        Some(at) if row > at + inside => Row::Group(row - inside),
        _ => Row::Group(row),
    };
    let tokens = tokens::of(ui.ctx());
    let widest = order.iter().filter_map(|at| groups.groups.get(*at)).map(|group| group.breakdown.total).max();
    let cells = |row: usize| match place(row) {
        Row::Group(row) => {
            let group = order.get(row).and_then(|at| groups.groups.get(*at));
            group.map(|group| group_cells(tokens, trace, group, open == Some(group.name), widest.unwrap_or(1)))
        }
        Row::Goroutine(at) => {
            let times = list.as_ref().and_then(|list| list.get(turned(at, inside, sorting)));
            times.map(|times| goroutine_cells(tokens, trace, times))
        }
    };
    let selected = document.selection.lane();
    let is_selected = |row: usize| match place(row) {
        Row::Group(_) => false,
        Row::Goroutine(at) => list
            .as_ref()
            .and_then(|list| list.get(turned(at, inside, sorting)))
            .is_some_and(|times| selected == Some(LaneId::Goroutine(times.go))),
    };
    let rows = order.len() + inside;
    let touched =
        sorted(ui, ("goroutines", &COLUMNS), sorting, rows, is_selected, |row| cells(row).unwrap_or_default());
    match touched.clicked.map(place) {
        Some(Row::Group(row)) => {
            let name = order.get(row).and_then(|at| groups.groups.get(*at)).map(|group| group.name);
            let new = if name == open { None } else { name };
            ui.ctx().data_mut(|data| data.insert_temp(id, new));
        }
        Some(Row::Goroutine(at)) => {
            if let Some(times) = list.as_ref().and_then(|list| list.get(turned(at, inside, sorting))) {
                actions.push(Action::GoToStretch(LaneId::Goroutine(times.go), times.range));
                actions.push(Action::SelectLane(LaneId::Goroutine(times.go)));
            }
        }
        None => {}
    }
}

/// What a row is.
enum Row {
    /// A place in the order of groups.
    Group(usize),
    /// A place in the unfolded list.
    Goroutine(usize),
}

/// Lists come most first.
const fn turned(at: usize, len: usize, sorting: Sorting) -> usize {
    if sorting.descending || sorting.column == 0 { at } else { len.saturating_sub(at + 1) }
}

fn is_named(groups: &Groups, at: usize, name: StrId) -> bool {
    groups.groups.get(at).is_some_and(|group| group.name == name)
}

/// Where the unfolded group is remembered.
fn open_id() -> egui::Id {
    egui::Id::unique("goroutines-open")
}

/// The title, and a field to filter by; returns what is typed.
fn heading_ui(ui: &mut Ui, document: &Document, groups: &Groups, actions: &mut Actions) -> String {
    let tokens = tokens::of(ui.ctx());
    let id = ui.make_persistent_id("goroutines-filter");
    let mut filter: String = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let title = format!(
            "{} of {}: {}",
            words::counted(groups.count, "goroutine"),
            words::counted(groups.groups.len() as u64, "function"),
            scope_title(document)
        );
        ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted));
        partial_ui(ui, document);
        let open_id = open_id();
        let open: Option<StrId> = ui.ctx().data(|data| data.get_temp(open_id)).unwrap_or_default();
        if let Some(name) = open.filter(|name| groups.groups.iter().any(|group| group.name == *name)) {
            let scope = Scope { whom: Whom::Named(name), ..document.scope() };
            let function = name::function(document.trace.str(name)).to_owned();
            let text = format!("Show only lanes of {function}");
            only_link(ui, document, (scope, format!("Every {function}")), &text, actions);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let field = TextEdit::singleline(&mut filter)
                .font(fonts::small())
                .hint_text("Filter functions")
                .desired_width(180.0);
            if ui.add(field).changed() {
                ui.ctx().data_mut(|data| data.insert_temp(id, filter.clone()));
            }
        });
    });
    ui.add_space(space::HAIR);
    filter.to_lowercase()
}

/// The goroutines of a function, once a worker has listed them.
fn list_of(document: &Document, name: StrId, sorting: Sorting, actions: &mut Actions) -> Option<Arc<Vec<GoTimes>>> {
    let question = Question::GoroutineList(document.scope(), name, by(sorting.column));
    match document.studies.get(&question) {
        Some(Study::Answered(Answer::GoroutineList(list))) => Some(Arc::clone(list)),
        None if document.is_settled() => {
            actions.push(Action::Ask(document.id, question));
            None
        }
        _ => None,
    }
}

const fn by(column: usize) -> SortBy {
    match column {
        0 => SortBy::Name,
        1 => SortBy::Count,
        3 => SortBy::Runnable,
        4 => SortBy::Syscall,
        5 => SortBy::Blocked,
        6 => SortBy::Lifetime,
        _ => SortBy::Execution,
    }
}

fn order(trace: &Trace, groups: &Groups, (_, sorting, filter): &OrderKey) -> Vec<usize> {
    let group = |at: usize| groups.groups.get(at);
    let mut order: Vec<usize> = (0..groups.groups.len())
        .filter(|at| group(*at).is_some_and(|group| trace.str(group.name).to_lowercase().contains(filter.as_str())))
        .collect();
    let value = |at: &usize| {
        group(*at).map_or(0, |group| match sorting.column {
            7 => group.execution.max.unwrap_or(0),
            column => by(column).value(&group.breakdown, group.count),
        })
    };
    let name = |at: &usize| group(*at).map_or("", |group| trace.str(group.name));
    order.sort_by(|one, other| {
        let rising = if sorting.column == 0 { name(one).cmp(name(other)) } else { value(one).cmp(&value(other)) };
        if sorting.descending { rising.reverse() } else { rising }
    });
    order
}

fn group_cells(tokens: &Tokens, trace: &Trace, group: &Group, open: bool, widest: u64) -> Vec<Cell> {
    let title = match trace.str(group.name) {
        "" => "(not in the trace)".to_owned(),
        function => name::function(function).to_owned(),
    };
    let color = if group.is_system { tokens.muted } else { tokens.text };
    let mut cells = vec![Cell::text(title).folding(open).colored(color), Cell::number(count(group.count))];
    cells.extend(time_cells(&group.breakdown));
    cells.push(Cell::number(time(group.execution.max.unwrap_or(0))).colored(tokens.muted));
    cells.push(Cell::bar(parts(tokens, trace, &group.breakdown), widest));
    cells
}

fn goroutine_cells(tokens: &Tokens, trace: &Trace, times: &GoTimes) -> Vec<Cell> {
    let edges = match (times.began_before, times.goes_on) {
        (true, true) => " (before and after the trace)",
        (true, false) => " (from before)",
        (false, true) => " (goes on)",
        (false, false) => "",
    };
    let title = format!("G{}{edges}", times.id.signed());
    let mut cells = vec![Cell::text(title).indented(24.0).colored(tokens.accent), Cell::number("")];
    cells.extend(time_cells(&times.breakdown).map(|cell| cell.colored(tokens.muted)));
    cells.push(Cell::number(""));
    cells.push(Cell::bar(parts(tokens, trace, &times.breakdown), times.breakdown.total));
    cells
}

fn time_cells(breakdown: &Breakdown) -> [Cell; 5] {
    let calls = breakdown.syscall + breakdown.syscall_blocked;
    [breakdown.running, breakdown.runnable, calls, breakdown.blocked(), breakdown.total]
        .map(|nanos| Cell::number(time(nanos)))
}

/// The bar: what ran first, then the rest by what it was.
fn parts(tokens: &Tokens, trace: &Trace, breakdown: &Breakdown) -> Vec<(u64, Color32)> {
    let color = |class: SpanClass| tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted);
    let mut parts = vec![
        (breakdown.running, color(SpanClass::Running)),
        (breakdown.no_cpu, lanes::no_cpu(tokens)),
        (breakdown.runnable, color(SpanClass::Runnable)),
        (breakdown.syscall + breakdown.syscall_blocked, color(SpanClass::Syscall)),
    ];
    parts.extend(breakdown.waits.iter().map(|&(reason, nanos)| (nanos, color(wait_class(trace.str(reason))))));
    parts.push((breakdown.unknown, tokens.line));
    parts
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
