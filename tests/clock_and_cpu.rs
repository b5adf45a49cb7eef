//! Findings about goroutines that the clock, the processors or something done for the first time hold up.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{Waiting, cause, find, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

const MAIN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];
const ORDERS: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.worker", "app.go", 90)];
const FED: Stack = &[("time.Sleep", "time.go", 300), ("app.feed", "app.go", 96)];
const CLIENTS: Stack = &[("app.main", "app.go", 3)];

// Pacing.

const THINK: Stack = &[("time.Sleep", "time.go", 300), ("app.user", "app.go", 80), ("app.main.func1", "app.go", 7)];
const USER: Stack = &[("app.main.func1", "app.go", 6)];
const JOIN: Stack = &[("sync.(*WaitGroup).Wait", "waitgroup.go", 118), ("app.main", "app.go", 9)];
const USERS: Stack = &[("app.main", "app.go", 6)];
const LEAVE: Stack = &[("sync.(*WaitGroup).Done", "waitgroup.go", 90), ("app.main.func1", "app.go", 8)];

#[test]
fn goroutines_that_sleep_again_and_again_as_long_as_they_live_do_not_poll_for_anybody() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for user in 0..3u64 {
        let (proc, go) = (1 + user, 10 + user);
        scene.at(0, 0.3 + 0.1 * user as f64, Act::MakeFor(go, USER, USERS));
        for step in 0..80u64 {
            let now = 1.0 + 6.0 * step as f64 + 0.1 * user as f64;
            if step > 0 {
                scene.at(proc, now - 0.02, Act::Ready(go));
            }
            scene.run(proc, go, (now, now + 0.2), "sleep", THINK);
        }
        let end = 1.0 + 6.0 * 80.0 + 0.1 * user as f64;
        scene.at(proc, end - 0.02, Act::Ready(go)).at(proc, end, Act::Start(go));
        if user == 2 {
            scene.at(proc, end + 0.1, Act::Wake(1, LEAVE));
        }
        scene.at(proc, end + 0.2, Act::End);
    }
    scene.at(0, 0.9, Act::Block("sync", JOIN));
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    let loud: Vec<&str> =
        found.list.iter().filter(|one| one.severity > Severity::Note).map(|one| one.title.as_str()).collect();
    assert_eq!(loud, Vec::<&str>::new());
}

// Loops.

const POP: Stack =
    &[("app.(*heap).pop", "graph.go", 56), ("app.distances", "graph.go", 88), ("app.plan", "plan.go", 60)];
const RELAX: Stack = &[("app.relax", "graph.go", 40), ("app.distances", "graph.go", 92), ("app.plan", "plan.go", 60)];
const PLAN: Stack = &[("app.plan", "plan.go", 58)];

/// Ten goroutines that compute on four procs all the time; of each turn of 9.9 ms they assist the GC for
/// `assist` ms.
fn planning(assist: f64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 10..20u64 {
        scene.at(0, 0.3 + 0.01 * go as f64, Act::MakeFor(go, PLAN, CLIENTS));
    }
    scene.at(0, 1.0, Act::Preempt(MAIN)).at(0, 400.0, Act::Start(1)).at(0, 400.1, Act::Block("chan receive", MAIN));
    for turn in 0..39u64 {
        for proc in 0..4u64 {
            let (go, now) = (10 + (turn * 4 + proc) % 10, 2.0 + 10.0 * turn as f64);
            let stack = if turn % 4 == 0 { RELAX } else { POP };
            scene.at(proc, now, Act::Start(go)).at(proc, now + 9.9, Act::Preempt(stack));
            if assist > 0.0 {
                scene.at(proc, now + 1.0, Act::Assist(Some(stack))).at(proc, now + 1.0 + assist, Act::Assist(None));
            }
        }
    }
    if assist > 0.0 {
        scene.at(0, 2.5, Act::Gc(1, Some(POP))).at(0, 385.0, Act::Gc(2, None));
    }
    find(&mut scene, &[(1, "chan receive", MAIN)])
}

/// What is said of procs that are busy.
fn busy(found: &Findings) -> &Finding {
    found.list.iter().find(|one| matches!(one.kind, Kind::CpuBound | Kind::CpuStarvation)).expect("a finding")
}

#[test]
fn where_a_function_takes_part_of_a_loop_the_loop_is_named() {
    let found = planning(0.0);
    let cpu = busy(&found);
    assert_eq!(cpu.culprit.as_ref().expect("a culprit").place.function, "app.distances", "{}", cpu.title);
    assert!(cpu.title.contains("156 of 157 preemptions (99 %) were in"), "{}", cpu.title);
    assert!(
        cpu.title.contains(" in app.distances (graph.go:88), 74 % in app.(*heap).pop (graph.go:56), which it calls"),
        "{}",
        cpu.title
    );
}

#[test]
fn where_much_of_the_running_time_is_mark_assists_the_gc_comes_first() {
    let advice = |assist| busy(&planning(assist)).check.to_owned();
    assert!(!advice(0.0).contains("mark assists"), "{}", advice(0.0));
    assert!(!advice(0.5).contains("mark assists"), "{}", advice(0.5));
    assert!(advice(3.0).starts_with("Look at the GC first"), "{}", advice(3.0));
}

// Clocks.

const PLACE: Stack =
    &[("runtime.selectgo", "select.go", 520), ("app.(*Box).Publish", "box.go", 35), ("app.order", "app.go", 90)];
const TICK: Stack =
    &[("runtime.selectgo", "select.go", 520), ("app.(*Relay).Run", "relay.go", 55), ("app.main.func2", "app.go", 8)];
const SETTLE: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Relay).Run", "relay.go", 60), ("app.main.func2", "app.go", 8)];
const REST: Stack = &[("time.Sleep", "time.go", 300), ("app.order", "app.go", 91)];

/// Six wait, in order, for a goroutine that takes two each time its timer fires, every 50 ms; or, where all are told at once,
/// six that wait for an event which comes every third time.
fn relayed(is_queue: bool) -> Findings {
    let mut scene = Scene::default();
    for tick in 0..60u64 {
        let now = 10.0 + 50.0 * tick as f64;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1));
        let due: Vec<u64> = match is_queue {
            true => vec![10 + 2 * (tick % 3), 11 + 2 * (tick % 3)],
            false if tick % 3 == 2 => (10..16).collect(),
            false => Vec::new(),
        };
        for (at, go) in due.iter().enumerate() {
            scene.at(0, now + 0.2 + 0.01 * at as f64, Act::Wake(*go, SETTLE));
        }
        scene.at(0, now + 0.5, Act::Block("select", TICK));
        for (at, go) in due.iter().enumerate() {
            let next = now + 1.0 + at as f64;
            scene.run(1, *go, (next, next + 0.2), "sleep", REST);
            scene.at(1, next + 6.0, Act::Ready(*go)).run(1, *go, (next + 6.05, next + 6.2), "select", PLACE);
        }
    }
    let mut waiting: Vec<Waiting> = (10..16).map(|go| (go, "select", PLACE)).collect();
    waiting.push((1, "select", TICK));
    find(&mut scene, &waiting)
}

#[test]
fn a_queue_of_which_a_few_are_served_each_time_a_timer_fires_is_told_apart_from_an_event_that_all_wait_for() {
    let found = relayed(true);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::PollingSleep, "batch_timer"), "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*Relay).Run", "{}", first.title);
    let event = relayed(false);
    let loud = event.list.iter().find(|one| one.severity > Severity::Note);
    assert_eq!(loud.map(|one| &one.title), None);
}

const LEASE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.renew", "lease.go", 67),
    ("app.keep", "lease.go", 20),
];
const PACK: Stack = &[("app.pack", "pool.go", 86), ("app.(*Pool).work", "pool.go", 78)];
const PACKER: Stack = &[("app.(*Pool).work", "pool.go", 70)];

/// Eight goroutines pack on four procs; another one renews a lease, which takes it 0.1 ms of a proc each time its answer
/// is there, and 39 ms until it has one.
#[test]
fn a_client_that_computing_goroutines_keep_from_its_proc_is_starved() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 10..18u64 {
        scene.at(0, 0.3 + 0.01 * go as f64, Act::MakeFor(go, PACKER, CLIENTS));
    }
    scene.at(0, 1.0, Act::Block("chan receive", MAIN));
    for turn in 0..40u64 {
        for proc in 0..4u64 {
            let (go, now) = (10 + (turn * 4 + proc) % 8, 2.0 + 10.0 * turn as f64);
            scene.at(proc, now, Act::Start(go)).at(proc, now + 9.5, Act::Preempt(PACK));
        }
        let now = 2.0 + 10.0 * turn as f64;
        if turn % 4 == 0 {
            scene.at(1, now + 9.55, Act::Ready(20));
        }
        if turn % 4 == 3 {
            scene.run(0, 20, (now + 9.6, now + 9.7), "network", LEASE);
        }
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN), (20, "network", LEASE)]);
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::CpuStarvation, "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    // What the packers wait for each other is not what the client loses.
    let waited = number(first, "runnable_of_first_ns").expect("how long the client was runnable");
    assert!(first.time_lost.0 <= waited && waited * 4 < number(first, "runnable_total_ns").unwrap_or(0), "{first:?}");
    assert!(first.title.contains(", those of app.keep for "), "{}", first.title);
}

const INIT: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 90), ("sync.(*Once).doSlow", "once.go", 78), ("app.config", "app.go", 80)];
const INIT_WAIT: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("sync.(*Once).doSlow", "once.go", 73),
    ("sync.(*Once).Do", "once.go", 65),
    ("app.config", "app.go", 80),
];

/// Thirty goroutines wait once for what one of them does first, for so long (ms).
fn starting_up(takes: f64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).at(0, 1.1, Act::Start(10));
    for go in 11..40u64 {
        let now = 1.2 + 0.05 * go as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.03), "sync", INIT_WAIT);
        scene.at(0, 4.0 + takes + 0.01 * go as f64, Act::Wake(go, INIT));
        let now = 6.0 + takes + 0.1 * go as f64;
        scene.run(1, go, (now, now + 0.05), "chan receive", ORDERS);
    }
    scene.at(0, 5.0 + takes, Act::Block("chan receive", ORDERS));
    // The trace goes on for a while.
    for turn in 0..10u64 {
        let now = 100.0 + takes + 10.0 * turn as f64;
        scene.at(0, now, Act::Ready(1)).run(0, 1, (now + 0.1, now + 0.2), "sleep", FED);
    }
    let waiting: Vec<Waiting> = (10..40).map(|go| (go, "chan receive", ORDERS)).chain([(1, "sleep", FED)]).collect();
    find(&mut scene, &waiting)
}

#[test]
fn a_short_initialisation_is_worth_a_note_however_many_wait_for_it() {
    let short = starting_up(8.0);
    let loud = short.list.iter().find(|one| one.severity > Severity::Note);
    assert_eq!(loud.map(|one| &one.title), None);
    let long = starting_up(80.0);
    let first = long.list.first().expect("a finding");
    assert_eq!(cause(first), "once", "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
}
