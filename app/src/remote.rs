//! Traces by address: what `FILE` means where it may also be `http://…/debug/pprof/trace?seconds=5`. The
//! only place that speaks to a network. Recorded bytes go straight to the reader.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use trace_core::base::error::Result;
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::input::source::Source;
use trace_core::load::{Publish, load_source};
use trace_core::model::trace::Trace;
use ureq::http::Uri;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent beyond the time that it records.
const SILENCE: Duration = Duration::from_mins(1);
/// The longest recording that is waited for.
const LONGEST: Duration = Duration::from_hours(24);
/// What `net/http/pprof` records if `seconds` is missing.
const DEFAULT_SECONDS: f64 = 1.0;
/// Bytes of an error's page that are looked at.
const QUOTE_BYTES: u64 = 2048;
/// Lines of it that are quoted, and characters of each.
const QUOTE: (usize, usize) = (3, 160);

/// Bytes that packed files may unpack to; 0 for what is usual.
static MAX_UNPACKED: AtomicU64 = AtomicU64::new(0);
/// Any number.
static UNLIMITED: AtomicBool = AtomicBool::new(false);

/// Lets packed files unpack to so many bytes from now on, in all of the program.
pub fn set_max_unpacked(bytes: u64) {
    MAX_UNPACKED.store(bytes, Ordering::Relaxed);
}

/// Lets them unpack to any size from now on, or not.
pub fn set_unlimited(unlimited: bool) {
    UNLIMITED.store(unlimited, Ordering::Relaxed);
}

/// What packed files may unpack to.
#[must_use]
pub fn limits() -> Limits {
    if UNLIMITED.load(Ordering::Relaxed) {
        return Limits { unpack_free: u64::MAX, unpack_ratio: 0 };
    }
    match MAX_UNPACKED.load(Ordering::Relaxed) {
        0 => Limits::default(),
        bytes => Limits { unpack_free: bytes, unpack_ratio: 0 },
    }
}

/// Whether a FILE is an address.
#[must_use]
pub fn is_address(path: &Path) -> bool {
    let scheme = |name: &str| path.as_os_str().as_encoded_bytes().starts_with(name.as_bytes());
    scheme("http://") || scheme("https://")
}

/// A file as [`Source::open`] takes it, or an address. Nothing is asked of the server before the first read.
///
/// # Errors
/// As [`Source::open`]; an address fails on the first read, with the server's own words.
pub fn open(path: &Path) -> Result<Source<'static>> {
    match path.to_str() {
        Some(address) if is_address(path) => {
            let reader = Remote::Unasked(address.to_owned());
            Ok(Source::packed(reader, limits()))
        }
        _ => Source::open_with(path, limits()),
    }
}

/// The same as [`trace_core::load::load_path`], for addresses, too.
///
/// # Errors
/// As [`open`], and when nothing is readable.
pub fn load(path: &Path, monitor: &Monitor, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
    load_source(open(path)?, monitor, publish)
}

/// The same for what can be read only once: gives every byte to `keep`, too, and tells how many have come
/// as the monitor's total.
///
/// # Errors
/// As [`load`].
pub fn record(
    path: &Path,
    monitor: &Monitor,
    publish: &mut Publish<'_>,
    keep: impl FnMut(&[u8]) + Send + 'static,
) -> Result<Arc<Trace>> {
    let source = open(path)?;
    let reader = Tee { reader: source.reader, monitor: monitor.clone(), come: 0, keep };
    load_source(Source { reader: Box::new(reader), ..source }, monitor, publish)
}

/// Hands bytes on and gives them away, too.
struct Tee<K> {
    reader: Box<dyn Read + Send>,
    monitor: Monitor,
    come: u64,
    keep: K,
}

impl<K: FnMut(&[u8])> Read for Tee<K> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        (self.keep)(buffer.get(..count).unwrap_or_default());
        self.come += count as u64;
        self.monitor.set_bytes_total(self.come);
        Ok(count)
    }
}

/// A server's answer, asked for on the first read.
enum Remote {
    Unasked(String),
    Body(Box<dyn Read + Send>),
    Failed,
}

impl Read for Remote {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Unasked(address) = self {
            let answer = ask(address);
            // Asked once, whatever came of it.
            *self = Self::Failed;
            *self = Self::Body(answer?);
        }
        match self {
            Self::Body(body) => body.read(buffer),
            Self::Unasked(_) | Self::Failed => Ok(0),
        }
    }
}

fn ask(address: &str) -> io::Result<Box<dyn Read + Send>> {
    let uri: Uri = address.parse().map_err(|error| io::Error::other(format!("the address is wrong: {error}")))?;
    if uri.path().trim_matches('/').is_empty() {
        let server = address.trim_end_matches('/');
        let what = format!("the address names a server but no trace; write {server}/debug/pprof/trace?seconds=5");
        return Err(io::Error::other(what));
    }
    let patience = recorded(&uri) + SILENCE;
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .build();
    let response = ureq::Agent::new_with_config(config).get(address).call().map_err(unanswered)?;
    let status = response.status();
    let mut body = response.into_body().into_reader();
    if status.is_success() {
        return Ok(Box::new(body));
    }
    let mut page = Vec::new();
    // An error's page that breaks off is quoted as far as it goes.
    drop(body.by_ref().take(QUOTE_BYTES).read_to_end(&mut page));
    Err(io::Error::other(format!("the server answered {status}{}", quoted(&String::from_utf8_lossy(&page)))))
}

/// How long the server is asked to record.
fn recorded(uri: &Uri) -> Duration {
    let seconds = uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("seconds="));
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_SECONDS);
    Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)
}

/// Why there is no answer, with the cure.
fn unanswered(error: ureq::Error) -> io::Error {
    let refused = matches!(&error, ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused);
    let cure = match &error {
        ureq::Error::ConnectionFailed => "is the program running, and does it serve net/http/pprof there?",
        _ if refused => "is the program running, and does it serve net/http/pprof there?",
        ureq::Error::HostNotFound => "is the name of the server right?",
        ureq::Error::Timeout(_) => "the program may be stopped or busy; try again",
        _ => "check the address and try again",
    };
    io::Error::other(format!("the server gave no answer ({error}); {cure}"))
}

/// The first lines of an error's page, behind a colon.
fn quoted(page: &str) -> String {
    let clean = |line: &str| line.chars().filter(|c| !c.is_control()).take(QUOTE.1).collect::<String>();
    let lines: Vec<String> =
        page.lines().map(str::trim).filter(|line| !line.is_empty()).map(clean).take(QUOTE.0).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        assert!(is_address(Path::new("http://localhost:6060/debug/pprof/trace")));
        assert!(is_address(Path::new("https://example.org/t.trace")));
        assert!(!is_address(Path::new("http")));
        assert!(!is_address(Path::new("./http://x")));
    }

    #[test]
    fn patience_follows_the_seconds_asked_for() {
        let of = |address: &str| recorded(&address.parse().unwrap());
        assert_eq!(of("http://a/t?seconds=5"), Duration::from_secs(5));
        assert_eq!(of("http://a/t?x=1&seconds=0.5"), Duration::from_millis(500));
        assert_eq!(of("http://a/t"), Duration::from_secs(1));
        assert_eq!(of("http://a/t?seconds=-1"), LONGEST);
        assert_eq!(of("http://a/t?seconds=1e300"), LONGEST);
    }

    #[test]
    fn pages_are_quoted_in_few_words() {
        assert_eq!(quoted("\n Could not enable tracing\r\n\nmore\u{1b}\n"), ": Could not enable tracing more");
        assert_eq!(quoted(" \n"), "");
    }
}
