//! Locks that the program probably has: who held them longest and who queued. All of it inferred, and says how
//! surely.

use egui::{RichText, Ui};

use trace_core::analysis::locks::{Hold, Lock, Site};
use trace_core::base::ids::StackId;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::fmt::words;
use crate::panel::answer;
use crate::panel::scope::{scope_title, scope_ui};
use crate::state::app::AppState;
use crate::state::study::{Answer, Question};
use crate::theme::{fonts, space, tokens};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

const COLUMNS: [Column; 9] = [
    text("Locked at", 0.0),
    text("On", 150.0),
    number("Waits", 64.0),
    number("Total", 76.0),
    number("Longest", 76.0),
    number("Queue", 56.0),
    number("Convoy", 76.0),
    text("Held longest", 0.0),
    number("Sure", 52.0),
];
/// The most waiting comes first.
const USUAL: Sorting = Sorting { column: 3, descending: true };

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let question = Question::Locks(document.scope());
    let Some(Answer::Locks(locks)) = answer(ui, document, &question, actions) else { return };
    if locks.is_empty() {
        empty(ui, "Nobody waited for a lock");
        return;
    }
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    let found = words::counted(locks.len() as u64, "lock");
    let title = format!("{found}, {}: inferred from who ends whose waits, not recorded", scope_title(document));
    ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted));
    ui.add_space(space::XS);
    let sorting = sorting(ui, "locks", USUAL);
    let order = order(locks, sorting);
    let touched = sorted(
        ui,
        ("locks", &COLUMNS),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some(lock) = order.get(row).and_then(|at| locks.get(*at)) else { return Vec::new() };
            vec![
                Cell::text(lock.acquired.first().map(place).unwrap_or_default()),
                Cell::text(lock.acquired.first().map_or("", |site| site.op.name())).colored(tokens.muted),
                Cell::number(count(lock.count)),
                Cell::number(time(lock.nanos)),
                Cell::number(time(lock.max)),
                Cell::number(count(u64::from(lock.most_waiting))),
                Cell::number(time(lock.convoy_ns)).colored(tokens.muted),
                Cell::text(lock.longest_holds.first().map(|hold| held(trace, hold)).unwrap_or_default())
                    .colored(tokens.accent),
                Cell::number(format!("{:.0} %", 100.0 * lock.confidence)).colored(tokens.muted),
            ]
        },
    );
    let touched = touched.clicked.and_then(|row| order.get(row)).and_then(|at| locks.get(*at));
    if let Some(lock) = touched {
        let hold = lock.longest_holds.first().map(|hold| (hold.go, hold.range));
        let (go, range) = hold.unwrap_or(lock.longest_wait);
        actions.push(Action::GoToStretch(LaneId::Goroutine(go), range));
    }
}

fn order(locks: &[Lock], sorting: Sorting) -> Vec<usize> {
    let mut order: Vec<usize> = (0..locks.len()).collect();
    order.sort_by(|one, other| {
        let (Some(one), Some(other)) = (locks.get(*one), locks.get(*other)) else { return std::cmp::Ordering::Equal };
        let held = |lock: &Lock| lock.longest_holds.first().map(|hold| hold.range.nanos());
        let name = |lock: &Lock| lock.acquired.first().map(place);
        let rising = match sorting.column {
            0 => name(one).cmp(&name(other)),
            1 => one.acquired.first().map(|site| site.op).cmp(&other.acquired.first().map(|site| site.op)),
            2 => one.count.cmp(&other.count),
            4 => one.max.cmp(&other.max),
            5 => one.most_waiting.cmp(&other.most_waiting),
            6 => one.convoy_ns.cmp(&other.convoy_ns),
            7 => held(one).cmp(&held(other)),
            8 => one.confidence.total_cmp(&other.confidence),
            _ => one.nanos.cmp(&other.nanos),
        };
        if sorting.descending { rising.reverse() } else { rising }
    });
    order
}

fn place(site: &Site) -> String {
    name::place(&site.place.function, &site.place.file, site.place.line)
}

/// `107 ms by G13 main.loop, until main.report (main.go:112)`
fn held(trace: &Trace, hold: &Hold) -> String {
    let at_least = if hold.is_known { "" } else { "≥ " };
    let (long, who) = (duration(hold.range.nanos()), name::goroutine(trace, hold.go));
    let until = match released(trace, hold.release) {
        place if place.is_empty() => place,
        place => format!(", until {place}"),
    };
    format!("{at_least}{long} by {who}{until}")
}

fn released(trace: &Trace, stack: StackId) -> String {
    name::frame_of(trace, stack).map(|frame| name::place(frame.function, frame.file, frame.line)).unwrap_or_default()
}

fn time(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}
