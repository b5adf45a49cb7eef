//! A server's answer: asked for on the first read, with bounds on how much it may send, and how long it may take.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use ureq::config::RedirectAuthHeaders;
use ureq::http::Uri;

use crate::fmt::number::bytes;
use crate::remote::address::{address_of, without_secrets};
use crate::remote::header::Header;
use crate::remote::secret::{basic, split_user};
use crate::remote::trust;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent beyond the time that it records.
const SILENCE: Duration = Duration::from_mins(1);
/// How long the rest of its answer may take beyond the time that it records.
const TRANSFER: Duration = Duration::from_hours(1);
/// What it has to send within any [`SILENCE`] once it has recorded.
const LEAST_BYTES: u64 = 64 << 10;
/// Bytes that a server may send, and how many more for each second that it records; busy programs trace 8 MB a second.
/// A model takes two to three times as much memory.
const MAX_BYTES: (u64, u64) = (250_000_000, 16_000_000);
/// The most of that.
const MOST_BYTES: u64 = 4_000_000_000;
/// The longest recording that is waited for.
const LONGEST: Duration = Duration::from_hours(24);
/// What `net/http/pprof` records if `seconds` is missing.
const DEFAULT_SECONDS: f64 = 1.0;
/// Other addresses that a server may send us to, one after the other.
const MAX_REDIRECTS: u32 = 5;
/// Bytes that may stand before the answer itself.
const MAX_HEADER: usize = 64 << 10;
/// Bytes of an error's page that are looked at.
const QUOTE_BYTES: u64 = 2048;
/// How long that may take.
const QUOTE_TIME: Duration = Duration::from_secs(5);
/// Lines of it that are quoted, and characters of each.
const QUOTE: (usize, usize) = (3, 160);

/// A server's answer, asked for on the first read.
pub(super) enum Remote {
    /// The name of the address, the bytes that may come if not as many as usual, and headers to send along.
    Unasked(String, Option<u64>, Vec<Header>),
    Body(Bounded<Box<dyn Read + Send>>),
    Failed,
}

impl Remote {
    /// What the address of this name answers, of so many bytes at most; `None` for what is usual.
    pub(super) fn new(name: &str, limit: Option<u64>, headers: &[Header]) -> Self {
        Self::Unasked(name.to_owned(), limit, headers.to_vec())
    }
}

impl Read for Remote {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Unasked(name, limit, headers) = self {
            let answer = ask(name, *limit, headers);
            // Asked once, whatever came of it.
            *self = Self::Failed;
            *self = Self::Body(answer?);
        }
        match self {
            Self::Body(body) => body.read(buffer),
            Self::Unasked(..) | Self::Failed => Ok(0),
        }
    }
}

fn ask(name: &str, limit: Option<u64>, headers: &[Header]) -> io::Result<Bounded<Box<dyn Read + Send>>> {
    let address = address_of(name).map_err(io::Error::other)?;
    // The user and password go into a header; everything else would only quote them in errors.
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", &address));
    let (user, rest) = split_user(rest);
    let plain = format!("{scheme}://{rest}");
    let uri: Uri = plain.parse().map_err(|error| io::Error::other(format!("the address is wrong: {error}")))?;
    if uri.path().trim_matches('/').is_empty() {
        let server = name.trim_end_matches('/');
        let what = format!("the address names a server but no trace; write {server}/debug/pprof/trace?seconds=5");
        return Err(io::Error::other(what));
    }
    let recorded = recorded(&uri);
    let patience = recorded + SILENCE;
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // What a header holds is for the server that the user named, and for no other.
        .max_redirects(if headers.is_empty() { MAX_REDIRECTS } else { 0 })
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .max_response_header_size(MAX_HEADER)
        .tls_config(trust::config())
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_send_request(Some(CONNECT))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .build();
    let mut request = ureq::Agent::new_with_config(config).get(plain.as_str());
    if let Some(user) = user {
        request = request.header("Authorization", format!("Basic {}", basic(user)));
    }
    for (name, value) in headers.iter().map(Header::parts) {
        request = request.header(name, value);
    }
    let response = request.call().map_err(unanswered)?;
    let status = response.status();
    let body: Box<dyn Read + Send> = Box::new(response.into_body().into_reader());
    if status.is_success() {
        return Ok(Bounded::new(body, limit.unwrap_or_else(|| usual_limit(recorded)), recorded));
    }
    let mut page = Vec::new();
    let mut body = Bounded { patience: QUOTE_TIME, ..Bounded::new(body, QUOTE_BYTES, recorded) };
    // An error's page that breaks off is quoted as far as it goes.
    drop(body.read_to_end(&mut page));
    let cure = match status.as_u16() {
        401 | 407 => "; a user and a password are given as http://USER:PASSWORD@HOST/…",
        300..=399 => "; give the address that it redirects to",
        _ => "",
    };
    let said = without_secrets(&quoted(&String::from_utf8_lossy(&page)));
    Err(io::Error::other(format!("the server answered {status}{said}{cure}")))
}

/// Bytes from a server that ends sometime: not too many of them, and not too slowly.
pub(super) struct Bounded<R> {
    body: R,
    limit: u64,
    come: u64,
    /// Time spent waiting for the server, not for whoever reads.
    waited: Duration,
    /// How much of that there may be.
    patience: Duration,
    /// When it is next looked at how fast the server sends, as time waited, and the bytes that had come before.
    look: (Duration, u64),
}

impl<R: Read> Bounded<R> {
    fn new(body: R, limit: u64, recorded: Duration) -> Self {
        let (waited, patience) = (Duration::ZERO, recorded + TRANSFER);
        Self { body, limit, come: 0, waited, patience, look: (recorded + SILENCE, 0) }
    }

    fn check(&mut self) -> io::Result<()> {
        if self.waited > self.patience {
            let what = "the server is still sending an hour after it should have recorded; seconds=N in the address \
                        says how long it records";
            return Err(io::Error::new(ErrorKind::TimedOut, what));
        }
        let (end, before) = self.look;
        if self.waited > end {
            if self.come - before < LEAST_BYTES {
                let what = format!("the server sends too slowly ({} within a minute)", bytes(self.come - before));
                return Err(io::Error::new(ErrorKind::TimedOut, what));
            }
            self.look = (self.waited + SILENCE, self.come);
        }
        Ok(())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        // One byte more than allowed tells an answer that is too long from one that just fits.
        let room = usize::try_from(self.limit - self.come.min(self.limit)).unwrap_or(usize::MAX).saturating_add(1);
        let room = room.min(buffer.len());
        let begin = Instant::now();
        let count = self.body.read(buffer.get_mut(..room).unwrap_or_default()).map_err(broken);
        self.waited += begin.elapsed();
        let count = count?;
        self.come += count as u64;
        if self.come > self.limit {
            let what =
                format!("the server sent more than {}; --max-download SIZE (4G) raises the limit", bytes(self.limit));
            return Err(io::Error::new(ErrorKind::FileTooLarge, what));
        }
        Ok(count)
    }
}

/// Bytes that a server may send which records for so long.
fn usual_limit(recorded: Duration) -> u64 {
    let (always, a_second) = MAX_BYTES;
    always.saturating_add(recorded.as_secs().saturating_mul(a_second)).min(MOST_BYTES)
}

/// How long the server is asked to record.
fn recorded(uri: &Uri) -> Duration {
    let seconds = uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("seconds="));
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_SECONDS);
    Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)
}

/// Why an answer breaks off.
fn broken(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => io::Error::new(ErrorKind::TimedOut, "the server has stopped sending"),
        Some(other) => io::Error::new(error.kind(), without_secrets(&other.to_string())),
        None => error,
    }
}

/// What to do about a certificate that nobody vouches for.
const NOT_TRUSTED: &str =
    "SSL_CERT_FILE=FILE names certificates to trust; --insecure accepts any, so that the server may be another one";

/// Why there is no answer, with the cure.
fn unanswered(error: ureq::Error) -> io::Error {
    let refused = matches!(&error, ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused);
    let cure = match &error {
        ureq::Error::ConnectionFailed => "is the program running, and does it serve net/http/pprof there?",
        _ if refused => "is the program running, and does it serve net/http/pprof there?",
        ureq::Error::HostNotFound => "is the name of the server correct?",
        ureq::Error::Timeout(_) => "the program may be stopped or busy; try again",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => NOT_TRUSTED,
        ureq::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.to_string().contains("certificate")) => {
            NOT_TRUSTED
        }
        ureq::Error::TooManyRedirects => "it redirects from one address to the next; give the last one",
        ureq::Error::LargeResponseHeader(..) => "what responds there is not a server with net/http/pprof",
        _ => "check the address and try again",
    };
    let what = match &error {
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        other => without_secrets(&other.to_string()),
    };
    io::Error::other(format!("the server did not respond ({what}); {cure}"))
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
    use std::io::{ErrorKind, Read};
    use std::time::Duration;

    use super::{Bounded, LONGEST, quoted, recorded, usual_limit};

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
    fn longer_recordings_may_be_larger() {
        assert_eq!(usual_limit(Duration::from_millis(500)), 250_000_000);
        assert_eq!(usual_limit(Duration::from_secs(60)), 1_210_000_000);
        assert_eq!(usual_limit(LONGEST), 4_000_000_000);
    }

    #[test]
    fn pages_are_quoted_in_few_words() {
        assert_eq!(quoted("\n Could not enable tracing\r\n\nmore\u{1b}\n"), ": Could not enable tracing more");
        assert_eq!(quoted(" \n"), "");
    }

    #[test]
    fn an_answer_may_be_as_long_as_the_limit_and_no_longer() {
        let read = |size: u64, limit: u64| {
            let mut all = Vec::new();
            let body = Bounded::new(std::io::repeat(7).take(size), limit, Duration::ZERO).read_to_end(&mut all);
            (body.map_err(|error| error.kind()), all.len())
        };
        assert_eq!(read(100_000, 100_000), (Ok(100_000), 100_000));
        assert_eq!(read(100_001, 100_000).0, Err(ErrorKind::FileTooLarge));
        assert_eq!(read(u64::MAX, 0).0, Err(ErrorKind::FileTooLarge));
    }

    #[test]
    fn an_answer_that_trickles_or_lasts_is_given_up() {
        let mut slow = Bounded::new(std::io::repeat(7), u64::MAX, Duration::from_secs(60));
        assert_eq!(slow.read(&mut [0; 16]).unwrap(), 16);
        slow.waited = Duration::from_secs(119);
        assert_eq!(slow.read(&mut [0; 16]).unwrap(), 16);
        slow.waited = Duration::from_secs(121);
        let why = slow.read(&mut [0; 16]).unwrap_err();
        assert!(why.kind() == ErrorKind::TimedOut && why.to_string().contains("too slowly (32 B"), "{why}");
        let mut fast = Bounded::new(std::io::repeat(7), u64::MAX, Duration::from_secs(60));
        fast.read_exact(&mut [0; 70_000]).unwrap();
        fast.waited = Duration::from_secs(121);
        assert_eq!(fast.read(&mut [0; 16]).unwrap(), 16);
        fast.waited = Duration::from_secs(3_661);
        assert!(fast.read(&mut [0; 16]).unwrap_err().to_string().contains("still sending"));
    }
}
