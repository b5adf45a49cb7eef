//! How much room what scrolls would like: noted by scroll areas as they are shown, taken by who divides the window.

use egui::{Context, Id, Rect, Ui, scroll_area::ScrollAreaOutput};

/// What a scroll area noted: where it lies, with all the room it has, and how high its content is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The room that it has, points.
    pub room: Rect,
    /// Height of what it shows, points.
    pub height: f32,
}

fn id() -> Id {
    Id::unique("content heights")
}

/// Notes the content of a scroll area that fills its room, for this frame.
pub fn note<T>(ui: &Ui, shown: &ScrollAreaOutput<T>) {
    note_height(ui.ctx(), shown.inner_rect, shown.content_size.y);
}

/// The same of one that shrinks to its content: `room` is what it could have.
pub fn note_height(ctx: &Context, room: Rect, height: f32) {
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Vec<Wanted>>(id()).push(Wanted { room, height }));
}

/// What was noted since it was last taken.
pub fn take(ctx: &Context) -> Vec<Wanted> {
    ctx.data_mut(|data| data.remove_temp::<Vec<Wanted>>(id())).unwrap_or_default()
}
