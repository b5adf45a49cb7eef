//! Goroutines, tasks, regions and log messages by name; of two traces that are compared each in a column of
//! its own. A click leads there; of two traces, what was found can be laid under what was found in the other.

use egui::{Id, Key, Label, Rect, RichText, Role, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};
use trace_core::analysis::find::{Finds, Found, FoundKind};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions};
use crate::action::pairs::PairAction;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, offset};
use crate::panel::answer;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::pair::Side;
use crate::state::study::{Answer, Question};
use crate::theme::{fonts, space, tokens};
use crate::widget::badge::badge;
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// Room of the kind before a name, points.
const KIND: f32 = 76.0;
/// Room of time and length behind it, points.
const TIMES: f32 = 190.0;
/// Room of the link that aligns, points.
const ALIGN: f32 = 76.0;

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let id = Id::unique("find-text");
    let mut text: String = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let hint = "A start function, G13, a task, a region, a message";
    let field = TextEdit::singleline(&mut text).hint_text(hint).desired_width(ui.available_width().min(420.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find"));
    if text.is_empty() && !response.has_focus() && ui.input(|input| !input.key_down(Key::Escape)) {
        // Whoever opens this wants to type.
        let opened = Id::unique("find-opened");
        let is_new = ui.ctx().data(|data| data.get_temp::<bool>(opened)).is_none();
        if is_new {
            ui.ctx().data_mut(|data| data.insert_temp(opened, true));
            response.request_focus();
        }
    }
    if response.changed() {
        ui.ctx().data_mut(|data| data.insert_temp(id, text.clone()));
    }
    ui.add_space(space::XS);
    if text.trim().is_empty() {
        empty(ui, "Type a part of a name: what has it is listed by kind and time");
        return;
    }
    match state.shown_pair() {
        None => results_ui(ui, (document, None), &text, actions),
        Some((_, documents)) => {
            let area = ui.available_rect_before_wrap();
            let half = ((area.width() - space::L) / 2.0).floor();
            for side in Side::BOTH {
                let left = area.min.x + side.at() as f32 * (half + space::L);
                let place = Rect::from_min_max(egui::pos2(left, area.min.y), egui::pos2(left + half, area.max.y));
                let mut part = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("find", side)));
                results_ui(&mut part, (documents[side.at()], Some(side)), &text, actions);
            }
            ui.allocate_rect(area, Sense::hover());
        }
    }
}

fn results_ui(ui: &mut Ui, (document, side): (&Document, Option<Side>), text: &str, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let question = Question::Find(text.trim().to_owned());
    let Some(Answer::Found(found)) = answer(ui, document, &question, actions) else { return };
    ui.horizontal(|ui| {
        if let Some(side) = side {
            badge(ui, side.at());
        }
        let said = said(found);
        ui.label(RichText::new(said).font(fonts::small()).color(tokens.muted));
    });
    let salt = ("found", side);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show_rows(
        ui,
        space::ROW,
        found.list.len(),
        |ui, rows| {
            for one in rows.filter_map(|at| found.list.get(at)) {
                found_ui(ui, (document, side), *one, actions);
            }
        },
    );
}

fn said(found: &Finds) -> String {
    match (found.count, found.list.len() as u64) {
        (0, _) => "No start function, task, region or message has this in its name".to_owned(),
        (all, listed) if all > listed => format!("{} found, {} listed", count(all), count(listed)),
        (all, _) => format!("{} found", count(all)),
    }
}

fn found_ui(ui: &mut Ui, (document, side): (&Document, Option<Side>), found: Found, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let trace = &document.trace;
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::click());
    let title = match found.kind {
        FoundKind::Goroutine => name::goroutine(trace, found.go),
        _ => trace.str(found.name).lines().next().unwrap_or_default().to_owned(),
    };
    let at = offset(found.range.start.nanos_since(trace.range().start));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} {title} at {at}", kind(found.kind))));
    if response.hovered() {
        ui.painter().rect_filled(row, space::RADIUS, tokens.raised);
    }
    let behind = if side.is_some() { ALIGN } else { 0.0 };
    let room = row.with_min_x(row.min.x + KIND).with_max_x((row.max.x - TIMES - behind).max(row.min.x + KIND + 20.0));
    let left = row.left_center() + vec2(space::XS, 0.0);
    ui.painter().text(left, egui::Align2::LEFT_CENTER, kind(found.kind), fonts::small(), tokens.muted);
    let mut inside =
        ui.new_child(UiBuilder::new().max_rect(room).layout(egui::Layout::left_to_right(egui::Align::Center)));
    inside.add(Label::new(title).truncate().selectable(false).sense(Sense::empty()));
    let length = if found.range.nanos() > 0 { duration(found.range.nanos()) } else { String::new() };
    for (text, right) in [(at, TIMES - 100.0), (length, 0.0)] {
        let place = egui::pos2(row.max.x - behind - right - space::S, row.center().y);
        ui.painter().text(place, egui::Align2::RIGHT_CENTER, text, fonts::mono(), tokens.muted);
    }
    if let Some(side) = side {
        let place = row.with_min_x(row.max.x - ALIGN + space::S);
        let mut part =
            ui.new_child(UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(egui::Align::Center)));
        let link = link_in(&mut part, "Align here", fonts::small());
        if link.clicked() {
            actions.push(Action::Pair(PairAction::Anchor(side, found.range.start)));
        }
    }
    if response.clicked() {
        let end = found.range.end.max(found.range.start.plus_nanos(1));
        let go = Action::GoToStretch(LaneId::Goroutine(found.go), TimeRange::new(found.range.start, end));
        actions.push(if side.is_some() { Action::On(document.id, Box::new(go)) } else { go });
    }
}

const fn kind(kind: FoundKind) -> &'static str {
    match kind {
        FoundKind::Goroutine => "goroutine",
        FoundKind::Task => "task",
        FoundKind::Region => "region",
        FoundKind::Log => "message",
    }
}
