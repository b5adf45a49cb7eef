//! The labels left of the lanes: names to read, click and hear; fold triangles; the handle that sets
//! the gutter's width.

use egui::containers::menu::SubMenu;
use egui::{Align2, CursorIcon, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, RowsAction, SelectAction, SettingsAction};
use crate::fmt::number;
use crate::fmt::words::counted;
use crate::state::document::Document;
use crate::state::grouping::GroupBy;
use crate::state::groups::Group;
use crate::state::order::GoroutineOrder;
use crate::state::row::RowKind;
use crate::state::section::Section;
use crate::state::view::Selection;
use crate::theme::lanes::mix;
use crate::timeline::cache::TimelineCache;
use crate::timeline::drag::handle;
use crate::timeline::frame::Frame;
use crate::timeline::labels::{self, LaneLabel};
use crate::timeline::menu::{self, Subject};
use crate::timeline::shapes::triangle;
use crate::timeline::visible::Visible;
use crate::timeline::words;
use crate::widget::menu::{context_menu, menu_entry};

/// Left edge of the names of groups, and of what is under them, points from the gutter's.
const GROUP_INDENT: f32 = 24.0;
/// Left edge of lane labels, points from the gutter's.
const INDENT: f32 = 12.0;

/// The gutter left of the lanes.
pub fn ui(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], cache: &mut TimelineCache, actions: &mut Actions) {
    let place = frame.strips.gutter_of(frame.strips.lanes);
    ui.painter().rect_filled(place, 0.0, frame.tokens.panel);
    for row in visible {
        let rect = Rect::from_min_size(pos2(place.left(), row.top), vec2(place.width(), row.row.height as f32));
        match row.row.kind {
            RowKind::Heading(section) => heading(ui, frame, section, rect, place, actions),
            RowKind::Lane(lane) => label(ui, frame, (lane, row.row.is_pinned), rect, cache, actions),
            RowKind::Group(group) => group_heading(ui, frame, (group, row.row.is_pinned), rect, cache, actions),
            RowKind::Shared(row) => shared_label(ui, frame, row, rect, cache, actions),
            RowKind::TaskGroup(group) => task_heading(ui, frame, (group, row.row.is_pinned), rect, cache, actions),
            RowKind::Tasks(tasks) => task_label(ui, frame, tasks, (rect, row.row.region_lines > 0), cache, actions),
        }
    }
    let below = frame.strips.gutter_of(frame.strips.on_axis());
    let edge = Rect::from_min_max(pos2(below.right() - 3.0, below.top()), pos2(below.right() + 2.0, below.bottom()));
    if let Some(pointer) =
        handle(ui, frame.id("gutter"), edge, "Width of the lane labels", CursorIcon::ResizeHorizontal)
    {
        actions.push(SettingsAction::SetGutter(pointer.x - frame.strips.gutter_left));
        ui.ctx().request_repaint();
    }
    ui.painter().vline(
        below.right() - frame.pixel() / 2.0,
        below.y_range(),
        Stroke::new(frame.pixel(), frame.tokens.line),
    );
}

fn heading(ui: &Ui, frame: &Frame<'_>, section: Section, rect: Rect, place: Rect, actions: &mut Actions) {
    let count = match section {
        Section::Pinned => frame.layout.pinned_count() as u32,
        _ => frame.document.rows.lanes_in(section),
    };
    let folded = frame.document.folds.folded(section);
    let response = ui.interact(rect.intersect(place), frame.id(("section", section)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, section.title()));
    if response.clicked() {
        actions.push(RowsAction::ToggleSection(section));
    }
    let painter = ui.painter_at(place);
    let color = if response.hovered() { frame.tokens.text } else { frame.tokens.muted };
    triangle(&painter, pos2(rect.left() + 14.0, rect.center().y), folded, color);
    let title = painter.text(
        pos2(rect.left() + 24.0, rect.center().y),
        Align2::LEFT_CENTER,
        section.title(),
        frame.font(),
        frame.tokens.text,
    );
    let hidden = frame.layout.hidden(section);
    let mut said = number::count(u64::from(count));
    if hidden > 0 {
        said.push_str(&format!(" \u{b7} {} not in view", counted(u64::from(hidden), "row")));
    }
    let at = pos2(title.right() + 6.0, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, said, frame.font(), frame.tokens.muted);
    if matches!(section, Section::Goroutines | Section::Tasks) {
        context_menu(&response, |ui| groups_menu(ui, frame, actions));
    }
}

/// A group: its name, how many of its goroutines are alive in view, and how many there are.
fn group_heading(
    ui: &Ui,
    frame: &Frame<'_>,
    (at, is_pinned): (u32, bool),
    rect: Rect,
    cache: &TimelineCache,
    actions: &mut Actions,
) {
    let Some((groups, group)) =
        frame.document.rows.groups().and_then(|groups| Some((groups, groups.list().get(at as usize)?)))
    else {
        return;
    };
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let folded = frame.document.folds.folded_group(group);
    let alive = groups.count_in(at as usize, frame.view.range());
    let said = alive_of(alive, group);
    let response = ui.interact(rect.intersect(place), frame.id(("group", at, is_pinned)), Sense::click());
    let name = format!("{}{}, {said} goroutines", pinned_word(is_pinned), group.title);
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, &name));
    if response.clicked() {
        actions.push(RowsAction::ToggleGroup(at));
    }
    paint_heading(ui, frame, (group, folded, &said), (rect, &response), cache);
    context_menu(&response, |ui| {
        menu::entries_ui(ui, frame, Subject::Group(at), actions);
        ui.separator();
        groups_menu(ui, frame, actions);
    });
    let sorted_by = group.sorted_by.as_ref().map(|sorted_by| format!("\n{sorted_by}")).unwrap_or_default();
    response.on_hover_text(format!(
        "{}\n{} alive in view, {} in the trace, at most {} at once{sorted_by}",
        group.title,
        number::count(u64::from(alive)),
        number::count(u64::from(group.count)),
        number::count(u64::from(group.end - group.first)),
    ));
}

/// What comes before the name of a pinned row for assistive technology.
const fn pinned_word(is_pinned: bool) -> &'static str {
    if is_pinned { "Pinned: " } else { "" }
}

/// How many of a group are alive in view, and how many there are if that is more: `12 / 352`.
fn alive_of(alive: u32, group: &Group) -> String {
    if alive == group.count {
        number::count(u64::from(alive))
    } else {
        format!("{} / {}", number::count(u64::from(alive)), number::count(u64::from(group.count)))
    }
}

/// A type of tasks: its name, how many are under way in view, and how many there are.
fn task_heading(
    ui: &Ui,
    frame: &Frame<'_>,
    (at, is_pinned): (u32, bool),
    rect: Rect,
    cache: &TimelineCache,
    actions: &mut Actions,
) {
    let tasks = frame.document.rows.tasks();
    let Some(group) = tasks.group(at) else { return };
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let folded = frame.document.folds.folded_group(group);
    let alive = tasks.groups().count_in(at as usize, frame.view.range());
    let said = alive_of(alive, group);
    let response = ui.interact(rect.intersect(place), frame.id(("task type", at, is_pinned)), Sense::click());
    let name = format!("{}{}, {said} tasks", pinned_word(is_pinned), group.title);
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, &name));
    if response.clicked() {
        actions.push(RowsAction::ToggleTaskGroup(at));
    }
    paint_heading(ui, frame, (group, folded, &said), (rect, &response), cache);
    context_menu(&response, |ui| {
        menu::entries_ui(ui, frame, Subject::TaskGroup(at), actions);
        ui.separator();
        groups_menu(ui, frame, actions);
    });
    let mut text = format!(
        "{}\n{} under way in view, {} in the trace",
        group.title,
        counted(u64::from(alive), "task"),
        number::count(u64::from(group.count)),
    );
    if group.left_out > 0 {
        let (rows, left_out) = (u64::from(group.end - group.first), u64::from(group.left_out));
        text.push_str(&format!(
            "\n{} of them have no row: more than {} at once",
            number::count(left_out),
            number::count(rows)
        ));
    }
    response.on_hover_text(text);
}

/// A row of tasks: the one that is under way in view, or how many; with a triangle if they have subtasks.
fn task_label(
    ui: &Ui,
    frame: &Frame<'_>,
    row: u32,
    (rect, expanded): (Rect, bool),
    cache: &mut TimelineCache,
    actions: &mut Actions,
) {
    let (tasks, range) = (frame.document.rows.tasks(), frame.view.range());
    let count = tasks.groups().count_on(row, range);
    let Some(first) = tasks.alive_on(row, 0, range).next() else { return };
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let painter = ui.painter_at(place);
    let y = rect.top() + frame.document.sizes.lane as f32 / 2.0;
    let advance = |c: char| cache.advances.advance(c);
    let words::TaskLabel { id, name } = words::task_label(frame.trace, first);
    let said = if count == 1 { format!("{name} ({id})") } else { counted(u64::from(count), "task") };
    let response = ui.interact(rect.intersect(place), frame.id(("task row", row)), Sense::click());
    let selected = matches!(frame.document.selection, Selection::Task(task) if tasks.row_of(task) == Some(row));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, format!("Row of {said}")));
    if response.clicked() && count == 1 {
        actions.push(SelectAction::SelectTask(first));
    }
    if count == 1 {
        context_menu(&response, |ui| menu::entries_ui(ui, frame, Subject::Task(first), actions));
    }
    if selected || response.hovered() {
        let (over, amount) = if selected { (frame.tokens.accent, 0.20) } else { (frame.tokens.text, 0.08) };
        painter.rect_filled(rect, 0.0, mix(frame.tokens.panel, over, amount));
    }
    if tasks.groups().region_lines(row) > 0 {
        let at = pos2(rect.left() + 14.0, y);
        let reach = Rect::from_center_size(at, vec2(20.0, frame.document.sizes.lane as f32));
        let fold = ui.interact(reach.intersect(place), frame.id(("subtasks", row)), Sense::click());
        fold.widget_info(|| {
            WidgetInfo::selected(Role::DisclosureTriangle, true, expanded, format!("Subtasks of {said}"))
        });
        if fold.clicked() {
            actions.push(RowsAction::ToggleTaskRow(row));
        }
        triangle(&painter, at, !expanded, if fold.hovered() { frame.tokens.text } else { frame.tokens.muted });
        fold.on_hover_text(if expanded { "Hide subtasks" } else { "Show subtasks" });
    }
    let room = rect.width() - GROUP_INDENT - 8.0;
    let text = labels::cut_end(&said, room, &advance).unwrap_or_default();
    let color = if count == 1 { frame.tokens.text } else { frame.tokens.muted };
    painter.text(pos2(rect.left() + GROUP_INDENT, y), Align2::LEFT_CENTER, text, frame.font(), color);
    hairline(&painter, frame, rect);
    if count == 1 {
        response.on_hover_text(words::task_name(frame.trace, first));
    }
}

/// Triangle, title and count of a group.
fn paint_heading(
    ui: &Ui,
    frame: &Frame<'_>,
    (group, folded, said): (&Group, bool, &str),
    (rect, response): (Rect, &egui::Response),
    cache: &TimelineCache,
) {
    let painter = ui.painter_at(frame.strips.gutter_of(frame.strips.lanes));
    let hovered = response.hovered();
    painter.rect_filled(rect, 0.0, mix(frame.tokens.panel, frame.tokens.text, if hovered { 0.08 } else { 0.03 }));
    let color = if hovered { frame.tokens.text } else { frame.tokens.muted };
    triangle(&painter, pos2(rect.left() + 14.0, rect.center().y), folded, color);
    let right = pos2(rect.right() - 8.0, rect.center().y);
    let count = painter.text(right, Align2::RIGHT_CENTER, said, frame.font(), frame.tokens.muted);
    let advance = |c: char| cache.advances.advance(c);
    let room = count.left() - rect.left() - GROUP_INDENT - 6.0;
    let title = if labels::width_of(&group.title, &advance) <= room {
        Some(group.title.clone())
    } else {
        labels::cut_start(&group.title, room, &advance)
    };
    let left = pos2(rect.left() + GROUP_INDENT, rect.center().y);
    painter.text(left, Align2::LEFT_CENTER, title.unwrap_or_default(), frame.font(), frame.tokens.text);
    hairline(&painter, frame, rect);
}

/// Goroutines that share a row: the first that is alive in view, and how many more.
fn shared_label(ui: &Ui, frame: &Frame<'_>, row: u32, rect: Rect, cache: &mut TimelineCache, actions: &mut Actions) {
    let Some(groups) = frame.document.rows.groups() else { return };
    let range = frame.view.range();
    let count = groups.count_on(row, range);
    let Some(first) = groups.alive_on(row, range).next() else { return };
    if count == 1 {
        label(ui, frame, (LaneId::Goroutine(first), false), rect, cache, actions);
        return;
    }
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let painter = ui.painter_at(place);
    let selected = frame
        .document
        .selection
        .lane()
        .is_some_and(|lane| matches!(lane, LaneId::Goroutine(go) if groups.row_of(go) == Some(row)));
    if selected {
        painter.rect_filled(rect, 0.0, mix(frame.tokens.panel, frame.tokens.accent, 0.20));
    }
    let id = words::label_of(frame.trace, LaneId::Goroutine(first)).id;
    let y = rect.top() + frame.document.sizes.lane as f32 / 2.0;
    let said = format!("{id} and {} more", number::count(u64::from(count - 1)));
    painter.text(pos2(rect.left() + GROUP_INDENT, y), Align2::LEFT_CENTER, said, frame.font(), frame.tokens.muted);
    hairline(&painter, frame, rect);
}

/// What a menu chooses among.
#[derive(Clone, Copy)]
enum Choices {
    Groupings,
    Orders,
}

/// What can be done with all groups.
fn groups_menu(ui: &mut Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let document = frame.document;
    let mut entry = |ui: &mut Ui, title: &str, on: bool, action: Action| {
        if menu_entry(ui, title, "", true, on).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    entry(ui, "Expand all groups", false, Action::Rows(RowsAction::FoldGroups(false)));
    entry(ui, "Collapse all groups", false, Action::Rows(RowsAction::FoldGroups(true)));
    entry(ui, "Hide rows without time in view", document.hides_idle, Action::Rows(RowsAction::ToggleIdleRows));
    ui.separator();
    for (title, choices) in [("Group goroutines by", Choices::Groupings), ("Sort goroutines by", Choices::Orders)] {
        let response = menu_entry(ui, title, "\u{203a}", true, false);
        SubMenu::new().show(ui, &response, |ui| choices_ui(ui, document, choices, actions));
    }
}

/// The groupings or orders that there are.
fn choices_ui(ui: &mut Ui, document: &Document, choices: Choices, actions: &mut Actions) {
    let mut entry = |ui: &mut Ui, title: &str, on: bool, action: RowsAction| {
        if menu_entry(ui, title, "", true, on).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    match choices {
        Choices::Groupings => {
            for by in GroupBy::ALL {
                entry(ui, by.title(), document.group_by == by, RowsAction::GroupGoroutines(by));
            }
        }
        Choices::Orders => {
            for order in GoroutineOrder::ALL {
                entry(ui, order.title(), document.order() == order, RowsAction::OrderGoroutines(order));
            }
            ui.separator();
            entry(ui, "Reverse order", document.is_reversed, RowsAction::ReverseOrder);
        }
    }
}

fn hairline(painter: &egui::Painter, frame: &Frame<'_>, rect: Rect) {
    let line = rect.bottom() - frame.pixel() / 2.0;
    painter.hline(rect.x_range(), line, Stroke::new(frame.pixel(), frame.hairline()));
}

fn label(
    ui: &Ui,
    frame: &Frame<'_>,
    (lane, is_pinned): (LaneId, bool),
    rect: Rect,
    cache: &mut TimelineCache,
    actions: &mut Actions,
) {
    if !cache.names.contains_key(&lane) {
        if cache.names.len() > 4096 {
            cache.names.clear();
        }
        let mut label = words::label_of(frame.trace, lane);
        if let Some(works_on) = words::works_on(frame.trace, lane) {
            label.function = works_on.to_owned();
        }
        cache.names.insert(lane, label);
    }
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let response = ui.interact(rect.intersect(place), frame.id(("lane", lane, is_pinned)), Sense::click());
    let selected = frame.document.selection.lane() == Some(lane);
    response.widget_info(|| {
        // As it shows, and the start function where that tells less.
        let own = words::label_of(frame.trace, lane);
        let shown = cache.names.get(&lane).filter(|shown| shown.function != own.function);
        let name = match shown {
            Some(LaneLabel { id, function }) => {
                format!("{id} {} ({})", labels::without_path(function), labels::without_path(&own.function))
            }
            None => words::lane_name(frame.trace, lane),
        };
        let name = format!("{}{name}", pinned_word(is_pinned));
        WidgetInfo::selected(Role::Button, true, selected, name)
    });
    if response.clicked() {
        actions.push(SelectAction::SelectLane(lane));
    }
    context_menu(&response, |ui| menu::entries_ui(ui, frame, Subject::Lane(lane), actions));
    let painter = ui.painter_at(place);
    if frame.document.selection == Selection::Lane(lane) || response.hovered() || selected {
        let amount = if selected { 0.20 } else { 0.08 };
        let over = if selected { frame.tokens.accent } else { frame.tokens.text };
        painter.rect_filled(rect, 0.0, mix(frame.tokens.panel, over, amount));
    }
    let Some(label) = cache.names.get(&lane) else { return };
    let advance = |c: char| cache.advances.advance(c);
    let room = rect.width() - INDENT - 8.0;
    let LaneLabel { id, function } = labels::lane_label(label, room, &advance);
    let y = rect.top() + frame.document.sizes.lane as f32 / 2.0;
    let plain = function.is_empty();
    let color = if plain { frame.tokens.text } else { frame.tokens.muted };
    let left = pos2(rect.left() + INDENT, y);
    let after = painter.text(left, Align2::LEFT_CENTER, id, frame.font(), color);
    let at = pos2(after.right() + advance(' ') + 1.0, y);
    painter.text(at, Align2::LEFT_CENTER, function, frame.font(), frame.tokens.text);
    hairline(&painter, frame, rect);
    if response.hovered() {
        response.on_hover_ui(|ui| {
            let LaneLabel { id, function } = words::label_of(frame.trace, lane);
            ui.label(if function.is_empty() { id } else { format!("{id} {function}") });
            if let Some(works_on) = words::works_on(frame.trace, lane) {
                ui.label(format!("works on {works_on}"));
            }
        });
    }
}
