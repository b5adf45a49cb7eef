//! Links on the command line, where files stand otherwise: `tracelane 'tracelane://open?…'`.

use std::path::{Path, PathBuf};

use trace_core::base::monitor::Monitor;

use crate::cli::exit::{CliError, Exit};
use crate::fmt::name;
use crate::link::find::{Known, Linked, Missing, find};
use crate::link::hash::Hashes;
use crate::link::text::{Link, is_link};
use crate::link::uri::path_of_uri;

/// Folders that a message names.
const MOST_NAMED: usize = 12;

/// The files and the links among the arguments. Desktops give files as `file:///…`.
///
/// # Errors
/// When a link is none.
pub fn split(files: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<Link>), CliError> {
    let (mut paths, mut links) = (Vec::new(), Vec::new());
    for file in files {
        match file.to_str() {
            Some(text) if is_link(text) => {
                let said = |error| CliError::usage(format!("the link cannot be opened: it {error}"));
                links.push(Link::parse(text).map_err(said)?);
            }
            Some(text) => paths.push(path_of_uri(text).unwrap_or_else(|| file.clone())),
            None => paths.push(file.clone()),
        }
    }
    Ok((paths, links))
}

/// The files of links, for who has no window: looked for in the working folder, beside these files, and in Downloads. The
/// sample is not among them.
///
/// # Errors
/// When one is not found, or has other contents: with what was looked at.
pub fn files(links: Vec<Link>, recent: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
    let here = std::env::current_dir().ok();
    let downloads = directories::UserDirs::new().and_then(|of| of.download_dir().map(Path::to_path_buf));
    let known = Known { files: recent, folders: here.into_iter().chain(downloads).collect() };
    let hashes = Hashes::default();
    let mut paths = Vec::new();
    for link in links {
        match find(&link, &known, &hashes, &Monitor::new()) {
            Ok(Linked::File(path)) => paths.push(path),
            Ok(Linked::Sample) => {}
            Err(missing) => return Err(CliError { message: not_found(&missing), exit: Exit::Unreadable }),
        }
    }
    Ok(paths)
}

/// What is known of a file that is not there.
fn not_found(missing: &Missing) -> String {
    let mut folders: Vec<String> = missing.folders.iter().take(MOST_NAMED).map(|folder| name::path(folder)).collect();
    if missing.folders.len() > MOST_NAMED {
        folders.push(format!("and {} more", missing.folders.len() - MOST_NAMED));
    }
    let (file, wanted) = (&missing.link.file, missing.link.sha256.short());
    let other = missing.other.as_ref().map_or_else(String::new, |(path, found)| {
        format!("; {} has other contents ({})", name::path(path), found.short())
    });
    format!(
        "the trace of the link, {file} with the SHA-256 {wanted}, is in none of these folders: {}{other}. Put it into one \
         of them, or open it by its path",
        folders.join(", ")
    )
}
