//! Connections whose other side reads slowly, files that are slow to sync, and loops that pace themselves.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{all, cause, find, number, of_kind};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

const FEED: Stack = &[("runtime.chanrecv2", "chan.go", 509), ("app.(*Hub).Run", "hub.go", 60)];
const PUSH: Stack = &[
    ("internal/poll.(*FD).Write", "fd_unix.go", 388),
    ("net.(*conn).Write", "net.go", 197),
    ("app.(*subscriber).push", "hub.go", 74),
    ("app.(*Hub).Run", "hub.go", 64),
];
const SEND: Stack = &[("app.(*Feed).next", "feed.go", 20), ("main.main", "main.go", 9)];
const TICK: Stack = &[("time.Sleep", "time.go", 300), ("main.main", "main.go", 8), ("runtime.main", "proc.go", 290)];

/// A feed sends 60 items to each of the goroutines 10 to `writers`, 15 ms apart; each writes an item to 4 connections, and
/// from every tenth item on waits 110 ms for a reader.
fn fan_out(writers: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1));
    for round in 0..6u64 {
        let start = 1.0 + 260.0 * round as f64;
        for item in 0..10u64 {
            let now = start + 15.0 * item as f64;
            scene.at(0, now, Act::Start(1));
            for go in 10..writers {
                scene.at(0, now + 0.01 * (go - 9) as f64, Act::Wake(go, SEND));
            }
            scene.at(0, now + 0.1, Act::Block("sleep", TICK)).at(0, now + 14.0, Act::Ready(1));
            for go in 10..writers {
                let mut at = now + 0.2 + (go - 10) as f64;
                scene.at(1, at, Act::Start(go));
                for _ in 0..4 {
                    scene.at(1, at + 0.01, Act::Call(PUSH)).at(1, at + 0.02, Act::Return);
                    at += 0.02;
                }
                if item < 9 {
                    scene.at(1, at + 0.01, Act::Block("chan receive", FEED));
                } else {
                    scene.at(1, at + 0.01, Act::Block("network", PUSH));
                    scene.at(1, at + 110.0, Act::Ready(go)).at(1, at + 110.1, Act::Start(go));
                    scene.at(1, at + 110.2, Act::Call(PUSH)).at(1, at + 110.3, Act::Return);
                    scene.at(1, at + 110.4, Act::Block("chan receive", FEED));
                }
            }
        }
    }
    let mut waiting = all(10..writers, "chan receive", FEED);
    waiting.push((1, "sleep", TICK));
    find(&mut scene, &waiting)
}

fn slow_reader(found: &Findings) -> Option<&Finding> {
    found.list.iter().find(|finding| cause(finding) == "slow_reader")
}

#[test]
fn who_writes_to_all_connections_is_held_up_by_one_that_does_not_read() {
    let found = fan_out(11);
    let told = slow_reader(&found).unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!((told.kind, told.severity), (Kind::ChannelBacklog, Severity::Warning));
    assert_eq!((number(told, "waits"), number(told, "writes_without_wait")), (Some(6), Some(240)), "{}", told.title);
    assert!(told.title.contains("Other goroutines ended 59 waits of this one for something to do"), "{}", told.title);
    assert!(told.headline.starts_with("Slow reader of a connection holds up writes in app.(*subscriber).push"));
}

#[test]
fn a_writer_for_each_connection_may_wait_for_its_reader() {
    let found = fan_out(13);
    assert!(slow_reader(&found).is_none(), "{:#?}", found.list);
}

/// A goroutine that sleeps 5 ms, 100 times, and wakes another one after all but `idle` of the sleeps.
fn paced(idle: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1));
    for turn in 0..100u64 {
        let now = 1.0 + 6.0 * turn as f64;
        scene.at(0, now, Act::Start(1));
        if turn % (100 / idle) != 0 {
            scene.at(0, now + 0.05, Act::Wake(2, SEND));
        }
        scene.at(0, now + 0.1, Act::Block("sleep", TICK)).at(0, now + 5.1, Act::Ready(1));
        if turn % (100 / idle) != 0 {
            scene.run(1, 2, (now + 0.2, now + 0.3), "chan receive", FEED);
        }
    }
    find(&mut scene, &[(1, "sleep", TICK), (2, "chan receive", FEED)])
}

#[test]
fn a_few_turns_without_work_make_no_polling_of_a_rhythm() {
    assert!(of_kind(&paced(5), Kind::PollingSleep).is_none());
    let polls = paced(50);
    let told = of_kind(&polls, Kind::PollingSleep).unwrap_or_else(|| panic!("{:#?}", polls.list));
    assert!(
        told.title.contains("49 times several follow each other, and in between the trace shows"),
        "{}",
        told.title
    );
}

macro_rules! journal {
    ($($frame:literal),*) => {
        &[$(($frame, "lib.go", 1),)* ("app.(*Journal).Append", "journal.go", 46), ("app.main.func1", "main.go", 36)]
    };
}
const SYNC: Stack = journal!("syscall.Fsync", "internal/poll.(*FD).Fsync", "os.(*File).Sync");
const WRITE: Stack = journal!("syscall.Write", "internal/poll.(*FD).Write", "os.(*File).Write");
const LOCK: Stack = journal!("sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock");
const UNLOCK: Stack = journal!("sync.(*Mutex).unlockSlow", "sync.(*Mutex).Unlock");

/// Five goroutines that take a lock in turn, 40 times in all, and make a system call of 18 ms while they have it.
fn journal(call: Stack) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(10));
    for turn in 0..40u64 {
        let (go, next, now) = (10 + turn % 5, 10 + (turn + 1) % 5, 1.0 + 20.0 * turn as f64);
        scene.at(0, now, Act::Start(go)).at(0, now + 0.2, Act::Call(call)).at(0, now + 18.2, Act::Return);
        scene.at(0, now + 18.3, Act::Wake(next, UNLOCK)).at(0, now + 18.4, Act::Block("sync", LOCK));
    }
    find(&mut scene, &all(10..15, "sync", LOCK))
}

#[test]
fn a_lock_held_during_a_sync_calls_for_fewer_syncs() {
    for (call, advice) in [(SYNC, "Sync once for all"), (WRITE, "Release the lock")] {
        let found = journal(call);
        let told = of_kind(&found, Kind::LockHeldOverIo).unwrap_or_else(|| panic!("{:#?}", found.list));
        assert!(told.check.starts_with(advice), "{}", told.check);
    }
}
