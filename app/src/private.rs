//! Files that the program keeps for itself (settings, models of traces). No other user can read or plant them. A link,
//! pipe, device or oversized file in their place is refused: not followed, waited for or read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

/// Random characters in a temporary name: enough that it cannot be guessed.
const RANDOM_CHARACTERS: usize = 16;

/// Opens a file of at most `most_bytes` to read. Its name is the file's own: a symbolic link is refused.
///
/// # Errors
/// When it is not there, no regular file, larger, or not readable.
pub fn open(path: &Path, most_bytes: u64) -> io::Result<File> {
    let file = options(OpenOptions::new().read(true)).open(path).map_err(|error| {
        let is_link = fs::symlink_metadata(path).is_ok_and(|known| known.is_symlink());
        if is_link { io::Error::other("it is a symbolic link") } else { error }
    })?;
    let known = file.metadata()?;
    if !known.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if known.len() > most_bytes {
        return Err(io::Error::other(format!("it is larger than {} MB", most_bytes >> 20)));
    }
    Ok(file)
}

/// Tells the file system that a file was used just now.
///
/// # Errors
/// As [`open`].
pub fn touch(path: &Path) -> io::Result<()> {
    let file = options(OpenOptions::new().write(true)).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    file.set_modified(std::time::SystemTime::now())
}

/// Never through a link, and never waiting for the other end of a pipe.
fn options(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed())
    }
    #[cfg(not(unix))]
    options
}

/// Writes a file that only the user can read: under a name that nobody can guess, which ends in `draft_ending`, and
/// then in the place of what was there, unless that is no regular file.
///
/// # Errors
/// When something else has the name, and whatever `content` or the disk says; then all is as it was.
pub fn write<T>(
    path: &Path,
    draft_ending: &str,
    content: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
) -> io::Result<T> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(draft_ending).rand_bytes(RANDOM_CHARACTERS);
    let mut new = builder.tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(1 << 20, new.as_file_mut());
    let done = content(&mut out)?;
    out.flush()?;
    drop(out);
    new.as_file_mut().rewind()?;
    new.as_file().sync_all()?;
    if fs::symlink_metadata(path).is_ok_and(|known| !known.is_file()) {
        return Err(io::Error::other("something that is no regular file has its name"));
    }
    new.persist(path).map_err(|failed| failed.error)?;
    Ok(done)
}

/// Makes a folder, and those above it, for the user alone. One that is there stays as it is.
///
/// # Errors
/// Whatever the operating system says.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether a folder is there, and nobody but the user can have put anything into it. Also where a link of the user's
/// own leads to it.
#[must_use]
pub fn is_own_folder(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(link), Ok(known)) = (fs::symlink_metadata(folder), fs::metadata(folder)) else { return false };
        let user = rustix::process::geteuid().as_raw();
        let others_write = known.mode() & 0o022 != 0;
        known.is_dir() && known.uid() == user && !others_write && (link.uid() == user || link.uid() == 0)
    }
    #[cfg(not(unix))]
    folder.is_dir()
}

/// Whether an open file is the user's (or the system's), so that nobody else can have made it up.
#[must_use]
pub fn is_own_file(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let user = rustix::process::geteuid().as_raw();
        file.metadata().is_ok_and(|known| known.uid() == user || known.uid() == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        true
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const MOST: u64 = 1 << 20;

    fn pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.is_ok_and(|status| status.success()));
    }

    #[test]
    fn only_small_regular_files_are_read_and_no_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |name: &str| folder.path().join(name);
        fs::write(of("file"), "text").expect("written");
        symlink(of("file"), of("link")).expect("a link");
        fs::create_dir(of("folder")).expect("a folder");
        pipe(&of("pipe"));
        let mut text = String::new();
        open(&of("file"), MOST).expect("a file").read_to_string(&mut text).expect("text");
        assert_eq!(text, "text");
        for name in ["link", "folder", "pipe", "nothing"] {
            assert!(open(&of(name), MOST).is_err(), "{name}");
            assert!(touch(&of(name)).is_err(), "{name}");
        }
        assert!(open(&of("file"), 3).is_err(), "it is larger");
        assert!(open(Path::new("/dev/zero"), MOST).is_err());
        touch(&of("file")).expect("a file");
    }

    #[test]
    fn what_is_written_is_the_users_alone_and_replaces_only_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |name: &str| folder.path().join(name);
        let put = |name: &str| write(&of(name), ".new", |out| out.write_all(b"mine"));
        put("file").expect("written");
        put("file").expect("written again");
        assert_eq!(fs::metadata(of("file")).expect("it is there").permissions().mode() & 0o777, 0o600);
        fs::write(of("other"), "other").expect("written");
        symlink(of("other"), of("link")).expect("a link");
        pipe(&of("pipe"));
        for name in ["link", "pipe"] {
            assert!(put(name).is_err(), "{name}");
        }
        assert_eq!(fs::read(of("other")).expect("it is there"), b"other");
        let failed = write(&of("file"), ".new", |out| {
            out.write_all(b"half")?;
            Err::<(), _>(io::Error::other("full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(of("file")).expect("it is there"), b"mine");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 4, "nothing is left behind");
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_ones_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("own");
        assert!(!is_own_folder(&own), "it is not there");
        make_folder(&own).expect("made");
        assert!(is_own_folder(&own));
        assert_eq!(fs::metadata(&own).expect("it is there").permissions().mode() & 0o777, 0o700);
        symlink(&own, folder.path().join("link")).expect("a link");
        assert!(is_own_folder(&folder.path().join("link")));
        fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).expect("set");
        assert!(!is_own_folder(&own) && !is_own_folder(&folder.path().join("link")));
        assert!(!is_own_folder(Path::new("/tmp")));
    }
}
