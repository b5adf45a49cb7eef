//! A ring around what has the keyboard focus, whatever it is: widgets need not draw one themselves. It shows once Tab moves
//! the focus, and is gone with the next click.

use egui::text_edit::TextEditState;
use egui::{Context, Id, Key, Stroke, StrokeKind};

use crate::theme::{space, tokens};

fn shown_id() -> Id {
    Id::unique("focus ring")
}

/// Shows it from now on: the focus was moved by a key other than Tab.
pub fn show(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(shown_id(), true));
}

/// Whether it shows, so that who uses the keyboard knows where the focus is.
#[must_use]
pub fn is_shown(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp(shown_id())).unwrap_or(false)
}

/// Draws it. Behind all widgets of a frame.
pub fn ui(ctx: &Context) {
    let id = shown_id();
    let (is_moved, is_clicked) = ctx.input(|input| (input.key_pressed(Key::Tab), input.pointer.any_pressed()));
    let shows = (is_shown(ctx) || is_moved) && !is_clicked;
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
