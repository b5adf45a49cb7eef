//! Findings as pins on the ruler and in the overview: a click shows the place and unfolds the finding.

use egui::{Color32, CursorIcon, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};

use trace_core::analysis::findings::finding::{Finding, Severity};
use trace_core::model::lanes::LaneId;

use crate::action::action::{Actions, AnalysisAction, PanelAction, SelectAction};
use crate::action::panel::Panel;
use crate::state::query::ask;
use crate::state::view::View;
use crate::timeline::axis::Axis;
use crate::timeline::frame::Frame;

/// Findings that get pins at most.
const MOST: usize = 12;
/// Half the width of a pin, and its height, points.
const SIZE: [f32; 2] = [4.5, 8.0];

/// Paints the pins on both strips and listens to clicks on them.
pub fn ui(ui: &Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let Some(findings) = frame.document.queries.answer(&ask::Findings) else { return };
    let whole = View {
        start_nanos: frame.bounds.start.0 as f64,
        span_nanos: (frame.bounds.nanos() as f64).max(1.0),
        scroll_points: 0.0,
    };
    let overview = Axis::new(&whole, frame.strips.minimap.left(), frame.strips.minimap.width());
    // The weightiest lie on top.
    for (rank, finding) in findings.list.iter().enumerate().take(MOST).rev() {
        if finding.severity < Severity::Warning {
            continue;
        }
        let Some(link) = finding.links.first() else { continue };
        let x = overview.x_from_time(link.range.start);
        pin(ui, frame, (rank, finding), pos2(x, frame.strips.minimap.bottom()), "overview", actions);
        let (strip, x) = (frame.strips.ruler, frame.axis.x_from_time(link.range.start));
        if strip.x_range().contains(x) {
            pin(ui, frame, (rank, finding), pos2(x, strip.bottom()), "ruler", actions);
        }
    }
}

/// A pin whose point is at `tip`.
fn pin(
    ui: &Ui,
    frame: &Frame<'_>,
    (rank, finding): (usize, &Finding),
    tip: egui::Pos2,
    place: &str,
    actions: &mut Actions,
) {
    let [half, height] = SIZE;
    let rect = Rect::from_min_max(pos2(tip.x - half, tip.y - height), pos2(tip.x + half, tip.y));
    let response = ui.interact(rect.expand(3.0), frame.id(("pin", place, rank)), Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(
            egui::Role::Button,
            true,
            format!("Finding {} on the {place}: {}", rank + 1, finding.headline),
        )
    });
    let chosen = frame.document.finding == Some(rank);
    let color: Color32 = if finding.severity == Severity::Severe { frame.tokens.error } else { frame.tokens.warning };
    let grown = if chosen || response.hovered() { 1.5 } else { 0.0 };
    let corners = vec![
        tip,
        pos2(tip.x - half - grown, tip.y - height * 0.6),
        pos2(tip.x - half - grown, tip.y - height - grown),
        pos2(tip.x + half + grown, tip.y - height - grown),
        pos2(tip.x + half + grown, tip.y - height * 0.6),
    ];
    ui.painter().add(Shape::convex_polygon(corners, color, Stroke::new(1.0, frame.tokens.background)));
    if response.clone().on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&finding.headline).clicked() {
        actions.push(PanelAction::OpenPanel(Panel::Findings));
        actions.push(AnalysisAction::ChooseFinding(Some(rank)));
        if let Some(link) = finding.links.first() {
            actions.push(SelectAction::GoToStretch(LaneId::Goroutine(link.go), link.range));
        }
    }
}
