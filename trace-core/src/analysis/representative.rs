//! Which frame represents a stack. One rule for tables, panels and lanes: whoever shows one frame of a stack asks here.

use crate::analysis::places::{Origin, origin};
use crate::base::ids::StackId;
use crate::model::trace::{Frame, Trace};

/// How well a frame represents its stack; higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Neither function nor file is known.
    Nameless,
    /// A frame of Go's runtime.
    Runtime,
    /// What the standard library is built on: `sync`, `syscall`, internal packages, `time.Sleep`.
    Foundation,
    /// The rest of the standard library.
    Library,
    /// A module that the program depends on.
    Dependency,
    /// A frame of the program itself.
    Own,
}

/// The place, counted from the leaf, of the frame that represents a stack: of the program's frames the one nearest to
/// the leaf; without one, the same of modules that the program depends on, then of the standard library apart from what
/// it is built on, then of that, then of the runtime. `None` if nothing is known of any frame.
#[must_use]
pub fn representative<'a>(frames: impl IntoIterator<Item = Frame<'a>>) -> Option<usize> {
    let mut best = None;
    for (at, frame) in frames.into_iter().enumerate() {
        let rank = rank(&frame);
        if rank == Rank::Own {
            return Some(at);
        }
        if rank > Rank::Nameless && best.is_none_or(|(_, known)| rank > known) {
            best = Some((at, rank));
        }
    }
    best.map(|(at, _)| at)
}

/// The frame that represents a stack; see [`representative`].
#[must_use]
pub fn frame_of(trace: &Trace, stack: StackId) -> Option<Frame<'_>> {
    let at = representative(trace.frames(stack))?;
    trace.frames(stack).nth(at)
}

fn rank(frame: &Frame<'_>) -> Rank {
    if frame.function.is_empty() && frame.file.is_empty() {
        return Rank::Nameless;
    }
    match origin(frame) {
        Origin::Own => Rank::Own,
        // Semaphores and groups of Go's extended library stand for what they are made of.
        Origin::Dependency if is_foundation(frame.function) => Rank::Foundation,
        Origin::Dependency => Rank::Dependency,
        Origin::Standard if is_runtime(frame.function) || frame.function.is_empty() => Rank::Runtime,
        Origin::Standard if is_foundation(frame.function) => Rank::Foundation,
        Origin::Standard => Rank::Library,
    }
}

/// Whether a function belongs to Go's runtime.
#[must_use]
pub fn is_runtime(function: &str) -> bool {
    ["runtime.", "runtime/internal/", "internal/runtime/"].iter().any(|prefix| function.starts_with(prefix))
}

fn is_foundation(function: &str) -> bool {
    let foundations = [
        "internal/",
        "sync.",
        "sync/",
        "syscall.",
        "reflect.",
        "time.Sleep",
        "golang.org/x/sync/",
        "golang.org/x/sys/",
    ];
    foundations.iter().any(|prefix| function.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::representative;
    use crate::model::trace::Frame;

    fn of(functions: &[&'static str], file: &'static str) -> Option<usize> {
        representative(functions.iter().map(|function| Frame { function, file, line: 1, pc: 0 }))
    }

    #[test]
    fn the_programs_frame_nearest_to_the_leaf_represents_a_stack() {
        for module in ["shop/store.(*S).Get", "example.com/shop/store.(*S).Get", "main.get"] {
            let stack = ["runtime.gopark", "sync.(*Mutex).Lock", module, "main.main", "runtime.main"];
            assert_eq!(of(&stack, "/src/x.go"), Some(2), "{module}");
        }
    }

    #[test]
    fn without_the_program_what_is_nearest_to_it_does() {
        let stack = ["runtime.gopark", "internal/poll.(*FD).Read", "net.(*conn).Read", "net/http.(*conn).serve"];
        assert_eq!(of(&stack, "/go/src/x.go"), Some(2));
        assert_eq!(of(&["syscall.read", "os.(*File).Read"], "/go/src/x.go"), Some(1));
        assert_eq!(of(&["runtime.gopark", "runtime.bgsweep"], "/go/src/x.go"), Some(0));
        let stack = ["runtime.gopark", "golang.org/x/sync/semaphore.(*Weighted).Acquire", "github.com/a/b.F"];
        assert_eq!(of(&stack, "/mod/x@v1/x.go"), Some(2));
        assert_eq!(of(&["", "runtime.goexit"], ""), Some(1));
        assert_eq!(of(&[""], ""), None);
    }
}
