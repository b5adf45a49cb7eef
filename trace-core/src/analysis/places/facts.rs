//! What is known of one stack, from one look at its frames.

use rustc_hash::FxHashMap;

use crate::analysis::calls::{Calls, package_of};
use crate::analysis::loops::{self, Root};
use crate::analysis::places::functions::{
    is_answering, is_launcher, is_look, is_plumbing, is_recording, is_synchronisation,
};
use crate::analysis::places::op::Op;
use crate::analysis::places::origin::{Origin, origin};
use crate::analysis::request_borders::RequestPhase;
use crate::base::ids::StackId;
use crate::model::trace::{Frame, Trace};

/// What is known of one stack.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// The frame that stands for it, counted from the leaf, and its function.
    pub(super) own: Option<(u16, u32)>,
    /// A number for the function and line of that frame.
    pub(super) own_line: Option<u32>,
    /// The same for the library's frame where the program has none.
    pub(super) near_line: Option<u32>,
    /// Where the program has none: the library's frame nearest to the leaf that is more than synchronisation.
    pub(super) library: Option<(u16, u32)>,
    /// The program's next frame of another function towards the root.
    pub(super) caller: Option<(u16, u32)>,
    /// The program's frame nearest to the root.
    pub(super) outer: Option<(u16, u32)>,
    pub(super) op: Op,
    /// The program's function that the outer one calls.
    pub(super) callee: Option<u32>,
    /// The own frame is the root of the goroutine, or the loop that a closure there calls.
    pub(super) is_root: bool,
    /// The root of the goroutine is a closure, and calls the own frame.
    pub(super) is_below_root: bool,
    /// The program's outermost frame is: no library calls into the program.
    pub(super) is_outer_root: bool,
    /// Nothing but runtime and sync between the wait and the own frame.
    pub(super) is_direct: bool,
    /// It is in a system call that only looks at files or processes.
    pub(super) is_look: bool,
    /// A frame belongs to the recording of traces or profiles.
    pub(super) is_recording: bool,
    /// Nothing but the packages `net`, `bufio` and `io` between the wait and the own frame.
    pub(super) is_plain: bool,
    /// It reads the request that a server is to answer, or writes the answer.
    pub(super) is_for_client: bool,
    /// It writes to a connection, pipe or terminal of which the poller tells when it takes more.
    pub(super) is_write: bool,
    /// A timer cancels a context, without the program.
    pub(super) is_deadline: bool,
    /// All that a library calls of the program is a method `Read`, which reads bytes from somewhere.
    pub(super) is_reader: bool,
    /// What its goroutine is at if it serves a connection of `net/http`.
    pub(super) phase: Option<RequestPhase>,
}

/// Numbers for functions and lines.
#[derive(Default)]
pub(super) struct Names<'a> {
    pub(super) functions: FxHashMap<&'a str, (u32, Origin)>,
    lines: FxHashMap<(u32, u64), u32>,
    pub(super) calls: Calls,
}

impl<'a> Names<'a> {
    fn function(&mut self, frame: &Frame<'a>) -> (u32, Origin) {
        let number = self.functions.len() as u32;
        *self.functions.entry(frame.function).or_insert_with(|| (number, origin(frame)))
    }

    fn line(&mut self, trace: &Trace, stack: StackId, own: (u16, u32)) -> Option<u32> {
        let line = trace.frames(stack).nth(usize::from(own.0))?.line;
        let number = self.lines.len() as u32;
        Some(*self.lines.entry((own.1, line)).or_insert(number))
    }
}

pub(super) fn look_through<'a>(trace: &'a Trace, stack: StackId, names: &mut Names<'a>) -> Facts {
    let mut facts = Facts { is_direct: true, ..Facts::default() };
    // Of frames of dependencies the one nearest to the leaf, and the one nearest to the root.
    let (mut fallback, mut far) = (None, None);
    let (mut last, mut is_direct) = (None, true);
    let mut callee: Option<(u32, &str)> = None;
    // The first frame, from the leaf, of a library that does more than move bytes.
    let mut protocol = None;
    let (mut is_plain, mut is_client, mut is_body) = (true, false, false);
    for (at, frame) in trace.frames(stack).enumerate() {
        let (function, origin) = names.function(&frame);
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        if !is_launcher(&frame) {
            last = Some(function);
        }
        facts.is_recording |= is_recording(frame.function);
        match origin {
            Origin::Standard => {
                if facts.library.is_none() && !is_synchronisation(frame.function) {
                    facts.library = Some((at, function));
                }
                if protocol.is_none() && !is_plumbing(frame.function) {
                    protocol = Some(at);
                }
                if facts.own.is_none() && fallback.is_none() {
                    // What the GC needs a lock or semaphore for is the GC's; a test function that waits for something
                    // does so itself, though package `testing` called it.
                    let op = Op::of(frame.function, facts.op);
                    let op = op.filter(|op| facts.op != Op::Gc && (*op != Op::Test || is_direct));
                    facts.op = op.unwrap_or(facts.op);
                    facts.is_look |= is_look(frame.function);
                    facts.is_deadline |= frame.function == "context.(*timerCtx).cancel";
                    facts.is_write |= frame.function.starts_with("internal/poll.(*FD).Write");
                    is_plain &= is_plumbing(frame.function);
                    is_client |= frame.function.starts_with("net/http.(*bodyEOFSignal).");
                    is_body |= frame.function.starts_with("net/http.(*body).");
                    facts.is_for_client |= is_answering(frame.function);
                    is_direct &= ["runtime.", "sync.", "internal/sync.", "time.Sleep"]
                        .iter()
                        .any(|prefix| frame.function.starts_with(prefix));
                }
            }
            // Semaphores and groups of Go's extended library stand for what they are made of.
            Origin::Dependency if frame.function.starts_with("golang.org/x/sync/") => {}
            Origin::Dependency => {
                facts.is_for_client |= is_answering(frame.function);
                fallback = fallback.or(Some((at, function)));
                far = Some((at, function));
                protocol = protocol.or(Some(at));
            }
            Origin::Own => {
                if let Some(callee) = callee.replace((function, frame.function)) {
                    names.calls.note(callee, (function, frame.function));
                }
                if let Some(own) = facts.own {
                    if own.1 != function && facts.caller.is_none() {
                        facts.caller = Some((at, function));
                    }
                } else {
                    facts.own = Some((at, function));
                    facts.is_direct = is_direct && fallback.is_none();
                }
                facts.callee = facts.outer.map(|outer| outer.1).filter(|callee| *callee != function).or(facts.callee);
                facts.outer = Some((at, function));
            }
        }
    }
    if facts.own.is_none() {
        facts.own = fallback;
        facts.outer = far;
        facts.is_direct = is_direct;
    }
    facts.own_line = facts.own.and_then(|own| names.line(trace, stack, own));
    facts.near_line = facts.own.or(facts.library).and_then(|near| names.line(trace, stack, near));
    facts.is_plain = is_plain && fallback.is_none() && !facts.is_direct;
    facts.is_for_client |= is_body && !is_client;
    facts.is_deadline &= facts.own.is_none();
    // A program's main is more than a loop that waits for work.
    facts.is_root = facts.own.is_some_and(|own| Some(own.1) == last && !is_main(trace, stack, own.0));
    let is_called = facts.outer.is_some_and(|outer| Some(outer.1) == last && is_closure(trace, stack, outer.0));
    facts.is_below_root = is_called && facts.callee.is_some() && facts.own.map(|own| own.1) == facts.callee;
    facts.is_outer_root = facts.outer.is_some_and(|outer| Some(outer.1) == last);
    let is_within = |outer: &(u16, u32)| protocol.is_none_or(|at| at > outer.0) && !facts.is_outer_root;
    facts.phase = RequestPhase::of(trace.frames(stack).map(|frame| frame.function));
    facts.is_reader = facts.outer.filter(is_within).is_some_and(|outer| is_method_read(trace, stack, outer.0));
    facts
}

/// Whether a frame is of a method `Read`.
fn is_method_read(trace: &Trace, stack: StackId, at: u16) -> bool {
    trace.frames(stack).nth(usize::from(at)).is_some_and(|frame| {
        frame.function.strip_suffix(".Read").is_some_and(|receiver| receiver.ends_with(')') || receiver.contains('.'))
    })
}

/// Whether a frame is of a closure, as the compiler names them: `main.serve.func1`, `main.serve.func2.1`.
fn is_closure(trace: &Trace, stack: StackId, at: u16) -> bool {
    trace.frames(stack).nth(usize::from(at)).is_some_and(|frame| {
        let name = frame.function.rsplit('.').next().unwrap_or_default();
        let number = name.strip_prefix("func").or(name.strip_prefix("gowrap")).unwrap_or(name);
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Marks the loops that closures call as roots.
pub(super) fn raise_loops(trace: &Trace, facts: &mut [Facts]) {
    let roots: Vec<(StackId, Root)> = (0..)
        .map(StackId)
        .zip(facts.iter())
        .filter_map(|(stack, facts)| {
            let (outer, callee, is_below) = (facts.outer?.1, facts.callee, facts.is_below_root);
            let is_end = matches!(facts.op, Op::WaitGroupDone | Op::Close | Op::Send);
            Some((stack, Root { outer, callee, is_end, is_below, depth: trace.frames(stack).take(2).count() }))
        })
        .collect();
    for stack in loops::find(trace, &roots) {
        if let Some(facts) = facts.get_mut(stack.0 as usize) {
            facts.is_root = true;
        }
    }
}

fn is_main(trace: &Trace, stack: StackId, at: u16) -> bool {
    // Names may have been replaced: what `runtime.main` calls of the program is its main function.
    let mut frames = trace.frames(stack).skip(usize::from(at));
    let function = frames.next().map_or("", |frame| frame.function);
    let mut is_called_main = || frames.next().is_some_and(|caller| caller.function == "runtime.main");
    function == "main.main" || (package_of(function) == "main" && is_called_main())
}
