//! Who keeps whom waiting: for each place of waiting how much, who ended the waits, and what those did
//! meanwhile.

use std::collections::BTreeSet;

use egui::{Label, RichText, Ui};

use trace_core::analysis::blocked_by::{Blocked, Meanwhile, Releasers};
use trace_core::base::ids::{GoIx, StackId};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::fmt::words;
use crate::panel::answer;
use crate::panel::scope::{scope_title, scope_ui};
use crate::state::app::AppState;
use crate::state::study::{Answer, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::link::copy_button;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

const COLUMNS: [Column; 7] = [
    text("Place", 0.0),
    text("Reason", 150.0),
    number("Count", 70.0),
    number("Total", 76.0),
    number("Longest", 76.0),
    text("Ended by", 0.0),
    text("Waker was doing", 0.0),
];
/// The longest waits come first.
const USUAL: Sorting = Sorting { column: 3, descending: true };
/// Parts of a place that unfold at most.
const PARTS: usize = 12;

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let question = Question::BlockedBy(document.scope());
    let Some(Answer::BlockedBy(places)) = answer(ui, document, &question, actions) else { return };
    if places.is_empty() {
        empty(ui, "Nobody waited for anything but work");
        return;
    }
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    let title = format!("{} of waiting, {}", words::counted(places.len() as u64, "place"), scope_title(document));
    ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted));
    let told = ui.make_persistent_id("blocked-told");
    let about: usize = ui.ctx().data(|data| data.get_temp(told)).unwrap_or_default();
    if let Some((_, releasers)) = places.get(about).or_else(|| places.first()) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            if copy_button(ui, "this sentence") {
                actions.push(Action::Copy(visible(&releasers.sentence).into_owned()));
            }
            ui.add(Label::new(&releasers.sentence).wrap());
        });
    }
    ui.add_space(space::XS);
    let id = ui.make_persistent_id("blocked-open");
    let mut open: BTreeSet<usize> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let sorting = sorting(ui, "blocked", USUAL);
    let rows = rows(trace, places, &open, sorting);
    let touched = sorted(
        ui,
        ("blocked", &COLUMNS),
        sorting,
        rows.len(),
        |_| false,
        |row| {
            match rows.get(row) {
                Some(&(at, None)) => places.get(at).map(|known| place_cells(tokens, trace, known, open.contains(&at))),
                Some(&(at, Some(part))) => {
                    places.get(at).and_then(|known| known.1.parts.get(part)).map(|part| part_cells(tokens, trace, part))
                }
                None => None,
            }
            .unwrap_or_default()
        },
    );
    match touched.clicked.and_then(|row| rows.get(row)) {
        Some(&(at, None)) => {
            if !open.remove(&at) {
                open.insert(at);
            }
            ui.ctx().data_mut(|data| {
                data.insert_temp(id, open);
                data.insert_temp(told, at);
            });
        }
        Some(&(at, Some(part))) => {
            if let Some(part) = places.get(at).and_then(|known| known.1.parts.get(part)) {
                go_to(part.go, part.longest, actions);
            }
        }
        None => {}
    }
}

/// Places in order, each followed by its parts if it is unfolded: (place, part of it).
fn rows(
    trace: &Trace,
    places: &[(Blocked, Releasers)],
    open: &BTreeSet<usize>,
    sorting: Sorting,
) -> Vec<(usize, Option<usize>)> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    let key = |at: usize| places.get(at).map(|(blocked, _)| blocked);
    order.sort_by(|one, other| {
        let (Some(one), Some(other)) = (key(*one), key(*other)) else { return std::cmp::Ordering::Equal };
        let rising = match sorting.column {
            0 => one.place.cmp(&other.place),
            1 => on(trace, one).cmp(&on(trace, other)),
            2 => one.count.cmp(&other.count),
            4 => one.max.cmp(&other.max),
            _ => one.nanos.cmp(&other.nanos),
        };
        if sorting.descending { rising.reverse() } else { rising }
    });
    let parts = |at: usize| {
        let shown = places.get(at).map_or(0, |known| known.1.parts.len().min(PARTS));
        (0..if open.contains(&at) { shown } else { 0 }).map(move |part| (at, Some(part)))
    };
    order.into_iter().flat_map(|at| std::iter::once((at, None)).chain(parts(at))).collect()
}

fn place_cells(tokens: &Tokens, trace: &Trace, (blocked, releasers): &(Blocked, Releasers), open: bool) -> Vec<Cell> {
    let color = tokens.classes.get(blocked.class as usize).copied().unwrap_or(tokens.muted);
    let first = releasers.parts.first();
    let place = name::place(&blocked.place.function, &blocked.place.file, blocked.place.line);
    vec![
        Cell::text(place).folding(open),
        Cell::text(on(trace, blocked)).dotted(color),
        Cell::number(count(blocked.count)),
        Cell::number(time(blocked.nanos)),
        Cell::number(time(blocked.max)),
        Cell::text(first.map_or_else(|| "not ended in the trace".to_owned(), |part| name::goroutine(trace, part.go)))
            .colored(tokens.muted),
        Cell::text(first.map(|part| did(trace, part)).unwrap_or_default()).colored(tokens.muted),
    ]
}

fn part_cells(tokens: &Tokens, trace: &Trace, part: &Meanwhile) -> Vec<Cell> {
    vec![
        Cell::text(place(trace, part.release)).indented(24.0).colored(tokens.muted),
        Cell::text(name::doing(part.doing)).dotted(lanes::doing(tokens, part.doing)),
        Cell::number(count(part.count)).colored(tokens.muted),
        Cell::number(time(part.nanos)).colored(tokens.muted),
        Cell::number(duration(part.longest.nanos())).colored(tokens.muted),
        Cell::text(name::goroutine(trace, part.go)).colored(tokens.accent),
        Cell::number(place(trace, part.stack)).colored(tokens.muted),
    ]
}

/// The operation as Go spells it, or the runtime's word.
fn on(trace: &Trace, blocked: &Blocked) -> String {
    match name::frame_of(trace, blocked.stack) {
        Some(frame) if blocked.op.is_lock() => name::function(frame.function).to_owned(),
        _ => match trace.str(blocked.reason) {
            "" => name::class(blocked.class).to_owned(),
            reason => reason.to_owned(),
        },
    }
}

fn did(trace: &Trace, part: &Meanwhile) -> String {
    let at = place(trace, part.stack);
    let doing = name::doing(part.doing).to_lowercase();
    if at.is_empty() { doing } else { format!("{doing} in {at}") }
}

fn place(trace: &Trace, stack: StackId) -> String {
    let told = |frame: trace_core::model::trace::Frame<'_>| name::place(frame.function, frame.file, frame.line);
    name::frame_of(trace, stack).map(told).unwrap_or_default()
}

fn time(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn go_to(go: GoIx, range: TimeRange, actions: &mut Actions) {
    actions.push(Action::GoToStretch(LaneId::Goroutine(go), range));
}
