//! What is seen while files hang over the window, and the choice after one was dropped on an open trace.

use egui::{
    Align2, Area, Context, CornerRadius, Frame, Id, LayerId, Margin, Order, RichText, Stroke, StrokeKind, vec2,
};

use crate::action::action::{Actions, ComparisonAction, FileAction};
use crate::action::session_action::SessionAction;
use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, text_button};

/// Shows it while files hang over the window.
pub fn ui(ctx: &Context, state: &AppState) {
    let hovering = ctx.input(|input| input.raw.hovered_files.len());
    if hovering == 0 {
        return;
    }
    let tokens = tokens::of(ctx);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, tokens.background.gamma_multiply(0.88));
    let frame = rect.shrink(space::XL);
    painter.rect_stroke(frame, CornerRadius::same(12), Stroke::new(2.0, tokens.accent), StrokeKind::Inside);
    let is_open = state.document().is_some_and(Document::has_lanes);
    let text = match hovering {
        1 if is_open => "Drop to compare this trace, or to open it".to_owned(),
        1 => "Drop to open this trace".to_owned(),
        _ => format!("Drop to open {hovering} files as one session"),
    };
    let centre = rect.center();
    painter.text(centre - vec2(0.0, 30.0), Align2::CENTER_CENTER, icons::DROP, fonts::icon_sized(48.0), tokens.accent);
    painter.text(centre + vec2(0.0, 24.0), Align2::CENTER_CENTER, text, fonts::display(), tokens.text);
}

/// Asks what to do with a file that was dropped on an open trace.
pub fn offer_ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let (Some(path), Some(document)) = (&state.dropped, state.document()) else { return };
    let tokens = tokens::of(ctx);
    let file = name::last_part(path);
    Area::new(Id::unique("dropped")).order(Order::Foreground).anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0)).show(
        ctx,
        |ui| {
            let line = Stroke::new(1.0, tokens.line);
            Frame::NONE.fill(tokens.popup).stroke(line).corner_radius(8).inner_margin(Margin::same(20)).show(
                ui,
                |ui| {
                    ui.set_max_width(space::TEXT_WIDTH);
                    ui.label(RichText::new(file).font(fonts::title()));
                    ui.add_space(space::M);
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = space::S;
                        if state.shown_pair().is_some() {
                            if text_button(ui, Kind::Primary, icons::COMPARE, "Add to the comparison").clicked() {
                                actions.push(ComparisonAction::AddToComparison(path.clone()));
                            }
                        } else {
                            let compare = format!("Compare with {}", document.source.title());
                            if text_button(ui, Kind::Primary, icons::COMPARE, &compare).clicked() {
                                actions.push(ComparisonAction::CompareWith(path.clone()));
                            }
                        }
                        if let Some(file) = document.file()
                            && text_button(ui, Kind::Plain, icons::OPEN, "Open both as one session").clicked()
                        {
                            actions.push(SessionAction::Open(vec![file.to_path_buf(), path.clone()]));
                        }
                        if text_button(ui, Kind::Plain, icons::OPEN, "Open by itself").clicked() {
                            actions.push(FileAction::OfferDropped(None));
                            actions.push(FileAction::Open(path.clone()));
                        }
                        if text_button(ui, Kind::Quiet, "", "Cancel (Esc)").clicked() {
                            actions.push(FileAction::OfferDropped(None));
                        }
                    });
                },
            );
        },
    );
}
