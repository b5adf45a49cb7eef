//! Keys of a table that has the focus.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Context, Event, EventFilter, Id, Key, Modifiers, ScrollArea, Ui, Vec2};

use crate::report::view::{TableAction, TableSelection};
use crate::theme::space;
use crate::widget::data_table::data::{DataTable, Shown, Touched};
use crate::widget::data_table::toolbar::{Form, copied};
use crate::widget::key_focus;

/// Keys that belong to a table while it has the focus.
const KEYS: [Key; 7] = [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End, Key::Enter];

fn focused_id() -> Id {
    Id::unique("focused-data-table")
}

/// Whether a key press belongs to the table that has the focus: Esc does while it has a filter to take off.
#[must_use]
pub fn takes(ctx: &Context, key: Key, modifiers: Modifiers) -> bool {
    let known: Option<(Id, bool)> = ctx.data(|data| data.get_temp(focused_id()));
    let Some((table, has_filter)) = known else { return false };
    let is_its_key = match key {
        Key::A => modifiers.command,
        Key::Escape => has_filter,
        key => KEYS.contains(&key) && !modifiers.command,
    };
    is_its_key && ctx.memory(|memory| memory.focused()) == Some(table)
}

/// Gives a table the focus, and with it the arrow keys, which egui moves the focus with otherwise, and Esc, which takes
/// off a filter before it takes the focus away.
pub(super) fn focus(ui: &Ui, id: Id, has_filter: bool) {
    ui.memory_mut(|memory| memory.request_focus(id));
    key_focus::keep_on_arrows(ui, id);
    let filter = EventFilter { escape: has_filter, ..key_focus::both_arrows() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    ui.ctx().data_mut(|data| data.insert_temp(focused_id(), (id, has_filter)));
}

/// Moves the cursor, selects, activates and copies. The place to bring into view, if the cursor has moved.
pub(super) fn apply(
    ui: &Ui,
    (data, shown, columns): (DataTable<'_>, Shown<'_>, &[usize]),
    page: f32,
    touched: &mut Touched,
    out: &mut Vec<TableAction>,
) -> Option<usize> {
    let events = ui.input(|input| input.events.clone());
    let before = data.session.selection_in(data.table);
    let cursor = before.and_then(|before| before.cursor);
    let mut place = cursor.and_then(|row| shown.place_of(row));
    let start = place;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows on a screen")]
    let page = page as usize;
    let last = shown.len().checked_sub(1)?;
    let mut extends = false;
    for event in events {
        match event {
            Event::Copy => out.push(TableAction::Copy(copied(data, columns, Form::Tsv))),
            Event::Key { key: Key::A, pressed: true, modifiers, .. } if modifiers.command => {
                let rows = (0..shown.len()).filter_map(|at| shown.index(at)).collect();
                out.push(TableAction::Select(TableSelection { table: Arc::clone(data.table), rows, cursor }));
            }
            Event::Key { key: Key::Escape, pressed: true, .. } if data.has_filter() => {
                out.push(TableAction::Filter(String::new()));
            }
            Event::Key { key: Key::Enter, pressed: true, .. } => {
                touched.activated = place.and_then(|at| shown.row(at));
            }
            Event::Key { key, pressed: true, modifiers, .. } => {
                let from = place.unwrap_or(0);
                place = Some(match key {
                    Key::ArrowDown => place.map_or(0, |at| (at + 1).min(last)),
                    Key::ArrowUp => from.saturating_sub(1),
                    Key::PageDown => (from + page).min(last),
                    Key::PageUp => from.saturating_sub(page),
                    Key::Home => 0,
                    Key::End => last,
                    _ => continue,
                });
                extends = modifiers.shift;
            }
            _ => {}
        }
    }
    let place = place.filter(|_| place != start)?;
    let row = shown.index(place)?;
    let mut rows = BTreeSet::from([row]);
    if extends {
        rows.extend(before.into_iter().flat_map(|before| before.rows.iter().copied()));
    }
    out.push(TableAction::Select(TableSelection { table: Arc::clone(data.table), rows, cursor: Some(row) }));
    Some(place)
}

/// Notes where the rows of a table are in this frame: offset and height, points. `egui` itself keeps how far they are
/// scrolled; the next frame only has to know it before it lays them out, and comes at once where headings have to follow.
pub(super) fn remember_scroll(ui: &Ui, id: Id, offset: Vec2, height: f32) {
    if (offset.x - offset_of(ui, id)).abs() > 0.5 {
        ui.ctx().request_repaint();
    }
    ui.ctx().data_mut(|data| data.insert_temp(id.with("scroll"), (offset, height)));
}

/// How far the rows of a table were scrolled to the right in the last frame, points.
pub(super) fn offset_of(ui: &Ui, id: Id) -> f32 {
    ui.ctx().data(|data| data.get_temp::<(Vec2, f32)>(id.with("scroll"))).map_or(0.0, |(offset, _)| offset.x)
}

/// Whether another row is marked than in the last frame.
pub(super) fn is_new_mark(ui: &Ui, id: Id, marked: usize) -> bool {
    let id = id.with("marked");
    let before = ui.ctx().data(|data| data.get_temp::<usize>(id));
    ui.ctx().data_mut(|data| data.insert_temp(id, marked));
    before != Some(marked)
}

/// Scrolls as little as brings a place into view.
#[expect(clippy::cast_precision_loss, reason = "lists are short enough for screen positions")]
pub(super) fn scrolled_to(ui: &Ui, area: ScrollArea, id: Id, at: usize) -> ScrollArea {
    let (Vec2 { y: offset, .. }, height): (Vec2, f32) =
        ui.ctx().data(|data| data.get_temp(id.with("scroll"))).unwrap_or_default();
    let top = at as f32 * space::ROW;
    if top < offset {
        area.vertical_scroll_offset(top)
    } else if top + space::ROW > offset + height {
        area.vertical_scroll_offset(top + space::ROW - height)
    } else {
        area
    }
}
