//! Settings on disk: read at the start, written on change by a thread, never half.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::remote::without_secrets;
use crate::state::settings::Settings;

/// Names the folder of the settings, for tests.
pub const FOLDER_VARIABLE: &str = "TRACELANE_CONFIG_DIR";
const FILE: &str = "settings.ron";
/// Changes within this time are written together.
const QUIET: Duration = Duration::from_millis(400);

/// Where settings are kept; `None` if this machine has no place for them.
#[derive(Clone, Debug, Default)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// The user's folder for settings, or the one that [`FOLDER_VARIABLE`] names.
    #[must_use]
    pub fn of_user() -> Self {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| {
            directories::ProjectDirs::from("", "", "tracelane").map(|places| places.config_dir().to_path_buf())
        });
        Self { folder }
    }

    /// This folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.to_path_buf()) }
    }

    /// The settings; the usual ones if there are none. A damaged file is put aside, and said so.
    #[must_use]
    pub fn read(&self) -> (Settings, Option<String>) {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(FILE)) else {
            return (Settings::default(), None);
        };
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Settings::default(), None),
            Err(error) => return (Settings::default(), Some(format!("The settings cannot be read: {error}"))),
        };
        match ron::from_str(&text) {
            Ok(settings) => (self.without_secrets(Settings::repaired(settings)), None),
            Err(_) => {
                let aside = path.with_extension("ron.damaged");
                let kept = match fs::rename(&path, &aside) {
                    Ok(()) => format!("kept as {}", aside.display()),
                    Err(error) => format!("and could not be put aside: {error}"),
                };
                (
                    Settings::default(),
                    Some(format!("The settings were damaged, so the usual ones are in use; the old file is {kept}")),
                )
            }
        }
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

    /// Writes them: into a new file first, which then takes the old one's place.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(&self, settings: &Settings) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        fs::create_dir_all(folder)?;
        let text = ron::ser::to_string_pretty(settings, ron::ser::PrettyConfig::default()).map_err(io::Error::other)?;
        // Two windows may write at the same time: each its own new file.
        let new = folder.join(format!("{FILE}.{}.new", std::process::id()));
        let mut file = fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, folder.join(FILE))
    }
}

/// The thread that writes settings.
pub struct Writer {
    sender: Sender<Settings>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts it.
    #[must_use]
    pub fn start(store: Store) -> Self {
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
    use super::{FILE, Store, Writer};
    use crate::state::settings::{Settings, ThemeChoice};

    #[test]
    fn settings_come_back_as_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::in_folder(&folder.path().join("new"));
        let settings = Settings { theme: ThemeChoice::Light, ui_scale: 1.3, ..Settings::default() };
        let writer = Writer::start(store.clone());
        writer.write(Settings::default());
        writer.write(settings.clone());
        writer.finish();
        assert_eq!(store.read(), (settings, None));
        let files = std::fs::read_dir(folder.path().join("new")).expect("it is there").count();
        assert_eq!(files, 1, "nothing but the settings is left");
    }

    #[test]
    fn passwords_kept_by_older_versions_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::in_folder(folder.path());
        let addresses =
            ["http://me:hunter2@host/t?token=abc".to_owned(), "http://localhost:6060/t?seconds=5".to_owned()];
        store.write(&Settings { recent_addresses: addresses.to_vec(), ..Settings::default() }).expect("written");
        let (settings, _) = store.read();
        assert_eq!(settings.recent_addresses, ["http://***@host/t?token=***", "http://localhost:6060/t?seconds=5"]);
        let text = std::fs::read_to_string(folder.path().join(FILE)).expect("there");
        assert!(!text.contains("hunter2") && !text.contains("abc"), "{text}");
    }

    #[test]
    fn a_damaged_file_is_put_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), b"(theme: Dar\xff").expect("written");
        let store = Store::in_folder(folder.path());
        let (settings, said) = store.read();
        assert_eq!(settings, Settings::default());
        assert!(said.expect("it is said").contains("damaged"));
        assert!(folder.path().join("settings.ron.damaged").exists());
        assert_eq!(store.read(), (Settings::default(), None));
    }

    #[test]
    fn unknown_and_missing_fields_and_wild_values_do_no_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "(theme: Dark, of_the_future: 3, ui_scale: 1e9)").expect("written");
        let (settings, said) = Store::in_folder(folder.path()).read();
        assert_eq!((settings.theme, settings.ui_scale, said), (ThemeChoice::Dark, 1.0, None));
    }
}
