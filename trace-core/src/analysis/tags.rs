//! Tags: what stacks are about, by the functions in them. HTTP server, TLS, `database/sql` and the like. Which functions
//! stand for which tag is data (`tags.txt`), to which users add lines of their own.

use std::collections::HashMap;

use crate::analysis::places::{Origin, origin};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::model::intern::FrameRecord;
use crate::model::lanes::LaneId;
use crate::model::trace::{Frame, Trace};

/// The rules that come along.
const BUILT_IN: &str = include_str!("tags.txt");
/// Tags at most; lines for more are faults.
const MOST_TAGS: usize = 200;
/// Functions in all rules at most.
const MOST_PATTERNS: usize = 4_096;
/// Spans of a goroutine that are looked at for what it is about.
const LOOKED_AT: usize = 64;
/// No tag, in tables of one byte a stack.
const NONE: u8 = u8::MAX;

/// Names of functions with stars, each of which stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// What lies between the stars.
    parts: Vec<String>,
    tag: u8,
}

impl Pattern {
    fn matches(&self, function: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some(mut left) = function.strip_prefix(first.as_str()) else { return false };
        let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
        for part in middle {
            let Some((_, behind)) = left.split_once(part.as_str()) else { return false };
            left = behind;
        }
        // A package ends at its dot: `log.*` does not stand for what is in `log.example.com/a`.
        let is_of_package = last.is_empty() && middle.last().unwrap_or(first).ends_with('.');
        let name = left.split('[').next().unwrap_or_default();
        left.ends_with(last.as_str()) && !(is_of_package && name.contains('/'))
    }
}

/// A line that is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: &'static str,
}

/// Which functions stand for which tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRules {
    names: Vec<String>,
    patterns: Vec<Pattern>,
}

impl Default for TagRules {
    /// The rules that come along.
    fn default() -> Self {
        Self::with("").0
    }
}

impl TagRules {
    /// The rules of a text in the form of `tags.txt`, before those that come along: the first one that a function matches
    /// counts. Lines that are no rules are left out.
    #[must_use]
    pub fn with(text: &str) -> (Self, Vec<RuleFault>) {
        let mut rules = Self { names: Vec::new(), patterns: Vec::new() };
        let faults = (1..).zip(text.lines()).filter_map(|(line, text)| {
            let message = rules.add(text).err()?;
            Some(RuleFault { line, message })
        });
        let faults = faults.collect();
        for line in BUILT_IN.lines() {
            rules.add(line).unwrap_or_default();
        }
        (rules, faults)
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (name, functions) = line.split_once(':').ok_or("a tag is followed by a colon and functions")?;
        let (name, functions) = (name.trim(), functions.split(", ").map(|one| one.trim().trim_end_matches(',')));
        let functions: Vec<&str> = functions.filter(|function| !function.is_empty()).collect();
        if name.is_empty() {
            return Err("the tag has no name");
        }
        if functions.is_empty() {
            return Err("no function stands for the tag");
        }
        if functions.iter().any(|function| function.bytes().all(|byte| byte == b'*')) {
            return Err("a star alone would stand for every function");
        }
        let known = self.names.iter().position(|known| known.eq_ignore_ascii_case(name));
        if known.is_none() && self.names.len() >= MOST_TAGS || self.patterns.len() + functions.len() > MOST_PATTERNS {
            return Err("there are too many tags or functions");
        }
        let tag = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        let tag = u8::try_from(tag).map_err(|_error| "there are too many tags or functions")?;
        self.patterns
            .extend(functions.iter().map(|text| Pattern { parts: text.split('*').map(str::to_owned).collect(), tag }));
        Ok(())
    }

    /// The names of all tags, those of the user first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The tag that a function stands for.
    #[must_use]
    pub fn tag_of(&self, function: &str) -> Option<&str> {
        self.index_of(function).and_then(|tag| self.names.get(usize::from(tag))).map(String::as_str)
    }

    fn index_of(&self, function: &str) -> Option<u8> {
        let outer = without_closure(function);
        let found = self.patterns.iter().find(|pattern| pattern.matches(function) || pattern.matches(outer));
        found.map(|pattern| pattern.tag)
    }
}

/// A function without what the compiler calls closures and wrappers in it: `os/signal.loop` of `os/signal.loop.func1`.
fn without_closure(function: &str) -> &str {
    let ends = [".func", ".gowrap", ".deferwrap", "-fm"].iter().filter_map(|end| function.find(end));
    ends.min().and_then(|end| function.get(..end)).unwrap_or(function)
}

fn is_own(trace: &Trace, frame: &FrameRecord) -> bool {
    let (function, file) = (trace.str(frame.function), trace.str(frame.file));
    origin(&Frame { function, file, line: u64::from(frame.line), pc: frame.pc }) == Origin::Own
}

/// The tags of the stacks of a trace.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    names: Vec<String>,
    /// By frame; [`NONE`] for most.
    of_frame: Vec<u8>,
    /// The tag nearest to the leaf, as far as the program's first frame, by stack.
    leaf: Vec<u8>,
    /// The tag nearest to the root, by stack.
    root: Vec<u8>,
}

impl Tags {
    /// Looks through the functions and stacks of a trace: for workers. Two bytes a stack.
    #[must_use]
    pub fn of(trace: &Trace, rules: &TagRules) -> Self {
        let mut known: HashMap<u32, u8> = HashMap::new();
        let frames = &trace.texts.frames;
        let of_frame: Vec<u8> = (0..frames.len())
            .filter_map(|at| frames.get(at))
            .map(|frame| {
                let look = || rules.index_of(trace.str(frame.function)).unwrap_or(NONE);
                *known.entry(frame.function.0).or_insert_with(look)
            })
            .collect();
        // Looked at once for each frame, not for each stack that it is in.
        let is_own: Vec<bool> = frames.iter().map(|frame| is_own(trace, frame)).collect();
        let mut tags = Self { names: rules.names.clone(), of_frame, leaf: Vec::new(), root: Vec::new() };
        let count = trace.stack_count() as usize;
        (tags.leaf, tags.root) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for stack in (0..trace.stack_count()).map(StackId) {
            let root = tags.along(trace, stack).last().unwrap_or(NONE);
            let leaf = if root == NONE { NONE } else { tags.of_call(trace, stack, &is_own) };
            tags.leaf.push(leaf);
            tags.root.push(root);
        }
        tags
    }

    /// The tag of what the program's function nearest to the leaf calls, or of that function.
    fn of_call(&self, trace: &Trace, stack: StackId, is_own: &[bool]) -> u8 {
        for at in trace.texts.stack(stack) {
            let tag = self.of_frame.get(*at as usize).copied().unwrap_or(NONE);
            if tag != NONE || is_own.get(*at as usize).copied().unwrap_or(false) {
                return tag;
            }
        }
        NONE
    }

    /// The tags of the frames of a stack that have one, leaf first.
    fn along<'a>(&'a self, trace: &'a Trace, stack: StackId) -> impl Iterator<Item = u8> + use<'a> {
        let frames = trace.texts.stack(stack).iter();
        let tags = frames.filter_map(|frame| self.of_frame.get(*frame as usize)).copied();
        tags.filter(|tag| *tag != NONE)
    }

    fn name(&self, tag: Option<&u8>) -> Option<&str> {
        self.names.get(usize::from(*tag?)).map(String::as_str)
    }

    /// What a stack is about in particular: the tag nearest to the leaf of what the program's innermost function calls, or of
    /// that function. What calls the program (an HTTP server its handler) is not meant.
    #[must_use]
    pub fn leaf(&self, stack: StackId) -> Option<&str> {
        self.name(self.leaf.get(stack.0 as usize))
    }

    /// What a stack is about as a whole: the tag nearest to the root.
    #[must_use]
    pub fn root(&self, stack: StackId) -> Option<&str> {
        self.name(self.root.get(stack.0 as usize))
    }

    /// All tags of a stack, each once, from the root to the leaf.
    #[must_use]
    pub fn all(&self, trace: &Trace, stack: StackId) -> Vec<&str> {
        let mut found: Vec<u8> = Vec::new();
        let mut along: Vec<u8> = self.along(trace, stack).collect();
        along.reverse();
        for tag in along {
            if !found.contains(&tag) {
                found.push(tag);
            }
        }
        found.iter().filter_map(|tag| self.name(Some(tag))).collect()
    }

    /// What a goroutine is about: the tag nearest to the root of the first of its stacks that has one.
    #[must_use]
    pub fn of_goroutine(&self, trace: &Trace, go: GoroutineIdx) -> Option<&str> {
        self.name_of(u32::from(self.number_of_goroutine(trace, go)?))
    }

    /// The same as a number, equal for equal tags.
    #[must_use]
    pub fn number_of_goroutine(&self, trace: &Trace, go: GoroutineIdx) -> Option<u8> {
        let spans = trace.spans(LaneId::Goroutine(go), trace.range()).take(LOOKED_AT);
        let stacks = spans.flat_map(|span| [span.start_stack, span.end_stack]);
        stacks.filter_map(|stack| self.root.get(stack.0 as usize).copied()).find(|tag| *tag != NONE)
    }

    /// The tag with this number.
    #[must_use]
    pub fn name_of(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_come_along_are_all_rules() {
        let mut rules = TagRules { names: Vec::new(), patterns: Vec::new() };
        for line in BUILT_IN.lines() {
            assert_eq!(rules.add(line), Ok(()), "{line}");
        }
        for (function, tag) in [
            ("net/http.(*conn).serve", "HTTP server"),
            ("net/http.(*conn).serve.func1", "HTTP server"),
            ("net/http.(*persistConn).readLoop", "HTTP client"),
            ("net/http.(*Client).do", "HTTP client"),
            ("crypto/tls.(*Conn).Handshake", "TLS"),
            ("net.(*Resolver).goLookupIPCNAMEOrder.func3", "DNS"),
            ("net.(*sysDialer).dialTCP", "dial"),
            ("net.(*TCPListener).Accept", "accept"),
            ("database/sql.(*DB).conn", "database/sql"),
            ("google.golang.org/grpc.(*Server).handleStream", "gRPC server"),
            ("google.golang.org/grpc/internal/transport.(*http2Client).reader", "gRPC client"),
            ("os.(*File).Read", "file"),
            ("os/exec.(*Cmd).Wait", "exec"),
            ("time.Sleep", "timer"),
            ("runtime.gcBgMarkWorker", "GC"),
            ("encoding/json.Marshal", "JSON"),
            ("net/rpc.(*Server).sendResponse", "net/rpc server"),
        ] {
            assert_eq!(rules.tag_of(function), Some(tag), "{function}");
        }
        for function in ["main.main", "runtime.gopark", "net/http.(*connReader).Read", "", "sync.(*Mutex).Lock"] {
            assert_eq!(rules.tag_of(function), None, "{function}");
        }
    }

    #[test]
    fn rules_of_the_user_come_first() {
        let (rules, faults) =
            TagRules::with("# mine\ncart: shop/cart.*, *.(*Cart).Add\nTLS: shop/tls.Open\nfile: os.Open\n");
        assert_eq!(faults, []);
        assert_eq!(rules.tag_of("shop/cart.(*Book).Put"), Some("cart"));
        assert_eq!(rules.tag_of("shop/x.(*Cart).Add.func2"), Some("cart"));
        assert_eq!(rules.tag_of("shop/x.(*Cart).Add2"), None);
        assert_eq!(rules.tag_of("shop/tls.Open"), Some("TLS"));
        assert_eq!(rules.tag_of("crypto/tls.(*Conn).Read"), Some("TLS"), "the lines that come along still count");
        assert_eq!(rules.names().filter(|name| *name == "TLS").count(), 1);
    }

    #[test]
    fn lines_that_are_no_rules_are_told_and_left_out() {
        let (rules, faults) = TagRules::with("a.b\n: a.b\nx:\n\nall: *\ngood: a.b\n");
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!((lines, rules.tag_of("a.b"), rules.tag_of("a.c")), (vec![1, 2, 3, 5], Some("good"), None));
        let many: String = (0..400).map(|at| format!("t{at}: f{at}.*\n")).collect();
        let (rules, faults) = TagRules::with(&many);
        assert_eq!((rules.names.len(), faults.len()), (MOST_TAGS, 400 - MOST_TAGS));
    }

    #[test]
    fn stars_stand_for_any_text() {
        let matches = |pattern: &str, function: &str| {
            let parts = pattern.split('*').map(str::to_owned).collect();
            Pattern { parts, tag: 0 }.matches(function)
        };
        assert!(matches("a.b", "a.b") && !matches("a.b", "a.bc") && !matches("a.b", "xa.b"));
        assert!(matches("a.*", "a.bc") && matches("a.(*T).f", "a.(*T).f") && matches("*b*d", "abcd"));
        assert!(matches("log.*", "log.Map[a.example.com/b.T]") && !matches("log.*", "log.example.com/a.F"));
        assert!(
            matches("a.b/*", "a.b/c/d.F") && !matches("a*b*b", "ab") && matches("a*b*b", "abb") && !matches("", "a")
        );
    }
}
