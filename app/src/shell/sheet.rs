//! The sheet over the window: settings, what colours mean, the manual, and what the program is. A tab each.

use egui::{Area, Context, Frame, Id, LayerId, Margin, Order, RichText, ScrollArea, Ui, vec2};

use crate::action::action::{Actions, PanelAction};
use crate::shell::{colours, keys, manual, settings};
use crate::state::app::AppState;
use crate::state::sheet::Sheet;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::chip::chip;
use crate::widget::link::copy_button;

/// Width and height of the sheet where there is room, points.
const SIZE: [f32; 2] = [860.0, 640.0];

/// Shows it while it is open.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let Some(sheet) = &state.sheet else { return };
    let tokens = tokens::of(ctx);
    if ctx.memory(|memory| memory.area_rect(Id::unique("sheet"))).is_none() {
        // Its size is known from its second frame on.
        ctx.request_repaint();
    }
    let screen = ctx.content_rect();
    let size = vec2(SIZE[0].min(screen.width() - space::XXL), SIZE[1].min(screen.height() - space::XXL));
    let ground = LayerId::new(Order::Middle, Id::unique("sheet-ground"));
    ctx.layer_painter(ground).rect_filled(screen, 0.0, tokens.background.gamma_multiply(0.6));
    let area = Area::new(Id::unique("sheet")).order(Order::Foreground);
    let shown = area.anchor(egui::Align2::CENTER_CENTER, vec2(0.0, 0.0)).default_size(screen.size()).show(ctx, |ui| {
        Frame::popup(ui.style()).inner_margin(Margin::same(20)).corner_radius(10).show(ui, |ui| {
            ui.set_min_size(size - vec2(40.0, 40.0));
            ui.set_max_size(size - vec2(40.0, 40.0));
            tabs_ui(ui, sheet, actions);
            ui.add_space(space::S);
            match sheet {
                Sheet::Manual(page) => manual::ui(ui, state, page, actions),
                Sheet::Settings => scrolled(ui, |ui| settings::ui(ui, state, actions)),
                Sheet::Keys => scrolled(ui, |ui| keys::ui(ui, state, actions)),
                Sheet::Colours => scrolled(ui, colours::ui),
                Sheet::About => scrolled(ui, |ui| about_ui(ui, actions)),
            }
        });
    });
    let outside = ctx.input(|input| {
        input.pointer.any_click() && input.pointer.interact_pos().is_some_and(|at| !shown.response.rect.contains(at))
    });
    if outside && !egui::Popup::is_any_open(ctx) {
        actions.push(PanelAction::Sheet(None));
    }
}

fn scrolled(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, add);
}

fn tabs_ui(ui: &mut Ui, sheet: &Sheet, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let is_manual = matches!(sheet, Sheet::Manual(_));
        let tabs = [
            ("Settings", Sheet::Settings, *sheet == Sheet::Settings),
            ("Keys", Sheet::Keys, *sheet == Sheet::Keys),
            ("Colours", Sheet::Colours, *sheet == Sheet::Colours),
            ("Manual", Sheet::Manual(manual::FIRST.to_owned()), is_manual),
            ("About", Sheet::About, *sheet == Sheet::About),
        ];
        for (title, tab, on) in tabs {
            if chip(ui, title, on).clicked() {
                actions.push(PanelAction::Sheet(Some(tab)));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, icons::CLOSE, "Close", "Esc", true).clicked() {
                actions.push(PanelAction::Sheet(None));
            }
        });
    });
}

fn about_ui(ui: &mut Ui, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let version = concat!("Tracelane ", env!("CARGO_PKG_VERSION"));
    ui.horizontal(|ui| {
        ui.label(RichText::new(version).font(fonts::display()));
        if copy_button(ui, "the version") {
            let system = format!("{version} on {} ({})", std::env::consts::OS, std::env::consts::ARCH);
            actions.push(crate::action::action::Action::Copy(system));
        }
    });
    let lines = [
        "Explores execution traces of Go 1.11 and newer: what every goroutine did, and why it waited.",
        "Nothing leaves this machine: traces are read here, and addresses are asked only for what you open.",
        concat!("Licence: ", env!("CARGO_PKG_LICENSE")),
        "Fonts: Inter, JetBrains Mono (SIL Open Font License). Icons: Phosphor (MIT).",
    ];
    for line in lines {
        ui.add_space(space::XS);
        ui.label(RichText::new(line).color(tokens.muted));
    }
}
