//! A ring around what has the keyboard focus, whatever it is: widgets need not draw one themselves. It shows once Tab moves
//! the focus, and is gone with the next click.

use egui::text_edit::TextEditState;
use egui::{Context, Id, Key, Stroke, StrokeKind};

use crate::theme::{space, tokens};

/// Draws it. Behind all widgets of a frame.
pub fn ui(ctx: &Context) {
    let id = Id::unique("focus ring");
    let (is_moved, is_clicked) = ctx.input(|input| (input.key_pressed(Key::Tab), input.pointer.any_pressed()));
    let was_shown = ctx.data(|data| data.get_temp(id)).unwrap_or(false);
    let shows = (was_shown || is_moved) && !is_clicked;
    ctx.data_mut(|data| data.insert_temp(id, shows));
    let Some(focused) = ctx.memory(|memory| memory.focused()).filter(|_| shows) else { return };
    // Text fields have a frame of their own.
    if TextEditState::load(ctx, focused).is_some() {
        return;
    }
    let Some(widget) = ctx.read_response(focused) else { return };
    let rect = widget.interact_rect.intersect(ctx.content_rect());
    if !rect.is_positive() {
        return;
    }
    let stroke = Stroke::new(2.0, tokens::of(ctx).accent);
    ctx.layer_painter(widget.layer_id).rect_stroke(rect, space::RADIUS, stroke, StrokeKind::Inside);
}
