//! The command palette: every command, and the way to any time, lane or name, by a few letters.

use egui::{Area, Context, Frame, Id, Key, Margin, Modifiers, Order, Role, ScrollArea, Ui, WidgetInfo, vec2};

use trace_core::analysis::find::{Found, FoundKind};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, AnalysisAction, InstantAction, SelectAction, ViewAction};
use crate::action::commands::COMMANDS;
use crate::action::keymap;
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::place::{parse_stretch, parse_target, parse_time};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::palette::PaletteAction;
use crate::state::query::ask;
use crate::state::search::SearchAction;
use crate::state::view::FIT_AIR;
use crate::theme::{fonts, space, tokens};
use crate::widget::field::line_field;
use crate::widget::menu::menu_entry;

const WIDTH: f32 = 620.0;
/// Lines that show without scrolling.
const SHOWN: f32 = 14.0;
/// Height of a line, points.
const LINE: f32 = 28.0;
/// Things that a name stands for, listed at most.
const FOUND: usize = 40;

/// A line of the palette.
struct Line {
    text: String,
    key: String,
    is_on: bool,
    action: Action,
}

/// Shows it while it is open.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let Some(palette) = &state.palette else { return };
    let tokens = tokens::of(ctx);
    if ctx.memory(|memory| memory.area_rect(Id::unique("palette"))).is_none() {
        // Its size is known from its second frame on.
        ctx.request_repaint();
    }
    let screen = ctx.content_rect();
    let width = WIDTH.min(screen.width() - space::XXL);
    let lines = lines(state, &palette.text, actions);
    let chosen = palette.chosen.min(lines.len().saturating_sub(1));
    // The list follows the choice of keys, not of the wheel.
    let follows = ctx.input(|input| input.key_down(Key::ArrowDown) || input.key_down(Key::ArrowUp));
    let mut carried_out = keys(ctx, &lines, chosen, actions);
    let area = Area::new(Id::unique("palette"))
        .order(Order::Foreground)
        .anchor(egui::Align2::CENTER_TOP, vec2(0.0, space::BAR + space::L));
    let shown = area.show(ctx, |ui| {
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(10)).corner_radius(8);
        frame.show(ui, |ui| {
            ui.set_width(width - 20.0);
            field(ui, &palette.text, actions);
            ui.add_space(space::S);
            if lines.is_empty() {
                let text = "No command, time, lane or name like this";
                ui.label(egui::RichText::new(text).color(tokens.muted));
            }
            let list = ScrollArea::vertical().max_height(SHOWN * LINE).auto_shrink([false, true]);
            list.show(ui, |ui| {
                for (at, line) in lines.iter().enumerate() {
                    let ground = ui.painter().add(egui::Shape::Noop);
                    let response = menu_entry(ui, &line.text, &line.key, true, line.is_on);
                    if at == chosen {
                        let rect = egui::epaint::RectShape::filled(response.rect, space::RADIUS, tokens.hovered);
                        ui.painter().set(ground, rect);
                        if follows {
                            response.scroll_to_me(None);
                        }
                    }
                    if response.clicked() {
                        carried_out = Some(at);
                    }
                }
            });
        });
    });
    let outside = ctx.input(|input| {
        input.pointer.any_click() && input.pointer.interact_pos().is_some_and(|at| !shown.response.rect.contains(at))
    });
    if let Some(line) = carried_out.and_then(|at| lines.into_iter().nth(at)) {
        actions.push(Action::Palette(PaletteAction::Toggle));
        actions.push(line.action);
    } else if outside {
        actions.push(Action::Palette(PaletteAction::Toggle));
    }
}

/// Up and Down choose, Enter carries out. The line that is to be carried out.
fn keys(ctx: &Context, lines: &[Line], chosen: usize, actions: &mut Actions) -> Option<usize> {
    let pressed = |key: Key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = lines.len().saturating_sub(1);
    let moved = if pressed(Key::ArrowDown) {
        Some(if chosen >= last { 0 } else { chosen + 1 })
    } else if pressed(Key::ArrowUp) {
        Some(chosen.checked_sub(1).unwrap_or(last))
    } else {
        None
    };
    if let Some(moved) = moved {
        actions.push(Action::Palette(PaletteAction::Choose(moved)));
    }
    (pressed(Key::Enter) && !lines.is_empty()).then_some(chosen)
}

fn field(ui: &mut Ui, known: &str, actions: &mut Actions) {
    let mut text = known.to_owned();
    let hint = "A command, G25, 1.2s, 1s..2s, or a part of a name";
    let field = line_field(&mut text).id_salt("palette-field").hint_text(hint).font(fonts::body());
    let response = ui.add(field.desired_width(f32::INFINITY).margin(Margin::symmetric(8, 6)));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Command palette"));
    if !response.has_focus() {
        response.request_focus();
    }
    if text != known {
        actions.push(Action::Palette(PaletteAction::Text(text)));
    }
}

/// The lines for a text: places first, as only they can be meant by `1.2s`; then commands, then what has it in its name.
fn lines(state: &AppState, text: &str, actions: &mut Actions) -> Vec<Line> {
    let text = text.trim();
    let document = state.document().filter(|document| document.has_lanes());
    let mut lines = document.map(|document| places(document, text)).unwrap_or_default();
    lines.extend(commands(state, text));
    if let Some(document) = document.filter(|_| text.chars().count() >= 2) {
        lines.extend(named(document, text, actions));
        let search = Action::Search(document.id, SearchAction::Text(text.to_owned()));
        let text = format!("Search everything for \u{201c}{text}\u{201d}");
        lines.push(Line { text, key: String::new(), is_on: false, action: search });
    }
    lines
}

/// Commands that make sense now and have all words in their name, their help or their menu: those first whose name begins
/// with the text.
fn commands(state: &AppState, text: &str) -> Vec<Line> {
    let wanted = text.to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let mut found: Vec<(u8, Line)> = Vec::new();
    for command in COMMANDS.iter().filter(|command| command.id != "palette" && command.id != "escape") {
        let Some(action) = command.action(state) else { continue };
        let name = command.name.to_lowercase();
        let all = format!("{name} {} {}", command.help.to_lowercase(), command.group.title().to_lowercase());
        if !words.iter().all(|word| all.contains(word)) {
            continue;
        }
        let rank = match () {
            () if name.starts_with(&wanted) => 0,
            () if words.iter().all(|word| name.contains(word)) => 1,
            () => 2,
        };
        let is_on = command.is_on.is_some_and(|is_on| is_on(state));
        let text = format!("{}: {}", command.group.title(), command.name.trim_end_matches('…'));
        found.push((rank, Line { text, key: keymap::text_of(command, &state.settings), is_on, action }));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, line)| line).collect()
}

/// A time, a range or a lane that the text names.
fn places(document: &Document, text: &str) -> Vec<Line> {
    let trace = &document.trace;
    let all = trace.range();
    let line = |text: String, action: Action| Line { text, key: String::new(), is_on: false, action };
    let mut lines = Vec::new();
    if let Some(time) = parse_time(text).map(|nanos| document.time_at(nanos)).filter(|time| all.contains(*time)) {
        let at = document.offset_of(time);
        let length = document.view.map_or(all.nanos(), |view| view.range().nanos());
        let around = TimeRange::new(time.plus_nanos(-length / 2), time.plus_nanos(length / 2));
        lines.push(line(format!("Go to {at}"), Action::View(ViewAction::ShowRange(around))));
        lines.push(line(format!("Instant view at {at}"), Action::Instant(InstantAction::Show(Some(time)))));
    }
    if let Some(stretch) = parse_stretch(text) {
        let at = |nanos: Option<i64>| nanos.map(|nanos| document.time_at(nanos));
        let (start, end) = (at(stretch.start_nanos), at(stretch.end_nanos));
        let range = TimeRange::new(start.unwrap_or(all.start), end.unwrap_or(all.end)).intersect(all);
        if range.nanos() > 0 {
            let view = document.view.map(|view| view.fit(range, FIT_AIR, document.reach()).range());
            let show = ViewAction::ShowRange(view.unwrap_or(range));
            lines.push(line(format!("Show {text}"), Action::View(show)));
            lines.push(line(format!("Select {text}"), Action::Select(SelectAction::SelectArea(range, Vec::new()))));
        }
    }
    if let Some(target) = parse_target(text)
        && let Some(lane) = target.lane.find(trace)
    {
        let span = target.time_nanos.and_then(|nanos| trace.span_at(lane, document.time_at(nanos)));
        let go = span.map_or(SelectAction::GoToLane(lane), |span| SelectAction::GoTo(span.at));
        lines.push(line(format!("Go to {}", visible(&name::lane(trace, lane))), Action::Select(go)));
    }
    lines
}

/// Goroutines, tasks, regions and messages with the text in their name; asks for them if nobody has.
fn named(document: &Document, text: &str, actions: &mut Actions) -> Vec<Line> {
    let query = ask::Find(text.to_owned());
    let Some(progress) = document.queries.get(&query) else {
        actions.push(AnalysisAction::Ask(document.id, query.into()));
        return Vec::new();
    };
    let Some(found) = progress.answer() else { return Vec::new() };
    let trace = &document.trace;
    let line = |found: &Found| {
        let (kind, name) = match found.kind {
            FoundKind::Goroutine => ("Goroutine", name::goroutine(trace, found.go)),
            FoundKind::Task => ("Task", trace.str(found.name).to_owned()),
            FoundKind::Region => ("Region", trace.str(found.name).to_owned()),
            FoundKind::Log => ("Message", trace.str(found.name).to_owned()),
        };
        let lane = LaneId::Goroutine(found.go);
        let end = found.range.end.max(found.range.start.plus_nanos(1));
        let action = SelectAction::GoToStretch(lane, TimeRange::new(found.range.start, end));
        Line {
            text: format!("{kind}: {}", visible(&name)),
            key: document.offset_of(found.range.start),
            is_on: false,
            action: Action::Select(action),
        }
    };
    found.list.iter().take(FOUND).map(line).collect()
}
