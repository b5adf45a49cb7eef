//! What was written comes back the same, or not at all.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Key, Stored, read};
use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use crate::base::monitor::Monitor;
use crate::load::{load_bytes, load_path};
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;
use crate::testkit::caches::{KEY, forged, sound};
use crate::testkit::scenes;

fn made(trace: &Trace) -> Vec<u8> {
    sound(trace).unwrap()
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(folder);
    let entries = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "trace")).collect();
    files.sort();
    files
}

/// All that can be asked about a trace, in words.
fn said(trace: &Trace) -> String {
    use std::fmt::Write;
    let all = trace.range();
    let mut lanes = vec![LaneId::Gc, LaneId::Stw];
    lanes.extend((0..trace.proc_count()).map(|idx| LaneId::Proc(ProcIdx(idx))));
    lanes.extend((0..trace.thread_count()).map(|idx| LaneId::Thread(ThreadIdx(idx))));
    lanes.extend((0..trace.goroutine_count()).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))));
    let mut said = format!("{:?} {:?} {:?}", trace.totals(), trace.warnings(), trace.thread_gaps());
    for &lane in &lanes {
        let mut cells = Vec::new();
        trace.cells(lane, all, 50, &mut cells);
        write!(said, "\n{lane:?} {cells:?} {:?}", trace.time_by_class(lane, all)).unwrap();
        for span in trace.spans(lane, all).take(200) {
            let frames: Vec<_> = trace.frames(span.start_stack).collect();
            let flows = (trace.flows_into(span.at), trace.flows_out_of(span.at, 5));
            write!(said, "\n {span:?} {} {frames:?} {flows:?}", trace.str(span.reason)).unwrap();
        }
        for event in trace.events(lane, all).take(200) {
            write!(said, "\n {event:?}").unwrap();
        }
    }
    for idx in 0..trace.goroutine_count() {
        write!(said, "\n{:?}", trace.goroutine(GoroutineIdx(idx))).unwrap();
    }
    said
}

/// The trace, written and read again, is the same in every part and in every answer.
fn comes_back(name: &str, trace: &Trace) {
    let bytes = made(trace);
    let again = read(Stored::Bytes(&bytes), &KEY).unwrap_or_else(|| panic!("{name}: not read"));
    // What a table has room for is not what it holds.
    assert!(format!("{trace:?}") == format!("{again:?}"), "{name}: parts differ");
    assert!(said(trace) == said(&again), "{name}: answers differ");
    assert!(made(&again) == bytes, "{name}: written again, it differs");
}

#[test]
fn whole_traces_come_back() {
    let files = fixtures("real");
    assert!(files.len() > 50, "the fixtures are there");
    for path in files {
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).unwrap();
        comes_back(&path.display().to_string(), &trace);
    }
}

#[test]
fn damaged_traces_come_back_or_are_not_kept() {
    let (mut back, mut all) = (0, 0);
    for path in fixtures("broken") {
        let Ok(trace) = load_path(&path, &Monitor::new(), &mut |_| {}) else { continue };
        all += 1;
        let bytes = made(&trace);
        if let Some(again) = read(Stored::Bytes(&bytes), &KEY) {
            assert!(said(&trace) == said(&again), "{}", path.display());
            back += 1;
        }
    }
    assert!(all > 20 && back * 10 >= all * 9, "{back} of {all} come back");
}

#[test]
fn long_traces_come_back() {
    let scenes = [
        scenes::ping_pong(4, 20, 400_000),
        scenes::many_goroutines(2, 150_000),
        scenes::one_busy_goroutine(600_000),
        scenes::nested_regions(20_000, 100),
    ];
    for (at, scene) in scenes.iter().enumerate() {
        let trace = load_bytes(scene, &Monitor::new(), &mut |_| {}).unwrap();
        let bytes = made(&trace);
        let again = read(Stored::Bytes(&bytes), &KEY).unwrap_or_else(|| panic!("scene {at}: not read"));
        assert!(format!("{trace:?}") == format!("{again:?}"), "scene {at}");
    }
}

fn small() -> Arc<Trace> {
    load_bytes(&scenes::ping_pong(2, 5, 600), &Monitor::new(), &mut |_| {}).unwrap()
}

#[test]
fn another_file_is_a_miss() {
    let bytes = made(&small());
    assert!(read(Stored::Bytes(&bytes), &KEY).is_some());
    assert!(read(Stored::Bytes(&bytes), &Key { len: 8, ..KEY }).is_none());
    assert!(read(Stored::Bytes(&bytes), &Key { hash: 1, ..KEY }).is_none());
    assert!(read(Stored::File(&tempfile::tempfile().unwrap()), &KEY).is_none(), "an empty file");
}

#[test]
fn every_flipped_bit_and_every_cut_is_a_miss() {
    let bytes = made(&small());
    let mut flipped = bytes.clone();
    // All of the header and the directory, and every so many-th byte between.
    let (head, tail) = (64, bytes.len() - 4 * 32);
    let places = (0..bytes.len()).filter(|at| *at < head || *at >= tail || at % 97 == 0);
    for at in places {
        flipped[at] ^= 1 << (at % 8);
        assert!(read(Stored::Bytes(&flipped), &KEY).is_none(), "byte {at}");
        flipped[at] ^= 1 << (at % 8);
    }
    for len in (0..bytes.len()).filter(|len| *len < head + 8 || *len >= tail || len % 977 == 0) {
        assert!(read(Stored::Bytes(&bytes[..len]), &KEY).is_none(), "cut to {len}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert!(read(Stored::Bytes(&longer), &KEY).is_none(), "a byte too many");
}

/// With checksums that fit, wrong numbers must be found by looking at them, or do no harm.
#[test]
fn made_up_caches_do_no_harm() {
    let bytes = made(&small());
    let (mut hits, mut misses, mut seed) = (0, 0, 1u64);
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 24
    };
    for _ in 0..600 {
        let (which, place, value) = (random() as usize % 4, random() as usize, random() & random());
        let forged = forged(&bytes, |at, block| {
            if at == which && !block.is_empty() {
                let place = place % block.len();
                block[place] = value as u8;
            }
        })
        .unwrap();
        match read(Stored::Bytes(&forged), &KEY) {
            Some(trace) => {
                hits += 1;
                drop(said(&trace));
            }
            None => misses += 1,
        }
    }
    assert!(hits > 10 && misses > 10, "{hits} taken, {misses} refused");
}
