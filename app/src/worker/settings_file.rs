//! Settings on disk: read at the start, written on change by a thread, never half.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use trace_core::analysis::tags::TagRules;

use crate::private;
use crate::remote::without_secrets;
use crate::state::settings::Settings;

/// The file in the folder of the settings in which users say what stacks are about.
pub const TAGS_FILE: &str = "tags.txt";

/// Names the folder of the settings, for tests.
pub const FOLDER_VARIABLE: &str = "TRACELANE_CONFIG_DIR";
const FILE: &str = "settings.ron";
/// A thousand times what settings take.
const MOST_BYTES: u64 = 1 << 20;
/// Changes within this time are written together.
const QUIET: Duration = Duration::from_millis(400);

/// Where settings are kept; `None` if this machine has no place for them.
#[derive(Clone, Debug, Default)]
pub struct SettingsFile {
    folder: Option<PathBuf>,
}

/// What a file of the user's holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored<T> {
    /// What was read; the usual if nothing could be.
    pub value: T,
    /// A sentence, if some of it could not be read.
    pub fault: Option<String>,
}

impl SettingsFile {
    /// The user's folder for settings, or the one that [`FOLDER_VARIABLE`] names.
    #[must_use]
    pub fn of_user() -> Self {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| {
            directories::ProjectDirs::from("", "", "tracelane").map(|places| places.config_dir().to_path_buf())
        });
        Self { folder }
    }

    /// Settings in this folder, which need not exist.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.to_path_buf()) }
    }

    /// The settings; the usual ones if there are none. A damaged file is put aside, and said so; what is no file is left
    /// alone.
    #[must_use]
    pub fn read(&self) -> Stored<Settings> {
        let Some(path) = self.place() else {
            return Stored::default();
        };
        let text = match read_own(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Stored::default(),
            Err(error) => {
                let what = format!("The settings in {} cannot be read: {error}", path.display());
                return Stored { value: Settings::default(), fault: Some(what) };
            }
        };
        match ron::from_str(&text) {
            Ok(settings) => Stored { value: self.without_secrets(Settings::repaired(settings)), fault: None },
            Err(_) => {
                let aside = path.with_extension("ron.damaged");
                let kept = match fs::rename(&path, &aside) {
                    Ok(()) => format!("saved as {}", aside.display()),
                    Err(error) => format!("and could not be renamed: {error}"),
                };
                Stored {
                    value: Settings::default(),
                    fault: Some(format!(
                        "The settings file was damaged, so the defaults are in use; the old file is {kept}"
                    )),
                }
            }
        }
    }

    /// What stacks are about: the rules in the user's file of tags, if there is one, and those that come along. A sentence if
    /// some of it cannot be used.
    #[must_use]
    pub fn read_tags(&self) -> Stored<TagRules> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(TAGS_FILE)) else {
            return Stored::default();
        };
        let text = match read_own(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Stored::default(),
            Err(error) => {
                let said = format!("The tags in {} cannot be read: {error}", path.display());
                return Stored { value: TagRules::default(), fault: Some(said) };
            }
        };
        let (rules, faults) = TagRules::with(&text);
        let said = faults.first().map(|fault| {
            let more = if faults.len() > 1 { format!(" ({} more)", faults.len() - 1) } else { String::new() };
            format!("Line {} of {} is left out: {}{more}", fault.line, path.display(), fault.message)
        });
        Stored { value: rules, fault: said }
    }

    /// The settings without passwords and tokens in addresses, which older versions kept; on disk, too.
    fn without_secrets(&self, mut settings: Settings) -> Settings {
        let safe: Vec<String> = settings.recent_addresses.iter().map(|address| without_secrets(address)).collect();
        if safe != settings.recent_addresses {
            settings.recent_addresses = safe;
            // Where that fails, it is tried again the next time.
            drop(self.write(&settings));
        }
        settings
    }

    /// The file. Where a link of the user's stands in its place, as tools that keep settings in one folder make it, what
    /// the link leads to; in a folder where others can put links nobody is led anywhere.
    fn place(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        let path = folder.join(FILE);
        Some(if private::is_own_folder(folder) { path.canonicalize().unwrap_or(path) } else { path })
    }

    /// Writes them: into a new file first, which then takes the old one's place.
    ///
    /// # Errors
    /// When the folder or the file cannot be written, and when what is there is no settings file by its kind or size.
    pub fn write(&self, settings: &Settings) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.place()) else { return Ok(()) };
        private::make_folder(folder)?;
        match private::open(&path, MOST_BYTES) {
            Ok(old) if !private::is_own_file(&old) => return Err(foreign()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let text = ron::ser::to_string_pretty(settings, ron::ser::PrettyConfig::default()).map_err(io::Error::other)?;
        // Two windows may write at the same time: each its own new file.
        private::write(&path, ".new", |out| out.write_all(text.as_bytes()))
    }
}

fn foreign() -> io::Error {
    io::Error::other("the file belongs to another user")
}

/// What the file holds, unless somebody else can have written it.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let file = private::open(path, MOST_BYTES)?;
    if !private::is_own_file(&file) {
        return Err(foreign());
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The thread that writes settings.
pub struct Writer {
    sender: Sender<Settings>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread that writes settings.
    #[must_use]
    pub fn start(store: SettingsFile) -> Self {
        let (sender, changed) = channel::<Settings>();
        let thread = Builder::new().name("settings".into()).spawn(move || {
            while let Ok(mut newest) = changed.recv() {
                while let Ok(newer) = changed.recv_timeout(QUIET) {
                    newest = newer;
                }
                // Nobody waits for the answer, and a full disk is no reason to stop looking at traces.
                drop(store.write(&newest));
            }
        });
        Self { sender, thread: thread.ok() }
    }

    /// Has these written soon.
    pub fn write(&self, settings: Settings) {
        // Fails only if the thread could not be started: then nothing is remembered.
        drop(self.sender.send(settings));
    }

    /// Waits until all is written.
    pub fn finish(self) {
        drop(self.sender);
        if let Some(thread) = self.thread {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, SettingsFile, Stored, TAGS_FILE, Writer};
    use crate::state::settings::{Settings, ThemeChoice};

    #[test]
    fn settings_come_back_as_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SettingsFile::in_folder(&folder.path().join("new"));
        let settings = Settings { theme: ThemeChoice::Light, ui_scale: 1.3, ..Settings::default() };
        let writer = Writer::start(store.clone());
        writer.write(Settings::default());
        writer.write(settings.clone());
        writer.finish();
        assert_eq!(store.read(), Stored { value: settings, fault: None });
        let files = std::fs::read_dir(folder.path().join("new")).expect("it is there").count();
        assert_eq!(files, 1, "nothing but the settings is left");
    }

    #[test]
    fn passwords_kept_by_older_versions_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SettingsFile::in_folder(folder.path());
        let addresses =
            ["http://me:hunter2@host/t?token=abc".to_owned(), "http://localhost:6060/t?seconds=5".to_owned()];
        store.write(&Settings { recent_addresses: addresses.to_vec(), ..Settings::default() }).expect("written");
        let settings = store.read().value;
        assert_eq!(settings.recent_addresses, ["http://***@host/t?token=***", "http://localhost:6060/t?seconds=5"]);
        let text = std::fs::read_to_string(folder.path().join(FILE)).expect("there");
        assert!(!text.contains("hunter2") && !text.contains("abc"), "{text}");
    }

    #[test]
    fn a_damaged_file_is_put_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), b"(theme: Dar\xff").expect("written");
        let store = SettingsFile::in_folder(folder.path());
        let Stored { value: settings, fault: said } = store.read();
        assert_eq!(settings, Settings::default());
        assert!(said.expect("it is said").contains("damaged"));
        assert!(folder.path().join("settings.ron.damaged").exists());
        assert_eq!(store.read(), Stored::default());
    }

    #[test]
    fn tags_of_the_user_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SettingsFile::in_folder(folder.path());
        assert_eq!(store.read_tags(), Stored::default());
        std::fs::write(folder.path().join(TAGS_FILE), "cart: shop/cart.*\nnonsense\n").expect("written");
        let Stored { value: rules, fault: said } = store.read_tags();
        assert_eq!(rules.tag_of("shop/cart.Add"), Some("cart"));
        let said = said.expect("it is said");
        assert!(said.starts_with("Line 2 of ") && said.contains("left out"), "{said}");
        std::fs::remove_file(folder.path().join(TAGS_FILE)).expect("removed");
        std::fs::create_dir(folder.path().join(TAGS_FILE)).expect("made");
        assert!(store.read_tags().fault.expect("it is said").contains("cannot be read"));
    }

    /// A pipe would be waited for, a link followed, a device read without end; none is replaced, either.
    #[test]
    #[cfg(unix)]
    fn what_is_no_settings_file_is_neither_read_nor_replaced() {
        use std::os::unix::fs::symlink;
        let outer = tempfile::tempdir().expect("a folder");
        let shared = outer.path().join("shared");
        let other = outer.path().join("other.ron");
        std::fs::write(&other, "(theme: Dark)").expect("written");
        let dark = |store: &SettingsFile| store.read().value.theme == ThemeChoice::Dark;
        type Put<'a> = &'a dyn Fn(&std::path::Path);
        let in_place: [(&str, Put<'_>); 5] = [
            ("pipe", &|path| {
                let made = std::process::Command::new("mkfifo").arg(path).status();
                assert!(made.is_ok_and(|status| status.success()));
            }),
            ("folder", &|path| std::fs::create_dir(path).expect("made")),
            ("device", &|path| symlink("/dev/zero", path).expect("a link")),
            ("link", &|path| symlink(&other, path).expect("a link")),
            ("large", &|path| std::fs::write(path, vec![b' '; (1 << 20) + 1]).expect("written")),
        ];
        for (name, put) in in_place {
            std::fs::create_dir(&shared).expect("made");
            std::fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("set");
            put(&shared.join(FILE));
            let kind = std::fs::symlink_metadata(shared.join(FILE)).expect("it is there").file_type();
            let store = SettingsFile::in_folder(&shared);
            let Stored { value: settings, fault: said } = store.read();
            assert_eq!(settings, Settings::default(), "{name}");
            assert!(said.is_some(), "{name}");
            assert!(store.write(&settings).is_err(), "{name}");
            assert_eq!(std::fs::symlink_metadata(shared.join(FILE)).expect("it is there").file_type(), kind, "{name}");
            std::fs::remove_dir_all(&shared).expect("removed");
        }
        // A link of one's own in a folder of one's own stays, and is followed.
        let own = outer.path().join("own");
        std::fs::create_dir(&own).expect("made");
        symlink(&other, own.join(FILE)).expect("a link");
        let store = SettingsFile::in_folder(&own);
        assert!(dark(&store));
        store.write(&Settings { theme: ThemeChoice::Dark, ui_scale: 1.5, ..Settings::default() }).expect("written");
        assert!(std::fs::symlink_metadata(own.join(FILE)).expect("it is there").is_symlink());
        assert!(std::fs::read_to_string(&other).expect("it is there").contains("1.5"));
    }

    #[test]
    fn unknown_and_missing_fields_and_wild_values_do_no_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "(theme: Dark, of_the_future: 3, ui_scale: 1e9)").expect("written");
        let Stored { value: settings, fault: said } = SettingsFile::in_folder(folder.path()).read();
        assert_eq!((settings.theme, settings.ui_scale, said), (ThemeChoice::Dark, 1.0, None));
    }
}
