//! The selected region: its type, task, time and place, where its time went, and how long others of its type took.

use egui::{RichText, ScrollArea, Ui};

use trace_core::analysis::alike::Example;
use trace_core::analysis::tasks::beginning;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Region, Trace};

use crate::action::action::{Action, Actions, AnalysisAction, SelectAction, SourceAction};
use crate::fmt::name;
use crate::fmt::time::{duration, exact};
use crate::panel::alike::alike_ui;
use crate::panel::time_row;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::scope::{ScopeChoice, When};
use crate::state::source::SourcePlace;
use crate::state::view::Selection;
use crate::theme::{fonts, space, tokens};
use crate::widget::content;
use crate::widget::link::link;
use crate::widget::section::{heading, pairs};

/// Shows it; nothing while no region is selected.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Selection::Region(region) = document.selection else { return };
    let shown = ScrollArea::vertical().id_salt("region").auto_shrink([false, false]).show(ui, |ui| {
        head_ui(ui, document, &region, actions);
        around_ui(ui, &document.trace, &region, actions);
        alike_ui(ui, document, (Example::Region(region.name, region.range), String::new()), actions);
    });
    content::note(ui, &shown);
}

fn head_ui(ui: &mut Ui, document: &Document, region: &Region, actions: &mut Actions) {
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let title = name::or_unknown(trace.str(region.name));
    ui.add(egui::Label::new(RichText::new(title).font(fonts::title())).truncate());
    ui.label(RichText::new("Region").color(tokens.muted));
    ui.add_space(space::XS);
    pairs(ui, "region", |pairs| {
        pairs.row("Goroutine", |ui| {
            if link(ui, &name::goroutine(trace, region.go)).clicked() {
                actions.push(SelectAction::GoToLane(LaneId::Goroutine(region.go)));
            }
        });
        if let Some(task) = region.task {
            pairs.row("Task", |ui| {
                if link(ui, &name::task(trace, task)).clicked() {
                    actions.push(SelectAction::GoToTask(task));
                }
            });
        }
        let before = if region.began_before { " (before the trace)" } else { "" };
        let text = format!("{}{before}", document.offset_of(region.range.start));
        time_row(pairs, document, "Start", (Some(region.range.start), &text), actions);
        let least = if region.began_before || region.goes_on { "at least " } else { "" };
        let nanos = region.range.nanos();
        pairs.text("Duration", &format!("{least}{}", duration(nanos)), &exact(nanos));
        let after = if region.goes_on { " (after the trace)" } else { "" };
        let text = format!("{}{after}", document.offset_of(region.range.end));
        time_row(pairs, document, "End", (Some(region.range.end), &text), actions);
        if let Some(frame) = beginning(trace, region.start_stack) {
            pairs.row("Begins at", |ui| {
                let place = name::place(frame.function, frame.file, frame.line);
                if link(ui, &place).on_hover_text(frame.file).clicked() {
                    let place = SourcePlace { file: frame.file.to_owned(), line: frame.line };
                    actions.push(Action::Source(SourceAction::ShowSource(place)));
                }
            });
        }
    });
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        if link(ui, "Select its time").clicked() {
            actions.push(SelectAction::SelectItsTime);
        }
        if link(ui, "Analyse all of its type").clicked() {
            let filter = trace_core::analysis::scope::GoroutineFilter::Regions(region.name);
            actions.push(AnalysisAction::SetScope(ScopeChoice { when: When::Whole, filter }));
        }
    });
}

/// The regions that it lies in and those that lie in it.
fn around_ui(ui: &mut Ui, trace: &Trace, region: &Region, actions: &mut Actions) {
    /// Regions that are listed at most.
    const LISTED: usize = 50;
    let overlaps = |found: &Region| found != region && found.range.overlaps(region.range);
    let others: Vec<Region> = trace.regions(region.go, region.range).filter(overlaps).take(LISTED).collect();
    for (title, is_outer) in [("Inside of", true), ("Regions inside", false)] {
        let listed: Vec<&Region> = others.iter().filter(|found| (found.depth < region.depth) == is_outer).collect();
        if listed.is_empty() {
            continue;
        }
        heading(ui, title);
        for found in listed {
            ui.horizontal(|ui| {
                let text = name::or_unknown(trace.str(found.name)).to_owned();
                if link(ui, &text).clicked() {
                    actions.push(SelectAction::SelectRegion(*found));
                }
                let range: TimeRange = found.range;
                let muted = tokens::of(ui.ctx()).muted;
                ui.label(RichText::new(duration(range.nanos())).font(fonts::mono_small()).color(muted));
            });
        }
    }
}
