//! Work for links, off the UI thread: reads files to know their contents, and looks for those that links are about.

use std::path::{Path, PathBuf};

use trace_core::base::monitor::Monitor;

use crate::action::action::Action;
use crate::action::link_action::{LinkAction, LinkEffect};
use crate::fmt::escape::visible;
use crate::link::find::{Known, Linked, Missing, contents, file_name, find};
use crate::link::hash::Hashes;
use crate::link::place::Place;
use crate::link::text::Link;

/// What comes of an effect. `downloads` is a folder to look in, too.
pub(super) fn carry_out(effect: LinkEffect, hashes: &Hashes, downloads: Option<PathBuf>) -> Vec<Action> {
    match effect {
        LinkEffect::Copy(linked, place) => copied(&linked, place, hashes),
        LinkEffect::Find(link, mut known) => {
            known.folders.extend(downloads);
            vec![looked_for(link, &known, hashes)]
        }
        LinkEffect::Check(link, path) => vec![checked(link, &path, hashes)],
        LinkEffect::AskForFile => Vec::new(),
    }
}

fn copied(linked: &Linked, place: Place, hashes: &Hashes) -> Vec<Action> {
    let file = file_name(linked);
    match contents(linked, hashes, &Monitor::new()) {
        Ok(hashed) => {
            let link = Link { file, sha256: hashed.sha256, bytes: Some(hashed.bytes), place };
            vec![Action::Copy(link.to_string())]
        }
        Err(why) => vec![Action::Notice(format!("No link is copied: {} cannot be read: {why}", visible(&file)))],
    }
}

fn looked_for(link: Box<Link>, known: &Known, hashes: &Hashes) -> Action {
    match find(&link, known, hashes, &Monitor::new()) {
        Ok(linked) => LinkAction::Found(link, linked).into(),
        Err(missing) => LinkAction::Missing(missing).into(),
    }
}

fn checked(link: Box<Link>, path: &Path, hashes: &Hashes) -> Action {
    match hashes.of_file(path, &Monitor::new()) {
        Ok(hashed) if hashed.sha256 == link.sha256 => LinkAction::Found(link, Linked::File(path.to_path_buf())).into(),
        Ok(hashed) => {
            let other = Some((path.to_path_buf(), hashed.sha256));
            LinkAction::Missing(Box::new(Missing { link: *link, other, folders: Vec::new() })).into()
        }
        Err(error) => Action::Notice(format!("{} cannot be opened: {error}", path.display())),
    }
}
