//! What there is to say of a whole lane: a goroutine's life, what a proc ran, how often the collector.

use std::collections::BTreeMap;

use egui::{Color32, RichText, ScrollArea, Sense, Ui, vec2};

use trace_core::base::ids::{GoroutineIdx, StackId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::Use;
use trace_core::model::trace::{Goroutine, Trace};

use crate::action::action::{Action, Actions, PanelAction, SelectAction};
use crate::action::panel::Panel;
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, exact};
use crate::panel::{ListKey, kept, time_row};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::view::Selection;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::content;
use crate::widget::link::{copy_button, link, link_in};
use crate::widget::proportion::proportion;
use crate::widget::section::{heading, pairs};

/// Spans that the sum over who ran on a proc looks at.
const MAX_SUMMED: usize = 5_000;
/// Goroutines that are named in it.
const MAX_NAMED: usize = 12;
/// Frames of the creation stack that are shown here; the panel of stacks shows all.
const MAX_FRAMES: usize = 6;

/// Shows it; nothing while no lane is selected.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Selection::Lane(lane) = document.selection else { return };
    let shown = ScrollArea::vertical().id_salt("lane").auto_shrink([false, false]).show(ui, |ui| match lane {
        LaneId::Goroutine(idx) => {
            if let Some(go) = document.trace.goroutine(idx) {
                goroutine_ui(ui, document, &go, actions);
            }
        }
        LaneId::Proc(_) | LaneId::Thread(_) => runner_ui(ui, document, lane, actions),
        LaneId::Gc => collector_ui(ui, document, lane, "GC cycles", actions),
        LaneId::Stw => collector_ui(ui, document, lane, "Stop the world", actions),
    });
    content::note(ui, &shown);
}

fn goroutine_ui(ui: &mut Ui, document: &Document, go: &Goroutine, actions: &mut Actions) {
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    let lane = LaneId::Goroutine(go.idx);
    let function = trace.str(go.name);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("Goroutine {}", go.id.0)).font(fonts::title()));
        if go.is_system {
            ui.label(RichText::new("of the runtime").color(tokens.muted));
        }
    });
    if function.is_empty() {
        ui.label(RichText::new("Its function is not in the trace").color(tokens.muted));
    } else {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            if copy_button(ui, "the function") {
                actions.push(Action::Copy(visible(function).into_owned()));
            }
            ui.add(egui::Label::new(RichText::new(function).font(fonts::mono())).truncate().selectable(true));
        });
    }
    ui.add_space(space::XS);
    let bounds = trace.range();
    let life = TimeRange::new(go.created.unwrap_or(bounds.start), go.ended.unwrap_or(bounds.end));
    pairs(ui, "goroutine", |pairs| {
        let at = |time: Option<TraceTime>, else_: &str| {
            time.map_or_else(|| else_.to_owned(), |time| document.offset_of(time))
        };
        time_row(pairs, document, "Created", (go.created, &at(go.created, "before the trace")), actions);
        if let Some(creator) = go.creator {
            pairs.row("Created by", |ui| {
                if link(ui, &name::goroutine(trace, creator)).clicked() {
                    go_to_creation(trace, go, creator, actions);
                }
            });
        } else if go.created.is_some() {
            pairs.text("Created by", go.origin.words().trim_start_matches("by "), "");
        }
        time_row(pairs, document, "First ran", (go.started, &at(go.started, "not in the trace")), actions);
        time_row(pairs, document, "Ended", (go.ended, &at(go.ended, "after the trace")), actions);
        let least = if go.created.is_none() || go.ended.is_none() { "at least " } else { "" };
        pairs.text("Lifetime", &format!("{least}{}", duration(life.nanos())), &exact(life.nanos()));
        if let Some((_, label)) = trace.labels(go.idx).last() {
            pairs.text("Label", trace.str(label), "");
        }
    });
    heading(ui, "Time by state");
    time_ui(ui, trace, lane, life);
    links_ui(ui, actions);
    if go.creation_stack.is_some() {
        creation_ui(ui, trace, go.creation_stack, actions);
    }
}

/// To the creator at the moment of creation.
fn go_to_creation(trace: &Trace, go: &Goroutine, creator: GoroutineIdx, actions: &mut Actions) {
    let lane = LaneId::Goroutine(creator);
    let there = go.created.and_then(|time| {
        // The creating span ends at the latest with the event itself.
        trace.span_at(lane, time).or_else(|| trace.span_at(lane, time.plus_nanos(-1))).map(|span| (span, time))
    });
    actions.push(match there {
        Some((span, time)) => {
            Action::Select(SelectAction::GoToEnd(trace_core::model::flows::FlowEnd { lane, time, span: Some(span.at) }))
        }
        None => Action::Select(SelectAction::GoToLane(lane)),
    });
}

fn links_ui(ui: &mut Ui, actions: &mut Actions) {
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        for panel in [Panel::Spans, Panel::Events] {
            if link(ui, panel.title()).clicked() {
                actions.push(PanelAction::OpenPanel(panel));
            }
        }
    });
}

fn creation_ui(ui: &mut Ui, trace: &Trace, stack: StackId, actions: &mut Actions) {
    heading(ui, "Created at");
    let frames: Vec<_> = trace.frames(stack).take(MAX_FRAMES + 1).collect();
    let tokens = tokens::of(ui.ctx());
    for frame in frames.iter().take(MAX_FRAMES) {
        ui.horizontal(|ui| {
            let text = RichText::new(name::or_unknown(name::function(frame.function))).font(fonts::mono());
            ui.add(egui::Label::new(text).truncate()).on_hover_text(frame.function);
            let place = name::line_of(frame.file, frame.line);
            let place = RichText::new(place).font(fonts::mono_small()).color(tokens.muted);
            ui.add(egui::Label::new(place).truncate()).on_hover_text(frame.file);
        });
    }
    if frames.len() > MAX_FRAMES && link(ui, "The whole stack").clicked() {
        actions.push(PanelAction::OpenPanel(Panel::Stacks));
    }
}

/// Bar and legend of a lane's time within `range`.
fn time_ui(ui: &mut Ui, trace: &Trace, lane: LaneId, range: TimeRange) {
    let tokens = tokens::of(ui.ctx());
    let time = trace.time_by_class(lane, range);
    let without = |what: Use| trace.no_cpu().nanos_as(lane, range, what);
    let part = |class: SpanClass| {
        let nanos = time.nanos.get(class as usize).copied().unwrap_or(0);
        match class {
            SpanClass::Running => nanos.saturating_sub(without(Use::Running)),
            SpanClass::Syscall => nanos.saturating_sub(without(Use::Syscall)),
            _ => nanos,
        }
    };
    let color = |class: SpanClass| tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted);
    let shown = SpanClass::ALL.into_iter().filter(|class| *class != SpanClass::None && part(*class) > 0);
    let mut rows: Vec<(&str, u64, Option<u64>, Color32)> = shown
        .map(|class| (name::class_in(trace, class), part(class), time.spans.get(class as usize).copied(), color(class)))
        .collect();
    let lacked = without(Use::Running) + without(Use::Syscall);
    if lacked > 0 {
        rows.push(("No CPU", lacked, None, lanes::no_cpu(tokens)));
    }
    let whole = u64::try_from(range.nanos()).unwrap_or(0);
    let mut bar: Vec<_> = rows.iter().map(|row| (row.1, row.3)).collect();
    let known: u64 = bar.iter().map(|(nanos, _)| nanos).sum();
    bar.push((whole.saturating_sub(known), tokens.raised));
    proportion(ui, &bar, "Time by state");
    ui.add_space(space::XS);
    let texts: Vec<[String; 3]> =
        rows.iter().map(|(_, nanos, spans, _)| numbers(*nanos, *spans, Some(whole))).collect();
    let widths = widths(ui, &texts);
    for ((name, nanos, _, color), texts) in rows.into_iter().zip(texts) {
        ui.horizontal(|ui| {
            let (chip, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
            ui.painter().rect_filled(chip, 2.0, color);
            ui.label(name);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
                numbers_ui(ui, &texts, widths).on_hover_text(exact(nanos));
            });
        });
    }
}

/// Count, share and length, as text; what there is none of is empty.
fn numbers(nanos: u64, spans: Option<u64>, whole: Option<u64>) -> [String; 3] {
    let spans = spans.map_or_else(String::new, |spans| format!("{} ×", count(spans)));
    let share = whole.map_or_else(String::new, |whole| percent(nanos, whole));
    [spans, share, duration(i64::try_from(nanos).unwrap_or(i64::MAX))]
}

/// How wide each column of numbers is, points: as wide as its longest.
fn widths(ui: &Ui, rows: &[[String; 3]]) -> [f32; 3] {
    let color = tokens::of(ui.ctx()).text;
    let width = |text: &String| ui.painter().layout_no_wrap(text.clone(), fonts::mono(), color).size().x;
    let column = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(width).fold(0.0, f32::max);
    [column(0), column(1), column(2)].map(|width| if width > 0.0 { width + space::M } else { 0.0 })
}

/// Numbers in columns, from the right: count, share, length. The response is that of the length.
fn numbers_ui(ui: &mut Ui, texts: &[String; 3], widths: [f32; 3]) -> egui::Response {
    let muted = tokens::of(ui.ctx()).muted;
    ui.spacing_mut().item_spacing.x = 0.0;
    let [spans, share, length] = texts.clone().map(|text| RichText::new(text).font(fonts::mono()));
    ui.add_sized(vec2(widths[0], 18.0), right(spans.color(muted)));
    ui.add_sized(vec2(widths[1], 18.0), right(share.color(muted)));
    ui.add_sized(vec2(widths[2], 18.0), right(length))
}

fn right(text: RichText) -> egui::Label {
    egui::Label::new(text).halign(egui::Align::Max).selectable(false)
}

/// A proc or thread: how busy it was in view, and with whom.
fn runner_ui(ui: &mut Ui, document: &Document, lane: LaneId, actions: &mut Actions) {
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    let kind = if matches!(lane, LaneId::Proc(_)) { "Proc" } else { "Thread" };
    ui.label(RichText::new(format!("{kind} {}", name::lane(trace, lane))).font(fonts::title()));
    let bounds = trace.range();
    heading(ui, "Whole trace");
    time_ui(ui, trace, lane, bounds);
    let view = document.view.map_or(bounds, |view| view.range().intersect(bounds));
    heading(ui, "Visible");
    time_ui(ui, trace, lane, view);
    let sums = kept(ui, "who-ran", ListKey::new(document, lane, None, view), || who_ran(trace, lane, view));
    heading(ui, "What ran here, visible time");
    let named = || sums.iter().take(MAX_NAMED);
    let texts: Vec<[String; 3]> =
        named().map(|(_, nanos, spans)| numbers(nanos.unsigned_abs(), Some(*spans), None)).collect();
    let widths = widths(ui, &texts);
    for &(go, nanos, spans) in named() {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                numbers_ui(ui, &numbers(nanos.unsigned_abs(), Some(spans), None), widths);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    if link_in(ui, &name::goroutine(trace, go), fonts::body()).clicked() {
                        actions.push(SelectAction::GoToLane(LaneId::Goroutine(go)));
                    }
                });
            });
        });
    }
    if sums.is_empty() {
        ui.label(RichText::new("Nothing").color(tokens.muted));
    }
    let looked_at: u64 = sums.iter().map(|(_, _, spans)| spans).sum();
    if looked_at >= MAX_SUMMED as u64 {
        let text = format!("Of the first {} visible spans: zoom in for exact totals", count(MAX_SUMMED as u64));
        ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
    }
}

/// Goroutines by the time they took, longest first: (who, ns, spans).
fn who_ran(trace: &Trace, lane: LaneId, range: TimeRange) -> Vec<(GoroutineIdx, i64, u64)> {
    let mut sums: BTreeMap<GoroutineIdx, (i64, u64)> = BTreeMap::new();
    for span in trace.spans(lane, range).filter(|span| span.go.is_some()).take(MAX_SUMMED) {
        let sum = sums.entry(span.go).or_default();
        sum.0 += span.range.intersect(range).nanos();
        sum.1 += 1;
    }
    let mut sums: Vec<_> = sums.into_iter().map(|(go, (nanos, spans))| (go, nanos, spans)).collect();
    sums.sort_by_key(|(_, nanos, _)| std::cmp::Reverse(*nanos));
    sums
}

fn collector_ui(ui: &mut Ui, document: &Document, lane: LaneId, title: &str, actions: &mut Actions) {
    let trace = &document.trace;
    ui.label(RichText::new(title).font(fonts::title()));
    let bounds = trace.range();
    let time = trace.time_by_class(lane, bounds);
    let (nanos, spans) = (time.nanos.iter().skip(1).sum::<u64>(), time.spans.iter().skip(1).sum::<u64>());
    pairs(ui, "collector", |pairs| {
        pairs.text("Times", &count(spans), "");
        let whole = u64::try_from(bounds.nanos()).unwrap_or(0);
        let sum = i64::try_from(nanos).unwrap_or(i64::MAX);
        pairs.text("Total", &format!("{} ({})", duration(sum), percent(nanos, whole)), &exact(sum));
        if spans > 0 {
            let mean = sum / i64::try_from(spans).unwrap_or(1).max(1);
            pairs.text("On average", &duration(mean), &exact(mean));
        }
    });
    links_ui(ui, actions);
}
