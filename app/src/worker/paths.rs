//! Which paths a text that is typed may become: what is in the folder that it names so far.

use std::fs;
use std::path::PathBuf;

/// Entries of a folder that are looked at.
const LOOKED_AT: usize = 20_000;
/// Paths that are offered.
const OFFERED: usize = 200;

/// The paths that begin with a text, folders first and by name, folders with a slash at the end; none where the folder
/// cannot be read. `~/` at the beginning is the user's home, and stays as it is. Hidden files are offered once the name
/// begins with a dot, and names that are no UTF-8 are left out, since they cannot be typed.
#[must_use]
pub fn beginning_with(typed: &str) -> Vec<String> {
    let home = || directories::BaseDirs::new().map(|places| places.home_dir().to_path_buf());
    let Some(at) = typed.rfind('/') else { return in_folder(PathBuf::from("."), "", typed) };
    let (folder, start) = typed.split_at(at + 1);
    let place = match folder.strip_prefix("~/") {
        Some(below) => match home() {
            Some(home) => home.join(below),
            None => return Vec::new(),
        },
        None => PathBuf::from(folder),
    };
    in_folder(place, folder, start)
}

fn in_folder(place: PathBuf, folder: &str, start: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.take(LOOKED_AT).filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(start)) else { continue };
        if name.starts_with('.') && !start.starts_with('.') {
            continue;
        }
        // Of a link what it leads to; what cannot be looked at is no folder.
        let is_folder = fs::metadata(entry.path()).is_ok_and(|about| about.is_dir());
        found.push((!is_folder, format!("{folder}{name}{}", if is_folder { "/" } else { "" })));
    }
    found.sort();
    found.truncate(OFFERED);
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::beginning_with;

    #[test]
    fn folders_come_first_and_hidden_files_when_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("UTF-8").to_owned();
        for name in ["api.trace", "app.trace", "b.trace", ".apart"] {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        std::fs::create_dir(folder.path().join("apps")).expect("made");
        let offered = |start: &str| {
            let all = beginning_with(&format!("{path}/{start}"));
            all.into_iter().map(|found| found[path.len() + 1..].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(offered("ap"), ["apps/", "api.trace", "app.trace"]);
        assert_eq!(offered(".a"), [".apart"]);
        assert_eq!(offered("x"), [""; 0]);
        assert_eq!(beginning_with(&format!("{path}/none/x")), [""; 0]);
    }
}
