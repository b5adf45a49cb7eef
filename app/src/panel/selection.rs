//! What happened in the selected time, on the selected rows: a line that says what is selected, and an analysis of it
//! behind each chip.

use egui::{RichText, Ui};

use trace_core::model::lanes::LaneId;

use crate::action::action::{Actions, AnalysisAction, PanelAction, SelectAction, ViewAction};
use crate::action::link_action::LinkAction;
use crate::action::links::place_of;
use crate::action::panel::Panel;
use crate::fmt::time::{duration, exact};
use crate::fmt::words::counted;
use crate::panel::analysis::{ask_of, chips_line_ui, report_beside_ui};
use crate::report::analyses::Analysis;
use crate::report::analyses::blocked::BlockedBy;
use crate::report::analyses::flows::Flows;
use crate::report::analyses::gc::GcCycles;
use crate::report::analyses::goroutines::Goroutines;
use crate::report::analyses::logs::Logs;
use crate::report::analyses::selection::Selection;
use crate::report::analyses::tasks::{Regions, Tasks};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::row::RowKind;
use crate::state::section::Section;
use crate::state::view::FIT_AIR;
use crate::theme::{fonts, space, tokens};
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// What the window remembers of the panel goes by this name.
const KEY: &str = "selection-drawer";

/// What each chip shows.
const PARTS: [(&str, &dyn Analysis); 8] = [
    ("States and counters", &Selection),
    ("Functions", &Goroutines),
    ("Waits", &BlockedBy),
    ("Flows", &Flows),
    ("Tasks", &Tasks),
    ("Regions", &Regions),
    ("Messages", &Logs),
    ("GC cycles", &GcCycles),
];

/// Shows what happened in the selected time, on the selected rows.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    if document.marked.is_none() {
        empty(ui, "Shift+drag over rows to select time on them, drag on the ruler for all rows, or press M");
        return;
    }
    head_ui(ui, document, actions);
    let on = document.analyses.get(KEY).map_or(0, |view| view.table);
    let (clicked, end) = chips_line_ui(ui, PARTS.iter().map(|part| part.0), on);
    if let Some(at) = clicked {
        actions.push(AnalysisAction::ShowTable(KEY, at));
    }
    ui.add_space(space::XS);
    let (_, analysis) = PARTS.get(on).unwrap_or(&PARTS[0]);
    report_beside_ui(ui, (state, document), (*analysis, Some(end)), ask_of(document, *analysis), actions);
}

/// Whether a row is one of procs or threads.
fn is_of_runners(row: &RowKind) -> bool {
    matches!(
        row,
        RowKind::Lane(LaneId::Proc(_) | LaneId::Thread(_)) | RowKind::Heading(Section::Procs | Section::Threads)
    )
}

/// What is selected, and what can be done with it.
fn head_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let Some(range) = document.marked else { return };
    let tokens = tokens::of(ui.ctx());
    let rows = match &document.area {
        Some(area) => match &area.gos {
            Some(gos) if gos.is_empty() => format!("{} (all goroutines: these rows have none)", area.title),
            Some(gos) if area.rows.iter().all(is_of_runners) && !area.rows.is_empty() => {
                format!("{} ({} that ran there)", area.title, counted(gos.len() as u64, "goroutine"))
            }
            Some(gos) if gos.len() == 1 => area.title.clone(),
            Some(gos) => format!("{} ({})", area.title, counted(gos.len() as u64, "goroutine")),
            None => area.title.clone(),
        },
        None => "all rows".to_owned(),
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let length = RichText::new(format!("{} × {rows}", duration(range.nanos()))).font(fonts::strong());
        ui.label(length).on_hover_text(exact(range.nanos()));
        let at = |time: trace_core::base::time::TraceTime| document.offset_of(time);
        let text = format!("{} to {}", at(range.start), at(range.end));
        ui.label(RichText::new(text).font(fonts::mono_small()).color(tokens.muted));
        if link_in(ui, "Zoom to it", fonts::small()).clicked() {
            let reach = document.reach();
            let view = document.view.map(|view| view.fit(range, FIT_AIR, reach).range());
            actions.push(ViewAction::ShowRange(view.unwrap_or(range)));
        }
        for panel in [Panel::Profile, Panel::Samples] {
            if link_in(ui, panel.title(), fonts::small())
                .on_hover_text("Its flame graph follows the selection")
                .clicked()
            {
                actions.push(PanelAction::OpenPanel(panel));
            }
        }
        let copy = link_in(ui, "Copy link", fonts::small());
        if copy.on_hover_text("For somebody who has the same file: the link knows it by its contents").clicked() {
            actions.push(LinkAction::Copy(document.id, place_of(document)));
        }
        if link_in(ui, "Clear", fonts::small()).on_hover_text("Select no time and no rows  (Esc)").clicked() {
            actions.push(SelectAction::ClearArea);
        }
    });
    ui.add_space(space::XS);
}
