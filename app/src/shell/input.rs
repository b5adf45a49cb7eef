//! Keys and mouse buttons → commands; dropped files → documents.

use std::path::PathBuf;

use egui::{Context, Event, Key as EguiKey, Modifiers, PointerButton, Popup};

use crate::action::action::{Action, Actions, FileAction, PanelAction, SettingsAction, ViewAction};
use crate::action::keymap;
use crate::action::keys::{Chord, Key};
use crate::action::session_action::SessionAction;
use crate::shell::focus_ring;
use crate::state::app::AppState;
use crate::state::document::{Document, Source};
use crate::state::settings::Settings;
use crate::widget::{code_editor, data_table, key_focus};

/// A key held this long moves the view on smoothly, seconds.
const HOLD_SECONDS: f64 = 0.18;
/// Zoom while a key is held: the view grows or shrinks by this factor in a second.
const HOLD_ZOOM_PER_SECOND: f64 = 8.0;
/// Panning while a key is held: widths of the view in a second.
const HOLD_PAN_PER_SECOND: f64 = 1.1;

/// What a key does for as long as it is held.
#[derive(Clone, Copy, Debug)]
enum Motion {
    ZoomIn,
    ZoomOut,
    Left,
    Right,
}

impl Motion {
    fn of(chord: &Chord, settings: &Settings) -> Option<Self> {
        match keymap::command_of(chord, settings)?.id {
            "zoom-in" => Some(Self::ZoomIn),
            "zoom-out" => Some(Self::ZoomOut),
            "pan-left" => Some(Self::Left),
            "pan-right" => Some(Self::Right),
            _ => None,
        }
    }
}

/// A key that moves the view for as long as it is held.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    key: Option<(EguiKey, f64, Motion)>,
}

/// Turns this frame's input into actions. Keys belong to a text field while it has the focus.
pub fn gather(ctx: &Context, state: &AppState, held: &mut Held, actions: &mut Actions) {
    let typing = ctx.text_edit_focused();
    let (events, dropped, now) = ctx.input(|input| {
        let dropped: Vec<_> = input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect();
        (input.events.clone(), dropped, input.time)
    });
    drop_files(dropped, state, actions);
    for event in &events {
        match event {
            Event::Key { key, pressed: true, repeat, modifiers, .. } => {
                let Some(chord) = chord(*key, *modifiers) else { continue };
                if let Some(command) = state.asked_key {
                    // A key is being chosen: it does nothing else.
                    actions.push(if keymap::can_be_chosen(&chord) {
                        SettingsAction::BindKey(command, Some(chord))
                    } else {
                        SettingsAction::AskKey(None)
                    });
                    return;
                }
                if (typing && !works_while_typing(&chord))
                    || data_table::keys::takes(ctx, *key, *modifiers)
                    || code_editor::takes(ctx, *key)
                {
                    continue;
                }
                if state.is_asking() && chord.key != Key::Escape {
                    continue;
                }
                if is_plain_arrow(&chord) && focus_ring::is_shown(ctx) && key_focus::moves_on_arrows(ctx) {
                    // They move the focus.
                    continue;
                }
                if !chord.ctrl && Popup::is_any_open(ctx) {
                    // Keys move in the menu; Esc closes it and nothing else.
                    continue;
                }
                if let Some(motion) = Motion::of(&chord, &state.settings).filter(|_| modifiers.is_none()) {
                    if *repeat {
                        continue;
                    }
                    held.key = Some((*key, now, motion));
                }
                // egui never hears the release of a sign if Shift goes up before it: each press would
                // look like a repetition of the first.
                let repeated = *repeat && !is_shifted_sign(&chord);
                if chord.key == Key::Escape && Popup::is_any_open(ctx) {
                    continue;
                }
                press(&chord, repeated, state, actions);
            }
            Event::PointerButton { button, pressed: true, modifiers, .. } => {
                let key = match button {
                    PointerButton::Extra1 => Key::MouseBack,
                    PointerButton::Extra2 => Key::MouseForward,
                    _ => continue,
                };
                if !state.is_asking() {
                    press(&with(*modifiers, key), false, state, actions);
                }
            }
            _ => {}
        }
    }
    move_on(ctx, state, typing, now, held, actions);
}

/// Several files that are dropped together are a session; one on an open trace can be compared with it.
fn drop_files(mut dropped: Vec<PathBuf>, state: &AppState, actions: &mut Actions) {
    if dropped.len() > 1 {
        actions.push(SessionAction::Open(dropped));
        return;
    }
    let Some(path) = dropped.pop() else { return };
    let is_open = state.documents.iter().any(|document| document.is_of(&Source::Path(path.clone())));
    actions.push(if state.document().is_some_and(Document::has_lanes) && !is_open {
        Action::File(FileAction::OfferDropped(Some(path)))
    } else {
        Action::File(FileAction::Open(path))
    });
}

fn press(chord: &Chord, repeat: bool, state: &AppState, actions: &mut Actions) {
    let Some(command) = keymap::command_of(chord, &state.settings) else { return };
    if repeat && !command.repeats {
        return;
    }
    if let Some(action) = command.action(state) {
        push_with_focus(action, actions);
    }
}

/// Does what a key has chosen: who opens a panel by a key goes on in it by keys.
pub fn push_with_focus(action: Action, actions: &mut Actions) {
    let panel = match &action {
        Action::Panel(PanelAction::OpenPanel(panel)) => Some(*panel),
        _ => None,
    };
    actions.push(action);
    if let Some(panel) = panel {
        actions.push(PanelAction::FocusPanel(panel));
    }
}

fn is_plain_arrow(chord: &Chord) -> bool {
    let is_arrow = matches!(chord.key, Key::Left | Key::Right | Key::Up | Key::Down);
    is_arrow && !chord.ctrl && !chord.shift && !chord.alt
}

fn is_shifted_sign(chord: &Chord) -> bool {
    chord.shift && matches!(chord.key, Key::Char(sign) if !sign.is_ascii_alphanumeric())
}

/// Esc leaves a text field; Ctrl chords that are not for editing work everywhere.
fn works_while_typing(chord: &Chord) -> bool {
    let editing = matches!(chord.key, Key::Char('A' | 'C' | 'V' | 'X' | 'Z' | 'Y') | Key::Left | Key::Right);
    chord.key == Key::Escape || (chord.ctrl && !editing)
}

/// Moves the view while a key is held.
fn move_on(ctx: &Context, state: &AppState, typing: bool, now: f64, held: &mut Held, actions: &mut Actions) {
    let Some((key, since, motion)) = held.key else { return };
    let (down, seconds) = ctx.input(|input| {
        (input.key_down(key) && input.modifiers.is_none() && input.focused, f64::from(input.stable_dt.min(0.05)))
    });
    if !down || typing || state.document().is_none_or(|document| !document.has_lanes()) {
        held.key = None;
        return;
    }
    ctx.request_repaint();
    if now - since < HOLD_SECONDS {
        return;
    }
    actions.push(match motion {
        Motion::ZoomIn => Action::View(ViewAction::Zoom { factor: HOLD_ZOOM_PER_SECOND.powf(-seconds), at: None }),
        Motion::ZoomOut => Action::View(ViewAction::Zoom { factor: HOLD_ZOOM_PER_SECOND.powf(seconds), at: None }),
        Motion::Left => Action::View(ViewAction::Pan(-HOLD_PAN_PER_SECOND * seconds)),
        Motion::Right => Action::View(ViewAction::Pan(HOLD_PAN_PER_SECOND * seconds)),
    });
}

fn with(modifiers: Modifiers, key: Key) -> Chord {
    Chord { ctrl: modifiers.command || modifiers.ctrl, shift: modifiers.shift, alt: modifiers.alt, key }
}

fn chord(key: EguiKey, modifiers: Modifiers) -> Option<Chord> {
    let key = match key {
        EguiKey::ArrowLeft => Key::Left,
        EguiKey::ArrowRight => Key::Right,
        EguiKey::ArrowUp => Key::Up,
        EguiKey::ArrowDown => Key::Down,
        EguiKey::Home => Key::Home,
        EguiKey::End => Key::End,
        EguiKey::PageUp => Key::PageUp,
        EguiKey::PageDown => Key::PageDown,
        EguiKey::Tab => Key::Tab,
        EguiKey::Escape => Key::Escape,
        EguiKey::BrowserBack => Key::MouseBack,
        EguiKey::OpenBracket => Key::Char('['),
        EguiKey::CloseBracket => Key::Char(']'),
        EguiKey::Comma => Key::Char(','),
        EguiKey::Period => Key::Char('.'),
        EguiKey::Questionmark => Key::Char('?'),
        EguiKey::Slash if modifiers.shift => Key::Char('?'),
        EguiKey::Slash => Key::Char('/'),
        EguiKey::Plus => Key::Char('+'),
        EguiKey::Equals => Key::Char('='),
        EguiKey::Minus => Key::Char('-'),
        other => {
            let mut signs = other.name().chars();
            match (signs.next(), signs.next()) {
                (Some(sign), None) => Key::Char(sign.to_ascii_uppercase()),
                _ => {
                    let number = other.name().strip_prefix('F')?.parse().ok();
                    Key::Function(number.filter(|number| (1..=12).contains(number))?)
                }
            }
        }
    };
    Some(with(modifiers, key))
}

#[cfg(test)]
mod tests {
    use egui::{Key as EguiKey, Modifiers};

    use super::chord;
    use crate::action::keymap;
    use crate::state::settings::Settings;

    #[test]
    fn keys_mean_what_the_table_says() {
        let meant = |key, modifiers| {
            let pressed = chord(key, modifiers)?;
            keymap::command_of(&pressed, &Settings::default()).map(|command| command.id)
        };
        assert_eq!(meant(EguiKey::W, Modifiers::NONE), Some("zoom-in"));
        assert_eq!(meant(EguiKey::W, Modifiers::COMMAND), Some("close"));
        assert_eq!(meant(EguiKey::CloseBracket, Modifiers::CTRL), Some("choose-out"));
        assert_eq!(meant(EguiKey::Questionmark, Modifiers::SHIFT), Some("help"));
        assert_eq!(meant(EguiKey::Slash, Modifiers::SHIFT), Some("help"));
        assert_eq!(meant(EguiKey::Plus, Modifiers::COMMAND.plus(Modifiers::SHIFT)), Some("bigger"));
        assert_eq!(meant(EguiKey::Num0, Modifiers::COMMAND), Some("normal-size"));
        assert_eq!(meant(EguiKey::ArrowLeft, Modifiers::ALT), Some("back"));
        assert_eq!(meant(EguiKey::F12, Modifiers::NONE), None);
    }
}
