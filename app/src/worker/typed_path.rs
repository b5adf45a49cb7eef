//! Paths, addresses and links as they are typed into the path field.

use std::io;
use std::path::{Path, PathBuf};

use crate::action::action::{Action, ComparisonAction, FileAction, SourceAction};
use crate::action::fleet_action::FleetAction;
use crate::action::link_action::LinkAction;
use crate::action::session_action::SessionAction;
use crate::link::text::is_link;
use crate::link::uri::path_of_uri;
use crate::remote;
use crate::state::app::FieldFor;

/// What opens what was typed into the path field.
pub(super) fn typed(text: &str, purpose: FieldFor) -> Action {
    if is_link(text.trim()) {
        return LinkAction::Open(text.trim().to_owned(), None).into();
    }
    if purpose == FieldFor::Together {
        return match paths_of(text) {
            Ok(paths) => Action::Session(SessionAction::Open(paths)),
            Err(error) => Action::Notice(format!("{text} cannot be opened: {error}")),
        };
    }
    let completed = if purpose == FieldFor::Address { remote::completed(text.trim()) } else { text.to_owned() };
    match path_of(&completed) {
        Ok(path) => match purpose {
            FieldFor::Compare => Action::Comparison(ComparisonAction::CompareWith(path)),
            FieldFor::Add => Action::Comparison(ComparisonAction::AddToComparison(path)),
            FieldFor::Contrast => Action::Session(SessionAction::CompareWith(path)),
            FieldFor::Fleet => Action::Fleet(FleetAction::Open(path)),
            FieldFor::Linked => LinkAction::Chosen(path).into(),
            FieldFor::SourceFolder => Action::Source(SourceAction::AddSourceFolder(path)),
            FieldFor::Open | FieldFor::Address | FieldFor::Together | FieldFor::Save(_) => {
                Action::File(FileAction::Open(path))
            }
        },
        Err(error) => Action::Notice(format!("{text} cannot be opened: {error}")),
    }
}

/// Several paths as they are typed, with spaces between them: those that hold spaces are quoted. A text that is the path of a
/// file as a whole is that. `NAME=PATH` names a service.
fn paths_of(typed: &str) -> io::Result<Vec<PathBuf>> {
    let whole = path_of(typed)?;
    if whole.exists() {
        return Ok(vec![whole]);
    }
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut is_open) = (None, false);
    for c in typed.trim().chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if matches!(c, '"' | '\'') => (quote, is_open) = (Some(c), is_open || words.is_empty()),
            None if c.is_whitespace() => is_open = false,
            _ => {
                if !std::mem::replace(&mut is_open, true) {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    let path = |word: &String| match word.split_once('=') {
        Some((name, file)) if !name.is_empty() && !name.contains(['/', '\\', ':']) && !Path::new(word).exists() => {
            Ok(PathBuf::from(format!("{name}={}", path_of(file)?.display())))
        }
        _ => path_of(word),
    };
    words.iter().map(path).collect()
}

pub(super) fn path_of(typed: &str) -> io::Result<PathBuf> {
    let text = typed.trim().trim_matches(['"', '\'']);
    if let Some(path) = path_of_uri(text) {
        return Ok(path);
    }
    let named = remote::named(PathBuf::from(text));
    if remote::is_address(&named) {
        return Ok(named);
    }
    let home = || directories::BaseDirs::new().map(|places| places.home_dir().to_path_buf());
    match text.strip_prefix('~').map(|rest| (rest.trim_start_matches('/'), home())) {
        Some((rest, Some(home))) => Ok(home.join(rest)),
        _ => std::path::absolute(text),
    }
}
