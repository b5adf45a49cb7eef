//! Traces by address, from a server on this machine that does well, badly and oddly.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};

use trace_core::base::error::Error;
use trace_core::base::monitor::Monitor;
use tracelane::action::action::FileAction;
use tracelane::remote;
use tracelane::state::app::FieldFor;

use crate::fixtures;
use crate::run;
use crate::window;

fn trace() -> Vec<u8> {
    fs::read(fixtures::data().join("real/guessnumber-bug-go1.27.trace")).expect("a fixture")
}

/// A server that answers as many connections as there are answers; the address, and what it was asked for.
fn server(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let serve = move || {
        let answer = |bytes: Vec<u8>| {
            let (mut stream, _) = listener.accept().expect("a client");
            let asked = asked(&stream);
            stream.write_all(&bytes).expect("the client listens");
            asked
        };
        answers.into_iter().map(answer).collect()
    };
    (address, Builder::new().name("server".to_owned()).spawn(serve).expect("a thread"))
}

/// The first line of a request, all of which is read.
fn asked(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    first
}

fn ok(body: &[u8], claimed: usize) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {claimed}\r\nConnection: close\r\n\r\n").into_bytes();
    answer.extend(body);
    answer
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn a_recorded_trace_is_the_same_as_the_file() {
    let bytes = trace();
    let (address, served) = server(vec![ok(&bytes, bytes.len())]);
    let output = run::tracelane(&["dump", &format!("{address}/debug/pprof/trace?seconds=5")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let file = fixtures::data().join("real/guessnumber-bug-go1.27.trace");
    assert!(output.stdout == run::tracelane(&["dump", &file.to_string_lossy()]).stdout, "another dump");
    assert_eq!(served.join().expect("served"), ["GET /debug/pprof/trace?seconds=5 HTTP/1.1"]);
}

#[test]
fn redirects_are_followed() {
    let bytes = trace();
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let (address, served) = server(vec![moved, ok(&bytes, bytes.len())]);
    let output = run::tracelane(&["stats", &format!("{address}/here")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(served.join().expect("served"), ["GET /here HTTP/1.1", "GET /there HTTP/1.1"]);
}

#[test]
fn the_server_is_quoted() {
    let page = "Could not enable tracing: tracing is already enabled\n";
    let length = page.len();
    let answer =
        format!("HTTP/1.1 500 Internal Server Error\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}");
    let (address, served) = server(vec![answer.into_bytes()]);
    let output = run::tracelane(&["stats", &format!("{address}/debug/pprof/trace")]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    let wanted = "the server answered 500 Internal Server Error: Could not enable tracing: tracing is already enabled";
    assert!(said.contains(wanted), "{said}");
    served.join().expect("served");
}

#[test]
fn an_answer_cut_short_shows_what_came() {
    let bytes = trace();
    let (address, served) = server(vec![ok(&bytes[..bytes.len() / 2], bytes.len())]);
    let output = run::tracelane(&["stats", &format!("{address}/t")]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    served.join().expect("served");
}

#[test]
fn nobody_there_and_no_path_come_with_a_cure() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let output = run::tracelane(&["stats", &format!("http://{free}/debug/pprof/trace")]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("is the program running"), "{said}");
    let output = run::tracelane(&["stats", &format!("http://{free}/")]);
    let said = text(&output.stderr);
    assert!(said.contains(&format!("write http://{free}/debug/pprof/trace?seconds=5")), "{said}");
}

#[test]
fn a_load_is_cancelled_while_the_server_records() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/debug/pprof/trace?seconds=60", listener.local_addr().expect("an address"));
    let (monitor, (done, finish)) = (Monitor::new(), channel::<()>());
    let cancel = monitor.clone();
    let serve = move || {
        let (stream, _) = listener.accept().expect("a client");
        asked(&stream);
        cancel.cancel();
        // Silent until the other side has given up.
        assert!(finish.recv().is_err(), "nobody sends");
    };
    let served = Builder::new().name("server".to_owned()).spawn(serve).expect("a thread");
    let result = remote::load(Path::new(&address), &monitor, None);
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    drop(done);
    served.join().expect("served");
}

/// A server that answers one connection with `head`, and then with `body` again and again for as long as somebody
/// listens; the address, and how many bytes it could send.
fn endless(head: &str, body: Vec<u8>) -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let head = head.to_owned();
    let serve = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        asked(&stream);
        let mut sent = 0;
        let mut next = head.into_bytes();
        while stream.write_all(&next).is_ok() {
            sent += next.len();
            next.clone_from(&body);
        }
        sent
    };
    (address, Builder::new().name("server".to_owned()).spawn(serve).expect("a thread"))
}

#[test]
fn an_answer_without_end_is_cut_at_the_limit() {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    for body in [trace(), vec![0; 1 << 16]] {
        let (address, served) = endless(&format!("{head}go 1.26 trace\0\0\0"), body);
        let output = run::tracelane(&["stats", &format!("{address}/t"), "--max-download", "3M"]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 3)), "{said}");
        assert!(said.contains("--max-download SIZE (4G) raises the limit"), "{said}");
        // What lies in buffers on the way may be more than what was taken.
        assert!(served.join().expect("served") < 40 << 20);
    }
    let bytes = trace();
    let (address, served) = server(vec![ok(&bytes, bytes.len())]);
    let limit = bytes.len().to_string();
    let output = run::tracelane(&["stats", &format!("{address}/t"), "--max-download", &limit]);
    assert_eq!(output.status.code(), Some(0), "one that just fits: {}", text(&output.stderr));
    served.join().expect("served");
}

#[test]
fn headers_and_redirects_without_end_are_given_up() {
    for (more, why) in [(b"X-More: and more\r\n".to_vec(), "too many headers"), (b"aaaa".to_vec(), "header is too big")]
    {
        let (address, served) = endless("HTTP/1.1 200 OK\r\n", more.repeat(1_000));
        let output = run::tracelane(&["stats", &format!("http://{address}/t")]);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(why), "{said}");
        assert!(served.join().expect("served") < 40 << 20);
    }
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let (address, served) = server(vec![moved; 6]);
    let output = run::tracelane(&["stats", &format!("{address}/here")]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("too many redirects"), "{said}");
    assert_eq!(served.join().expect("served").len(), 6);
}

#[test]
fn packed_answers_unpack_to_so_much_only() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"go 1.26 trace\0\0\0").expect("packed");
    packed.write_all(&vec![0; 64 << 20]).expect("packed");
    let bomb = packed.finish().expect("packed");
    let (address, served) = server(vec![ok(&bomb, bomb.len())]);
    let output = run::tracelane(&["stats", &format!("{address}/t"), "--max-unpacked", "1M"]);
    assert!(matches!(output.status.code(), Some(1 | 3)), "{}", text(&output.stderr));
    served.join().expect("served");
}

#[test]
fn a_port_makes_an_address_of_words_without_a_scheme() {
    let bytes = trace();
    let (address, served) = server(vec![ok(&bytes, bytes.len()); 2]);
    let bare = address.strip_prefix("http://").expect("a scheme");
    let port = bare.rsplit(':').next().expect("a port");
    for file in [format!("{bare}/debug/pprof/trace?seconds=1"), format!("localhost:{port}/t")] {
        let output = run::tracelane(&["stats", &file]);
        assert_eq!(output.status.code(), Some(0), "{file}: {}", text(&output.stderr));
    }
    assert_eq!(served.join().expect("served"), ["GET /debug/pprof/trace?seconds=1 HTTP/1.1", "GET /t HTTP/1.1"]);
    // A file of that name is what is meant.
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("localhost:1")).expect("a folder");
    fs::write(folder.path().join("localhost:1/t"), &bytes).expect("written");
    let output = run::command(&["stats", "localhost:1/t"]).current_dir(folder.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// Passwords and tokens as they are given, decoded, and as the header has them.
const SECRETS: [&str; 6] = ["hunter2", "s3cr3t%21", "s3cr3t!", "aHVudGVyMjpzM2NyM3Qh", "t0k3n", "l0cati0n"];

fn assert_no_secrets(what: &str, said: &str) {
    for secret in SECRETS {
        assert!(!said.contains(secret), "{what} has {secret}: {said}");
    }
}

#[test]
fn passwords_and_tokens_reach_the_server_and_nobody_else() {
    let bytes = trace();
    let echo = "no /t?access_token=t0k3n here, hunter2:s3cr3t%21 (s3cr3t!, aHVudGVyMjpzM2NyM3Qh)";
    let refused =
        format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{echo}", echo.len());
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let moved =
        |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let answers = vec![
        ok(&bytes, bytes.len()),
        ok(&bytes, bytes.len()),
        ok(&bytes[..bytes.len() / 2], bytes.len()),
        refused.into_bytes(),
        moved(&format!("http://u:l0cati0n@{free}/x?sig=l0cati0n")).into_bytes(),
        moved("gopher://u:l0cati0n@nowhere/x?token=l0cati0n").into_bytes(),
        moved("http://[::zz]:l0cati0n/?token=l0cati0n").into_bytes(),
        ok(b"no trace of access_token=t0k3n", 30),
    ];
    let count = answers.len();
    let (address, served) = server(answers);
    let bare = address.strip_prefix("http://").expect("a scheme");
    let whole = format!("http://hunter2:s3cr3t%21@{bare}/t?seconds=1&access_token=t0k3n");
    let words: [&[&str]; 8] =
        [&["stats"], &["report", "--json"], &["dump"], &["stats"], &["stats"], &["stats"], &["stats"], &["stats"]];
    for (at, words) in words.iter().enumerate() {
        let output = run::tracelane(&[*words, &[&whole]].concat());
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_no_secrets(&format!("answer {at} of {count}"), &(out.clone() + &err));
        let name = format!("http://***@{bare}/t?seconds=1&access_token=***");
        assert!(at == 2 || (out + &err).contains(&name), "answer {at}: {err}");
    }
    let asked = served.join().expect("served");
    assert!(asked.iter().all(|line| line == "GET /t?seconds=1&access_token=t0k3n HTTP/1.1"), "{asked:?}");
    for words in [&["stats", "--jsn"][..], &["help"], &["stats", "x"], &["screenshot"], &["compare"]] {
        let output = run::tracelane(&[words, &[&whole]].concat());
        assert_no_secrets("a wrong line", &(text(&output.stdout) + &text(&output.stderr)));
    }
    let kept = run::tracelane(&["stats", "http://***@127.0.0.1:1/t?access_token=***"]);
    assert!(text(&kept.stderr).contains("enter the address again"), "{}", text(&kept.stderr));
}

#[test]
fn a_password_is_sent_as_http_wants_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let lines: Vec<String> =
            BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        stream.write_all(&ok(&trace(), trace().len())).expect("the client listens");
        lines
    };
    let served = Builder::new().name("server".to_owned()).spawn(serve).expect("a thread");
    let output = run::tracelane(&["stats", &format!("http://Aladdin:open%20sesame@{address}/t")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = served.join().expect("served").join("\n").to_lowercase();
    assert!(lines.contains("authorization: basic qwxhzgrpbjpvcgvuihnlc2ftzq=="), "{lines}");
    assert!(lines.contains(&format!("host: {address}")) && !lines.contains("sesame"), "{lines}");
}

#[test]
fn the_window_keeps_no_password() {
    let bytes = trace();
    let (address, served) = server(vec![ok(&bytes, bytes.len())]);
    let bare = address.strip_prefix("http://").expect("a scheme");
    let mut window = window::Window::empty();
    window.act(FileAction::AskPath(FieldFor::Address));
    window.act(FileAction::OpenTyped(format!("hunter2:s3cr3t%21@{bare}/t?access_token=t0k3n")));
    let state = window.0.state().state();
    let document = state.document().expect("a document");
    assert!(document.has_lanes(), "{:?}", document.load);
    assert_eq!(document.source.title(), bare);
    assert_eq!(state.settings.recent_addresses, [format!("http://***@{bare}/t?access_token=***")]);
    assert_no_secrets("the settings", &ron::to_string(&state.settings).expect("settings"));
    assert_no_secrets("the window", &window.words().join("\n"));
    served.join().expect("served");
}
