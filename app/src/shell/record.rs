//! The form that records several services at the same time: where they are, how long, where to save; and how far each is.

use egui::{DragValue, Frame, Label, Margin, Panel, RichText, Role, TextEdit, Ui, WidgetInfo};

use crate::action::action::Actions;
use crate::action::session_action::{RecordAction, SessionAction};
use crate::fmt::number::bytes;
use crate::state::app::AppState;
use crate::state::record::{RecordFields, RecordForm, ServiceProgress};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, icon_button, text_button};
use crate::widget::field::line_field;
use crate::widget::progress::progress_bar;

/// Width of the field for services, points.
const SERVICES: f32 = 460.0;
/// Width of the other fields, points.
const FIELD: f32 = 300.0;

/// Shows it while it is open.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(form) = &state.record else { return };
    let tokens = tokens::of(ui.ctx());
    Panel::top("record").frame(Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(12, 8))).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Record services together").font(fonts::strong()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if icon_button(ui, icons::CLOSE, "Close the form", "", form.going.is_none()).clicked() {
                    actions.push(SessionAction::Record(RecordAction::Close));
                }
            });
        });
        ui.add_space(space::XS);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            let fields = fields_ui(ui, form);
            if fields != form.fields {
                actions.push(SessionAction::Record(RecordAction::Fields(fields)));
            }
            ui.vertical(|ui| progress_ui(ui, state, form, actions));
        });
    });
}

fn fields_ui(ui: &mut Ui, form: &RecordForm) -> RecordFields {
    let mut fields = form.fields.clone();
    ui.add_enabled_ui(form.going.is_none(), |ui| {
        ui.horizontal_top(|ui| {
            let services = TextEdit::multiline(&mut fields.services)
                .id_salt("services")
                .hint_text("frontend=localhost:6060\nbackend=localhost:6061")
                .font(fonts::mono())
                .desired_rows(4)
                .desired_width(SERVICES);
            named(ui, services, "Services, a line each: NAME=URL");
            ui.vertical(|ui| {
                ui.horizontal(|ui| {
                    ui.label("For");
                    let seconds = DragValue::new(&mut fields.seconds).range(1..=3_600).suffix(" s");
                    ui.add(seconds).widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Seconds to record"));
                });
                let headers = TextEdit::multiline(&mut fields.headers)
                    .id_salt("headers")
                    .hint_text("Headers, a line each: NAME: VALUE")
                    .font(fonts::mono())
                    .desired_rows(1)
                    .desired_width(FIELD);
                named(ui, headers, "Headers, a line each");
                let folder = line_field(&mut fields.folder)
                    .id_salt("folder")
                    .hint_text("Folder; empty for a new one in your home folder")
                    .font(fonts::mono())
                    .desired_width(FIELD);
                named(ui, folder, "Folder to save to");
            });
        });
    });
    fields
}

fn named(ui: &mut Ui, field: TextEdit<'_>, name: &str) {
    ui.add(field).widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
}

/// How far each service is, and the button that begins or ends it.
fn progress_ui(ui: &mut Ui, state: &AppState, form: &RecordForm, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    match &form.going {
        None => {
            let can = !form.fields.services.trim().is_empty();
            ui.add_enabled_ui(can, |ui| {
                if text_button(ui, Kind::Primary, icons::ALARM, "Record").clicked() {
                    actions.push(SessionAction::Record(RecordAction::Start));
                }
            });
        }
        Some((_, since)) => {
            ui.horizontal(|ui| {
                if text_button(ui, Kind::Plain, icons::STOPPED, "Stop and keep what has come").clicked() {
                    actions.push(SessionAction::Record(RecordAction::Stop));
                }
                let part = (state.now_seconds - since) as f32 / form.fields.seconds.max(1) as f32;
                progress_bar(ui, part.clamp(0.0, 1.0), 120.0);
            });
        }
    }
    for service in &form.progress {
        service_ui(ui, service);
    }
    if let Some(said) = &form.said {
        ui.add(Label::new(RichText::new(said).color(tokens.error)).wrap());
    }
}

fn service_ui(ui: &mut Ui, service: &ServiceProgress) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        let (icon, color) = match (&service.error, service.is_done) {
            (Some(_), _) => (icons::WARNING, tokens.error),
            (None, true) => (icons::CHECK, tokens.accent),
            (None, false) => (icons::CLOCK, tokens.muted),
        };
        ui.label(RichText::new(icon).font(fonts::icon_sized(14.0)).color(color));
        ui.label(&service.name);
        ui.label(RichText::new(bytes(service.bytes)).font(fonts::mono_small()).color(tokens.muted));
        if let Some(error) = &service.error {
            ui.add(Label::new(RichText::new(error).font(fonts::small()).color(tokens.error)).wrap());
        }
    });
}
