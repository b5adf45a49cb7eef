//! The page with the pictures of a comparison: one file, no scripts, nothing from the network.

mod axis;
mod flame;
mod plot;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::causes::{CauseChange, causes};
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::diff_flame::DiffFlame;
use trace_core::analysis::compare::per::{Per, units};
use trace_core::analysis::compare::picture::Picture;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::series::Series;
use trace_core::analysis::compare::stats::quantile;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::Finding;
use trace_core::analysis::flame::Flame;
use trace_core::base::time::TraceTime;
use trace_core::event::state::SpanClass;

use crate::cli::compare::align::Align;
use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::html::axis::Unit;
use crate::cli::compare::html::plot::Curve;
use crate::cli::compare::report::{Compared, SideSummary};
use crate::cli::compare::side::Side;
use crate::fmt::escape;
use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, rounded};
use crate::report::comparison::{collector, population};
use crate::report::figure::Lean;
use crate::report::table::{Column, Kind, Table};
use crate::report::value::Value;

/// Rows of the table.
const ROWS: usize = 60;
/// Rows whose distributions are drawn, at most.
const DRAWN: usize = 24;
/// Groups of goroutines listed.
const GROUPS: usize = 25;
/// Part of all that a quantile table shows.
const PARTS: [f64; 8] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0];

/// A recording laid on the common time axis, in nanoseconds from time zero.
struct Laid<'a> {
    picture: &'a Picture,
    when: (f64, f64),
}

/// The whole page as HTML, with its style inside.
#[must_use]
pub(super) fn page(
    report: &Compared,
    found: &Comparison,
    (sides, findings): ([&Side; 2], &[Findings; 2]),
    options: &CompareOptions,
    per: Per,
) -> String {
    let (unit_a, unit_b) = units(&sides[0].measured, &sides[1].measured, per);
    let laid = laid(sides, &options.align);
    let flame_of = |of: fn(&Picture) -> &Flame| {
        let all = sides.map(|side| side.measured.pictures.iter().map(of).collect::<Vec<_>>());
        DiffFlame::of(&all[0], &all[1], [unit_a, unit_b])
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "What changed: " (short(&report.a)) " → " (short(&report.b)) }
                style { (PreEscaped(include_str!("style.css").replace('\n', " "))) }
            }
            body {
                (heading(report))
                (cause_list(findings))
                h2 { "Changes" }
                (table(&report.changes.table, ROWS))
                @for sentence in &report.footnotes { p.muted { (sentence) } }
                @if let Some(requests) = report.per_request.as_ref().filter(|requests| !requests.is_empty()) {
                    h2 { (requests.title) }
                    (table(requests, ROWS))
                }
                h2 { "Distributions" }
                (distributions(report, found, sides))
                h2 { "Where time went: off CPU" }
                (flame(&flame_of(|picture| &picture.waits), &options.per.words(),
                    "Waits that are part of work, sleeps, system calls and waits for a proc, by stack."))
                h2 { "Where time went: on CPU" }
                @if sides.iter().any(|side| side.measured.pictures.iter().any(|one| one.samples.nodes.len() > 1)) {
                    (flame(&flame_of(|picture| &picture.samples), &options.per.words(), "CPU samples, by stack."))
                } @else {
                    p.muted {
                        "Neither side has CPU samples: they are in a trace if a CPU profile runs while it is recorded."
                    }
                }
                @if let Some([a, b]) = &laid {
                    h2 { "Over time" }
                    (over_time(a, b, &options.align, sides.iter().any(|side| side.measured.pictures.len() > 1)))
                }
                @if sides.iter().any(|side| !side.utilisation.is_empty()) {
                    h2 { "GC" }
                    (collector_of(sides))
                }
                h2 { "Goroutines" }
                p.muted { "By start function and where they were created; those first of which most more or fewer are alive." }
                (table(&population::table(sides.map(|side| side.measured.pictures.as_slice())), GROUPS))
                (footer(report))
            }
        }
    };
    escape::html::page(page)
}

fn short(summary: &SideSummary) -> String {
    let name = |file: &String| file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    match summary.files.as_slice() {
        [only] => name(only),
        [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
        [] => String::new(),
    }
}

fn heading(report: &Compared) -> Markup {
    html! {
        h1 { "What changed" }
        @for (tag, side) in [("a", &report.a), ("b", &report.b)] {
            p {
                span class={ "tag " (tag) } { (tag.to_uppercase()) }
                (side.files.join(", "))
                span.muted { " · " (duration(side.duration_ns as i64)) " · " (count(side.events)) " events" }
                @if side.is_damaged { " · " span.warning { "parts are damaged" } }
            }
        }
        @if !report.settings.is_empty() {
            div.notes { @for sentence in &report.settings { p.warning { (sentence) } } }
        }
        ul.verdict { @for sentence in &report.verdict { li { (sentence) } } }
        @if !report.limits.is_empty() || !report.conditions.is_empty() {
            div.notes {
                @for condition in &report.conditions {
                    @if condition.failed { p.severe { (condition.sentence()) } } @else { p { (condition.sentence()) } }
                }
                @for limit in &report.limits { p { (limit) } }
            }
        }
    }
}

fn cause_list([a, b]: &[Findings; 2]) -> Markup {
    let rows: Vec<(&str, &Finding)> = causes(a, b)
        .into_iter()
        .filter_map(|cause| match cause {
            CauseChange::Gone(at) => Some(("gone", a.list.get(at)?)),
            CauseChange::New(at) => Some(("new", b.list.get(at)?)),
            CauseChange::Stayed(_, at) => Some(("stayed", b.list.get(at)?)),
        })
        .collect();
    html! {
        h2 { "Causes" }
        @if rows.is_empty() {
            p.muted { "No problems found on either side." }
        } @else {
            div.wide { table {
                tr { th.kind { "in B" } th.kind { "severity" } th.name { "problem" } th { "time lost" } }
                @for (word, finding) in rows {
                    tr {
                        td.kind {
                            span class=(match word { "gone" => "less", "new" => "more", _ => "muted" }) { (word) }
                        }
                        td.kind { span class=(finding.severity.name()) { (finding.severity.name()) } }
                        td.name title=(finding.title) { (finding.headline) }
                        td { (finding.time_lost) }
                    }
                }
            } }
        }
    }
}

/// The first rows of a table, as people see it.
fn table(table: &Table, most: usize) -> Markup {
    let columns: Vec<(usize, &Column)> =
        table.columns.iter().enumerate().filter(|(_, column)| column.is_in_text()).collect();
    let class = |kind: Kind| match kind {
        Kind::Word => "kind",
        kind if kind.is_right() => "",
        _ => "name",
    };
    let cell = |value: &Value| match value.lean() {
        Some(Lean::Grown) => "more",
        Some(Lean::Shrunk) => "less",
        None if matches!(value, Value::Change(_) | Value::Missing) => "muted",
        None => "",
    };
    html! {
        div.wide { table {
            tr { @for (_, column) in &columns { th class=(class(column.kind)) { (column.title) } } }
            @for row in 0..table.len().min(most) {
                tr {
                    @for (at, column) in &columns {
                        @let value = table.value(row, *at);
                        td class=(class(column.kind)) { span class=(cell(&value)) { (value.text()) } }
                    }
                }
            }
        } }
        @if table.len() > most { p.muted { "The first " (most) " of " (count(table.len() as u64)) " rows." } }
    }
}

fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

fn distributions(report: &Compared, found: &Comparison, sides: [&Side; 2]) -> Markup {
    let table = &report.changes.table;
    let text =
        |row: usize, id: &str| table.column(id).map(|column| table.value(row, column).text()).unwrap_or_default();
    let drawn: Vec<(usize, &Change)> = (0..table.len())
        .filter_map(|row| Some((row, found.changes.get(report.changes.place(row)?)?)))
        .filter(|(_, change)| change.kind != RowKind::Heap)
        .filter(|(_, change)| change.a.or(change.b).is_some_and(|figures| figures.count > 1))
        .take(DRAWN)
        .collect();
    html! {
        @if drawn.is_empty() { p.muted { "No row has more than one duration." } }
        @let opened = drawn.iter().position(|(_, change)| change.a.is_some() && change.b.is_some()).unwrap_or(0);
        @for (at, (row, change)) in drawn.into_iter().enumerate() {
            @let values = [0, 1].map(|side| values_of(sides, change, side));
            @let both = [values[0].as_slice(), values[1].as_slice()];
            details open[at == opened] {
                summary { span.muted { (change.kind.name()) " " } (text(row, "full_name")) " " (text(row, "change")) }
                div {
                    div.pair {
                        figure { figcaption { "Cumulative distribution" } (plot::distribution(both)) }
                        figure { figcaption { "Distribution (part of each side)" } (plot::histogram(both)) }
                    }
                    (quantiles(both, change))
                }
            }
        }
    }
}

fn values_of(sides: [&Side; 2], change: &Change, side: usize) -> Vec<f64> {
    let row = change.places.get(side).copied().flatten();
    let of = |at: usize| sides.get(side).and_then(|side| side.measured.rows.get(at));
    row.and_then(of).map(|row: &(_, Series)| row.1.values()).unwrap_or_default()
}

fn quantiles(both: [&[f64]; 2], change: &Change) -> Markup {
    let head = |part: f64| match part {
        0.0 => "min".to_owned(),
        1.0 => "max".to_owned(),
        _ => format!("p{:.0}", part * 100.0),
    };
    html! {
        div.wide { table {
            tr { th.kind {} @for part in PARTS { th { (head(part)) } } }
            @for (tag, values) in ["a", "b"].iter().zip(both) {
                tr {
                    td.kind { span class={ "tag " (tag) } { (tag.to_uppercase()) } }
                    @for part in PARTS {
                        td { @if values.is_empty() { "–" } @else { (rounded(quantile(values, part))) } }
                    }
                }
            }
        } }
        @if let Some(shift) = change.shift {
            p.muted {
                "B − A: " (rounded(shift.median)) " (95 % interval " (rounded(shift.low)) " to " (rounded(shift.high)) ")"
                @if let (Some(p), Some(q)) = (change.p, change.q) { ", p " (chance(p)) ", q " (chance(q)) }
            }
        }
    }
}

fn flame(flame: &DiffFlame, per: &str, what: &str) -> Markup {
    html! {
        @match flame::svg(flame, per) {
            Some(svg) => figure {
                figcaption {
                    (what) " A box is as wide as what changed in it and below, " (per) ": "
                    span.more { "red" } " is more in B, " span.less { "green" } " is less; its text says A → B."
                }
                (svg)
            },
            None => p.muted { "No difference. " (what) },
        }
    }
}

/// The first recording of each side on a common axis.
fn laid<'a>(sides: [&'a Side; 2], align: &Align) -> Option<[Laid<'a>; 2]> {
    let first = |side: &'a Side| Some((side.measured.pictures.first()?, *side.origins.first()?));
    let ((a, origin_a), (b, origin_b)) = (first(sides[0])?, first(sides[1])?);
    let wall = match (align, a.wall, b.wall) {
        (Align::Wall, Some(wall_a), Some(wall_b)) => Some((wall_a, wall_b)),
        _ => None,
    };
    let place = |picture: &Picture, origin: TraceTime, moved: i64| {
        let start = picture.range.start.nanos_since(origin) + moved;
        (start as f64, (start + picture.range.nanos()) as f64)
    };
    let (mut when_a, mut when_b) = (place(a, origin_a, 0), place(b, origin_b, 0));
    match (align, wall) {
        (Align::Wall, Some((wall_a, wall_b))) => {
            let first = wall_a.min(wall_b);
            when_a = ((wall_a - first) as f64, (wall_a - first + a.range.nanos()) as f64);
            when_b = ((wall_b - first) as f64, (wall_b - first + b.range.nanos()) as f64);
        }
        (Align::Stretch, _) => when_b = when_a,
        _ => {}
    }
    Some([Laid { picture: a, when: when_a }, Laid { picture: b, when: when_b }])
}

fn over_time(a: &Laid<'_>, b: &Laid<'_>, align: &Align, is_pooled: bool) -> Markup {
    let length = |laid: &Laid<'_>| laid.picture.range.nanos().max(1) as f64;
    let high = plot::highest(&a.picture.composition, length(a)).max(plot::highest(&b.picture.composition, length(b)));
    let heap = |laid: &Laid<'_>| Curve {
        when: laid.when,
        values: laid.picture.heap.iter().map(|column| column.map(|(_, most)| most as f64)).collect(),
    };
    let alive = |laid: &Laid<'_>| Curve {
        when: laid.when,
        values: laid.picture.alive.iter().map(|alive| Some(*alive as f64)).collect(),
    };
    let used = |class: SpanClass| a.picture.composition.total(class) + b.picture.composition.total(class) > 0;
    html! {
        p.muted {
            (match align {
                Align::Start => "Both begin at 0.".to_owned(),
                Align::Wall => "By the wall clock, from the earlier start.".to_owned(),
                Align::Stretch => "B is stretched to the length of A.".to_owned(),
                Align::Task(name) => format!("0 is where the first task {name} begins."),
                Align::Region(name) => format!("0 is where the first region {name} begins."),
                Align::Log(text) => format!("0 is the first log message with “{text}”."),
            })
            @if is_pooled { " Of several recordings the first of each side is drawn." }
        }
        figure {
            figcaption { "Goroutines of the program by state, idle ones left out" }
            div.legend {
                @for class in SpanClass::STACKED.into_iter().filter(|class| used(*class)) {
                    span { i style={ "background:var(--c" (class as usize) ")" } {} (state(class)) }
                }
            }
            @for (tag, laid) in [("a", a), ("b", b)] {
                p { span class={ "tag " (tag) } { (tag.to_uppercase()) } }
                (plot::states(&laid.picture.composition, laid.when, plot::common([a.when, b.when]), high, length(laid)))
            }
        }
        div.pair {
            figure {
                figcaption { "Heap in use" }
                (plot::curves([&heap(a), &heap(b)], Unit::Bytes, "Heap over time"))
            }
            figure {
                figcaption { "Goroutines alive" }
                (plot::curves([&alive(a), &alive(b)], Unit::Count, "Goroutines alive over time"))
            }
        }
        (heap_line(a, b))
    }
}

fn heap_line(a: &Laid<'_>, b: &Laid<'_>) -> Markup {
    let most = |laid: &Laid<'_>| laid.picture.heap.iter().flatten().map(|column| column.1).max().unwrap_or_default();
    let alive = |laid: &Laid<'_>| laid.picture.alive.last().copied().unwrap_or_default();
    html! {
        p.muted {
            "Highest heap " (bytes(most(a))) " → " (bytes(most(b)))
            "; goroutines alive at the end " (count(alive(a))) " → " (count(alive(b))) "."
        }
    }
}

fn collector_of(sides: [&Side; 2]) -> Markup {
    html! {
        div.pair {
            figure {
                figcaption { "Minimum mutator utilisation, by window length" }
                (plot::utilisation(sides.map(|side| side.utilisation.as_slice())))
            }
            (table(&collector::table(sides.map(|side| &side.measured)), usize::MAX))
        }
    }
}

const fn state(class: SpanClass) -> &'static str {
    match class {
        SpanClass::None => "idle",
        SpanClass::Running => "running",
        SpanClass::Runnable => "runnable",
        SpanClass::Syscall => "system call",
        SpanClass::WaitSync => "sync",
        SpanClass::WaitChan => "channel or select",
        SpanClass::WaitNet => "network",
        SpanClass::WaitSleep => "sleep",
        SpanClass::Gc => "GC",
        SpanClass::WaitOther => "other waits",
    }
}

fn footer(report: &Compared) -> Markup {
    html! {
        footer {
            p {
                "Made by Tracelane " (env!("CARGO_PKG_VERSION")) ". A change is significant if it is at least 5 % (of the sum, the median or p99) and "
                "chance explains it with q ≤ 0.05: Mann–Whitney U on durations and on their sums over sixteenths of the "
                "trace, corrected for " (count(report.tested as u64)) " tested rows (Benjamini and Hochberg). "
                "Differences of durations are Hodges–Lehmann. Quantiles are of a sample of at most 2,048 each."
            }
        }
    }
}
