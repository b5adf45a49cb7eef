//! Where the selected span began and ended in the code; for a goroutine, where it was created.

use egui::{Label, RichText, ScrollArea, Sense, Ui};

use trace_core::base::ids::StackId;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::{Frame, Trace};

use crate::action::action::{Action, Actions, SettingsAction, SourceAction};
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::state::app::AppState;
use crate::state::source::SourcePlace;
use crate::state::view::Selection;
use crate::theme::{fonts, space, tokens};
use crate::widget::content;
use crate::widget::link::{copy_button, link_in};
use crate::widget::section::empty;

/// Shows the stacks at both ends of the selected span.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let trace = &document.trace;
    let stacks = match document.selection {
        Selection::None => {
            empty(ui, "Select a span to see where in the code it began and ended");
            return;
        }
        Selection::Lane(LaneId::Goroutine(idx)) => {
            let stack = trace.goroutine(idx).map_or(StackId::NONE, |go| go.creation_stack);
            vec![("Creation stack", "where this goroutine was created", stack)]
        }
        Selection::Task(idx) => {
            let stack = trace.task(idx).map_or(StackId::NONE, |task| task.stack);
            vec![("Start stack", "where this task was begun", stack)]
        }
        Selection::Region(region) => vec![
            ("Start stack", "where this region begins", region.start_stack),
            ("End stack", "where this region ends", region.end_stack),
        ],
        Selection::Lane(_) => Vec::new(),
        Selection::Span(at) => trace.span(at).map(|span| stacks_of(&span)).unwrap_or_default(),
    };
    if stacks.iter().all(|(_, _, stack)| !stack.is_some()) {
        empty(
            ui,
            "The trace holds no stack for this: the runtime records one where a goroutine blocks, yields, calls or creates",
        );
        return;
    }
    let shown = ScrollArea::vertical().id_salt("stacks").auto_shrink([false, false]).show(ui, |ui| {
        for (title, about, stack) in stacks.into_iter().filter(|(_, _, stack)| stack.is_some()) {
            stack_ui(ui, state, trace, (title, about, stack), actions);
        }
    });
    content::note(ui, &shown);
}

/// The stacks of a span, with what they mean. The same stack at both ends is shown once.
fn stacks_of(span: &Span) -> Vec<(&'static str, &'static str, StackId)> {
    let (start, end) = match span.state {
        GoState::Running => ("where it had left off", "where it stopped"),
        GoState::Waiting => ("where it blocked", "where it was unblocked"),
        GoState::Syscall => ("where it entered the call", "where it came back"),
        GoState::Runnable => ("where it will go on", "where it went on"),
        GoState::Unknown | GoState::Dead => ("at the start", "at the end"),
    };
    if span.start_stack == span.end_stack {
        return vec![("Start and end stack", start, span.start_stack)];
    }
    vec![("Start stack", start, span.start_stack), ("End stack", end, span.end_stack)]
}

fn stack_ui(
    ui: &mut Ui,
    state: &AppState,
    trace: &Trace,
    (title, about, stack): (&str, &str, StackId),
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(fonts::strong()));
        ui.add(Label::new(RichText::new(about).color(tokens.muted)).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if copy_button(ui, &title.to_lowercase()) {
                actions.push(Action::Copy(as_go_prints(trace, stack)));
            }
        });
    });
    ui.add_space(space::HAIR);
    ui.spacing_mut().item_spacing.y = space::HAIR;
    let frames: Vec<Frame<'_>> = trace.frames(stack).collect();
    let mut at = 0;
    while let Some(frame) = frames.get(at) {
        let folded = frames.iter().skip(at).take_while(|frame| name::is_runtime(frame.function)).count();
        // A stack of nothing but the runtime is all there is to see.
        if !state.settings.runtime_frames && folded > 0 && folded < frames.len() {
            let text = match folded {
                1 => "1 runtime frame".to_owned(),
                folded => format!("{} runtime frames", count(folded as u64)),
            };
            if link_in(ui, &text, fonts::small()).on_hover_text("Show the runtime's frames  (R)").clicked() {
                actions.push(SettingsAction::ToggleRuntimeFrames);
            }
            at += folded;
            continue;
        }
        frame_ui(ui, frame, actions);
        at += 1;
    }
    if state.settings.runtime_frames && frames.iter().any(|frame| name::is_runtime(frame.function)) {
        ui.add_space(space::HAIR);
        if link_in(ui, "Fold the runtime's frames", fonts::small()).clicked() {
            actions.push(SettingsAction::ToggleRuntimeFrames);
        }
    }
    ui.add_space(space::L);
}

fn frame_ui(ui: &mut Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let quiet = name::is_runtime(frame.function);
    let color = if quiet { tokens.muted } else { tokens.text };
    let function = RichText::new(name::or_unknown(name::function(frame.function))).font(fonts::mono()).color(color);
    let exact = format!("{}\n{}:{}\npc {:#x}", frame.function, frame.file, frame.line, frame.pc);
    let exact = RichText::new(exact).font(fonts::mono());
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let function = ui.add(Label::new(function).truncate().selectable(true).sense(Sense::click()));
        function.on_hover_text(exact.clone());
        let place = name::line_of(frame.file, frame.line);
        if !place.is_empty() && link_in(ui, &place, fonts::mono_small()).on_hover_text(exact).clicked() {
            let file = frame.file.to_owned();
            actions.push(SourceAction::ShowSource(SourcePlace { file, line: frame.line }));
        }
    });
    ui.add_space(space::HAIR);
}

/// The stack as a panic prints it.
fn as_go_prints(trace: &Trace, stack: StackId) -> String {
    let told =
        |frame: Frame<'_>| format!("{}(...)\n\t{}:{}\n", visible(frame.function), visible(frame.file), frame.line);
    trace.frames(stack).map(told).collect()
}
