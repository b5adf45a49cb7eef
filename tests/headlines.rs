//! The headlines of findings: what, how much and where, on traces of each kind of cause.

use trace_core::analysis::findings::find;
use trace_core::analysis::findings::finding::Kind;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;

use crate::fixtures;

/// A trace below `tests/data`, a kind, and the headline of the worst finding of that kind in it.
const HEADLINES: &[(&str, Kind, &str)] = &[
    (
        "causes/counters.trace.zst",
        Kind::LockContention,
        "Mutex held while running in main.observe: 29 waits up to 146 ms in main.(*guarded[...]).do",
    ),
    (
        "causes/turnstile.trace.zst",
        Kind::LockContention,
        "Single slot, used like a lock in main.(*ledger).enter: 599 waits up to 2.89 ms",
    ),
    (
        "real/guessnumber-bug-go1.27.trace",
        Kind::LockHeldOverIo,
        "Mutex held during net/http.Post in main.sendReport: 4 waits up to 107 ms in main.main.func2",
    ),
    (
        "causes/quota.trace.zst",
        Kind::LockHeldOverIo,
        "Mutex held during a wait for its connection in main.(*quotas).take: 62 waits up to 183 ms",
    ),
    (
        "causes/routes.trace.zst",
        Kind::RwmutexWriter,
        "Read lock of RWMutex held during io.WriteString in main.(*router).export: 54 waits up to 134 ms",
    ),
    (
        "causes/keepalive.trace.zst",
        Kind::GoroutineLeak,
        "Goroutine leak: 294 of 300 created stay blocked in main.(*client).heartbeat",
    ),
    (
        "causes/render.trace.zst",
        Kind::GcPressure,
        "GC marking 46 % of the time; 100 % of mark assist time in main.layout",
    ),
    ("causes/trim.trace.zst", Kind::GcPressure, "GC marking 35 % of the time, forced by main.trim"),
    (
        "causes/importer.trace.zst",
        Kind::CpuStarvation,
        "Goroutines runnable up to 22.2 ms: procs 88 % busy, 98 % of CPU samples in main.digest",
    ),
    (
        "causes/audiolock.trace.zst",
        Kind::IdleProcs,
        "Goroutine locked to its thread in main.(*device).serve: procs idle 100 % of the time",
    ),
    (
        "causes/gallery.trace.zst",
        Kind::SlowSyscall,
        "os.ReadFile in main.(*gallery).describe: 1,352 calls up to 74.0 ms, 36 % of work time",
    ),
    (
        "causes/flock.trace.zst",
        Kind::SlowSyscall,
        "System calls in main.withLock, mostly syscall.Flock: 1,050 calls up to 163 ms, 76 % of work time",
    ),
    (
        "causes/actor.trace.zst",
        Kind::ChannelBacklog,
        "One goroutine serves most, busy in main.(*stock).rank: 245 waits up to 25.5 ms in main.(*stock).ask",
    ),
    ("causes/shards.trace.zst", Kind::Imbalance, "G8 did 88 % of the work of 4 workers, in main.(*shard).apply"),
    (
        "causes/mandel.trace.zst",
        Kind::Imbalance,
        "Unbalanced fan-out: one of 8 goroutines did 43 % of the work, in main.(*set).row",
    ),
    (
        "causes/epochs.trace.zst",
        Kind::Straggler,
        "G13 is late in main.(*shard).checkpoint: 120 waits up to 488 ms in main.(*barrier).arrive",
    ),
    (
        "causes/booking.trace.zst",
        Kind::SerialWaits,
        "Serial waits in main.(*trip).book: 92 % of the time of 45 units of work, 4 each",
    ),
    (
        "causes/dashboard.trace.zst",
        Kind::SerialWaits,
        "net/rpc.(*Client).Call in main.(*page).widget: 100 % of the time of 65 requests",
    ),
    (
        "causes/memstats.trace.zst",
        Kind::StopTheWorld,
        "World stopped 14 times, up to 43.9 ms, requested by main.heapInUse",
    ),
    (
        "causes/lease.trace.zst",
        Kind::PollingSleep,
        "Polling with sleeps in main.(*lease).acquire: 34 sleeps of 4.94 ms on average",
    ),
    (
        "causes/dbpool.trace.zst",
        Kind::LimitedConcurrency,
        "Limited to 2 at once: 157 waits up to 78.2 ms in main.(*pool).get",
    ),
    (
        "causes/maxconns.trace.zst",
        Kind::LimitedConcurrency,
        "Pool of 2 connections exhausted: 88 waits up to 118 ms in main.(*upstream).fetch",
    ),
    (
        "causes/egroup.trace.zst",
        Kind::LimitedConcurrency,
        "Limited to 2 at once, the workers wait in main.download: 38 waits up to 24.0 ms in main.(*group).Go",
    ),
    (
        "causes/pixels.trace.zst",
        Kind::GoroutineChurn,
        "12,000 goroutines created in main.each, running for 71 ns on average",
    ),
    ("causes/jsonapi.trace.zst", Kind::CpuBound, "Procs 89 % busy, 91 % of preemptions in main.(*catalog).filter"),
    ("broken/call-of-nobody-go1.22.trace", Kind::TraceDamage, "Trace damaged in 1,292 places: 1588 s missing"),
];

#[test]
fn each_kind_has_a_headline() {
    let mut faults = Vec::new();
    for (name, kind, wanted) in HEADLINES {
        let path = fixtures::data().join(name);
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = find(&trace, &Monitor::new()).expect("nobody cancelled");
        let first = found.list.iter().find(|finding| finding.kind == *kind).map(|finding| finding.headline.as_str());
        if first != Some(wanted) {
            faults.push(format!("{name}: {first:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
