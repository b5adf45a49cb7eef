//! A comparison's word can be relied on: two recordings of one program under one load show no change, and a
//! planted change is found and comes first. The recordings (`tests/data/pairs`) were made on a busy machine.

use trace_core::analysis::compare::measure::{Measured, measure};
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::{Comparison, Terms, compare};
use trace_core::analysis::findings::{Findings, find};
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;

use crate::fixtures;

/// Recordings of the program as it is.
const SAME: usize = 24;

fn side(name: &str) -> (Measured, Findings) {
    let path = fixtures::data().join(format!("pairs/{name}.trace.gz"));
    let monitor = Monitor::new();
    let trace = load_path(&path, &monitor, &mut |_| {}).expect("a trace");
    assert!(trace.warnings().is_empty(), "{name}");
    let measured = measure(&trace, trace.range(), &monitor).expect("not cancelled");
    (measured, find(&trace, &monitor).expect("not cancelled"))
}

fn compared(a: &(Measured, Findings), b: &(Measured, Findings)) -> Comparison {
    compare(&a.0, &b.0, &Terms::default(), Some((&a.1, &b.1)))
}

#[test]
fn recordings_of_one_program_show_no_change() {
    let all: Vec<_> = (1..=SAME).map(|at| side(&format!("same-{at}"))).collect();
    let (mut tested, mut significant, mut too_few, mut pairs) = (0, 0, 0, 0);
    for (at, a) in all.iter().enumerate() {
        for apart in [1, 5] {
            let b = &all[(at + apart) % SAME];
            let found = compared(a, b);
            tested += found.tested;
            significant += found.changes.iter().filter(|change| change.is_significant).count();
            too_few += found.changes.iter().filter(|change| change.is_too_few).count();
            pairs += 1;
            let cause = found.verdict.iter().find(|said| said.starts_with("Gone in B") || said.starts_with("New in B"));
            assert_eq!(cause, None, "same-{} and {apart} further", at + 1);
        }
    }
    assert!(pairs >= 40 && tested >= 500, "{tested} rows of {pairs} pairs");
    assert!(significant * 20 <= tested, "{significant} of {tested} rows differ: more than 5 %");
    assert!(too_few * 100 <= tested, "{too_few} of {tested} rows are called plain to see");
}

#[test]
fn a_region_that_takes_a_fifth_longer_comes_first() {
    for at in 1..=3 {
        let found = compared(&side(&format!("same-{at}")), &side(&format!("slow-{at}")));
        let first = &found.changes[0];
        assert_eq!((first.kind, first.name.as_str()), (RowKind::Region, "price in main.serve"), "slow-{at}");
        let ratio = first.ratio.expect("on both sides");
        assert!(first.is_significant && (1.1..1.4).contains(&ratio), "slow-{at}: {ratio}");
        assert!(found.verdict[0].starts_with("Region price in main.serve: "), "{}", found.verdict[0]);
    }
}

#[test]
fn a_lock_held_longer_comes_first() {
    for at in 1..=3 {
        let found = compared(&side(&format!("same-{at}")), &side(&format!("hold-{at}")));
        let said = &found.verdict[0];
        assert!(said.starts_with("New in B: ") && said.contains("main.(*stock).take"), "hold-{at}: {said}");
        let first = &found.changes[0];
        let is_it = match first.kind {
            RowKind::Region => first.name == "reserve in main.serve",
            RowKind::Wait => first.name == "sync.(*Mutex).Lock in main.(*stock).take",
            _ => false,
        };
        assert!(is_it && first.is_significant && first.impact > 0.0, "hold-{at}: {first:?}");
    }
}

#[test]
fn a_leak_comes_first() {
    for at in 1..=3 {
        let found = compared(&side(&format!("same-{at}")), &side(&format!("leak-{at}")));
        let said = &found.verdict[0];
        assert!(said.starts_with("New in B: ") && said.contains("main.forget"), "leak-{at}: {said}");
        let first = &found.changes[0];
        assert_eq!((first.kind, first.name.as_str()), (RowKind::Stuck, "chan receive in main.forget"), "leak-{at}");
        let alive = side(&format!("leak-{at}")).0.pictures[0]
            .population
            .iter()
            .find(|group| group.name == "main.forget")
            .map(|group| (group.creator.clone(), group.created, group.alive));
        assert_eq!(alive, Some(("main.serve".to_owned(), 50, 50)));
    }
}

fn pool(name: &str, numbers: std::ops::RangeInclusive<usize>) -> (Measured, Findings) {
    let sides: Vec<_> = numbers.map(|at| side(&format!("{name}-{at}"))).collect();
    (Measured::pooled(sides.into_iter().map(|side| side.0).collect()), Findings::default())
}

#[test]
fn three_recordings_a_side_of_one_program_show_no_change() {
    let (mut tested, mut significant, mut with_any) = (0, 0, 0);
    let starts: Vec<usize> = (1..=SAME - 5).step_by(3).collect();
    for at in &starts {
        let found = compared(&pool("same", *at..=at + 2), &pool("same", at + 3..=at + 5));
        let changed = found.changes.iter().filter(|change| change.is_significant).count();
        tested += found.tested;
        significant += changed;
        with_any += usize::from(changed > 0);
        assert_eq!(changed == 0, found.verdict[0].starts_with("No significant difference"), "{:?}", found.verdict);
    }
    assert!(significant * 20 <= tested, "{significant} of {tested}");
    assert!(with_any * 10 <= starts.len(), "{with_any} of {} comparisons", starts.len());
}

#[test]
fn three_recordings_a_side_find_each_planted_change() {
    for (name, shows) in [
        ("slow", ["price in main.serve", "order"]),
        ("hold", ["reserve in main.serve", "sync.(*Mutex).Lock in main.(*stock).take"]),
        ("leak", ["chan receive in main.forget", "chan receive in main.forget"]),
    ] {
        for from in [1, 4, 10] {
            let found = compared(&pool("same", from..=from + 2), &pool(name, 1..=3));
            let rows: Vec<&str> = found.changes.iter().take(3).map(|change| change.name.as_str()).collect();
            let first = &found.changes[0];
            assert!(first.is_significant && first.is_named && first.impact > 0.0, "{name}: {first:?}");
            assert!(rows.iter().any(|row| shows.contains(row)), "{name}: {rows:?}");
            assert!(!found.verdict[0].starts_with("No significant"), "{name}: {:?}", found.verdict);
            let exact = found.verdict.last().expect("a sentence");
            assert!(exact.contains("3 and 3 recordings find a change of the median of task order"), "{exact}");
        }
    }
}

#[test]
fn sides_swapped_say_the_opposite() {
    let pairs = [(side("same-1"), side("slow-1")), (pool("same", 1..=3), pool("hold", 1..=3))];
    for (a, b) in pairs {
        let (there, back) = (compared(&a, &b), compared(&b, &a));
        assert_eq!(there.changes.len(), back.changes.len());
        for change in &there.changes {
            let other = back.changes.iter().find(|other| other.kind == change.kind && other.name == change.name);
            let other = other.expect("the same row");
            assert_eq!((change.p, change.q, change.tested), (other.p, other.q, other.tested), "{}", change.name);
            assert_eq!((change.is_named, change.impact), (other.is_named, -other.impact), "{}", change.name);
            assert_eq!((change.a, change.b), (other.b, other.a), "{}", change.name);
        }
    }
}
