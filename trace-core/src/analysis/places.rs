//! What stacks say: which frame is the program's own, and which operation stands at the leaf.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::calls::{Calls, package_of};
use crate::analysis::loops::{self, Root};
use crate::analysis::request_borders::RequestPhase;
use crate::base::ids::{StackId, StrId};
use crate::model::cgo::is_generated;
use crate::model::trace::{Frame, Trace};

/// A line in the traced program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Fully qualified function.
    pub function: String,
    /// Source file, as in the trace.
    pub file: String,
    /// Line in it.
    pub line: u64,
}

impl Place {
    /// `main.go:97`; empty if the file is not known.
    #[must_use]
    pub fn short(&self) -> String {
        line_of(last_part(&self.file), self.line)
    }

    /// `main.sendReport (main.go:97)`, or as much of it as is known.
    #[must_use]
    pub fn in_words(&self) -> String {
        in_words(&self.function, &self.file, self.line)
    }
}

/// A line of code in words, of the file only the last part of its path: `main.sendReport (main.go:97)`,
/// `main.sendReport`, `main.go:97`, `an unknown place`. Frames of damaged traces can lack each of them.
#[must_use]
pub fn in_words(function: &str, file: &str, line: u64) -> String {
    with_line(function, &line_of(last_part(file), line))
}

/// A function and, in parentheses, its line; as much of them as is known.
#[must_use]
pub fn with_line(function: &str, line: &str) -> String {
    match (function, line) {
        ("", "") => "an unknown place".to_owned(),
        (known, "") | ("", known) => known.to_owned(),
        (function, line) => format!("{function} ({line})"),
    }
}

/// `main.go:97`, `main.go` if the line is not known, nothing if the file is not.
#[must_use]
pub fn line_of(file: &str, line: u64) -> String {
    if file.is_empty() || line == 0 { file.to_owned() } else { format!("{file}:{line}") }
}

fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

impl From<Frame<'_>> for Place {
    fn from(frame: Frame<'_>) -> Self {
        Self { function: frame.function.to_owned(), file: frame.file.to_owned(), line: frame.line }
    }
}

/// What a goroutine called into to wait, or to wake others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// Anything else.
    #[default]
    Other,
    /// `sync.(*Mutex).Lock`
    MutexLock,
    /// `sync.(*RWMutex).Lock`
    WriteLock,
    /// `sync.(*RWMutex).RLock`
    ReadLock,
    /// `sync.(*Mutex).Unlock`
    MutexUnlock,
    /// `sync.(*RWMutex).Unlock`
    WriteUnlock,
    /// `sync.(*RWMutex).RUnlock`
    ReadUnlock,
    /// `sync.(*Once).Do`, while another goroutine runs the function.
    Once,
    /// The end of that function: the others that wait in `sync.(*Once).Do` go on.
    OnceDone,
    /// `sync.(*WaitGroup).Wait`
    WaitGroup,
    /// `sync.(*WaitGroup).Done`, or `Add` with a negative number.
    WaitGroupDone,
    /// `sync.(*Cond).Wait`
    Cond,
    /// `sync.(*Cond).Signal` or `Broadcast`
    CondSignal,
    /// `time.Sleep`
    Sleep,
    /// A channel send.
    Send,
    /// A channel receive.
    Receive,
    /// The closing of a channel.
    Close,
    /// A select.
    Select,
    /// Accepting a network connection.
    Accept,
    /// Waiting for a free connection of a library's pool: `net/http.(*Transport).getConn`,
    /// `database/sql.(*DB).conn`.
    Pool,
    /// Waiting for the GC: to begin or end a cycle (`runtime.gcStart`, `runtime.gcMarkDone`), in a mark assist, for
    /// the cycle that `runtime.GC` asked for.
    Gc,
    /// Package `testing` waiting for tests: for a subtest, for its turn to run in parallel.
    Test,
}

impl Op {
    /// Whether it waits for a mutex of some kind, or for the function of a `sync.Once`.
    #[must_use]
    pub const fn is_lock(self) -> bool {
        matches!(self, Self::MutexLock | Self::WriteLock | Self::ReadLock | Self::Once)
    }

    /// Whether it ends such waits.
    #[must_use]
    pub const fn is_unlock(self) -> bool {
        matches!(self, Self::MutexUnlock | Self::WriteUnlock | Self::ReadUnlock | Self::OnceDone)
    }

    /// The operation in which a goroutine waited that this one has woken; `Other` if that does not follow.
    ///
    /// The end of a write lock wakes readers and writers alike: [`Op::ReadLock`] stands for both.
    #[must_use]
    pub const fn counterpart(self) -> Self {
        match self {
            Self::MutexUnlock => Self::MutexLock,
            Self::WriteUnlock => Self::ReadLock,
            Self::ReadUnlock => Self::WriteLock,
            Self::OnceDone => Self::Once,
            Self::WaitGroupDone => Self::WaitGroup,
            Self::CondSignal => Self::Cond,
            Self::Send | Self::Close => Self::Receive,
            Self::Receive => Self::Send,
            _ => Self::Other,
        }
    }

    /// How Go spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "",
            Self::MutexLock => "sync.(*Mutex).Lock",
            Self::WriteLock => "sync.(*RWMutex).Lock",
            Self::ReadLock => "sync.(*RWMutex).RLock",
            Self::MutexUnlock => "sync.(*Mutex).Unlock",
            Self::WriteUnlock => "sync.(*RWMutex).Unlock",
            Self::ReadUnlock => "sync.(*RWMutex).RUnlock",
            Self::Once | Self::OnceDone => "sync.(*Once).Do",
            Self::WaitGroup => "sync.(*WaitGroup).Wait",
            Self::WaitGroupDone => "sync.(*WaitGroup).Done",
            Self::Cond => "sync.(*Cond).Wait",
            Self::CondSignal => "sync.(*Cond).Signal",
            Self::Sleep => "time.Sleep",
            Self::Send => "chan send",
            Self::Receive => "chan receive",
            Self::Close => "close",
            Self::Select => "select",
            Self::Accept => "accept",
            Self::Pool => "a pool of connections",
            Self::Gc => "the GC",
            Self::Test => "package testing",
        }
    }

    /// The operation of a library function whose callees make up `inner`. The caller overrules: an `RWMutex` is
    /// made of a `Mutex`.
    fn of(function: &str, inner: Self) -> Option<Self> {
        Some(match function {
            // A goroutine that runs the function of a `Once` itself waits for something else in there.
            "sync.(*Once).doSlow" => match inner {
                Self::MutexLock => Self::Once,
                Self::MutexUnlock => Self::OnceDone,
                _ => return None,
            },
            "sync.(*Mutex).Lock" | "internal/sync.(*Mutex).Lock" => Self::MutexLock,
            "sync.(*RWMutex).Lock" => Self::WriteLock,
            "sync.(*RWMutex).RLock" => Self::ReadLock,
            "sync.(*Mutex).Unlock" | "internal/sync.(*Mutex).Unlock" => Self::MutexUnlock,
            "sync.(*RWMutex).Unlock" => Self::WriteUnlock,
            "sync.(*RWMutex).RUnlock" => Self::ReadUnlock,
            "sync.(*WaitGroup).Wait" => Self::WaitGroup,
            "sync.(*WaitGroup).Add" | "sync.(*WaitGroup).Done" => Self::WaitGroupDone,
            // It gives its lock up while it waits, and takes it again: that is a lock like any other.
            "sync.(*Cond).Wait" if inner.is_lock() || inner.is_unlock() => return None,
            "sync.(*Cond).Wait" => Self::Cond,
            "sync.(*Cond).Signal" | "sync.(*Cond).Broadcast" => Self::CondSignal,
            "time.Sleep" => Self::Sleep,
            "runtime.chansend1" => Self::Send,
            "runtime.chanrecv1" | "runtime.chanrecv2" => Self::Receive,
            "runtime.closechan" => Self::Close,
            "runtime.selectgo" => Self::Select,
            "internal/poll.(*FD).Accept" => Self::Accept,
            // Its own lock, which it takes and releases on the way, is a lock.
            "net/http.(*Transport).getConn" | "database/sql.(*DB).conn" if inner.is_lock() || inner.is_unlock() => {
                return None;
            }
            "net/http.(*Transport).getConn" | "database/sql.(*DB).conn" => Self::Pool,
            "runtime.GC" => Self::Gc,
            _ if function.starts_with("runtime.gc") => Self::Gc,
            _ if function.starts_with("testing.") => Self::Test,
            _ => return None,
        })
    }
}

/// Whose code a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Go's runtime and standard library, and what cgo generates.
    Standard,
    /// A module that the program depends on.
    Dependency,
    /// The program itself.
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
    let is_standard = is_standard_package(package);
    let is_test_main = frame.file.ends_with("_testmain.go");
    if package.is_empty() || is_test_main || is_generated(frame) || is_standard {
        Origin::Standard
    } else if frame.file.contains("@v") || frame.file.contains("/vendor/") {
        Origin::Dependency
    } else {
        Origin::Own
    }
}

/// What is known of one stack.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// The frame that stands for it, counted from the leaf, and its function.
    own: Option<(u16, u32)>,
    /// A number for the function and line of that frame.
    own_line: Option<u32>,
    /// The same for the library's frame where the program has none.
    near_line: Option<u32>,
    /// Where the program has none: the library's frame nearest to the leaf that is more than synchronisation.
    library: Option<(u16, u32)>,
    /// The program's next frame of another function towards the root.
    caller: Option<(u16, u32)>,
    /// The program's frame nearest to the root.
    outer: Option<(u16, u32)>,
    op: Op,
    /// The program's function that the outer one calls.
    callee: Option<u32>,
    /// The own frame is the root of the goroutine, or the loop that a closure there calls.
    is_root: bool,
    /// The root of the goroutine is a closure, and calls the own frame.
    is_below_root: bool,
    /// The program's outermost frame is: no library calls into the program.
    is_outer_root: bool,
    /// Nothing but runtime and sync between the wait and the own frame.
    is_direct: bool,
    /// It is in a system call that only looks at files or processes.
    is_look: bool,
    /// A frame belongs to the recording of traces or profiles.
    is_recording: bool,
    /// Nothing but the packages `net`, `bufio` and `io` between the wait and the own frame.
    is_plain: bool,
    /// It reads the request that a server is to answer, or writes the answer.
    is_for_client: bool,
    /// A timer cancels a context, without the program.
    is_deadline: bool,
    /// All that a library calls of the program is a method `Read`, which reads bytes from somewhere.
    is_reader: bool,
    /// What its goroutine is at if it serves a connection of `net/http`.
    phase: Option<RequestPhase>,
}

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

/// How near to the program a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Synchronisation,
    Library,
    Dependency,
    Own,
}

fn rank(frame: &Frame<'_>) -> Rank {
    match origin(frame) {
        Origin::Own => Rank::Own,
        Origin::Dependency => Rank::Dependency,
        Origin::Standard if is_synchronisation(frame.function) => Rank::Synchronisation,
        Origin::Standard => Rank::Library,
    }
}

/// Numbers for functions and lines.
#[derive(Default)]
struct Names<'a> {
    functions: FxHashMap<&'a str, (u32, Origin)>,
    lines: FxHashMap<(u32, u64), u32>,
    calls: Calls,
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

fn look_through<'a>(trace: &'a Trace, stack: StackId, names: &mut Names<'a>) -> Facts {
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

/// Whether a library's function belongs to how bytes come and go, not to a protocol.
fn is_plumbing(function: &str) -> bool {
    let packages = ["runtime.", "internal/poll.", "net.", "bufio.", "io.", "os.", "syscall.", "internal/syscall/"];
    packages.iter().any(|package| function.starts_with(package))
}

/// Whether a library's function talks with the client of a server.
fn is_answering(function: &str) -> bool {
    function.starts_with("net/http.(*response).")
        || function.starts_with("net/http.checkConnErrorWriter.")
        || function.starts_with("net/http.(*expectContinueReader).")
        || ["http2responseWriter", "http2requestBody", "(*serverStream).", "websocket"]
            .iter()
            .any(|part| function.contains(part))
}

/// Library functions for system calls that look and leave things as they are.
fn is_look(function: &str) -> bool {
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
fn is_synchronisation(function: &str) -> bool {
    let package = function.split_once('.').map_or(function, |(package, _)| package);
    function.is_empty()
        || matches!(package, "runtime" | "sync" | "reflect" | "internal" | "time")
        || ["internal/", "runtime/", "sync/"].iter().any(|prefix| package.starts_with(prefix))
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
fn raise_loops(trace: &Trace, facts: &mut [Facts]) {
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

/// Functions of Go's libraries that record traces or profiles, or serve them.
fn is_recording(function: &str) -> bool {
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
fn is_launcher(frame: &Frame<'_>) -> bool {
    let function = frame.function;
    is_started_by_library(function)
        || is_test_function(function)
        || frame.file.ends_with("_testmain.go")
        || matches!(function, "runtime/pprof.Do" | "runtime/trace.WithRegion" | "runtime.goexit" | "runtime.main")
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
        assert_eq!(of("testing_things.F", "/home/x/a.go"), Origin::Own);
    }
}
