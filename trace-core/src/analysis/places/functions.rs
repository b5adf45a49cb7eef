//! Functions of Go's libraries that are told apart by their names.

use crate::model::trace::Frame;

/// Whether a library's function belongs to how bytes come and go, not to a protocol.
pub(super) fn is_plumbing(function: &str) -> bool {
    let packages = ["runtime.", "internal/poll.", "net.", "bufio.", "io.", "os.", "syscall.", "internal/syscall/"];
    packages.iter().any(|package| function.starts_with(package))
}

/// Whether a library's function talks with the client of a server.
pub(super) fn is_answering(function: &str) -> bool {
    function.starts_with("net/http.(*response).")
        || function.starts_with("net/http.checkConnErrorWriter.")
        || function.starts_with("net/http.(*expectContinueReader).")
        || ["http2responseWriter", "http2requestBody", "(*serverStream).", "websocket"]
            .iter()
            .any(|part| function.contains(part))
}

/// Library functions for system calls that look and leave things as they are.
pub(super) fn is_look(function: &str) -> bool {
    let Some(call) = function.strip_prefix("syscall.") else { return false };
    matches!(
        call,
        "Stat"
            | "Lstat"
            | "Fstat"
            | "fstat"
            | "fstatat"
            | "newfstatat"
            | "statx"
            | "Open"
            | "open"
            | "openat"
            | "Openat"
            | "Read"
            | "read"
            | "Pread"
            | "pread"
            | "Close"
            | "close"
            | "ReadDirent"
            | "Getdents"
            | "readlinkat"
            | "Readlink"
            | "Access"
            | "Faccessat"
            | "faccessat"
            | "faccessat2"
            | "Kill"
            | "kill"
            | "Flock"
            | "Seek"
    )
}

/// Whether a function of the standard library belongs to how it waits and calls, not to what it does.
pub(super) fn is_synchronisation(function: &str) -> bool {
    let package = function.split_once('.').map_or(function, |(package, _)| package);
    function.is_empty()
        || matches!(package, "runtime" | "sync" | "reflect" | "internal" | "time")
        || ["internal/", "runtime/", "sync/"].iter().any(|prefix| package.starts_with(prefix))
}

/// Functions of Go's libraries that record traces or profiles, or serve them.
pub(super) fn is_recording(function: &str) -> bool {
    let Some((package, name)) = function.rsplit_once('/').map(|(path, last)| {
        let (package, name) = last.split_once('.').unwrap_or((last, ""));
        (function.get(..path.len() + 1 + package.len()).unwrap_or_default(), name)
    }) else {
        return false;
    };
    match package {
        "net/http/pprof" => true,
        "runtime/trace" | "golang.org/x/exp/trace" => {
            matches!(name, "Start" | "Stop") || name.starts_with("(*FlightRecorder).") || name.starts_with("Start.func")
        }
        "runtime/pprof" => {
            matches!(name, "StartCPUProfile" | "StopCPUProfile" | "WriteHeapProfile" | "profileWriter")
                || name.starts_with("(*Profile).Write")
        }
        _ => false,
    }
}

/// Whether a function belongs to package `testing`. Goroutines that it starts run tests and benchmarks: what they wait
/// for is the order of tests, not an answer.
#[must_use]
pub fn is_test_function(function: &str) -> bool {
    function.starts_with("testing.")
}

/// Whether goroutines with this start function were started by a library for whoever asked: what they are there for is the
/// function that it calls.
#[must_use]
pub fn is_started_by_library(function: &str) -> bool {
    function.starts_with("sync.(*WaitGroup).Go")
        || function.contains("/errgroup.(*Group).")
        || function == "time.goFunc"
}

/// Library functions that do nothing but call the function that a goroutine was started for.
pub(super) fn is_launcher(frame: &Frame<'_>) -> bool {
    let function = frame.function;
    is_started_by_library(function)
        || is_test_function(function)
        || frame.file.ends_with("_testmain.go")
        || matches!(function, "runtime/pprof.Do" | "runtime/trace.WithRegion" | "runtime.goexit" | "runtime.main")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recording_a_trace_is_told_apart_from_annotating_it() {
        assert!(is_recording("net/http/pprof.Trace"));
        assert!(is_recording("runtime/trace.Start"));
        assert!(is_recording("runtime/trace.(*FlightRecorder).WriteTo"));
        assert!(is_recording("runtime/pprof.(*Profile).WriteTo"));
        assert!(!is_recording("runtime/pprof.Do"));
        assert!(!is_recording("runtime/trace.WithRegion"));
        assert!(!is_recording("runtime/trace.StartRegion"));
        assert!(!is_recording("example.com/runtime/trace.Start"));
        assert!(!is_recording("main.Start"));
    }
}
