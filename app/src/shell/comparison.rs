//! The centre of the window: one timeline, or two that are compared, A over B. Above them how their times
//! lie over each other; between them a border to drag.

use egui::containers::menu::MenuButton;
use egui::{
    Align, CursorIcon, DragValue, Id, Layout, Rect, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use trace_core::base::time::TimeRange;

use crate::action::action::{Action, Actions, AnalysisAction, ComparisonAction, FileAction, SettingsAction};
use crate::action::commands;
use crate::action::keymap;
use crate::fmt::time::duration;
use crate::shell::session;
use crate::state::app::AppState;
use crate::state::comparison::{Align as Alignment, OpenComparison, Side, same_clock};
use crate::state::document::Document;
use crate::state::query::ask;
use crate::state::view::View;
use crate::theme::{fonts, icons, space, tokens};
use crate::timeline;
use crate::timeline::cache::TimelineCache;
use crate::timeline::frame::TimelineSlot;
use crate::timeline::strips::Strips;
use crate::widget::badge::badge;
use crate::widget::button::{icon_button, icon_toggle};
use crate::widget::chip::chip;
use crate::widget::link::link_in;
use crate::widget::menu::menu_entry;

/// Height of the bar above both, points.
const BAR: f32 = 32.0;
/// Width of the menu of a side, points.
const MENU_WIDTH: f32 = 280.0;
/// Height of the counters when they are unfolded, points.
const COUNTERS: f32 = 84.0;
/// Height of the border between them, points.
const BORDER: f32 = 5.0;

/// Shows the timeline, or both.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents)) = state.shown_pair() else {
        if !session::ui(ui, state, actions) {
            timeline::ui(ui, state, actions);
        }
        return;
    };
    pending_align(pair, documents, actions);
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_filled(area, 0.0, tokens.panel);
    let bar = area.with_max_y(area.min.y + BAR);
    bar_ui(&mut inside(ui, bar.shrink2(vec2(space::M, 0.0)), "bar"), state, pair, documents, actions);
    let places = Places::new(area.with_min_y(bar.max.y), state.settings.pair_share);
    timelines_ui(ui, state, (pair, documents), &places, actions);
    for side in Side::BOTH {
        let place = places.lanes[side.at()];
        let strips = Strips::of_pair(place, state.settings.gutter_points, pair.counters_points);
        head_ui(ui, (side, strips.gutter_of(strips.minimap)), state, (pair, documents), actions);
        limit_ui(ui, (side, strips.minimap), pair, documents[side.at()], actions);
    }
    border_ui(ui, &places, actions);
}

/// Has done what was asked for before the traces were there, once they are and what it needs is looked up.
fn pending_align(pair: &OpenComparison, documents: [&Document; 2], actions: &mut Actions) {
    let Some(pending_align) =
        pair.pending_align.as_ref().filter(|_| documents.iter().all(|document| document.is_settled()))
    else {
        return;
    };
    let mut is_ready = true;
    if let Some(anchor) = &pending_align.anchor {
        for document in documents {
            let query = ask::Anchor(anchor.clone());
            is_ready &= document.queries.is_done(&query);
            if document.queries.get(&query).is_none() {
                actions.push(AnalysisAction::Ask(document.id, query.into()));
            }
        }
    }
    if is_ready {
        actions.push(Action::Comparison(ComparisonAction::ApplyPendingAlign));
    }
}

/// Where the parts of a comparison lie in the window.
struct Places {
    all: Rect,
    lanes: [Rect; 2],
    border: Rect,
}

impl Places {
    fn new(all: Rect, share: f32) -> Self {
        let room = (all.height() - BORDER).max(0.0);
        let middle = (all.min.y + room * share).round();
        let border = Rect::from_min_max(pos2(all.min.x, middle), pos2(all.max.x, middle + BORDER));
        Self { all, lanes: [all.with_max_y(border.min.y), all.with_min_y(border.max.y)], border }
    }
}

fn inside(ui: &mut Ui, rect: Rect, salt: impl std::hash::Hash + std::fmt::Debug) -> Ui {
    let layout = Layout::left_to_right(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(salt));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child
}

/// Both timelines. The one that the pointer works on is painted first, and leads the other in this frame.
fn timelines_ui(
    ui: &mut Ui,
    state: &AppState,
    (pair, documents): (&OpenComparison, [&Document; 2]),
    places: &Places,
    actions: &mut Actions,
) {
    let [a, b] = documents;
    let link = pair.link(a, b);
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let front = state.active.and_then(|id| pair.side_of(id)).unwrap_or(Side::A);
    let dragged = Side::BOTH.into_iter().find(|side| is_dragged(ui, *side));
    let under = Side::BOTH.into_iter().find(|side| pointer.is_some_and(|at| places.lanes[side.at()].contains(at)));
    let lead = dragged.or(under).unwrap_or(front);
    let mut led: Option<View> = None;
    for side in [lead, lead.other()] {
        let (document, place) = (documents[side.at()], places.lanes[side.at()]);
        let mut child = inside(ui, place, side);
        let mut own = Actions::default();
        let shown = timeline::document_ui(&mut child, state, (document, TimelineSlot::Of(side), led), &mut own);
        led = shown.filter(|_| pair.is_linked).map(|view| link.view_across(side, view, 0.0));
        for action in own.drain() {
            actions.push(Action::On(document.id, Box::new(action)));
        }
        if side == front {
            let line = Rect::from_min_max(place.min, pos2(place.min.x + 3.0, place.max.y));
            ui.painter().rect_filled(line, 0.0, tokens::of(ui.ctx()).sides[side.at()]);
        }
    }
    if pair.is_linked
        && let Some(at) = pointer.filter(|_| under == Some(lead))
    {
        let other = places.lanes[lead.other().at()];
        let gutter = state.settings.gutter_points;
        if at.x > other.min.x + gutter && at.x < other.max.x - space::M {
            let color = tokens::of(ui.ctx()).muted.gamma_multiply(0.7);
            ui.painter_at(other).vline(at.x, other.y_range(), Stroke::new(1.0, color));
        }
    }
}

fn is_dragged(ui: &Ui, side: Side) -> bool {
    let store = TimelineCache::of(ui.ctx(), TimelineSlot::Of(side));
    let store = store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    store.drag.is_some()
}

/// Link, alignment, offset; swap and leave.
fn bar_ui(ui: &mut Ui, state: &AppState, pair: &OpenComparison, documents: [&Document; 2], actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let [a, b] = documents;
    ui.spacing_mut().item_spacing.x = space::XS;
    let (icon, hint) =
        if pair.is_linked { (icons::LINKED, "Both move together") } else { (icons::UNLINKED, "Each moves by itself") };
    if icon_toggle(ui, icon, hint, &keymap::text_of_id("compare-link", &state.settings), pair.is_linked).clicked() {
        actions.push(Action::Comparison(ComparisonAction::ToggleLink));
    }
    ui.add_space(space::S);
    let quiet = |text: &str| RichText::new(text).font(fonts::small()).color(tokens.muted);
    if pair.is_linked {
        ui.label(quiet("Align"));
        for align in Alignment::ALL {
            let possible = align != Alignment::WallClock || same_clock(&a.trace, &b.trace).is_some();
            let response = ui.add_enabled_ui(possible, |ui| chip(ui, align.name(), pair.align == align)).inner;
            let response = response.on_hover_text(hint_of(align)).on_disabled_hover_text(
                "Wall-clock time is in traces of Go 1.25 and later: one of these traces has none",
            );
            if response.clicked() {
                let chosen = pair.anchors.iter().all(Option::is_some);
                actions.push(Action::Comparison(match align {
                    Alignment::Anchors if !chosen || pair.align == align => ComparisonAction::AlignSelections,
                    _ => ComparisonAction::Align(align),
                }));
            }
        }
        ui.add_space(space::S);
        offset_ui(ui, pair, documents, actions);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::HAIR;
        for (icon, id) in [(icons::CLOSE, "compare-leave"), (icons::SWAP, "compare-swap"), (icons::LIST, "compare")] {
            let Some(command) = commands::by_id(id) else { continue };
            let made = command.action(state);
            let clicked =
                icon_button(ui, icon, command.name, &keymap::text_of(command, &state.settings), made.is_some())
                    .clicked();
            actions_of(actions, made.filter(|_| clicked));
        }
    });
}

fn actions_of(actions: &mut Actions, made: Option<Action>) {
    if let Some(action) = made {
        actions.push(action);
    }
}

const fn hint_of(align: Alignment) -> &'static str {
    match align {
        Alignment::Start => "Align the starts of both traces",
        Alignment::WallClock => "Align by wall-clock time",
        Alignment::Anchors => "Align the selected (or marked) times of A and B; again to update",
        Alignment::Stretch => "B is stretched or squeezed to the length of A",
    }
}

/// How much later B begins than A, as shown: to drag or to type.
fn offset_ui(ui: &mut Ui, pair: &OpenComparison, [a, b]: [&Document; 2], actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new("B begins").font(fonts::small()).color(tokens.muted));
    let before = pair.offset_nanos(a, b);
    let mut nanos = before;
    let per_point = a.view.map_or(1_000.0, |view| view.span_nanos / 1_000.0);
    let field = DragValue::new(&mut nanos)
        .speed(per_point)
        .custom_formatter(|nanos, _| signed(nanos))
        .custom_parser(nanos_from);
    let response = ui.add(field).on_hover_text("Drag, or click and type: 1.5ms, -20us, 2s");
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Offset of B"));
    ui.label(RichText::new("after A").font(fonts::small()).color(tokens.muted));
    if (nanos - before).abs() > 0.5 {
        actions.push(Action::Comparison(ComparisonAction::Offset(nanos)));
    }
    if pair.shift_nanos.abs() > 0.5 && link_in(ui, "Reset", fonts::small()).clicked() {
        actions.push(Action::Comparison(ComparisonAction::Align(pair.align)));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
fn signed(nanos: f64) -> String {
    duration(nanos.round() as i64)
}

/// `1.5ms`, `-20 us`, `2s`, `300ns`; a bare number counts milliseconds.
fn nanos_from(text: &str) -> Option<f64> {
    let text = text.trim().replace([' ', '\u{2009}', ','], "").replace('−', "-").replace('µ', "u");
    let units = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9)];
    let (number, unit) = units
        .into_iter()
        .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number, unit)))
        .unwrap_or((text.as_str(), 1e6));
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * unit)
}

/// Left of a minimap: whose it is, and what can be done with it. B's can be dragged along A.
fn head_ui(
    ui: &mut Ui,
    (side, place): (Side, Rect),
    state: &AppState,
    (pair, documents): (&OpenComparison, [&Document; 2]),
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let document = documents[side.at()];
    let is_front = state.active == Some(document.id);
    ui.painter().rect_filled(place, 0.0, tokens.panel);
    ui.painter().rect_filled(place, 0.0, tokens.sides[side.at()].gamma_multiply(if is_front { 0.22 } else { 0.10 }));
    let is_dragged = side == Side::B && pair.is_linked;
    let sense = if is_dragged { Sense::click_and_drag() } else { Sense::click() };
    let response = ui.interact(place, Id::unique(("pair head", side)), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Timeline of {}", side.letter())));
    if response.clicked() {
        actions.push(FileAction::Activate(document.id));
    }
    if response.dragged()
        && response.drag_delta().x != 0.0
        && let Some(view) = documents[0].view
    {
        let width = (places_width(ui, state)).max(1.0);
        let moved = f64::from(response.drag_delta().x / width) * view.span_nanos;
        let nanos = pair.offset_nanos(documents[0], documents[1]) + moved;
        actions.push(Action::Comparison(ComparisonAction::Offset(nanos)));
    }
    let mut ui = inside(ui, place.shrink2(vec2(space::S, 0.0)), ("head", side));
    ui.spacing_mut().item_spacing.x = space::S;
    badge(&mut ui, side.at());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let name = format!("More about {}", side.letter());
        let menu = MenuButton::from_button(
            egui::Button::new(RichText::new(icons::UNFOLDED).font(fonts::icon_sized(12.0))).frame(false),
        );
        let (button, _) = menu.ui(ui, |ui| menu_ui(ui, side, state, pair, document, actions));
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let length =
            if document.is_loading() { "loading…".to_owned() } else { duration(document.trace.range().nanos()) };
        ui.label(RichText::new(length).font(fonts::small()).color(tokens.muted));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let title = RichText::new(document.title()).font(fonts::small_strong());
            ui.add(egui::Label::new(title).truncate().selectable(false).sense(Sense::empty()));
        });
    });
    let hint = if is_dragged { format!("{}\nDrag it along A", document.title()) } else { document.title() };
    if is_dragged {
        response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal).on_hover_text(hint);
    } else {
        response.on_hover_text(hint);
    }
}

/// Width of the lanes, points.
fn places_width(ui: &Ui, state: &AppState) -> f32 {
    ui.max_rect().width() - state.settings.gutter_points
}

/// What can be done with a side.
fn menu_ui(
    ui: &mut Ui,
    side: Side,
    state: &AppState,
    pair: &OpenComparison,
    document: &Document,
    actions: &mut Actions,
) {
    ui.set_width(MENU_WIDTH);
    let letter = side.letter();
    let mut entry = |ui: &mut Ui, text: &str, on: bool, action: Action| {
        if menu_entry(ui, text, "", true, on).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    let limit = |range: Option<TimeRange>| Action::Comparison(ComparisonAction::Limit(side, range));
    entry(ui, &format!("All of {letter} counts"), pair.limit(document.id).is_none(), limit(None));
    if let Some(range) = document.marked.filter(|marked| marked.nanos() > 0) {
        let on = pair.limit(document.id) == Some(range);
        entry(ui, &format!("Only the mark counts ({})", duration(range.nanos())), on, limit(Some(range)));
    }
    if let Some(range) = document.view.map(|view| view.range().intersect(document.trace.range()))
        && range.nanos() > 0
    {
        let text = format!("Only the visible time ({}) is compared", duration(range.nanos()));
        entry(ui, &text, pair.limit(document.id) == Some(range), limit(Some(range)));
    }
    ui.separator();
    let shown = pair.counters_points > 0.0;
    let points = if shown { 0.0 } else { COUNTERS };
    let counters = Action::On(document.id, Box::new(Action::Settings(SettingsAction::SetCounters(points))));
    entry(ui, "Counters over the lanes", shown, counters);
    let others = pair.series.iter().enumerate().filter(|(_, id)| !pair.sides.contains(id));
    let others: Vec<_> = others.filter_map(|(at, id)| Some((at, state.document_by_id(*id)?))).collect();
    if side == Side::B && !others.is_empty() {
        ui.separator();
        for (at, other) in others {
            let text = format!("Show {} {} here", at + 1, other.title());
            entry(ui, &text, false, Action::Comparison(ComparisonAction::Lower(other.id)));
        }
    }
    ui.separator();
    entry(ui, &format!("Close {letter}"), false, Action::File(FileAction::CloseDocument(document.id)));
}

/// At the right of a minimap: which part of the side counts, or that the mark could be it.
fn limit_ui(
    ui: &mut Ui,
    (side, strip): (Side, Rect),
    pair: &OpenComparison,
    document: &Document,
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let letter = side.letter();
    let limited = pair.limit(document.id);
    // Instances of a row are marked: nobody wants only those to count.
    let marked = document.marked.filter(|marked| marked.nanos() > 0 && limited != Some(*marked) && pair.row.is_none());
    if limited.is_none() && marked.is_none() {
        return;
    }
    let limit = |range: Option<TimeRange>| Action::Comparison(ComparisonAction::Limit(side, range));
    let font = fonts::small();
    let mut texts: Vec<(String, Option<Action>)> = Vec::new();
    if let Some(range) = limited {
        let at = |time: trace_core::base::time::TraceTime| document.offset_of(time);
        texts.push((format!("Only {} to {} counts", at(range.start), at(range.end)), None));
        texts.push((format!("All of {letter}"), Some(limit(None))));
    }
    if let Some(range) = marked {
        texts
            .push((format!("Count only the mark ({}) in {letter}", duration(range.nanos())), Some(limit(Some(range)))));
    }
    let wide = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), tokens.text).size().x;
    let width: f32 = texts.iter().map(|(text, _)| wide(text) + space::M).sum::<f32>() + space::S;
    let ground = strip.with_min_x((strip.max.x - width).max(strip.min.x)).shrink2(vec2(0.0, 2.0));
    ui.painter().rect_filled(ground, space::RADIUS, tokens.popup);
    let mut ui = inside(ui, ground.shrink2(vec2(space::S, 0.0)), ("limit", side));
    ui.spacing_mut().item_spacing.x = space::M;
    for (text, action) in texts {
        match action {
            None => {
                ui.label(RichText::new(text).font(font.clone()).color(tokens.warning));
            }
            Some(action) => {
                if link_in(&mut ui, &text, font.clone()).clicked() {
                    actions.push(action);
                }
            }
        }
    }
}

fn border_ui(ui: &Ui, places: &Places, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let border = places.border;
    let response = ui.interact(border.expand(1.0), Id::unique("pair border"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Border between A and B"));
    let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.line };
    ui.painter().rect_filled(border, 0.0, color);
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        let share = (at.y - BORDER / 2.0 - places.all.min.y) / (places.all.height() - BORDER).max(1.0);
        actions.push(Action::Comparison(ComparisonAction::Share(share)));
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
}

#[cfg(test)]
mod tests {
    use super::{Places, nanos_from};
    use egui::{Rect, pos2};

    #[test]
    fn offsets_are_read_as_people_write_them() {
        for (text, nanos) in [("1.5ms", 1.5e6), ("-20 us", -2e4), ("2 s", 2e9), ("7", 7e6), ("300ns", 300.0)] {
            assert_eq!(nanos_from(text), Some(nanos), "{text}");
        }
        assert_eq!(nanos_from("−3.00 µs"), Some(-3_000.0));
        assert_eq!(nanos_from("soon"), None);
        assert_eq!(nanos_from("inf"), None);
    }

    #[test]
    fn parts_fill_the_area() {
        let area = Rect::from_min_max(pos2(0.0, 10.0), pos2(100.0, 410.0));
        let places = Places::new(area, 0.5);
        assert_eq!(places.lanes[0].min, area.min);
        assert_eq!(places.lanes[0].max.y, places.border.min.y);
        assert_eq!(places.border.max.y, places.lanes[1].min.y);
        assert_eq!(places.lanes[1].max, area.max);
    }
}
