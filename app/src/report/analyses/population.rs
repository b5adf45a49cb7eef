//! Goroutines alive over time, by what created them.

use std::sync::Arc;

use trace_core::analysis::population::{Population, PopulationGroup, population};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::{self, counts};
use crate::report::chart::{Across, Chart, Line, Look, Up, steps};
use crate::report::report::Report;
use crate::report::table::{Column, Table, Target};
use crate::report::value::{Shade, Value};

/// How many goroutines are alive over time: see [`INFO`].
pub struct GoroutinesAlive;

const INFO: Info = Info {
    id: "population",
    title: "Goroutines alive",
    topic: Topic::Goroutines,
    about: "how many goroutines there were, by creation stack",
    help: "How many goroutines existed, were created, ended, were alive at the end, and at most at once, by the stack \
           that created them.",
    limit: 40,
    ..Info::USUAL
};

/// Groups with a layer of their own in the chart.
const LAYERS: usize = 5;

impl Analysis for GoroutinesAlive {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = Arc::new(population(trace, &ask.scope.pieces(trace), monitor)?);
        let report = Report::default().field(
            "bucket_ns",
            "width of a bucket of the lists below",
            Value::Duration(Nanos(found.buckets.width)),
        );
        Some(report.chart(chart(trace, &found)).table(groups(trace, &found)))
    }
}

fn groups(trace: &Arc<Trace>, found: &Arc<Population>) -> Table {
    let [of_name, of_creation, of_place, of_longest] = [trace; 4].map(Arc::clone);
    let alive = |id, title, help| Column::count(id, title, help);
    Table::of("groups", "Goroutines alive", found, |found: &Population| &found.groups)
        .column(Column::function("function", "Start function", ""), move |group| {
            Value::Function(of_name.str(group.name).to_owned())
        })
        .column(Column::stack("created_at", "Created at", "").for_people(), move |group| {
            columns::created_at(&of_place, group.creation, group.origin)
        })
        .column(
            Column::stack("creation", "Created at", "the stack that created them; empty unless a goroutine did")
                .exported(),
            move |group: &PopulationGroup| columns::stack(&of_creation, group.creation),
        )
        .column(Column::text("origin", "Origin", "before_trace, goroutine, timer, c or unknown").exported(), |group| {
            Value::Named(group.origin.name(), group.origin.words())
        })
        .column(alive("before", "Before", "alive when the range began"), |group| Value::Count(group.before))
        .column(alive("created", "Created", "created in the range"), |group| Value::Count(group.created))
        .column(alive("ended", "Ended", "ended in the range"), |group| Value::Count(group.ended))
        .column(alive("alive", "Alive", "alive when the range ended"), |group| Value::Count(group.alive))
        .column(alive("peak", "Peak", "alive at once, at most"), |group| Value::Count(group.peak))
        .column(Column::duration("longest_ns", "Longest life", "inside of the trace"), |group| {
            Value::Duration(group.longest)
        })
        .column(
            Column::id("longest_goroutine", "Longest-lived", "the goroutine that lived longest").on_request(),
            move |group| group.longest_of.map_or(Value::Missing, |(go, _)| columns::goroutine(&of_longest, go)),
        )
        .column(Column::list("alive_at", "", "alive at the end of each bucket").exported(), |group| {
            counts(&group.alive_at)
        })
        .column(Column::list("created_in", "", "created in each bucket").exported(), |group| counts(&group.created_in))
        .column(Column::list("ended_in", "", "ended in each bucket").exported(), |group| counts(&group.ended_in))
        .target(|group| group.longest_of.map(|(go, range)| Target::Stretch(LaneId::Goroutine(go), range)))
        .sorted_by("peak")
        .empty("No goroutines in the selected scope")
        .total("all", &found.all)
        .build()
}

/// The largest groups and the rest, each standing on the next.
#[expect(clippy::cast_precision_loss, reason = "a place on screen")]
fn chart(trace: &Trace, found: &Population) -> Chart {
    let origin = trace.range().start;
    let wide = |counts: &[u32]| -> Vec<u64> { counts.iter().copied().map(u64::from).collect() };
    let mut rest = wide(&found.all.alive_at);
    let mut layers: Vec<(String, Shade, Vec<u64>)> = Vec::new();
    for (group, place) in found.groups.iter().take(LAYERS).zip(0..) {
        let alive = wide(&group.alive_at);
        for (left, alive) in rest.iter_mut().zip(&alive) {
            *left = left.saturating_sub(*alive);
        }
        let function = name::or_unknown(name::function(trace.str(group.name))).to_owned();
        layers.push((function, Shade::Series(place), alive));
    }
    if found.groups.len() > LAYERS {
        layers.push(("others".to_owned(), Shade::Muted, rest));
    }
    let mut sums = vec![0_u64; found.buckets.count];
    let mut lines: Vec<Line> = Vec::new();
    for (name, shade, alive) in layers {
        for (sum, alive) in sums.iter_mut().zip(&alive) {
            *sum += alive;
        }
        let points = steps(&found.buckets, origin, |at, _| sums.get(at).copied().unwrap_or(0) as f64);
        lines.push(Line { name, shade, look: Look::Stack, points });
    }
    lines.reverse();
    let most = found.all.alive_at.iter().copied().max().unwrap_or(0);
    let across = Across::time(found.buckets.range, origin);
    Chart { title: "Goroutines alive".to_owned(), across, up: Up::Count(most.into()), lines }
}
