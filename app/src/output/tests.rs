//! Files written as a whole or not at all.

use std::fs;
use std::io;
use std::path::Path;

use super::{Inputs, NotWritten, Output};

fn output<'a>(path: &'a Path, inputs: &'a Inputs, may_replace: bool) -> Output<'a> {
    Output { path, inputs, may_replace, keeps_traces: true, may_stream: false }
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn what_fails_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&old, "old").expect("written");
    let inputs = Inputs::default();
    for path in [&old, &new] {
        let failed = output(path, &inputs, true).write(|out| {
            out.write_all(&vec![1; 1 << 20])?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(matches!(failed, Err(NotWritten::Refused(_))));
    }
    assert_eq!(fs::read(&old).expect("it is there"), b"old");
    assert_eq!(names(folder.path()), 1);
}

/// While a large file is written, others may come to have its name.
#[test]
fn what_comes_to_be_there_in_the_meantime_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new");
    let inputs = Inputs::default();
    let done = output(&path, &inputs, false).write(|out| {
        fs::write(&path, "theirs")?;
        out.write_all(b"mine")
    });
    assert_eq!(done, Err(NotWritten::Exists));
    assert_eq!(fs::read(&path).expect("it is there"), b"theirs");
    #[cfg(unix)]
    {
        let other = folder.path().join("other");
        fs::rename(&path, &other).expect("moved");
        for may_replace in [false, true] {
            let done = output(&path, &inputs, may_replace).write(|out| {
                std::os::unix::fs::symlink(&other, &path)?;
                out.write_all(b"mine")
            });
            assert!(done.is_err());
            assert!(fs::symlink_metadata(&path).expect("a link").is_symlink());
            fs::remove_file(&path).expect("removed");
        }
        assert_eq!(fs::read(&other).expect("it is there"), b"theirs");
    }
    assert_eq!(names(folder.path()), 1, "nothing is left behind");
}

/// The input is known as the file that it was when it was opened, and by its path.
#[test]
fn an_input_that_was_moved_or_replaced_is_still_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    fs::write(&before, "trace").expect("written");
    let inputs = Inputs::of([before.as_path()]);
    fs::rename(&before, &after).expect("moved");
    #[cfg(unix)]
    assert!(matches!(output(&after, &inputs, true).check(), Err(NotWritten::Refused(_))));
    fs::write(&before, "another").expect("written");
    assert!(matches!(output(&before, &inputs, true).check(), Err(NotWritten::Refused(_))));
}

#[cfg(unix)]
#[test]
fn new_files_have_the_permissions_of_the_users_new_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (usual, own) = (folder.path().join("usual"), folder.path().join("own"));
    fs::write(&usual, "usual").expect("written");
    let inputs = Inputs::default();
    output(&own, &inputs, false).write(|out| out.write_all(b"own")).expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&own), mode(&usual));
}

#[cfg(unix)]
#[test]
fn the_window_writes_files_only() {
    let inputs = Inputs::default();
    for name in ["/dev/null", "/dev/stdout", "/dev/full"] {
        assert!(matches!(output(Path::new(name), &inputs, true).check(), Err(NotWritten::Refused(_))), "{name}");
    }
}
