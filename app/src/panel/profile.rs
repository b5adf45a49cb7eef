//! Time lost, by the stack at which it was lost: as a flame graph, and as tables of functions, lines and stacks.

use std::sync::Arc;

use egui::{Role, TextEdit, Ui, WidgetInfo};

use trace_core::analysis::flame::Flame;
use trace_core::analysis::profile::ProfileKind;

use crate::action::action::{Action, Actions, AnalysisAction, FileAction};
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::nanos;
use crate::panel::analysis::{chips_ui, facts_ui, tables_ui};
use crate::panel::scope::scope_ui;
use crate::panel::{answer, kept};
use crate::report::analyses::profile::{KIND, kind};
use crate::report::report::Report;
use crate::report::view::TableAction;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::{Answer, ProfileView, Query};
use crate::theme::{fonts, icons, space};
use crate::widget::button::{Kind, text_button};
use crate::widget::chip::chip;
use crate::widget::flame::{FlameBox, flame};
use crate::widget::section::empty;

/// Boxes narrower than this part of the whole are left out.
const LEAST_SHARE: u64 = 20_000;
/// Width of the field to search in, points.
const SEARCH: f32 = 180.0;
/// What the window remembers of the blocking profiles, and of the CPU samples, goes by these names.
const PROFILE: &str = "profile";
const SAMPLES: &str = "samples";

/// Shows the blocking profiles.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let on = document.analyses.get(PROFILE).and_then(|view| view.chosen.first()).copied().unwrap_or(0);
    let kinds = (0_u8..).zip(KIND.options).filter(|(at, _)| kind((*at).into()) != ProfileKind::Cpu);
    let clicked = chips_ui(ui, kinds.map(|(_, option)| option.title), on.into());
    if let Some(option) = clicked.and_then(|option| u8::try_from(option).ok()) {
        actions.push(AnalysisAction::Choose(PROFILE, 0, option));
    }
    show(ui, (state, document), PROFILE, kind(on.into()), actions);
}

/// Shows the profile of CPU samples.
pub fn samples_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    show(ui, (state, document), SAMPLES, ProfileKind::Cpu, actions);
}

fn show(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    key: &'static str,
    kind: ProfileKind,
    actions: &mut Actions,
) {
    let query = Query::Profile(document.scope(), kind);
    let Some(Answer::Profile(found)) = answer(ui, document, &query, actions) else { return };
    let report = &found.report;
    facts_ui(ui, document, report);
    let tables: Vec<_> = report.listed().collect();
    if let Some(table) = tables.first().filter(|table| table.is_empty()) {
        empty(ui, table.empty);
        return;
    }
    // The flame graph comes first, then the tables.
    let view = document.analyses.get(key).map_or(0, |view| view.table);
    let mut chosen = None;
    let mut save = false;
    let forms = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let titles = std::iter::once("Flame graph").chain(tables.iter().map(|table| table.title.as_str()));
        for (at, title) in titles.enumerate() {
            if chip(ui, title, at == view).clicked() {
                chosen = Some(at);
            }
        }
        save = text_button(ui, Kind::Quiet, icons::FILE, "Save as pprof…").clicked();
        ui.add_space(space::S);
    };
    match view.checked_sub(1).and_then(|at| tables.get(at)) {
        Some(table) => tables_ui(ui, (state, document), (key, table), forms, actions),
        None => flame_ui(ui, document, (key, found), forms, actions),
    }
    if let Some(at) = chosen {
        actions.push(AnalysisAction::ShowTable(key, at));
    }
    if save {
        actions.push(FileAction::SaveProfile(document.id, document.scope(), kind));
    }
}

fn flame_ui(
    ui: &mut Ui,
    document: &Document,
    (key, found): (&'static str, &Arc<ProfileView>),
    forms: impl FnOnce(&mut Ui),
    actions: &mut Actions,
) {
    // What is searched for is kept as the filter of a table is.
    let table = format!("{key}.flame");
    let known = document.tables.get(&table).map_or("", |session| session.filter.as_str());
    let mut search = known.to_owned();
    ui.horizontal_wrapped(|ui| {
        forms(ui);
        let field = TextEdit::singleline(&mut search).font(fonts::small()).hint_text("Search functions");
        let response = ui.add(field.desired_width(SEARCH));
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Search functions"));
    });
    let at = Arc::as_ptr(found) as usize;
    let boxes = kept(ui, &format!("flame-boxes.{key}"), at, || boxes(&found.flame, &found.report));
    let nodes = found.flame.nodes.len();
    let zoom = document.analyses.get(key).and_then(|view| view.zoom).filter(|zoom| zoom.0 == nodes);
    let touched = flame(ui, &boxes, zoom.map_or(0, |zoom| zoom.1), &search.to_lowercase());
    if let Some(clicked) = touched.clicked {
        actions.push(AnalysisAction::ZoomFlame(key, nodes, clicked));
    }
    if search != known {
        actions.push(Action::Table(document.id, table, TableAction::Filter(search)));
    }
}

/// The tree as boxes to draw.
fn boxes(tree: &Flame, report: &Report) -> Vec<FlameBox> {
    let unit = report.facts.iter().find(|fact| fact.id == "count").map_or("", |fact| fact.title).to_lowercase();
    let whole = tree.nodes.first().map_or(0, |root| root.total);
    let least = whole / LEAST_SHARE;
    let wide = tree.nodes.iter().filter(|node| node.total > least || node.depth == 0);
    wide.map(|node| {
        let title = match (node.function.as_str(), node.depth) {
            (_, 0) => format!("Total: {}", nanos(whole)),
            ("", _) => "(no stack)".to_owned(),
            (function, _) => name::function(function).to_owned(),
        };
        let package = name::package(&node.function);
        let family = package.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 997;
        let hint = format!(
            "{}\n{} ({} of all), flat {}\n{} {unit}\n{}",
            node.function,
            nanos(node.total),
            percent(node.total, whole),
            nanos(node.own),
            count(node.count),
            node.file
        );
        FlameBox { name: title, hint, family, depth: node.depth, start: node.start, value: node.total }
    })
    .collect()
}
