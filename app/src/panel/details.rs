//! The selected span, else the trace itself. Selected lanes and tasks have panels of their own.

use egui::{Label, RichText, ScrollArea, Sense, Ui, vec2};

use trace_core::analysis::alike::{Example, is_of_goroutine};
use trace_core::analysis::search::complete::quoted;
use trace_core::event::state::GoState;
use trace_core::model::flows::{Flow, FlowEnd, FlowKind};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions, PanelAction, SelectAction};
use crate::action::panel::Panel;
use crate::fmt::name;
use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, exact, rfc3339};
use crate::panel::alike::alike_ui;
use crate::panel::{ListKey, kept, time_link};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::edges;
use crate::state::search::SearchAction;
use crate::state::view::Selection;
use crate::theme::{fonts, space, tokens};
use crate::widget::content;
use crate::widget::link::{copy_button, link};
use crate::widget::section::{Pairs, heading, pairs};

/// Shows what is selected: a span, a lane, a task, a region or time.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let shown =
        ScrollArea::vertical().id_salt("details").auto_shrink([false, false]).show(ui, |ui| match document.selection {
            Selection::None | Selection::Lane(_) | Selection::Task(_) | Selection::Region(_) => trace_ui(ui, document),
            Selection::Span(at) => match document.trace.span(at) {
                Some(span) => span_ui(ui, document, &span, actions),
                None => trace_ui(ui, document),
            },
        });
    content::note(ui, &shown);
}

fn span_ui(ui: &mut Ui, document: &Document, span: &Span, actions: &mut Actions) {
    let trace = &document.trace;
    let lane = span.at.lane;
    ui.horizontal(|ui| {
        let tokens = tokens::of(ui.ctx());
        let (chip, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        let color = tokens.classes.get(span.class as usize).copied().unwrap_or(tokens.muted);
        ui.painter().rect_filled(chip, 3.0, color);
        ui.add(egui::Label::new(RichText::new(name::span(trace, span)).font(fonts::title())).truncate());
    });
    ui.horizontal(|ui| {
        if link(ui, &name::lane(trace, lane)).clicked() {
            actions.push(SelectAction::GoToLane(lane));
        }
    });
    ui.add_space(space::S);
    let key = ListKey::new(document, lane, Some(span.at), span.range);
    let counts = kept(ui, "counts", key, || Counts::of(trace, span));
    pairs(ui, "span", |pairs| {
        time_rows(pairs, document, span, actions);
        place_rows(pairs, trace, span, actions);
        cause_rows(pairs, trace, (span, counts.cause), actions);
        if let Some(frame) = telling(trace, span) {
            pairs.text("Function", name::function(frame.0), frame.0);
            pairs.text("At", &name::line_of(frame.1, frame.2), frame.1);
        }
        tags_row(pairs, document, span, actions);
        counts_row(pairs, &counts, actions);
    });
    if is_of_goroutine(span.at) {
        alike_ui(ui, document, (Example::Span(span.at), query_for(trace, span)), actions);
    }
}

fn time_rows(pairs: &mut Pairs<'_>, document: &Document, span: &Span, actions: &mut Actions) {
    let place = |time| document.exact_place(time);
    let began = if span.began_before { " (before the trace)" } else { "" };
    let start = document.offset_of(span.range.start);
    pairs.row("Start", |ui| {
        time_link(ui, document, (span.range.start, &format!("{start}{began}"), &place(span.range.start)), actions);
    });
    let length = if span.began_before || span.goes_on { "at least " } else { "" };
    pairs.text("Duration", &format!("{length}{}", duration(span.range.nanos())), &exact(span.range.nanos()));
    let on = if span.goes_on { " (after the trace)" } else { "" };
    let end = document.offset_of(span.range.end);
    pairs.row("End", |ui| {
        time_link(ui, document, (span.range.end, &format!("{end}{on}"), &place(span.range.end)), actions);
    });
}

fn place_rows(pairs: &mut Pairs<'_>, trace: &Trace, span: &Span, actions: &mut Actions) {
    let mut lane_row = |title: &str, lane: LaneId| {
        pairs.row(title, |ui| {
            if link(ui, &name::lane(trace, lane)).clicked() {
                match trace.span_at(lane, span.range.start) {
                    Some(there) => actions.push(SelectAction::GoTo(there.at)),
                    None => actions.push(SelectAction::GoToLane(lane)),
                }
            }
        });
    };
    if span.go.is_some() && span.at.lane != LaneId::Goroutine(span.go) {
        lane_row("Goroutine", LaneId::Goroutine(span.go));
    }
    if span.proc.is_some() && span.at.lane != LaneId::Proc(span.proc) {
        lane_row("Proc", LaneId::Proc(span.proc));
    }
    if span.thread.is_some() && span.at.lane != LaneId::Thread(span.thread) {
        lane_row("Thread", LaneId::Thread(span.thread));
    }
}

/// Who made the span what it is, and after what time it ran; for a wait, who ended it.
fn cause_rows(pairs: &mut Pairs<'_>, trace: &Trace, (span, cause): (&Span, Option<Flow>), actions: &mut Actions) {
    let Some(flow) = cause else { return };
    let what = if span.state == GoState::Waiting { "Ended" } else { passive(flow.kind) };
    who_row(pairs, &format!("{what} by"), (&name::origin(trace, &flow), flow.from), actions);
    let before = span.range.start.nanos_since(flow.from.time);
    if span.state == GoState::Running && before > 0 {
        pairs.text("Ran after", &format!("{} of being runnable", duration(before)), &exact(before));
    }
}

fn who_row(pairs: &mut Pairs<'_>, title: &str, (who, end): (&str, FlowEnd), actions: &mut Actions) {
    pairs.row(title, |ui| {
        if link(ui, who).clicked() {
            actions.push(SelectAction::GoToEnd(end));
        }
    });
}

const fn passive(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Create => "Created",
        FlowKind::Unblock => "Unblocked",
        FlowKind::Switch => "Switched to",
        FlowKind::SyscallExit => "Returned",
        FlowKind::ProcSteal => "Proc taken",
    }
}

fn telling<'a>(trace: &'a Trace, span: &Span) -> Option<(&'a str, &'a str, u64)> {
    let stack = if span.end_stack.is_some() { span.end_stack } else { span.start_stack };
    name::frame_of(trace, stack).map(|frame| (frame.function, frame.file, frame.line))
}

/// What is counted about a span once, not in every frame.
struct Counts {
    cause: Option<Flow>,
    incoming: usize,
    outgoing: u64,
    events: usize,
}

impl Counts {
    /// More events than this are not counted, only said to be many.
    const MOST_EVENTS: usize = 1_000;

    fn of(trace: &Trace, span: &Span) -> Self {
        let incoming = edges::incoming(trace, span.at);
        Self {
            cause: incoming.first().copied(),
            incoming: incoming.len(),
            outgoing: edges::outgoing(trace, span.at).total,
            events: trace.events(span.at.lane, span.range).take(Self::MOST_EVENTS + 1).count(),
        }
    }
}

/// What the span's stack is about, as links that search for it.
fn tags_row(pairs: &mut Pairs<'_>, document: &Document, span: &Span, actions: &mut Actions) {
    let stack = if span.state == GoState::Running { span.end_stack } else { span.start_stack };
    let tags = document.rows.tags().all(&document.trace, stack);
    if tags.is_empty() || matches!(span.state, GoState::Runnable | GoState::Unknown | GoState::Dead) {
        return;
    }
    pairs.row("Tags", |ui| {
        for tag in tags {
            if link(ui, tag).on_hover_text("Searches for all that is about this").clicked() {
                let text = format!("tag:{}", quoted(tag));
                actions.push(Action::Search(document.id, SearchAction::Text(text)));
            }
        }
    });
}

/// How many flows and events there are, as links to their panels.
fn counts_row(pairs: &mut Pairs<'_>, counts: &Counts, actions: &mut Actions) {
    let mut count_row = |title: &str, text: &str, some: bool, panel: Panel| {
        pairs.row(title, |ui| {
            let tokens = tokens::of(ui.ctx());
            if !some {
                ui.label(RichText::new("none").color(tokens.muted));
            } else if link(ui, text).clicked() {
                actions.push(PanelAction::OpenPanel(panel));
            }
        });
    };
    let text = format!("{} in, {} out", count(counts.incoming as u64), count(counts.outgoing));
    count_row("Flows", &text, counts.incoming as u64 + counts.outgoing > 0, Panel::Flows);
    let text = match counts.events {
        events if events > Counts::MOST_EVENTS => format!("more than {}", count(Counts::MOST_EVENTS as u64)),
        events => count(events as u64),
    };
    count_row("Events", &text, counts.events > 0, Panel::Events);
}

/// The search for spans like one: empty for what has no words in its language.
fn query_for(trace: &Trace, span: &Span) -> String {
    let state = match span.state {
        GoState::Running => "running",
        GoState::Runnable => "runnable",
        GoState::Syscall => "syscall",
        GoState::Waiting => "blocked",
        GoState::Unknown | GoState::Dead => return String::new(),
    };
    let name = trace.goroutine_name(span.go).map_or("", |(_, name)| trace.str(name));
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let reason = match trace.str(span.reason) {
        "" => String::new(),
        reason => format!(" reason:{}", quoted(reason)),
    };
    format!("fn:{} state:{state}{reason}", quoted(name))
}

/// Nothing is selected: the trace as a whole.
fn trace_ui(ui: &mut Ui, document: &Document) {
    let trace = &document.trace;
    let totals = trace.totals();
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(document.title()).font(fonts::title()));
    ui.label(RichText::new("Click a span, a task, or the name of a lane, to see it here").color(tokens.muted));
    heading(ui, "The whole trace");
    pairs(ui, "trace", |pairs| {
        pairs.text("Length", &duration(trace.range().nanos()), &exact(trace.range().nanos()));
        if let Some(wall) = document.unix_nanos(trace.range().start) {
            pairs.row("Began", |ui| {
                let wall = rfc3339(wall);
                ui.spacing_mut().item_spacing.x = space::XS;
                if copy_button(ui, "the time") {
                    ui.ctx().copy_text(wall.clone());
                }
                ui.add(Label::new(RichText::new(wall).font(fonts::mono())).truncate().selectable(true));
            });
        }
        pairs.text("Format", &format!("Go 1.{}", totals.version), "");
        pairs.text("Size", &bytes(totals.bytes), &format!("{} bytes", count(totals.bytes)));
        pairs.text("Events", &count(totals.events), "");
        pairs.text("Generations", &count(totals.generations), "");
        pairs.text("Goroutines", &count(u64::from(trace.goroutine_count())), "");
        pairs.text("Procs", &count(u64::from(trace.proc_count())), "");
        pairs.text("Threads", &count(u64::from(trace.thread_count())), "");
        pairs.text("Tasks", &count(u64::from(trace.task_count())), "");
    });
}
