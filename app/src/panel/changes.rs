//! What changed from A to B: the verdict in sentences, then every row, those that matter most first. A
//! click shows a row's slowest instances beside each other.

use std::sync::Arc;

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Align, Label, Layout, PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui, UiBuilder};
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::measure::{Measured, RowKind};
use trace_core::analysis::compare::{Change, Figures};

use crate::action::action::{Action, Actions};
use crate::action::pairs::PairAction;
use crate::fmt::number::count;
use crate::fmt::words;
use crate::panel::figure::{USUAL, ratio, tested, title, title_per, words};
use crate::panel::{changes, kept, partial_pair_ui};
use crate::state::app::AppState;
use crate::state::contrast::Changes;
use crate::state::document::Document;
use crate::state::pair::{Pair, PerChoice, RowKey};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::link::{copy_button, link_in};
use crate::widget::menu::menu_entry;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

/// Width of the verdict beside the table, points.
const VERDICT: f32 = 272.0;
/// Narrower panels show the verdict above the table, points.
const WIDE: f32 = 860.0;
/// Narrower tables leave a figure out, for names to have room, points.
const WIDE_TABLE: f32 = 1_060.0;
/// Narrower ones leave two out, points.
const MIDDLING_TABLE: f32 = 900.0;
/// Height of the verdict above the table, points.
const VERDICT_HEIGHT: f32 = 92.0;
/// Width of a menu, points.
const MENU_WIDTH: f32 = 200.0;
/// Types of tasks that are offered to divide by.
const TASKS: usize = 3;

/// Which rows show.
#[derive(Clone, Debug, Default, PartialEq)]
struct Filter {
    text: String,
    kind: Option<RowKind>,
    among: Among,
}

/// On which sides a row has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Among {
    #[default]
    All,
    Significant,
    OnlyA,
    OnlyB,
}

impl Among {
    const ALL: [Self; 4] = [Self::All, Self::Significant, Self::OnlyA, Self::OnlyB];

    const fn title(self) -> &'static str {
        match self {
            Self::All => "All rows",
            Self::Significant => "Significant",
            Self::OnlyA => "Only in A",
            Self::OnlyB => "Only in B",
        }
    }

    fn holds(self, change: &Change) -> bool {
        match self {
            Self::All => true,
            Self::Significant => change.is_significant,
            Self::OnlyA => change.b.is_none(),
            Self::OnlyB => change.a.is_none(),
        }
    }
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let area = ui.available_rect_before_wrap();
    let (verdict, table) = if area.width() >= WIDE {
        let middle = area.min.x + VERDICT;
        (area.with_max_x(middle), area.with_min_x(middle + space::L))
    } else {
        let middle = area.min.y + VERDICT_HEIGHT;
        (area.with_max_y(middle), area.with_min_y(middle + space::S))
    };
    let mut part = ui.new_child(UiBuilder::new().max_rect(verdict).id_salt("verdict"));
    verdict_ui(&mut part, documents, found, actions);
    let mut part = ui.new_child(UiBuilder::new().max_rect(table).id_salt("rows"));
    rows_ui(&mut part, pair, found, actions);
    ui.allocate_rect(area, egui::Sense::hover());
}

fn verdict_ui(ui: &mut Ui, documents: [&Document; 2], found: &Changes, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(RichText::new("Verdict").font(fonts::small_strong()).color(tokens.muted));
        if copy_button(ui, "the verdict") {
            let said = [found.found.settings.as_slice(), &found.found.verdict].concat();
            actions.push(Action::Copy(said.join("\n")));
        }
        partial_pair_ui(ui, documents);
    });
    ScrollArea::vertical().id_salt("verdict").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for sentence in &found.found.settings {
            ui.add(Label::new(RichText::new(sentence).color(tokens.warning)).wrap());
        }
        for (at, sentence) in found.found.verdict.iter().enumerate() {
            let font = if at == 0 { fonts::strong() } else { fonts::body() };
            ui.add(Label::new(RichText::new(sentence).font(font)).wrap());
        }
        for sentence in &found.limits {
            ui.add(Label::new(RichText::new(sentence).color(tokens.muted)).wrap());
        }
    });
}

fn rows_ui(ui: &mut Ui, pair: &Pair, found: &Arc<Changes>, actions: &mut Actions) {
    let list = &found.found.changes;
    let filter = controls_ui(ui, pair, found, actions);
    let figures = figures_of(ui);
    let columns = columns(&figures, &pair.per);
    let usual = Sorting { column: usize::MAX, descending: true };
    let sorting = sorting(ui, "changes", usual);
    let key = (Arc::as_ptr(found) as usize, sorting, filter, figures.clone());
    let order = kept(ui, "changes-order", key.clone(), || order(found, &key.2, &figures, sorting));
    if order.is_empty() {
        let text = if list.is_empty() { "Neither trace has anything to compare" } else { "No row is like that" };
        empty(ui, text);
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let at = |row: usize| order.get(row).and_then(|at| list.get(*at));
    let is_chosen = |row: usize| at(row).is_some_and(|change| pair.row.as_ref().is_some_and(|row| row.is(change)));
    let cells = |row: usize| {
        at(row).map(|change| cells(tokens, change, &figures, (found.units, &pair.per))).unwrap_or_default()
    };
    let touched = sorted(ui, ("changes", &columns), sorting, order.len(), is_chosen, cells);
    if let Some(change) = touched.clicked.and_then(at) {
        actions.push(Action::Pair(PairAction::ShowRow(RowKey::of(change))));
    }
}

/// What to divide by, which columns, which rows; returns the filter.
fn controls_ui(ui: &mut Ui, pair: &Pair, found: &Changes, actions: &mut Actions) -> Filter {
    let id = ui.make_persistent_id("changes-filter");
    let mut filter: Filter = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let before = filter.clone();
    ui.spacing_mut().item_spacing.x = space::XS;
    ui.horizontal(|ui| {
        for among in Among::ALL {
            let rows = found.found.changes.iter().filter(|change| among.holds(change)).count();
            let text = format!("{} {}", among.title(), count(rows as u64));
            if chip(ui, &text, filter.among == among).clicked() {
                filter.among = among;
            }
        }
        ui.add_space(space::S);
        kinds_ui(ui, found, &mut filter);
        per_ui(ui, pair, found, actions);
        columns_ui(ui);
        if !pair.corrections.is_empty() {
            ui.add_space(space::S);
            let text = format!("Undo {}", words::counted(pair.corrections.len() as u64, "correction"));
            if link_in(ui, &text, fonts::small()).clicked() {
                actions.push(Action::Pair(PairAction::ForgetCorrections));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let field = TextEdit::singleline(&mut filter.text).font(fonts::small()).hint_text("Filter names");
            ui.add(field.desired_width(ui.available_width().clamp(40.0, 140.0)));
        });
    });
    ui.add_space(space::HAIR);
    if filter != before {
        ui.ctx().data_mut(|data| data.insert_temp(id, filter.clone()));
    }
    filter
}

fn kinds_ui(ui: &mut Ui, found: &Changes, filter: &mut Filter) {
    let mut kinds: Vec<RowKind> = found.found.changes.iter().map(|change| change.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let title = filter.kind.map_or("All kinds", plural);
    choice(ui, title, |ui| {
        if menu_entry(ui, "All kinds", "", true, filter.kind.is_none()).clicked() {
            filter.kind = None;
            ui.close();
        }
        for kind in kinds {
            if menu_entry(ui, plural(kind), "", true, filter.kind == Some(kind)).clicked() {
                filter.kind = Some(kind);
                ui.close();
            }
        }
    });
}

/// A button that shows what is chosen, and opens a menu.
fn choice(ui: &mut Ui, title: &str, menu: impl FnOnce(&mut Ui)) {
    let text = RichText::new(format!("{title} ▾")).font(fonts::small());
    let behavior = PopupCloseBehavior::CloseOnClickOutside;
    MenuButton::new(text).config(MenuConfig::new().close_behavior(behavior)).ui(ui, |ui| {
        ui.set_width(MENU_WIDTH);
        menu(ui);
    });
}

/// What figures are divided by.
fn per_ui(ui: &mut Ui, pair: &Pair, found: &Changes, actions: &mut Actions) {
    let offered = offered(pair, &found.measured);
    let name = offered.iter().find(|known| known.0 == pair.per).map_or("second", |known| known.1.as_str());
    choice(ui, &format!("Per {name}"), |ui| {
        for (per, title) in &offered {
            if menu_entry(ui, &format!("Per {title}"), "", true, pair.per == *per).clicked() {
                actions.push(Action::Pair(PairAction::Per(per.clone())));
                ui.close();
            }
        }
    });
}

const fn plural(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Task => "Tasks",
        RowKind::Region => "Regions",
        RowKind::Work => "Units of work",
        RowKind::Wait => "Waits",
        RowKind::Sleep => "Sleeps",
        RowKind::Syscall => "System calls",
        RowKind::Sched => "Scheduler waits",
        RowKind::Running => "Running",
        RowKind::Goroutine => "Goroutine lifetimes",
        RowKind::Stuck => "Goroutines left waiting",
        RowKind::Samples => "CPU samples",
        RowKind::Gc => "GC cycles",
        RowKind::Heap => "Heap",
        RowKind::Stw => "STW pauses",
        RowKind::Assist => "Mark assists",
    }
}

/// Which figures are columns, as chosen here.
fn columns_ui(ui: &mut Ui) {
    let id = egui::Id::unique("changes-figures");
    let chosen = figures_of(ui);
    choice(ui, "Columns", |ui| {
        for figure in Figure::ALL {
            if menu_entry(ui, title(figure), "", true, chosen.contains(&figure)).clicked() {
                let is_shown = |other: &Figure| chosen.contains(other) != (*other == figure);
                let new: Vec<Figure> = Figure::ALL.into_iter().filter(is_shown).collect();
                ui.ctx().data_mut(|data| data.insert_temp(id, new));
            }
        }
    });
}

fn figures_of(ui: &Ui) -> Vec<Figure> {
    let id = egui::Id::unique("changes-figures");
    let usual = || {
        let width = ui.max_rect().width();
        let least = |figure: &Figure| match figure {
            Figure::Count => WIDE_TABLE,
            Figure::P99 => MIDDLING_TABLE,
            _ => 0.0,
        };
        USUAL.into_iter().filter(|figure| width >= least(figure)).collect()
    };
    ui.ctx().data(|data| data.get_temp(id)).unwrap_or_else(usual)
}

/// What figures can be divided by: the types of tasks with most time on both sides are offered, too.
fn offered(pair: &Pair, [a, b]: &[Arc<Measured>; 2]) -> Vec<(PerChoice, String)> {
    let mut offered = vec![
        (PerChoice::Second, "second".to_owned()),
        (PerChoice::ProcessorSecond, "CPU second".to_owned()),
        (PerChoice::Nothing, "nothing".to_owned()),
    ];
    let mut tasks: Vec<(u64, &str)> = a
        .rows
        .iter()
        .filter(|row| row.0.0 == RowKind::Task && b.rows.iter().any(|other| other.0 == row.0))
        .map(|row| (row.1.total, row.0.1.as_str()))
        .collect();
    tasks.sort_by(|one, other| other.cmp(one));
    for (_, name) in tasks.into_iter().take(TASKS) {
        offered.push((PerChoice::Task(name.to_owned()), format!("task {name}")));
    }
    if let PerChoice::Task(name) = &pair.per
        && !offered.iter().any(|known| known.0 == pair.per)
    {
        offered.push((pair.per.clone(), format!("task {name}")));
    }
    offered
}

fn columns(figures: &[Figure], per: &PerChoice) -> Vec<Column> {
    let mut columns = vec![text("Kind", 74.0), text("Name", 0.0)];
    columns.extend(
        figures
            .iter()
            .map(|figure| number(title_per(*figure, per), if *figure == Figure::Count { 100.0 } else { 141.0 })),
    );
    columns.extend([text("Tested", 78.0), number("Change", 76.0), number("q", 62.0)]);
    columns
}

fn order(found: &Changes, filter: &Filter, figures: &[Figure], sorting: Sorting) -> Vec<usize> {
    let list = &found.found.changes;
    let wanted = filter.text.to_lowercase();
    let is_named = |change: &Change| {
        change.name.to_lowercase().contains(&wanted)
            || change.renamed.as_ref().is_some_and(|name| name.to_lowercase().contains(&wanted))
    };
    let is_in = |change: &Change| {
        filter.kind.is_none_or(|kind| kind == change.kind) && filter.among.holds(change) && is_named(change)
    };
    let mut order: Vec<usize> = (0..list.len()).filter(|at| list.get(*at).is_some_and(is_in)).collect();
    let shown = figures.len();
    let value = |change: &Change| -> f64 {
        let side = |figure: Figure, of: &Option<Figures>, unit: f64| {
            of.as_ref().map_or(0.0, |figures| figure.value(figures, unit))
        };
        match sorting.column {
            column if column >= 2 && column < 2 + shown => figures.get(column - 2).map_or(0.0, |figure| {
                let [unit_a, unit_b] = found.units;
                side(*figure, &change.a, unit_a).max(side(*figure, &change.b, unit_b))
            }),
            column if column == 3 + shown => {
                change.effect.or(change.ratio).unwrap_or(if change.a.is_some() { 0.0 } else { f64::MAX })
            }
            _ => change.q.unwrap_or(2.0),
        }
    };
    let compare = |one: &Change, other: &Change| match sorting.column {
        0 => one.kind.cmp(&other.kind),
        1 => one.name.cmp(&other.name),
        column if column == 2 + shown => {
            let name = |change: &Change| change.tested.map(Measure::name);
            name(one).cmp(&name(other))
        }
        _ => value(one).total_cmp(&value(other)),
    };
    // As they come, those that matter most are first.
    if sorting.column < 5 + shown {
        order.sort_by(|one, other| {
            let (Some(one), Some(other)) = (list.get(*one), list.get(*other)) else {
                return std::cmp::Ordering::Equal;
            };
            let rising = compare(one, other);
            if sorting.descending { rising.reverse() } else { rising }
        });
    }
    order
}

fn cells(
    tokens: &Tokens,
    change: &Change,
    figures: &[Figure],
    ([unit_a, unit_b], per): ([f64; 2], &PerChoice),
) -> Vec<Cell> {
    let name = match &change.renamed {
        Some(other) => format!("{} → {other}{}", change.name, if change.is_guess { " (renamed?)" } else { "" }),
        None => change.name.clone(),
    };
    let mut cells = vec![Cell::text(change.kind.name()).colored(tokens.muted), Cell::text(name)];
    cells.extend(figures.iter().map(|figure| {
        let side = |of: &Option<Figures>, unit: f64| {
            of.as_ref().map_or("–".to_owned(), |of| words(change.kind, *figure, of, unit))
        };
        let (a, b) = (side(&change.a, unit_a), side(&change.b, unit_b));
        let color = if a == b { tokens.muted } else { tokens.text };
        Cell::number(format!("{a} → {b}")).colored(color)
    }));
    let color = match () {
        () if !change.is_significant && !change.is_too_few => tokens.muted,
        () if change.has_grown() => tokens.grown,
        () => tokens.shrunk,
    };
    cells.push(Cell::text(tested_title(change, per)).colored(tokens.muted));
    let ratio = ratio(change.effect.or(change.ratio), change.a.is_some());
    let ratio = if change.is_too_few { format!("({ratio})") } else { ratio };
    cells.push(Cell::number(ratio).colored(color));
    cells.push(Cell::number(chance(change)).colored(tokens.muted));
    cells
}

/// Which figure the change is of.
fn tested_title(change: &Change, per: &PerChoice) -> &'static str {
    change.tested.map_or("–", |measure| tested(measure, per))
}

/// The part of false changes among rows that are this sure; `~` if that is too many; how many there were if they
/// were too few to test, but the difference is plain.
fn chance(change: &Change) -> String {
    match change.q {
        Some(q) if change.is_significant && q < 0.001 => "<0.001".to_owned(),
        Some(q) if change.is_significant => format!("{q:.3}"),
        _ if change.is_too_few => {
            let [a, b] = [&change.a, &change.b].map(|side| side.as_ref().map_or(0, |figures| figures.count));
            format!("n {a} + {b}")
        }
        _ => "~".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Among, Figure, Filter, USUAL, cells, chance, order, ratio};
    use crate::state::contrast::Changes;
    use crate::state::pair::PerChoice;
    use crate::theme::tokens::DARK;
    use crate::widget::table::Sorting;
    use trace_core::analysis::compare::measure::RowKind;
    use trace_core::analysis::compare::{Change, Comparison, Figures};

    fn row(name: &str, a: Option<u64>, b: Option<u64>) -> Change {
        let figures = |total: u64| Figures { count: 1, total, ..Figures::default() };
        Change {
            kind: RowKind::Wait,
            name: name.to_owned(),
            a: a.map(figures),
            b: b.map(figures),
            ratio: a.zip(b).map(|(a, b)| b as f64 / a as f64),
            p: Some(0.0001),
            q: Some(0.0002),
            is_significant: true,
            impact: b.unwrap_or(0) as f64 - a.unwrap_or(0) as f64,
            ..Change::default()
        }
    }

    fn found() -> Changes {
        let changes = vec![row("one", Some(100), Some(50)), row("two", None, Some(70)), row("three", Some(9), None)];
        let found = Comparison { changes, tested: 3, ..Comparison::default() };
        Changes { found, units: [1.0, 1.0], ..Changes::default() }
    }

    #[test]
    fn missing_sides_give_words_and_never_infinity() {
        let found = found();
        let texts: Vec<String> = found
            .found
            .changes
            .iter()
            .flat_map(|change| cells(&DARK, change, &Figure::ALL, (found.units, &PerChoice::Second)))
            .map(|cell| cell.text)
            .collect();
        assert!(texts.iter().all(|text| !text.contains("NaN") && !text.contains("inf")), "{texts:?}");
        assert_eq!(
            found.found.changes.iter().map(|change| ratio(change.ratio, change.a.is_some())).collect::<Vec<_>>(),
            ["\u{2212}50.0 %", "new", "gone"]
        );
        assert_eq!(chance(&found.found.changes[0]), "<0.001");
        let few = Change { is_significant: false, is_too_few: true, ..found.found.changes[1].clone() };
        assert_eq!(chance(&few), "n 0 + 1");
        let texts: Vec<String> =
            cells(&DARK, &few, &USUAL, (found.units, &PerChoice::Second)).into_iter().map(|cell| cell.text).collect();
        assert!(texts.contains(&"(new)".to_owned()), "{texts:?}");
    }

    #[test]
    fn rows_are_filtered_and_sorted() {
        let found = found();
        let names = |filter: &Filter, column: usize, descending: bool| -> Vec<String> {
            let order = order(&found, filter, &[Figure::Total], Sorting { column, descending });
            order.iter().map(|at| found.found.changes[*at].name.clone()).collect()
        };
        let all = Filter::default();
        assert_eq!(names(&all, usize::MAX, true), ["one", "two", "three"], "as they come");
        assert_eq!(names(&all, 2, false), ["three", "two", "one"], "by the larger side");
        assert_eq!(names(&all, 4, true), ["two", "one", "three"], "what is new has grown most");
        let only_b = Filter { among: Among::OnlyB, ..Filter::default() };
        assert_eq!(names(&only_b, 1, false), ["two"]);
        let named = Filter { text: "THR".to_owned(), ..Filter::default() };
        assert_eq!(names(&named, 1, false), ["three"]);
    }
}
