//! Findings on traces made in code: where programs are said to compute, and what is not computing. Preemptions and yields,
//! code that is spread, dependencies that do the work, calls of the system, and what the GC takes.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, all, cause, culprit, find, handlers, number, of_kind};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

const WAIT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];

/// What is said of procs that are busy.
fn busy(found: &Findings) -> Vec<&Finding> {
    found.list.iter().filter(|one| matches!(one.kind, Kind::CpuBound | Kind::CpuStarvation)).collect()
}

// Yields.

const SPIN: Stack =
    &[("runtime.Gosched", "proc.go", 380), ("app.(*Ring).Pop", "ring.go", 35), ("app.merge", "app.go", 60)];
const COLLECT: Stack = &[
    ("runtime.Gosched", "proc.go", 391),
    ("runtime.GC", "mgc.go", 580),
    ("runtime/debug.FreeOSMemory", "garbage.go", 130),
    ("app.tidy", "app.go", 70),
    ("app.merge", "app.go", 60),
];

/// Eight goroutines on four procs that yield all the time.
fn yielding(stack: Stack) -> Findings {
    let mut scene = Scene::default();
    for go in 1u64..9 {
        scene.at(0, 0.1 * go as f64, Act::Ready(go));
    }
    for round in 0..6_000u64 {
        for proc in 0..4u64 {
            let (go, now) = (1 + proc + 4 * (round % 2), 1.0 + 0.02 * round as f64);
            scene.at(proc, now, Act::Start(go)).at(proc, now + 0.019, Act::Yield(stack));
        }
    }
    find(&mut scene, &all(1..9, "chan receive", WAIT))
}

#[test]
fn goroutines_that_yield_are_not_preempted_and_spinning_is_told_once() {
    let found = yielding(SPIN);
    assert!(found.list.iter().all(|one| !one.title.contains("preemption")), "{:#?}", found.list);
    let causes: Vec<&str> = busy(&found).into_iter().map(cause).collect();
    assert_eq!(causes, ["gosched_loop"], "{:#?}", found.list);
}

#[test]
fn the_yields_of_a_forced_collection_are_no_loop_of_the_program() {
    let found = yielding(COLLECT);
    assert!(found.list.iter().all(|one| cause(one) != "gosched_loop"), "{:#?}", found.list);
    assert!(busy(&found).is_empty(), "{:#?}", found.list);
}

// Where the time goes.

const ONE: Stack = &[("app.one", "app.go", 101), HANDLER, SERVE];
const TWO: Stack = &[("app.two", "app.go", 102), HANDLER, SERVE];
const THREE: Stack = &[("app.three", "app.go", 103), HANDLER, SERVE];
const FOUR: Stack = &[("app.four", "app.go", 104), HANDLER, SERVE];
const FIVE: Stack = &[("app.five", "app.go", 105), HANDLER, SERVE];
const ENCODE: Stack = &[
    ("zip.(*fast).Encode", "/mod/zip@v1.2.0/fast.go", 12),
    ("zip.(*compressor).store", "/mod/zip@v1.2.0/deflate.go", 40),
    ("zip.(*Writer).Close", "/mod/zip@v1.2.0/writer.go", 90),
    ("net/http.HandlerFunc.ServeHTTP", "server.go", 2100),
    ("app.choose", "app.go", 110),
    HANDLER,
    SERVE,
];
const TOKENS: Stack = &[
    ("zip.(*huffman).tokens", "/mod/zip@v1.2.0/bits.go", 60),
    ("zip.(*compressor).store", "/mod/zip@v1.2.0/deflate.go", 44),
    ("zip.(*Writer).Close", "/mod/zip@v1.2.0/writer.go", 90),
    ("net/http.HandlerFunc.ServeHTTP", "server.go", 2100),
    ("app.choose", "app.go", 110),
    HANDLER,
    SERVE,
];
const SEND: Stack = &[
    ("syscall.Syscall", "syscall_linux.go", 73),
    ("internal/poll.(*FD).Write", "fd_unix.go", 370),
    ("net.(*conn).Write", "net.go", 200),
    ("app.send", "app.go", 120),
    HANDLER,
    SERVE,
];

/// Eight handlers on four procs, preempted at these places in turn; `long`: one run there is 250 ms long.
fn preempted(stacks: &[Stack], long: Option<Stack>) -> Findings {
    let mut scene = Scene::default();
    for go in 10u64..18 {
        scene.at(0, 0.1 * (go - 9) as f64, Act::Ready(go));
    }
    for turn in 0..40u64 {
        for proc in 0..4u64 {
            let (go, now) = (10 + proc + 4 * (turn % 2), 1.0 + 10.0 * turn as f64);
            let stack = stacks.get((turn * 4 + proc) as usize % stacks.len()).copied().unwrap_or(ONE);
            scene.at(proc, now, Act::Start(go)).at(proc, now + 9.9, Act::Preempt(stack));
        }
    }
    if let Some(stack) = long {
        scene.at(0, 401.0, Act::Start(10)).at(0, 651.0, Act::Preempt(stack));
    }
    find(&mut scene, &handlers(10..18))
}

#[test]
fn each_preemption_counts_once_however_long_the_run_was_that_it_ended() {
    let found = preempted(&[ONE, ONE, ONE, TWO], Some(THREE));
    let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
    assert_eq!(culprit(cpu), "app.one");
    assert!(cpu.title.contains("120 of 161 preemptions (75 %) were in app.one"), "{}", cpu.title);
    assert_eq!(cpu.check, Kind::CpuBound.check());
}

#[test]
fn where_no_function_takes_most_of_the_time_none_is_said_to_compute() {
    let found = preempted(&[ONE, TWO, THREE, FOUR, FIVE], None);
    let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
    assert!(cpu.title.contains("32 of 160 preemptions (20 %)"), "{}", cpu.title);
    assert!(cpu.check.starts_with("No function takes most of the running time"), "{}", cpu.check);
}

#[test]
fn a_function_with_a_small_part_of_the_time_is_no_severe_trouble() {
    let severity = |stacks: &[Stack]| {
        let found = preempted(stacks, None);
        let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
        cpu.severity
    };
    assert_eq!(severity(&[ONE, ONE, ONE, TWO]), Severity::Severe);
    assert_eq!(severity(&[ONE, TWO, THREE, FOUR, FIVE, SEND]), Severity::Warning);
}

#[test]
fn a_dependency_that_does_the_work_is_named_where_most_of_it_comes_together() {
    let found = preempted(&[ENCODE, TOKENS, ENCODE, TOKENS, ONE], None);
    let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
    assert_eq!(culprit(cpu), "zip.(*compressor).store", "{}", cpu.title);
    let caller = cpu.culprit.as_ref().and_then(|culprit| culprit.caller.as_ref());
    assert_eq!(caller.map(|place| place.function.as_str()), Some("app.choose"));
    assert!(cpu.title.contains("128 of 160 preemptions (80 %)"), "{}", cpu.title);
}

const SIGN: Stack = &[
    ("crypto/internal/fips140/bigmod.(*Nat).Exp", "nat.go", 900),
    ("crypto/rsa.signPKCS1v15", "rsa.go", 60),
    ("crypto/tls.(*Conn).serverHandshake", "handshake_server.go", 50),
    SERVE,
];
const VERIFY: Stack = &[
    ("crypto/internal/fips140/nistec.p256Mul", "p256.go", 70),
    ("crypto/ecdh.(*PrivateKey).ECDH", "ecdh.go", 30),
    ("crypto/tls.(*Conn).serverHandshake", "handshake_server.go", 70),
    SERVE,
];

#[test]
fn what_the_library_does_without_the_program_is_named_where_it_comes_together() {
    let found = preempted(&[SIGN, VERIFY, SIGN, VERIFY, ONE], None);
    let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
    assert_eq!(culprit(cpu), "crypto/tls.(*Conn).serverHandshake", "{}", cpu.title);
    assert!(cpu.title.contains("128 of 160 preemptions (80 %)"), "{}", cpu.title);
}

#[test]
fn what_is_in_system_calls_is_not_said_to_compute() {
    let found = preempted(&[SEND, SEND, SEND, ONE], None);
    let [cpu] = busy(&found)[..] else { panic!("{:#?}", found.list) };
    assert_eq!(culprit(cpu), "app.send", "{}", cpu.title);
    assert!(cpu.check.contains("system calls and connections"), "{}", cpu.check);
}

// The GC.

const RENDER: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.render", "app.go", 110), HANDLER, SERVE];
const LIST: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.list", "app.go", 111), HANDLER, SERVE];

/// Ten cycles, begun in `app.list`, during each of which a handler helps in `app.render` for `assist` ms of the 14 that it runs.
fn collecting(assist: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Gc(2 * round, Some(LIST)));
        scene.at(0, now + 1.0, Act::Assist(Some(RENDER))).at(0, now + 1.0 + assist, Act::Assist(None));
        scene.at(0, now + 12.0, Act::Gc(2 * round + 1, None)).at(0, now + 15.0, Act::Block("network", IDLE));
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn a_little_help_for_the_gc_says_nothing_of_where_to_allocate_less() {
    let found = collecting(0.1);
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.check.starts_with("Take an allocation profile"), "{}", gc.check);
    assert!(!gc.headline.contains("mark assist"), "{}", gc.headline);
    assert!(gc.title.ends_with("; 10 cycles started by allocations at app.list (app.go:111)"), "{}", gc.title);
    let found = collecting(6.0);
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert_eq!(gc.check, Kind::GcPressure.check());
    assert!(gc.headline.contains("100 % of mark assist time in app.render"), "{}", gc.headline);
}

/// Ten cycles, each of which marks for 15 of 20 ms, finds 64 MiB in use, and sets this goal.
fn with_goal(goal: u64) -> Findings {
    const LIVE: u64 = 64 << 20;
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Gc(2 * round, Some(LIST)));
        scene.at(0, now + 15.0, Act::Stop(true)).at(0, now + 15.1, Act::HeapAlloc(LIVE));
        scene.at(0, now + 15.2, Act::Gc(2 * round + 1, None)).at(0, now + 15.3, Act::HeapGoal(goal));
        scene.at(0, now + 15.4, Act::Stop(false)).at(0, now + 16.0, Act::Block("network", IDLE));
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn a_heap_goal_as_low_as_the_heap_is_the_memory_limits() {
    let found = with_goal(64 << 20);
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(
        gc.check.contains("raise GOMEMLIMIT") && gc.check.contains("A larger GOGC changes nothing"),
        "{}",
        gc.check
    );
    assert!(gc.title.contains("; 10 of 10 cycles left a heap goal hardly above the live heap"), "{}", gc.title);
    // GOGC=1 leaves one percent.
    let found = with_goal((64 << 20) / 100 * 101);
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.check.starts_with("Take an allocation profile"), "{}", gc.check);
    assert!(!gc.title.contains("heap goal"), "{}", gc.title);
}

#[test]
fn a_heap_that_only_the_memory_limit_keeps_small_has_gogc_off() {
    let found = with_goal(0);
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.title.ends_with("; GOGC is off, and the memory limit started 10 cycles"), "{}", gc.title);
    assert!(gc.check.contains("raise GOMEMLIMIT"), "{}", gc.check);
}

// What is made again and again.

const COMPILE: Stack =
    &[("regexp/syntax.(*parser).push", "parse.go", 300), ("regexp.Compile", "regexp.go", 130), MATCH, HANDLER, SERVE];
const COMPILE_ASSISTS: Stack =
    &[("runtime.mallocgc", "malloc.go", 1000), ("regexp.Compile", "regexp.go", 130), MATCH, HANDLER];
const MATCH: trace_core::testkit::writer::FrameText<'static> = ("app.matches", "app.go", 140);
const BUILD: Stack = &[("app.matches", "app.go", 140), HANDLER, SERVE];

/// Eight handlers that are preempted at `stack` on four procs, and assist the GC at the same line for a fifth of the time.
fn computing_and_allocating(stack: Stack) -> Findings {
    let mut scene = Scene::default();
    for go in 10u64..18 {
        scene.at(0, 0.1 * (go - 9) as f64, Act::Ready(go));
    }
    for turn in 0..40u64 {
        let start = 1.0 + 10.0 * turn as f64;
        for proc in 0..4u64 {
            let go = 10 + proc + 4 * (turn % 2);
            scene.at(proc, start, Act::Start(go));
            if proc == 0 {
                scene.at(0, start + 0.1, Act::Gc(2 * turn, Some(COMPILE_ASSISTS)));
                scene.at(0, start + 9.0, Act::Gc(2 * turn + 1, None));
            }
            scene.at(proc, start + 1.0, Act::Assist(Some(COMPILE_ASSISTS))).at(proc, start + 3.0, Act::Assist(None));
            scene.at(proc, start + 9.9, Act::Preempt(stack));
        }
    }
    find(&mut scene, &handlers(10..18))
}

#[test]
fn what_is_compiled_for_each_request_comes_before_the_gc_that_it_keeps_busy() {
    let found = computing_and_allocating(COMPILE);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, culprit(first)), (Kind::CpuBound, "app.matches"), "{:#?}", found.list);
    assert!(first.check.starts_with("Compile each regular expression once"), "{}", first.check);
    assert!(of_kind(&found, Kind::GcPressure).is_some_and(|gc| gc.check == first.check), "{:#?}", found.list);
    // Without that nothing says that one is due to the other.
    let found = computing_and_allocating(BUILD);
    assert!(busy(&found).iter().all(|cpu| cpu.check.starts_with("Look at the GC first")), "{:#?}", found.list);
}

// A single proc.

/// Workers that compute on one of four procs, or on the only one; they are no handlers.
fn on_one_proc(procs: u64) -> Findings {
    const PACK: Stack = &[("app.pack", "app.go", 150), ("app.worker", "app.go", 40)];
    let mut scene = Scene::default();
    scene.at(0, 1.05, Act::Procs(procs));
    for go in 10u64..16 {
        scene.at(0, 0.1 * (go - 9) as f64, Act::Ready(go));
    }
    for turn in 0..60u64 {
        let start = 1.0 + 10.0 * turn as f64;
        scene.at(0, start, Act::Start(10 + turn % 6)).at(0, start + 9.9, Act::Preempt(PACK));
    }
    find(&mut scene, &all(10..16, "chan receive", WAIT))
}

#[test]
fn several_that_want_the_only_proc_are_told_of_gomaxprocs() {
    let found = on_one_proc(1);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::CpuBound, "one_proc"), "{:#?}", found.list);
    assert_eq!(first.severity, Severity::Warning);
    assert!(first.headline.starts_with("GOMAXPROCS is 1: goroutines were runnable for "), "{}", first.headline);
    let found = on_one_proc(4);
    assert!(found.list.iter().all(|one| cause(one) != "one_proc"), "{:#?}", found.list);
}

// Waits one after the other.

const READ: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("bufio.(*Reader).ReadString", "bufio.go", 502),
    ("app.(*link).next", "app.go", 39),
    ("app.worker", "app.go", 30),
];
const QUERY: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("driver.(*conn).QueryContext", "driver.go", 9),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.name", "app.go", 41),
    HANDLER,
    SERVE,
];

#[test]
fn a_loop_that_reads_one_connection_as_long_as_it_lives_has_nothing_to_do_concurrently() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        for go in 1u64..3 {
            let now = 1.0 + 20.0 * round as f64;
            scene.at(go, now, Act::Ready(go)).run(go, go, (now + 0.1, now + 0.3), "network", READ);
        }
    }
    let found = find(&mut scene, &all(1..3, "network", READ));
    assert!(of_kind(&found, Kind::SerialWaits).is_none(), "{:#?}", found.list);
}

/// Requests of as many queries each as is said, one after the other.
fn querying(counts: &[u64]) -> Findings {
    let mut scene = Scene::default();
    let mut now = 1.0;
    for &count in counts {
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        for _ in 0..count {
            scene.at(0, now + 0.2, Act::Block("network", QUERY)).at(1, now + 10.2, Act::Ready(10));
            scene.at(0, now + 10.3, Act::Start(10));
            now += 10.3;
        }
        scene.at(0, now + 0.2, Act::Block("network", IDLE));
        now += 5.0;
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn queries_one_after_the_other_are_to_be_asked_as_one_and_counted_in_whole_numbers() {
    let found = querying(&[6, 6, 6]);
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::SerialWaits);
    assert!(first.check.starts_with("Ask for all in one query"), "{}", first.check);
    assert!(first.title.contains(" in 6 consecutive waits each, below app."), "{}", first.title);
    let found = querying(&[5, 6, 8]);
    let first = found.list.first().expect("a finding");
    assert!(first.title.contains(" in 6 consecutive waits each on average, below app."), "{}", first.title);
    let found = querying(&[9]);
    let first = found.list.iter().find(|one| number(one, "units") == Some(1)).expect("one unit");
    assert!(first.title.contains(" of its time in 9 consecutive waits, below app."), "{}", first.title);
    assert!(!first.headline.contains("each"), "{}", first.headline);
}

#[test]
fn waits_that_a_finding_counts_are_not_called_unanalysed() {
    let mut scene = Scene::default();
    for go in 10u64..50 {
        let mut now = 1.0 + 65.0 * (go - 10) as f64;
        scene.at(0, now, Act::Ready(go)).at(0, now + 0.1, Act::Start(go));
        for _ in 0..6 {
            scene.at(0, now + 0.2, Act::Block("network", QUERY)).at(1, now + 10.2, Act::Ready(go));
            scene.at(0, now + 10.3, Act::Start(go));
            now += 10.3;
        }
        scene.at(0, now + 0.2, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..50));
    assert_eq!(found.list.first().map(|first| first.kind), Some(Kind::SerialWaits), "{:#?}", found.list);
    assert_eq!(found.coverage.skipped.0, 0, "{:?}", found.coverage);
}

// Locks on files.

const FLOCK: Stack = &[
    ("syscall.Syscall", "syscall_linux.go", 73),
    ("syscall.Flock", "zsyscall_linux.go", 580),
    ("app.claim", "app.go", 47),
    HANDLER,
    SERVE,
];

#[test]
fn whoever_waits_for_a_lock_on_a_file_is_told_to_look_for_its_holder() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 15.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Call(FLOCK)).at(0, now + 12.0, Act::Return).at(
            0,
            now + 12.2,
            Act::Block("network", IDLE),
        );
    }
    let found = find(&mut scene, &handlers(10..11));
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::SlowSyscall, "{}", first.title);
    assert!(first.check.contains("lslocks"), "{}", first.check);
}
