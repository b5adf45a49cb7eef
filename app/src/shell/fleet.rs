//! The fleet: many snapshots as a table, or the causes of lost time in them. A click opens the snapshot at its finding.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{CentralPanel, Frame, Label, Margin, RichText, Ui};

use crate::action::action::{Action, Actions};
use crate::action::fleet_action::FleetAction;
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::words::counted;
use crate::report::fleet::FleetTables;
use crate::report::table::Table;
use crate::report::view::{TableLayout, TableSession};
use crate::state::app::AppState;
use crate::state::fleet::{Fleet, FleetStage};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::chip::chip;
use crate::widget::data_table::DataTable;
use crate::widget::section::empty;

/// Fills the window with the fleet, if it is on show; false if it is not.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) -> bool {
    let Some(fleet) = state.fleet.as_ref().filter(|fleet| fleet.is_shown) else { return false };
    let tokens = tokens::of(ui.ctx());
    let frame = Frame::NONE.fill(tokens.background).inner_margin(Margin::symmetric(12, 10));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        head_ui(ui, fleet, actions);
        ui.add_space(space::S);
        match (&fleet.tables, &fleet.stage) {
            (Some(tables), _) => tables_ui(ui, (state, fleet, tables), actions),
            (None, FleetStage::Failed(why)) => empty(ui, &visible(why)),
            (None, _) => empty(ui, &reading(fleet)),
        }
    });
    true
}

fn reading(fleet: &Fleet) -> String {
    match fleet.progress {
        (_, 0) => "Reading…".to_owned(),
        (done, of) => format!("Reading… {} of {} files", count(done as u64), count(of as u64)),
    }
}

/// What is open, how much of it there is, and how it ends.
fn head_ui(ui: &mut Ui, fleet: &Fleet, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(RichText::new(name::last_part(&fleet.folder)).font(fonts::strong()));
        ui.add_space(space::S);
        let told = match (&fleet.tables, &fleet.stage) {
            (Some(_), FleetStage::Failed(why)) => visible(why).into_owned(),
            (Some(tables), _) => summary(tables),
            (None, _) => String::new(),
        };
        ui.add(Label::new(RichText::new(told).font(fonts::small()).color(tokens.muted)).truncate())
            .on_hover_text(name::path(&fleet.folder));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, icons::CLOSE, "Close the fleet", "", true).clicked() {
                actions.push(FleetAction::Close);
            }
        });
    });
}

fn summary(tables: &FleetTables) -> String {
    let services: std::collections::BTreeSet<&str> =
        tables.rows.iter().map(|row| row.snapshot.service.as_str()).collect();
    let unread = tables.rows.iter().filter(|row| row.snapshot.problem.is_some()).count() as u64;
    let mut text = format!(
        "{} of {} · new files are read as they are written",
        counted(tables.rows.len() as u64, "snapshot"),
        counted(services.len() as u64, "service")
    );
    if unread > 0 {
        text.push_str(&format!(" · {} with problems", count(unread)));
    }
    text
}

fn tables_ui(ui: &mut Ui, (state, fleet, tables): (&AppState, &Fleet, &FleetTables), actions: &mut Actions) {
    let (key, table): (&str, &Arc<Table>) =
        if fleet.by_cause { ("fleet-causes", &tables.causes) } else { ("fleet-snapshots", &tables.snapshots) };
    let (layout, session) = (TableLayout::default(), TableSession::default());
    let layout = state.settings.tables.get(key).unwrap_or(&layout);
    let session = fleet.sessions.get(key).unwrap_or(&session);
    let mut out = Vec::new();
    let data = DataTable { key, table, layout, session, marked: None };
    let mut by_cause = None;
    let lead = |ui: &mut Ui| {
        for (text, is_it) in [("By snapshot", false), ("By cause", true)] {
            if chip(ui, text, fleet.by_cause == is_it).clicked() {
                by_cause = Some(is_it);
            }
        }
    };
    let target = |row: usize| target(fleet, tables, row);
    let menu = |row: usize, _, _: &_| {
        let entry = |(file, rank)| ("Open the snapshot".to_owned(), Action::Fleet(FleetAction::Lead(file, rank)));
        target(row).map(entry).into_iter().collect::<Vec<_>>()
    };
    let (touched, chosen) = data.ui(ui, lead, menu, &mut out);
    out.into_iter().for_each(|action| actions.push(Action::Table(fleet.id, key.to_owned(), action)));
    let led = touched.activated.or(touched.link.map(|(row, _)| row)).and_then(target);
    let led = led.map(|(file, rank)| Action::Fleet(FleetAction::Lead(file, rank)));
    if let Some(action) = chosen.or(led) {
        actions.push(action);
    }
    if let Some(by_cause) = by_cause {
        actions.push(FleetAction::ByCause(by_cause));
    }
}

/// Where a row leads: the file, and the rank of the finding.
fn target(fleet: &Fleet, tables: &FleetTables, row: usize) -> Option<(PathBuf, usize)> {
    if fleet.by_cause {
        let row = tables.cause_rows.get(row)?;
        return Some((row.newest.clone(), row.example.rank));
    }
    let row = tables.rows.get(row)?;
    Some((row.snapshot.file.clone(), row.worst.as_ref().map_or(0, |worst| worst.rank)))
}
