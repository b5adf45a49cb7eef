//! Traces by address, from a server on this machine that does well, badly and oddly.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/run.rs"]
mod run;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};

use trace_core::base::error::Error;
use trace_core::base::monitor::Monitor;
use tracelane::remote;

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
    let result = remote::load(Path::new(&address), &monitor, &mut |_| {});
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    drop(done);
    served.join().expect("served");
}
