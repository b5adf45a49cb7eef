//! Damage of every kind, in traces of a few batches.

use super::*;

fn uv(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

fn batch(generation: u64, thread: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![spec::EVENT_BATCH];
    for value in [generation, thread, 1_000 * generation, payload.len() as u64] {
        uv(&mut out, value);
    }
    out.extend_from_slice(payload);
    out
}

const STOP: &[u8] = &[11, 1]; // ProcStop
const TEXTS: &[u8] = &[spec::STRINGS];
const EOG: &[u8] = &[spec::END_OF_GENERATION];

fn file(version: u32, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("go 1.{version} trace\0\0\0").into_bytes();
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

fn read(bytes: &[u8]) -> (Vec<Generation>, Vec<(WarningKind, u64)>) {
    let mut warnings = Vec::new();
    let mut report = |kind, _what, at| warnings.push((kind, at));
    let mut reader = GenerationReader::new(bytes, &mut report).unwrap();
    let mut all = Vec::new();
    while let Some(generation) = reader.next_generation(&mut report).unwrap() {
        all.push(generation);
    }
    (all, warnings)
}

/// Numbers of generations, and how many batches of events they have that can be read.
fn shape(all: &[Generation]) -> Vec<(u64, usize)> {
    let count = |generation: &Generation| generation.events.len() - lost(generation).len();
    all.iter().map(|generation| (generation.number, count(generation))).collect()
}

/// Thread and bytes of the batches that could not be read.
fn lost(generation: &Generation) -> Vec<(u64, Range<u64>)> {
    let events = generation.events.iter();
    events.filter_map(|&batch| Some((batch.thread, generation.lost_bytes(batch)?))).collect()
}

#[test]
fn cuts_at_the_mark_or_at_the_next_number() {
    let (one, two) = (batch(1, 7, STOP), batch(2, 7, STOP));
    let (all, warnings) = read(&file(26, &[&one, &one, EOG, &two, EOG]));
    assert_eq!((shape(&all), warnings), (vec![(1, 2), (2, 1)], vec![]));
    assert_eq!(all[0].payload(all[0].events[1]), STOP);
    assert_eq!(all[1].offset, all[0].end_offset);
    let texts = batch(2, u64::MAX, TEXTS);
    let (all, warnings) = read(&file(22, &[&one, &one, &two, &texts]));
    assert_eq!((shape(&all), warnings), (vec![(1, 2), (2, 1)], vec![]));
}

#[test]
fn a_missing_mark_is_told_and_costs_nothing() {
    let bytes = file(26, &[&batch(1, 7, STOP)]);
    let (all, warnings) = read(&bytes);
    assert_eq!(shape(&all), [(1, 1)]);
    assert_eq!(all[0].end, End::Truncated);
    assert_eq!(warnings, [(WarningKind::Truncated, bytes.len() as u64)]);
}

#[test]
fn without_marks_a_generation_without_strings_is_no_whole_one() {
    let (one, texts, two) = (batch(1, 7, STOP), batch(1, u64::MAX, TEXTS), batch(2, 7, STOP));
    let bytes = file(25, &[&one, &texts, &two]);
    let (all, warnings) = read(&bytes);
    assert_eq!([all[0].end, all[1].end], [End::Complete, End::Truncated]);
    assert_eq!(warnings, [(WarningKind::Truncated, bytes.len() as u64)]);
}

#[test]
fn text_in_between_is_stepped_over() {
    let (one, noise) = (batch(1, 7, STOP), b"hello from fmt.Println\n");
    let (all, warnings) = read(&file(26, &[&one, noise, &one, EOG]));
    assert_eq!(shape(&all), [(1, 2)]);
    assert_eq!(warnings, [(WarningKind::SkippedBytes, 16 + one.len() as u64)]);
    let mut bytes = noise.to_vec();
    bytes.extend(file(26, &[&one, EOG]));
    let (all, warnings) = read(&bytes);
    assert_eq!((shape(&all), warnings), (vec![(1, 1)], vec![(WarningKind::SkippedBytes, 0)]));
}

#[test]
fn the_head_of_a_batch_cut_short_is_used() {
    let mut long = batch(1, 7, &STOP.repeat(50));
    long.truncate(long.len() - 11);
    let bytes = file(22, &[&batch(1, 7, STOP), &long]);
    let (all, warnings) = read(&bytes);
    assert_eq!(shape(&all), [(1, 2)]);
    assert_eq!(all[0].payload(all[0].events[1]).len(), 89);
    let end = bytes.len() as u64;
    assert_eq!(lost(&all[0]), [(7, end..end)], "the thread may have done more");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn gaps_and_appended_traces_are_marked() {
    let (one, four) = (batch(1, 7, STOP), batch(4, 7, STOP));
    let (all, warnings) = read(&file(26, &[&one, EOG, &four, EOG]));
    assert_eq!(all[1].border, Border::Gap);
    assert_eq!(warnings[0].0, WarningKind::MissingGeneration);
    let second = file(26, &[&one, EOG]);
    let (all, warnings) = read(&file(22, &[&one, &second]));
    assert_eq!(shape(&all), [(1, 1), (1, 1)]);
    assert_eq!((all[1].border, all[1].version), (Border::NewTrace, Version(26)));
    assert_eq!(warnings, [(WarningKind::AppendedTrace, 16 + one.len() as u64)]);
}

#[test]
fn a_batch_of_a_wrong_generation_is_left_out() {
    let (one, wild) = (batch(1, 7, STOP), batch(99, 7, STOP));
    let (all, warnings) = read(&file(26, &[&one, &wild, &one, EOG]));
    assert_eq!(shape(&all), [(1, 2)]);
    assert_eq!(warnings[0].0, WarningKind::BadBatch);
    let at = 16 + one.len() as u64;
    assert_eq!(lost(&all[0]), [(7, at..at + wild.len() as u64)]);
}

#[test]
fn batches_over_chunk_borders_are_whole() {
    let big = batch(1, 7, &STOP.repeat(30_000));
    let texts = batch(1, u64::MAX, TEXTS);
    let parts: Vec<&[u8]> = std::iter::repeat_n(big.as_slice(), 60).chain([texts.as_slice()]).collect();
    let (all, warnings) = read(&file(22, &parts));
    assert_eq!((shape(&all), warnings), (vec![(1, 60)], vec![]));
    for &batch in &all[0].events {
        assert_eq!(all[0].payload(batch), STOP.repeat(30_000));
    }
}

#[test]
fn small_generations_do_not_move_what_lies_behind_them() {
    let mut bytes = file(26, &[]);
    for number in 1..=20_000 {
        bytes.extend([batch(number, 7, STOP).as_slice(), EOG].concat());
    }
    let mut report = |_, what: String, _| panic!("{what}");
    let mut reader = GenerationReader::new(&bytes[..], &mut report).unwrap();
    let (mut places, mut count, mut at) = (Vec::new(), 0, HEADER_BYTES as u64);
    while let Some(generation) = reader.next_generation(&mut report).unwrap() {
        count += 1;
        assert_eq!((generation.offset, generation.payload(generation.events[0])), (at, STOP));
        assert_eq!(generation.offset_of(generation.events[0]) + STOP.len() as u64 + 1, generation.end_offset);
        assert!(generation.chunks.iter().all(|chunk| chunk.bytes.capacity() < 100), "it keeps its own bytes only");
        at = generation.end_offset;
        if places.last() != Some(&reader.buffer.as_ptr()) {
            places.push(reader.buffer.as_ptr());
        }
    }
    assert_eq!((count, at), (20_000, bytes.len() as u64));
    assert!(places.len() < 20, "the buffer was made anew {} times", places.len());
}
