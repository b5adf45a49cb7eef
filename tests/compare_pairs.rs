//! A comparison's word can be relied on: two recordings of one program under one load show no change, and a
//! planted change is found and comes first. The recordings (`tests/data/pairs`) were made on a busy machine.

use trace_core::analysis::compare::measure::{Measured, RowKind, measure};
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

#[test]
fn several_recordings_a_side_are_pooled() {
    let pool = |name: &str, numbers: std::ops::RangeInclusive<usize>| {
        let sides = numbers.map(|at| side(&format!("{name}-{at}")).0).collect();
        (Measured::pooled(sides), Findings::default())
    };
    let same = compared(&pool("same", 1..=8), &pool("same", 9..=16));
    let differ = same.changes.iter().filter(|change| change.is_significant).count();
    assert!(differ * 20 <= same.tested, "{differ} of {}", same.tested);
    let slow = compared(&pool("same", 1..=8), &pool("slow", 1..=3));
    let price = slow.changes.iter().find(|change| change.name == "price in main.serve").expect("the region");
    assert!(price.p.is_some_and(|p| p < 0.05), "{price:?}");
}
