//! Whole traces of one kind each, in any size: what benches load and pictures must survive.

use crate::event::kind::EventKind;
use crate::testkit::writer::{FrameText, TraceWriter};

/// Time of the first event, ns.
const START: u64 = 1_000_000_000;
/// Length of a generation, ns.
const GENERATION: u64 = 1_000_000_000;

/// Hand-overs of one pair before it makes room for the next.
const TURN: u64 = 64;

const RECEIVE: &[FrameText<'_>] = &[
    ("runtime.chanrecv1", "runtime/chan.go", 509),
    ("main.worker", "main.go", 42),
    ("main.main.func1", "main.go", 20),
];
const SEND: &[FrameText<'_>] = &[
    ("runtime.chansend1", "runtime/chan.go", 161),
    ("main.worker", "main.go", 44),
    ("main.main.func1", "main.go", 20),
];
const SPAWN: &[FrameText<'_>] = &[("main.serve", "main.go", 71), ("main.main", "main.go", 30)];
const ENTRY: &[FrameText<'_>] = &[("main.handle", "main.go", 80)];

/// One goroutine as the scene keeps it between generations.
#[derive(Clone, Copy)]
struct Actor {
    id: u64,
    seq: u64,
    is_waiting: bool,
}

/// `pairs` pairs of goroutines that hand a value to and fro on one proc each: unblock, block, start, over
/// and over, until there are about `events` events. The proc of pair i is i modulo `procs`.
#[must_use]
pub fn ping_pong(procs: u64, pairs: u64, events: u64) -> Vec<u8> {
    let mut writer = TraceWriter::new(26);
    let mut actors: Vec<[Actor; 2]> = (0..pairs)
        .map(|pair| {
            [0, 1].map(|annotations| Actor { id: 2 * pair + annotations + 1, seq: 0, is_waiting: annotations == 1 })
        })
        .collect();
    let mut written = 0;
    let mut clock = vec![START; usize::try_from(procs).unwrap_or(1)];
    let mut generation = 0;
    while written < events {
        let ids = announce(&mut writer, &mut clock, &mut actors, START + generation * GENERATION);
        written += 2 * pairs + procs;
        // A pair is at work on its proc for TURN hand-overs, then leaves it to the next one.
        let turns = (events.saturating_sub(written) / 3 / procs).min(600_000).next_multiple_of(TURN);
        for turn in 0..turns {
            for (proc, time) in clock.iter_mut().enumerate() {
                let proc = proc as u64;
                let of_proc = (pairs - proc).div_ceil(procs).max(1);
                let pair = proc + procs * ((turn / TURN) % of_proc);
                if let Some(both) = actors.get_mut(usize::try_from(pair).unwrap_or(0)) {
                    written += hand_over(&mut writer, proc, time, both, turn % TURN, &ids);
                }
            }
        }
        writer.end_generation();
        generation += 1;
    }
    writer.finish()
}

/// Stacks and reasons of one generation.
struct Symbols {
    receive: u64,
    send: u64,
    reason: u64,
    preempted: u64,
}

/// One hand-over between two goroutines, the first of which is ready or running; says how many events.
fn hand_over(
    writer: &mut TraceWriter,
    proc: u64,
    time: &mut u64,
    both: &mut [Actor; 2],
    turn: u64,
    ids: &Symbols,
) -> u64 {
    both.sort_by_key(|actor| actor.is_waiting);
    let [first, second] = both;
    let mut events = 3;
    if turn == 0 {
        *time += 100;
        first.seq += 1;
        writer.event(proc, *time, EventKind::GO_START, &[first.id, first.seq]);
        events += 1;
    }
    *time += 150;
    second.seq += 1;
    writer.event(proc, *time, EventKind::GO_UNBLOCK, &[second.id, second.seq, ids.send]);
    *time += 200;
    writer.event(proc, *time, EventKind::GO_BLOCK, &[ids.reason, ids.receive]);
    *time += 250;
    second.seq += 1;
    writer.event(proc, *time, EventKind::GO_START, &[second.id, second.seq]);
    (first.is_waiting, second.is_waiting) = (true, false);
    if turn == TURN - 1 {
        *time += 50;
        writer.event(proc, *time, EventKind::GO_STOP, &[ids.preempted, ids.receive]);
        events += 1;
    }
    events
}

/// Says at the start of a generation what every proc and goroutine does: all procs run nothing, one of
/// each pair is ready and the other waits.
fn announce(writer: &mut TraceWriter, clock: &mut [u64], actors: &mut [[Actor; 2]], start: u64) -> Symbols {
    for (proc, time) in clock.iter_mut().enumerate() {
        *time = start.max(*time) + 1;
        writer.event(proc as u64, *time, EventKind::PROC_STATUS, &[proc as u64, 1]);
    }
    for (pair, both) in actors.iter_mut().enumerate() {
        let proc = pair % clock.len();
        let Some(time) = clock.get_mut(proc) else { continue };
        for actor in both {
            actor.seq = 0;
            *time += 1;
            let status = if actor.is_waiting { 4 } else { 1 };
            writer.event(proc as u64, *time, EventKind::GO_STATUS, &[actor.id, u64::MAX, status]);
        }
    }
    Symbols {
        receive: writer.stack(RECEIVE),
        send: writer.stack(SEND),
        reason: writer.string("chan receive"),
        preempted: writer.string("preempted"),
    }
}

/// `count` goroutines, each created by one of `procs` servers, that run once and end; in generations of
/// a second.
#[must_use]
pub fn many_goroutines(procs: u64, count: u64) -> Vec<u8> {
    let mut writer = TraceWriter::new(26);
    let per_generation = 400_000;
    let mut next_id = procs + 1;
    let mut clock = vec![START; usize::try_from(procs).unwrap_or(1)];
    let mut made = 0;
    let mut generation = 0;
    while made < count {
        for (proc, time) in clock.iter_mut().enumerate() {
            let proc = proc as u64;
            *time = (START + generation * GENERATION).max(*time) + 1;
            writer.event(proc, *time, EventKind::PROC_STATUS, &[proc, 1]);
            writer.event(proc, *time + 1, EventKind::GO_STATUS, &[proc + 1, proc, 2]);
            *time += 1;
        }
        let (spawn, entry) = (writer.stack(SPAWN), writer.stack(ENTRY));
        let gosched = writer.string("runtime.Gosched");
        let mut seqs = vec![0u64; clock.len()];
        for at in 0..per_generation.min(count - made) {
            let proc = at % procs;
            let slot = usize::try_from(proc).unwrap_or(0);
            let (Some(time), Some(seq)) = (clock.get_mut(slot), seqs.get_mut(slot)) else { break };
            let server = proc + 1;
            let mut emit = |delay, kind, args: &[u64]| {
                *time += delay;
                writer.event(proc, *time, kind, args);
            };
            emit(300, EventKind::GO_CREATE, &[next_id, entry, spawn]);
            emit(200, EventKind::GO_STOP, &[gosched, spawn]);
            emit(100, EventKind::GO_START, &[next_id, 1]);
            emit(1_500, EventKind::GO_DESTROY, &[]);
            emit(100, EventKind::GO_START, &[server, *seq + 1]);
            *seq += 1;
            next_id += 1;
        }
        made += per_generation.min(count - made);
        writer.end_generation();
        generation += 1;
    }
    writer.finish()
}

/// One goroutine that yields `spans / 2` times: runs, is ready, runs, …
#[must_use]
pub fn one_busy_goroutine(spans: u64) -> Vec<u8> {
    one_goroutine(spans / 2, 1_000_000, |writer, time, seq, at| {
        let reason = writer.string("runtime.Gosched");
        writer.event(0, *time + 200 + at % 97, EventKind::GO_STOP, &[reason, 0]);
        *time += 300 + at % 97;
        *seq += 1;
        writer.event(0, *time, EventKind::GO_START, &[1, *seq]);
    })
}

/// `count` goroutines created by one within a single span.
#[must_use]
pub fn fan_out(count: u64) -> Vec<u8> {
    let mut entry = 0;
    one_goroutine(count, u64::MAX, move |writer, time, _, at| {
        if at == 0 {
            entry = writer.stack(ENTRY);
        }
        *time += 100;
        writer.event(0, *time, EventKind::GO_CREATE, &[at + 2, entry, 0]);
    })
}

/// Regions on one goroutine: `count` of them, nested `depth` deep.
#[must_use]
pub fn nested_regions(count: u64, depth: u64) -> Vec<u8> {
    let mut level = 0;
    one_goroutine(2 * count, u64::MAX, move |writer, time, _, at| {
        *time += 50;
        let is_down = (at / depth.max(1)).is_multiple_of(2);
        level = if is_down { level + 1 } else { level - 1 };
        let name = writer.string(&format!("level {}", if is_down { level } else { level + 1 }));
        let kind = if is_down { EventKind::USER_REGION_BEGIN } else { EventKind::USER_REGION_END };
        writer.event(0, *time, kind, &[0, name, 0]);
    })
}

/// `count` tasks that begin and end on one goroutine, each with a log line; every tenth is a child of the
/// one before.
#[must_use]
pub fn many_tasks(count: u64) -> Vec<u8> {
    one_goroutine(count, 1_000_000, |writer, time, _, at| {
        let (name, key) = (writer.string("request"), writer.string("url"));
        let value = writer.string(&format!("/item/{}", at % 100));
        let parent = if at % 10 == 9 { at } else { 0 };
        writer.event(0, *time + 10, EventKind::USER_TASK_BEGIN, &[at + 1, parent, name, 0]);
        writer.event(0, *time + 20, EventKind::USER_LOG, &[at + 1, key, value, 0]);
        writer.event(0, *time + 200, EventKind::USER_TASK_END, &[at + 1, 0]);
        *time += 250;
    })
}

/// Goroutine 1 on proc 0 of thread 0, doing `act` `times` times, with a new generation after each
/// `per_generation`. `act` gets the clock (to move on), the goroutine's sequence number and a count.
fn one_goroutine(
    times: u64,
    per_generation: u64,
    mut act: impl FnMut(&mut TraceWriter, &mut u64, &mut u64, u64),
) -> Vec<u8> {
    let mut writer = TraceWriter::new(26);
    let mut time = START;
    let mut seq = 0;
    for at in 0..times {
        if at % per_generation == 0 {
            if at > 0 {
                writer.end_generation();
            }
            seq = 0;
            time += 10;
            writer.event(0, time, EventKind::PROC_STATUS, &[0, 1]);
            writer.event(0, time + 1, EventKind::GO_STATUS, &[1, 0, 2]);
            time += 10;
        }
        act(&mut writer, &mut time, &mut seq, at);
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::monitor::Monitor;
    use crate::export::reference::dump;
    use crate::input::source::Source;

    /// Lines of the reference form that begin an event; fails on any warning.
    fn events(trace: &[u8]) -> usize {
        let mut text = Vec::new();
        let mut warnings = Vec::new();
        let mut report = |kind, what, at| warnings.push((kind, what, at));
        dump(Source::bytes(trace), &mut text, &Monitor::new(), &mut report).unwrap();
        assert_eq!(warnings.first(), None);
        text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"M=")).count()
    }

    #[test]
    fn scenes_are_sound_traces() {
        let count = events(&ping_pong(3, 20, 50_000));
        assert!((45_000..60_000).contains(&count), "{count}");
        assert_eq!(events(&many_goroutines(2, 5_000)), 5_000 * 5 + 4 + 2);
        assert_eq!(events(&one_busy_goroutine(10_000)), 10_000 + 2 + 2);
        assert_eq!(events(&fan_out(1_000)), 1_000 + 2 + 2);
        assert_eq!(events(&nested_regions(1_000, 50)), 2_000 + 2 + 2);
        assert_eq!(events(&many_tasks(1_000)), 3_000 + 2 + 2);
    }

    #[test]
    fn scenes_go_over_generations() {
        assert!(events(&ping_pong(2, 7, 5_000_000)) > 5_000_000);
    }
}
