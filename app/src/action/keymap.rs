//! Which keys stand for which commands: those of the table of commands, unless the user has chosen others.

use crate::action::commands::{COMMANDS, Command, by_id};
use crate::action::keys::{Chord, Key};
use crate::state::settings::Settings;

/// The keys of a command, the one to show first. A choice in a file edited by hand that is no key is left out.
#[must_use]
pub fn keys_of(command: &Command, settings: &Settings) -> Vec<Chord> {
    match settings.keys.get(command.id) {
        Some(chosen) => chosen.iter().filter_map(|text| Chord::named(text)).collect(),
        None => command.keys.to_vec(),
    }
}

/// The key to show for a command, as text; empty if it has none.
#[must_use]
pub fn text_of(command: &Command, settings: &Settings) -> String {
    keys_of(command, settings).first().map(ToString::to_string).unwrap_or_default()
}

/// The same of the command with this name.
#[must_use]
pub fn text_of_id(id: &str, settings: &Settings) -> String {
    by_id(id).map(|command| text_of(command, settings)).unwrap_or_default()
}

/// The command that a pressed chord means: what the user has chosen comes before the table.
#[must_use]
pub fn command_of(pressed: &Chord, settings: &Settings) -> Option<&'static Command> {
    let has = |command: &&Command| keys_of(command, settings).iter().any(|chord| chord.matches(pressed));
    let chosen = COMMANDS.iter().filter(|command| settings.keys.contains_key(command.id)).find(has);
    chosen.or_else(|| COMMANDS.iter().filter(|command| !settings.keys.contains_key(command.id)).find(has))
}

/// A key of a command that another command has, too, and that command; `None` if all its keys are its own.
#[must_use]
pub fn conflict(command: &Command, settings: &Settings) -> Option<(Chord, &'static Command)> {
    keys_of(command, settings).into_iter().find_map(|chord| {
        let has = |other: &&Command| {
            other.id != command.id && keys_of(other, settings).iter().any(|theirs| theirs.matches(&chord))
        };
        COMMANDS.iter().find(has).map(|other| (chord, other))
    })
}

/// Gives a command a key in place of those it has; none with `None`. Where that is what the table says, nothing is kept.
pub(super) fn bind(settings: &mut Settings, id: &str, chord: Option<Chord>) {
    let Some(command) = by_id(id) else { return };
    let usual = command.keys.first() == chord.as_ref() && command.keys.len() <= 1;
    if usual {
        settings.keys.remove(id);
    } else {
        settings.keys.insert(id.to_owned(), chord.iter().map(ToString::to_string).collect());
    }
}

/// Whether a chord can be chosen: Esc always cancels.
#[must_use]
pub fn can_be_chosen(chord: &Chord) -> bool {
    chord.key != Key::Escape
}

#[cfg(test)]
mod tests {
    use super::{bind, command_of, conflict, keys_of, text_of_id};
    use crate::action::commands::{COMMANDS, by_id};
    use crate::action::keys::{Chord, Key};
    use crate::state::settings::Settings;

    #[test]
    fn every_key_of_the_table_has_a_name_that_is_read_again() {
        for chord in COMMANDS.iter().flat_map(|command| command.keys) {
            assert_eq!(Chord::named(&chord.to_string()), Some(*chord), "{chord}");
        }
        for text in ["", "Ctrl", "Ctrl+", "Hyper+A", "AB", "Ctrl+Ctrl"] {
            assert_eq!(Chord::named(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_chosen_key_replaces_those_of_the_table_and_wins() {
        let mut settings = Settings::default();
        let (zoom, chord) = (by_id("zoom-in").expect("a command"), Chord::plain(Key::Char('E')));
        bind(&mut settings, "zoom-in", Some(chord));
        assert_eq!(command_of(&chord, &settings).map(|found| found.id), Some("zoom-in"));
        assert_eq!(command_of(&Chord::plain(Key::Char('W')), &settings).map(|found| found.id), None);
        assert_eq!(conflict(zoom, &settings).map(|(_, other)| other.id), Some("all-flows"));
        let loser = by_id("all-flows").expect("a command");
        assert_eq!(conflict(loser, &settings).map(|(_, other)| other.id), Some("zoom-in"));
        bind(&mut settings, "all-flows", None);
        assert!(keys_of(loser, &settings).is_empty() && conflict(zoom, &settings).is_none());
        assert_eq!(text_of_id("all-flows", &settings), "");
        bind(&mut settings, "zoom-in", Some(Chord::plain(Key::Char('W'))));
        assert!(!settings.keys.contains_key("zoom-in"), "what the table says is not kept");
    }

    #[test]
    fn the_table_itself_has_no_conflicts() {
        let settings = Settings::default();
        for command in COMMANDS.iter() {
            assert!(conflict(command, &settings).is_none(), "{}", command.id);
        }
    }
}
