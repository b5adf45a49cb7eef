//! `tracelane record` against servers on this machine: what Ctrl+C keeps, and to whom headers are sent.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::run;
use crate::sessions::unpack;

fn trace(folder: &Path) -> Vec<u8> {
    let members = unpack("traceparent-lock-go1.27", folder);
    fs::read(members.first().expect("a member")).expect("a trace")
}

/// The lines of a request's head.
fn head(stream: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect()
}

/// A server that gives these answers one after the other, and the heads of what it was asked.
fn server(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let answer = move |bytes: Vec<u8>| {
        let (mut stream, _) = listener.accept().expect("a client");
        let asked = head(&stream);
        stream.write_all(&bytes).expect("the client listens");
        asked
    };
    let serve = move || answers.into_iter().map(answer).collect();
    (address, Builder::new().name("server".to_owned()).spawn(serve).expect("a thread"))
}

fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

/// A server that sends a trace and more than any buffer on the way holds, says so, and then keeps the connection open until
/// the client has gone.
fn endless(trace: Vec<u8>, sent: Sender<()>) -> (String, JoinHandle<()>) {
    const MORE: usize = 48 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let serve = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").expect("the client listens");
        stream.write_all(&trace).and_then(|()| stream.write_all(&vec![0; MORE])).expect("the client listens");
        sent.send(()).expect("the test waits");
        // Until the client closes its end, in whatever way.
        drop(stream.read(&mut [0; 1]));
    };
    (address, Builder::new().name("endless".to_owned()).spawn(serve).expect("a thread"))
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_has_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = trace(folder.path());
    let out = folder.path().join("out");
    let (whole, served) = server(vec![ok(&trace)]);
    let (sent, is_sent) = channel();
    let (open, kept_open) = endless(trace.clone(), sent);
    let arguments = ["record", "--seconds", "60", &format!("front={whole}"), &format!("back={open}")];
    let mut command = run::command(&[&arguments[..], &["-o", out.to_str().expect("a name")]].concat());
    let piped = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = piped.spawn().expect("the program starts");
    served.join().expect("served");
    is_sent.recv().expect("most of it has arrived");
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(stopped.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("Ctrl+C keeps what has come") && said.contains("back: stopped"), "{said}");
    assert!(fs::read(out.join("front.trace")).expect("it is there") == trace, "all of the one that had ended");
    let came = fs::read(out.join("back.trace")).expect("it is there");
    assert!(came.starts_with(&trace), "{} bytes have come", came.len());
    let text = fs::read_to_string(out.join("session.json")).expect("a session file");
    assert!(text.contains("front.trace") && text.contains("back.trace"), "{text}");
    kept_open.join().expect("the client has gone");
}

#[test]
fn headers_go_to_all_servers_and_are_told_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = trace(folder.path());
    let out = folder.path().join("out");
    let servers =
        [server(vec![ok(&trace)]), server(vec![b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec()])];
    let [front, back] = ["front", "back"].map(str::to_owned);
    let named = [format!("{front}={}", servers[0].0), format!("{back}={}", servers[1].0)];
    let headers = ["--header", "Authorization: Bearer hush", "--header", "X-Team: shop"];
    let fixed = ["record", "--seconds", "1", &named[0], &named[1], "-o", out.to_str().expect("a name")];
    let output = run::tracelane(&[&fixed[..], &headers[..]].concat());
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("back: the server answered 403 Forbidden") && !said.contains("hush"), "{said}");
    for (_, served) in servers {
        let asked = served.join().expect("served").concat();
        let has = |line: &str| asked.iter().any(|asked| asked.eq_ignore_ascii_case(line));
        assert!(has("Authorization: Bearer hush") && has("X-Team: shop"), "{asked:?}");
    }
    let text = fs::read_to_string(out.join("session.json")).expect("a session file");
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn a_header_that_is_none_is_refused_before_anything_is_asked() {
    let output = run::tracelane(&["record", "front=localhost:1", "--header", "no colon"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--header"), "{said}");
}
