//! Time lost, by the stack at which it was lost: as a flame graph, as a call tree, as the callers and callees of one function,
//! and as tables of functions, lines and stacks. What is chosen in one of them the others are about, too.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Pos2, Role, Sense, Ui, UiBuilder, WidgetInfo};

use trace_core::analysis::flame::{Flame, FlameNode};
use trace_core::analysis::profile::ProfileKind;

use crate::action::action::{Action, Actions, AnalysisAction, FileAction};
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::nanos;
use crate::panel::analysis::{chips_beside_ui, facts_ui, tables_ui};
use crate::panel::scope::{scope_line_ui, scope_ui};
use crate::panel::table::shown;
use crate::panel::{answer, kept};
use crate::report::analyses::profile::{KIND, kind};
use crate::report::report::Report;
use crate::report::sandwich::{callees, callers};
use crate::report::table::Table;
use crate::report::value::Value;
use crate::report::view::TableAction;
use crate::state::analysis::AnalysisView;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::{ProfileView, ask};
use crate::theme::lanes::family;
use crate::theme::{fonts, icons, space};
use crate::widget::button::{Kind, text_button};
use crate::widget::call_tree::{self, CallLine};
use crate::widget::chip::chip;
use crate::widget::field::line_field;
use crate::widget::flame::{FlameBox, Lit, flame};
use crate::widget::section::empty;

/// Boxes narrower than this part of the whole are left out.
const LEAST_SHARE: u64 = 20_000;
/// Width of the field to search in, points.
const SEARCH: f32 = 180.0;
/// The views of all stacks, which come before the tables, and which of them is about one function.
const VIEWS: [&str; 3] = ["Flame graph", "Call tree", "Callers and callees"];
const SANDWICH: usize = 2;
/// What the window remembers of the blocking profiles, and of the CPU samples, goes by these names.
const PROFILE: &str = "profile";
const SAMPLES: &str = "samples";

/// Shows the blocking profiles.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let on = document.analyses.get(PROFILE).and_then(|view| view.chosen.first()).copied().unwrap_or(0);
    let kinds = (0_u8..).zip(KIND.options).filter(|(at, _)| kind((*at).into()) != ProfileKind::Cpu);
    let end = scope_line_ui(ui, document, actions, |ui, actions| {
        let clicked = chips_beside_ui(ui, kinds.map(|(_, option)| option.title), on.into());
        if let Some(option) = clicked.and_then(|option| u8::try_from(option).ok()) {
            actions.push(AnalysisAction::Choose(PROFILE, 0, option));
        }
    });
    show(ui, (state, document), (PROFILE, end), kind(on.into()), actions);
}

/// Shows the profile of CPU samples.
pub fn samples_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let end = scope_ui(ui, document, actions);
    show(ui, (state, document), (SAMPLES, end), ProfileKind::Cpu, actions);
}

fn show(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (key, end): (&'static str, Pos2),
    kind: ProfileKind,
    actions: &mut Actions,
) {
    let query = ask::Profile(document.scope(), kind);
    let Some(found) = answer(ui, document, &query, actions) else { return };
    let report = &found.report;
    facts_ui(ui, document, (report, Some(end)));
    let tables: Vec<_> = report.listed().collect();
    if let Some(table) = tables.first().filter(|table| table.is_empty()) {
        empty(ui, table.empty);
        return;
    }
    // The views of all stacks come first, then the tables.
    let view = document.analyses.get(key).cloned().unwrap_or_default();
    let mut chosen = None;
    let mut save = false;
    let forms = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let titles = VIEWS.into_iter().chain(tables.iter().map(|table| table.title.as_str()));
        for (at, title) in titles.enumerate() {
            if chip(ui, title, at == view.table).clicked() {
                chosen = Some(at);
            }
        }
        save = text_button(ui, Kind::Quiet, icons::FILE, "Save as pprof…").clicked();
        ui.add_space(space::S);
    };
    match view.table.checked_sub(VIEWS.len()).and_then(|at| tables.get(at)) {
        Some(table) => {
            tables_ui(ui, (state, document), (key, table), forms, actions);
            // The function of the row that was clicked is what the other views are about.
            let name = format!("{key}.{}", table.id);
            let (session, seen) = (document.tables.get(&name), shown(ui, document, &name, table));
            let row = session.and_then(|session| session.selection_in(&seen)).and_then(|selection| selection.cursor);
            let function = row.and_then(|row| function_of(table, row as usize));
            if let Some(function) = function.filter(|function| view.function.as_ref() != Some(function)) {
                actions.push(AnalysisAction::ChooseFunction(key, function));
            }
        }
        None => {
            let shown = Shown { document, key, found, view: &view };
            match view.table {
                1 => call_tree_ui(ui, &shown, forms, actions),
                2 => sandwich_ui(ui, &shown, forms, actions),
                _ => flame_ui(ui, &shown, forms, actions),
            }
        }
    }
    if let Some(at) = chosen {
        actions.push(AnalysisAction::ShowTable(key, at));
    }
    if save {
        actions.push(FileAction::SaveProfile(document.id, document.scope(), kind));
    }
}

/// The function that a row of a table is about, in full.
fn function_of(table: &Table, row: usize) -> Option<String> {
    (0..table.columns.len()).find_map(|column| match table.value(row, column) {
        Value::Function(function) => Some(function),
        _ => None,
    })
}

/// A profile as it is shown.
struct Shown<'a> {
    document: &'a Document,
    key: &'static str,
    found: &'a Arc<ProfileView>,
    view: &'a AnalysisView,
}

impl Shown<'_> {
    /// The function that all views are about, in full; the empty one if none is chosen.
    fn function(&self) -> &str {
        self.view.function.as_deref().unwrap_or_default()
    }
}

/// The chips of the views, and the field to search them all; what is searched for, in lower case.
fn head_ui(ui: &mut Ui, shown: &Shown<'_>, forms: impl FnOnce(&mut Ui), actions: &mut Actions) -> String {
    // What is searched for is kept as the filter of a table is.
    let table = format!("{}.flame", shown.key);
    let known = shown.document.tables.get(&table).map_or("", |session| session.filter.as_str());
    let mut search = known.to_owned();
    ui.horizontal_wrapped(|ui| {
        forms(ui);
        let field = line_field(&mut search).font(fonts::small()).hint_text("Search functions");
        let response = ui.add(field.desired_width(SEARCH));
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Search functions"));
    });
    let lower = search.to_lowercase();
    if search != known {
        actions.push(Action::Table(shown.document.id, table, TableAction::Filter(search)));
    }
    lower
}

fn flame_ui(ui: &mut Ui, shown: &Shown<'_>, forms: impl FnOnce(&mut Ui), actions: &mut Actions) {
    let Shown { key, found, view, .. } = *shown;
    let search = head_ui(ui, shown, forms, actions);
    let at = Arc::as_ptr(found) as usize;
    let boxes = kept(ui, &format!("flame-boxes.{key}"), at, || boxes(&found.flame, &found.report, "Total"));
    let nodes = found.flame.nodes.len();
    let zoom = view.zoom.filter(|zoom| zoom.0 == nodes);
    let lit = Lit { search: &search, chosen: shown.function() };
    let touched = flame(ui, ("flame", &boxes), zoom.map_or(0, |zoom| zoom.1), &lit);
    if let Some(clicked) = touched.clicked {
        actions.push(AnalysisAction::ZoomFlame(key, nodes, clicked));
        choose(key, boxes.get(clicked), actions);
    }
    if let Some(wanted) = touched.asked {
        choose(key, boxes.get(wanted), actions);
        actions.push(AnalysisAction::ShowTable(key, SANDWICH));
    }
}

/// Lets all views be about the function of a box.
fn choose(key: &'static str, found: Option<&FlameBox>, actions: &mut Actions) {
    if let Some(found) = found.filter(|found| !found.function.is_empty()) {
        actions.push(AnalysisAction::ChooseFunction(key, found.function.clone()));
    }
}

fn call_tree_ui(ui: &mut Ui, shown: &Shown<'_>, forms: impl FnOnce(&mut Ui), actions: &mut Actions) {
    let Shown { key, found, view, .. } = *shown;
    let search = head_ui(ui, shown, forms, actions);
    let at = Arc::as_ptr(found) as usize;
    let lines = kept(ui, &format!("call-lines.{key}"), at, || call_lines(&found.flame));
    let none = BTreeSet::new();
    let unfolded = if view.unfolded.0 == lines.len() { &view.unfolded.1 } else { &none };
    let places = kept(ui, &format!("call-places.{key}"), (at, unfolded.clone()), || call_tree::shown(&lines, unfolded));
    let chosen = name::function(shown.function());
    let touched = call_tree::call_tree(ui, (&lines, &places), (unfolded, &search, chosen));
    if let Some(line) = touched.toggled {
        actions.push(AnalysisAction::ToggleCallLine(key, lines.len(), line));
    }
    let function = touched.clicked.and_then(|line| found.flame.nodes.get(line)).map(|node| &node.function);
    if let Some(function) = function.filter(|function| !function.is_empty()) {
        actions.push(AnalysisAction::ChooseFunction(key, function.clone()));
    }
}

/// A function with all that calls it at the left, and all that it calls at the right.
fn sandwich_ui(ui: &mut Ui, shown: &Shown<'_>, forms: impl FnOnce(&mut Ui), actions: &mut Actions) {
    let Shown { key, found, .. } = *shown;
    let search = head_ui(ui, shown, forms, actions);
    // Until one is chosen, the function in which most is spent.
    let most = || found.flame.nodes.iter().skip(1).max_by_key(|node| node.own).map_or("", |node| &node.function);
    let function = if shown.function().is_empty() { most() } else { shown.function() };
    let of = (Arc::as_ptr(found) as usize, function.to_owned());
    let both = kept(ui, &format!("sandwich.{key}"), of, || {
        let sides = [("Callers of", callers(&found.flame, function)), ("Callees of", callees(&found.flame, function))];
        sides.map(|(title, tree)| boxes(&tree, &found.report, &format!("{title} {}", name::function(function))))
    });
    let area = ui.available_rect_before_wrap();
    let middle = area.center().x;
    let halves = [area.with_max_x(middle - space::S), area.with_min_x(middle + space::S)];
    for ((id, boxes), rect) in ["callers", "callees"].into_iter().zip(both.iter()).zip(halves) {
        let mut part = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id));
        if boxes.is_empty() {
            empty(&mut part, "The function is not on any stack of this profile: choose another in the flame graph");
            continue;
        }
        let lit = Lit { search: &search, chosen: "" };
        let touched = flame(&mut part, (id, boxes), 0, &lit);
        choose(key, touched.clicked.or(touched.asked).and_then(|at| boxes.get(at)), actions);
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The lines of the call tree: a node each, the root and all.
#[expect(clippy::cast_precision_loss, reason = "a part of a width on screen")]
fn call_lines(tree: &Flame) -> Vec<CallLine> {
    let whole = tree.nodes.first().map_or(1, |root| root.total.max(1));
    let line = |(at, node): (usize, &FlameNode)| {
        let parent = tree.nodes.get(node.parent).map_or(whole, |parent| parent.total.max(1));
        let next = tree.nodes.get(at + 1);
        let own = if node.own == 0 { "–".to_owned() } else { nanos(node.own) };
        CallLine {
            name: match (node.function.as_str(), node.depth) {
                (_, 0) => "All stacks".to_owned(),
                ("", _) => "(no stack)".to_owned(),
                (function, _) => name::function(function).to_owned(),
            },
            hint: format!("{}\n{} of all\n{}", node.function, percent(node.total, whole), node.file),
            figures: [nanos(node.total), own, count(node.count)],
            share: node.total as f32 / whole as f32,
            family: family(name::package(&node.function)),
            depth: node.depth,
            has_children: next.is_some_and(|next| next.depth > node.depth),
            is_main: at == 0 || node.total * 2 >= parent,
        }
    };
    tree.nodes.iter().enumerate().map(line).collect()
}

/// The tree as boxes to draw. `title` is what the root is called.
fn boxes(tree: &Flame, report: &Report, title: &str) -> Vec<FlameBox> {
    let unit = report.facts.iter().find(|fact| fact.id == "count").map_or("", |fact| fact.title).to_lowercase();
    let whole = tree.nodes.first().map_or(0, |root| root.total);
    let least = whole / LEAST_SHARE;
    let wide = tree.nodes.iter().filter(|node| node.total > least || node.depth == 0);
    wide.map(|node| {
        let written = match (node.function.as_str(), node.depth) {
            (_, 0) => format!("{title}: {}", nanos(whole)),
            ("", _) => "(no stack)".to_owned(),
            (function, _) => name::function(function).to_owned(),
        };
        let family = family(name::package(&node.function));
        let hint = format!(
            "{}\n{} ({} of all), flat {}\n{} {unit}\n{}",
            node.function,
            nanos(node.total),
            percent(node.total, whole),
            nanos(node.own),
            count(node.count),
            node.file
        );
        FlameBox {
            name: written,
            function: node.function.clone(),
            hint,
            family,
            depth: node.depth,
            start: node.start,
            value: node.total,
        }
    })
    .collect()
}
