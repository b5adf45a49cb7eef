//! The bar on top: menus made of the table of commands, history, switches.

use egui::containers::menu::SubMenu;
use egui::{Align, Frame, Layout, Margin, MenuBar, Panel, PointerButton, RichText, Ui};

use trace_core::base::time::TraceTime;

use crate::action::action::{Actions, FileAction, SettingsAction};
use crate::action::commands::{self, COMMANDS, Command};
use crate::action::keymap;
use crate::action::menu::Group;
use crate::action::row_commands;
use crate::fmt::name;
use crate::fmt::time::duration;
use crate::shell::{input, menu_keys, search};
use crate::state::app::AppState;
use crate::state::settings::ThemeChoice;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{icon_button, icon_toggle};
use crate::widget::menu::menu_entry;

/// Width of a menu, points.
const MENU_WIDTH: f32 = 264.0;
/// Room for a time in words; where there is less it is left out, points.
const SIGHT: f32 = 150.0;
/// Commands that have a menu of their own within another: its title, and which.
const SUBMENUS: [(&str, &[&str]); 5] = [
    ("Edges of the selected time", &["end-later", "end-earlier", "start-later", "start-earlier"]),
    ("Bookmarks", &["bookmark", "next-bookmark", "previous-bookmark"]),
    ("Instant", &["instant", "instant-next", "instant-previous", "copy-dump"]),
    ("Theme", &["theme-system", "theme-dark", "theme-light"]),
    ("Interface size", &["bigger", "smaller", "normal-size"]),
];
/// Leads to another menu.
const SUBMENU: &str = "›";

/// Shows the menu bar, the search field and the tools at its right.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    Panel::top("bar")
        .exact_size(space::BAR)
        .frame(Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(8, 4)))
        .show(ui, |ui| {
            MenuBar::new().ui(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.spacing_mut().button_padding = egui::vec2(space::S, space::XS);
                ui.spacing_mut().interact_size.y = space::ICON_BUTTON;
                let goes_left = menu_keys::takes_left(ui.ctx());
                let menus = Group::ALL
                    .map(|group| ui.menu_button(group.title(), |ui| menu_ui(ui, group, state, actions)).response);
                if !state.is_asking() {
                    menu_keys::apply(ui.ctx(), &menus, goes_left);
                }
                // In a narrow window the search field comes first: all else is in the menus, too.
                let room = ui.available_width() - search::least_width(state);
                if room >= 2.0 * search::TOOLS {
                    ui.add_space(space::M);
                    tool(ui, icons::OPEN, "open", state, actions);
                    tool(ui, icons::COMPARE, "compare-with", state, actions);
                    tool(ui, icons::BACK, "back", state, actions);
                    tool(ui, icons::FORWARD, "forward", state, actions);
                    tool(ui, icons::FIT, "fit", state, actions);
                }
                let has_switches = room >= search::TOOLS;
                search::ui(ui, state, actions, has_switches);
                if has_switches {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(ui, state, actions));
                }
            });
        });
}

fn right_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.spacing_mut().item_spacing.x = space::HAIR;
    tool(ui, icons::HELP, "help", state, actions);
    tool(ui, icons::SETTINGS, "settings", state, actions);
    let dark = tokens.dark;
    let (icon, hint) =
        if dark { (icons::SUN, "Switch to the light theme") } else { (icons::MOON, "Switch to the dark theme") };
    if icon_button(ui, icon, hint, "", true).clicked() {
        actions.push(SettingsAction::SetTheme(if dark { ThemeChoice::Light } else { ThemeChoice::Dark }));
    }
    switch(ui, icons::CLOCK, "wall-clock", state, actions);
    switch(ui, icons::FLOWS, "all-flows", state, actions);
    let Some(document) = state.document() else { return };
    ui.add_space(space::S);
    let Some(view) = document.view.filter(|_| ui.available_width() > SIGHT) else { return };
    ui.spacing_mut().item_spacing.x = space::L;
    let quiet = |text: String| RichText::new(text).font(fonts::mono()).color(tokens.muted);
    ui.label(quiet(format!("{} visible", duration(view.range().intersect(document.trace.range()).nanos().max(0)))));
    // Beside the trace there is no time to tell.
    let range = document.trace.range();
    let is_inside = |nanos: &f64| (range.start.0 as f64..=range.end.0 as f64).contains(nanos);
    if let Some(pointer) = document.pointer_nanos.filter(is_inside).filter(|_| ui.available_width() > SIGHT) {
        #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
        let at = document.offset_of(TraceTime(pointer as i64));
        let hint = format!("Time under the pointer, from the start of {}", document.time_origin());
        ui.label(quiet(at)).on_hover_text(hint);
    }
}

fn tool(ui: &mut Ui, icon: &str, id: &str, state: &AppState, actions: &mut Actions) {
    let Some(command) = commands::by_id(id) else { return };
    let made = command.action(state);
    if icon_button(ui, icon, command.name, &keymap::text_of(command, &state.settings), made.is_some()).clicked()
        && let Some(action) = made
    {
        actions.push(action);
    }
}

fn switch(ui: &mut Ui, icon: &str, id: &str, state: &AppState, actions: &mut Actions) {
    let Some(command) = commands::by_id(id) else { return };
    let on = command.is_on.is_some_and(|is_on| is_on(state));
    if icon_toggle(ui, icon, command.name, &keymap::text_of(command, &state.settings), on).clicked()
        && let Some(action) = command.action(state)
    {
        actions.push(action);
    }
}

fn menu_ui(ui: &mut Ui, group: Group, state: &AppState, actions: &mut Actions) {
    ui.set_width(MENU_WIDTH);
    ui.spacing_mut().item_spacing.y = 0.0;
    for command in COMMANDS.iter().filter(|command| command.group == group && !row_commands::has(command.id)) {
        if command.id == row_commands::BEFORE {
            submenu_ui(ui, "Group goroutines by", row_commands::GROUPINGS.iter(), state, actions);
            submenu_ui(ui, "Sort goroutines by", row_commands::ORDERS.iter(), state, actions);
        }
        if let Some((title, ids)) = SUBMENUS.iter().find(|(_, ids)| ids.contains(&command.id)) {
            if ids.first() == Some(&command.id) {
                if command.id == "theme-system" {
                    ui.separator();
                }
                submenu_ui(ui, title, ids.iter().filter_map(|id| commands::by_id(id)), state, actions);
            }
            continue;
        }
        if matches!(
            command.id,
            "close"
                | "quit"
                | "next-document"
                | "back"
                | "follow-out"
                | "only-alike"
                | "wall-clock"
                | "panels-reset"
                | "compare"
                | "compare-link"
                | "compare-leave"
                | "settings"
        ) {
            ui.separator();
        }
        entry_ui(ui, command, state, actions);
        if command.id == "open-path" {
            recent_ui(ui, state, actions);
        }
    }
}

/// A menu within a menu.
fn submenu_ui<'a>(
    ui: &mut Ui,
    title: &str,
    commands: impl Iterator<Item = &'a Command> + Clone,
    state: &AppState,
    actions: &mut Actions,
) {
    let is_possible = commands.clone().any(|command| command.action(state).is_some());
    let response = menu_entry(ui, title, SUBMENU, is_possible, false);
    if !is_possible {
        return;
    }
    SubMenu::new().show(ui, &response, |ui| {
        ui.set_width(MENU_WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        for command in commands {
            if command.id == "order-reverse" {
                ui.separator();
            }
            entry_ui(ui, command, state, actions);
        }
    });
}

fn entry_ui(ui: &mut Ui, command: &Command, state: &AppState, actions: &mut Actions) {
    let made = command.action(state);
    let on = command.is_on.is_some_and(|is_on| is_on(state));
    let response = menu_entry(ui, command.name, &keymap::text_of(command, &state.settings), made.is_some(), on);
    if let Some(action) = made.filter(|_| response.clicked()) {
        if response.clicked_by(PointerButton::Primary) {
            actions.push(action);
        } else {
            input::push_with_focus(action, actions);
        }
        ui.close();
    }
}

fn recent_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let recent = &state.settings.recent_files;
    let response = menu_entry(ui, "Open recent", SUBMENU, !recent.is_empty(), false);
    if recent.is_empty() {
        return;
    }
    SubMenu::new().show(ui, &response, |ui| {
        ui.set_width(MENU_WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        for path in recent {
            let file = name::last_part(path);
            if menu_entry(ui, &file, "", true, false).on_hover_text(name::path(path)).clicked() {
                actions.push(FileAction::Open(path.clone()));
                ui.close();
            }
        }
        ui.separator();
        if menu_entry(ui, "Clear this list", "", true, false).clicked() {
            actions.push(SettingsAction::ClearRecent);
            ui.close();
        }
    });
}
