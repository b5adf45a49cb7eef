//! Menus without a pointer: F10, or Alt with a menu's letter, opens one, Left and Right go from menu to menu. Within a menu
//! the toolkit moves the focus.

use egui::{Context, Key, Modifiers, Popup, Response};

use crate::action::menu::Group;

/// Opens and changes menus as keys say. `menus` are the buttons of the bar, as [`Group::ALL`] has them.
pub fn apply(ctx: &Context, menus: &[Response]) {
    let open = menus.iter().position(|menu| Popup::is_id_open(ctx, Popup::default_response_id(menu)));
    let focused = ctx.memory(|memory| memory.focused());
    let is_on_bar = open.and_then(|at| menus.get(at)).is_some_and(|menu| focused == Some(menu.id));
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
        let at = open.filter(|_| is_on_bar)?;
        let count = menus.len().max(1);
        let step = match () {
            () if input.consume_key(Modifiers::NONE, Key::ArrowRight) => 1,
            () if input.consume_key(Modifiers::NONE, Key::ArrowLeft) => count - 1,
            () => return None,
        };
        Some(Some((at + step) % count))
    });
    match wanted {
        None => {}
        Some(None) => Popup::close_all(ctx),
        Some(Some(at)) => {
            if let Some(menu) = menus.get(at) {
                Popup::open_id(ctx, Popup::default_response_id(menu));
                // Down goes to its first entry from here.
                menu.request_focus();
                ctx.request_repaint();
            }
        }
    }
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
