//! The selected task: how long it took and where, what belongs to it, and where the time of its goroutines went.

use egui::{Color32, RichText, ScrollArea, Ui};

use trace_core::analysis::alike::Example;
use trace_core::analysis::tasks::{TaskDetails, life};
use trace_core::base::ids::{GoroutineIdx, TaskIdx};
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Task, Trace};

use crate::action::action::{Actions, PanelAction, SelectAction, ViewAction};
use crate::action::panel::Panel;
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, exact};
use crate::fmt::words::counted;
use crate::panel::alike::alike_ui;
use crate::panel::{answer, point_to, time_row};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::ask;
use crate::state::view::Selection;
use crate::theme::{fonts, space, tokens};
use crate::widget::content;
use crate::widget::link::link;
use crate::widget::proportion::proportion;
use crate::widget::section::{Pairs, heading, pairs};

/// Things of a kind that are listed.
const LISTED: usize = 12;
/// Regions and messages that are listed.
const LISTED_LONG: usize = 200;

/// Shows it; nothing while no task is selected.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Selection::Task(idx) = document.selection else { return };
    let Some(task) = document.trace.task(idx) else { return };
    let shown = ScrollArea::vertical().id_salt("task").auto_shrink([false, false]).show(ui, |ui| {
        head_ui(ui, document, &task, actions);
        let Some(found) = answer(ui, document, &ask::Task(idx), actions) else { return };
        parts_ui(ui, document, &task, found, actions);
        alike_ui(ui, document, (Example::Task(task.idx), String::new()), actions);
    });
    content::note(ui, &shown);
}

fn head_ui(ui: &mut Ui, document: &Document, task: &Task, actions: &mut Actions) {
    let trace = &document.trace;
    let title = name::task_type(trace, task.name);
    ui.add(egui::Label::new(RichText::new(title).font(fonts::title())).truncate());
    ui.label(RichText::new(format!("Task {}", task.id.signed())).color(tokens::of(ui.ctx()).muted));
    ui.add_space(space::XS);
    let range = life(trace, task);
    pairs(ui, "task", |pairs| {
        let at = |time: Option<trace_core::base::time::TraceTime>, missing: &str| {
            time.map_or_else(|| missing.to_owned(), |time| document.offset_of(time))
        };
        let least = if task.began.is_none() || task.ended.is_none() { "at least " } else { "" };
        pairs.text("Duration", &format!("{least}{}", duration(range.nanos())), &exact(range.nanos()));
        time_row(pairs, document, "Start", (task.began, &at(task.began, "before the trace")), actions);
        time_row(pairs, document, "End", (task.ended, &at(task.ended, "not in the trace")), actions);
        if let Some(parent) = task.parent {
            pairs.row("Subtask of", |ui| task_link(ui, trace, parent, actions));
        }
        if task.go.is_some() {
            pairs.row("Begun by", |ui| go_link(ui, trace, task.go, range, actions));
        }
        if let Some(frame) = name::frame_of(trace, task.stack) {
            pairs.text("At", &name::line_of(frame.file, frame.line), frame.file);
        }
    });
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        for (text, panel) in [("Why it took this long", Panel::WaitChain), ("Tasks like this", Panel::Tasks)] {
            if link(ui, text).clicked() {
                actions.push(PanelAction::OpenPanel(panel));
            }
        }
    });
}

fn parts_ui(ui: &mut Ui, document: &Document, task: &Task, found: &TaskDetails, actions: &mut Actions) {
    let trace = &document.trace;
    let of = if found.regions.is_empty() { "of the goroutine that began it" } else { "in its regions" };
    heading(ui, &format!("Time {of}"));
    times_ui(ui, trace, found);
    pairs(ui, "task parts", |pairs| {
        let range = life(trace, task);
        let gos = found.goroutines.iter();
        listed(pairs, "Goroutines", gos, |ui, go| go_link(ui, trace, *go, range, actions));
        listed(pairs, "Subtasks", found.children.iter(), |ui, task| task_link(ui, trace, *task, actions));
    });
    if !found.regions.is_empty() {
        heading(ui, &counted(found.regions.len() as u64, "region"));
    }
    for region in found.regions.iter().take(LISTED_LONG) {
        ui.horizontal(|ui| {
            ui.label(mono(&duration(region.range.nanos())));
            if link(ui, &visible(trace.str(region.name))).clicked() {
                actions.push(SelectAction::GoToStretch(LaneId::Goroutine(region.go), region.range));
            }
            ui.label(RichText::new(name::goroutine(trace, region.go)).color(tokens::of(ui.ctx()).muted));
        });
    }
    if !found.logs.is_empty() {
        heading(ui, &counted(found.logs.len() as u64, "message"));
    }
    for log in found.logs.iter().take(LISTED_LONG) {
        ui.horizontal(|ui| {
            let range = TimeRange::new(log.time, log.time.plus_nanos(1));
            let response = link(ui, &document.offset_of(log.time));
            if response.contains_pointer() {
                point_to(document, Some(range), actions);
            }
            if response.clicked() {
                actions.push(ViewAction::Reveal { lane: LaneId::Goroutine(log.go), time: Some(range.start) });
            }
            let text = match trace.str(log.category) {
                "" => visible(trace.str(log.message)).into_owned(),
                category => format!("{}: {}", visible(category), visible(trace.str(log.message))),
            };
            ui.add(egui::Label::new(RichText::new(text)).truncate().selectable(true));
        });
    }
}

/// A row of links, the first of them.
fn listed<'a, T: 'a>(
    pairs: &mut Pairs<'_>,
    title: &str,
    all: impl ExactSizeIterator<Item = &'a T>,
    mut add: impl FnMut(&mut Ui, &T),
) {
    let number = all.len();
    if number == 0 {
        return;
    }
    pairs.row(title, |ui| {
        ui.vertical(|ui| {
            for item in all.take(LISTED) {
                add(ui, item);
            }
            if number > LISTED {
                let more = format!("and {} more", count((number - LISTED) as u64));
                ui.label(RichText::new(more).color(tokens::of(ui.ctx()).muted));
            }
        });
    });
}

fn times_ui(ui: &mut Ui, trace: &Trace, found: &TaskDetails) {
    let tokens = tokens::of(ui.ctx());
    let times = &found.breakdown;
    let color = |class: SpanClass| tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted);
    let rows: Vec<(&str, Nanos, Color32)> = [
        ("Running", times.running, color(SpanClass::Running)),
        ("Runnable", times.runnable, color(SpanClass::Runnable)),
        (name::class_in(trace, SpanClass::Syscall), times.syscall + times.syscall_blocked, color(SpanClass::Syscall)),
        ("Waiting", times.blocked(), color(SpanClass::WaitSync)),
    ]
    .into_iter()
    .filter(|row| !row.1.is_zero())
    .collect();
    let whole = rows.iter().map(|row| row.1).sum::<Nanos>();
    if whole.is_zero() {
        ui.label(RichText::new("None recorded").color(tokens.muted));
        return;
    }
    let bar: Vec<(u64, Color32)> = rows.iter().map(|row| (row.1.0, row.2)).collect();
    proportion(ui, &bar, "Time by state");
    pairs(ui, "task times", |pairs| {
        for (title, time, _) in rows {
            pairs.text(title, &format!("{time} ({})", percent(time.0, whole.0)), "");
        }
        if !found.on_others.is_zero() {
            pairs.text("On other goroutines", &found.on_others.to_string(), "");
        }
        if !found.outside_regions.is_zero() {
            pairs.text("Outside regions", &found.outside_regions.to_string(), "");
        }
    });
}

fn mono(text: &str) -> RichText {
    RichText::new(text).font(fonts::mono())
}

fn task_link(ui: &mut Ui, trace: &Trace, task: TaskIdx, actions: &mut Actions) {
    if link(ui, &name::task(trace, task)).clicked() {
        actions.push(SelectAction::GoToTask(task));
    }
}

fn go_link(ui: &mut Ui, trace: &Trace, go: GoroutineIdx, range: TimeRange, actions: &mut Actions) {
    if link(ui, &name::goroutine(trace, go)).clicked() {
        actions.push(SelectAction::GoToStretch(LaneId::Goroutine(go), range));
    }
}
