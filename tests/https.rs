//! Servers that speak https: whose certificates are believed, and what helps where they are not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::fixtures;
use crate::run;

fn pem(name: &str) -> PathBuf {
    fixtures::data().join("tls").join(name)
}

/// A server with a certificate that it signed itself, which answers one connection with a trace; whether anything was asked.
fn server() -> (String, JoinHandle<bool>) {
    let trace = std::fs::read(fixtures::data().join("real/workers-go1.27.trace")).expect("a fixture");
    let certificate = CertificateDer::from_pem_file(pem("cert.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(pem("key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.expect("versions").with_no_client_auth().with_single_cert(vec![certificate], key);
    let config = Arc::new(config.expect("they belong together"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serve = move || {
        let (stream, _) = listener.accept().expect("a client");
        let connection = ServerConnection::new(config).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        // A client that does not believe the certificate breaks off here.
        let lines = BufReader::new(&mut stream).lines().map_while(Result::ok);
        if lines.take_while(|line| !line.is_empty()).count() == 0 {
            return false;
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", trace.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&trace)).expect("the client listens");
        stream.conn.send_close_notify();
        stream.flush().expect("the client listens");
        true
    };
    (format!("https://localhost:{port}/t"), Builder::new().name("https".to_owned()).spawn(serve).expect("a thread"))
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_unless_asked_to() {
    let (address, served) = server();
    let output = run::command(&["stats", &address]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("SSL_CERT_FILE=FILE") && said.contains("--insecure"), "{said}");
    assert!(!served.join().expect("served"));

    let (address, served) = server();
    let output = run::command(&["stats", "--insecure", &address]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(served.join().expect("served"));
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn certificates_that_the_environment_names_are_believed() {
    let (address, served) = server();
    let output = run::command(&["stats", &address]).env("SSL_CERT_FILE", pem("cert.pem")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(served.join().expect("served"));
}
