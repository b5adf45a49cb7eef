//! Every request of the session: how long it took, where its time went, its slowest call. A click shows it on the request
//! lane.

use egui::{Color32, Rect, RichText, Sense, Ui, UiBuilder, pos2};

use crate::action::action::{Action, Actions};
use crate::action::session_action::SessionAction;
use crate::panel::session_table::{quiet_ui, sentence_ui, session, session_table_ui};
use crate::state::app::AppState;
use crate::state::session::{Built, OpenSession};
use crate::theme::{fonts, space, tokens};
use crate::widget::distribution::{self, Sample};
use crate::widget::legend::legend;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Plot, plot};

/// Panels at least so wide show the distribution beside the table, points.
const WIDE: f32 = 1_350.0;
/// Width of the distribution, points.
const PICTURE: f32 = 300.0;
/// Services that the legend names.
const NAMED: usize = 6;

/// Shows the requests of the session as a table, with a plot of their durations.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, built)) = session(ui, state) else { return };
    sentence_ui(ui, &built.report.headline, actions);
    for note in &built.report.notes {
        quiet_ui(ui, note);
    }
    let Some(table) = built.table("requests") else { return };
    let area = ui.available_rect_before_wrap();
    let is_wide = area.width() >= WIDE && built.durations.len() > 2;
    let left = if is_wide { area.with_max_x(area.max.x - PICTURE - space::L) } else { area };
    let mut part = ui.new_child(UiBuilder::new().max_rect(left).id_salt("requests"));
    part.set_clip_rect(left.intersect(ui.clip_rect()));
    let show = |row: usize| {
        let mut offered: Vec<(&'static str, Action)> =
            vec![("Show this request", SessionAction::ShowRequest(Some(row)).into())];
        if open.request.is_some_and(|shown| shown != row) {
            offered.push(("Show it below the shown request", SessionAction::Against(Some(row)).into()));
        }
        offered
    };
    let lead = |ui: &mut Ui| services_ui(ui, open, built);
    session_table_ui(&mut part, (state, open), ("requests", table, open.request), lead, show, actions);
    if is_wide {
        let right = Rect::from_min_max(pos2(area.max.x - PICTURE, area.min.y), area.max);
        distribution_ui(&mut ui.new_child(UiBuilder::new().max_rect(right).id_salt("distribution")), (open, built));
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The colours of the services.
fn services_ui(ui: &mut Ui, open: &OpenSession, built: &Built) {
    let tokens = tokens::of(ui.ctx());
    let named = built.session.services.iter().take(NAMED).zip(0_u32..);
    let color = |at: u32| tokens.service(at, open.color_of(at));
    let entries: Vec<(&str, Color32)> = named.map(|(service, at)| (service.name.as_str(), color(at))).collect();
    legend(ui, &entries);
    ui.add_space(space::S);
}

/// How long requests took, and where among them the shown one is.
fn distribution_ui(ui: &mut Ui, (open, built): (&OpenSession, &Built)) {
    let tokens = tokens::of(ui.ctx());
    let sample = Sample { values: built.durations.clone(), count: built.session.requests.len() as u64 };
    let samples = [sample, Sample::default()];
    let Some(x) = distribution::axis(&samples, true) else { return };
    let [sample, _] = samples;
    ui.label(RichText::new("Durations").font(fonts::small_strong()).color(tokens.muted));
    let all = distribution::histogram(&sample, &x, false, ("Requests", tokens.accent));
    let highest = all.points.iter().map(|point| point[1]).fold(1.0, f64::max);
    let shown = open.request.and_then(|at| built.span(built.request(at)?.root)).map(|span| span.nanos as f64);
    let shown: Vec<_> = shown
        .map(|nanos| {
            let points = vec![[nanos, 0.0], [nanos, highest]];
            crate::widget::plot::Series::line("Shown", tokens.outgoing, points)
        })
        .into_iter()
        .collect();
    let series: Vec<_> = std::iter::once(all).chain(shown).collect();
    let y = Axis::up_to(Unit::Count, highest);
    let height = (ui.available_height() - space::S).clamp(60.0, 220.0);
    plot(ui, &Plot { name: "Durations of requests", x, x_name: "", y, series: &series, marks: &[], height });
}
