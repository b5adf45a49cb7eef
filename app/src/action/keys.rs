//! Keys and chords as data, without the window library's types.

use std::fmt;

/// A key of the keyboard, independent of the toolkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A letter (upper case), digit or sign, as printed on it.
    Char(char),
    /// The left arrow key.
    Left,
    /// The right arrow key.
    Right,
    /// The up arrow key.
    Up,
    /// The down arrow key.
    Down,
    /// The Home key.
    Home,
    /// The End key.
    End,
    /// The Page Up key.
    PageUp,
    /// The Page Down key.
    PageDown,
    /// The Tab key.
    Tab,
    /// The Escape key.
    Escape,
    /// The mouse's button for "back".
    MouseBack,
    /// The mouse's button for "forward".
    MouseForward,
    /// F1 to F12.
    Function(u8),
}

impl Key {
    /// Keys with names of more than one letter.
    const NAMED: [Self; 24] = [
        Self::Left,
        Self::Right,
        Self::Up,
        Self::Down,
        Self::Home,
        Self::End,
        Self::PageUp,
        Self::PageDown,
        Self::Tab,
        Self::Escape,
        Self::MouseBack,
        Self::MouseForward,
        Self::Function(1),
        Self::Function(2),
        Self::Function(3),
        Self::Function(4),
        Self::Function(5),
        Self::Function(6),
        Self::Function(7),
        Self::Function(8),
        Self::Function(9),
        Self::Function(10),
        Self::Function(11),
        Self::Function(12),
    ];

    /// The key with this name, as [`Key`] prints it.
    fn named(text: &str) -> Option<Self> {
        let mut signs = text.chars();
        match (signs.next(), signs.next()) {
            (Some(sign), None) if sign.is_ascii_graphic() && !sign.is_ascii_lowercase() => Some(Self::Char(sign)),
            _ => Self::NAMED.into_iter().find(|key| key.to_string() == text),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Char(sign) => return write!(f, "{sign}"),
            Self::Function(number) => return write!(f, "F{number}"),
            Self::Left => "←",
            Self::Right => "→",
            Self::Up => "↑",
            Self::Down => "↓",
            Self::Home => "Home",
            Self::End => "End",
            Self::PageUp => "Page Up",
            Self::PageDown => "Page Down",
            Self::Tab => "Tab",
            Self::Escape => "Esc",
            Self::MouseBack => "Mouse back",
            Self::MouseForward => "Mouse forward",
        })
    }
}

/// A key with what is held down along with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Ctrl (Command on a Mac).
    pub ctrl: bool,
    /// Shift. Ignored for signs, which may need it on some keyboards.
    pub shift: bool,
    /// Whether Alt is held.
    pub alt: bool,
    /// The key pressed with them.
    pub key: Key,
}

impl Chord {
    /// The chord with this name, as [`Chord`] prints it: `Ctrl+Shift+O`. `None` if it is none.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let mut chord = Self::plain(Key::Escape);
        let mut rest = text;
        for (held, name) in [(&mut chord.ctrl, "Ctrl+"), (&mut chord.alt, "Alt+"), (&mut chord.shift, "Shift+")] {
            if let Some(behind) = rest.strip_prefix(name) {
                (*held, rest) = (true, behind);
            }
        }
        chord.key = Key::named(rest)?;
        Some(chord)
    }

    /// A key without modifiers.
    #[must_use]
    pub const fn plain(key: Key) -> Self {
        Self { ctrl: false, shift: false, alt: false, key }
    }

    /// A key with Ctrl (Command on macOS).
    #[must_use]
    pub const fn ctrl(key: Key) -> Self {
        Self { ctrl: true, ..Self::plain(key) }
    }

    /// A key with Alt (Option on macOS).
    #[must_use]
    pub const fn alt(key: Key) -> Self {
        Self { alt: true, ..Self::plain(key) }
    }

    /// The same with Shift held, too.
    #[must_use]
    pub const fn and_shift(self) -> Self {
        Self { shift: true, ..self }
    }

    /// Whether pressing `pressed` means this.
    #[must_use]
    pub fn matches(&self, pressed: &Self) -> bool {
        let is_sign = matches!(self.key, Key::Char(sign) if !sign.is_ascii_alphanumeric());
        self.key == pressed.key
            && self.ctrl == pressed.ctrl
            && self.alt == pressed.alt
            && (is_sign || self.shift == pressed.shift)
    }

    /// The keys one by one, as on key caps: `["Ctrl", "O"]`.
    #[must_use]
    pub fn caps(&self) -> Vec<String> {
        let held = [(self.ctrl, "Ctrl"), (self.alt, "Alt"), (self.shift, "Shift")];
        let mut caps: Vec<String> = held.iter().filter(|(down, _)| *down).map(|(_, name)| (*name).to_owned()).collect();
        caps.push(self.key.to_string());
        caps
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.caps().join("+"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Chord, Key};

    #[test]
    fn signs_ignore_shift_and_letters_do_not() {
        let help = Chord::plain(Key::Char('?'));
        assert!(help.matches(&help.and_shift()));
        let zoom = Chord::plain(Key::Char('W'));
        assert!(!zoom.matches(&zoom.and_shift()));
        assert!(!zoom.matches(&Chord::ctrl(Key::Char('W'))));
    }

    #[test]
    fn chords_read_as_printed_on_keys() {
        assert_eq!(Chord::ctrl(Key::Char('O')).to_string(), "Ctrl+O");
        assert_eq!(Chord::alt(Key::Left).caps(), ["Alt", "←"]);
    }
}
