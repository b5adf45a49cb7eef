//! The statistics of a comparison against scipy's, on the same samples (`data/reference/compare`).

use serde_json::Value;
use trace_core::analysis::compare::stats::{false_discovery, mann_whitney, quantile, same_rate, shift};
use trace_core::analysis::compare::student;

fn reference() -> Value {
    read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/reference/compare/stats.json"))
}

fn read(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("the reference numbers")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn close(found: f64, expected: f64, within: f64) -> bool {
    (found - expected).abs() <= within * expected.abs().max(1e-9)
}

#[test]
fn ranks_quantiles_and_shifts_equal_scipys() {
    let reference = reference();
    let cases = reference["cases"].as_array().expect("cases");
    assert!(cases.len() > 25);
    for (at, case) in cases.iter().enumerate() {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        let (found, expected) = (mann_whitney(&a, &b), number(&case["mann_whitney"]));
        assert!(close(found, expected, 1e-6), "case {at}: p {found} instead of {expected}");
        assert!(close(mann_whitney(&b, &a), expected, 1e-6), "case {at}, sides swapped");
        if let Some(expected) = case["shift"].as_f64() {
            let found = shift(&a, &b).expect("two samples");
            assert!(close(found.median, expected, 1e-9), "case {at}: shift {} not {expected}", found.median);
            assert!(found.low <= found.median && found.median <= found.high, "case {at}: {found:?}");
        }
        let mut sorted = a.clone();
        sorted.sort_by(f64::total_cmp);
        for (part, expected) in [0.5, 0.9, 0.99].into_iter().zip(numbers(&case["quantiles"])) {
            assert!(close(quantile(&sorted, part), expected, 1e-9), "case {at}: quantile {part}");
        }
    }
}

#[test]
fn rates_equal_the_binomial_tails() {
    for case in reference()["rates"].as_array().expect("rates") {
        let count = |side: &str| case[side].as_u64().expect("a count");
        let found = same_rate(count("a"), count("b"), number(&case["share"]));
        let (expected, within) = (number(&case["p"]), number(&case["within"]));
        assert!(close(found, expected, within.max(1e-7)), "{case}: {found}");
    }
}

#[test]
fn false_discoveries_are_controlled_as_scipy_does() {
    let reference = reference();
    let found = false_discovery(&numbers(&reference["p"]));
    for (found, expected) in found.iter().zip(numbers(&reference["false_discovery"])) {
        assert!(close(*found, expected, 1e-9), "{found} instead of {expected}");
    }
}

#[test]
fn students_distribution_and_its_quantiles_equal_scipys() {
    let reference = read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/reference/compare/student.json"));
    let mut checked = 0;
    for (name, of) in [("two_sided", student::two_sided as fn(f64, f64) -> f64), ("quantile", student::quantile)] {
        for case in reference[name].as_array().expect("cases") {
            let [at, df, expected] = numbers(case)[..] else { panic!("{case}") };
            let found = of(at, df);
            assert!((found - expected).abs() <= 1e-8 * expected.abs().max(1e-300), "{name} {case}: {found}");
            checked += 1;
        }
    }
    assert!(checked > 250);
    assert_eq!((student::two_sided(f64::NAN, 3.0), student::two_sided(2.0, 0.0)), (1.0, 1.0));
    assert_eq!((student::two_sided(f64::INFINITY, 3.0), student::quantile(0.0, 3.0)), (0.0, f64::INFINITY));
}
