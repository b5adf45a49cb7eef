//! The settings: what is remembered between starts, and how this trace is shown.

use egui::{RichText, Ui};

use crate::action::action::{Action, Actions, PanelAction, RowsAction, SettingsAction, SourceAction};
use crate::action::commands;
use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::grouping::GroupBy;
use crate::state::order::GoroutineOrder;
use crate::state::settings::ThemeChoice;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::chip::chip;
use crate::widget::field::line_field;
use crate::widget::link::link;
use crate::widget::section::heading;

/// Room for the names at the left, points.
const NAMES: f32 = 190.0;

/// Shows the settings, each with what it does.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let settings = &state.settings;
    heading(ui, "Appearance");
    row(ui, "Theme", |ui| {
        let themes = [("System", ThemeChoice::System), ("Dark", ThemeChoice::Dark), ("Light", ThemeChoice::Light)];
        for (title, theme) in themes {
            if chip(ui, title, settings.theme == theme).clicked() {
                actions.push(SettingsAction::SetTheme(theme));
            }
        }
    });
    row(ui, "Interface size", |ui| {
        if chip(ui, "\u{2212}", false).on_hover_text("Smaller").clicked() {
            actions.push(SettingsAction::StepScale(-1));
        }
        ui.label(format!("{:.0} %", settings.ui_scale * 100.0));
        if chip(ui, "+", false).on_hover_text("Larger").clicked() {
            actions.push(SettingsAction::StepScale(1));
        }
        if settings.ui_scale != 1.0 && link(ui, "Reset").clicked() {
            actions.push(SettingsAction::StepScale(0));
        }
    });
    switch(ui, state, "animate", actions);
    switch(ui, state, "fit-panels", actions);
    heading(ui, "Timeline");
    for id in ["wall-clock", "all-flows", "critical-path", "runtime-frames", "span-labels", "tooltips", "compact"] {
        switch(ui, state, id, actions);
    }
    trace_ui(ui, state, actions);
    heading(ui, "Files");
    for id in ["one-window", "keep-models", "unpack-all"] {
        switch(ui, state, id, actions);
    }
    row(ui, "", |ui| {
        if link(ui, "Clear cache").on_hover_text("Removes the cached traces from disk").clicked() {
            actions.push(SettingsAction::ClearCache);
        }
        if link(ui, "Clear recent files").clicked() {
            actions.push(SettingsAction::ClearRecent);
        }
    });
    source_ui(ui, state, actions);
    layouts_ui(ui, state, actions);
}

fn row(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    let muted = tokens::of(ui.ctx()).muted;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        ui.allocate_ui(egui::vec2(NAMES, space::ROW), |ui| {
            ui.set_min_width(NAMES);
            ui.label(RichText::new(title).color(muted));
        });
        add(ui);
    });
}

/// A command that is on or off.
fn switch(ui: &mut Ui, state: &AppState, id: &str, actions: &mut Actions) {
    let Some(command) = commands::by_id(id) else { return };
    let Some(action) = command.action(state) else { return };
    let mut on = command.is_on.is_some_and(|is_on| is_on(state));
    row(ui, command.name, |ui| {
        if ui.checkbox(&mut on, command.help).changed() {
            actions.push(action);
        }
    });
}

/// How the goroutines of the trace in front are put in order.
fn trace_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document().filter(|document| document.has_lanes()) else { return };
    row(ui, "Group goroutines by", |ui| {
        ui.horizontal_wrapped(|ui| {
            for group in GroupBy::ALL {
                if chip(ui, group.title(), document.group_by == group).clicked() {
                    actions.push(RowsAction::GroupGoroutines(group));
                }
            }
        });
    });
    row(ui, "Sort them by", |ui| {
        ui.horizontal_wrapped(|ui| {
            for order in GoroutineOrder::ALL {
                if chip(ui, order.title(), document.order() == order).clicked() {
                    actions.push(RowsAction::OrderGoroutines(order));
                }
            }
        });
    });
    switch(ui, state, "order-reverse", actions);
    switch(ui, state, "hide-idle", actions);
}

fn source_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    heading(ui, "Source code");
    row(ui, "Editor", |ui| {
        let mut editor = state.settings.editor.clone();
        let hint = "Empty for $VISUAL or an installed editor; otherwise e.g. code --goto {file}:{line}";
        let field = line_field(&mut editor).id_salt("editor").hint_text(hint).font(fonts::mono());
        let response = ui.add(field.desired_width(ui.available_width() - space::L));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Editor"));
        if editor != state.settings.editor {
            actions.push(SettingsAction::SetEditor(editor));
        }
    });
    for folder in &state.settings.source_folders {
        row(ui, "Folder", |ui| {
            ui.label(name::path(folder));
            if icon_button(ui, icons::CLOSE, "Look in this folder no longer", "", true).clicked() {
                actions.push(SettingsAction::RemoveSourceFolder(folder.clone()));
            }
        });
    }
    row(ui, "", |ui| {
        if link(ui, "Add a folder…").clicked() {
            actions.push(Action::Source(SourceAction::SourceFolderDialog));
        }
    });
}

/// Arrangements of panels under names.
fn layouts_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    heading(ui, "Layouts");
    for name in state.settings.layouts.keys() {
        row(ui, name, |ui| {
            if link(ui, "Use").clicked() {
                actions.push(PanelAction::UseLayout(name.clone()));
            }
            if link(ui, "Remove").clicked() {
                actions.push(PanelAction::RemoveLayout(name.clone()));
            }
        });
    }
    row(ui, "Present layout", |ui| {
        let mut text = state.layout_name.clone();
        let field = line_field(&mut text).id_salt("layout-name").hint_text("Name").desired_width(180.0);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name of the layout"));
        if text != state.layout_name {
            actions.push(PanelAction::NameLayout(text));
        }
        if !state.layout_name.trim().is_empty() && link(ui, "Save").clicked() {
            actions.push(PanelAction::SaveLayout);
        }
        if link(ui, "Reset to the standard layout").clicked() {
            actions.push(PanelAction::ResetPanels);
        }
    });
}
