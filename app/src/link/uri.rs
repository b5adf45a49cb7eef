//! Addresses of local files, as desktops give them: `file:///home/me/a%20b.trace`.

use std::path::PathBuf;

use crate::link::percent::decoded_bytes;

/// The path behind the address of a file on this machine; `None` if the text is none.
#[must_use]
pub fn path_of_uri(text: &str) -> Option<PathBuf> {
    let rest = text.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let bytes = decoded_bytes(path)?;
    (path.starts_with('/') && !bytes.contains(&0)).then(|| path_of_bytes(bytes))?
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere not every name is a path")]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// Without the slash before the drive: `/C:/a.trace`.
#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    let text = String::from_utf8(bytes).ok()?;
    let is_drive = text.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if is_drive { text.trim_start_matches('/') } else { text.as_str() }))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::PathBuf;

    use super::path_of_uri;

    #[test]
    fn files_of_this_machine_have_paths() {
        let path = |text| path_of_uri(text).map(|path| path.as_os_str().as_bytes().to_vec());
        assert_eq!(path_of_uri("file:///tmp/a%20b.trace"), Some(PathBuf::from("/tmp/a b.trace")));
        assert_eq!(path_of_uri("file://localhost/tmp/x"), Some(PathBuf::from("/tmp/x")));
        assert_eq!(path("file:///%ff"), Some(b"/\xff".to_vec()));
        for other in ["/tmp/x", "file://server/x", "file:/x", "file://", "file:///%00", "file:///%x", "http://x/"] {
            assert_eq!(path_of_uri(other), None, "{other}");
        }
    }
}
