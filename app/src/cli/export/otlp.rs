//! Tasks and regions as OpenTelemetry's spans, in OTLP's JSON: one `ExportTraceServiceRequest`.
//!
//! Ids are those that the program logged; others are made from what the trace says of itself, so that they are the same in
//! every export.

use std::collections::BTreeMap;
use std::io::{Error, Result, Write};

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use trace_core::analysis::tasks::life;
use trace_core::base::ids::{GoroutineIdx, StackId, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::{Region, Task, Trace};
use trace_core::session::What;
use trace_core::session::ids::{LoggedIds, logged_ids};
use trace_core::session::pattern::Patterns;
use trace_core::spans::{SpanId, TraceId};

use crate::fmt::name;
use crate::fmt::time::unix_nanos;
use crate::link::hash::Sha256;

/// Waits this long are events of their span, nanoseconds; so are shorter ones of a tenth of it.
const LONG_WAIT: i64 = 1_000_000;
/// Events of a span at most, as in OpenTelemetry's SDKs: the longest waits, then the first logs.
const MOST_EVENTS: usize = 128;
/// What OTLP calls kinds.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;

/// What spans are of besides the trace.
pub(super) struct Origin {
    /// What the process is called.
    pub(super) service: String,
    /// The time of day at the end of a trace that does not tell it, nanoseconds since 1970, and what that is.
    pub(super) end: (i128, &'static str),
}

/// Writes the tasks and regions that touch `range`, each as a whole.
pub(super) fn write(trace: &Trace, range: TimeRange, origin: &Origin, out: &mut dyn Write) -> Result<()> {
    // Never cancelled.
    let ids = logged_ids(trace, &Patterns::default(), &Monitor::new()).unwrap_or_default();
    let clock = Clock::of(trace, origin.end.0);
    let mut spans =
        Spans { trace, clock, ids, seed: seed(trace), tasks: Vec::new(), events: FxHashMap::default(), out };
    spans.share_traces();
    spans.find_tasks();
    spans.find_events(range);
    let mut resource = vec![
        attribute("service.name", json!({ "stringValue": origin.service })),
        attribute("process.runtime.name", json!({ "stringValue": "go" })),
        attribute("go.trace.format", json!({ "stringValue": format!("go 1.{}", trace.totals().version) })),
    ];
    if spans.clock.is_guessed {
        resource.push(attribute("tracelane.clock", json!({ "stringValue": origin.end.1 })));
    }
    let scope = json!({ "name": "tracelane", "version": env!("CARGO_PKG_VERSION") });
    let head = json!({ "attributes": resource });
    write!(spans.out, "{{\"resourceSpans\":[{{\"resource\":{head},\"scopeSpans\":[{{\"scope\":{scope},\"spans\":[")?;
    spans.write_all(range)?;
    spans.out.write_all(b"\n]}]}]}\n")
}

/// Times of a trace as times of day.
struct Clock<'a> {
    trace: &'a Trace,
    /// What to add to the trace's times if it does not tell the time of day.
    shift: i128,
    is_guessed: bool,
}

impl<'a> Clock<'a> {
    fn of(trace: &'a Trace, end: i128) -> Self {
        let is_guessed = unix_nanos(trace, trace.range().start).is_none();
        Self { trace, shift: end - i128::from(trace.range().end.0), is_guessed }
    }

    /// Nanoseconds since 1970, as OTLP's JSON has numbers of 64 bits: as text.
    fn text(&self, time: TraceTime) -> String {
        let time = time.clamp(self.trace.range().start, self.trace.range().end);
        let unix = unix_nanos(self.trace, time).unwrap_or(self.shift + i128::from(time.0));
        unix.max(1).to_string()
    }
}

/// What ids are derived from: it differs between traces.
fn seed(trace: &Trace) -> String {
    let (range, totals) = (trace.range(), trace.totals());
    let wall = unix_nanos(trace, range.start).unwrap_or(0);
    format!("tracelane/{wall}/{}/{}/{}", range.start.0, totals.bytes, totals.events)
}

/// The ids of a span.
#[derive(Clone, Copy)]
struct Own {
    trace: TraceId,
    span: SpanId,
    parent: Option<SpanId>,
    kind: u8,
}

const fn kind(logged: &LoggedIds) -> u8 {
    match logged {
        LoggedIds { is_call: true, .. } => CLIENT,
        LoggedIds { parent: Some(_), .. } => SERVER,
        _ => INTERNAL,
    }
}

struct Spans<'a> {
    trace: &'a Trace,
    clock: Clock<'a>,
    ids: FxHashMap<What, LoggedIds>,
    seed: String,
    /// By [`TaskIdx`].
    tasks: Vec<Option<Own>>,
    events: FxHashMap<What, Events>,
    out: &'a mut dyn Write,
}

/// What happened in a span.
#[derive(Default)]
struct Events {
    /// By length inside the span, the shortest first, and start.
    waits: BTreeMap<(i64, TraceTime, GoroutineIdx), Span>,
    logs: Vec<Value>,
    dropped: usize,
}

impl Spans<'_> {
    fn hash(&self, what: &str) -> Sha256 {
        Sha256::of(format!("{}/{what}", self.seed).as_bytes())
    }

    fn made_trace(&self, what: &str) -> TraceId {
        let bytes = self.hash(&format!("trace of {what}")).0;
        TraceId(bytes.first_chunk().map_or(1, |first| u128::from_be_bytes(*first)).max(1))
    }

    fn made_span(&self, what: &str) -> SpanId {
        let bytes = self.hash(what).0;
        SpanId(bytes.first_chunk().map_or(1, |first| u64::from_be_bytes(*first)).max(1))
    }

    /// Gives tasks that logged no trace id the one that the first of their parts logged: a request that only logs the ids of
    /// its calls is of their trace.
    fn share_traces(&mut self) {
        let of_tasks = (0..self.trace.task_count()).filter_map(|at| self.trace.task(TaskIdx(at)));
        let of_tasks = of_tasks.map(|task| (What::Task(task.idx), task.parent));
        let of_regions = (0_u32..).zip(self.trace.all_regions()).map(|(at, region)| (What::Region(at), region.task));
        for (what, outer) in of_tasks.chain(of_regions) {
            let Some(trace) = self.ids.get(&what).and_then(|ids| ids.trace) else { continue };
            let mut next = outer;
            // Tasks may name each other as parents.
            for _ in 0..64 {
                let Some(idx) = next else { break };
                let ids = self.ids.entry(What::Task(idx)).or_default();
                if ids.trace.is_some() {
                    break;
                }
                ids.trace = Some(trace);
                next = self.trace.task(idx).and_then(|task| task.parent);
            }
        }
    }

    /// The ids of all tasks. Parents are looked for first, however tasks name each other.
    fn find_tasks(&mut self) {
        self.tasks = vec![None; self.trace.task_count() as usize];
        for at in 0..self.trace.task_count() {
            let mut chain = Vec::new();
            let mut next = Some(TaskIdx(at));
            while let Some(idx) = next {
                let is_known = self.tasks.get(idx.index()).is_none_or(Option::is_some);
                if is_known || chain.contains(&idx) || chain.len() > 1_000 {
                    break;
                }
                chain.push(idx);
                next = self.trace.task(idx).and_then(|task| task.parent);
            }
            while let Some(idx) = chain.pop() {
                let own = self.trace.task(idx).map(|task| self.own_of_task(&task));
                if let Some(place) = self.tasks.get_mut(idx.index()) {
                    *place = own;
                }
            }
        }
    }

    fn task(&self, idx: Option<TaskIdx>) -> Option<Own> {
        self.tasks.get(idx?.index()).copied().flatten()
    }

    fn own_of_task(&self, task: &Task) -> Own {
        let logged = self.ids.get(&What::Task(task.idx)).copied().unwrap_or_default();
        let parent = self.task(task.parent);
        // Tasks of a trace of their own are not inside another one's span.
        let inside =
            parent.filter(|parent| logged.trace.is_none_or(|own| own == parent.trace) && logged.parent.is_none());
        let what = format!("task {}", task.id.0);
        let trace = logged.trace.or(inside.map(|parent| parent.trace));
        Own {
            trace: trace.unwrap_or_else(|| self.made_trace(&what)),
            span: logged.span.unwrap_or_else(|| self.made_span(&what)),
            parent: logged.parent.or(inside.map(|parent| parent.span)),
            kind: kind(&logged),
        }
    }

    /// `around`: the region that it lies in, on the same goroutine.
    fn own_of_region(&self, (at, region): (u32, &Region), around: Option<&(Region, Own)>) -> Own {
        let logged = self.ids.get(&What::Region(at)).copied().unwrap_or_default();
        let task = self.task(region.task);
        let parent = match around {
            Some((outer, own)) if outer.task == region.task || task.is_none() => Some(*own),
            _ => task,
        };
        let inside = parent.filter(|parent| logged.trace.is_none_or(|own| own == parent.trace));
        let id = self.trace.goroutine_name(region.go).map_or(0, |(id, _)| id.0);
        let since = region.range.start.nanos_since(self.trace.range().start);
        let what = format!("region {at} of G{id} at {since}");
        Own {
            trace: logged.trace.or(inside.map(|own| own.trace)).unwrap_or_else(|| self.made_trace(&what)),
            span: logged.span.unwrap_or_else(|| self.made_span(&what)),
            parent: inside.map(|own| own.span),
            kind: kind(&logged),
        }
    }

    /// The span that a goroutine works for at a moment: its innermost region, else the newest task that it has begun.
    fn span_of(&self, go: GoroutineIdx, time: TraceTime, own_tasks: &[Task]) -> Option<(What, TimeRange)> {
        let instant = TimeRange::new(time, time.plus_nanos(1));
        if let Some(region) = self.trace.regions(go, instant).last() {
            let all = self.trace.all_regions();
            let first = all.partition_point(|known| (known.go, known.range.start) < (region.go, region.range.start));
            let place = all.get(first..)?.iter().position(|known| *known == region)?;
            return Some((What::Region(u32::try_from(first + place).ok()?), region.range));
        }
        let lives = own_tasks.iter().map(|task| (What::Task(task.idx), life(self.trace, task)));
        lives.filter(|(_, life)| life.contains(time)).max_by_key(|(_, life)| life.start)
    }

    /// Finds the long waits and the logs of all spans.
    fn find_events(&mut self, range: TimeRange) {
        let mut by_go: BTreeMap<u32, Vec<Task>> = BTreeMap::new();
        for task in (0..self.trace.task_count()).filter_map(|at| self.trace.task(TaskIdx(at))) {
            by_go.entry(task.go.0).or_default().push(task);
        }
        let mut gos: Vec<u32> =
            by_go.keys().copied().chain(self.trace.all_regions().iter().map(|one| one.go.0)).collect();
        gos.sort_unstable();
        gos.dedup();
        for go in gos.into_iter().map(GoroutineIdx) {
            let own = by_go.get(&go.0).map_or(&[] as &[Task], Vec::as_slice);
            let waits = self.trace.spans(LaneId::Goroutine(go), range).filter(|span| span.state == GoState::Waiting);
            for span in waits {
                let Some((what, of)) = self.span_of(go, span.range.start, own) else { continue };
                let nanos = span.range.intersect(of).nanos();
                if nanos < LONG_WAIT && nanos.saturating_mul(10) < of.nanos() {
                    continue;
                }
                let events = self.events.entry(what).or_default();
                events.waits.insert((nanos, span.range.start, go), span);
                if events.waits.len() > MOST_EVENTS {
                    events.waits.pop_first();
                    events.dropped += 1;
                }
            }
        }
        for log in self.trace.all_logs() {
            let what = match log.task {
                Some(task) => What::Task(task),
                None => match self.span_of(log.go, log.time, &[]) {
                    Some((what, _)) => what,
                    None => continue,
                },
            };
            let event = json!({
                "timeUnixNano": self.clock.text(log.time),
                "name": named(self.trace.str(log.category), "log"),
                "attributes": [attribute("message", text(self.trace.str(log.message)))],
            });
            let events = self.events.entry(what).or_default();
            if events.logs.len() < MOST_EVENTS { events.logs.push(event) } else { events.dropped += 1 }
        }
    }

    fn write_all(&mut self, range: TimeRange) -> Result<()> {
        let mut is_first = true;
        for at in 0..self.trace.task_count() {
            let Some((task, own)) = self.trace.task(TaskIdx(at)).zip(self.task(Some(TaskIdx(at)))) else { continue };
            let of = life(self.trace, &task);
            if !of.overlaps(range) {
                continue;
            }
            let mut attributes = self.place(task.go, task.stack);
            attributes.push(attribute("go.task.id", int(task.id.0)));
            attributes.extend(unknown_ends(task.began.is_some(), task.ended.is_some()));
            let span = self.span(What::Task(task.idx), own, (self.trace.str(task.name), of), attributes);
            self.push(&span, &mut is_first)?;
        }
        // Outer regions come before inner ones.
        let mut open: Vec<(Region, Own)> = Vec::new();
        for (at, region) in (0_u32..).zip(self.trace.all_regions()) {
            open.retain(|(outer, _)| outer.go == region.go && outer.range.end >= region.range.end);
            let own = self.own_of_region((at, region), open.last());
            open.push((*region, own));
            if !region.range.overlaps(range) {
                continue;
            }
            let mut attributes = self.place(region.go, region.start_stack);
            attributes.extend(unknown_ends(!region.began_before, !region.goes_on));
            let span = self.span(What::Region(at), own, (self.trace.str(region.name), region.range), attributes);
            self.push(&span, &mut is_first)?;
        }
        Ok(())
    }

    fn push(&mut self, span: &Value, is_first: &mut bool) -> Result<()> {
        self.out.write_all(if std::mem::replace(is_first, false) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *self.out, span).map_err(Error::from)
    }

    fn span(&self, what: What, own: Own, (name, range): (&str, TimeRange), attributes: Vec<Value>) -> Value {
        let mut span = json!({
            "traceId": own.trace.to_string(),
            "spanId": own.span.to_string(),
            "name": named(name, if matches!(what, What::Task(_)) { "task" } else { "region" }),
            "kind": own.kind,
            "startTimeUnixNano": self.clock.text(range.start),
            "endTimeUnixNano": self.clock.text(range.end),
            "attributes": attributes,
        });
        let Some(fields) = span.as_object_mut() else { return span };
        if let Some(parent) = own.parent {
            fields.insert("parentSpanId".to_owned(), json!(parent.to_string()));
        }
        if let Some(events) = self.events.get(&what) {
            let waits = events.waits.iter().map(|((nanos, start, _), span)| (*start, self.wait(span, *nanos)));
            let mut all: Vec<(TraceTime, Value)> = waits.collect();
            all.sort_by_key(|event| event.0);
            let room = MOST_EVENTS.saturating_sub(all.len());
            let logs = events.logs.iter().take(room).cloned();
            let dropped = events.dropped + events.logs.len().saturating_sub(room);
            let list: Vec<Value> = all.into_iter().map(|event| event.1).chain(logs).collect();
            fields.insert("events".to_owned(), Value::Array(list));
            if dropped > 0 {
                fields.insert("droppedEventsCount".to_owned(), json!(dropped));
            }
        }
        span
    }

    /// A wait as an event: for how long, for what, where, and who ended it.
    fn wait(&self, wait: &Span, nanos: i64) -> Value {
        let mut attributes = vec![
            attribute("wait.duration_ns", int(nanos.unsigned_abs())),
            attribute("wait.reason", text(named(self.trace.str(wait.reason), "waiting"))),
        ];
        attributes.extend(self.code(wait.start_stack));
        if let Some((LaneId::Goroutine(waker), stack)) = self.trace.ended_by(wait) {
            let id = self.trace.goroutine_name(waker).map(|(id, _)| int(id.0));
            attributes.extend(id.map(|id| attribute("wait.ended_by.goroutine.id", id)));
            let frame = name::frame_of(self.trace, stack).filter(|_| stack.is_some());
            attributes.extend(frame.map(|frame| attribute("wait.ended_by.function.name", text(frame.function))));
        }
        json!({ "timeUnixNano": self.clock.text(wait.range.start), "name": "wait", "attributes": attributes })
    }

    /// Where a span began, and the goroutine that began it.
    fn place(&self, go: GoroutineIdx, stack: StackId) -> Vec<Value> {
        let id = self.trace.goroutine_name(go).map(|(id, _)| attribute("go.goroutine.id", int(id.0)));
        id.into_iter().chain(self.code(stack)).collect()
    }

    fn code(&self, stack: StackId) -> Vec<Value> {
        let Some(frame) = name::frame_of(self.trace, stack).filter(|_| stack.is_some()) else { return Vec::new() };
        let mut all = vec![attribute("code.function.name", text(frame.function))];
        if !frame.file.is_empty() {
            all.push(attribute("code.file.path", text(frame.file)));
            all.push(attribute("code.line.number", int(frame.line)));
        }
        all
    }
}

/// What is said of a span that began before the trace, or goes on behind it.
fn unknown_ends(began: bool, ended: bool) -> impl Iterator<Item = Value> {
    let yes = |key: &str| attribute(key, json!({ "boolValue": true }));
    let before = (!began).then(|| yes("tracelane.began_before_trace"));
    before.into_iter().chain((!ended).then(|| yes("tracelane.goes_on_after_trace")))
}

fn attribute(key: &str, value: Value) -> Value {
    json!({ "key": key, "value": value })
}

fn text(text: &str) -> Value {
    json!({ "stringValue": text })
}

fn int(number: u64) -> Value {
    json!({ "intValue": i64::try_from(number).unwrap_or(i64::MAX).to_string() })
}

/// A name; OTLP wants one.
fn named<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if name.is_empty() { otherwise } else { name }
}
