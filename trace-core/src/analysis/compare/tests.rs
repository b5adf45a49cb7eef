//! Comparisons of small hand-made sides, and their identities.

use super::*;
use crate::analysis::compare::measure::measure;
use crate::analysis::compare::time_blocks::TimeBlocks;
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};

fn series(durations: impl IntoIterator<Item = i64>) -> Series {
    let whole = TimeBlocks::new(TimeRange::new(TraceTime(0), TraceTime(1_000_000_000)));
    let mut series = Series::default();
    for (at, nanos) in durations.into_iter().enumerate() {
        let start = TraceTime((at as i64 * 7_919_017) % 1_000_000_000);
        series.add(1, TimeRange::new(start, start.plus_nanos(nanos)), &whole);
    }
    series
}

fn measured(rows: Vec<(RowKind, &str, Series)>) -> Measured {
    let mut rows: Vec<_> = rows.into_iter().map(|(kind, name, series)| ((kind, name.to_owned()), series)).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    Measured { nanos: 1_000_000_000, running: 1, rows, ..Measured::default() }
}

/// Durations about `base` that scatter by a tenth, not in order.
fn scattered(base: i64, count: i64, seed: i64) -> impl Iterator<Item = i64> {
    (0..count).map(move |at| base + base * ((at * 37 + seed * 11) % 21 - 10) / 100)
}

#[test]
fn a_trace_compared_with_itself_shows_nothing() {
    let side = || {
        measured(vec![
            (RowKind::Task, "t", series(scattered(1_000_000, 300, 1))),
            (RowKind::Wait, "w", series([5_000_000])),
        ])
    };
    let found = compare(&side(), &side(), &Per::Second.into(), None);
    assert!(found.changes.iter().all(|change| !change.is_significant && change.impact == 0.0));
    assert!(found.changes.iter().all(|change| change.shift.is_none_or(|shift| shift.median == 0.0)));
    assert_eq!(found.verdict, ["No significant difference in 2 rows."]);
}

#[test]
fn a_region_that_takes_a_fifth_longer_comes_first() {
    let side = |slow: i64, seed: i64| {
        measured(vec![
            (RowKind::Region, "load in m.f", series(scattered(1_000_000 * slow / 10, 200, seed))),
            (RowKind::Region, "save in m.f", series(scattered(3_000_000, 200, seed))),
            (RowKind::Wait, "sync.(*Mutex).Lock in m.f", series(scattered(50_000, 90, seed))),
        ])
    };
    let found = compare(&side(10, 1), &side(12, 2), &Per::Second.into(), None);
    let first = &found.changes[0];
    assert_eq!((first.name.as_str(), first.is_significant), ("load in m.f", true));
    assert!(found.changes[1..].iter().all(|change| !change.is_significant), "{found:#?}");
    assert!(found.verdict[0].starts_with("Region load in m.f: "), "{:?}", found.verdict);
    let ratio = first.ratio.unwrap_or_default();
    assert!((1.19..1.21).contains(&ratio), "{ratio}");
}

#[test]
fn what_is_on_one_side_only_has_no_ratio_and_can_be_significant() {
    let a = measured(vec![
        (RowKind::Wait, "gone", series(scattered(20_000_000, 28, 1))),
        (RowKind::Wait, "once", series([1_000_000])),
    ]);
    let found = compare(&a, &measured(Vec::new()), &Per::Second.into(), None);
    let of = |name: &str| {
        found
            .changes
            .iter()
            .find(|change| change.name == name)
            .map(|change| (change.is_significant, change.ratio, change.b))
    };
    assert_eq!(of("gone"), Some((true, None, None)));
    assert_eq!(of("once"), Some((false, None, None)));
    assert!(found.verdict[0].starts_with("Waits at gone: gone ("), "{:?}", found.verdict);
}

#[test]
fn an_empty_trace_can_be_measured() {
    let trace = crate::model::trace::Trace::default();
    let measured = measure(&trace, trace.range(), &Monitor::new());
    assert!(measured.is_some_and(|measured| measured.rows.is_empty()));
}

#[test]
fn what_differs_between_recordings_of_one_side_is_no_change() {
    let pool = |bases: [i64; 5]| {
        let runs = bases
            .iter()
            .zip(1..)
            .map(|(base, seed)| measured(vec![(RowKind::Task, "t", series(scattered(base * 10_000, 400, seed)))]));
        Measured::pooled(runs.collect())
    };
    let noisy = compare(&pool([90, 130, 100, 70, 95]), &pool([110, 75, 140, 120, 105]), &Per::Second.into(), None);
    assert!(noisy.changes.iter().all(|change| !change.is_significant), "{noisy:#?}");
    assert_eq!(noisy.changes[0].a.map(|a| a.count), Some(2_000));
    let clear = compare(&pool([98, 101, 100, 99, 102]), &pool([120, 121, 119, 122, 118]), &Per::Second.into(), None);
    assert!(clear.changes[0].is_significant, "{clear:#?}");
    let single = compare(&pool([98, 101, 100, 99, 102]), &measured(Vec::new()), &Per::Second.into(), None);
    assert_eq!(single.changes[0].b, None);
}

#[test]
fn a_series_follows_a_row_through_a_new_name() {
    let side = |name: &str, base: i64, seed: i64| {
        measured(vec![
            (RowKind::Work, name, series(scattered(base, 300, seed))),
            (RowKind::Wait, "w", series(scattered(70_000, 300, seed))),
        ])
    };
    let sides = [side("m.f.func1", 1_000_000, 1), side("m.f.func2", 2_000_000, 2), side("m.f.func3", 1_000_000, 3)];
    let found = trend::trends(&sides.each_ref().map(recording), |_, _| Terms::default());
    assert_eq!(found.rows.len(), 2);
    let work = &found.rows[0];
    assert_eq!((work.kind, work.name.as_str()), (RowKind::Work, "m.f.func1"));
    assert_eq!(work.steps.iter().map(|step| step.is_significant).collect::<Vec<_>>(), [true, true]);
    assert!(work.steps[0].impact > 0.0 && work.steps[1].impact < 0.0 && !work.overall.is_significant, "{work:?}");
    assert!(work.figures.iter().all(|figures| figures.is_some_and(|figures| figures.count == 300)));
    let medians: Vec<f64> = work.figures.iter().flatten().map(|figures| (figures.p50 / 1e6).round()).collect();
    assert_eq!(medians, [1.0, 2.0, 1.0]);
    assert!(found.rows[1].steps.iter().all(|step| !step.is_significant), "{:?}", found.rows[1]);
    assert_eq!(trend::trends(&[recording(&sides[0])], |_, _| Terms::default()), trend::Trends::default());
}

#[test]
fn what_comes_and_goes_in_a_series_is_missing_elsewhere() {
    let without = || measured(vec![(RowKind::Wait, "w", series(scattered(70_000, 300, 1)))]);
    let with = measured(vec![
        (RowKind::Wait, "lock", series(scattered(5_000_000, 60, 1))),
        (RowKind::Wait, "w", series(scattered(70_000, 300, 2))),
    ]);
    let (first, last) = (without(), without());
    let found = trend::trends(&[&first, &with, &last].map(recording), |_, _| Terms::default());
    let lock = &found.rows[0];
    assert_eq!(lock.name, "lock");
    assert_eq!(lock.figures.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(
        (lock.steps[0].is_significant, lock.steps[1].is_significant, lock.overall.is_significant, lock.ratio),
        (true, true, false, None)
    );
}

fn recording(measured: &Measured) -> trend::Recording<'_> {
    trend::Recording { name: "x", measured, findings: None }
}

#[test]
fn short_recordings_have_few_witnesses() {
    assert_eq!([100, 80, 79, 40, 12, 3].map(|millis| parts(millis * 1_000_000)), [16, 16, 8, 8, 2, 1]);
}

#[test]
fn few_events_are_plain_where_they_do_not_overlap() {
    let is_too_few = |a: &[f64], b: &[f64], parts: usize| super::is_too_few(a, b, parts, LEAST_OF_FEW);
    let (low, high) = ([1.0, 2.0, 3.0], [20.0, 30.0, 40.0]);
    assert!(is_too_few(&low, &high, 16) && is_too_few(&high, &low, 16) && is_too_few(&low, &[], 16));
    assert!(!is_too_few(&low, &[9.0, 30.0], 16), "not far enough");
    assert!(!is_too_few(&[1.0], &[], 16), "one is no pattern");
    let many = [1.0; 100];
    assert!(!is_too_few(&many, &[], 16), "enough to test");
    assert!(is_too_few(&many, &[], 2), "unless the recording is too short for it");
}

/// Recordings whose one row has these medians, microseconds.
fn pool(kind: RowKind, name: &str, bases: &[i64]) -> Measured {
    let runs = bases
        .iter()
        .zip(1..)
        .map(|(base, seed)| measured(vec![(kind, name, series(scattered(base * 1_000, 400, seed)))]));
    Measured::pooled(runs.collect())
}

#[test]
fn three_recordings_a_side_show_a_fifth_and_say_what_they_cannot() {
    let (a, b) =
        (pool(RowKind::Region, "r in m.f", &[400, 404, 398]), pool(RowKind::Region, "r in m.f", &[481, 478, 483]));
    let found = compare(&a, &b, &Terms::default(), None);
    let row = &found.changes[0];
    assert_eq!((row.tested, row.is_significant, row.is_named), (Some(Measure::Median), true, true), "{row:?}");
    let (low, high) = row.interval.expect("an interval");
    assert!(low > 1.1 && low < 1.2 && high > 1.2 && high < 1.3, "{low} {high}");
    assert!(
        found.verdict.iter().any(|said| said.contains("3 and 3 recordings find a change of the median")),
        "{:?}",
        found.verdict
    );
    let back = compare(&b, &a, &Terms::default(), None);
    assert_eq!((back.changes[0].p, back.changes[0].impact), (row.p, -row.impact));
    let wild = compare(
        &pool(RowKind::Task, "t", &[200, 400, 800]),
        &pool(RowKind::Task, "t", &[480, 960, 240]),
        &Terms::default(),
        None,
    );
    let precision = wild.changes[0].precision.expect("several recordings");
    assert!(!wild.changes[0].is_significant && precision.smallest(0.01) > 1.0, "{precision:?}");
    assert!(precision.runs_for(0.5, 0.01).is_none_or(|runs| runs > 10));
}

#[test]
fn what_is_said_of_a_change_is_what_its_values_say() {
    // So little that a part of the trace is added to both before they are tested.
    let (a, b) = (pool(RowKind::Wait, "w", &[1, 2, 1]), pool(RowKind::Wait, "w", &[900, 950, 980]));
    let found = compare(&a, &b, &Terms::default(), None);
    let row = &found.changes[0];
    let value = |figures: &Option<Figures>, side: &Measured| {
        row.tested.expect("a test").value(figures.as_ref().expect("figures"), side.nanos as f64 / 1e9)
    };
    let (effect, shown) = (row.effect.expect("an effect"), value(&row.b, &b) / value(&row.a, &a));
    assert!((effect / shown - 1.0).abs() < 1e-9, "{effect} for {shown}");
    let (low, high) = row.interval.expect("an interval");
    assert!(low < effect && effect < high, "{low} {effect} {high}");
}

#[test]
fn several_recordings_have_the_quantiles_of_a_typical_one() {
    let one = pool(RowKind::Region, "r", &[400]);
    let three = Measured::pooled(vec![one.clone(), one.clone(), one.clone()]);
    let figures = |side: &Measured| Figures::of(&side.rows[0].1);
    let (of_one, of_three) = (figures(&one), figures(&three));
    for (one, three) in [(of_one.p50, of_three.p50), (of_one.p90, of_three.p90), (of_one.p99, of_three.p99)] {
        assert!((one / three - 1.0).abs() < 1e-9, "{one} {three}");
    }
}

#[test]
fn a_tail_is_tested_as_a_tail() {
    let side = |slow: i64, seed: i64| {
        let of = scattered(300_000, 2_000, seed).enumerate();
        measured(vec![(
            RowKind::Task,
            "t",
            series(of.map(|(at, nanos)| if at % 150 == 9 { nanos * slow } else { nanos })),
        )])
    };
    let found = compare(&side(1, 1), &side(10, 2), &Terms::default(), None);
    let row = &found.changes[0];
    assert_eq!((row.tested, row.is_named), (Some(Measure::Tail), true), "{row:?}");
    assert!(found.verdict[0].starts_with("Task t: slowest 1 % "), "{:?}", found.verdict);
    assert!(!compare(&side(1, 1), &side(1, 2), &Terms::default(), None).changes[0].is_significant);
}

#[test]
fn twice_the_load_is_no_regression() {
    let side = |count: i64, seed: i64| {
        measured(vec![
            (RowKind::Task, "t", series(scattered(300_000, count, seed))),
            (RowKind::Wait, "select in m.f", series(scattered(200_000, count, seed + 1))),
        ])
    };
    let found = compare(&side(400, 1), &side(800, 2), &Terms::default(), None);
    assert!(
        found.settings[0].starts_with("Load differs: task t, 400 → 800 per second (+100.0 %)"),
        "{:?}",
        found.settings
    );
    assert!(found.settings[0].contains("--per task:t"), "{:?}", found.settings);
    assert!(found.verdict[0].starts_with("No significant difference"), "{:?}", found.verdict);
    assert!(found.changes.iter().all(|row| !row.is_named));
}

#[test]
fn a_row_under_a_new_name_is_one() {
    let side = |name: &str, seed: i64| {
        measured(vec![
            (RowKind::Region, name, series(scattered(10_900, 2_000, seed))),
            (RowKind::Task, "t", series(scattered(300_000, 200, seed))),
        ])
    };
    let found = compare(&side("lookup in m.lookup", 1), &side("lookup in m.handle", 2), &Terms::default(), None);
    let row = found.changes.iter().find(|row| row.kind == RowKind::Region).expect("the region");
    assert_eq!((row.renamed.as_deref(), row.is_guess), (Some("lookup in m.handle"), true));
    assert!(!row.is_reported() && found.changes.len() == 2, "{found:?}");
    let slower = |name: &str, base: i64| measured(vec![(RowKind::Region, name, series(scattered(base, 2_000, 1)))]);
    let said =
        compare(&slower("lookup in m.lookup", 10_900), &slower("lookup in m.handle", 12_500), &Terms::default(), None);
    let is_guess = said.changes.iter().any(|row| row.is_guess && row.is_named);
    assert_eq!(is_guess, said.verdict.iter().any(|sentence| sentence.contains("m.handle (renamed?)")), "{said:?}");
    assert!(is_guess, "{said:?}");
    let other = compare(&side("lookup in m.lookup", 1), &side("send in n.mail", 2), &Terms::default(), None);
    assert_eq!(other.changes.len(), 3, "another thing in another place");
    let apart = Correction { kind: RowKind::Region, a: Some("lookup in m.lookup".to_owned()), b: None };
    let terms = Terms { corrections: vec![apart], ..Terms::default() };
    let said = compare(&side("lookup in m.lookup", 1), &side("lookup in m.handle", 2), &terms, None);
    assert_eq!(said.changes.len(), 3, "what a person says counts");
}

#[test]
fn a_function_under_a_new_name_has_the_same_callers() {
    let side = |name: &str, caller: &str, seed: i64| {
        let mut side = measured(vec![(RowKind::Syscall, name, series(scattered(90_000, 400, seed)))]);
        side.callers.insert((RowKind::Syscall, name.to_owned()), caller.to_owned());
        // Both sides have these two functions.
        side.callers.insert((RowKind::Task, "t".to_owned()), "main.one".to_owned());
        side.callers.insert((RowKind::Task, "u".to_owned()), "main.two".to_owned());
        side
    };
    let is_one = |a: Measured, b: Measured| compare(&a, &b, &Terms::default(), None).changes.len() == 1;
    let old = || side("main.save", "main.one", 1);
    assert!(is_one(old(), side("main.store", "main.one", 2)), "the same caller");
    assert!(is_one(old(), side("m/disk.Store", "main.one", 2)), "moved to another package");
    assert!(!is_one(old(), side("main.store", "main.two", 2)), "another caller");
    let renamed = side("main.save", "main.old", 1);
    assert!(is_one(renamed, side("main.store", "main.new", 2)), "the caller has a new name, too");
    assert!(!is_one(old(), side("m/disk.Store", "", 2)), "another caller in another package");
}

#[test]
fn what_has_no_name_or_may_be_lost_is_not_new() {
    let side = |is_damaged: bool, name: &str| Measured {
        is_damaged,
        ..measured(vec![(RowKind::Task, name, series(scattered(3_000_000, 200, 1)))])
    };
    let found = compare(&side(false, "t"), &side(false, ""), &Terms::default(), None);
    let by_name = |name: &str| found.changes.iter().find(|row| row.name == name).expect("a row").is_reported();
    assert_eq!((by_name("t"), by_name("")), (true, false));
    let found = compare(&side(true, "u"), &side(false, "t"), &Terms::default(), None);
    assert!(found.settings[0].starts_with("Parts of A are lost"), "{:?}", found.settings);
    let context: Vec<_> = found.changes.iter().filter(|row| row.is_reported()).map(|row| row.name.as_str()).collect();
    assert_eq!(context, ["u"], "what B has may be lost in A");
}

#[test]
fn conditions_are_met_not_met_or_undecided() {
    use super::figure::Figure;
    use super::gate::{Decision, Gate, Limit};
    let (a, b) = (pool(RowKind::Region, "r", &[400, 404, 398]), pool(RowKind::Region, "r", &[481, 478, 483]));
    let check = |a: &Measured, b: &Measured, figure: Figure, above: bool, limit: Limit| {
        let found = compare(a, b, &Terms::default(), None);
        Gate { figure, above, limit }.check(&found.changes[0], [a, b], Per::Second)
    };
    let more = check(&a, &b, Figure::P50, true, Limit::Relative(0.1));
    assert!(more.decision == Decision::Met && more.interval.is_some(), "{more:?}");
    assert_eq!(check(&a, &b, Figure::P50, true, Limit::Relative(0.5)).decision, Decision::NotMet);
    assert_eq!(check(&b, &a, Figure::P50, false, Limit::Relative(-0.1)).decision, Decision::Met, "an improvement");
    assert_eq!(check(&a, &b, Figure::P50, true, Limit::Absolute(450_000.0)).decision, Decision::Met, "a budget");
    // A limit that allows no change is met by none.
    let again = pool(RowKind::Region, "r", &[403, 399, 401]);
    assert_eq!(check(&a, &again, Figure::P50, false, Limit::Relative(0.1)).decision, Decision::Met);
    assert_eq!(check(&a, &a, Figure::P50, false, Limit::Relative(0.1)).decision, Decision::Met);
    assert_eq!(check(&a, &b, Figure::P50, false, Limit::Relative(0.1)).decision, Decision::NotMet);
    // 20 % more is not shown to be more than 19 %, which three recordings do not tell apart.
    assert_eq!(check(&a, &b, Figure::P50, true, Limit::Relative(0.19)).decision, Decision::Undecided);
    let wild = pool(RowKind::Region, "r", &[200, 480, 900]);
    let unsure = check(&a, &wild, Figure::P50, true, Limit::Relative(0.1));
    assert_eq!(unsure.decision, Decision::Undecided, "{unsure:?}");
    // One recording cannot tell about the longest.
    let (one, other) = (pool(RowKind::Region, "r", &[400]), pool(RowKind::Region, "r", &[800]));
    let single = check(&one, &other, Figure::Max, true, Limit::Relative(0.1));
    assert!(single.decision == Decision::Undecided && single.needed.is_some_and(|runs| runs > 5), "{single:?}");
    assert_eq!(check(&one, &other, Figure::P50, true, Limit::Relative(0.1)).decision, Decision::Met);
}

#[test]
fn where_cpus_were_short_one_recording_names_less() {
    use super::late::Late;
    let waits = |count: usize, nanos: i64| (RowKind::Wait, "select in m.f", series(scattered(nanos, count as i64, 3)));
    let region = |micros: i64, seed: i64| (RowKind::Region, "r in m.f", series(scattered(micros * 1_000, 400, seed)));
    let slow = |times: i64, seed: i64| {
        let all = scattered(300_000, 2_000, seed).enumerate();
        let all = all.map(move |(at, nanos)| if at % 150 == 9 { nanos * times } else { nanos });
        (RowKind::Task, "t", series(all))
    };
    let names = |a: Vec<_>, b: Vec<_>, late: u64| -> Vec<String> {
        let (mut a, mut b) = (measured(a), measured(b));
        (a.running, b.late) = (1, Late { count: late, nanos: late * 2_000_000 });
        let found = compare(&a, &b, &Terms::default(), None);
        let said = super::limits::limits(&a, &b, &found);
        assert_eq!(said.iter().any(|said| said.starts_with("Procs waited for CPUs")), late > 0, "{said:?}");
        found.changes.iter().filter(|change| change.is_named).map(|change| change.name.clone()).collect()
    };
    assert_eq!(names(vec![slow(1, 1)], vec![slow(10, 2)], 0), ["t"]);
    assert!(names(vec![slow(1, 1)], vec![slow(10, 2)], 9).is_empty(), "a tail");
    assert_eq!(names(vec![region(100, 1)], vec![region(112, 2)], 0), ["r in m.f"]);
    assert!(
        names(vec![region(100, 1)], vec![region(112, 2)], 9).is_empty(),
        "a median by less than a twentieth for certain"
    );
    assert_eq!(names(vec![region(100, 1)], vec![region(120, 2)], 9), ["r in m.f"]);
    assert!(names(vec![waits(400, 1_000_000)], vec![waits(400, 1_400_000)], 9).is_empty(), "longer waits");
    assert_eq!(names(vec![waits(60, 1_000_000)], vec![waits(400, 1_000_000)], 9), ["select in m.f"], "more waits");
}

/// What scatters from part to part of a recording differs as much between recordings.
#[test]
fn one_recording_names_medians_that_moved_further_than_they_scatter() {
    // Sixteen parts of 40 durations; the medians of these deviate by a tenth, or not at all.
    let region = |name: &'static str, base: i64, drift: i64| {
        let whole = TimeBlocks::new(TimeRange::new(TraceTime(0), TraceTime(1_000_000_000)));
        let mut series = Series::default();
        for at in 0..640_i64 {
            let part = at / 40;
            let nanos = base * (100 + drift * ((part * 7) % 5 - 2)) / 100 + at % 7 * 10;
            let start = TraceTime(part * 62_500_000 + at % 40 * 1_000_000);
            series.add(1, TimeRange::new(start, start.plus_nanos(nanos)), &whole);
        }
        (RowKind::Region, name, series)
    };
    let rows = |percent: i64| {
        let base = 1_000 * percent;
        measured(vec![region("drifting in m.f", base, 10), region("steady in m.f", base, 0)])
    };
    let named = |percent: i64| -> Vec<String> {
        let found = compare(&rows(100), &rows(percent), &Terms::default(), None);
        let named = found.changes.iter().filter(|change| change.is_named);
        let mut names: Vec<String> = named.map(|change| change.name.clone()).collect();
        names.sort();
        names
    };
    assert_eq!(named(110), ["steady in m.f"]);
    assert_eq!(named(160), ["drifting in m.f", "steady in m.f"]);
    assert!(named(103).is_empty(), "too little to matter");
}

/// What changes on a machine between the recordings of one side and those of the other looks like a change of the program.
#[test]
fn sides_recorded_one_after_the_other_are_said_to_be() {
    let side = |times: &[i64]| {
        let run = |time: &i64| {
            let mut run = measured(vec![(RowKind::Task, "t", series(scattered(1_000_000, 300, *time)))]);
            run.settings.made_at = vec![*time];
            run
        };
        Measured::pooled(times.iter().map(run).collect())
    };
    let said = |a: &[i64], b: &[i64]| compare(&side(a), &side(b), &Terms::default(), None).settings;
    assert!(said(&[1, 3], &[2, 4]).is_empty());
    assert!(said(&[1, 2], &[3, 4])[0].starts_with("All recordings of A were made before those of B"));
    assert!(said(&[7, 8], &[3, 4])[0].starts_with("All recordings of B were made before those of A"));
    assert!(said(&[1], &[2]).is_empty(), "one a side has words of its own");
}

/// A machine that grows slower: recordings made right after each other resemble each other, so a difference of both sides
/// has to be larger where they were not made in turns.
#[test]
fn a_machine_that_drifts_is_no_change_but_twice_as_slow_is() {
    let side = |made: [(i64, i64); 4]| {
        let run = |(at, percent): (i64, i64)| {
            let mut run = measured(vec![(RowKind::Task, "t", series(scattered(percent * 10_000, 300, at)))]);
            run.settings.made_at = vec![at];
            run
        };
        Measured::pooled(made.into_iter().map(run).collect())
    };
    let is_changed = |a: [(i64, i64); 4], b: [(i64, i64); 4]| {
        compare(&side(a), &side(b), &Terms::default(), None).changes[0].is_significant
    };
    let (before, after) = ([(1, 96), (2, 101), (3, 98), (4, 105)], [(5, 107), (6, 112), (7, 106), (8, 110)]);
    assert!(!is_changed(before, after));
    // The same medians, made in turns.
    assert!(is_changed([(1, 96), (3, 101), (5, 98), (7, 105)], [(2, 107), (4, 112), (6, 106), (8, 110)]));
    assert!(is_changed(before, after.map(|(at, percent)| (at, 2 * percent))));
}

/// A few microseconds more in the slowest 1 % are the operating system's.
#[test]
fn tails_of_microseconds_are_no_change() {
    let tail = |base: i64, times: i64, seed: i64| {
        let all = scattered(base, 2_000, seed).enumerate();
        let all = all.map(move |(at, nanos)| if at % 150 == 9 { nanos * times } else { nanos });
        measured(vec![(RowKind::Region, "r in m.f", series(all))])
    };
    let tested = |base: i64| {
        let runs = |times: i64| (1..4).map(|seed| tail(base, times, seed + times)).collect();
        let pooled = compare(&Measured::pooled(runs(1)), &Measured::pooled(runs(10)), &Terms::default(), None);
        let one = compare(&tail(base, 1, 1), &tail(base, 10, 2), &Terms::default(), None);
        [pooled, one].map(|found| found.verdict.iter().any(|said| said.contains("slowest 1 %")))
    };
    assert_eq!(tested(300_000), [true, true]);
    assert_eq!(tested(3_000), [false, false]);
}

/// A side may not be of one setting by itself.
#[test]
fn settings_that_differ_within_a_side_are_said() {
    let run = |procs: u64| {
        let mut run = measured(vec![(RowKind::Task, "t", series(scattered(1_000_000, 300, 1)))]);
        run.settings.procs = [procs].into();
        run
    };
    let mixed = || Measured::pooled(vec![run(1), run(2)]);
    let found = compare(&mixed(), &mixed(), &Terms::default(), None);
    let both = "2 recordings are both in A and in B.";
    assert_eq!(found.settings, [both, "GOMAXPROCS differs within A: 1, 2.", "GOMAXPROCS differs within B: 1, 2."]);
    let even = || Measured::pooled(vec![run(2), run(2)]);
    assert_eq!(compare(&even(), &even(), &Terms::default(), None).settings, [both]);
    assert_eq!(compare(&run(2), &run(2), &Terms::default(), None).settings, ["A and B are the same recording."]);
    let other = measured(vec![(RowKind::Task, "t", series(scattered(1_000_000, 300, 2)))]);
    let one = compare(&even(), &Measured::pooled(vec![other.clone(), run(2)]), &Terms::default(), None).settings;
    assert_eq!(one[0], both, "both of A's are the one of B");
    let none = compare(&run(2), &Measured { settings: run(2).settings, ..other }, &Terms::default(), None);
    assert_eq!(none.settings, Vec::<String>::new());
}

#[test]
fn totals_for_each_row_say_of_what() {
    let side = |waits: i64| {
        measured(vec![
            (RowKind::Task, "/order", series(scattered(1_000_000, 300, 1))),
            (RowKind::Wait, "select in m.f", series(scattered(900_000, waits, 2))),
        ])
    };
    let found = compare(&side(100), &side(600), &Per::Row(0, 0).into(), None);
    assert!(found.verdict[0].contains(" per task /order"), "{:?}", found.verdict);
}

#[test]
fn totals_are_shown_for_each_request_as_well() {
    let side = |requests: i64, cycles: i64| {
        measured(vec![
            (RowKind::Task, "t", series(scattered(300_000, requests, 1))),
            (RowKind::Gc, "GC cycles", series(scattered(400_000, cycles, 2))),
        ])
    };
    let found = compare(&side(200, 10), &side(400, 20), &Terms::default(), None);
    let load = found.load.as_ref().expect("both have tasks");
    assert_eq!(load.request(), "task t");
    let cycles = found.changes.iter().find(|row| row.kind == RowKind::Gc).expect("cycles");
    assert_eq!(cycles.tested, Some(Measure::Count));
    let each = load.per_request(cycles).expect("a number");
    assert_eq!((each.values, each.ratio()), ([0.05, 0.05], Some(1.0)), "twice the load, as many for each");
    let task = found.changes.iter().find(|row| row.kind == RowKind::Task).expect("tasks");
    assert!(load.per_request(task).is_none(), "one for each is no news");
    let divided = compare(&side(200, 10), &side(400, 20), &Per::Row(1, 1).into(), None);
    assert!(divided.load.is_none(), "all is per task already");
}

#[test]
fn a_cpu_quota_is_part_of_the_setting() {
    use super::measure::Throttled;
    let side = |quota: u64, millis: u64| {
        let base = 300_000 + millis as i64;
        let mut side = measured(vec![(RowKind::Task, "t", series(scattered(base, 100, 1)))]);
        side.settings.throttled = Throttled { recordings: usize::from(quota > 0), nanos: millis * 1_000_000, quota };
        side
    };
    let said = |a: &Measured, b: &Measured| compare(a, b, &Terms::default(), None).settings;
    assert!(said(&side(300, 684), &side(300, 650)).is_empty());
    assert_eq!(said(&side(0, 0), &side(0, 0)), ["A and B are the same recording."]);
    assert_eq!(
        said(&side(0, 0), &side(300, 684)),
        ["CPU quota differs (inferred): A was not throttled; B was throttled at about 0.30 CPUs, without a CPU for \
             684 ms of 1.00 s."]
    );
    assert!(said(&side(300, 684), &side(600, 400))[0].contains("A was throttled at about 0.30 CPUs"));
    let both = Measured::pooled(vec![side(300, 684), side(0, 0)]);
    assert_eq!(both.settings.throttled, Throttled { recordings: 1, nanos: 684_000_000, quota: 300 });
}
