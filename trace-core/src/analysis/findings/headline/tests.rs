//! Headlines of findings made by hand: the causes that no recorded trace here has, and findings without numbers.

use super::data::{fit, name as shortened};
use super::*;
use crate::analysis::findings::finding::{Culprit, Link};
use crate::analysis::places::Place;
use crate::base::ids::{GoId, GoroutineIdx};
use crate::base::time::{TimeRange, TraceTime};

const MS: u64 = 1_000_000;

fn finding(kind: Kind) -> Finding {
    Finding::new(kind, String::new(), 0, 1, 0.5)
}

fn due_to(kind: Kind, cause: Cause) -> Finding {
    finding(kind).cause(cause, "")
}

/// With the function of the culprit, and what it was in.
fn at(mut finding: Finding, function: &str, callee: &str) -> Finding {
    let place = Place { function: function.to_owned(), file: "main.go".to_owned(), line: 7 };
    let callee = (!callee.is_empty()).then(|| callee.to_owned());
    finding.culprit = Some(Culprit { place, callee, ..Culprit::default() });
    finding
}

#[track_caller]
fn assert_headline(finding: &Finding, wanted: &str) {
    assert_eq!(headline(finding), wanted);
}

#[test]
fn goroutines_stuck_on_locks() {
    let stuck = |cause| {
        let stuck = due_to(Kind::LockContention, cause).int("stuck", 24).int("wait_max_ns", 3_200 * MS);
        at(stuck, "main.(*Bank).credit", "sync.(*Mutex).Lock").victim("main.(*Bank).credit", 20).victim("main.pay", 4)
    };
    let rest = "24 goroutines stuck for up to 3.20 s";
    assert_headline(&stuck(Cause::Deadlock), &format!("Deadlock in main.(*Bank).credit: {rest}"));
    assert_headline(&stuck(Cause::NeverReleased), &format!("Lock never released in main.(*Bank).credit: {rest}"));
    assert_headline(
        &stuck(Cause::MissingUnlock),
        &format!("Lock acquired in main.(*Bank).credit, not released: {rest}"),
    );
    let held = format!("Lock held to the end of the trace by main.(*Bank).credit: {rest}");
    assert_headline(&stuck(Cause::HeldToTheEnd), &held);
}

#[test]
fn goroutines_stuck_on_channels_and_connections() {
    let stuck = |cause, number| {
        let stuck = due_to(Kind::GoroutineLeak, cause).int("stuck", number).int("stuck_max_ns", 600 * MS);
        at(stuck, "main.work", "chan send").victim("main.work", number)
    };
    let gone = "Nobody on the other side of chan send in main.work: 5 goroutines stuck for up to 600 ms";
    assert_headline(&stuck(Cause::VanishedPartner, 5), gone);
    let one = "Nobody receives what is sent in main.work: 1 goroutine stuck for 600 ms";
    assert_headline(&stuck(Cause::NoReceiver, 1), one);
    let clients = stuck(Cause::Connections, 12).int("created", 30);
    assert_headline(&clients, "Goroutines of open connections: 12 of 30 created stay blocked in main.work");
}

#[test]
fn requests_that_wait() {
    let slow = |kind, cause| {
        let slow = due_to(kind, cause).int("requests", 2_100).ratio("share_of_request_time", 0.851);
        at(slow.int("wait_per_request_ns", 60 * MS).text("unit", "request"), "main.load", "net/http.Get")
    };
    let rest = "85 % of the time of 2,100 requests";
    let mean = "60.0 ms on average";
    for (cause, head) in [
        (Cause::SlowCall, "net/http.Get in main.load"),
        (Cause::SlowLookup, "Name lookups in main.load"),
        (Cause::SlowDial, "Connecting in main.load"),
    ] {
        assert_headline(&slow(Kind::SerialWaits, cause), &format!("{head}: {rest}, {mean}"));
    }
    for (cause, head) in [
        (Cause::Backoff, "Backoff in main.load"),
        (Cause::FixedSleep, "Fixed pause in main.load"),
        (Cause::RateLimit, "Rate limit in main.load"),
        (Cause::Deadline, "Waiting until a deadline in main.load"),
        (Cause::Timeout, "Timeouts in main.load"),
    ] {
        assert_headline(&slow(Kind::PollingSleep, cause), &format!("{head}: {rest}, {mean}"));
    }
    let handled = slow(Kind::SerialWaits, Cause::SlowHandler).text("handled_by", "example.com/shop/api.Price");
    assert_headline(&handled, &format!("net/http.Get in main.load: {rest}, handled by api.Price"));
    let shared = slow(Kind::SerialWaits, Cause::SharedResult);
    assert_headline(&shared, &format!("Waiting for a shared result of net/http.Get in main.load: {rest}"));
}

#[test]
fn teams_and_limits() {
    let mut shard = due_to(Kind::Imbalance, Cause::HotShard).int("workers", 8);
    shard = at(shard.int("longest_total_ns", 71 * MS).int("work_total_ns", 100 * MS), "main.(*Shard).scan", "");
    let range = TimeRange::new(TraceTime(0), TraceTime(1));
    shard.links.push(Link { go: GoroutineIdx(3), id: GoId(25), range });
    assert_headline(&shard, "G25 did 71 % of the work of 8 workers, in main.(*Shard).scan");
    let limited = |cause| {
        let limited = due_to(Kind::LimitedConcurrency, cause).int("slots", 3).int("waits", 210).int("waiters", 2);
        at(limited.int("wait_max_ns", 300 * MS), "main.load", "").victim("main.(*pool).Get", 2)
    };
    let held = "Limited to 3 at once, held in main.load: 210 waits up to 300 ms in main.(*pool).Get";
    assert_headline(&limited(Cause::HeldByOthers), held);
    let one = "Limited to 3 at once for each goroutine in main.load: 210 waits up to 300 ms in main.(*pool).Get";
    assert_headline(&limited(Cause::OneAtATime).text("unit", "worker"), one);
    let timer = "Answers wait for a timer in main.load: 210 waits up to 300 ms in main.(*pool).Get";
    assert_headline(&limited(Cause::BatchTimer), timer);
}

#[test]
fn processes_without_a_cpu() {
    let without = |kind| finding(kind).ratio("no_cpu_share", 0.22).int("longest_ns", 80 * MS).int("stretches", 12);
    let throttled = "Process throttled by its CPU quota: no CPU for 22 % of the time, up to 80.0 ms at a time";
    assert_headline(&without(Kind::CpuThrottled), throttled);
    assert_headline(&without(Kind::CpuDescheduled), "Process had no CPU 12 times, up to 80.0 ms: 22 % of the time");
}

#[test]
fn what_is_not_known_is_left_out() {
    for (kind, wanted) in [
        (Kind::LockHeldOverIo, "Lock held"),
        (Kind::GoroutineLeak, "Goroutine leak"),
        (Kind::GcPressure, "GC"),
        (Kind::CpuStarvation, "Goroutines runnable"),
        (Kind::SlowSyscall, "System calls"),
        (Kind::SerialWaits, "Serial waits"),
        (Kind::StopTheWorld, "World stopped"),
        (Kind::LimitedConcurrency, "Limited concurrency"),
        (Kind::TraceDamage, "Trace damaged"),
    ] {
        assert_headline(&finding(kind), wanted);
    }
    assert_headline(&due_to(Kind::LockContention, Cause::MissingUnlock), "Lock acquired, not released");
}

#[test]
fn a_headline_of_nothing_but_empty_names_has_no_gaps() {
    let held = at(due_to(Kind::LockHeldOverIo, Cause::HeldOverSlowCall).int("waits", 1), "", "").victim("", 3);
    assert_headline(&held, "Lock held: 1 wait");
    let calls = at(due_to(Kind::SerialWaits, Cause::SlowCall), "", "");
    assert_headline(&calls, "One slow call");
}

#[test]
fn long_names_are_cut_where_the_line_would_be_too_long() {
    let long = format!("example.com/app/{0}.(*{0}).{0}", "verylongname".repeat(4));
    let held = at(due_to(Kind::LockHeldOverIo, Cause::HeldOverSlowCall).int("waits", 3), &long, &long);
    let text = headline(&held);
    assert!(text.chars().count() <= LENGTH && text.contains('…'), "{text}");
}

#[test]
fn names_lose_the_path_of_a_module_but_not_that_of_the_library() {
    let name = |full: &str| shortened(full, 56);
    assert_eq!(name("net/http.(*Client).Do"), "net/http.(*Client).Do");
    assert_eq!(name("example.com/shop/store.(*S).Get"), "store.(*S).Get");
    assert_eq!(name("main.(*ledger).post"), "main.(*ledger).post");
    assert_eq!(name("a.io/b.Map[go.shape.int,c.io/d.T]"), "b.Map[go.shape.int,c.io/d.T]");
    let long = name(&format!("main.{}.end", "x".repeat(500)));
    assert_eq!(long.chars().count(), 56);
    assert!(long.starts_with("main.x") && long.ends_with("x.end"), "{long}");
}

#[test]
fn a_clause_that_does_not_fit_ends_the_line() {
    let long = Some("x".repeat(LENGTH));
    assert_eq!(fit("a".to_owned(), [Some(": b".to_owned()), None, long, Some(" c".to_owned())]), "a: b");
}
