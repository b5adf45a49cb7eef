//! One case for each kind of file that is taken for a trace: how it begins, and what must be said of it.

use super::*;

/// How a file begins, a part of what it is said to be, and a part of the advice.
type Case = (&'static str, &'static str, &'static str);

const FETCHED: &str = "curl -o out.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'";

#[track_caller]
fn check(cases: &[Case]) {
    for (text, is, cure) in cases {
        for text in [(*text).to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
            let said = describe(text.as_bytes());
            assert!(said.contains(is), "{text:?} is said to be: {said}");
            assert!(said.contains(cure), "{text:?} has the advice: {said}");
        }
    }
}

#[test]
fn answers_of_servers() {
    check(&[
        ("Unknown profile\n", "\"Unknown profile\", because net/http/pprof has no profile", FETCHED),
        (
            "Could not enable tracing: tracing is already enabled\n",
            "already being traced",
            "wait until that recording has ended",
        ),
        ("Could not enable tracing: execution tracer already enabled\n", "already being traced", FETCHED),
        ("Could not enable tracing: out of memory\n", "could not start", FETCHED),
        ("Could not enable CPU profiling: cpu profiling already in use\n", "/debug/pprof/profile", FETCHED),
        ("profile duration exceeds server's WriteTimeout\n", "may not take that long", "http.Server.WriteTimeout"),
        ("404 page not found\n", "nothing is served", "import net/http/pprof"),
        ("invalid value for \"seconds\" - must be a positive integer\n", "gives no trace", FETCHED),
        ("Client sent an HTTP request to an HTTPS server.\n", "only HTTPS", "'https://localhost:6060"),
        ("401 Unauthorized\n", "credentials", "curl -u USER"),
        ("Forbidden\n", "denied", "curl -u USER"),
        ("502 Bad Gateway\n", "a proxy", "kubectl port-forward"),
        ("upstream request timeout", "a proxy", "seconds=5"),
        ("<a href=\"/new\">Moved Permanently</a>.\n\n", "redirection", "curl -L -o out.trace"),
        ("HTTP/1.1 404 Not Found\nX-Go-Pprof: 1\n\nUnknown profile\n", "\"Unknown profile\"", FETCHED),
        ("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", "404 Not Found", "import net/http/pprof"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "with its headers, \"HTTP/1.1 200 OK\"", "leave out curl's -i"),
        ("num_symbols: 1\n", "/debug/pprof/symbol", FETCHED),
        ("StatusCode        : 200\nStatusDescription : OK\n", "PowerShell", "curl.exe -o out.trace"),
        (
            "curl: (7) Failed to connect to localhost port 6060 after 0 ms: Could not connect to server\n",
            "an error message in place of what was to be downloaded, \"curl: (7) Failed",
            "check that the program runs",
        ),
        (
            "  % Total    % Received % Xferd\n  0     0    0     0\ncurl: (6) Could not resolve host: nowhere\n",
            "\"curl: (6) Could not resolve host: nowhere\"",
            "check the name of the host",
        ),
        ("curl: (52) Empty reply from server\n", "curl: (52)", "WriteTimeout"),
        (
            "--2026-11-29 10:00:00--  http://localhost:6060/\nConnecting to localhost:6060... failed: Connection refused.\n",
            "failed: Connection refused",
            "check that the program runs",
        ),
        ("something broke\n", "text, \"something broke\"", "curl -f"),
    ]);
}

#[test]
fn profiles_as_text() {
    check(&[
        ("heap profile: 2: 1048704 [2: 1048705] @ heap/1048576\n", "heap?debug=1", FETCHED),
        ("goroutine profile: total 13\n4 @ 0x48c5ea\n", "goroutine?debug=1", FETCHED),
        ("goroutine 49 [running]:\nruntime/pprof.writeGoroutineStacks(", "goroutine?debug=2", FETCHED),
        ("threadcreate profile: total 7\n", "threadcreate?debug=1", FETCHED),
        ("--- contention:\ncycles/second=1996248495\n", "block?debug=1", FETCHED),
        ("--- mutex:\ncycles/second=1996248495\nsampling period=0\n", "mutex?debug=1", FETCHED),
        ("mode: set\nexample.com/a.go:1.1,2.2 1 1\n", "coverage", "go tool cover"),
        ("main.main;main.work 12\nmain.main;main.wait;sync.(*Mutex).Lock 7\n", "folded stacks", "flame graph"),
    ]);
}

#[test]
fn stack_dumps_and_test_results() {
    check(&[
        (
            "2026/11/29 listening\nSIGQUIT: quit\nPC=0x495021 m=0 sigcode=0\n\ngoroutine 0 gp=0xafeda0 m=0 [idle]:\n",
            "on SIGQUIT",
            FETCHED,
        ),
        ("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n", "\"panic: boom\"", "trace.FlightRecorder"),
        (
            "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n",
            "all goroutines are asleep",
            "trace.FlightRecorder",
        ),
        ("=====\nWARNING: DATA RACE\nWrite at 0x00c by goroutine 7:\n", "race detector", "go test -trace"),
        ("=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n", "the output of go test", "go test -trace=out.trace"),
        ("goos: linux\ngoarch: amd64\nBenchmarkA-2 1 2 ns/op\n", "the output of go test", "go test -trace=out.trace"),
        ("ok  \texample.com/a\t0.012s\n", "the output of go test", "go test -trace=out.trace"),
        ("gc 1 @0.012s 2%: 0.1+1+0.1 ms clock\n", "gctrace", "go test -trace"),
        ("SCHED 0ms: gomaxprocs=2 idleprocs=1\n", "schedtrace", "go test -trace"),
    ]);
}

#[test]
fn text_made_of_traces() {
    check(&[
        ("M=-1 P=-1 G=-1 Sync Time=3201628450689 N=2\n", "tracelane dump", "the trace that it was made from"),
        ("## Trace report\n\na.trace: 1 kB\n", "tracelane report --md", "made from"),
        ("a.trace: 290 kB, 1.21 s, 58,175 events, 1,080 goroutines, 4 procs\n", "tracelane report", "made from"),
        ("EventBatch gen=1 m=18446744073709551615 time=14716736385 size=23\n", "-d=wire", "made from"),
        ("Trace Go1.26\nEventBatch gen=1 m=0 time=1 size=4\n", "-d=wire", "made from"),
        ("00000000: 676f 2031 2e32 3620 7472 6163 6500 0000  go 1.26 trace...\n", "hex dump", "xxd -r"),
        ("103\n111\n32\n49\n46\n50\n54\n", "decimal numbers", "-OutFile out.trace"),
        ("package main\n\nfunc main() {}\n", "Go source", "go test -trace"),
    ]);
}

#[test]
fn pointers_to_files() {
    check(&[
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS", "git lfs pull"),
        ("/annex/objects/SHA256E-s263251--ab.trace\n", "git-annex", "git annex get"),
    ]);
}

#[test]
fn kinds_of_json() {
    let perfetto = "https://ui.perfetto.dev";
    check(&[
        ("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[{\"name\":\"a\"", "Chrome's JSON", perfetto),
        ("[\n{\"name\":\"a\",\"ph\":\"X\",\"ts\":1,\"dur\":2}", "Chrome's JSON", perfetto),
        ("[\n{\"name\":\"Running build command\",\"ph\":\"B\",\"ts\":1,\"pid\":0}", "go build -debug-trace", perfetto),
        ("{\"resourceSpans\":[{\"resource\":{}", "OTLP", FETCHED),
        ("{\n\t\"Name\": \"a\",\n\t\"SpanContext\": {\n\t\t\"TraceID\": \"0\"", "stdouttrace", FETCHED),
        ("{\"data\":[{\"traceID\":\"5e\",\"spans\":[{", "Jaeger", FETCHED),
        ("[{\"traceId\":\"5e\",\"id\":\"1\",\"localEndpoint\":{}}]", "Zipkin", FETCHED),
        ("{\"Time\":\"2026\",\"Action\":\"start\",\"Package\":\"a\"}\n", "go test -json", "go test -trace=out.trace"),
        ("{\n\"cmdline\": [\"./srv\"],\n\"memstats\": {\"Alloc\":1", "/debug/vars", FETCHED),
        ("{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"pods \\\"a\\\" not found\"", "\"pods", "curl -f"),
        ("{\"error\":\"unauthorized\"}", "\"unauthorized\"", "curl -f"),
        ("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\"", "speedscope", "speedscope.app"),
        (
            "{\n  \"schema\": \"tracelane.syscalls\",\n  \"version\": 1",
            "a Tracelane command in JSON",
            "the trace that it was made from",
        ),
        (
            "{\"summary\":{\"file\":\"a\",\"procs_busy\":0.1,\"verdict\":\"No problems found.\"}",
            "tracelane report --json",
            "made from",
        ),
        (
            "{\"settings\":[],\"verdict\":[],\"a\":{\"files\":[],\"origin_ns\":[0]",
            "tracelane compare --json",
            "made from",
        ),
        ("{\"file\":\"a\",\"generations\":2,\"events_by_kind\":{}", "tracelane stats --json", "made from"),
        ("{\"file\":\"a\",\"partial\":false,\"selected\":{}", "tracelane why --json", "made from"),
        ("{\"file\":\"a\",\"partial\":false,\"total_ns\":1}", "a Tracelane command in JSON", "made from"),
        ("{\"a\":1}", "a JSON document", FETCHED),
    ]);
    assert!(describe(b"[main] listening on :8080\n").contains("text"), "a line of a log is no JSON");
}

#[test]
fn pages_and_other_markup() {
    check(&[
        ("<html>\n<head>\n<title>/debug/pprof/</title>\n", "lists the profiles", FETCHED),
        ("<!DOCTYPE html><title>Sign in</title>", "the title \"Sign in\"", "a login"),
        (
            "<!DOCTYPE html><html lang=\"en\"><head><title>What changed: a.trace → b.trace</title>",
            "tracelane compare --html",
            "open it in a browser",
        ),
        ("<!doctype html><h1>cmd/trace: the Go trace event viewer</h1>", "go tool trace", "open the file"),
        ("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>", "\"NoSuchKey\"", "credentials"),
        ("<?xml version=\"1.0\"?><a/>", "XML", "go test -trace"),
    ]);
}

#[test]
fn binary_kinds() {
    let core = |class: u8, kind: [u8; 2]| [b"\x7fELF\x02".as_slice(), &[class], &[0; 10], &kind].concat();
    let cases: [(&[u8], &str, &str); 27] = [
        (b"Z28gMS4yNiB0cmFjZQAAAA", "base64", "base64 -d"),
        (b"HTTP/1.1 200 OK\r\n\r\n\x0a\x04\x08\x01\x10\x02\x32\x03cpu", "a CPU profile", "go tool pprof"),
        (b"HTTP/1.1 200 OK\r\n\r\n\x1f\x8b\x08\0\xff", "with its headers", "leave out curl's -i"),
        (b"BZh9", "bzip2", "bunzip2 -k FILE"),
        (b"\x1f\x8b\x08\0", "more than once", "unpack it first"),
        (b"PK\x05\x06", "empty zip", "go test -trace"),
        (&core(1, [4, 0]), "a core dump", "dlv core"),
        (&core(2, [0, 4]), "a core dump", "dlv core"),
        (&core(1, [3, 0]), "a program", "-test.trace=out.trace"),
        (b"MZ\x90\0", "Windows program", "-test.trace"),
        (b"\xcf\xfa\xed\xfe\x07", "macOS program", "-test.trace"),
        (b"MDMP", "memory dump", "dlv core"),
        (b"PERFILE2", "perf", "perf report -i FILE"),
        (b"\xd4\xc3\xb2\xa1\x02\0", "packet capture", FETCHED),
        (b"\x0a\x0d\x0d\x0a", "packet capture", FETCHED),
        (b"go1.7 heap dump\n", "WriteHeapDump", "go test -trace"),
        (b"\x17\x08\x44tracing", "trace-cmd", "trace-cmd report"),
        (b"\0\x05\x16\x07", "macOS", "without ._"),
        (&[0; 100], "zero bytes", "record it again"),
        (b"\x0a\x04\x08\x01\x10\x02", "a profile (pprof format)", "go tool pprof FILE"),
        (b"Z\x04\x08\x01\x10\x02", "a profile (pprof format)", FETCHED),
        (b"H\x98\xe1\x8b\x85\xf9", "a profile (pprof format)", FETCHED),
        (b"\x0a\x04\x08\x01\x10\x02\0\0\x32\x07samples\x32\x03cpu", "a CPU profile", "not at /debug/pprof/profile"),
        (b"\x0a\x04\x08\x01\x10\x02\0\0\x32\x0binuse_space", "a heap profile", FETCHED),
        (b"\x0a\x02\x50\x01\x0a\x02\x50\x02\x0a\x02\x50\x03", "Perfetto", "https://ui.perfetto.dev"),
        (b"", "an empty file", FETCHED),
        (&[0x80, 3, 0xff, 0], "match no known", "file format"),
    ];
    for (head, is, cure) in cases {
        let said = describe(head);
        assert!(said.contains(is) && said.contains(cure), "{head:x?} is said to be: {said}");
    }
}

#[test]
fn quotes_are_short_and_escaped() {
    assert!(describe("\n  Grüße\nan alle".as_bytes()).contains("text, \"Grüße\""));
    assert!(describe("ä".repeat(100).as_bytes()).contains(&format!("\"{}…\"", "ä".repeat(80))));
    assert!(describe("a\u{1b}[31m\u{202e}b\n".as_bytes()).contains("\"a\\x1b[31m\\u202eb\""));
    assert!(!describe("<title>\u{1b}]0;x\n</title>".as_bytes()).contains('\u{1b}'));
}

#[test]
fn a_trace_may_follow_text_but_not_programs_or_packed_files() {
    for head in [b"listening\n".as_slice(), b"{\"level\":\"info\"}\n", b"\x80\x03", &[0; 512]] {
        assert!(may_precede_a_trace(head), "{head:?}");
    }
    for head in [b"\x7fELF\x02\x01".as_slice(), b"\xd4\xc3\xb2\xa1", b"PERFILE2", b"\x1f\x8b\x08", b"\x02\x21\x4c\x18"]
    {
        assert!(!may_precede_a_trace(head), "{head:?}");
    }
}

#[test]
fn chunk_sizes_are_seen_before_a_header() {
    assert!(ends_with_chunk_size(b"800\r\n") && ends_with_chunk_size(b"HTTP/1.1 200 OK\r\n\r\n1F\r\n"));
    assert!(!ends_with_chunk_size(b"listening on 80\r\n") && !ends_with_chunk_size(b"\r\n"));
    assert!(!ends_with_chunk_size(b"800\n") && !ends_with_chunk_size(b""));
}
