//! The services of the session: the file of each, what it is called, and how its clock was placed, with the error. Names and
//! offsets can be given by hand; the session is then made anew.

use egui::{Color32, Grid, Id, Key, Label, Popup, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use trace_core::session::{Content, Service};

use crate::action::action::{Actions, FileAction};
use crate::action::session_action::SessionAction;
use crate::fmt::clock;
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::panel::session_table::{quiet_ui, session};
use crate::state::app::AppState;
use crate::state::session::{Built, OpenSession, Said, Typed};
use crate::theme::tokens::{CHOICES, rgb};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::field::line_field;
use crate::widget::link::link_in;

/// Widths of the fields for names and offsets, points.
const FIELDS: [f32; 2] = [150.0, 110.0];

/// Shows the files of the session, with their clocks.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, built)) = session(ui, state) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        if link_in(ui, "Save session…", fonts::small()).clicked() {
            actions.push(SessionAction::Save);
        }
        quiet_ui(ui, "A name or an offset that you type makes the session anew; an empty field takes it back");
    });
    ScrollArea::both().id_salt("services").auto_shrink([false, false]).show(ui, |ui| {
        Grid::new("services").num_columns(7).striped(true).spacing([space::L, space::XS]).show(ui, |ui| {
            heads_ui(ui, &["", "Service", "File", "Clock", "Offset", "Error", "Set by hand"]);
            for (service, at) in built.session.services.iter().zip(0..) {
                service_ui(ui, (open, built), (service, at), actions);
                ui.end_row();
            }
        });
        ui.add_space(space::M);
        files_ui(ui, built);
        for note in &built.report.notes {
            quiet_ui(ui, note);
        }
    });
}

fn heads_ui(ui: &mut Ui, heads: &[&str]) {
    let tokens = tokens::of(ui.ctx());
    for head in heads {
        ui.label(RichText::new(*head).font(fonts::small_strong()).color(tokens.muted));
    }
    ui.end_row();
}

fn service_ui(
    ui: &mut Ui,
    (open, built): (&OpenSession, &Built),
    (service, at): (&Service, u32),
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let said = service.input.and_then(|input| Some((input, open.said.get(input)?)));
    color_ui(ui, open, (at, service), said, actions);
    match said {
        Some((input, said)) => {
            let name = said.name.clone().unwrap_or_else(|| service.name.clone());
            let label = format!("Name of {}", service.name);
            if let Some(typed) = field_ui(ui, open, (at, false), &name, &label, actions) {
                let name = Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty());
                actions.push(SessionAction::Say(input, Said { name, ..said.clone() }));
            }
        }
        None => {
            ui.label(&service.name).on_hover_text("Named in a span file");
        }
    }
    let file = service.input.and_then(|input| built.session.inputs.get(input)).map(|input| input.file.as_str());
    match (file, open.document_of(at)) {
        (Some(file), Some(id)) => {
            let short = file.rsplit(['/', '\\']).next().unwrap_or(file);
            ui.scope(|ui| {
                ui.set_min_width(FIELDS[0]);
                if link_in(ui, short, fonts::small()).on_hover_text(file).clicked() {
                    actions.push(FileAction::Activate(id));
                }
            });
        }
        (file, _) => {
            ui.label(RichText::new(file.unwrap_or("spans only")).font(fonts::small()).color(tokens.muted));
        }
    }
    let quiet = |text: String| RichText::new(text).font(fonts::mono_small());
    ui.label(clock::method(service.clock.method)).on_hover_text(clock::about(service.clock.method));
    let map = service.clock.map;
    ui.label(quiet(duration(map.offset_at(map.base)))).on_hover_text(clock::long(&service.clock));
    let error = ui.label(quiet(clock::error(&service.clock)));
    if !service.clock.dropped.is_empty() {
        error.on_hover_text(clock::long(&service.clock));
    }
    if let Some((input, said)) = said {
        offset_ui(ui, open, (at, service), (input, said), actions);
    }
}

/// The colour of a service; a click offers others.
fn color_ui(
    ui: &mut Ui,
    open: &OpenSession,
    (at, service): (u32, &Service),
    said: Option<(usize, &Said)>,
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let swatch = |ui: &mut Ui, color: Color32, name: &str| {
        let (mark, response) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::click());
        ui.painter().rect_filled(mark.shrink(1.0), 2.0, color);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        response.on_hover_text(name)
    };
    let (usual, color) = (tokens.service(at, None), tokens.service(at, open.color_of(at)));
    let response = swatch(ui, color, &format!("Colour of {}", service.name));
    let Some((input, said)) = said else { return };
    Popup::menu(&response).show(|ui| {
        ui.horizontal(|ui| {
            for color in CHOICES {
                let [red, green, blue] = color;
                if swatch(ui, rgb(color), &format!("Colour #{red:02x}{green:02x}{blue:02x}")).clicked() {
                    actions.push(SessionAction::Say(input, Said { color: Some(color), ..said.clone() }));
                    ui.close();
                }
            }
            if swatch(ui, usual, "Automatic colour").clicked() {
                actions.push(SessionAction::Say(input, Said { color: None, ..said.clone() }));
                ui.close();
            }
        });
    });
}

/// What is added to a service's clock, by hand.
fn offset_ui(
    ui: &mut Ui,
    open: &OpenSession,
    (at, service): (u32, &Service),
    (input, said): (usize, &Said),
    actions: &mut Actions,
) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let known = said.offset.map(duration).unwrap_or_default();
        let name = format!("Offset of {}", service.name);
        if let Some(typed) = field_ui(ui, open, (at, true), &known, &name, actions) {
            if typed.trim().is_empty() {
                actions.push(SessionAction::Say(input, Said { offset: None, ..said.clone() }));
            } else if let Some(nanos) = nanos_from(&typed) {
                actions.push(SessionAction::Say(input, Said { offset: Some(nanos), ..said.clone() }));
            } else {
                let text = format!("{typed} is no offset: write 1.5ms, -20us or 2s");
                actions.push(crate::action::action::Action::Notice(text));
            }
        }
        if said.offset.is_some() && icon_button(ui, icons::CLOSE, &format!("Find the {name}"), "", true).clicked() {
            actions.push(SessionAction::Say(input, Said { offset: None, ..said.clone() }));
        }
    });
}

/// A field that gives what was typed, once it loses focus or Enter is pressed, if that differs from what was there.
fn field_ui(
    ui: &mut Ui,
    open: &OpenSession,
    (service, is_offset): (u32, bool),
    known: &str,
    name: &str,
    actions: &mut Actions,
) -> Option<String> {
    let typed = open.typed.as_ref().filter(|typed| (typed.service, typed.is_offset) == (service, is_offset));
    let mut text = typed.map_or(known, |typed| &typed.text).to_owned();
    let width = FIELDS[usize::from(is_offset)];
    let id = Id::unique(("services", service, is_offset));
    let field = line_field(&mut text).id(id).desired_width(width).font(fonts::body());
    // A grid gives a column what it had in the frame before.
    let response = ui.add_sized(vec2(width, space::ROW), field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    if response.has_focus() {
        if typed.is_none_or(|typed| typed.text != text) {
            actions.push(SessionAction::Type(Some(Typed { service, is_offset, text })));
        }
        return None;
    }
    if typed.is_some() {
        actions.push(SessionAction::Type(None));
    }
    let is_given_up = ui.input(|input| input.key_pressed(Key::Escape));
    (response.lost_focus() && !is_given_up && text != known).then_some(text)
}

/// `1.5ms`, `-20 us`, `2s`, `300ns`; a bare number counts milliseconds. Nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "it is bounded")]
fn nanos_from(text: &str) -> Option<i64> {
    let text = text.trim().replace([' ', '\u{2009}', ','], "").replace('−', "-").replace('µ', "u");
    let units = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9)];
    let (number, unit) = units
        .into_iter()
        .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number, unit)))
        .unwrap_or((text.as_str(), 1e6));
    let nanos = number.parse::<f64>().ok()? * unit;
    (nanos.is_finite() && nanos.abs() < 9e18).then_some(nanos.round() as i64)
}

/// The files, and what is wrong with them.
fn files_ui(ui: &mut Ui, built: &Built) {
    let tokens = tokens::of(ui.ctx());
    Grid::new("session files").num_columns(3).striped(true).spacing([space::L, space::XS]).show(ui, |ui| {
        heads_ui(ui, &["File", "Holds", "Faults"]);
        for input in &built.session.inputs {
            ui.label(RichText::new(&input.file).font(fonts::small()));
            let (holds, faults): (String, Vec<String>) = match &input.content {
                Content::Trace(trace) => {
                    ("trace".to_owned(), trace.warnings().iter().map(ToString::to_string).collect())
                }
                Content::Spans(file) => {
                    let formats: Vec<&str> = file.formats.iter().map(|format| format.name()).collect();
                    let holds = format!("{}, {}", counted(file.spans.len() as u64, "span"), formats.join(", "));
                    (holds, file.faults.iter().map(|fault| fault.to_string()).collect())
                }
            };
            ui.label(RichText::new(holds).font(fonts::small()).color(tokens.muted));
            if faults.is_empty() {
                ui.label(RichText::new("none").font(fonts::small()).color(tokens.muted));
            } else {
                let text = RichText::new(faults.join("; ")).font(fonts::small()).color(tokens.warning);
                ui.add(Label::new(text)).on_hover_text(faults.join("\n"));
            }
            ui.end_row();
        }
    });
    ui.add_space(space::S);
}

#[cfg(test)]
mod tests {
    use super::nanos_from;

    #[test]
    fn offsets_are_read_as_people_write_them() {
        for (text, nanos) in [("1.5ms", 1_500_000), ("-20 us", -20_000), ("2 s", 2_000_000_000), ("300ns", 300)] {
            assert_eq!(nanos_from(text), Some(nanos), "{text}");
        }
        assert_eq!(nanos_from("−3.00 µs"), Some(-3_000));
        assert_eq!((nanos_from("soon"), nanos_from("inf"), nanos_from("1e300s")), (None, None, None));
    }
}
