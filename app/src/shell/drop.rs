//! What is seen while files hang over the window.

use egui::{Align2, Context, CornerRadius, Id, LayerId, Order, Stroke, StrokeKind, vec2};

use crate::theme::{fonts, icons, space, tokens};

/// Shows it while files hang over the window.
pub fn ui(ctx: &Context) {
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
    let text =
        if hovering == 1 { "Drop to open this trace".to_owned() } else { format!("Drop to open {hovering} traces") };
    let centre = rect.center();
    painter.text(centre - vec2(0.0, 30.0), Align2::CENTER_CENTER, icons::DROP, fonts::icon_sized(48.0), tokens.accent);
    painter.text(centre + vec2(0.0, 24.0), Align2::CENTER_CENTER, text, fonts::display(), tokens.text);
}
