//! A guided tour on the sample trace: a card with a few sentences for each step, while the window does what they say.

use egui::{Align2, Area, Context, Frame, Id, Label, Margin, Order, RichText, vec2};

use trace_core::base::time::TimeRange;

use crate::action::action::{Action, Actions, AnalysisAction, InstantAction, PanelAction, SelectAction, ViewAction};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::document::{Document, Source};
use crate::state::query::ask;
use crate::state::scope::ScopeChoice;
use crate::theme::{fonts, space, tokens};
use crate::widget::button::{Kind, text_button};
use trace_core::model::lanes::LaneId;

/// Width of the card, points.
const WIDTH: f32 = 380.0;

/// A step: what it is called, what it says, and what the window does when it comes.
struct Step {
    title: &'static str,
    text: &'static str,
    does: fn(&Document) -> Vec<Action>,
}

const STEPS: [Step; 6] = [
    Step {
        title: "A request that waited",
        text: "This trace is from a server on which one request took far longer than the others. The strip on top is the whole \
               trace; below it are requests (tasks) and goroutines, grouped by the function that they were started with. \
               Zoom with Ctrl and the wheel, drag to pan.",
        does: |_| vec![Action::View(ViewAction::ShowAll)],
    },
    Step {
        title: "What Tracelane thinks",
        text: "The panel Findings names probable causes, the worst first, with the place in the code and what to do. \
               Press J to go from one to the next.",
        does: |_| {
            vec![Action::Panel(PanelAction::OpenPanel(Panel::Findings)), AnalysisAction::ChooseFinding(Some(0)).into()]
        },
    },
    Step {
        title: "The wait itself",
        text: "This span is the wait. The blue arrow comes from the goroutine that ended it: follow it with [. Details and \
               stacks are at the right. Alt+← goes back.",
        does: |document| {
            let found = document.queries.answer(&ask::Findings);
            let first = found.and_then(|found| found.list.first()).and_then(|finding| finding.links.first());
            let place = first.map(|place| SelectAction::GoToStretch(LaneId::Goroutine(place.go), place.range));
            place.into_iter().map(Action::Select).collect()
        },
    },
    Step {
        title: "Select time, and everything follows",
        text: "Shift+Drag over rows selects time on them. The Selection panel shows how that time was spent, on \
               which goroutines, and their wakeups; all other analyses are limited to it, too. Esc clears it.",
        does: |document| {
            let all = document.trace.range();
            let range = document.view.map_or(all, |view| view.range().intersect(all));
            let third = range.nanos() / 3;
            let range = TimeRange::new(range.start.plus_nanos(third), range.end.plus_nanos(-third));
            let area = SelectAction::SelectArea(range, Vec::new());
            vec![Action::Select(area), Action::Panel(PanelAction::OpenPanel(Panel::Selection))]
        },
    },
    Step {
        title: "One moment",
        text: "Press I with the pointer on the timeline to see everything at that moment, like a goroutine dump: which \
               goroutines run, which are runnable, and where the others are blocked.",
        does: |document| {
            let at = document.marked.map(|range| range.start.plus_nanos(range.nanos() / 2));
            vec![Action::Select(SelectAction::ClearArea), Action::Instant(InstantAction::Show(at))]
        },
    },
    Step {
        title: "From here on",
        text: "Ctrl+Shift+P finds every command, / searches everything, B bookmarks a place. The manual in the Help menu \
               has a page for each panel.",
        does: |_| {
            let whole = AnalysisAction::SetScope(ScopeChoice::default());
            vec![Action::Instant(InstantAction::Close), whole.into(), Action::View(ViewAction::ShowAll)]
        },
    },
];

/// Shows the card of the step that the tour is at. Waits until the sample is there and its findings are known.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let Some(tour) = state.tour else { return };
    let Some(document) = state.document().filter(|document| document.source == Source::Sample) else { return };
    let is_ready = document.is_settled() && document.queries.is_done(&ask::Findings);
    let Some(step) = STEPS.get(tour.step) else { return };
    if is_ready && !tour.is_done {
        (step.does)(document).into_iter().for_each(|action| actions.push(action));
        actions.push(PanelAction::TourDone);
    }
    let tokens = tokens::of(ctx);
    if ctx.memory(|memory| memory.area_rect(Id::unique("tour"))).is_none() {
        // Its size is known from its second frame on.
        ctx.request_repaint();
    }
    let area = Area::new(Id::unique("tour")).order(Order::Foreground);
    area.anchor(Align2::RIGHT_BOTTOM, vec2(-space::L, -(space::STATUS + space::L))).show(ctx, |ui| {
        Frame::popup(ui.style()).inner_margin(Margin::same(16)).corner_radius(8).show(ui, |ui| {
            ui.set_width(WIDTH);
            let number = format!("Step {} of {}", tour.step + 1, STEPS.len());
            ui.label(RichText::new(number).font(fonts::small()).color(tokens.muted));
            ui.label(RichText::new(step.title).font(fonts::title()));
            ui.add_space(space::XS);
            ui.add(Label::new(step.text).wrap());
            ui.add_space(space::S);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                let is_last = tour.step + 1 >= STEPS.len();
                let next = if is_last { "End the tour" } else { "Next" };
                if text_button(ui, Kind::Plain, "", next).clicked() {
                    actions.push(PanelAction::Tour((!is_last).then_some(tour.step + 1)));
                }
                if tour.step > 0 && text_button(ui, Kind::Quiet, "", "Back").clicked() {
                    actions.push(PanelAction::Tour(Some(tour.step - 1)));
                }
                if !is_last && text_button(ui, Kind::Quiet, "", "End the tour").clicked() {
                    actions.push(PanelAction::Tour(None));
                }
            });
        });
    });
}
