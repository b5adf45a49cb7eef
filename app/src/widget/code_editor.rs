//! An editor for code of a few lines: coloured words, a mark under what is wrong, and a list of what can go on at the
//! cursor, which keys choose from: Tab takes, Enter too once one was chosen by arrows, Esc closes, Ctrl+Space opens.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{
    Color32, Context, EventFilter, Frame, Id, Key, Label, Margin, Modifiers, Popup, PopupCloseBehavior, Rect, RichText,
    Role, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, vec2,
};

use crate::theme::{fonts, space, tokens};
use crate::widget::content;

/// Lines of the list at most.
const OFFERED: usize = 9;
/// Width of the list, points.
const LIST: f32 = 460.0;
/// Where the second column of the list begins, points.
const WHAT: f32 = 190.0;

/// Something that the text can go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What takes the place of what is begun.
    pub insert: String,
    /// What it is, in a word or two.
    pub what: String,
    /// What it means; may be empty.
    pub about: String,
}

/// What the text can go on with.
#[derive(Clone, Debug, Default)]
pub struct Suggestions {
    /// What is begun, in bytes.
    pub range: Range<usize>,
    /// What fits it, best first.
    pub list: Vec<Suggestion>,
}

/// A word of a text, in bytes, and its colour.
pub type Colored = (Range<usize>, Color32);

/// What the editor is given.
pub struct CodeEditor<'a> {
    /// Its name among all widgets.
    pub id: Id,
    /// The name that screen readers say.
    pub name: &'a str,
    /// What it says while it is empty.
    pub hint: &'a str,
    /// The text to show and to edit.
    pub text: &'a str,
    /// The colours of a text's words, in their order.
    pub colors: &'a dyn Fn(&str) -> Vec<Colored>,
    /// What is wrong, in bytes.
    pub wrong: Option<Range<usize>>,
    /// What a text can go on with at a place, in bytes.
    pub suggest: &'a dyn Fn(&str, usize) -> Suggestions,
    /// Counts how often it was to get the focus.
    pub focus: u64,
}

/// What the user did.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    /// The text, if it is another one now.
    pub text: Option<String>,
    /// Whether Ctrl+Enter was pressed.
    pub runs: bool,
}

/// The list of an editor.
#[derive(Clone, Debug, Default)]
struct Offer {
    is_open: bool,
    /// Where the cursor is, in bytes.
    cursor: usize,
    chosen: usize,
    /// The user has asked for the list, or moved in it: Enter takes what is chosen.
    is_meant: bool,
}

fn open_id() -> Id {
    Id::unique("code-editor-list")
}

/// Whether a key press belongs to the editor that has the focus.
#[must_use]
pub fn takes(ctx: &Context, key: Key) -> bool {
    let open: Option<Id> = ctx.data(|data| data.get_temp(open_id()));
    key == Key::Escape && open.is_some_and(|open| ctx.memory(|memory| memory.has_focus(open)))
}

impl CodeEditor<'_> {
    /// Shows it in all the room there is.
    pub fn ui(self, ui: &mut Ui) -> Edited {
        let mut edited = Edited::default();
        let offer_id = self.id.with("offer");
        let mut offer: Offer = ui.ctx().data(|data| data.get_temp(offer_id)).unwrap_or_default();
        let mut text = self.text.to_owned();
        let had_focus = ui.memory(|memory| memory.has_focus(self.id));
        offer.is_open &= had_focus;
        if had_focus {
            edited.runs = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
            if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Space)) {
                (offer.is_open, offer.is_meant, offer.chosen) = (true, true, 0);
            }
        }
        let offered = if offer.is_open { (self.suggest)(&text, offer.cursor) } else { Suggestions::default() };
        if offer.is_open
            && let Some(chosen) = keys(ui, &mut offer, offered.list.len())
        {
            self.accept(ui, &mut text, &offered, chosen);
            offer.is_open = false;
        }
        let accepted = text != self.text;
        let before = text.clone();
        let output = self.field(ui, &mut text);
        let cursor = output.1.map_or(text.len(), |at| byte_of(&text, at));
        if text != before {
            let offered = (self.suggest)(&text, cursor);
            let begun = text.get(offered.range.start..cursor).unwrap_or_default();
            let is_whole = offered.list.iter().any(|one| one.insert.eq_ignore_ascii_case(begun));
            let is_begun = !begun.is_empty() || text.get(..cursor).is_some_and(|text| text.ends_with('.'));
            let is_open = is_begun && !is_whole && !offered.list.is_empty() && text.len() > before.len();
            offer = Offer { is_open, cursor, chosen: 0, is_meant: false };
        } else if cursor != offer.cursor && !accepted {
            offer = Offer { is_open: offer.is_open && offer.is_meant, cursor, ..Offer::default() };
        }
        offer.cursor = cursor;
        let offered = if offer.is_open { (self.suggest)(&text, cursor) } else { Suggestions::default() };
        offer.is_open &= !offered.list.is_empty();
        if offer.is_open {
            ui.memory_mut(|memory| {
                let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
                memory.set_focus_lock_filter(self.id, filter);
            });
            if let Some(chosen) = list_ui(ui, (self.id, output.0), &offered, &offer) {
                self.accept(ui, &mut text, &offered, chosen);
                offer.is_open = false;
            }
        }
        let open = Some(self.id).filter(|_| offer.is_open);
        ui.ctx().data_mut(|data| {
            data.remove::<Id>(open_id());
            if let Some(id) = open {
                data.insert_temp(open_id(), id);
            }
            data.insert_temp(offer_id, offer);
        });
        edited.text = (text != self.text).then_some(text);
        edited
    }

    /// The field itself: where the cursor is on screen, and in characters.
    fn field(&self, ui: &mut Ui, text: &mut String) -> (Rect, Option<usize>) {
        let tokens = tokens::of(ui.ctx());
        let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, wrap: f32| {
            let mut job = self.job(text.as_str(), (tokens.text, tokens.error));
            job.wrap.max_width = wrap;
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let stroke = if ui.memory(|memory| memory.has_focus(self.id)) { tokens.accent } else { tokens.line };
        let frame = Frame::NONE
            .fill(tokens.background)
            .stroke(Stroke::new(1.0, stroke))
            .corner_radius(space::RADIUS)
            .inner_margin(Margin::symmetric(6, 4));
        frame
            .show(ui, |ui| {
                let room = ui.available_rect_before_wrap();
                let area = ScrollArea::vertical().id_salt(self.id).auto_shrink([false, false]);
                let shown = area.show(ui, |ui| {
                    let output = TextEdit::multiline(text)
                        .id(self.id)
                        .font(fonts::mono())
                        .hint_text(RichText::new(self.hint).font(fonts::mono()))
                        .desired_width(f32::INFINITY)
                        .desired_rows(1)
                        .min_size(vec2(0.0, ui.available_height()))
                        .frame(Frame::NONE)
                        .layouter(&mut layouter)
                        .show(ui);
                    let response = output.response.response.clone();
                    response.widget_info(|| {
                        let mut info = WidgetInfo::labeled(Role::MultilineTextInput, true, self.name);
                        info.current_text_value = Some(text.clone());
                        info
                    });
                    self.focus(ui, text);
                    let cursor = output.cursor_range.map(|range| range.primary);
                    let rect = cursor.map_or(Rect::NOTHING, |at| output.galley.pos_from_cursor(at));
                    let wanted = output.galley.size().y;
                    (rect.translate(output.galley_pos.to_vec2()), cursor.map(|at| at.index.0), wanted)
                });
                content::note_height(ui.ctx(), room, shown.inner.2 + space::S);
                (shown.inner.0, shown.inner.1)
            })
            .inner
    }

    /// The text with its colours.
    fn job(&self, text: &str, (plain, wrong): (Color32, Color32)) -> LayoutJob {
        let mut job = LayoutJob::default();
        let mut append = |range: Range<usize>, color: Color32| {
            let format = |color: Color32, underline: Stroke| TextFormat {
                font_id: fonts::mono(),
                color,
                underline,
                ..TextFormat::default()
            };
            let mark = self.wrong.clone().filter(|wrong| wrong.start < range.end && range.start < wrong.end);
            let inner = mark.map_or(range.end..range.end, |mark| mark.start.max(range.start)..mark.end.min(range.end));
            for (part, is_wrong) in
                [(range.start..inner.start, false), (inner.clone(), true), (inner.end..range.end, false)]
            {
                let underline = if is_wrong { Stroke::new(2.0, wrong) } else { Stroke::NONE };
                if let Some(part) = text.get(part).filter(|part| !part.is_empty()) {
                    job.append(part, 0.0, format(color, underline));
                }
            }
        };
        let mut at = 0;
        for (range, color) in (self.colors)(text) {
            append(at..range.start, plain);
            at = range.end;
            append(range, color);
        }
        append(at..text.len(), plain);
        job
    }

    /// Puts a suggestion where it belongs, and the cursor behind it.
    fn accept(&self, ui: &Ui, text: &mut String, offered: &Suggestions, chosen: usize) {
        let Some(one) = offered.list.get(chosen) else { return };
        if text.get(offered.range.clone()).is_none() {
            return;
        }
        text.replace_range(offered.range.clone(), &one.insert);
        let end = offered.range.start + one.insert.len();
        let cursor = CCursor::new(text.get(..end).map_or(0, |text| text.chars().count()));
        let mut state = TextEdit::load_state(ui.ctx(), self.id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(cursor)));
        state.store(ui.ctx(), self.id);
        ui.memory_mut(|memory| memory.request_focus(self.id));
    }

    /// Gives it the focus, with the cursor at the end, whenever that was asked for once more.
    fn focus(&self, ui: &Ui, text: &str) {
        let known_id = self.id.with("asked");
        let known: u64 = ui.ctx().data(|data| data.get_temp(known_id)).unwrap_or_default();
        if known == self.focus {
            return;
        }
        ui.ctx().data_mut(|data| data.insert_temp(known_id, self.focus));
        ui.memory_mut(|memory| memory.request_focus(self.id));
        let mut state = TextEdit::load_state(ui.ctx(), self.id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(text.chars().count()))));
        state.store(ui.ctx(), self.id);
    }
}

/// A text with a word in the place of what is selected in the editor, or at its cursor, which goes behind the word.
#[must_use]
pub fn inserted(ctx: &Context, id: Id, text: &str, word: &str) -> String {
    let mut state = TextEdit::load_state(ctx, id).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    let range = state.cursor.char_range().unwrap_or(CCursorRange::one(end)).as_sorted_char_range();
    let (start, end) = (byte_of(text, range.start.0), byte_of(text, range.end.0));
    let mut changed = text.to_owned();
    let needs_space = text.get(..start).and_then(|text| text.chars().next_back()).is_some_and(char::is_alphanumeric);
    let word = if needs_space { format!(" {word}") } else { word.to_owned() };
    changed.replace_range(start..end, &word);
    let cursor = CCursor::new(range.start.0 + word.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(cursor)));
    state.store(ctx, id);
    ctx.memory_mut(|memory| memory.request_focus(id));
    changed
}

/// What keys do to the open list: the suggestion that was taken.
fn keys(ui: &Ui, offer: &mut Offer, count: usize) -> Option<usize> {
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = count.min(OFFERED).saturating_sub(1);
    if pressed(Key::Escape) {
        offer.is_open = false;
        return None;
    }
    if pressed(Key::ArrowDown) {
        (offer.chosen, offer.is_meant) = (if offer.chosen >= last { 0 } else { offer.chosen + 1 }, true);
    }
    if pressed(Key::ArrowUp) {
        (offer.chosen, offer.is_meant) = (offer.chosen.checked_sub(1).unwrap_or(last), true);
    }
    let is_taken = pressed(Key::Tab) || (offer.is_meant && pressed(Key::Enter));
    (is_taken && count > 0).then_some(offer.chosen)
}

/// The place of a character, in bytes.
fn byte_of(text: &str, char: usize) -> usize {
    text.char_indices().nth(char).map_or(text.len(), |(at, _)| at)
}

/// The list below the cursor; what was clicked in it.
fn list_ui(ui: &Ui, (id, cursor): (Id, Rect), offered: &Suggestions, offer: &Offer) -> Option<usize> {
    let tokens = tokens::of(ui.ctx());
    let mut clicked = None;
    let popup = Popup::new(id.with("list"), ui.ctx().clone(), cursor.expand2(vec2(0.0, 3.0)), ui.layer_id())
        .close_behavior(PopupCloseBehavior::IgnoreClicks);
    popup.show(|ui| {
        ui.set_width(LIST);
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, one) in offered.list.iter().take(OFFERED).enumerate() {
            let (rect, response) = ui.allocate_exact_size(vec2(LIST, space::ROW), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, at == offer.chosen, &one.insert));
            if at == offer.chosen {
                ui.painter().rect_filled(rect, space::RADIUS, tokens.accent.gamma_multiply(0.22));
            } else if response.hovered() {
                ui.painter().rect_filled(rect, space::RADIUS, tokens.hovered);
            }
            let painter = ui.painter();
            let left = rect.left() + space::S;
            let middle = rect.center().y;
            let align = egui::Align2::LEFT_CENTER;
            painter.text(egui::pos2(left, middle), align, &one.insert, fonts::mono(), tokens.text);
            let what = egui::pos2(left + WHAT, middle);
            painter.text(what, align, &one.what, fonts::small(), tokens.muted);
            if response.clicked() {
                clicked = Some(at);
            }
        }
        let about = offered.list.get(offer.chosen).map_or("", |one| one.about.as_str());
        let more = offered.list.len().saturating_sub(OFFERED);
        let more = if more > 0 { format!("{more} more: type on") } else { String::new() };
        let said = [about, &more].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ·  ");
        if !said.is_empty() {
            ui.separator();
            ui.add(Label::new(RichText::new(said).font(fonts::small()).color(tokens.muted)).wrap());
        }
    });
    clicked
}
