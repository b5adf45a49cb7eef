//! The strip over the lanes that says which goroutines have lanes, while others are hidden; a click shows all.

use std::sync::Arc;

use egui::{Align2, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::action::action::{Actions, RowsAction};
use crate::fmt::number::count;
use crate::state::section::Section;
use crate::theme::{fonts, icons, space};
use crate::timeline::frame::Frame;
use crate::widget::button::glyph;

/// Height of the chip, points.
const CHIP: f32 = 22.0;
/// Widest that the chip gets, points.
const WIDEST: f32 = 720.0;

/// Paints it, and takes clicks on the chip.
pub fn ui(ui: &Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let Some(lane_filter) = &frame.document.lane_filter else { return };
    let (tokens, lanes) = (frame.tokens, frame.strips.filter);
    let strip = frame.strips.gutter_of(lanes).union(lanes).with_max_x(frame.strips.scroll_bar.right());
    if strip.height() < CHIP {
        return;
    }
    let painter = ui.painter_at(strip);
    painter.rect_filled(strip, 0.0, tokens.panel);
    let line = strip.bottom() - frame.pixel() / 2.0;
    painter.hline(strip.x_range(), line, Stroke::new(frame.pixel(), tokens.line));

    // Not all of them are there yet while rows are made, or read.
    let shown = u64::from(frame.document.rows.lanes_in(Section::Goroutines));
    let all = u64::from(frame.trace.goroutine_count());
    // Half a million goroutines are not compared one by one in each frame.
    let is_made =
        frame.document.rows.lane_filter().is_some_and(|made| Arc::ptr_eq(made, lane_filter) || made == lane_filter);
    let numbers = if is_made { format!("{} of {}", count(shown), count(all)) } else { "…".to_owned() };
    let left = strip.left() + 12.0;
    let numbers =
        painter.text(pos2(left, strip.center().y), Align2::LEFT_CENTER, numbers, fonts::small(), tokens.muted);

    let start = lanes.left().max(numbers.right() + space::M) + space::S;
    let room = (strip.right() - start - space::S).min(WIDEST);
    let mut job =
        egui::text::LayoutJob::simple_singleline(lane_filter.title.clone(), fonts::small_strong(), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((room - CHIP - 2.0 * space::S).max(20.0));
    let text = painter.layout_job(job);
    let size = vec2(text.size().x + CHIP + 1.5 * space::S, CHIP);
    let chip = Rect::from_min_size(pos2(start, strip.center().y - CHIP / 2.0), size);
    let response = ui.interact(chip, frame.id("filter"), Sense::click());
    let name = format!("Show all goroutines, not only these: {}", lane_filter.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let over = response.hovered() || response.has_focus();
    painter.rect_filled(chip, CHIP / 2.0, tokens.accent.gamma_multiply(if over { 0.3 } else { 0.2 }));
    if response.has_focus() {
        painter.rect_stroke(chip, CHIP / 2.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    painter.galley(pos2(chip.left() + space::S, chip.center().y - text.size().y / 2.0), text, tokens.text);
    let cross = Rect::from_center_size(pos2(chip.right() - CHIP / 2.0, chip.center().y), vec2(16.0, 16.0));
    glyph(ui, cross, icons::CLOSE, fonts::icon_sized(12.0), if over { tokens.text } else { tokens.muted });
    if response.clicked() {
        actions.push(RowsAction::ShowOnly(None));
    }
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(format!("{}\nShow all goroutines (Esc)", lane_filter.title));
}
