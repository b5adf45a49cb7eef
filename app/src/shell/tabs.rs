//! The strip with the open traces. One trace alone needs none, unless it is not saved.

use egui::{CursorIcon, Frame, Margin, Panel, PointerButton, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::action::action::{Action, Actions, ComparisonAction, FileAction};
use crate::action::fleet_action::FleetAction;
use crate::action::link_action::LinkAction;
use crate::fmt::name;
use crate::link::place::Place;
use crate::state::app::AppState;
use crate::state::document::{Document, LoadState};
use crate::state::fleet::Fleet;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::badge::{paint_badge, paint_number};
use crate::widget::button::glyph;
use crate::widget::menu::{context_menu, menu_entry};

/// Widest that a tab gets, points.
const MAX_WIDTH: f32 = 260.0;

/// Room for the letter of a trace that is compared, points.
const BADGE_ROOM: f32 = 22.0;

/// Room for the dot of a trace that is not saved, points.
const MARK_ROOM: f32 = 14.0;

/// Shows a tab for each document, and what is compared.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    if state.documents.len() < 2 && state.unsaved().is_empty() && state.fleet.is_none() {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    Panel::top("documents")
        .exact_size(space::TABS)
        .show_separator_line(false)
        .frame(Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(8, 0)))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = space::HAIR;
            ui.horizontal_centered(|ui| {
                if let Some(fleet) = &state.fleet {
                    fleet_ui(ui, fleet, actions);
                }
                let room = ui.available_width() / state.documents.len().max(1) as f32 - space::HAIR;
                for document in &state.documents {
                    tab_ui(ui, state, document, room.clamp(60.0, MAX_WIDTH), actions);
                }
            });
        });
}

/// The tab of the fleet.
fn fleet_ui(ui: &mut Ui, fleet: &Fleet, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let color = if fleet.is_shown { tokens.text } else { tokens.muted };
    let galley = ui.painter().layout_no_wrap("Fleet".to_owned(), fonts::body(), color);
    let size = vec2(galley.size().x + 2.0 * space::M, space::TABS);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, fleet.is_shown, "Fleet"));
    let ground = rect.with_max_y(rect.max.y - 1.0).with_min_y(rect.min.y + space::HAIR);
    if fleet.is_shown {
        ui.painter().rect_filled(ground, space::RADIUS, tokens.raised);
    } else if response.hovered() {
        ui.painter().rect_filled(ground, space::RADIUS, tokens.hovered);
    }
    let at = pos2(rect.min.x + space::M, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    if response.on_hover_cursor(CursorIcon::Default).on_hover_text(name::path(&fleet.folder)).clicked() {
        actions.push(FleetAction::Show(true));
    }
}

fn tab_ui(ui: &mut Ui, state: &AppState, document: &Document, most: f32, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let active = state.active == Some(document.id) && !state.fleet.as_ref().is_some_and(|fleet| fleet.is_shown);
    let side = state.pair.as_ref().and_then(|pair| pair.side_of(document.id));
    let number = state.pair.as_ref().and_then(|pair| pair.series.iter().position(|id| *id == document.id));
    let service = state.session.as_ref().and_then(|session| session.service_of(document.id));
    let badge_room = if side.is_some() || number.is_some() || service.is_some() { BADGE_ROOM } else { 0.0 };
    let title = document.title();
    let is_unsaved = document.is_unsaved();
    let mark_room = if is_unsaved { MARK_ROOM } else { 0.0 };
    let color = if active { tokens.text } else { tokens.muted };
    let text_room = most - 2.0 * space::M - 20.0 - badge_room - mark_room;
    let galley = egui::WidgetText::from(egui::RichText::new(&title).font(fonts::body()).color(color)).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        text_room,
        egui::TextStyle::Body,
    );
    let size = vec2(galley.size().x + 2.0 * space::M + 20.0 + badge_room + mark_room, space::TABS);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let said = if is_unsaved { format!("{title}, not saved") } else { title.clone() };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, &said));
    let ground = rect.with_max_y(rect.max.y - 1.0).with_min_y(rect.min.y + space::HAIR);
    if active {
        ui.painter().rect_filled(ground, space::RADIUS, tokens.raised);
        let line =
            Rect::from_min_max(pos2(rect.min.x + space::S, rect.max.y - 2.0), pos2(rect.max.x - space::S, rect.max.y));
        ui.painter().rect_filled(line, 1.0, tokens.accent);
    } else if response.hovered() {
        ui.painter().rect_filled(ground, space::RADIUS, tokens.hovered);
    }
    let place = Rect::from_center_size(pos2(rect.min.x + space::M + 8.0, rect.center().y), vec2(16.0, 16.0));
    match (side, number) {
        (Some(side), _) => paint_badge(ui.painter(), place, side.at(), tokens),
        (None, Some(number)) => paint_number(ui.painter(), place, number, tokens),
        (None, None) => {
            if let Some(service) = service {
                let mark = Rect::from_center_size(place.center(), vec2(10.0, 10.0));
                let chosen = state.session.as_ref().and_then(|session| session.color_of(service));
                ui.painter().rect_filled(mark, 2.0, tokens.service(service, chosen));
            }
        }
    }
    if is_unsaved {
        let at = pos2(rect.min.x + space::M + badge_room + MARK_ROOM / 2.0 - space::HAIR, rect.center().y);
        ui.painter().circle_filled(at, 3.5, tokens.warning);
    }
    let text_at = pos2(rect.min.x + space::M + badge_room + mark_room, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(text_at, galley, color);
    if let LoadState::Loading { progress, .. } = &document.load {
        let part = progress.bytes_done as f32 / progress.bytes_total.max(1) as f32;
        let line = Rect::from_min_size(pos2(rect.min.x, rect.max.y - 2.0), vec2(rect.width() * part.min(1.0), 2.0));
        ui.painter().rect_filled(line, 0.0, tokens.accent);
    }
    let cross = Rect::from_center_size(pos2(rect.max.x - space::L, rect.center().y), vec2(20.0, 20.0));
    let close = ui.interact(cross, response.id.with("close"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {title}")));
    if close.hovered() {
        ui.painter().rect_filled(cross, space::RADIUS, tokens.pressed);
    }
    glyph(ui, cross, icons::CLOSE, fonts::icon_sized(12.0), tokens.muted);
    if close.clicked() || response.clicked_by(PointerButton::Middle) {
        actions.push(FileAction::CloseDocument(document.id));
    } else if response.clicked() {
        actions.push(FileAction::Activate(document.id));
    }
    let full = match &document.source {
        crate::state::document::Source::Path(path) => crate::fmt::name::path(path),
        crate::state::document::Source::Earlier { path, .. } => {
            format!("What {} held before it was rewritten", crate::fmt::name::path(path))
        }
        crate::state::document::Source::Sample => title,
    };
    let full = if is_unsaved { format!("{full}\nNot saved: it is stored nowhere else") } else { full };
    context_menu(&response, |ui| menu_ui(ui, state, document, actions));
    response.on_hover_cursor(CursorIcon::Default).on_hover_text(full);
}

/// What can be done with a trace besides bringing it to the front.
fn menu_ui(ui: &mut Ui, state: &AppState, document: &Document, actions: &mut Actions) {
    let mut entry = |ui: &mut Ui, text: &str, action: Action| {
        if menu_entry(ui, text, "", true, false).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    let (id, pair) = (document.id, state.shown_pair().map(|(pair, _)| pair));
    if let Some(pair) = pair {
        if pair.has(id) && !pair.sides.contains(&id) {
            entry(ui, "Show it below, as B", Action::Comparison(ComparisonAction::Lower(id)));
        }
        if pair.has(id) {
            entry(ui, "Take it out of the comparison", Action::Comparison(ComparisonAction::TakeOut(id)));
        } else {
            entry(ui, "Add it to the comparison", Action::Comparison(ComparisonAction::Add(id)));
        }
    } else if let Some(front) = state.document().filter(|front| front.id != id) {
        let text = format!("Compare {} with this", front.title());
        entry(ui, &text, Action::Comparison(ComparisonAction::Of(front.id, id)));
    }
    entry(ui, "Copy link", Action::Link(LinkAction::Copy(id, Place::default())));
    entry(ui, "Close", Action::File(FileAction::CloseDocument(id)));
}
