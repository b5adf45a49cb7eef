//! The search field in the tool bar: hits counted by kind, errors underlined, completions, steps from hit to hit.

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{Color32, Id, Key, Popup, PopupCloseBehavior, RichText, Role, Stroke, TextEdit, Ui, WidgetInfo};

use trace_core::analysis::search::complete::Completion;
use trace_core::analysis::search::hit::HitKind;
use trace_core::analysis::search::query::QueryError;

use crate::action::action::{Action, Actions, SettingsAction};
use crate::fmt::escape::visible;
use crate::fmt::number::count;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::search::{Search, SearchAction};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{icon_button, icon_toggle};
use crate::widget::field::line_field;
use crate::widget::menu::menu_entry;

/// Widths of the field, points.
const WIDTH: std::ops::RangeInclusive<f32> = 120.0..=340.0;
/// Width of the five tools at either side of the field, points.
pub const TOOLS: f32 = 5.0 * (space::ICON_BUTTON + space::HAIR) + space::M;
/// Room for the tools at the right end of the bar and the time beside them, points.
const RIGHT: f32 = 250.0;
/// Room for what stands right of the field, points.
const BESIDE: f32 = 190.0;
/// Completions that are offered at most.
const OFFERED: usize = 8;

/// Room that the field takes at least; 0 without a trace to search.
pub fn least_width(state: &AppState) -> f32 {
    match searched(state) {
        Some(_) => space::M + WIDTH.start(),
        None => 0.0,
    }
}

fn searched(state: &AppState) -> Option<&Document> {
    state.document().filter(|document| document.has_lanes())
}

/// Shows the field for the trace in front, and leaves room for tools at its right.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions, has_tools_beside: bool) {
    let Some(document) = searched(state) else { return };
    let search = &document.search;
    let (least_right, right) = if has_tools_beside { (TOOLS, RIGHT) } else { (0.0, 0.0) };
    let has_room = ui.available_width() >= least_width(state) + BESIDE + least_right;
    let beside = match search.query.is_empty() {
        true => 0.0,
        false if has_room => BESIDE,
        false => space::ICON_BUTTON,
    };
    let room = ui.available_width() - space::M - right - beside;
    let mut push = |action: SearchAction| actions.push(Action::Search(document.id, action));
    ui.add_space(space::M);
    let id = Id::unique("search-field");
    let mut text = search.text.clone();
    let output = field(ui, id, &mut text, &search.query.errors, room.clamp(*WIDTH.start(), *WIDTH.end()));
    let response = output.response.response.clone();
    response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Search"));
    focus(ui, id, state.search_focus, &text);
    if text != search.text {
        push(SearchAction::Text(text.clone()));
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered {
        let back = ui.input(|input| input.modifiers.shift);
        push(SearchAction::Step(if back { -1 } else { 1 }));
        // Enter again goes on.
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    if has_room {
        beside_ui(ui, search, &mut push);
    }
    let mut kept = Actions::default();
    star_ui(ui, state, &search.text, &mut kept);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let popup = Popup::from_response(&response)
        .id(id.with("popup"))
        .open(has_focus && (!text.is_empty() || !state.settings.searches.is_empty()))
        .close_behavior(PopupCloseBehavior::IgnoreClicks);
    let (mut chosen, mut kept_choice) = (None, None);
    popup.show(|ui| {
        ui.set_width(response.rect.width().max(280.0));
        if text.is_empty() {
            kept_choice = kept_ui(ui, state);
            return;
        }
        counts_ui(ui, search);
        chosen = completions_ui(ui, search);
    });
    if let Some(kept) = kept_choice {
        push(SearchAction::Text(kept));
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    if let Some(completion) = chosen {
        let mut completed = text;
        if completed.get(completion.range.clone()).is_some() {
            completed.replace_range(completion.range, &completion.insert);
            push(SearchAction::Text(completed));
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    }
    kept.drain().into_iter().for_each(|action| actions.push(action));
}

/// Searches that were kept; the one that was chosen.
fn kept_ui(ui: &mut Ui, state: &AppState) -> Option<String> {
    let mut chosen = None;
    for kept in &state.settings.searches {
        if menu_entry(ui, &visible(kept), "kept", true, false).clicked() {
            chosen = Some(kept.clone());
        }
    }
    chosen
}

/// Keeps what is searched for, or no longer.
fn star_ui(ui: &mut Ui, state: &AppState, text: &str, actions: &mut Actions) {
    if text.trim().is_empty() {
        return;
    }
    let is_kept = state.settings.searches.iter().any(|known| known == text);
    let hint = if is_kept { "Keep this search no longer" } else { "Keep this search" };
    if icon_toggle(ui, icons::STAR, hint, "", is_kept).clicked() {
        actions.push(SettingsAction::ToggleSearch(text.to_owned()));
    }
}

/// The field with errors underlined.
fn field(ui: &mut Ui, id: Id, text: &mut String, errors: &[QueryError], width: f32) -> egui::text_edit::TextEditOutput {
    let tokens = tokens::of(ui.ctx());
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _wrap: f32| {
        let job = underlined(text.as_str(), errors, tokens.text, tokens.warning);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    line_field(text).id(id).hint_text("Search or filter  ( / )").desired_width(width).layouter(&mut layouter).show(ui)
}

fn underlined(text: &str, errors: &[QueryError], plain: Color32, wrong: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let format = |is_wrong: bool| TextFormat {
        font_id: fonts::body(),
        color: plain,
        underline: if is_wrong { Stroke::new(1.5, wrong) } else { Stroke::NONE },
        ..TextFormat::default()
    };
    let mut at = 0;
    for error in errors {
        // The errors are of the text of the frame before.
        let (Some(before), Some(range)) = (text.get(at..error.range.start), text.get(error.range.clone())) else {
            break;
        };
        job.append(before, 0.0, format(false));
        job.append(range, 0.0, format(true));
        at = error.range.end;
    }
    job.append(text.get(at..).unwrap_or_default(), 0.0, format(false));
    job
}

/// Gives the field the focus, and selects its text, whenever that was asked for once more.
fn focus(ui: &Ui, id: Id, asked: u64, text: &str) {
    let known_id = id.with("asked");
    let known: u64 = ui.ctx().data(|data| data.get_temp(known_id)).unwrap_or_default();
    if known == asked {
        return;
    }
    ui.ctx().data_mut(|data| data.insert_temp(known_id, asked));
    ui.memory_mut(|memory| memory.request_focus(id));
    let mut field = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    field.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(0), end)));
    field.store(ui.ctx(), id);
}

/// How many hits, steps between them, and the filter.
fn beside_ui(ui: &mut Ui, search: &Search, push: &mut impl FnMut(SearchAction)) {
    if search.query.is_empty() {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    ui.add_space(space::S);
    let found = search.found();
    let total = found.map_or(0, |hits| hits.total());
    let said = match (search.number(), found.is_some_and(|hits| hits.is_complete)) {
        (Some(number), _) => format!("{} of {}", count(number), count(total)),
        (None, true) => format!("{} found", count(total)),
        (None, false) => format!("{}…", count(total)),
    };
    ui.label(RichText::new(said).font(fonts::small()).color(tokens.muted));
    if icon_button(ui, icons::UP, "Previous hit", "Shift+Enter", total > 0).clicked() {
        push(SearchAction::Step(-1));
    }
    if icon_button(ui, icons::DOWN, "Next hit", "Enter", total > 0).clicked() {
        push(SearchAction::Step(1));
    }
    if icon_toggle(ui, icons::FILTER, "Show only goroutines with hits", "", search.filters).clicked() {
        push(SearchAction::Filter(!search.filters));
    }
}

/// Hits by kind, and what is wrong with the text.
fn counts_ui(ui: &mut Ui, search: &Search) {
    let tokens = tokens::of(ui.ctx());
    for error in &search.query.errors {
        ui.label(RichText::new(visible(&error.message)).font(fonts::small()).color(tokens.warning));
    }
    let Some(found) = search.found() else { return };
    let kinds = HitKind::ALL.iter().filter(|kind| found.count(**kind) > 0).map(|kind| {
        let hits = found.count(*kind);
        format!("{} {}", count(hits), if hits == 1 { kind.singular() } else { kind.plural() })
    });
    let kinds: Vec<String> = kinds.collect();
    let said = match (kinds.is_empty(), found.is_complete) {
        (false, _) => kinds.join(" \u{b7} "),
        (true, true) => "Nothing found".to_owned(),
        (true, false) => "Searching…".to_owned(),
    };
    ui.label(RichText::new(said).font(fonts::small()).color(tokens.muted));
}

/// Lists what the text could go on with; the one that was clicked.
fn completions_ui(ui: &mut Ui, search: &Search) -> Option<Completion> {
    let (text, offered) = &search.completions;
    if offered.is_empty() || *text != search.text {
        return None;
    }
    ui.separator();
    let mut chosen = None;
    for completion in offered.iter().take(OFFERED) {
        if menu_entry(ui, &visible(&completion.insert), completion.what, true, false).clicked() {
            chosen = Some(completion.clone());
        }
    }
    chosen
}
