//! Everything at one moment: the time with steps to the next change, a copy as a goroutine dump, and tables of who runs,
//! who is runnable, who is blocked where, and what differs from another moment.

use egui::{RichText, Ui};

use trace_core::base::time::TraceTime;

use crate::action::action::{Actions, InstantAction};
use crate::action::keymap::text_of_id;
use crate::fmt::time::{duration, exact, offset};
use crate::panel::analysis::report_ui;
use crate::report::analyses::Ask;
use crate::report::analyses::instant::OneInstant;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::instant::Moment;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::link::link_in;
use crate::widget::section::empty;
use trace_core::analysis::scope::Scope;

/// Shows everything at the chosen moment.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Some(moment) = document.instant else {
        empty(ui, "Press I with the pointer on the timeline to see everything at that moment");
        return;
    };
    head_ui(ui, (state, document), moment, actions);
    report_ui(ui, (state, document), &OneInstant, ask(document, moment), actions);
}

/// What to ask about a moment.
fn ask(document: &Document, moment: Moment) -> Ask {
    let range = document.trace.range();
    let nanos = |at: TraceTime| at.nanos_since(range.start).max(0);
    let lengths = match moment.against {
        Some(against) => [Some(nanos(against).unsigned_abs()), Some(nanos(moment.at).unsigned_abs())],
        None => [None; 2],
    };
    let length = moment.against.is_none().then(|| nanos(moment.at));
    Ask { length, lengths, ..Ask::about(Scope::during(range)) }
}

fn head_ui(ui: &mut Ui, (state, document): (&AppState, &Document), moment: Moment, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let since = |at: TraceTime| document.since_start(at);
    let key = |id: &str| text_of_id(id, &state.settings);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if icon_button(ui, icons::BACK, "Previous change", &key("instant-previous"), true).clicked() {
            actions.push(InstantAction::Step(false));
        }
        let at = RichText::new(offset(since(moment.at))).font(fonts::strong());
        ui.label(at).on_hover_text(exact(since(moment.at)));
        if icon_button(ui, icons::FORWARD, "Next change", &key("instant-next"), true).clicked() {
            actions.push(InstantAction::Step(true));
        }
        if link_in(ui, "Copy as goroutine dump", fonts::small()).clicked() {
            actions.push(InstantAction::CopyDump);
        }
        match moment.against {
            None => {
                let hint = "Keep this moment, and see what differs at the next one that you show";
                if link_in(ui, "Compare with another moment", fonts::small()).on_hover_text(hint).clicked() {
                    actions.push(InstantAction::Compare(true));
                }
            }
            Some(against) => {
                let apart = duration(moment.at.nanos_since(against));
                let text = format!("compared with {} ({apart} apart)", offset(since(against)));
                ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
                if link_in(ui, "Swap", fonts::small()).clicked() {
                    actions.push(InstantAction::Swap);
                }
                if link_in(ui, "End the comparison of moments", fonts::small()).clicked() {
                    actions.push(InstantAction::Compare(false));
                }
            }
        }
        if link_in(ui, "Close", fonts::small()).clicked() {
            actions.push(InstantAction::Close);
        }
    });
    ui.add_space(space::XS);
}
