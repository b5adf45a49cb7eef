//! Where waits, and CPU samples, became more or less from A to B, as a flame graph of the difference.

use egui::{Align, Layout, RichText, Ui};
use trace_core::analysis::compare::diff_flame::DiffFlame;

use crate::action::action::{Action, Actions, ComparisonAction};
use crate::panel::{changes, partial_pair_ui};
use crate::report::comparison::divisor::Divisor;
use crate::state::app::AppState;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::diff_flame::{diff_flame, no_difference};
use crate::widget::field::line_field;

/// Shows the flame graph of what grew and shrank.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let tokens = tokens::of(ui.ctx());
    let mut shown = pair.flame.clone();
    let unit = match &pair.per {
        Divisor::Second => ", per second".to_owned(),
        Divisor::CpuSecond => ", per CPU second".to_owned(),
        Divisor::Task(name) => format!(", per task {name}"),
        Divisor::Nothing => String::new(),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (title, on_cpu) in [("Off CPU: waits and system calls", false), ("On CPU: samples", true)] {
            if chip(ui, title, shown.on_cpu == on_cpu).clicked() {
                shown.on_cpu = on_cpu;
                shown.zoom = 0;
            }
        }
        ui.add_space(space::S);
        let quiet = |text: &str| RichText::new(text).font(fonts::small()).color(tokens.muted);
        ui.label(quiet("Width: all that changed"));
        for (color, text) in [(tokens.grown, "more in B"), (tokens.shrunk, "less in B")] {
            ui.label(RichText::new("■").font(fonts::small()).color(color));
            ui.label(quiet(text));
        }
        partial_pair_ui(ui, documents);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let field = line_field(&mut shown.search).font(fonts::small()).hint_text("Find functions");
            ui.add(field.desired_width(150.0));
        });
    });
    ui.add_space(space::XS);
    let flame: &DiffFlame = if shown.on_cpu { &found.on_cpu } else { &found.off_cpu };
    if shown.nodes != flame.nodes.len() {
        shown.nodes = flame.nodes.len();
        shown.zoom = 0;
    }
    let width = flame.nodes.first().map_or(0.0, |root| root.width());
    if width > 0.0 {
        let clicked = diff_flame(ui, flame, shown.zoom, &shown.search.to_lowercase(), &unit);
        shown.zoom = clicked.unwrap_or(shown.zoom);
    } else if flame.nodes.is_empty() && shown.on_cpu {
        no_difference(ui, "Neither trace has CPU samples: record with a CPU profile running to have them");
    } else if flame.nodes.is_empty() {
        no_difference(ui, "Neither trace has waits");
    } else {
        no_difference(ui, "No difference");
    }
    if shown != pair.flame {
        actions.push(Action::Comparison(ComparisonAction::ShowFlame(shown)));
    }
}
