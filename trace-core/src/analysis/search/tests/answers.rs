//! What queries find in a small trace.

use crate::analysis::search::filter::goroutines;
use crate::analysis::search::hit::HitKind;
use crate::analysis::search::hits::{Hits, Listed};
use crate::analysis::search::parse::parse;
use crate::analysis::search::run::{search, search_near};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

use super::scene::{id, recorded, scene};

fn hits(trace: &Trace, text: &str) -> Hits {
    let query = parse(text);
    assert!(query.errors.is_empty(), "{text}: {:?}", query.errors);
    search(trace, &query, 1_000, &Monitor::new(), &mut |_| {}).unwrap()
}

/// Hits as text: kind, goroutine, start and end in microseconds since the start, what it is called.
fn told(trace: &Trace, text: &str) -> Vec<String> {
    let start = trace.range().start;
    let found = hits(trace, text);
    let told = found.list.iter().map(|hit| {
        let lane = match hit.lane {
            LaneId::Goroutine(go) => format!("G{}", id(trace, go)),
            other => format!("{other:?}"),
        };
        let micros = |time: crate::base::time::TraceTime| time.nanos_since(start) / 1_000;
        let range = format!("{}-{}", micros(hit.range.start), micros(hit.range.end));
        format!("{} {lane} {range} {}", hit.kind.singular(), trace.str(hit.text)).trim_end().to_owned()
    });
    let told: Vec<String> = told.collect();
    assert_eq!(told.len() as u64, found.total(), "{text}");
    assert_eq!(found.over_time.iter().map(|count| u64::from(*count)).sum::<u64>(), found.total());
    assert!(found.is_complete && found.before == 0);
    told
}

fn left(trace: &Trace, text: &str, range: TimeRange) -> Vec<u64> {
    let found = goroutines(trace, &parse(text), range, &Monitor::new()).unwrap();
    found.into_iter().map(|go| id(trace, go)).collect()
}

#[test]
fn each_key_finds_its_own() {
    let trace = scene();
    for (text, expected) in [
        ("fn:sendReport", &[][..]),
        ("fn:main.worker", &["goroutine G2 10-100 main.worker", "span G2 60-65 main.worker", "CPU sample G2 75-75"]),
        ("stack:sync.(*mutex).lock", &["span G3 0-90 sync.(*Mutex).Lock"]),
        ("file:server.go", &["span G3 0-90 main.(*store).get"]),
        ("file:server.go:97", &["span G3 0-90 main.(*store).get"]),
        ("file:server.go:98", &[]),
        ("server.go:97", &["span G3 0-90 main.(*store).get"]),
        ("state:syscall", &["span G2 60-65"]),
        ("state:running", &["span G1 0-40", "span G2 41-60", "span G2 65-100", "span G1 101-120"]),
        ("state:blocked", &["span G3 0-90", "span G1 40-95 chan receive"]),
        ("reason:\"CHAN receive\"", &["span G1 40-95 chan receive"]),
        ("by:sendReport", &["span G3 0-90"]),
        ("by:main.worker", &["span G3 0-90", "span G1 40-95 chan receive"]),
        ("by:g2", &["span G3 0-90", "span G1 40-95 chan receive"]),
        ("by:logger", &[]),
        ("g:2", &["goroutine G2 10-100 main.worker"]),
        ("interacts:g1", &["goroutine G1 0-120 main.main", "goroutine G2 10-100 main.worker"]),
        ("interacts:g99", &[]),
        ("task:checkout", &["task G2 45-85 checkout"]),
        ("task:8", &["task G2 46-80 pay"]),
        ("region:parse", &["region G2 50-70 parse"]),
        ("log:\"user=42\"", &["log message G2 55-55 42"]),
        ("log:user", &["log message G2 55-55 42"]),
        ("log:\"user=43\"", &[]),
        ("label:blue", &["label G2 87-87 tenant blue"]),
        ("alive@105us", &["goroutine G1 0-120 main.main", "goroutine G3 0-120"]),
        ("dur>50us state:runnable", &[]),
        ("dur>=30us region:parse", &[]),
        ("dur>=20us region:parse", &["region G2 50-70 parse"]),
        ("dur>=10us region:parse state:running", &["span G2 41-60", "span G2 65-100"]),
        ("dur<35us task:pay", &["task G2 46-80 pay"]),
    ] {
        let found = told(&trace, text);
        let is_same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        assert!(is_same, "{text}: {found:#?}");
    }
}

#[test]
fn terms_are_joined_and_negated() {
    let trace = scene();
    for (text, expected) in [
        ("g:2 state:running", &["span G2 41-60", "span G2 65-100"][..]),
        ("g:2 not state:running", &["span G2 10-41", "span G2 60-65"]),
        ("-g:2 state:running", &["span G1 0-40", "span G1 101-120"]),
        ("state:blocked -reason:chan", &["span G3 0-90"]),
        ("state:blocked -stack:Mutex", &["span G1 40-95"]),
        ("state:syscall or reason:chan", &["span G1 40-95", "span G2 60-65"]),
        ("not (state:running or state:blocked or state:runnable)", &["span G2 60-65"]),
        ("region:parse state:syscall", &["span G2 60-65"]),
        ("task:checkout state:syscall", &["span G2 60-65"]),
        ("-region:parse state:syscall", &[]),
        ("log:\"user=42\" state:running", &["span G2 41-60", "span G2 65-100"]),
        ("alive@62us -state:blocked", &["span G2 60-65"]),
        ("task:checkout log:42", &["task G2 45-85 checkout", "log message G2 55-55 42"]),
        ("worker syscall", &["span G2 60-65 main.worker"]),
        ("blocked by:sendReport dur>80us", &["span G3 0-90"]),
        // Runnable after it waited there: the stack is that of the wait.
        ("stack:Mutex state:runnable", &["span G3 90-120"]),
    ] {
        let found = told(&trace, text);
        let is_same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        assert!(is_same, "{text}: {found:#?}");
    }
}

#[test]
fn words_find_everything() {
    let trace = scene();
    let found = hits(&trace, "main");
    assert!(found.count(HitKind::Goroutine) >= 2 && found.count(HitKind::Function) >= 3);
    for (text, kind) in [
        ("checkout", HitKind::Task),
        ("parse", HitKind::Region),
        ("42", HitKind::Log),
        ("user=42", HitKind::Log),
        ("\"tenant blue\"", HitKind::GoLabel),
        ("G2", HitKind::Goroutine),
        ("chan receive", HitKind::Span),
        ("chansend", HitKind::Sample),
    ] {
        assert_eq!(hits(&trace, text).count(kind), 1, "{text}");
    }
    assert_eq!(hits(&trace, "2").list.first().map(|hit| hit.kind), Some(HitKind::Goroutine));
    let nothing = hits(&trace, "");
    assert_eq!((nothing.total(), nothing.is_complete), (0, true));
    assert!(trace.spans(LaneId::Stw, trace.range()).all(|span| nothing.matches_span(&trace, &span)));
}

#[test]
fn pauses_and_cycles_are_found() {
    let trace = recorded("gc-go1.27");
    let found = hits(&trace, "gc");
    assert!(found.count(HitKind::Gc) > 0);
    assert_eq!(hits(&trace, "stw").count(HitKind::Stw), trace.spans(LaneId::Stw, trace.range()).count() as u64);
    assert!(hits(&trace, "\"GC (fractional)\" or label:GC").count(HitKind::GoLabel) > 0);
}

#[test]
fn filters_leave_goroutines_with_time_in_the_range() {
    let trace = scene();
    let start = trace.range().start;
    let micros = |from: i64, to: i64| TimeRange::new(start.plus_nanos(from * 1_000), start.plus_nanos(to * 1_000));
    let whole = trace.range();
    for (text, range, expected) in [
        ("", whole, &[1, 3, 2][..]),
        ("", micros(0, 5), &[1, 3]),
        ("", micros(105, 120), &[1, 3]),
        ("g:2", whole, &[2]),
        ("g:2", micros(105, 120), &[]),
        ("-g:2", whole, &[1, 3]),
        ("state:blocked", whole, &[1, 3]),
        ("state:blocked", micros(0, 30), &[3]),
        ("task:checkout", whole, &[2]),
        ("region:parse", whole, &[2]),
        ("log:42", whole, &[2]),
        ("label:tenant", whole, &[2]),
        ("interacts:g2", whole, &[1, 3, 2]),
        ("stack:Mutex", whole, &[3]),
        ("fn:chansend", whole, &[2]),
        ("alive@5us", whole, &[1, 3]),
        ("nothing", whole, &[]),
    ] {
        assert_eq!(left(&trace, text, range), expected, "{text}");
    }
}

#[test]
fn lists_begin_where_asked() {
    let trace = recorded("httpserver-go1.27");
    let query = parse("state:running");
    let all = search(&trace, &query, usize::MAX / 4, &Monitor::new(), &mut |_| {}).unwrap();
    assert!(all.list.len() > 200 && all.list.is_sorted_by_key(crate::analysis::search::hit::Hit::order));
    let at = 100;
    let middle = all.list[at].range.start;
    let first = all.list.partition_point(|hit| hit.range.start < middle);
    let near = |listed, limit| search_near(&trace, &query, (listed, limit), &Monitor::new(), &mut |_| {}).unwrap();
    for limit in [0, 1, 5, 50] {
        let from = near(Listed::From(middle), limit);
        assert_eq!((from.before, from.total()), (first as u64, all.total()));
        assert_eq!(from.list, all.list[first..first + limit]);
        let before = near(Listed::Before(middle), limit);
        assert_eq!((before.before, before.total()), ((first - limit) as u64, all.total()));
        assert_eq!(before.list, all.list[first - limit..first]);
        assert_eq!((before.goroutines, before.over_time), (all.goroutines.clone(), all.over_time.clone()));
    }
}

#[test]
fn what_is_published_grows() {
    let trace = recorded("manygoroutines-go1.27");
    let mut counts = Vec::new();
    let found = search(&trace, &parse("state:running"), 10, &Monitor::new(), &mut |hits| {
        counts.push((hits.total(), hits.is_complete));
    });
    assert_eq!(counts.last(), Some(&(found.unwrap().total(), true)));
    assert!(counts.is_sorted() && counts.len() > 1, "{counts:?}");
    let cancelled = Monitor::new();
    let found = search(&trace, &parse("state:running"), 10, &cancelled, &mut |_| cancelled.cancel());
    assert!(found.is_none());
    assert!(goroutines(&trace, &parse("main"), trace.range(), &cancelled).is_none());
}
