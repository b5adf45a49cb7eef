//! The line at the bottom: the file, its size in words, its damage; and notices.

use egui::{Align, Area, Color32, Context, Frame, Layout, Margin, Order, Panel, RichText, Sense, Ui, vec2};

use trace_core::analysis::findings::finding::Severity;
use trace_core::base::monitor::Progress;

use crate::action::action::{Actions, FileAction, PanelAction};
use crate::action::panel;
use crate::fmt::number::{bytes, short_count};
use crate::fmt::time::duration;
use crate::fmt::words;
use crate::state::app::AppState;
use crate::state::document::{Document, LoadState, Source};
use crate::state::query::ask;
use crate::state::questions::QueryState;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, text_button};
use crate::widget::chip::chip;
use crate::widget::progress::progress_bar;

/// Shows the line at the bottom: trace, progress, findings, warnings.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let tokens = tokens::of(ui.ctx());
    Panel::bottom("status")
        .exact_size(space::STATUS)
        .frame(Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = space::L;
                facts_ui(ui, document);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    load_ui(ui, document, state.now_seconds, actions);
                    follow_ui(ui, document, actions);
                    findings_ui(ui, document, actions);
                    warnings_ui(ui, document, actions);
                });
            });
        });
}

fn facts_ui(ui: &mut Ui, document: &Document) {
    let tokens = tokens::of(ui.ctx());
    let quiet = |text: String| RichText::new(text).font(fonts::small()).color(tokens.muted);
    let name = RichText::new(document.title()).font(fonts::small_strong()).color(tokens.text);
    let name = ui.label(name);
    if let Source::Path(path) = &document.source {
        name.on_hover_text(crate::fmt::name::path(path));
    }
    if !document.has_lanes() {
        return;
    }
    let trace = &document.trace;
    let totals = trace.totals();
    ui.label(quiet(duration(trace.range().nanos()))).on_hover_text("Length of the trace");
    if totals.events > 0 {
        ui.label(quiet(format!("{} events", short_count(totals.events)))).on_hover_text(format!(
            "{} in {}",
            words::counted(totals.events, "event"),
            words::counted(totals.generations, "generation")
        ));
    }
    ui.label(quiet(words::counted(u64::from(trace.goroutine_count()), "goroutine")));
    if totals.version > 0 {
        ui.label(quiet(format!("Go 1.{} format", totals.version)))
            .on_hover_text("The version of the trace format; newer Go may write an older one");
    }
}

fn warnings_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let warnings = document.warnings().count() as u64;
    if warnings == 0 {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let text = words::counted(warnings, "warning");
    let label = RichText::new(&text).font(fonts::small()).color(tokens.warning);
    let response = ui.add(egui::Label::new(label).sense(Sense::click()));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    let icon = egui::Rect::from_center_size(response.rect.left_center() - vec2(10.0, 0.0), vec2(14.0, 14.0));
    crate::widget::button::glyph(ui, icon, icons::WARNING, fonts::icon_sized(13.0), tokens.warning);
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text("Show the list of warnings").clicked() {
        actions.push(PanelAction::ToggleWarnings);
    }
}

/// How many problems were found; opens the panel.
fn findings_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let (text, hint, color) = match document.queries.get(&ask::Findings) {
        Some(QueryState::Asked) => {
            ui.label(RichText::new("Looking for causes…").font(fonts::small()).color(tokens.muted));
            return;
        }
        Some(QueryState::Answered(findings)) => {
            let weighty = findings.list.iter().filter(|finding| finding.severity >= Severity::Warning).count() as u64;
            let notes = findings.list.len() as u64 - weighty;
            let color = match findings.worst() {
                Some(Severity::Severe) => tokens.error,
                Some(Severity::Warning) => tokens.warning,
                _ => tokens.muted,
            };
            let text = if weighty > 0 { words::counted(weighty, "problem") } else { "No problems found".to_owned() };
            let busy = format!("procs busy {:.0} %", findings.load.share * 100.0);
            (text, format!("{}, {busy}", words::counted(notes, "note")), color)
        }
        _ => return,
    };
    let label = RichText::new(&text).font(fonts::small()).color(color);
    let response = ui.add(egui::Label::new(label).sense(Sense::click()));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(format!("{hint}  (7)")).clicked() {
        actions.push(PanelAction::OpenPanel(panel::Panel::Findings));
    }
}

fn load_ui(ui: &mut Ui, document: &Document, now: f64, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    match &document.load {
        LoadState::Loading { progress, .. } => {
            if text_button_small(ui, "Stop (Esc)") {
                actions.push(FileAction::CancelLoad(document.id));
            }
            progress_bar(ui, part_of(document, progress, now), 160.0);
            let text = progress_text(document, progress, now);
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
        }
        LoadState::Cancelled => {
            if text_button_small(ui, "Read all of it") {
                actions.push(FileAction::Reload(document.id));
            }
            let text = "Stopped: this is only part of the trace";
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
        }
        LoadState::Failed(sentence) if document.has_lanes() => {
            if text_button_small(ui, "Try again") {
                actions.push(FileAction::Reload(document.id));
            }
            let text = format!("Reading ended early: {sentence}");
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
        }
        LoadState::Ready | LoadState::Failed(_) => {}
    }
}

/// That the file is followed, or that it has grown and can be.
fn follow_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    if document.is_following() {
        let hint = "New generations are added as the program writes them. Click to stop following";
        if chip(ui, "Following the file", true).on_hover_text(hint).clicked() {
            actions.push(FileAction::SetFollow(document.id, false));
        }
    } else if document.has_grown && document.following.is_none() {
        let hint = "The file has grown since it was loaded. Following loads it again and adds what is written to it";
        if chip(ui, "The file has grown: follow it", false).on_hover_text(hint).clicked() {
            actions.push(FileAction::SetFollow(document.id, true));
        }
    }
}

fn text_button_small(ui: &mut Ui, text: &str) -> bool {
    let tokens = tokens::of(ui.ctx());
    let label = RichText::new(text).font(fonts::small()).color(tokens.accent);
    let response = ui.add(egui::Label::new(label).sense(Sense::click()));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// How much of it is there, 0 to 1. A server's recording is as far as its time.
fn part_of(document: &Document, progress: &Progress, now: f64) -> f32 {
    match document.source.seconds().filter(|_| document.source.is_stream()) {
        Some(seconds) => ((now - document.since_seconds) / seconds).clamp(0.0, 1.0) as f32,
        None if document.is_recorded => 0.0,
        None => progress.bytes_done as f32 / progress.bytes_total.max(1) as f32,
    }
}

/// The same in words. Of what comes as a stream, the total is what has come so far.
fn progress_text(document: &Document, progress: &Progress, now: f64) -> String {
    if document.is_recorded {
        let past = (now - document.since_seconds).max(0.0).floor();
        let come = bytes(progress.bytes_total);
        return match document.source.seconds() {
            Some(seconds) if past < seconds => format!("Recording, {past:.0} of {seconds} s, {come}"),
            _ => format!("Receiving, {past:.0} s, {come}"),
        };
    }
    if is_waited_for(document, progress) {
        return "It is shown as soon as a trace is being written to it".to_owned();
    }
    if progress.bytes_total == 0 {
        return "Opening the file".to_owned();
    }
    let (done, all) = (bytes(progress.bytes_done), bytes(progress.bytes_total));
    format!("{done} of {all}, {} events", short_count(progress.events))
}

/// Whether it is a file that is followed, of which nothing is there.
const fn is_waited_for(document: &Document, progress: &Progress) -> bool {
    document.following.is_some() && progress.bytes_total == 0
}

/// What a document shows while nothing of it is there: how far reading is.
pub fn loading_ui(ui: &mut Ui, document: &Document, now: f64, actions: &mut Actions) {
    let LoadState::Loading { progress, .. } = &document.load else { return };
    let tokens = tokens::of(ui.ctx());
    ui.add_space((ui.available_height() * 0.4 - 60.0).max(space::XL));
    ui.vertical_centered(|ui| {
        let verb = match () {
            () if document.source.seconds().is_some() => "Recording",
            () if is_waited_for(document, progress) => "Waiting for",
            () => "Reading",
        };
        ui.label(RichText::new(format!("{verb} {}", document.title())).font(fonts::title()));
        ui.add_space(space::L);
        progress_bar(ui, part_of(document, progress, now), 360.0);
        ui.add_space(space::S);
        let text = progress_text(document, progress, now);
        ui.label(RichText::new(text).font(fonts::mono()).color(tokens.muted));
        ui.add_space(space::XL);
        if text_button(ui, Kind::Plain, icons::STOPPED, "Stop (Esc)").clicked() {
            actions.push(FileAction::CancelLoad(document.id));
        }
    });
}

/// The newest notice, over everything but a question, for a few seconds.
pub fn notice_ui(ctx: &Context, state: &AppState) {
    let Some(text) = state.notice() else { return };
    let tokens = tokens::of(ctx);
    Area::new(egui::Id::unique("notice"))
        .order(if state.is_asking() { Order::Middle } else { Order::Tooltip })
        .interactable(false)
        .anchor(egui::Align2::CENTER_BOTTOM, vec2(0.0, -(space::STATUS + space::L)))
        .show(ctx, |ui| {
            let (ground, color): (Color32, Color32) = (tokens.text, tokens.background);
            Frame::NONE.fill(ground).corner_radius(6).inner_margin(Margin::symmetric(14, 8)).show(ui, |ui| {
                ui.set_max_width(space::TEXT_WIDTH);
                ui.label(RichText::new(text).color(color));
            });
        });
}
