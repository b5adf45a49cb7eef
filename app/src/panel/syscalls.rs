//! System calls by function and by stack: how many, how long, and which of them cost their goroutine its proc.

use std::sync::Arc;

use egui::{Color32, RichText, Ui};

use trace_core::analysis::syscalls::{Call, CallGroup, Syscalls};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

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
use crate::widget::legend::legend;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, table, text};

const GROUPS: [Column; 9] = [
    text("Call", 0.0),
    number("Calls", 80.0),
    number("Total", 80.0),
    number("Median", 76.0),
    number("p99", 76.0),
    number("Longest", 80.0),
    number("Blocking", 76.0),
    number("Without proc", 92.0),
    text("Time with and without a proc", 180.0),
];
const CALLS: [Column; 4] =
    [number("Took", 88.0), number("Without proc", 100.0), number("From", 104.0), text("Goroutine", 0.0)];
/// Most time first.
const USUAL: Sorting = Sorting { column: 2, descending: true };

/// What shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Functions,
    Stacks,
    Longest,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("syscalls-form");
    let mut form: Form = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (offered, title) in
            [(Form::Functions, "By function"), (Form::Stacks, "By stack"), (Form::Longest, "Longest calls")]
        {
            if chip(ui, title, form == offered).clicked() {
                form = offered;
                ui.ctx().data_mut(|data| data.insert_temp(id, form));
            }
        }
    });
    let question = Question::Syscalls(document.scope());
    let Some(Answer::Syscalls(found)) = answer(ui, document, &question, actions) else { return };
    if found.all.calls.count == 0 {
        empty(ui, "No system call in what is chosen above");
        return;
    }
    title_ui(ui, document, found);
    match form {
        Form::Functions => groups_ui(ui, document, found, false, actions),
        Form::Stacks => groups_ui(ui, document, found, true, actions),
        Form::Longest => calls_ui(ui, document, &found.all.worst, actions),
    }
}

fn title_ui(ui: &mut Ui, document: &Document, found: &Syscalls) {
    let tokens = tokens::of(ui.ctx());
    let all = &found.all;
    ui.horizontal(|ui| {
        let in_c = if found.in_c > 0 { format!(" ({} of C)", count(found.in_c)) } else { String::new() };
        let title = format!(
            "{}{in_c}, {} total, {} of them blocking ({} without a proc): {}",
            words::counted(all.calls.count, "call"),
            time(all.calls.total),
            count(all.blocking),
            time(all.blocked),
            scope_title(document)
        );
        ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted)).on_hover_text(
            "A call that takes long loses its proc to another thread: it was blocking. What it spent without the \
             proc kept nobody else from running. Calls of C functions (cgo) are recorded in the same way.",
        );
        partial_ui(ui, document);
        let [with, without] = colors(tokens);
        legend(ui, &[("with a proc", with), ("without", without)]);
    });
    ui.add_space(space::HAIR);
}

fn groups_ui(ui: &mut Ui, document: &Document, found: &Arc<Syscalls>, stacks: bool, actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let groups = if stacks { &found.stacks } else { &found.functions };
    let (id, kept_id) =
        if stacks { ("syscall-stacks", "stack-order") } else { ("syscall-functions", "function-order") };
    let sorting = sorting(ui, id, USUAL);
    let key = (Arc::as_ptr(found) as usize, sorting);
    let order = kept(ui, kept_id, key, || order(groups, sorting));
    let open_id = ui.make_persistent_id((id, "open"));
    let open: Option<usize> = ui.ctx().data(|data| data.get_temp(open_id)).unwrap_or_default();
    let group = |row: usize| order.get(row).and_then(|at| groups.get(*at));
    let open_row = open.and_then(|at| order.iter().position(|known| *known == at));
    let inside = open_row.and_then(group).map_or(&[][..], |group| group.worst.as_slice());
    let place = |row: usize| match open_row {
        Some(at) if row > at && row <= at + inside.len() => (at, Some(row - at - 1)),
        Some(at) if row > at + inside.len() => (row - inside.len(), None),
        _ => (row, None),
    };
    let widest = groups.iter().map(|group| group.calls.total).max().unwrap_or(1);
    let touched = sorted(
        ui,
        (id, &GROUPS),
        sorting,
        order.len() + inside.len(),
        |_| false,
        |row| match place(row) {
            (row, None) => group(row)
                .map(|group| group_cells(tokens, trace, group, (stacks, open_row == Some(row)), widest))
                .unwrap_or_default(),
            (_, Some(at)) => inside.get(at).map(|call| inner_cells(tokens, trace, call)).unwrap_or_default(),
        },
    );
    match touched.clicked.map(place) {
        Some((row, None)) => {
            let at = order.get(row).copied();
            let new = if at == open { None } else { at };
            ui.ctx().data_mut(|data| data.insert_temp(open_id, new));
        }
        Some((_, Some(at))) => {
            if let Some(call) = inside.get(at) {
                actions.push(Action::GoToStretch(LaneId::Goroutine(call.go), call.range));
            }
        }
        None => {}
    }
}

fn order(groups: &[CallGroup], sorting: Sorting) -> Vec<usize> {
    let rank = |at: &usize| {
        groups.get(*at).map_or(0, |group| match sorting.column {
            1 => group.calls.count,
            3 => group.calls.p50.unwrap_or(0),
            4 => group.calls.p99.unwrap_or(0),
            5 => group.calls.max.unwrap_or(0),
            6 => group.blocking,
            7 => group.blocked,
            _ => group.calls.total,
        })
    };
    let name = |at: &usize| groups.get(*at).map_or("", |group| group.function.as_str());
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|one, other| {
        let rising = if sorting.column == 0 { name(one).cmp(name(other)) } else { rank(one).cmp(&rank(other)) };
        if sorting.descending { rising.reverse() } else { rising }
    });
    order
}

fn group_cells(
    tokens: &Tokens,
    trace: &Trace,
    group: &CallGroup,
    (stacks, open): (bool, bool),
    widest: u64,
) -> Vec<Cell> {
    let call = name::call(group.kind, &group.function);
    let frame = name::own_frame(trace, group.stack).filter(|frame| stacks && frame.function != group.function);
    let place = frame.map(|frame| format!("  from {}", name::place(frame.function, frame.file, frame.line)));
    let calls = &group.calls;
    let [with, without] = colors(tokens);
    let parts = vec![(calls.total.saturating_sub(group.blocked), with), (group.blocked, without)];
    let mut cells = vec![
        Cell::text(format!("{call}{}", place.unwrap_or_default())).folding(open),
        Cell::number(count(calls.count)),
    ];
    let times = [Some(calls.total), calls.p50, calls.p99, calls.max];
    cells.extend(times.map(|nanos| Cell::number(time(nanos.unwrap_or(0)))));
    cells.push(Cell::number(count(group.blocking)));
    cells.push(Cell::number(time(group.blocked)));
    cells.push(Cell::bar(parts, widest));
    cells
}

/// Time in a call with a proc, and without.
fn colors(tokens: &Tokens) -> [Color32; 2] {
    [SpanClass::Syscall, SpanClass::WaitNet]
        .map(|class| tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted))
}

fn inner_cells(tokens: &Tokens, trace: &Trace, call: &Call) -> Vec<Cell> {
    let start = offset(call.range.start.nanos_since(trace.range().start));
    let cut = if call.is_cut { ", cut" } else { "" };
    let title = format!("{} at {start}{cut}", name::goroutine(trace, call.go));
    let mut cells = vec![Cell::text(title).indented(24.0).colored(tokens.accent)];
    cells.extend((0..4).map(|_| Cell::number("")));
    cells.push(Cell::number(time(call.nanos)));
    cells.push(Cell::number(""));
    cells.push(Cell::number(time(call.blocked)));
    cells
}

fn calls_ui(ui: &mut Ui, document: &Document, calls: &[Call], actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let origin = trace.range().start;
    let touched = table(
        ui,
        ("syscall-longest", &CALLS),
        calls.len(),
        None,
        |_| false,
        |row| {
            let Some(call) = calls.get(row) else { return Vec::new() };
            vec![
                Cell::number(time(call.nanos)),
                Cell::number(time(call.blocked)).colored(tokens.muted),
                Cell::number(offset(call.range.start.nanos_since(origin))).colored(tokens.muted),
                Cell::text(name::goroutine(trace, call.go)).colored(tokens.accent),
            ]
        },
    );
    if let Some(call) = touched.clicked.and_then(|row| calls.get(row)) {
        actions.push(Action::GoToStretch(LaneId::Goroutine(call.go), call.range));
    }
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
