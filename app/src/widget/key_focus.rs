//! What a key that opens a panel does to the keyboard focus: the panel has it, until the first table in it takes it over, as
//! arrows then move in its rows. Tab goes on from there.

use egui::{Context, EventFilter, Id, Rect, Role, Sense, Ui, WidgetInfo};

/// What was asked for and is not done yet.
#[derive(Clone, Copy)]
struct Asked {
    /// What is to have the focus.
    place: Id,
    /// The last frame in which the place can get it: a panel without anything to show must not take it much later.
    until: u64,
    /// It has got it; a table may take it over for as long as it has.
    is_given: bool,
}

/// Frames until a panel that was opened shows.
const FRAMES: u64 = 3;

fn asked_id() -> Id {
    Id::unique("key focus asked")
}

/// Asks for the focus for a place that [`place`] shows in this frame or one of the next.
pub fn ask(ctx: &Context, place: Id) {
    let until = ctx.cumulative_frame_nr() + FRAMES;
    ctx.data_mut(|data| data.insert_temp(asked_id(), Asked { place, until, is_given: false }));
    ctx.request_repaint();
}

/// A part of the window that can have the focus as a whole. Before what is in it, so that Tab goes there next.
pub fn place(ui: &Ui, rect: Rect, id: Id, name: &str) {
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, name));
    let asked: Option<Asked> = ui.data(|data| data.get_temp(asked_id()));
    if let Some(asked) = asked.filter(|asked| asked.place == id) {
        if !asked.is_given && ui.ctx().cumulative_frame_nr() <= asked.until {
            response.request_focus();
            ui.data_mut(|data| data.insert_temp(asked_id(), Asked { is_given: true, ..asked }));
        } else if !response.has_focus() {
            ui.data_mut(|data| data.remove::<Asked>(asked_id()));
        }
    }
    keep_on_arrows(ui, id);
}

fn kept_id() -> Id {
    Id::unique("focus kept on arrows")
}

/// Keeps the focus where it is when arrows are pressed, which go on moving the timeline. In each frame.
pub fn keep_on_arrows(ui: &Ui, id: Id) {
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, both_arrows()));
    if ui.memory(|memory| memory.focused()) == Some(id) {
        ui.data_mut(|data| data.insert_temp(kept_id(), id));
    }
}

/// The toolkit does not move the focus with arrows.
#[must_use]
pub fn both_arrows() -> EventFilter {
    EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() }
}

/// Whether arrows move the focus from where it is.
#[must_use]
pub fn moves_on_arrows(ctx: &Context) -> bool {
    let kept: Option<Id> = ctx.data(|data| data.get_temp(kept_id()));
    ctx.memory(|memory| memory.focused()).is_some_and(|focused| kept != Some(focused))
}

/// Whether what is shown now may take over the focus of the place that it is in: once each time that was asked for.
#[must_use]
pub fn take(ui: &Ui) -> bool {
    let asked: Option<Asked> = ui.data(|data| data.get_temp(asked_id()));
    let Some(asked) = asked.filter(|asked| asked.is_given) else { return false };
    if ui.memory(|memory| memory.focused()) != Some(asked.place) {
        return false;
    }
    ui.data_mut(|data| data.remove::<Asked>(asked_id()));
    true
}
