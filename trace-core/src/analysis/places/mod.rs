//! What stacks say: which frame is the program's own, and which operation stands at the leaf.

mod facts;
mod functions;
mod op;
mod origin;
mod place;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::calls::Calls;
use crate::analysis::places::facts::{Facts, Names, look_through, raise_loops};
pub use crate::analysis::places::functions::{is_started_by_library, is_test_function};
pub use crate::analysis::places::op::Op;
pub use crate::analysis::places::origin::{Origin, is_standard_package, origin};
use crate::analysis::places::origin::{Rank, rank};
pub use crate::analysis::places::place::{Place, in_words, line_of, with_line};
use crate::analysis::request_borders::RequestPhase;
use crate::base::ids::{StackId, StrId};
use crate::model::trace::{Frame, Trace};

/// The stacks of a trace, looked through once.
#[derive(Debug)]
pub struct Places<'a> {
    trace: &'a Trace,
    facts: Vec<Facts>,
    /// Functions by their numbers.
    names: Vec<&'a str>,
    calls: Calls,
}

impl<'a> Places<'a> {
    /// Looks through all stacks.
    #[must_use]
    pub fn new(trace: &'a Trace) -> Self {
        let mut names = Names::default();
        let mut facts = Vec::with_capacity(trace.stack_count() as usize);
        for id in 0..trace.stack_count() {
            facts.push(look_through(trace, StackId(id), &mut names));
        }
        raise_loops(trace, &mut facts);
        Self { trace, facts, names: by_number(&names.functions), calls: names.calls }
    }

    /// Looks through these stacks only; of the others nothing is known.
    #[must_use]
    pub fn of(trace: &'a Trace, stacks: impl IntoIterator<Item = StackId>) -> Self {
        let mut names = Names::default();
        let mut facts = vec![Facts::default(); trace.stack_count() as usize];
        let mut seen: FxHashSet<StackId> = FxHashSet::default();
        for stack in stacks {
            if let Some(known) = facts.get_mut(stack.0 as usize).filter(|_| seen.insert(stack)) {
                *known = look_through(trace, stack, &mut names);
            }
        }
        Self { trace, facts, names: by_number(&names.functions), calls: names.calls }
    }

    /// The function with this number.
    #[must_use]
    pub fn name(&self, function: u32) -> Option<&'a str> {
        self.names.get(function as usize).copied()
    }

    /// Which of the program's functions call which, in the stacks that were looked through.
    pub(crate) const fn calls(&self) -> &Calls {
        &self.calls
    }

    fn facts(&self, stack: StackId) -> Facts {
        self.facts.get(stack.0 as usize).copied().unwrap_or_default()
    }

    fn frame(&self, stack: StackId, at: Option<(u16, u32)>) -> Option<Frame<'a>> {
        self.trace.frames(stack).nth(usize::from(at?.0))
    }

    /// The program's own frame nearest to the leaf (of a dependency, if there is no other).
    #[must_use]
    pub fn own(&self, stack: StackId) -> Option<Place> {
        self.frame(stack, self.facts(stack).own).map(Place::from)
    }

    /// The same; where neither the program nor a dependency has a frame, the standard library's nearest to the leaf
    /// that is not of `runtime`, `sync` or an internal package: `net/rpc.(*Server).sendResponse`.
    #[must_use]
    pub fn near(&self, stack: StackId) -> Option<Place> {
        self.frame(stack, self.near_frame(stack)).map(Place::from)
    }

    /// A number for the function of the frame that [`Self::near`] gives, equal for equal functions.
    #[must_use]
    pub fn near_function(&self, stack: StackId) -> Option<u32> {
        self.near_frame(stack).map(|near| near.1)
    }

    fn near_frame(&self, stack: StackId) -> Option<(u16, u32)> {
        let facts = self.facts(stack);
        facts.own.or(facts.library)
    }

    /// Whether the program has a frame in the stack.
    #[must_use]
    pub fn has_own(&self, stack: StackId) -> bool {
        self.facts(stack).own.is_some()
    }

    /// Whether only a library is on a stack: nothing of the program, and more than the runtime, timers and contexts.
    #[must_use]
    pub fn is_of_library(&self, stack: StackId) -> bool {
        let is_such = |frame: Frame<'_>| {
            !["runtime.", "time.", "context.", "sync.", "testing."].iter().any(|name| frame.function.starts_with(name))
        };
        stack.is_some() && !self.has_own(stack) && self.trace.frames(stack).any(is_such)
    }

    /// A number for the function of the own frame, equal for equal functions.
    #[must_use]
    pub fn own_function(&self, stack: StackId) -> Option<u32> {
        self.facts(stack).own.map(|own| own.1)
    }

    /// A number for the function and line of the own frame, equal for equal ones.
    #[must_use]
    pub fn own_line(&self, stack: StackId) -> Option<u32> {
        self.facts(stack).own_line
    }

    /// A number for the function and line of the frame that [`Places::near`] gives, equal for equal ones.
    #[must_use]
    pub fn near_line(&self, stack: StackId) -> Option<u32> {
        self.facts(stack).near_line
    }

    /// The program's frame that called the own function.
    #[must_use]
    pub fn caller(&self, stack: StackId) -> Option<Place> {
        self.frame(stack, self.facts(stack).caller).map(Place::from)
    }

    /// The program's frame nearest to the root: what the goroutine is there for.
    #[must_use]
    pub fn outer(&self, stack: StackId) -> Option<Place> {
        self.frame(stack, self.facts(stack).outer).map(Place::from)
    }

    /// A number for the function of the outer frame.
    #[must_use]
    pub fn outer_function(&self, stack: StackId) -> Option<u32> {
        self.facts(stack).outer.map(|own| own.1)
    }

    /// The function of the outer frame, as the trace names it.
    #[must_use]
    pub fn outer_name(&self, stack: StackId) -> Option<StrId> {
        self.trace.functions(stack).nth(usize::from(self.facts(stack).outer?.0))
    }

    /// The operation at the leaf.
    #[must_use]
    pub fn op(&self, stack: StackId) -> Op {
        self.facts(stack).op
    }

    /// Whether the own frame is the root of the goroutine, or what a closure there calls: a loop of its own. (Of the
    /// latter nothing is known where not all stacks were looked through.)
    #[must_use]
    pub fn is_root(&self, stack: StackId) -> bool {
        self.facts(stack).is_root
    }

    /// Whether the program's outermost frame is the root of the goroutine: it was started for this, it is
    /// not a handler that a library calls.
    #[must_use]
    pub fn is_outer_root(&self, stack: StackId) -> bool {
        self.facts(stack).is_outer_root
    }

    /// Whether the program itself waits there, not a library on its behalf.
    #[must_use]
    pub fn is_direct(&self, stack: StackId) -> bool {
        self.facts(stack).is_direct
    }

    /// Whether the program itself reads from a connection, or writes to it, without the protocol of any library.
    #[must_use]
    pub fn is_plain(&self, stack: StackId) -> bool {
        self.facts(stack).is_plain
    }

    /// Whether it writes to a connection or pipe (or waits until that takes more), by the standard library's poller.
    #[must_use]
    pub fn is_write(&self, stack: StackId) -> bool {
        self.facts(stack).is_write
    }

    /// Whether it is about whoever asked a server: reading the request, writing the answer.
    #[must_use]
    pub fn is_for_client(&self, stack: StackId) -> bool {
        self.facts(stack).is_for_client
    }

    /// Whether a library reads through a connection (or another `io.Reader`) of the program's own: nothing of the program
    /// is on the stack but the method `Read`, and below it only packages that move bytes.
    #[must_use]
    pub fn is_reader(&self, stack: StackId) -> bool {
        self.facts(stack).is_reader
    }

    /// Whether a request is being read, handled or answered there; `None` unless `net/http` serves a connection.
    pub(crate) fn request_phase(&self, stack: StackId) -> Option<RequestPhase> {
        self.facts(stack).phase
    }

    /// Whether the deadline of a context expired there.
    #[must_use]
    pub fn is_deadline(&self, stack: StackId) -> bool {
        self.facts(stack).is_deadline
    }

    /// Whether it is in a system call that changes nothing others could see: of a file's state, its bytes, a
    /// folder, whether a process is there.
    #[must_use]
    pub fn is_look(&self, stack: StackId) -> bool {
        self.facts(stack).is_look
    }

    /// Whether the stack is inside the recording of a trace or profile: a handler of `net/http/pprof`, or a call
    /// that starts, stops or writes one.
    #[must_use]
    pub fn is_recording(&self, stack: StackId) -> bool {
        self.facts(stack).is_recording
    }

    /// The frame of `function` in a stack, nearest to the leaf.
    #[must_use]
    pub fn frame_of(&self, stack: StackId, function: &str) -> Option<Place> {
        self.trace.frames(stack).find(|frame| frame.function == function).map(Place::from)
    }

    /// The library function that the own frame called into: `net/http.Post`.
    #[must_use]
    pub fn callee(&self, stack: StackId) -> Option<&'a str> {
        let own = usize::from(self.facts(stack).own?.0);
        self.trace.frames(stack).nth(own.checked_sub(1)?).map(|frame| frame.function)
    }

    /// Whether the program waits in a library that limits rates: for its turn.
    #[must_use]
    pub fn is_limiter(&self, stack: StackId) -> bool {
        let callee = self.callee(stack);
        callee.is_some_and(|callee| callee.contains("/rate.") || callee.contains("imiter"))
    }

    /// The program's own frames, leaf first; those of dependencies if there are none, and of the standard library
    /// (other than `runtime`, `sync` and internal packages) if there are none of these either.
    pub fn near_frames(&self, stack: StackId) -> impl Iterator<Item = Frame<'a>> {
        let nearest = self.trace.frames(stack).map(|frame| rank(&frame)).max().unwrap_or(Rank::Synchronisation);
        self.trace.frames(stack).filter(move |frame| nearest > Rank::Synchronisation && rank(frame) == nearest)
    }

    /// The program's own frames, leaf first.
    pub fn own_frames(&self, stack: StackId) -> impl Iterator<Item = Frame<'a>> {
        self.trace.frames(stack).filter(|frame| origin(frame) == Origin::Own)
    }
}

/// Functions in the order of their numbers, which leave none out.
fn by_number<'a>(names: &FxHashMap<&'a str, (u32, Origin)>) -> Vec<&'a str> {
    let mut names: Vec<(u32, &str)> = names.iter().map(|(name, (number, _))| (*number, *name)).collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect()
}
