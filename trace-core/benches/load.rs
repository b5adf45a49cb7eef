//! What a load costs, and what the questions cost that every frame asks.
//!
//! `cargo bench -p trace-core --features testkit` loads traces made in code; with
//! `TRACELANE_BENCH_TRACE=FILE` that file instead (see `tests/data/gen/stress` for a long one). Prints the
//! best of a few runs: wall time, events per second, size of the model, highest memory so far, time to the first lanes, what a cache file
//! takes to write and to read, the time that lanes of few and of many spans take to be laid out into 1500 columns,
//! by zoom, and what a dump of all events takes.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench ends where something is missing")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::cache::{self, Key, Stored};
use trace_core::export::reference;
use trace_core::input::source::Source;
use trace_core::load::{self, Publish};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Metric, Trace};
use trace_core::testkit::scenes;

/// Loads per input; the best counts.
const RUNS: u32 = 5;
/// Columns of a lane: a wide window.
const COLUMNS: u32 = 1_500;
/// How far the lanes are zoomed in: the whole trace, a tenth, …
const ZOOMS: [i64; 5] = [1, 10, 100, 1_000, 100_000];

/// Writes a trace.
type Make = fn() -> Vec<u8>;

fn main() {
    if let Ok(path) = std::env::var("TRACELANE_BENCH_TRACE") {
        let path = Path::new(&path);
        let bytes = path.metadata().map_or(0, |metadata| metadata.len());
        measure(&path.display().to_string(), bytes, |publish| {
            load::load_path(path, &Monitor::new(), publish).expect("a trace")
        });
        let hashed = time(|| {
            std::hint::black_box(Key::of_file(path).expect("a file"));
        });
        println!("  key of the file in {hashed:.0?}");
        return dump(|| Source::open(path).expect("a file"));
    }
    let scenes: [(&str, Make); 4] = [
        ("ping-pong on 8 procs", || scenes::ping_pong(8, 200, 8_000_000)),
        ("2,000,000 goroutines", || scenes::many_goroutines(4, 2_000_000)),
        ("one goroutine with 8,000,000 spans", || scenes::one_busy_goroutine(8_000_000)),
        ("1,000,000 regions, 100 deep", || scenes::nested_regions(1_000_000, 100)),
    ];
    for (name, make) in scenes {
        let bytes = make();
        let load = |publish: &mut Publish<'_>| load::load_bytes(&bytes, &Monitor::new(), publish).expect("a trace");
        measure(name, bytes.len() as u64, load);
        dump(|| Source::bytes(&bytes));
    }
}

fn measure(name: &str, bytes: u64, load: impl Fn(&mut Publish<'_>) -> Arc<Trace>) {
    let best = time(|| drop(load(&mut |_| {})));
    let (begin, mut first) = (Instant::now(), None);
    let trace = load(&mut |_| {
        first.get_or_insert_with(|| begin.elapsed());
    });
    let events = trace.totals().events;
    let rate = events as f64 / best.as_secs_f64() / 1e6;
    let model: u64 = trace.memory().iter().map(|part| part.1).sum();
    println!("{name}: {} MB, {events} events, {} goroutines", bytes >> 20, trace.goroutine_count());
    println!("  load {best:.0?}, {rate:.1} M events/s; model {} MB{}", model >> 20, peak());
    println!("  first lanes after {:.0?}", first.unwrap_or_default());
    for (part, bytes) in trace.memory() {
        println!("    {part}: {} MB", bytes >> 20);
    }
    reopen(&trace);
    for lane in lanes(&trace) {
        cells(&trace, lane);
    }
    for metric in [Metric::HeapLive, Metric::Running] {
        let mut out = Vec::new();
        let nanos = ZOOMS.map(|zoom| time(|| trace.metric(metric, part(&trace, zoom), COLUMNS, &mut out)));
        println!("  {metric:?}: {nanos:.0?}");
    }
}

/// What it costs to write all events as text.
fn dump<'a>(open: impl Fn() -> Source<'a>) {
    let taken = time(|| {
        reference::dump(open(), &mut std::io::sink(), &Monitor::new(), &mut |_, _, _| {}).expect("a sink takes all");
    });
    println!("  dump in {taken:.0?}");
}

/// What it costs to keep the trace, and to open it again.
fn reopen(trace: &Trace) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let key = Key { hash: 1, len: 2 };
    let start = Instant::now();
    cache::write(trace, &key, &mut file).expect("room on the disk");
    let written = start.elapsed();
    let size = file.as_file().metadata().expect("its size").len();
    let taken = time(|| drop(cache::read(Stored::File(file.as_file()), &key).expect("what was written")));
    println!("  cache {} MB, written in {written:.0?}, read in {taken:.0?}", size >> 20);
}

/// A proc, a thread, the goroutine with the most spans, one with few.
fn lanes(trace: &Trace) -> Vec<LaneId> {
    let spans =
        |at: u32| trace.time_by_class(LaneId::Goroutine(GoroutineIdx(at)), trace.range()).spans.iter().sum::<u64>();
    let busiest = (0..trace.goroutine_count().min(100_000)).max_by_key(|&at| spans(at)).unwrap_or(0);
    let middle = trace.goroutine_count() / 2;
    vec![
        LaneId::Proc(ProcIdx(0)),
        LaneId::Thread(ThreadIdx(0)),
        LaneId::Goroutine(GoroutineIdx(busiest)),
        LaneId::Goroutine(GoroutineIdx(middle)),
    ]
}

fn part(trace: &Trace, zoom: i64) -> TimeRange {
    let nanos = trace.range().nanos() / zoom;
    let start = trace.range().start.plus_nanos((trace.range().nanos() - nanos) / 3);
    TimeRange::new(start, start.plus_nanos(nanos))
}

fn cells(trace: &Trace, lane: LaneId) {
    let mut out = Vec::new();
    let taken = ZOOMS.map(|zoom| {
        time(|| {
            out.clear();
            trace.cells(lane, part(trace, zoom), COLUMNS, &mut out);
        })
    });
    println!("  {lane:?}: {taken:.0?}");
}

/// The best of a few calls.
fn time(mut call: impl FnMut()) -> Duration {
    let once = |()| {
        let start = Instant::now();
        call();
        start.elapsed()
    };
    [(); RUNS as usize].map(once).into_iter().min().unwrap_or_default()
}

/// Highest memory of this process so far, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |line| format!(", peak memory {}", line.trim()))
}
