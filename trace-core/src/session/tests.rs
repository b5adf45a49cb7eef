//! Sessions of made-up services whose truth is known: every task logs its span's ids under a category that no pattern
//! knows, and every join is held against that.

use std::sync::Arc;

use super::clock::ClockMap;
use super::pattern::Patterns;
use super::{Content, Input, JoinBy, Method, Session, What, build};
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::event::kind::EventKind as K;
use crate::input::source::Source;
use crate::load::load_bytes;
use crate::spans;
use crate::testkit::writer::TraceWriter;

/// True time of the first request, nanoseconds.
const START: i64 = 2_000_000_000;
/// Unix time of true time 0.
const WALL: i64 = 1_767_225_600_000_000_000;
/// Handlers of each service, which work at the same time.
const HANDLERS: u64 = 6;

struct Random(u64);

impl Random {
    fn next(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % below
    }

    fn id(&mut self) -> u64 {
        (self.next(1 << 31) as u64) << 32 | self.next(1 << 31) as u64 | 1 << 63
    }
}

/// What services write into their traces.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Traceparent,
    Otel,
    Datadog,
    RequestId,
}

/// A span as it truly was.
#[derive(Clone, Debug)]
struct True {
    service: usize,
    handler: u64,
    trace: u128,
    id: u64,
    parent: Option<u64>,
    name: &'static str,
    is_client: bool,
    start: i64,
    end: i64,
}

/// What happened: requests to the first service, which calls the next, and so on.
fn story(seed: u64, services: usize, requests: u64) -> Vec<True> {
    let mut random = Random(seed);
    let mut all = Vec::new();
    for request in 0..requests {
        let trace = u128::from(random.id()) << 64 | u128::from(random.id());
        let start = START + request as i64 * 3_000_000 + random.next(1_000_000);
        let mut range = (start, start + 4_000_000 + random.next(9_000_000));
        let mut parent = None;
        for service in 0..services {
            let names = [["GET /buy", "HTTP GET"], ["GET /price", "HTTP GET"], ["GET /stock", "HTTP GET"]];
            let [own, call] = names[service];
            for (name, is_client) in [(own, false), (call, true)] {
                if is_client && service + 1 == services {
                    continue;
                }
                let id = random.id();
                let (start, end) = range;
                all.push(True { service, handler: request % HANDLERS, trace, id, parent, name, is_client, start, end });
                parent = Some(id);
                // What one takes beyond what it calls.
                let room = if is_client { 60_000 } else { 400_000 };
                range = (start + 15_000 + random.next(room), end - 12_000 - random.next(room));
            }
        }
    }
    all
}

/// Handler, time, whether something ends, and what is written.
type Event = (u64, i64, usize, Vec<(K, Vec<u64>)>);

/// The trace of a service: `clock` makes its time of true time.
fn trace_of(truth: &[True], service: usize, style: Style, version: u32, clock: &dyn Fn(i64) -> i64) -> Vec<u8> {
    let mut writer = TraceWriter::new(version);
    let mut events: Vec<Event> = Vec::new();
    let own: Vec<&True> = truth.iter().filter(|span| span.service == service).collect();
    let task = |id: u64| own.iter().position(|span| span.id == id).map_or(0, |at| at as u64 + 1);
    for (at, span) in own.iter().enumerate() {
        let number = at as u64 + 1;
        let parent = span.parent.map_or(0, task);
        let name = writer.string(span.name);
        let truth = writer.string("truth");
        let ids = writer.string(&format!("{:x} {:x}", span.id, span.parent.unwrap_or(0)));
        let mut begin =
            vec![(K::USER_TASK_BEGIN, vec![number, parent, name, 0]), (K::USER_LOG, vec![number, truth, ids, 0])];
        let mut log = |category: &str, message: &[u8]| {
            let (category, message) = (writer.string(category), writer.bytes(message));
            begin.push((K::USER_LOG, vec![number, category, message, 0]));
        };
        let carrier = if span.is_client { Some(span.id) } else { span.parent };
        match style {
            Style::Traceparent => match carrier {
                Some(id) => log("traceparent", format!("00-{:032x}-{id:016x}-01", span.trace).as_bytes()),
                None => log("trace_id", format!("{:032x}", span.trace).as_bytes()),
            },
            Style::Datadog => log("datadog.uint64_span_id", &span.id.to_le_bytes()),
            Style::RequestId => log("X-Request-Id", format!("req-{:x}", span.trace as u64).as_bytes()),
            Style::Otel => {}
        }
        // A task begins a little after its span, and ends so.
        events.push((span.handler, clock(span.start + 3_000), 0, begin));
        events.push((span.handler, clock(span.end + 2_000), 1, vec![(K::USER_TASK_END, vec![number, 0])]));
    }
    for handler in 0..HANDLERS {
        let first = clock(START - 1_000_000) as u64 + handler * 64;
        writer.event(10 + handler, first, K::PROC_STATUS, &[handler, 1]);
        writer.event(10 + handler, first + 1, K::GO_STATUS, &[handler + 1, 10 + handler, 2]);
        let mut own: Vec<_> = events.iter().filter(|event| event.0 == handler).collect();
        own.sort_by_key(|(_, time, is_end, events)| (*time, *is_end, events.len()));
        for (_, time, _, events) in own {
            for (kind, args) in events {
                writer.event(10 + handler, *time as u64, *kind, args);
            }
        }
    }
    writer.finish()
}

/// The spans of all services, each with its own wall clock.
fn otlp(truth: &[True], skew: &dyn Fn(usize) -> i64) -> String {
    let mut out = String::new();
    for span in truth {
        let service = ["front", "back", "store"][span.service];
        let wall = |time: i64| WALL + time + skew(span.service);
        let parent = span.parent.map_or(String::new(), |id| format!("{id:016x}"));
        out += &format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","parentSpanId":"{parent}","name":"{}","kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}]}}]}}]}}"#,
            span.trace,
            span.id,
            span.name,
            if span.is_client { 3 } else { 2 },
            wall(span.start),
            wall(span.end)
        );
        out.push('\n');
    }
    out
}

fn input(file: &str, bytes: &[u8]) -> Input {
    let monitor = Monitor::new();
    let content = match bytes.starts_with(b"go 1.") {
        true => Content::Trace(load_bytes(bytes, &monitor, &mut |_| {}).unwrap()),
        false => Content::Spans(Arc::new(spans::read(Source::bytes(bytes), &monitor).unwrap())),
    };
    Input { file: file.to_owned(), name: None, offset: None, content }
}

fn session(inputs: Vec<Input>) -> Session {
    build(inputs, &Patterns::default(), &Monitor::new()).unwrap()
}

/// The ids (own, parent) that the task of an activity logged as the truth.
fn logged(session: &Session, act: u32) -> Option<(u64, u64)> {
    let found = session.activities[act as usize];
    let trace = session.services[found.trace as usize].trace.as_ref()?;
    let What::Task(task) = found.what else { return None };
    let log = trace.all_logs().iter().find(|log| log.task == Some(task) && trace.str(log.category) == "truth")?;
    let (own, parent) = trace.str(log.message).split_once(' ')?;
    Some((u64::from_str_radix(own, 16).unwrap(), u64::from_str_radix(parent, 16).unwrap()))
}

/// How many spans of files were joined with the right task, and how many tasks have the right parent. Panics at a wrong
/// one.
fn right(session: &Session) -> (usize, usize) {
    let (mut joined, mut parents) = (0, 0);
    for span in &session.spans {
        let Some((own, parent)) = span.act.and_then(|act| logged(session, act)) else { continue };
        if span.record.is_some() {
            assert_eq!(span.ids.1.unwrap().0, own, "{span:?}");
            joined += 1;
        }
        let above = span.parent.and_then(|at| session.spans[at as usize].act).and_then(|act| logged(session, act));
        if let Some((above, _)) = above {
            assert_eq!(above, parent, "{span:?}");
            parents += 1;
        }
    }
    (joined, parents)
}

/// The largest distance of the traces' times from the truth, seen from the first; asserts that it is inside of what is
/// stated.
fn check_clocks(session: &Session, clocks: &[&dyn Fn(i64) -> i64]) -> i64 {
    let mut most = 0;
    for (service, clock) in session.services.iter().zip(clocks) {
        for step in 0..=48 {
            // All stories last longer than that.
            let time = START + step * 2_000_000;
            let own = clock(time);
            let off = (service.clock.map.apply(own) - clocks[0](time)).abs();
            let stated = service.clock.error.unwrap().at(own);
            // The session's clock runs like the reference's.
            assert!(off <= stated + 64, "{off} > {stated} at {step}: {:?}", service.clock);
            most = most.max(off);
        }
    }
    most
}

fn same(time: i64) -> i64 {
    time
}

#[test]
fn a_traceparent_joins_calls_and_requests() {
    let truth = story(1, 3, 60);
    let traces = (0..3).map(|at| input(["a", "b", "c"][at], &trace_of(&truth, at, Style::Traceparent, 26, &same)));
    let found = session(traces.collect());
    assert_eq!(right(&found), (0, truth.len() - 60), "all but the roots have their parents");
    assert_eq!((found.served.joined, found.served.ambiguous, found.served.unjoined), (120, 0, 0));
    assert_eq!((found.requests.len(), found.circles, found.doubles), (60, 0, 0));
    for request in &found.requests {
        assert_eq!((request.spans.len(), request.services.as_slice()), (5, &[0, 1, 2][..]));
        let root = truth.iter().find(|span| format!("{:032x}", span.trace) == request.id).unwrap();
        assert_eq!(found.spans[request.root as usize].start, root.start + 3_000);
        assert_eq!(request.spans.iter().map(|(_, depth)| *depth).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
    assert!(found.requests.is_sorted_by_key(|request| -found.spans[request.root as usize].nanos));
    assert!(found.services.iter().skip(1).all(|service| service.clock.method == Method::SameBoot));
    assert!(found.services.iter().all(|service| service.trace.is_some()));
    assert_eq!(check_clocks(&found, &[&same, &same, &same]), 0);
}

#[test]
fn clocks_of_other_hosts_are_found_by_pairs() {
    for (seed, shift, ppm) in
        [(2, 3_000_000_000, 100.0), (3, -1_500_000_000, -100.0), (4, 7_777, 37.0), (5, 900_000_000_000, 0.0)]
    {
        let truth = story(seed, 2, 40);
        let other = |time: i64| time + shift + (time as f64 * ppm * 1e-6) as i64;
        // Releases before 1.25 have no readings of clocks.
        let inputs = || {
            vec![
                input("front", &trace_of(&truth, 0, Style::Traceparent, 23, &same)),
                input("back", &trace_of(&truth, 1, Style::Traceparent, 23, &other)),
            ]
        };
        let found = session(inputs());
        let clock = &found.services[1].clock;
        assert_eq!((clock.method, clock.pairs, clock.dropped.len()), (Method::Pairs, 40, 0));
        assert!(2 * clock.error.unwrap().least() <= 50_000, "{:?}", clock.error);
        check_clocks(&found, &[&same, &other]);
        assert_eq!(right(&found), (0, truth.len() - 40));
        // From the other side it is as good.
        let mut turned = inputs();
        turned.reverse();
        let turned = session(turned);
        check_clocks(&turned, &[&other, &same]);
        assert_eq!(right(&turned), (0, truth.len() - 40));
        assert_eq!(turned.requests.len(), 40);
        // By hand it is what the user says.
        let mut by_hand = inputs();
        by_hand[1].offset = Some(-shift);
        let by_hand = session(by_hand);
        assert_eq!(by_hand.services[1].clock.method, Method::Manual);
        assert_eq!(by_hand.services[1].clock.map, ClockMap::shift(-shift));
        // The first one moves alone, too.
        let mut first = inputs();
        first[0].offset = Some(shift);
        let first = session(first);
        let clocks = [0, 1].map(|at: usize| (first.services[at].clock.method, first.services[at].clock.map));
        assert_eq!(clocks, [(Method::Manual, ClockMap::shift(shift)), (Method::Reference, ClockMap::default())]);
    }
}

#[test]
fn spans_without_ids_in_the_trace_are_joined_by_name_and_time() {
    // With the wall clock of newer releases, and without.
    for (version, seed) in [(26, 6), (23, 7)] {
        let truth = story(seed, 3, 80);
        let mut inputs: Vec<Input> =
            (0..3).map(|at| input(["a", "b", "c"][at], &trace_of(&truth, at, Style::Otel, version, &same))).collect();
        inputs.push(input("spans", otlp(&truth, &|_| 0).as_bytes()));
        let found = session(inputs);
        let (joined, parents) = right(&found);
        assert!(joined * 100 >= truth.len() * 99, "{version}: {joined} of {}", truth.len());
        assert_eq!(found.tasks.joined as usize, joined);
        assert_eq!(found.tasks.joined + found.tasks.ambiguous + found.tasks.unjoined, truth.len() as u64);
        assert!(parents >= truth.len() - 80 - 5, "{parents}");
        assert_eq!(found.requests.len(), 80, "{version}");
        let names: Vec<&str> = found.services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["front", "back", "store"], "{version}: a span file names its services");
        assert!(found.spans.iter().any(|span| span.by == Some(JoinBy::NameAndTime)));
    }
}

#[test]
fn datadogs_bytes_join_every_span() {
    let truth = story(8, 2, 50);
    let far = |time: i64| time + 55_000_000_000;
    let inputs = vec![
        input("a", &trace_of(&truth, 0, Style::Datadog, 23, &same)),
        input("b", &trace_of(&truth, 1, Style::Datadog, 23, &far)),
        input("spans", otlp(&truth, &|service| service as i64 * 40_000_000).as_bytes()),
    ];
    let found = session(inputs);
    assert_eq!(right(&found), (truth.len(), truth.len() - 50));
    assert_eq!((found.tasks.joined, found.tasks.ambiguous, found.tasks.unjoined), (truth.len() as u64, 0, 0));
    assert!(found.spans.iter().all(|span| span.by == Some(JoinBy::SpanId)));
    assert_eq!(found.services[1].clock.method, Method::Pairs);
    check_clocks(&found, &[&same, &far]);
}

#[test]
fn request_ids_join_what_lies_inside() {
    let truth = story(9, 2, 50);
    for (version, shift) in [(26, 0), (23, 5_000_000_000)] {
        let other = |time: i64| time + shift;
        let inputs = vec![
            input("a", &trace_of(&truth, 0, Style::RequestId, version, &same)),
            input("b", &trace_of(&truth, 1, Style::RequestId, version, &other)),
        ];
        let found = session(inputs);
        assert_eq!(found.requests.len(), 50, "{version}");
        for request in &found.requests {
            assert_eq!(request.services.len(), 2, "{version}: {request:?}");
            assert!(request.id.starts_with("req-"), "{}", request.id);
        }
    }
}

#[test]
fn without_ids_and_spans_only_clear_calls_are_joined() {
    let truth = story(10, 2, 60);
    let inputs = (0..2).map(|at| input(["a", "b"][at], &trace_of(&truth, at, Style::Otel, 26, &same)));
    let found = session(inputs.collect());
    // Panics if one is wrong.
    let (_, parents) = right(&found);
    let by_time = found.spans.iter().filter(|span| span.by == Some(JoinBy::Time)).count();
    assert!(by_time >= 30, "{by_time} of 60");
    assert_eq!(parents, 60 + by_time);
}

#[test]
fn processes_of_one_host_are_known_by_their_calls_where_no_clock_was_recorded() {
    for style in [Style::Otel, Style::Datadog] {
        // Neither ids that calls carry nor readings of clocks.
        let truth = story(18, 3, 80);
        let traces = |clock: &dyn Fn(usize, i64) -> i64| -> Vec<Input> {
            (0..3)
                .map(|at| input(["a", "b", "c"][at], &trace_of(&truth, at, style, 23, &|time| clock(at, time))))
                .collect()
        };
        let found = session(traces(&|_, time| time));
        let methods: Vec<Method> = found.services.iter().map(|service| service.clock.method).collect();
        assert_eq!(methods, [Method::Reference, Method::Pairs, Method::Pairs]);
        check_clocks(&found, &[&same, &same, &same]);
        // Panics if one is wrong.
        let (_, parents) = right(&found);
        let by_time = found.spans.iter().filter(|span| span.by == Some(JoinBy::Time)).count();
        assert!(by_time >= 60 && parents >= 160 + by_time, "{by_time} of 160");
        // Clocks of other hosts are not taken for one.
        for shift in [700_000_000, 90_000_000_000, 35_000_000] {
            let found = session(traces(&|at, time| if at == 1 { time + shift } else { time }));
            assert_eq!(found.services[1].clock.method, Method::Unplaced, "{shift}: {:?}", found.services[1].clock);
            right(&found);
        }
    }
}

#[test]
fn spans_alone_are_placed_by_their_calls() {
    let truth = story(11, 3, 30);
    let skew = |service: usize| [0, -70_000_000, 4_000_000][service];
    let found = session(vec![input("spans", otlp(&truth, &skew).as_bytes())]);
    assert_eq!((found.requests.len(), found.spans.len(), found.services.len()), (30, truth.len(), 3));
    for span in &found.spans {
        let Some(parent) = span.parent.map(|at| &found.spans[at as usize]) else { continue };
        assert!(parent.start <= span.start && span.end() <= parent.end(), "{parent:?} {span:?}");
    }
    assert_eq!(found.services[1].clock.method, Method::Pairs);
}

#[test]
fn what_explains_a_request_sums_to_it() {
    let truth = story(14, 3, 20);
    let other = |time: i64| time + 7_000_000_000;
    let mut inputs: Vec<Input> = [(0, &same as &dyn Fn(i64) -> i64), (1, &other), (2, &same)]
        .into_iter()
        .map(|(at, clock)| input(["a", "b", "c"][at], &trace_of(&truth, at, Style::Traceparent, 23, clock)))
        .collect();
    inputs.push(input("spans", otlp(&truth, &|_| 0).as_bytes()));
    // Of the last service, there may be a trace or only spans.
    for without in [None, Some(2), Some(0)] {
        let mut inputs = inputs.clone();
        if let Some(without) = without {
            inputs.remove(without);
        }
        let found = session(inputs);
        assert_eq!(found.requests.len(), 20);
        for request in &found.requests {
            let why = super::path::explain(&found, request, &Monitor::new()).unwrap();
            let root = &found.spans[request.root as usize];
            assert_eq!(why.parts.iter().map(|part| part.nanos).sum::<i64>(), root.nanos);
            assert_eq!(why.sums.iter().map(|sum| sum.nanos).sum::<i64>(), root.nanos);
            let mut at = root.start;
            for part in &why.parts {
                assert!(part.start == at && part.nanos > 0, "{without:?}: {part:?}");
                at += part.nanos;
            }
            assert_eq!(at, root.end());
            assert!(super::path::request_with_id(&found, &request.id[..20]).is_some());
        }
    }
}

#[test]
fn the_same_trace_twice_counts_once() {
    let truth = story(12, 2, 30);
    let front = trace_of(&truth, 0, Style::Traceparent, 26, &same);
    let back = trace_of(&truth, 1, Style::Traceparent, 26, &same);
    let spans = otlp(&truth, &|_| 0);
    let once = session(vec![input("a", &front), input("b", &back), input("s", spans.as_bytes())]);
    let twice = session(vec![
        input("a", &front),
        input("b", &back),
        input("a", &front),
        input("s", spans.as_bytes()),
        input("s", spans.as_bytes()),
    ]);
    assert_eq!(twice.copies, [(2, 0)]);
    assert_eq!(twice.doubles, truth.len() as u64);
    assert_eq!(right(&twice), right(&once));
    assert_eq!((twice.requests.len(), twice.served, twice.tasks), (30, once.served, once.tasks));
    let spans = |session: &Session| session.requests.iter().map(|request| request.spans.len()).sum::<usize>();
    assert_eq!(spans(&twice), spans(&once));
}

/// A snapshot of a process whose goroutine 1 creates one and works on a task every millisecond: what its trace holds from
/// `from` to `to`, ms.
fn snapshot(version: u32, (from, to): (u64, u64)) -> Vec<u8> {
    let mut writer = TraceWriter::new(version);
    let (name, entry) = (writer.string("work"), writer.stack(&[("main.worker", "main.go", 7)]));
    let at = |ms: u64, micros: u64| START as u64 + ms * 1_000_000 + micros * 1_000;
    writer.event(0, at(from, 0) - 20, K::PROC_STATUS, &[0, 1]);
    writer.event(0, at(from, 0) - 10, K::GO_STATUS, &[1, 0, 2]);
    for ms in from..to {
        writer.event(0, at(ms, 0), K::GO_CREATE, &[100 + ms, entry, 0]);
        writer.event(0, at(ms, 100), K::USER_TASK_BEGIN, &[ms + 1, 0, name, 0]);
        // Each task ends after the next one has begun.
        if ms > 0 {
            writer.event(0, at(ms, 200), K::USER_TASK_END, &[ms, 0]);
        }
    }
    writer.finish()
}

#[test]
fn overlapping_snapshots_of_one_process_count_once() {
    // Traces of Go 1.24 and older have no readings of clocks that tell the boot.
    for version in [26, 23] {
        let (early, late) = (snapshot(version, (0, 60)), snapshot(version, (40, 100)));
        let found = session(vec![input("early", &early), input("late", &late)]);
        assert_eq!(found.copies, [(1, 0)], "{version}");
        // Tasks 1 to 100; the last one has no end.
        let tasks = found.spans.iter().filter(|span| &*span.name == "work").count();
        assert_eq!(tasks, 100, "{version}: what both have counts once, and nothing is lost");
        let complete = found.spans.iter().filter(|span| span.is_complete).count();
        assert_eq!(complete, 99, "{version}: of a task whose end one has and whose beginning the other, all is known");
        let [a, b] = [0, 1].map(|at: usize| found.services[at].session_time(TraceTime(START + 50_000_000)));
        assert!((a - b).abs() <= 64, "{version}: one clock");
    }
    let (one, other) = (snapshot(23, (0, 40)), snapshot(23, (60, 90)));
    let apart = session(vec![input("one", &one), input("other", &other)]);
    assert_eq!(apart.copies, [], "they have nothing in common");
}

#[test]
fn the_same_trace_of_an_old_release_twice_counts_once() {
    let truth = story(15, 2, 20);
    let [front, back] = [0, 1].map(|at| trace_of(&truth, at, Style::Traceparent, 22, &same));
    let once = session(vec![input("a", &front), input("b", &back)]);
    let twice = session(vec![input("a", &front), input("b", &back), input("again", &front)]);
    assert_eq!(twice.copies, [(2, 0)]);
    assert_eq!((right(&twice), twice.requests.len()), (right(&once), 20));
}

#[test]
fn spans_that_all_have_one_id_end_soon_and_stay() {
    let span = |at: usize| {
        format!(
            r#"{{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","parentSpanId":"00f067aa0ba902b8","name":"x","startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}"#,
            1_000_000 + at * 10_000,
            1_000_000 + at * 10_000 + 5_000
        )
    };
    const MANY: usize = 60_000;
    let list: Vec<String> = (0..MANY).map(span).collect();
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, list.join(","));
    let found = session(vec![input("s", text.as_bytes())]);
    assert_eq!((found.spans.len(), found.orphans), (MANY, MANY as u64));
    let listed: usize = found.requests.iter().map(|request| request.spans.len()).sum();
    assert_eq!(listed, MANY, "nothing is lost");
}

#[test]
fn span_ids_that_repeat_in_every_trace_stay_apart() {
    // Programs may count their spans from 1 in each trace.
    let mut truth = story(16, 2, 40);
    let mut last = (0, 0);
    for span in &mut truth {
        last = if span.parent.is_none() { (1, 0) } else { (last.0 + 1, last.0) };
        span.id = last.0;
        span.parent = Some(last.1).filter(|parent| *parent > 0);
    }
    let found = session(vec![input("s", otlp(&truth, &|_| 0).as_bytes())]);
    assert_eq!((found.requests.len(), found.orphans, found.doubles), (40, 0, 0));
    assert!(found.requests.iter().all(|request| request.spans.len() == 3), "{:?}", found.requests);
}

#[test]
fn clocks_decades_apart_are_put_on_one_line() {
    let truth = story(17, 2, 10);
    // Nothing but the wall clocks tie them: one host thinks that it is 1989.
    let past = -37 * 31_556_952_000_000_000;
    let front: Vec<True> = truth.iter().filter(|span| span.service == 0).cloned().collect();
    let mut back: Vec<True> = truth.iter().filter(|span| span.service == 1).cloned().collect();
    back.iter_mut().for_each(|span| span.parent = None);
    let texts = [otlp(&front, &|_| 0), otlp(&back, &|_| past)];
    let found = session(texts.iter().map(|text| input("s", text.as_bytes())).collect());
    assert_eq!(found.spans.len(), truth.len());
    assert!(
        found.range.nanos() > -past && found.spans.iter().all(|span| span.nanos < 1_000_000_000),
        "{:?}",
        found.range
    );
    // With calls between them, these say how far apart they are.
    let skew = |service: usize| if service == 1 { past } else { 0 };
    let found = session(vec![input("s", otlp(&truth, &skew).as_bytes())]);
    assert_eq!(found.services[1].clock.method, Method::Pairs);
    assert!(found.range.nanos() < 1_000_000_000, "{:?}", found.range);
}

#[test]
fn odd_spans_do_no_harm() {
    let span = |id: u64, parent: u64, start: &str, end: &str| {
        format!(
            r#"{{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"{id:016x}","parentSpanId":"{parent:016x}","name":"x","startTimeUnixNano":"{start}","endTimeUnixNano":"{end}"}}"#
        )
    };
    let spans = [
        span(1, 2, "1000", "2000"),
        span(2, 1, "1000", "1000"),
        span(3, 3, "1000", "900"),
        span(4, 99, "9000000000000000000", "9100000000000000000"),
        span(5, 1, "5", "9223372036854775807"),
    ];
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","));
    let truth = story(13, 1, 5);
    let trace = trace_of(&truth, 0, Style::Traceparent, 26, &same);
    for inputs in [
        vec![input("s", text.as_bytes())],
        vec![input("a", &trace), input("s", text.as_bytes())],
        vec![input("s", text.as_bytes()), input("a", &trace)],
    ] {
        let found = session(inputs);
        assert_eq!((found.circles, found.spans.iter().filter(|span| span.record.is_some()).count()), (1, 5));
        let listed: usize = found.requests.iter().map(|request| request.spans.len()).sum();
        assert!(listed >= 5, "nothing is lost");
    }
    let nothing = build(Vec::new(), &Patterns::default(), &Monitor::new());
    assert!(nothing.is_none_or(|session| session.requests.is_empty()));
    let cancelled = Monitor::new();
    cancelled.cancel();
    assert!(build(vec![input("a", &trace)], &Patterns::default(), &cancelled).is_none());
}

#[test]
fn crossings_lead_from_the_client_to_the_server_and_back() {
    let truth = story(21, 2, 20);
    let front = trace_of(&truth, 0, Style::Traceparent, 26, &same);
    let back = trace_of(&truth, 1, Style::Traceparent, 26, &same);
    let found = session(vec![input("a", &front), input("b", &back)]);
    let crossings = super::crossing::Crossings::of(&found);
    assert_eq!(crossings.len(), 2 * 20, "there and back, for each call");
    for call in &found.calls {
        let [client, server] = [call.client, call.server].map(|act| found.activities[act as usize]);
        let out = crossings.out_of(client.trace, client.go, client.range);
        let there = out.iter().find(|crossing| !crossing.is_answer && crossing.to.time == server.range.start).unwrap();
        assert_eq!((there.from.service, there.to.service, there.to.go), (client.trace, server.trace, server.go));
        let into = crossings.reaching(client.trace, client.go, client.range);
        let answer = into.iter().find(|crossing| crossing.is_answer && crossing.call == there.call).unwrap();
        assert!(server.range.start <= answer.from.time && answer.from.time < server.range.end);
        assert!(client.range.start <= there.from.time && answer.to.time <= client.range.end);
    }
}

#[test]
fn requests_beside_the_traces_are_not_explained_first() {
    let truth = story(19, 2, 20);
    // The traces begin late: of the first requests only spans are known.
    let late: Vec<True> = truth.iter().skip(20).cloned().collect();
    let mut spans = truth.clone();
    spans.iter_mut().take(4).for_each(|span| span.end += 900_000_000);
    let inputs = [0, 1].map(|at| input(["a", "b"][at], &trace_of(&late, at, Style::Datadog, 26, &same)));
    let inputs: Vec<Input> = inputs.into_iter().chain([input("s", otlp(&spans, &|_| 0).as_bytes())]).collect();
    let found = session(inputs);
    assert!(found.spans[found.requests[0].root as usize].go.is_none(), "the longest is in no trace");
    let told: Vec<_> = super::path::told_best(&found).collect();
    assert!(told.len() < found.requests.len() && !told.is_empty());
    assert!(told.iter().all(|request| found.spans[request.root as usize].go.is_some()));
    let alone = session(vec![input("s", otlp(&spans, &|_| 0).as_bytes())]);
    assert_eq!(super::path::told_best(&alone).count(), alone.requests.len());
}

#[test]
fn own_times_add_up_to_the_request() {
    let truth = story(22, 3, 10);
    let traces: Vec<Vec<u8>> = (0..3).map(|service| trace_of(&truth, service, Style::Traceparent, 26, &same)).collect();
    let found = session(traces.iter().map(|trace| input("t", trace)).collect());
    assert_eq!(found.requests.len(), 10);
    for request in &found.requests {
        let rows = super::waterfall::waterfall(&found, request, &Monitor::new()).unwrap();
        let root = &found.spans[request.root as usize];
        // Spans lie inside of each other here, one below the next.
        assert_eq!(rows.iter().map(|row| row.own).sum::<i64>(), root.nanos);
        for row in &rows {
            let span = &found.spans[row.span as usize];
            let known: u64 = row.classes.iter().sum();
            assert!(!row.pieces.is_empty() && known <= span.nanos as u64 + 64, "{row:?} {span:?}");
            assert!(row.pieces.windows(2).all(|two| two[0].start + two[0].nanos <= two[1].start + 1), "in order");
        }
        let sums = super::waterfall::breakdown(&found, request);
        assert_eq!(sums.own.iter().map(|(_, nanos)| nanos).sum::<i64>(), root.nanos);
        let slowest = &found.spans[sums.slowest.unwrap() as usize];
        assert_eq!(slowest.service, 1, "the call of the first service holds that of the second");
    }
    let cancelled = Monitor::new();
    cancelled.cancel();
    assert!(super::waterfall::waterfall(&found, &found.requests[0], &cancelled).is_none());
}
