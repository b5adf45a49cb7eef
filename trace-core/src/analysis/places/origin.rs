//! Whose code a frame is: the runtime's and the standard library's, a dependency's, or the program's own.

use crate::analysis::calls::package_of;
use crate::analysis::places::functions::is_synchronisation;
use crate::model::cgo::is_generated;
use crate::model::trace::Frame;

/// Whose code a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Go's runtime and standard library except for their tests, and what cgo generates.
    Standard,
    /// A module that the program depends on.
    Dependency,
    /// The module of the program itself.
    Own,
}

/// First elements of the import paths of Go's standard library.
const STANDARD: &[&str] = &[
    "archive",
    "arena",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// Whether an import path is of Go's runtime or standard library, or what the compiler makes up: `type:`.
#[must_use]
pub fn is_standard_package(package: &str) -> bool {
    let first = package.split('/').next().unwrap_or_default();
    !first.contains('.') && (first.contains(':') || STANDARD.binary_search(&first).is_ok())
}

/// Whose code a frame is.
#[must_use]
pub fn origin(frame: &Frame<'_>) -> Origin {
    let package = package_of(frame.function);
    // Where the package under test is Go's own, its tests are the program.
    let is_standard = is_standard_package(package) && !frame.file.ends_with("_test.go");
    let is_test_main = frame.file.ends_with("_testmain.go");
    if package.is_empty() || is_test_main || is_generated(frame) || is_standard {
        Origin::Standard
    } else if frame.file.contains("@v") || frame.file.contains("/vendor/") {
        Origin::Dependency
    } else {
        Origin::Own
    }
}

/// How near to the program a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Synchronisation,
    Library,
    Dependency,
    Own,
}

pub(super) fn rank(frame: &Frame<'_>) -> Rank {
    match origin(frame) {
        Origin::Own => Rank::Own,
        Origin::Dependency => Rank::Dependency,
        Origin::Standard if is_synchronisation(frame.function) => Rank::Synchronisation,
        Origin::Standard => Rank::Library,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: &str, file: &str) -> Origin {
        origin(&Frame { function, file, line: 1, pc: 0 })
    }

    #[test]
    fn the_list_of_the_standard_library_is_sorted() {
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn code_is_told_apart_by_its_import_path() {
        assert_eq!(of("net/http.(*conn).serve", "/go/src/net/http/server.go"), Origin::Standard);
        assert_eq!(of("slices.SortFunc[go.shape.[]example.com/a.T]", "x.go"), Origin::Standard);
        assert_eq!(of("main.main.func1", "/home/x/main.go"), Origin::Own);
        assert_eq!(of("main._Cfunc_cslow", "_cgo_gotypes.go"), Origin::Standard);
        assert_eq!(of("shop/orders.(*Book).Add", "/home/x/orders/book.go"), Origin::Own);
        assert_eq!(of("log.example.com/a.F", "/home/x/a.go"), Origin::Own);
        assert_eq!(of("github.com/a/b.F", "/home/gopher/go/pkg/mod/github.com/a/b@v1.2.3/b.go"), Origin::Dependency);
        assert_eq!(of("vendor/golang.org/x/net/http2.F", "x.go"), Origin::Standard);
        assert_eq!(of("main.main", "_testmain.go"), Origin::Standard);
        assert_eq!(of("regexp.TestBadCompile", "/go/src/regexp/all_test.go"), Origin::Own);
        assert_eq!(of("testing_things.F", "/home/x/a.go"), Origin::Own);
    }
}
