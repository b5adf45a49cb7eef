//! Menus without a pointer: F10, or Alt with a menu's letter, opens one, Left and Right go from menu to menu. Up, Down and
//! the ways into and out of menus within a menu are the toolkit's.

use egui::containers::menu::MenuState;
use egui::{Context, FocusDirection, Id, Key, Modifiers, Popup, Response};

use crate::action::menu::Group;

/// Left in an open menu, away from the toolkit, which would only go up to the menu's title. Before the menus are shown.
#[must_use]
pub fn takes_left(ctx: &Context) -> bool {
    let left = ctx.input(|input| input.modifiers.is_none() && input.key_pressed(Key::ArrowLeft));
    // Only menus of the first level are known by name.
    let takes = left && layer_of_focus(ctx).is_some_and(|layer| Popup::is_id_open(ctx, layer));
    if takes {
        ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
    }
    takes
}

/// Opens and changes menus as keys say. `menus` are the buttons of the bar, as [`Group::ALL`] has them; `goes_left` is what
/// [`takes_left`] said.
pub fn apply(ctx: &Context, menus: &[Response], goes_left: bool) {
    let popup = |menu: &Response| Popup::default_response_id(menu);
    let open = menus.iter().position(|menu| Popup::is_id_open(ctx, popup(menu)));
    let shown = open.and_then(|at| menus.get(at));
    let focused = ctx.memory(|memory| memory.focused());
    let is_on_bar = shown.is_some_and(|menu| focused == Some(menu.id));
    // Right on an entry that has a menu of its own has opened that.
    let leaves = shown.is_some_and(|menu| {
        is_in_menu(ctx, popup(menu)) && MenuState::from_id(ctx, popup(menu), |state| state.open_item.is_none())
    });
    let wanted = ctx.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::F10) {
            return Some(if open.is_some() { None } else { Some(0) });
        }
        let by_letter = Group::ALL.iter().position(|group| {
            Key::from_name(&group.letter().to_string()).is_some_and(|key| input.consume_key(Modifiers::ALT, key))
        });
        if by_letter.is_some() {
            return Some(by_letter);
        }
        let at = open?;
        let count = menus.len().max(1);
        let step = match () {
            () if (is_on_bar || leaves) && input.consume_key(Modifiers::NONE, Key::ArrowRight) => 1,
            () if (is_on_bar || goes_left) && input.consume_key(Modifiers::NONE, Key::ArrowLeft) => count - 1,
            () => return None,
        };
        Some(Some((at + step) % count))
    });
    match wanted {
        None => {}
        Some(None) => Popup::close_all(ctx),
        Some(Some(at)) => {
            if let Some(menu) = menus.get(at) {
                Popup::open_id(ctx, popup(menu));
                // Down goes to its first entry from here.
                menu.request_focus();
                ctx.request_repaint();
            }
        }
    }
}

/// Whether the focus is on an entry of a menu itself, not of one that is opened from it.
fn is_in_menu(ctx: &Context, popup: Id) -> bool {
    layer_of_focus(ctx) == Some(popup)
}

fn layer_of_focus(ctx: &Context) -> Option<Id> {
    let focused = ctx.memory(|memory| memory.focused())?;
    Some(ctx.read_response(focused)?.layer_id.id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Group;

    #[test]
    fn every_menu_has_a_letter_of_its_own() {
        let letters: BTreeSet<char> = Group::ALL.iter().map(|group| group.letter()).collect();
        assert_eq!(letters.len(), Group::ALL.len());
        assert!(Group::ALL.iter().all(|group| group.title().to_ascii_uppercase().contains(group.letter())));
    }
}
