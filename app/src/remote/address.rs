//! Addresses of traces, and what they keep to themselves. The program knows an address by a name without passwords and
//! tokens; only [`address_of`], for whoever asks the server, gives the whole address back. So whatever is printed,
//! shown, or kept on disk cannot hold them.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::remote::secret::{self, MASK};

/// Where `net/http/pprof` serves traces.
const PATH: &str = "/debug/pprof/trace";
/// How long a server records where nobody says how long, seconds.
const USUAL_SECONDS: u32 = 5;

/// Addresses with something to hide, by the names that the program knows them under.
static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

struct Known {
    name: String,
    address: String,
}

fn known() -> MutexGuard<'static, Vec<Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the program calls a FILE that a user named. An address is completed with `http://` where a host and a port
/// are given and no such file exists, and is without its secrets from here on. All else stays as it is.
#[must_use]
pub fn named(file: PathBuf) -> PathBuf {
    let Some(text) = file.to_str() else { return file };
    let address = match scheme_of(text) {
        Some((scheme, rest)) => format!("{scheme}{rest}"),
        None if is_host_and_port(text) && !exists(&file) => match text.strip_prefix(':') {
            Some(port) => format!("http://localhost:{port}"),
            None => format!("http://{text}"),
        },
        None => return file,
    };
    // What stands behind # is for the one who asks, never for the server.
    let address = address.split('#').next().unwrap_or_default().to_owned();
    let name = secret::masked(&address);
    let mut known = known();
    if known.iter().any(|known| known.name == text) {
        return file;
    }
    if name == address {
        return PathBuf::from(address);
    }
    if let Some(same) = known.iter().find(|known| known.address == address) {
        return PathBuf::from(&same.name);
    }
    let others = known.iter().filter(|known| known.name.split('#').next() == Some(name.as_str())).count();
    let name = if others == 0 { name } else { format!("{name}#{}", others + 1) };
    known.push(Known { name: name.clone(), address });
    PathBuf::from(name)
}

/// An address with the path where `net/http/pprof` serves traces, if it has none.
#[must_use]
pub fn with_path(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let bare = rest.trim_end_matches('/');
    let (rest, path) = match bare.split_once('/') {
        None if bare.contains(['?', '#']) => (rest, ""),
        None => (bare, PATH),
        Some((_, "debug/pprof")) => (bare, "/trace"),
        Some(_) => (rest, ""),
    };
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    format!("{scheme}{rest}{path}")
}

/// What was typed where only an address makes sense: a host, with or without port and scheme, means the trace that
/// `net/http/pprof` records there for a few seconds.
#[must_use]
pub fn completed(typed: &str) -> String {
    let address = with_path(typed);
    if typed.is_empty() {
        return String::new();
    }
    let address = match scheme_of(&address) {
        Some(_) => address,
        None => match address.strip_prefix(':') {
            Some(rest) => format!("http://localhost:{rest}"),
            None => format!("http://{address}"),
        },
    };
    let is_plain_endpoint = !address.contains('?') && address.ends_with(PATH);
    if is_plain_endpoint { format!("{address}?seconds={USUAL_SECONDS}") } else { address }
}

/// The same address, asked to record for so long, unless it says itself for how long.
#[must_use]
pub fn recording(file: &Path, seconds: u32) -> PathBuf {
    let name = file.to_string_lossy();
    let Ok(address) = address_of(&name) else { return file.to_path_buf() };
    if address.contains("?seconds=") || address.contains("&seconds=") {
        return file.to_path_buf();
    }
    let sign = if address.contains('?') { '&' } else { '?' };
    named(PathBuf::from(format!("{address}{sign}seconds={seconds}")))
}

/// The address behind a name, secrets and all.
///
/// # Errors
/// When the name was kept from an earlier run, and the secrets were not.
pub(super) fn address_of(name: &str) -> Result<String, String> {
    if let Some(known) = known().iter().find(|known| known.name == name) {
        return Ok(known.address.clone());
    }
    if secret::is_masked(name) {
        let what =
            "passwords and tokens of addresses are never saved; enter the address again, with its own instead of";
        return Err(format!("{what} {MASK}"));
    }
    Ok(name.to_owned())
}

/// A text of the program's, a library's or a server's, without the secrets of all addresses that were named so far,
/// and of others that look like some.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut text = text.to_owned();
    for known in known().iter() {
        for secret in secret::secrets(&known.address) {
            text = text.replace(&secret, MASK);
        }
    }
    secret::masked_words(&text)
}

/// Whether a FILE, as [`named`] gives it, is an address.
#[must_use]
pub fn is_address(file: &Path) -> bool {
    file.to_str().is_some_and(|text| scheme_of(text).is_some())
}

/// The scheme in lower case, with `://`, and the rest.
fn scheme_of(text: &str) -> Option<(&'static str, &str)> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let (head, rest) = text.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

/// A file, a folder, or a file in an archive.
fn exists(file: &Path) -> bool {
    file.symlink_metadata().is_ok() || file.ancestors().skip(1).any(Path::is_file)
}

/// `localhost:6060/debug/pprof/trace`, `127.0.0.1:6060`, `[::1]:6060/…`, `user:password@host:80/…`, `:6060/…`.
fn is_host_and_port(text: &str) -> bool {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let (authority, path) = text.split_at(end);
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    if let Some((host, port)) = host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return host.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let Some((host, port)) = host_and_port.rsplit_once(':') else { return false };
    let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    // A file may be called build:12; with a path behind it, or a well-known host before, it is an address.
    let is_plain = !path.is_empty() || host == "localhost" || host.contains('.') || host.is_empty();
    is_host && is_port(port) && is_plain
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{address_of, completed, is_address, is_host_and_port, named, without_secrets};

    fn name(text: &str) -> String {
        named(PathBuf::from(text)).to_string_lossy().into_owned()
    }

    #[test]
    fn addresses_are_told_from_paths() {
        assert!(is_address(Path::new("http://localhost:6060/debug/pprof/trace")));
        assert!(is_address(Path::new("https://example.org/t.trace")));
        assert!(is_address(Path::new("HTTP://example.org/t.trace")));
        assert!(!is_address(Path::new("http")));
        assert!(!is_address(Path::new("./http://x")));
    }

    #[test]
    fn a_host_and_a_port_need_no_scheme() {
        for text in
            ["127.0.0.1:6060/debug/pprof/trace?seconds=5", "localhost:6060", "[::1]:6060/t", "api-1.prod:80/t?x=1"]
        {
            assert_eq!(name(text), format!("http://{text}"));
        }
        assert_eq!(name(":6060/debug/pprof/trace"), "http://localhost:6060/debug/pprof/trace");
        assert_eq!(name("HTTP://a/t"), "http://a/t");
        for text in [
            "a.trace",
            "build:12",
            "C:\\t.trace",
            "C:/t",
            "dir/a:1/b",
            "host:99999/x",
            "host:/x",
            "[zz]:1/x",
            "-",
            "a b:1/x",
        ] {
            assert!(!is_host_and_port(text), "{text}");
            assert_eq!(name(text), text);
        }
    }

    #[test]
    fn a_host_means_the_trace_that_it_records() {
        for (typed, meant) in [
            ("localhost:6060", "http://localhost:6060/debug/pprof/trace?seconds=5"),
            ("http://localhost:6060", "http://localhost:6060/debug/pprof/trace?seconds=5"),
            ("HTTPS://api.example/", "HTTPS://api.example/debug/pprof/trace?seconds=5"),
            ("build:12", "http://build:12/debug/pprof/trace?seconds=5"),
            ("api", "http://api/debug/pprof/trace?seconds=5"),
            (":6060", "http://localhost:6060/debug/pprof/trace?seconds=5"),
            ("localhost:6060/debug/pprof/", "http://localhost:6060/debug/pprof/trace?seconds=5"),
            ("localhost:6060/debug/pprof/trace", "http://localhost:6060/debug/pprof/trace?seconds=5"),
            ("localhost:6060/debug/pprof/trace?seconds=9", "http://localhost:6060/debug/pprof/trace?seconds=9"),
            ("http://h/saved.trace", "http://h/saved.trace"),
            ("h/t?x=1", "http://h/t?x=1"),
            ("", ""),
        ] {
            assert_eq!(completed(typed), meant, "{typed}");
        }
    }

    #[test]
    fn an_existing_file_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("host:80");
        assert!(!super::exists(&inside));
        std::fs::write(&inside, b"x").expect("written");
        assert!(super::exists(&inside) && super::exists(&inside.join("member")));
    }

    #[test]
    fn secrets_are_put_away_and_found_again() {
        let (one, two) =
            ("http://me:hunter2@host.example/t?access_token=abc123", "http://you:other@host.example/t?access_token=x");
        assert_eq!(name(one), "http://***@host.example/t?access_token=***");
        assert_eq!(name(two), "http://***@host.example/t?access_token=***#2");
        assert_eq!(name(one), "http://***@host.example/t?access_token=***");
        assert_eq!(name(&name(two)), name(two), "a name stays a name");
        assert_eq!(address_of(&name(one)).as_deref(), Ok(one));
        assert_eq!(address_of(&name(two)).as_deref(), Ok(two));
        assert_eq!(address_of("http://a/t").as_deref(), Ok("http://a/t"));
        assert!(address_of("http://***@never.named/t").is_err_and(|why| why.contains("enter the address again")));
        let said = "bWU6aHVudGVyMg== hunter2, abc123 at http://x:y@z/?sig=1 and token=zzz";
        assert_eq!(without_secrets(said), "*** ***, *** at http://***@z/?sig=*** and token=***");
        assert_eq!(without_secrets("http://h/t?token=zzz: cannot read it."), "http://h/t?token=***: cannot read it.");
        assert_eq!(without_secrets("no secret ::. : in it"), "no secret ::. : in it");
    }
}
