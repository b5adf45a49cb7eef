//! The scroll bar right of the lanes: for twenty rows or two million.

use egui::{Rect, Sense, Ui, WidgetInfo, pos2};

use crate::action::action::{Actions, ViewAction};
use crate::state::view::{View, clamp_scroll};
use crate::timeline::cache::TimelineCache;
use crate::timeline::drag::Drag;
use crate::timeline::frame::Frame;

/// The thumb is never shorter, points.
const THUMB_LEAST: f64 = 28.0;

/// Where the thumb is (distance from the bar's top, height) for rows `content` high in a view `height`
/// high, scrolled by `scroll`; `None` if all rows are in view.
fn thumb(scroll: f64, content: f64, height: f64) -> Option<(f64, f64)> {
    if content <= height || height <= 0.0 {
        return None;
    }
    let length = (height * height / content).max(THUMB_LEAST).min(height);
    Some((scroll / (content - height) * (height - length), length))
}

/// The scroll position at which the thumb's top is at `top`.
fn scroll_at(top: f64, content: f64, height: f64) -> f64 {
    let Some((_, length)) = thumb(0.0, content, height) else { return 0.0 };
    let way = (height - length).max(1.0);
    clamp_scroll(top / way * (content - height), content, height)
}

/// Shows the scroll bar, which drags and clicks move.
pub fn ui(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache, actions: &mut Actions) {
    let bar = frame.strips.scroll_bar;
    ui.painter().rect_filled(bar, 0.0, frame.tokens.panel);
    let (content, height) = (frame.layout.height(), f64::from(bar.height()));
    let Some((top, length)) = thumb(frame.view.scroll_points, content, height) else { return };
    let response = ui.interact(bar, frame.id("scroll bar"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::ScrollBar, true, "Rows"));
    let thumb_top = bar.top() + top as f32;
    let rect =
        Rect::from_min_max(pos2(bar.left() + 2.0, thumb_top), pos2(bar.right() - 2.0, thumb_top + length as f32));
    let color = if response.hovered() || response.dragged() { frame.tokens.muted } else { frame.tokens.line };
    ui.painter().rect_filled(rect, 3.0, color);

    let Some(pointer) = response.interact_pointer_pos() else { return };
    if response.is_pointer_button_down_on() && !matches!(cache.drag, Some(Drag::Scroll(_))) {
        let grip = if rect.y_range().contains(pointer.y) { pointer.y - rect.top() } else { length as f32 / 2.0 };
        cache.drag = Some(Drag::Scroll(grip));
    }
    let scroll = match cache.drag {
        Some(Drag::Scroll(grip)) => scroll_at(f64::from(pointer.y - grip - bar.top()), content, height),
        _ => return,
    };
    if response.drag_stopped() || !response.is_pointer_button_down_on() {
        cache.drag = None;
    }
    let view = View { scroll_points: scroll, ..frame.view };
    if view != frame.view {
        cache.motion.set_directly(view);
        actions.push(ViewAction::SetView(view));
        ui.ctx().request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::{THUMB_LEAST, scroll_at, thumb};

    #[test]
    fn the_thumb_reaches_both_ends() {
        for content in [1_000.0, 44_000_000.0] {
            let (top, length) = thumb(0.0, content, 800.0).expect("a thumb");
            assert_eq!(top, 0.0);
            assert!(length >= THUMB_LEAST);
            let (end, _) = thumb(content - 800.0, content, 800.0).expect("a thumb");
            assert!((end + length - 800.0).abs() < 1e-9);
            assert!((scroll_at(end, content, 800.0) - (content - 800.0)).abs() < 1e-6);
        }
        assert_eq!(thumb(0.0, 500.0, 800.0), None);
    }
}
