//! User tasks and regions by type, slowest first: how long they took, and each as a band of what its
//! goroutine did, all beginning at zero.

use egui::{Color32, RichText, Ui};

use trace_core::analysis::scope::{Scope, Whom};
use trace_core::analysis::spread::{Bucket, Spread};
use trace_core::analysis::tasks::{Family, RegionInstance, TaskInstance, band};
use trace_core::base::ids::{GoIx, StrId};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, offset};
use crate::fmt::words;
use crate::panel::scope::{only_link, scope_title, scope_ui};
use crate::panel::{answer, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const COLUMNS: [Column; 8] = [
    text("Type", 0.0),
    number("Count", 68.0),
    number("Incomplete", 76.0),
    number("Median", 76.0),
    number("95 %", 76.0),
    number("Longest", 76.0),
    text("Distribution", 130.0),
    text("From zero: what its goroutine did", 320.0),
];
/// Columns that a band is asked in.
const BAND: u32 = 150;
/// Signs of a distribution, from nothing to most.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One task or region.
struct Instance {
    title: String,
    go: GoIx,
    range: TimeRange,
    complete: bool,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("tasks-or-regions");
    let mut regions = ui.ctx().data(|data| data.get_temp::<bool>(id)).unwrap_or(document.trace.task_count() == 0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (text, is_regions) in [("Tasks", false), ("Regions", true)] {
            if chip(ui, text, regions == is_regions).clicked() {
                regions = is_regions;
                ui.ctx().data_mut(|data| data.insert_temp(id, regions));
            }
        }
        let tokens = tokens::of(ui.ctx());
        ui.add_space(space::S);
        ui.label(RichText::new(scope_title(document)).font(fonts::small()).color(tokens.muted));
        partial_ui(ui, document);
    });
    let trace = &document.trace;
    if regions {
        let question = Question::Regions(document.scope());
        let Some(Answer::Regions(families)) = answer(ui, document, &question, actions) else { return };
        let one = |found: &RegionInstance| Instance {
            title: name::goroutine(trace, found.region.go),
            go: found.region.go,
            range: found.region.range,
            complete: found.complete,
        };
        families_ui(ui, document, families, (&one, Whom::Regions), actions);
    } else {
        let question = Question::Tasks(document.scope());
        let Some(Answer::Tasks(families)) = answer(ui, document, &question, actions) else { return };
        let one = |found: &TaskInstance| Instance {
            title: format!("Task {}", found.task.id.signed()),
            go: found.task.go,
            range: found.range,
            complete: found.complete,
        };
        families_ui(ui, document, families, (&one, Whom::Tasks), actions);
    }
}

fn families_ui<T>(
    ui: &mut Ui,
    document: &Document,
    families: &[Family<T>],
    (one, whose): (&impl Fn(&T) -> Instance, fn(StrId) -> Whom),
    actions: &mut Actions,
) {
    if families.is_empty() {
        empty(ui, "None in what is chosen above: a program makes them with trace.NewTask and trace.WithRegion");
        return;
    }
    let (trace, tokens) = (&document.trace, tokens::of(ui.ctx()));
    let id = ui.make_persistent_id("tasks-open");
    let open: Option<usize> = ui.ctx().data(|data| data.get_temp(id)).unwrap_or(Some(0));
    let open = open.filter(|at| *at < families.len());
    let inside = open.and_then(|at| families.get(at)).map_or(0, |family| family.instances.len());
    let place = |row: usize| match open {
        Some(at) if row > at && row <= at + inside => (at, Some(row - at - 1)),
        Some(at) if row > at + inside => (row - inside, None),
        _ => (row, None),
    };
    if let Some(family) = open.and_then(|at| families.get(at)) {
        let whom = whose(family.name);
        let what = if matches!(whom, Whom::Regions(_)) { "regions" } else { "tasks" };
        let title = format!("Goroutines of {what} {}", trace.str(family.name));
        let scope = Scope { whom, ..document.scope() };
        only_link(
            ui,
            document,
            (scope, title),
            &format!("Show only lanes of {what} {}", trace.str(family.name)),
            actions,
        );
    }
    let touched = table(
        ui,
        ("tasks", &COLUMNS),
        families.len() + inside,
        None,
        |_| false,
        |row| {
            match place(row) {
                (at, None) => families.get(at).map(|family| family_cells(tokens, trace, family, open == Some(at))),
                (at, Some(inner)) => families.get(at).and_then(|family| {
                    let longest =
                        family.instances.iter().take(1).map(|first| one(first).range.nanos()).max().unwrap_or(1);
                    family.instances.get(inner).map(|found| instance_cells(tokens, trace, &one(found), longest))
                }),
            }
            .unwrap_or_default()
        },
    );
    match touched.clicked.map(place) {
        Some((at, None)) => {
            let new = if open == Some(at) { None } else { Some(at) };
            ui.ctx().data_mut(|data| data.insert_temp(id, new));
        }
        Some((at, Some(inner))) => {
            if let Some(found) = families.get(at).and_then(|family| family.instances.get(inner)).map(one) {
                actions.push(Action::GoToStretch(LaneId::Goroutine(found.go), found.range));
                actions.push(Action::Mark(Some(found.range)));
            }
        }
        None => {}
    }
}

fn family_cells<T>(tokens: &Tokens, trace: &Trace, family: &Family<T>, open: bool) -> Vec<Cell> {
    let place =
        family.place.as_ref().map(|place| format!("  {}", name::place(&place.function, &place.file, place.line)));
    let title = match trace.str(family.name) {
        "" => "(unnamed)",
        title => title,
    };
    let Spread { p50, p95, max, .. } = family.latency;
    vec![
        Cell::text(format!("{title}{}", place.unwrap_or_default())).folding(open),
        Cell::number(count(family.count)),
        Cell::number(count(family.incomplete)).colored(tokens.muted),
        Cell::number(time(p50.unwrap_or(0))),
        Cell::number(time(p95.unwrap_or(0))),
        Cell::number(time(max.unwrap_or(0))),
        Cell::number(spark(&family.histogram)).colored(tokens.accent),
        Cell::text(words::counted(family.latency.count, "complete one")).colored(tokens.muted),
    ]
}

fn instance_cells(tokens: &Tokens, trace: &Trace, found: &Instance, longest: i64) -> Vec<Cell> {
    let start = offset(found.range.start.nanos_since(trace.range().start));
    let edges = if found.complete { "" } else { ", incomplete" };
    vec![
        Cell::text(format!("{} at {start}{edges}", found.title)).indented(24.0).colored(tokens.accent),
        Cell::number(""),
        Cell::number(""),
        Cell::number(""),
        Cell::number(""),
        Cell::number(duration(found.range.nanos())),
        Cell::text(""),
        Cell::bar(parts(tokens, trace, found), longest.unsigned_abs()),
    ]
}

/// The band's parts one after the other, gaps included.
fn parts(tokens: &Tokens, trace: &Trace, found: &Instance) -> Vec<(u64, Color32)> {
    let mut parts = Vec::new();
    let mut at = 0;
    for part in band(trace, found.go, found.range, BAND) {
        if part.start > at {
            parts.push((part.start - at, tokens.line));
        }
        let color = tokens.classes.get(part.class as usize).copied().unwrap_or(tokens.muted);
        parts.push((part.end.saturating_sub(part.start.max(at)), color));
        at = part.end;
    }
    parts
}

/// A distribution in one line of signs: a root scale, so that few are seen beside many.
fn spark(histogram: &[Bucket]) -> String {
    let most = histogram.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1);
    let sign = |bucket: &Bucket| {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "one of eight heights")]
        let level = ((bucket.count as f64 / most as f64).sqrt() * 7.0).ceil() as usize;
        if bucket.count == 0 { ' ' } else { LEVELS.get(level).copied().unwrap_or('█') }
    };
    histogram.iter().take(40).map(sign).collect()
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "–".to_owned() } else { duration(i64::try_from(nanos).unwrap_or(i64::MAX)) }
}
