//! Calls of C functions, which the runtime records as system calls.
//!
//! Go reaches `C.f` through a function that cgo generates, `main._Cfunc_f` in `_cgo_gotypes.go`; it stands at the leaf
//! of the stack. A thread that C made has a goroutine that starts with `runtime.cgocallback`: it runs while C calls
//! into Go, and between such callbacks it counts as in a system call, without a stack.

use crate::base::ids::{GoroutineIdx, StackId};
use crate::model::trace::{Frame, Trace};

/// What the name of a generated function begins with, behind the package.
const PREFIXES: [&str; 2] = ["_Cfunc_", "_C2func_"];
/// The file that cgo generates.
const GENERATED: &str = "_cgo_gotypes.go";
/// Where goroutines of threads that C made start.
const CALLBACK: &str = "runtime.cgocallback";

/// The C function that a generated Go function calls: `f` for `main._Cfunc_f`. `None` for other functions.
#[must_use]
pub fn c_function(function: &str) -> Option<&str> {
    let name = function.rsplit('.').next()?;
    let c = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    // The one function that cgo wraps by itself.
    Some(if c == "_CMalloc" { "malloc" } else { c })
}

/// Whether a frame is in code that cgo generated.
#[must_use]
pub fn is_generated(frame: &Frame<'_>) -> bool {
    frame.file.ends_with(GENERATED) || c_function(frame.function).is_some()
}

impl Trace {
    /// The C function that a stack is in, if its leaf is a call of one.
    #[must_use]
    pub fn c_function(&self, stack: StackId) -> Option<&str> {
        let leaf = self.frames(stack).find(|frame| !frame.function.starts_with("runtime."))?;
        c_function(leaf.function)
    }

    /// Whether a goroutine that counts as in a system call, with this stack, was in C instead.
    #[must_use]
    pub fn is_in_c(&self, go: GoroutineIdx, stack: StackId) -> bool {
        if stack.is_some() {
            return self.c_function(stack).is_some();
        }
        self.is_callback(go)
    }

    /// Whether a goroutine belongs to a thread that C made.
    #[must_use]
    pub fn is_callback(&self, go: GoroutineIdx) -> bool {
        self.goroutine(go).is_some_and(|go| self.str(go.name) == CALLBACK)
    }

    /// Whether any goroutine was in C: what counts as a system call is a mix of both then. Looks at all stacks once.
    #[must_use]
    pub fn has_c_calls(&self) -> bool {
        *self.has_c_calls.get_or_init(|| {
            (0..self.stack_count()).any(|stack| self.c_function(StackId(stack)).is_some())
                || (0..self.goroutine_count()).any(|go| self.is_callback(GoroutineIdx(go)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_functions_tell_what_they_call() {
        assert_eq!(c_function("main._Cfunc_cslow"), Some("cslow"));
        assert_eq!(c_function("example.com/a/sqlite3._C2func_sqlite3_step"), Some("sqlite3_step"));
        assert_eq!(c_function("net._Cfunc__CMalloc"), Some("malloc"));
        assert_eq!(c_function("main.Cfunc_x"), None);
        assert_eq!(c_function(""), None);
        let frame = |function, file| Frame { function, file, line: 1, pc: 0 };
        assert!(is_generated(&frame("net._C_getaddrinfo.func1", "_cgo_gotypes.go")));
        assert!(!is_generated(&frame("main.main", "/src/main.go")));
    }
}
