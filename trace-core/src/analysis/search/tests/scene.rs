//! A small trace in which every key of the language finds something.
//!
//! ```text
//!  us     10   20   30   40   50   60   70   80   90   100  110  120
//! G1  main run──────────────────────────blocked (chan receive)────run──
//! G2  worker   created──────────────────run──────────────────wakes G1, ends
//! G3  logger   parked in a mutex all the time, woken by G2 at 90
//! ```

use std::sync::Arc;

use crate::base::ids::GoId;
use crate::base::monitor::Monitor;
use crate::event::kind::EventKind;
use crate::load::load_bytes;
use crate::model::trace::Trace;
use crate::testkit::writer::{FrameText, TraceWriter};

pub(super) const START: u64 = 1_000_000;

const RECEIVE: &[FrameText<'_>] =
    &[("runtime.chanrecv1", "/go/src/runtime/chan.go", 509), ("main.main", "/src/shop/main.go", 30)];
const LOCK: &[FrameText<'_>] = &[
    ("sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 46),
    ("main.(*store).get", "/src/shop/server.go", 97),
    ("main.logger", "/src/shop/main.go", 70),
];
const UNLOCK: &[FrameText<'_>] = &[
    ("sync.(*Mutex).Unlock", "/go/src/sync/mutex.go", 65),
    ("main.sendReport", "/src/shop/server.go", 88),
    ("main.worker", "/src/shop/main.go", 41),
];
const SEND: &[FrameText<'_>] =
    &[("runtime.chansend1", "/go/src/runtime/chan.go", 161), ("main.worker", "/src/shop/main.go", 44)];
const SPAWN: &[FrameText<'_>] = &[("main.main", "/src/shop/main.go", 20)];
const ENTRY: &[FrameText<'_>] = &[("main.worker", "/src/shop/main.go", 40)];
const READ: &[FrameText<'_>] =
    &[("syscall.read", "/go/src/syscall/syscall.go", 12), ("main.worker", "/src/shop/main.go", 42)];

/// The trace. Times are in microseconds since its first event.
pub(super) fn scene() -> Arc<Trace> {
    let mut writer = TraceWriter::new(26);
    let at = |micros: u64| START + micros * 1_000;
    writer.event(0, at(0), EventKind::PROC_STATUS, &[0, 1]);
    writer.event(0, at(0), EventKind::GO_STATUS, &[1, 0, 2]);
    let lock = writer.stack(LOCK);
    writer.event(0, at(0), EventKind::GO_STATUS_STACK, &[3, u64::MAX, 4, lock]);
    let (entry, spawn) = (writer.stack(ENTRY), writer.stack(SPAWN));
    writer.event(0, at(10), EventKind::GO_CREATE, &[2, entry, spawn]);
    let (receive, unlock, send, read) =
        (writer.stack(RECEIVE), writer.stack(UNLOCK), writer.stack(SEND), writer.stack(READ));
    let reason = writer.string("chan receive");
    writer.event(0, at(40), EventKind::GO_BLOCK, &[reason, receive]);
    writer.event(0, at(41), EventKind::GO_START, &[2, 1]);
    let (checkout, pay) = (writer.string("checkout"), writer.string("pay"));
    writer.event(0, at(45), EventKind::USER_TASK_BEGIN, &[7, 0, checkout, 0]);
    writer.event(0, at(46), EventKind::USER_TASK_BEGIN, &[8, 7, pay, 0]);
    let parse = writer.string("parse");
    writer.event(0, at(50), EventKind::USER_REGION_BEGIN, &[7, parse, 0]);
    let (user, forty_two) = (writer.string("user"), writer.string("42"));
    writer.event(0, at(55), EventKind::USER_LOG, &[7, user, forty_two, 0]);
    writer.event(0, at(60), EventKind::GO_SYSCALL_BEGIN, &[1, read]);
    writer.event(0, at(65), EventKind::GO_SYSCALL_END, &[]);
    let end = writer.stack(&[("main.worker", "/src/shop/main.go", 43)]);
    writer.event(0, at(70), EventKind::USER_REGION_END, &[7, parse, end]);
    writer.sample(at(75), (0, 0, 2), send);
    writer.event(0, at(80), EventKind::USER_TASK_END, &[8, 0]);
    writer.event(0, at(85), EventKind::USER_TASK_END, &[7, 0]);
    let label = writer.string("tenant blue");
    writer.event(0, at(87), EventKind::GO_LABEL, &[label]);
    writer.event(0, at(90), EventKind::GO_UNBLOCK, &[3, 1, unlock]);
    writer.event(0, at(95), EventKind::GO_UNBLOCK, &[1, 1, send]);
    writer.event(0, at(100), EventKind::GO_DESTROY, &[]);
    writer.event(0, at(101), EventKind::GO_START, &[1, 2]);
    writer.event(0, at(120), EventKind::HEAP_ALLOC, &[4_096]);
    load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).unwrap()
}

/// A recorded trace of the tests.
pub(super) fn recorded(name: &str) -> Arc<Trace> {
    let path = format!("{}/../tests/data/real/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    load_bytes(&std::fs::read(path).unwrap(), &Monitor::new(), &mut |_| {}).unwrap()
}

/// The number of a goroutine.
pub(super) fn id(trace: &Trace, go: crate::base::ids::GoroutineIdx) -> u64 {
    trace.goroutine_name(go).map_or(0, |(GoId(id), _)| id)
}
