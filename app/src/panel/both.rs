//! What both traces are like, side by side: states over time, who lives and who created them, heap and
//! collector, and which findings are gone, new or the same.

use std::sync::Arc;

use egui::{Align, Color32, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use trace_core::analysis::compare::causes::CauseChange;
use trace_core::analysis::compare::picture::Picture;
use trace_core::analysis::findings::finding::Finding;
use trace_core::analysis::scope::Scope;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, AnalysisAction, SelectAction};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::panel::analysis::chips_ui;
use crate::panel::comparison::{choose, chosen, home};
use crate::panel::table::table_ui;
use crate::panel::{changes, partial_pair_ui, working};
use crate::report::analyses::mmu::{LEAST, MutatorUtilisation};
use crate::report::analyses::{Analysis, Ask};
use crate::report::report::Report;
use crate::report::table::Table;
use crate::report::value::Value;
use crate::state::app::AppState;
use crate::state::compare_query::Changes;
use crate::state::comparison::OpenComparison;
use crate::state::document::Document;
use crate::state::query;
use crate::state::questions::QueryState;
use crate::theme::lanes::{is_wait, mix};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::badge::badge;
use crate::widget::content;
use crate::widget::link::link_in;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Plot, Series, plot};
use crate::widget::section::empty;
use crate::widget::stacked::{Stacked, stacked};

/// Panels at least so wide show tables and plots side by side, points.
const WIDE: f32 = 1_000.0;
/// Width of the table beside plots, points.
const SUMS: f32 = 460.0;
/// Height of the table above plots, points.
const SUMS_HEIGHT: f32 = 12.0 * space::ROW + space::L;
/// Height of plots that stand below each other, points.
const STACKED_PLOT: f32 = 200.0;
/// Room of the time that a finding costs, points.
const LOST: f32 = 64.0;
/// Names of the two curves of each plot.
const LETTERS: [&str; 2] = ["A", "B"];

/// From the bottom up: what runs carries the picture.
const STACKED: [SpanClass; 9] = [
    SpanClass::Running,
    SpanClass::Syscall,
    SpanClass::Gc,
    SpanClass::Runnable,
    SpanClass::WaitSync,
    SpanClass::WaitChan,
    SpanClass::WaitNet,
    SpanClass::WaitSleep,
    SpanClass::WaitOther,
];

/// What can be shown.
const VIEWS: [&str; 4] = ["States over time", "Goroutines alive", "Heap and GC", "Findings"];
/// The panel's name among what the window remembers.
const PANEL: &str = "both";

/// Shows states, goroutines, heap and GC of both traces beside each other.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let Some(home) = home(state, pair) else { return };
    let view = chosen(home, PANEL);
    if let Some(other) = chips_ui(ui, VIEWS, view) {
        choose(home, PANEL, other, actions);
    }
    partial_pair_ui(ui, documents);
    ui.add_space(space::XS);
    let pictures = [0, 1].map(|side| found.measured[side].pictures.first());
    let [Some(a), Some(b)] = pictures else {
        empty(ui, "There is nothing to draw");
        return;
    };
    match view {
        0 => states_ui(ui, [a, b]),
        1 => goroutines_ui(ui, (state, home), found, [a, b], actions),
        2 => collector_ui(ui, (state, home), (pair, documents), found, [a, b], actions),
        _ => findings_ui(ui, documents, found, actions),
    }
}

/// Shows one of the tables of both sides.
fn rows_ui(ui: &mut Ui, of: (&AppState, &Document), table: Option<&Arc<Table>>, actions: &mut Actions) {
    if let Some(table) = table {
        table_ui(ui, of, (&format!("both.{}", table.id), table), None, |_| (), actions);
    }
}

fn color_of(tokens: &Tokens, class: SpanClass) -> Color32 {
    let color = tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted);
    // So that what runs carries the picture.
    if is_wait(class) { mix(tokens.background, color, 0.62) } else { color }
}

/// Average number of goroutines in each state, part by part, on one scale.
fn states_ui(ui: &mut Ui, pictures: [&Picture; 2]) {
    let tokens = tokens::of(ui.ctx());
    let colors = STACKED.map(|class| color_of(tokens, class));
    let columns = pictures.map(|picture| {
        let part = picture.range.nanos().max(1) as f64 / picture.composition.parts.len().max(1) as f64;
        let column = |sums: &[u64; SpanClass::COUNT]| -> Vec<f64> {
            STACKED.iter().map(|class| sums.get(*class as usize).map_or(0.0, |sum| *sum as f64 / part)).collect()
        };
        picture.composition.parts.iter().map(column).collect::<Vec<_>>()
    });
    let sum = |column: &Vec<f64>| column.iter().sum::<f64>();
    let highest = columns.iter().flatten().map(sum).fold(0.0, f64::max).max(1e-3);
    legend_ui(ui, pictures);
    ui.add_space(space::XS);
    let wide = ui.available_width() >= 700.0;
    let height = if wide { ui.available_height() } else { (ui.available_height() - space::S) / 2.0 }.max(60.0);
    let gap = space::L;
    let width = if wide { (ui.available_width() - gap) / 2.0 } else { ui.available_width() };
    let draw = |ui: &mut Ui, side: usize| {
        ui.allocate_ui(vec2(width, height), |ui| {
            let top = format!("{} · {} goroutines at the top", LETTERS[side], short(highest));
            let last = duration(pictures[side].range.nanos());
            let title = if side == 0 { "States of A over time" } else { "States of B over time" };
            let shown = Stacked {
                name: title,
                colors: &colors,
                columns: &columns[side],
                highest,
                texts: [&top, "0", &last],
                height,
            };
            let (response, hovered) = stacked(ui, &shown);
            if let Some(column) = hovered.and_then(|at| columns[side].get(at)) {
                let lines = STACKED.iter().zip(column).filter(|(_, value)| **value >= 0.005);
                let lines: Vec<String> =
                    lines.map(|(class, value)| format!("{} {}", short(*value), name::class(*class))).collect();
                response.on_hover_text_at_pointer(lines.join("\n"));
            }
        });
    };
    if wide {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            draw(ui, 0);
            draw(ui, 1);
        });
    } else {
        draw(ui, 0);
        draw(ui, 1);
    }
}

/// Each state with its part of all time that is not idle, in A and in B.
fn legend_ui(ui: &mut Ui, pictures: [&Picture; 2]) {
    let tokens = tokens::of(ui.ctx());
    let whole = pictures.map(|picture| STACKED.iter().map(|class| picture.composition.total(*class)).sum::<u64>());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::HAIR);
        for class in STACKED {
            let parts = [0, 1].map(|side| pictures[side].composition.total(class) as f64 / whole[side].max(1) as f64);
            if parts.iter().all(|part| *part < 0.0005) {
                continue;
            }
            let [a, b] = parts.map(|part| format!("{:.1} %", part * 100.0));
            let text = format!("{}  {a} → {b}", name::class(class));
            // Dot and words as one: a line does not break between them.
            let galley = ui.painter().layout_no_wrap(text.clone(), fonts::small(), tokens.text);
            let (place, response) = ui.allocate_exact_size(galley.size() + vec2(12.0, 0.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
            let dot = Rect::from_center_size(place.left_center() + vec2(4.0, 0.0), vec2(8.0, 8.0));
            ui.painter().rect_filled(dot, 2.0, color_of(tokens, class));
            ui.painter().galley(place.min + vec2(12.0, 0.0), galley, tokens.text);
            ui.add_space(space::S);
        }
    });
}

fn short(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 0.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Who lives at the end, by who created them: what grew is a leak, or a larger load.
fn goroutines_ui(
    ui: &mut Ui,
    of: (&AppState, &Document),
    found: &Arc<Changes>,
    pictures: [&Picture; 2],
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let totals = pictures.map(|picture| picture.population.iter().map(|group| group.alive).sum::<u64>());
    let series = [0, 1].map(|side| {
        let alive = &pictures[side].alive;
        let step = pictures[side].range.nanos() as f64 / alive.len().max(1) as f64;
        let points = alive.iter().enumerate().map(|(at, alive)| [(at + 1) as f64 * step, *alive as f64]).collect();
        Series::line(LETTERS[side], tokens.sides[side], points)
    });
    let longest = pictures.iter().map(|picture| picture.range.nanos()).max().unwrap_or(1) as f64;
    let most = pictures.iter().flat_map(|picture| &picture.alive).copied().max().unwrap_or(1);
    let (width, room) = (ui.available_width(), ui.available_height());
    let is_wide = width >= WIDE;
    let height = if is_wide { room } else { (room * 0.42).clamp(110.0, 200.0) };
    let title = format!("Goroutines alive ({} → {} at the end)", count(totals[0]), count(totals[1]));
    let shown = Plot {
        name: &title,
        x: Axis::linear(Unit::Nanos, 0.0, longest),
        x_name: "after ",
        y: Axis::up_to(Unit::Count, most as f64),
        series: &series,
        marks: &[],
        height,
    };
    if is_wide {
        let part = (width * 0.36).floor();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            ui.allocate_ui(vec2(part, room), |ui| plot(ui, &shown));
            let rest = vec2(ui.available_width(), room);
            ui.allocate_ui_with_layout(rest, Layout::top_down(Align::Min), |ui| {
                rows_ui(ui, of, found.population.as_ref(), actions);
            });
        });
    } else {
        plot(ui, &shown);
        ui.add_space(space::XS);
        rows_ui(ui, of, found.population.as_ref(), actions);
    }
}

/// The heap over time, what the collector left to the program, and what collecting cost.
fn collector_ui(
    ui: &mut Ui,
    of: (&AppState, &Document),
    (pair, documents): (&OpenComparison, [&Document; 2]),
    found: &Changes,
    pictures: [&Picture; 2],
    actions: &mut Actions,
) {
    let (width, height) = (ui.available_width(), ui.available_height());
    if width >= WIDE {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            ui.allocate_ui(vec2(SUMS, height), |ui| {
                ui.set_width(SUMS);
                rows_ui(ui, of, found.collector.as_ref(), actions);
            });
            let part = ((ui.available_width() - space::L) / 2.0).floor();
            ui.allocate_ui(vec2(part, height), |ui| heap_ui(ui, pictures, height));
            ui.allocate_ui(vec2(part, height), |ui| utilisation_ui(ui, (pair, documents), height, actions));
        });
        return;
    }
    let shown = ScrollArea::vertical().id_salt("both-collector").auto_shrink([false, false]).show(ui, |ui| {
        ui.allocate_ui(vec2(width, SUMS_HEIGHT), |ui| rows_ui(ui, of, found.collector.as_ref(), actions));
        ui.add_space(space::S);
        heap_ui(ui, pictures, STACKED_PLOT);
        ui.add_space(space::S);
        utilisation_ui(ui, (pair, documents), STACKED_PLOT, actions);
    });
    content::note(ui, &shown);
}

fn heap_ui(ui: &mut Ui, pictures: [&Picture; 2], height: f32) {
    let tokens = tokens::of(ui.ctx());
    let series = [0, 1].map(|side| {
        let heap = &pictures[side].heap;
        let step = pictures[side].range.nanos() as f64 / heap.len().max(1) as f64;
        let known = heap.iter().enumerate().filter_map(|(at, value)| Some((at as f64 * step, (*value)?)));
        // Up and down in a column: the saw of a heap.
        let points = known.flat_map(|(x, (low, high))| [[x, high as f64], [x + step / 2.0, low as f64]]);
        Series::line(LETTERS[side], tokens.sides[side], points.collect())
    });
    let longest = pictures.iter().map(|picture| picture.range.nanos()).max().unwrap_or(1) as f64;
    let most = pictures.iter().flat_map(|picture| picture.heap.iter().flatten()).map(|two| two.1).max();
    let Some(most) = most else {
        ui.label(RichText::new("Neither trace records the size of the heap").color(tokens.muted));
        return;
    };
    let shown = Plot {
        name: "Heap in use",
        x: Axis::linear(Unit::Nanos, 0.0, longest),
        x_name: "after ",
        y: Axis::up_to(Unit::Bytes, most as f64),
        series: &series,
        marks: &[],
        height,
    };
    plot(ui, &shown);
}

/// The curves of the least share that the collector leaves to the program, of both on one plot.
fn utilisation_ui(
    ui: &mut Ui,
    (pair, documents): (&OpenComparison, [&Document; 2]),
    height: f32,
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let found = documents.map(|document| {
        let ask = Ask::about(Scope::during(pair.range(document)));
        let asked = query::ask::Report(MutatorUtilisation.info().id, ask);
        match document.queries.get(&asked) {
            Some(QueryState::Answered(found)) => Some(found),
            None => {
                actions.push(AnalysisAction::Ask(document.id, asked.into()));
                None
            }
            Some(_) => None,
        }
    });
    let [Some(a), Some(b)] = found else {
        working(ui, "Working…");
        return;
    };
    let curves = [a, b].map(|report| {
        let lines = report.charts.first().into_iter().flat_map(|chart| &chart.lines);
        lines.filter(|line| line.name == LEAST).flat_map(|line| line.points.iter().copied()).collect::<Vec<_>>()
    });
    let windows = || curves.iter().flatten().map(|point| point[0]);
    if windows().next().is_none() {
        ui.label(RichText::new("No time in the selected range").color(tokens.muted));
        return;
    }
    let (first, last) = (windows().fold(f64::INFINITY, f64::min), windows().fold(0.0, f64::max));
    let series = [0, 1].map(|side| Series::line(LETTERS[side], tokens.sides[side], curves[side].clone()));
    let mean = |report: &Report| report.value("mean").map(Value::text).unwrap_or_default();
    let title = format!("Minimum mutator utilisation ({} → {} mean)", mean(a), mean(b));
    let shown = Plot {
        name: &title,
        x: Axis::log(Unit::Nanos, first, last),
        x_name: "windows of ",
        y: Axis::linear(Unit::Share, 0.0, 1.0),
        series: &series,
        marks: &[],
        height,
    };
    plot(ui, &shown);
}

/// Causes that are gone, new, or still there; a click shows where.
fn findings_ui(ui: &mut Ui, documents: [&Document; 2], found: &Changes, actions: &mut Actions) {
    let Some([a, b]) = &found.findings else {
        empty(ui, "The findings of one of the traces are not known");
        return;
    };
    if found.causes.is_empty() {
        empty(ui, "No problems found in either trace");
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let shown = ScrollArea::vertical().id_salt("both-findings").auto_shrink([false, false]).show(ui, |ui| {
        for cause in &found.causes {
            let (word, color, list): (_, _, Vec<(usize, &Finding)>) = match *cause {
                CauseChange::Gone(at) => {
                    ("Gone", tokens.shrunk, a.list.get(at).map(|one| (0, one)).into_iter().collect())
                }
                CauseChange::New(at) => ("New", tokens.grown, b.list.get(at).map(|one| (1, one)).into_iter().collect()),
                CauseChange::Stayed(at_a, at_b) => {
                    let both = [a.list.get(at_a).map(|one| (0, one)), b.list.get(at_b).map(|one| (1, one))];
                    ("Both", tokens.muted, both.into_iter().flatten().collect())
                }
            };
            for (at, (side, finding)) in list.into_iter().enumerate() {
                ui.horizontal(|ui| {
                    let (room, _) = ui.allocate_exact_size(vec2(40.0, space::ROW), Sense::hover());
                    if at == 0 {
                        let place = room.left_center();
                        ui.painter().text(place, egui::Align2::LEFT_CENTER, word, fonts::small_strong(), color);
                    }
                    badge(ui, side);
                    if let Some(link) = finding.links.first()
                        && link_in(ui, "Jump to it", fonts::small()).clicked()
                    {
                        let go = Action::Select(SelectAction::GoToStretch(LaneId::Goroutine(link.go), link.range));
                        actions.push(Action::On(documents[side].id, Box::new(go)));
                    }
                    let lost = finding.time_lost;
                    let (room, _) = ui.allocate_exact_size(vec2(LOST, space::ROW), Sense::hover());
                    let place = room.right_center();
                    ui.painter().text(place, egui::Align2::RIGHT_CENTER, lost.to_string(), fonts::mono(), tokens.muted);
                    ui.add(Label::new(RichText::new(&finding.headline)).wrap()).on_hover_text(&finding.title);
                });
            }
        }
    });
    content::note(ui, &shown);
}
