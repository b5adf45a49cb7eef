//! Searches held against a second, slower judge that knows no tables: it reads every name of every span.

use crate::analysis::search::filter::goroutines;
use crate::analysis::search::hit::HitKind;
use crate::analysis::search::life::{life, touches};
use crate::analysis::search::parse::parse;
use crate::analysis::search::query::{Node, Query, TermKind};
use crate::analysis::search::run::search;
use crate::base::ids::{GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;

use super::scene::{recorded, scene};

/// What the judge says: it matches, by something of its own. `None`: the term is not for such things.
type Verdict = Option<(bool, bool)>;

struct Judge<'a> {
    trace: &'a Trace,
    query: &'a Query,
}

impl Judge<'_> {
    fn has(&self, text: StrId, wanted: &str) -> bool {
        self.trace.str(text).to_lowercase().contains(&wanted.to_lowercase())
    }

    fn calls(&self, stack: StackId, wanted: &str) -> bool {
        self.trace.frames(stack).any(|frame| frame.function.to_lowercase().contains(&wanted.to_lowercase()))
    }

    fn lies_in(&self, stack: StackId, file: &str, line: Option<u64>) -> bool {
        self.trace.frames(stack).any(|frame| {
            frame.file.to_lowercase().contains(&file.to_lowercase()) && line.is_none_or(|line| line == frame.line)
        })
    }

    /// Whether a stack has a term's name.
    fn is_in(&self, kind: &TermKind, stack: StackId) -> bool {
        match kind {
            TermKind::Function(text) | TermKind::Stack(text) => self.calls(stack, text),
            TermKind::Tag(text, rules) => self.trace.frames(stack).any(|frame| {
                let tag = rules.tag_of(frame.function).unwrap_or_default();
                !tag.is_empty() && tag.to_lowercase().contains(&text.to_lowercase())
            }),
            TermKind::File(place) => self.lies_in(stack, &place.file, place.line),
            TermKind::Word(word) => {
                let place = word.place.as_ref();
                self.calls(stack, &word.text)
                    || self.lies_in(stack, &word.text, None)
                    || place.is_some_and(|place| self.lies_in(stack, &place.file, place.line))
            }
            _ => false,
        }
    }

    /// Whether a goroutine did something at a time that inherits from a term about tasks, regions or logs.
    fn works(&self, kind: &TermKind, go: GoroutineIdx, range: TimeRange) -> bool {
        let trace = self.trace;
        let tasks: Vec<TaskIdx> =
            (0..trace.task_count()).map(TaskIdx).filter(|task| self.is_task(kind, *task)).collect();
        let regions = || trace.all_regions().iter();
        regions().any(|region| {
            let named = match kind {
                TermKind::Region(text) => self.has(region.name, text),
                TermKind::Word(word) => self.has(region.name, &word.text),
                _ => false,
            };
            let of_task = region.task.is_some_and(|task| tasks.contains(&task));
            region.go == go && region.range.nanos() > 0 && touches(region.range, range) && (named || of_task)
        }) || tasks.iter().filter_map(|task| trace.task(*task)).any(|task| {
            let lasts =
                TimeRange::new(task.began.unwrap_or(trace.range().start), task.ended.unwrap_or(trace.range().end));
            task.go == go && touches(lasts, range) && !regions().any(|region| region.task == Some(task.idx))
        }) || trace.all_logs().iter().any(|log| log.go == go && log.task.is_none() && self.is_log(kind, log))
    }

    fn is_log(&self, kind: &TermKind, log: &crate::model::trace::Log) -> bool {
        let text = match kind {
            TermKind::Log(text) => text,
            TermKind::Word(word) => &word.text,
            _ => return false,
        };
        let has_pair = |(category, text): (&str, &str)| {
            self.trace.str(log.category).to_lowercase() == category.to_lowercase() && self.has(log.message, text)
        };
        self.has(log.message, text) || self.has(log.category, text) || text.split_once('=').is_some_and(has_pair)
    }

    /// Whether working for a task is working for what a term asks for (regions are looked at elsewhere).
    fn is_task(&self, kind: &TermKind, task: TaskIdx) -> bool {
        let trace = self.trace;
        let mut next = Some(task);
        let named = std::iter::from_fn(|| {
            let task = trace.task(next?)?;
            next = task.parent;
            Some(task)
        });
        let is_named = |task: crate::model::trace::Task| match kind {
            TermKind::Task(label) => self.has(task.name, &label.text) || label.id == Some(task.id.0),
            TermKind::Word(word) => {
                self.has(task.name, &word.text)
                    || word.number == Some(task.id.0) && !word.text.to_lowercase().starts_with('g')
            }
            _ => false,
        };
        named.take(100).any(is_named)
            || trace.all_logs().iter().any(|log| log.task == Some(task) && self.is_log(kind, log))
    }

    fn of_span(&self, kind: &TermKind, span: &Span) -> Verdict {
        let own = match (span.state, span.cause) {
            (GoState::Running, _)
            | (GoState::Runnable, Cause::Unblocked | Cause::Switched | Cause::SyscallExit)
            | (_, Cause::Created) => StackId::NONE,
            _ => span.start_stack,
        };
        let near = || self.is_in(kind, span.start_stack) || self.is_in(kind, span.end_stack);
        let (id, name) = self.trace.goroutine_name(span.go)?;
        let inherits = || self.works(kind, span.go, span.range);
        Some(match kind {
            TermKind::Word(word) => {
                let own = self.is_in(kind, own) || self.has(span.reason, &word.text) || word.state == Some(span.state);
                let all = own
                    || near()
                    || self.has(name, &word.text)
                    || word.number == Some(id.0)
                    || self.trace.labels(span.go).any(|label| self.has(label.1, &word.text))
                    || inherits();
                (all, own || !all)
            }
            TermKind::Function(text) => {
                let own = self.is_in(kind, own);
                let all = own || near() || self.has(name, text);
                (all, own || !all)
            }
            TermKind::Stack(_) | TermKind::Tag(..) | TermKind::File(_) => {
                let own = self.is_in(kind, own);
                let all = own || near();
                (all, own || !all)
            }
            TermKind::State(state) => (span.state == *state, true),
            TermKind::Reason(text) => (self.has(span.reason, text), true),
            TermKind::Duration(comparison, nanos) => {
                // None of the queries negates both.
                let is_other = |kind: &TermKind| matches!(kind, TermKind::Task(_) | TermKind::Region(_));
                let is_about_spans = !self.query.terms.iter().any(|term| is_other(&term.kind));
                (comparison.holds(span.range.nanos(), *nanos), is_about_spans)
            }
            TermKind::Goroutine(wanted) => (id == *wanted, false),
            TermKind::By(waker) => (self.is_by(span, waker), true),
            TermKind::Interacts(wanted) => {
                let other = self.trace.goroutine_by_id(*wanted);
                (other.is_some_and(|other| other == span.go || self.interact(other, span.go)), false)
            }
            TermKind::Alive(nanos) => (span.range.contains(self.trace.range().start.plus_nanos(*nanos)), false),
            TermKind::GoLabel(text) => (self.trace.labels(span.go).any(|label| self.has(label.1, text)), false),
            TermKind::Task(_) | TermKind::Region(_) | TermKind::Log(_) => (inherits(), false),
        })
    }

    fn is_by(&self, span: &Span, waker: &crate::analysis::search::query::Waker) -> bool {
        if span.state != GoState::Waiting || span.goes_on {
            return false;
        }
        let next = self.trace.next_span(span.at).filter(|next| next.range.start == span.range.end);
        let Some((Some(by), stack)) = next.map(|next| self.trace.maker(next.at)) else { return false };
        let is_go = matches!(by, LaneId::Goroutine(go) if self.trace.goroutine_name(go).is_some_and(|(id, name)| {
            waker.number == Some(id) || self.has(name, &waker.function)
        }));
        is_go || self.calls(stack, &waker.function)
    }

    fn interact(&self, one: GoroutineIdx, other: GoroutineIdx) -> bool {
        let acted = |on: GoroutineIdx, by: GoroutineIdx| {
            self.trace.transitions(on, self.trace.range()).any(|step| step.by == Some(LaneId::Goroutine(by)))
        };
        acted(one, other) || acted(other, one)
    }

    fn value(&self, node: &Node, negated: bool, says: &dyn Fn(&TermKind) -> Verdict) -> (bool, bool) {
        match node {
            Node::Term(at) => match says(&self.query.terms[*at].kind) {
                None => (false, false),
                Some((is, own)) => (is != negated, own && is != negated),
            },
            Node::Not(node) => self.value(node, !negated, says),
            Node::And(nodes) | Node::Or(nodes) => {
                let is_all = matches!(node, Node::And(_)) != negated;
                let values: Vec<(bool, bool)> = nodes.iter().map(|node| self.value(node, negated, says)).collect();
                let holds = if is_all { values.iter().all(|v| v.0) } else { values.iter().any(|v| v.0) };
                (holds, holds && values.iter().any(|value| value.0 && value.1))
            }
        }
    }
}

const QUERIES: &[&str] = &[
    "main",
    "runtime",
    "fn:main.",
    "fn:serve state:blocked",
    "fn:main -fn:runtime.chan",
    "stack:runtime state:running",
    "stack:\"sync.(*Mutex)\" or stack:chan",
    "-stack:runtime",
    "tag:file or tag:timer",
    "-tag:file state:syscall",
    "file:proc.go or file:main.go",
    "state:runnable dur<2us",
    "state:running or state:syscall",
    "reason:chan or reason:select",
    "-reason:chan state:blocked dur>=10us",
    "by:main",
    "by:g1 -by:runtime",
    "interacts:g1 state:blocked",
    "g:1",
    "g:1 or g:2 state:running",
    "task:c state:blocked",
    "task:1 -state:running",
    "region:e dur>1us",
    "-region:e state:running",
    "log:e state:running",
    "label:gc state:running",
    "alive@1ms state:blocked",
    "alive@1ms -g:1",
    "not (state:running or fn:runtime or g:1)",
    "(main or gc) -(blocked or syscall)",
    "10 or G5 or \"chan receive\"",
];

#[test]
fn searches_find_what_the_slow_judge_finds() {
    let mut traces = vec![("scene", scene())];
    for name in
        ["tasks-go1.27", "workers-go1.27", "generations-go1.22", "iterpull-go1.27", "badregions-go1.26", "sysio-go1.25"]
    {
        traces.push((name, recorded(name)));
    }
    let mut compared = 0;
    for (name, trace) in &traces {
        for text in QUERIES {
            let query = parse(text);
            assert!(query.errors.is_empty(), "{text}");
            let judge = Judge { trace, query: &query };
            let found = search(trace, &query, usize::MAX / 4, &Monitor::new(), &mut |_| {}).unwrap();
            let mut expected = Vec::new();
            for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
                for span in trace.spans(LaneId::Goroutine(go), trace.range()) {
                    let root = query.root.as_ref().unwrap();
                    let (is, own) = judge.value(root, false, &|kind| judge.of_span(kind, &span));
                    let context = || format!("{name}, {text}: {span:?}");
                    assert_eq!(found.matches_span(trace, &span), is, "{}", context());
                    assert_eq!(found.is_hit(trace, &span), is && own, "{}", context());
                    if is && own {
                        expected.push(span.at);
                    }
                    compared += 1;
                }
            }
            let mut spans: Vec<_> =
                found.list.iter().filter(|hit| hit.kind == HitKind::Span).filter_map(|hit| hit.span).collect();
            spans.sort_unstable();
            expected.sort_unstable();
            assert_eq!(spans, expected, "{name}, {text}");
            check_filter(name, trace, &query, &found.list);
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// Every goroutine with a hit in the range is left, and each has time in it.
fn check_filter(name: &str, trace: &Trace, query: &Query, list: &[crate::analysis::search::hit::Hit]) {
    let whole = trace.range();
    let quarter = whole.nanos() / 4;
    for range in [whole, TimeRange::new(whole.start.plus_nanos(quarter), whole.start.plus_nanos(2 * quarter))] {
        let left = goroutines(trace, query, range, &Monitor::new()).unwrap();
        assert!(left.is_sorted() && left.iter().all(|go| touches(life(trace, *go), range)));
        for hit in list.iter().filter(|hit| touches(hit.range, range)) {
            let LaneId::Goroutine(go) = hit.lane else { continue };
            // A task may outlive the goroutine that began it.
            if go.is_some() && touches(life(trace, go), range) {
                assert!(left.contains(&go), "{name}, {hit:?}");
            }
        }
    }
}
