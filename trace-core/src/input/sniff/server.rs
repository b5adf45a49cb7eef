//! What servers answer instead of a trace, in one line of text, as curl saves it.

use super::{FETCH, Lookalike, curl, lookalike, quoted};

/// Longer texts are no answers of this kind.
const MAX_BYTES: usize = 2048;
/// Lines before curl's error message: those of its progress.
const DOWNLOAD_LINES: usize = 20;

/// What the answer contains, why the server says so, what to do.
type Answer = (&'static str, &'static str, &'static str);

const ONCE: &str = concat!("wait until that recording has ended, or call trace.Stop; then: ", curl!());
const OTHER: &str = concat!("traces are at /debug/pprof/trace: ", curl!());
const SHORTER: &str = "ask for less time than http.Server.WriteTimeout, as in curl -o out.trace \
                       'http://localhost:6060/debug/pprof/trace?seconds=1', or raise that timeout";
const MISSING: &str = concat!(
    "check host, port and path; the program must import net/http/pprof and serve http.DefaultServeMux (or \
     pprof.Trace); then: ",
    curl!()
);
const LOGIN: &str = "supply credentials, as in curl -u USER -o out.trace \
                     'http://localhost:6060/debug/pprof/trace?seconds=5', or bypass the proxy";
const PROXY: &str = "ask the program itself (in Kubernetes: kubectl port-forward POD 6060), or for less time \
                     than the proxy waits: curl -o out.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'";
const TLS: &str = "use https: curl -o out.trace 'https://localhost:6060/debug/pprof/trace?seconds=5'";
const UNDER_WAY: &str = "because the program is already being traced";

const ANSWERS: &[Answer] = &[
    ("tracing is already enabled", UNDER_WAY, ONCE),
    ("tracer already enabled", UNDER_WAY, ONCE),
    ("tracing already enabled", UNDER_WAY, ONCE),
    ("profile duration exceeds server's WriteTimeout", "because its responses may not take that long", SHORTER),
    ("Could not enable CPU profiling", "from /debug/pprof/profile, which gives no trace", OTHER),
    ("Could not enable tracing", "because the recording could not start", FETCH),
    ("Unknown profile", "because net/http/pprof has no profile of that name", OTHER),
    ("invalid value for \"seconds\"", "from an address that gives no trace", OTHER),
    ("\"seconds\" parameter is not supported", "from an address that gives no trace", OTHER),
    ("seconds and debug params are incompatible", "from an address that gives no trace", OTHER),
    ("num_symbols: ", "from /debug/pprof/symbol, which gives no trace", OTHER),
    ("404 page not found", "because nothing is served at that address", MISSING),
    ("404 Not Found", "because nothing is served at that address", MISSING),
    ("Client sent an HTTP request to an HTTPS server", "because it accepts only HTTPS", TLS),
    ("Unauthorized", "because it requires credentials", LOGIN),
    ("Forbidden", "because access is denied", LOGIN),
    ("Method Not Allowed", "because that address does not accept this request method", OTHER),
    ("Bad Gateway", "from a proxy that could not reach the program", PROXY),
    ("Service Unavailable", "from a proxy that could not reach the program", PROXY),
    ("Gateway Time", "from a proxy that did not wait long enough", PROXY),
    ("upstream connect error", "from a proxy that could not reach the program", PROXY),
    ("upstream request timeout", "from a proxy that did not wait long enough", PROXY),
    ("no healthy upstream", "from a proxy that could not reach the program", PROXY),
];

/// What a program that downloads says of what went wrong, and what to do.
const DOWNLOADS: &[(&[&str], &str)] = &[
    (
        &["curl: (7)", "curl: (28)", "Connection refused", "Failed to connect", "timed out"],
        concat!(
            "check that the program runs, and that it listens on that host and port (in Kubernetes: kubectl port-forward \
             POD 6060); then: ",
            curl!()
        ),
    ),
    (&["curl: (6)", "Could not resolve", "unable to resolve"], concat!("check the name of the host; then: ", curl!())),
    (
        &["curl: (35)", "curl: (60)", "SSL", "certificate"],
        concat!("check whether the server speaks http or https; then: ", curl!()),
    ),
    (&["curl: (22)", "ERROR 4", "ERROR 5"], MISSING),
    (&["curl: (52)", "curl: (56)", "curl: (18)"], SHORTER),
];

/// An error of curl or wget that was saved in place of what they were to fetch.
pub(super) fn download(text: &str) -> Option<Lookalike> {
    let line = text.lines().take(DOWNLOAD_LINES).map(str::trim).find(|line| {
        let is_curl = line.strip_prefix("curl: (").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        is_curl || line.starts_with("wget: ") || line.starts_with("Connecting to ") && line.contains("failed:")
    })?;
    let cure = DOWNLOADS.iter().find(|(said, _)| said.iter().any(|said| line.contains(said)));
    let is = format!("an error message in place of what was to be downloaded, {}", quoted(line));
    Some(lookalike(is, cure.map_or(FETCH, |known| known.1)))
}

pub(super) fn answer(text: &str) -> Option<Lookalike> {
    if text.len() > MAX_BYTES || text.trim().lines().count() > 2 {
        return None;
    }
    let line = text.lines().next().unwrap_or_default().trim();
    let (_, why, cure) = ANSWERS.iter().find(|(said, ..)| line.contains(said))?;
    Some(lookalike(format!("a server's response, {}, {why}", quoted(line)), *cure))
}

/// The first line and the body of an answer that was saved with its headers, as curl -i does.
pub(super) fn with_headers(head: &[u8]) -> Option<(&[u8], &[u8])> {
    let status = head.starts_with(b"HTTP/").then(|| head.split(|&byte| byte == b'\n').next())??;
    let behind = |gap: &[u8]| head.windows(gap.len()).position(|window| window == gap).map(|at| at + gap.len());
    let body = behind(b"\r\n\r\n").or_else(|| behind(b"\n\n")).and_then(|at| head.get(at..)).unwrap_or_default();
    Some((status, body))
}

/// What to say of an answer with headers whose body says nothing.
pub(super) fn of_status(status: &[u8]) -> Lookalike {
    let status = String::from_utf8_lossy(status);
    answer(&status).unwrap_or_else(|| {
        let is = format!("a server's response with its headers, {}", quoted(status.trim()));
        lookalike(is, concat!("save it without headers: leave out curl's -i: ", curl!()))
    })
}
