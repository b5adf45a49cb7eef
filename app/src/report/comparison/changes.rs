//! Rows of two sides: what changed from A to B.

use std::sync::Arc;

use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figures::Figures;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::settings::PerRequest;

use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::{Listed, certainty, figure_name, form_of, number, places, quantity, whole};
use crate::report::figure::{self, Certainty, Figure, Form};
use crate::report::table::{Builder, Column, Cut, Shown, Table};
use crate::report::value::Value;

/// Rows that text and Markdown list.
const LISTED: usize = 20;
/// Rows that are not significant and yet in JSON and CSV.
const OTHERS: usize = 500;

/// What two sides differ in, to make tables of.
#[derive(Clone, Debug)]
pub struct Changes(Arc<Context>);

#[derive(Debug)]
struct Context {
    found: Arc<Comparison>,
    units: [f64; 2],
    per: Divisor,
}

/// A row of a table: the place of its change.
struct Row {
    of: Arc<Context>,
    place: u32,
}

impl Row {
    fn change(&self) -> Option<&Change> {
        self.of.found.changes.get(self.place as usize)
    }
}

impl Context {
    fn per_request(&self, change: &Change) -> Option<PerRequest> {
        self.found.load.as_ref().and_then(|load| load.per_request(change))
    }

    /// The figure that a row shows: what was tested, or else the total.
    fn value(&self, change: &Change, side: usize) -> Value {
        let measure = change.tested.unwrap_or(Measure::Total);
        let [a, b] = [&change.a, &change.b];
        let (of, unit) = if side == 0 { (a, self.units[0]) } else { (b, self.units[1]) };
        let Some(figures) = of else { return Value::Missing };
        let seen = change.precision.filter(|precision| precision.measure == measure).map(|precision| precision.seen);
        let spread = seen.and_then(|seen| seen[side]);
        let figure = Figure::new(measure.value(figures, unit), form_of(measure, change.kind));
        Value::Figure(Figure { spread, ..figure })
    }
}

/// A cell of the change of a row.
fn cell(
    make: impl Fn(&Context, &Change) -> Value + Send + Sync + 'static,
) -> impl Fn(&Row) -> Value + Send + Sync + 'static {
    move |row| row.change().map_or(Value::Missing, |change| make(&row.of, change))
}

impl Changes {
    /// What was found; `units` is what totals of the two sides were divided by, and `per` what that is.
    #[must_use]
    pub fn new(found: &Arc<Comparison>, units: [f64; 2], per: &Divisor) -> Self {
        Self(Arc::new(Context { found: Arc::clone(found), units, per: per.clone() }))
    }

    /// For the command: all rows that are significant and the first of the others, of which people see the first.
    #[must_use]
    pub fn shown_changes(&self) -> Listed {
        let mut others = 0;
        let shown_changes = places(&self.0.found.changes, |change| {
            others += usize::from(!change.is_significant);
            change.is_significant || others <= OTHERS
        });
        self.listed("Changes", shown_changes)
    }

    /// For the window: all rows, those that are significant, and those of one side.
    #[must_use]
    pub fn in_groups(&self) -> Vec<Listed> {
        let pick = |title, passes: fn(&Change) -> bool| self.listed(title, places(&self.0.found.changes, passes));
        let mut all = vec![
            pick("All rows", |_| true),
            pick("Significant", |change| change.is_significant),
            pick("Only in A", |change| change.b.is_none()),
            pick("Only in B", |change| change.a.is_none()),
        ];
        all.extend(self.per_request().filter(|listed| !listed.rows.is_empty()));
        all
    }

    fn rows(&self, places: &[u32]) -> Arc<Vec<Row>> {
        Arc::new(places.iter().map(|place| Row { of: Arc::clone(&self.0), place: *place }).collect())
    }

    fn listed(&self, title: &str, rows: Vec<u32>) -> Listed {
        let table = Table::of("changes", title, &self.rows(&rows), Vec::as_slice)
            .with(names)
            .with(tested)
            .with(sides)
            .with(tests)
            .empty("There is no such row")
            .cut(Cut::ForPeople)
            .build()
            .limited(Some(LISTED));
        Listed { table: Arc::new(table), rows }
    }

    /// For people: totals and numbers for each request, of rows that changed and of those of GC and heap. `None` if
    /// there are no requests on both sides.
    #[must_use]
    pub fn per_request(&self) -> Option<Listed> {
        let load = self.0.found.load.as_ref()?;
        let is_wanted = |change: &Change| {
            (change.is_reported() || matches!(change.kind, RowKind::Gc | RowKind::Heap))
                && self.0.per_request(change).is_some()
        };
        let rows = places(&self.0.found.changes, is_wanted);
        let side = |side: usize| {
            cell(move |of, change| {
                let found = of.per_request(change);
                found.map_or(Value::Missing, |found| {
                    Value::Figure(Figure::new(found.values[side], form_of(found.measure, change.kind)))
                })
            })
        };
        let table = Table::of("per_request", format!("Per {}", load.request()), &self.rows(&rows), Vec::as_slice)
            .column(Column::word("kind", "Kind", KIND), cell(|_, change| Value::Word(change.kind.name())))
            .column(Column::text("name", "Name", ""), cell(|_, change| Value::Name(full_name(change))))
            .column(
                Column::word("figure", "Figure", ""),
                cell(|of, change| of.per_request(change).map_or(Value::Missing, |one| Value::Word(one.measure.name()))),
            )
            .column(Column::figure("a", "A", "for each request"), side(0))
            .column(Column::figure("b", "B", "for each request"), side(1))
            .column(
                Column::change("Change", "B over A, for each request"),
                cell(|of, change| {
                    let ratio = of.per_request(change).and_then(|one| one.ratio());
                    let change = |ratio| figure::Change::new(Some(ratio), true, Certainty::Untested);
                    ratio.map_or(Value::Missing, |ratio| Value::Change(change(ratio)))
                }),
            )
            .optional()
            .build()
            .limited(Some(LISTED));
        Some(Listed { table: Arc::new(table), rows })
    }
}

const KIND: &str = "task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, heap, \
                    stw or assist";

/// What a row is called on both sides.
fn full_name(change: &Change) -> String {
    let guess = if change.is_guess { " (renamed?)" } else { "" };
    match &change.renamed {
        Some(other) => format!("{} → {other}{guess}", change.name),
        None => change.name.clone(),
    }
}

/// What rows are about.
fn names(table: Builder<Vec<Row>, Row>) -> Builder<Vec<Row>, Row> {
    let unit = |_: &Context, change: &Change| Value::Word(if change.kind == RowKind::Heap { "bytes" } else { "ns" });
    table
        .column(Column::word("kind", "Kind", KIND), cell(|_, change| Value::Word(change.kind.name())))
        .column(
            Column::word("unit", "", "ns or bytes: then the fields that end in _ns are bytes").exported(),
            cell(unit),
        )
        .column(
            Column::text("name", "", "in A; in B if it is only there").exported(),
            cell(|_, change| Value::Text(change.name.clone())),
        )
        .column(
            Column::text("name_b", "", "in B, if that is another one").exported(),
            cell(|_, change| change.renamed.clone().map_or(Value::Missing, Value::Text)),
        )
        .column(
            Column::flag("renamed_inferred", "", "that both names are of one thing is inferred from shape and size")
                .exported(),
            cell(|_, change| Value::Flag(change.is_guess)),
        )
        .column(
            Column::text("full_name", "Name", "in A, and in B if that is another one").for_people(),
            cell(|_, change| Value::Name(full_name(change))),
        )
}

/// What was tested, and how much it changed.
fn tested(table: Builder<Vec<Row>, Row>) -> Builder<Vec<Row>, Row> {
    table
        .column(
            Column::word(
                "tested",
                "",
                "median, tail (the mean of the slowest 1 %), total or count (both per unit); null if nothing was",
            )
            .exported(),
            cell(|_, change| change.tested.map_or(Value::Missing, |measure| Value::Word(measure.name()))),
        )
        .column(
            Column::word("figure", "Figure", "What was tested, or else the total; A, B and Change are of this figure")
                .for_people(),
            cell(|of, change| Value::Text(figure_name(change.tested.unwrap_or(Measure::Total), &of.per))),
        )
        .column(
            Column::figure("values.a", "A", "that figure (the total if nothing was tested) in A"),
            cell(|of, change| of.value(change, 0)),
        )
        .column(Column::figure("values.b", "B", "the same in B"), cell(|of, change| of.value(change, 1)))
        .column(
            Column::change("Change", "B over A; ~ if it may be chance, in parentheses if there are too few to test"),
            cell(|_, change| {
                let certainty = certainty(change.is_significant, change.is_too_few);
                let moved = figure::Change::new(change.effect.or(change.ratio), change.a.is_some(), certainty);
                Value::Change(figure::Change { has_grown: change.has_grown(), ..moved })
            }),
        )
        .column(
            Column::ratio(
                "q_value",
                "q",
                "probability of such a difference by chance, corrected for the number of rows tested (Benjamini and \
                 Hochberg)",
            ),
            cell(|_, change| change.q.map_or(Value::Missing, |q| Value::Figure(Figure::new(q, Form::Chance)))),
        )
}

/// A figure of both sides, which is a column each.
struct Sided {
    ids: [&'static str; 2],
    titles: [&'static str; 2],
    help: &'static str,
    shown: Shown,
    value: fn(RowKind, &Figures, f64) -> Value,
}

macro_rules! sided {
    ($id:literal, $title:literal, $help:literal, $shown:ident, $value:expr) => {
        Sided {
            ids: [concat!("a.", $id), concat!("b.", $id)],
            titles: [concat!($title, " A"), concat!($title, " B")],
            help: $help,
            shown: Shown::$shown,
            value: $value,
        }
    };
}

/// The figures of the sides.
const SIDED: [Sided; 10] = [
    sided!("count", "Count", "how many", Always, |_, of, _| Value::Count(of.count)),
    sided!("total_ns", "Total", "", OnRequest, |kind, of, _| whole(kind, of.total)),
    sided!("total_per_unit_ns", "Total per unit", "", OnRequest, |kind, of, unit| {
        quantity(kind, of.total as f64 / unit)
    }),
    sided!("count_per_unit", "Count per unit", "", OnRequest, |_, of, unit| number(Some(of.count as f64 / unit))),
    sided!("mean_ns", "Mean", "", OnRequest, |kind, of, _| quantity(kind, of.mean)),
    sided!("p50_ns", "Median", "", OnRequest, |kind, of, _| quantity(kind, of.p50)),
    sided!("p90_ns", "p90", "", OnRequest, |kind, of, _| quantity(kind, of.p90)),
    sided!("p99_ns", "p99", "", OnRequest, |kind, of, _| quantity(kind, of.p99)),
    sided!("max_ns", "Max", "", OnRequest, |kind, of, _| whole(kind, of.max)),
    sided!("tail_ns", "Slowest 1 %", "their mean; 0 if there are fewer than 100", OnRequest, |kind, of, _| {
        quantity(kind, of.tail)
    }),
];

/// All figures of A and of B; null if a side has no such row.
fn sides(mut table: Builder<Vec<Row>, Row>) -> Builder<Vec<Row>, Row> {
    for Sided { ids: [id_a, id_b], titles: [title_a, title_b], help, shown, value } in SIDED {
        let kind = match id_a {
            "a.count" => Column::count,
            "a.total_ns" | "a.max_ns" => Column::duration,
            _ => Column::figure,
        };
        let of = move |context: &Context, kind: RowKind, figures: &Option<Figures>, side: usize| {
            figures.as_ref().map_or(Value::Missing, |figures| value(kind, figures, context.units[side]))
        };
        table = table
            .column(kind(id_a, title_a, help).shown(shown), cell(move |c, change| of(c, change.kind, &change.a, 0)))
            .column(kind(id_b, title_b, help).shown(shown), cell(move |c, change| of(c, change.kind, &change.b, 1)));
    }
    table
}

/// What the tests say, for programs.
fn tests(table: Builder<Vec<Row>, Row>) -> Builder<Vec<Row>, Row> {
    let pair = |low: f64, high: f64| Value::List(vec![number(Some(low)), number(Some(high))]);
    let request =
        |figure: fn(PerRequest) -> Value| cell(move |of, change| of.per_request(change).map_or(Value::Missing, figure));
    let shift = |part: fn(&Change) -> Option<f64>| cell(move |_, change| number(part(change)));
    table
        .column(
            Column::figure("ratio", "", "total per unit, B over A; null if a side has none").exported(),
            cell(|_, change| number(change.ratio)),
        )
        .column(
            Column::figure("delta_ns", "", "total per unit, B less A").exported(),
            cell(|_, change| number(Some(change.impact))),
        )
        .column(
            Column::figure("effect", "", "what was tested, B over A; null if a side has none").exported(),
            cell(|_, change| number(change.effect)),
        )
        .column(
            Column::list("effect_interval", "", "[low, high], its 95 % interval, or null").exported(),
            cell(move |_, change| change.interval.map_or(Value::Missing, |(low, high)| pair(low, high))),
        )
        .column(
            Column::list(
                "spread",
                "",
                "[A, B]: how much that figure differs between recordings: standard deviation of its logarithm; null for \
                 one recording",
            )
            .exported(),
            cell(|_, change| {
                let seen = change.precision.map_or([None; 2], |precision| precision.seen);
                Value::List(seen.map(number).to_vec())
            }),
        )
        .column(
            Column::word("per_request.figure", "", "total or count").exported(),
            request(|of| Value::Word(of.measure.name())),
        )
        .column(Column::figure("per_request.a", "", "the same per request, in A: nanoseconds, bytes or a number").exported(), request(|of| number(Some(of.values[0]))))
        .column(Column::figure("per_request.b", "", "the same per request, in B").exported(), request(|of| number(Some(of.values[1]))))
        .column(Column::figure("per_request.ratio", "", "B over A").exported(), request(|of| number(of.ratio())))
        .column(
            Column::figure("shift.median_ns", "", "by how much durations of B tend to be longer").exported(),
            shift(|change| change.shift.map(|shift| shift.median)),
        )
        .column(
            Column::figure("shift.low_ns", "", "the lower end of its 95 % interval").exported(),
            shift(|change| change.shift.map(|shift| shift.low)),
        )
        .column(
            Column::figure("shift.high_ns", "", "the upper end").exported(),
            shift(|change| change.shift.map(|shift| shift.high)),
        )
        .column(
            Column::figure("p_value", "", "as q_value, not corrected; null if there is too little to test").exported(),
            cell(|_, change| number(change.p)),
        )
        .column(
            Column::flag("significant", "", "q is at most 0.05, and the change is large enough to matter").exported(),
            cell(|_, change| Value::Flag(change.is_significant)),
        )
        .column(
            Column::flag("named", "", "whether the verdict may name it").exported(),
            cell(|_, change| Value::Flag(change.is_named)),
        )
        .column(
            Column::flag("too_few", "", "obvious, but too few events to test").exported(),
            cell(|_, change| Value::Flag(change.is_too_few)),
        )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Changes;
    use crate::report::arrange::{Arrangement, SortKey, arrange};
    use crate::report::comparison::divisor::Divisor;
    use crate::report::render::json;
    use crate::report::table::Table;
    use trace_core::analysis::compare::Comparison;
    use trace_core::analysis::compare::change::Change;
    use trace_core::analysis::compare::evidence::Measure;
    use trace_core::analysis::compare::figures::Figures;
    use trace_core::analysis::compare::row_kind::RowKind;
    use trace_core::base::monitor::Monitor;

    fn row(name: &str, a: Option<u64>, b: Option<u64>) -> Change {
        let figures = |total: u64| Figures { count: 1, total, ..Figures::default() };
        Change {
            kind: RowKind::Wait,
            name: name.to_owned(),
            a: a.map(figures),
            b: b.map(figures),
            ratio: a.zip(b).map(|(a, b)| b as f64 / a as f64),
            tested: Some(Measure::Total),
            p: Some(0.0001),
            q: Some(0.0002),
            is_significant: true,
            impact: b.unwrap_or(0) as f64 - a.unwrap_or(0) as f64,
            ..Change::default()
        }
    }

    fn changes(changes: Vec<Change>) -> Changes {
        let found = Arc::new(Comparison { changes, ..Comparison::default() });
        Changes::new(&found, [1.0; 2], &Divisor::Second)
    }

    fn found() -> Changes {
        changes(vec![row("one", Some(100), Some(50)), row("two", None, Some(70)), row("three", Some(9), None)])
    }

    /// The texts of the columns that people see.
    fn texts(table: &Table, row: usize) -> Vec<String> {
        let seen = table.columns.iter().enumerate().filter(|(_, column)| column.is_in_text());
        seen.map(|(at, _)| table.value(row, at).text()).collect()
    }

    #[test]
    fn missing_sides_give_words_and_never_infinity() {
        let table = found().shown_changes().table;
        let all: Vec<String> = (0..3)
            .flat_map(|row| (0..table.columns.len()).map(move |column| (row, column)))
            .map(|(row, column)| table.value(row, column).text())
            .collect();
        assert!(all.iter().all(|text| !text.contains("NaN") && !text.contains("inf")), "{all:?}");
        let expected = ["wait", "one", "total/s", "100 ns", "50 ns", "\u{2212}50.0 %", "<0.001", "1", "1"];
        assert_eq!(texts(&table, 0), expected);
        assert_eq!(texts(&table, 1)[2..6], ["total/s", "–", "70 ns", "new"]);
        assert_eq!(texts(&table, 2)[2..6], ["total/s", "9 ns", "–", "gone"]);
        let few = Change { is_significant: false, is_too_few: true, ..row("two", None, Some(70)) };
        assert_eq!(texts(&changes(vec![few]).shown_changes().table, 0)[5], "(new)");
    }

    #[test]
    fn a_side_that_has_nothing_is_null_for_programs() {
        let json = json::table(&found().shown_changes().table);
        assert_eq!((&json[1]["a"], json[1]["b"]["total_ns"].as_u64()), (&serde_json::Value::Null, Some(70)));
        assert_eq!((json[0]["effect"].is_null(), json[0]["per_request"].is_null()), (true, true));
        assert_eq!(json[0]["spread"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn rows_are_grouped_filtered_and_sorted() {
        let groups = found().in_groups();
        let counts: Vec<_> = groups.iter().map(|group| (group.table.title.as_str(), group.rows.len())).collect();
        assert_eq!(counts, [("All rows", 3), ("Significant", 3), ("Only in A", 1), ("Only in B", 1)]);
        assert_eq!((groups[2].place(0), groups[3].row_of(1)), (Some(2), Some(0)));
        let by = |column: &str, filter: &str| {
            let sort = vec![SortKey { column: column.to_owned(), descending: true }];
            let arrangement = Arrangement { sort, filter: filter.to_owned() };
            arrange(&groups[0].table, &arrangement, &Monitor::new()).expect("rows")
        };
        assert_eq!(by("values.b", ""), [1, 0, 2]);
        assert_eq!(by("change", ""), [1, 0, 2], "what is new has grown most");
        assert_eq!(by("change", "THR"), [2]);
        assert_eq!((by("change", "kind:wait").len(), by("change", "kind:task").len()), (3, 0));
    }
}
