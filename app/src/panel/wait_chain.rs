//! Where the time of the selected span, or of a marked stretch of its goroutine, went: one sentence, and
//! steps that sum to it exactly.

use egui::{Label, RichText, Ui};

use trace_core::analysis::wait_chain::{Doing, Step, WaitChain};
use trace_core::analysis::why::Why;
use trace_core::base::ids::{StackId, StrId};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, exact, offset};
use crate::panel::answer;
use crate::state::app::AppState;
use crate::state::study::{Answer, Question};
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::chip::chip;
use crate::widget::link::copy_button;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const SHARES: [Column; 6] = [
    number("Time", 76.0),
    number("Share", 70.0),
    number("Steps", 52.0),
    text("Who", 0.0),
    text("State", 190.0),
    text("Where", 0.0),
];
const STEPS: [Column; 6] = [
    number("At", 104.0),
    number("Time", 76.0),
    text("Who", 0.0),
    text("State", 190.0),
    text("Where", 0.0),
    text("Ended the wait of", 0.0),
];
/// Points that a step moves to the right for each wait between it and the victim.
const INDENT: f32 = 10.0;

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Some((go, range)) = document.chain_target() else {
        empty(ui, "Select a span, or mark a stretch of a goroutine (Ctrl+drag), to see where its time went");
        return;
    };
    let question = Question::WaitChain(go, range);
    let Some(Answer::WaitChain(found)) = answer(ui, document, &question, actions) else { return };
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    let id = ui.make_persistent_id("chain-steps");
    let mut steps = ui.ctx().data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    ui.horizontal(|ui| {
        let title = format!("{}, {}", name::goroutine(trace, go), duration(range.nanos()));
        ui.add(Label::new(RichText::new(title).font(fonts::strong())).truncate()).on_hover_text(exact(range.nanos()));
        let number = count(found.longest.steps.len() as u64);
        for (text, is_steps) in [("Added up".to_owned(), false), (format!("In order ({number})"), true)] {
            if chip(ui, &text, steps == is_steps).clicked() {
                steps = is_steps;
                ui.ctx().data_mut(|data| data.insert_temp(id, steps));
            }
        }
    });
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if copy_button(ui, "this sentence") {
            actions.push(Action::Copy(visible(&found.sentence).into_owned()));
        }
        ui.add(Label::new(&found.sentence).wrap());
    });
    if trace.warnings().iter().any(|warning| warning.kind.is_damage()) {
        ui.label(RichText::new("Partial: the trace is damaged").font(fonts::small()).color(tokens.warning));
    }
    ui.add_space(space::XS);
    if steps {
        steps_ui(ui, trace, &found.longest, actions);
    } else {
        shares_ui(ui, trace, found, actions);
    }
}

fn shares_ui(ui: &mut Ui, trace: &Trace, found: &Why, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let whole = found.longest.range.nanos().unsigned_abs();
    let rows = found.shares.len();
    // The last row is the sum.
    let touched = table(
        ui,
        ("shares", &SHARES),
        rows + 1,
        None,
        |_| false,
        |row| {
            let Some(share) = found.shares.get(row) else {
                let sum: u64 = found.shares.iter().map(|share| share.nanos).sum();
                let sum_of = |text: String| Cell::number(text).colored(tokens.text);
                return vec![
                    sum_of(duration(i64::try_from(sum).unwrap_or(i64::MAX))),
                    sum_of(percent(sum, whole)),
                    sum_of(count(found.longest.steps.len() as u64)),
                    Cell::text("Total").strong(),
                ];
            };
            vec![
                Cell::number(duration(i64::try_from(share.nanos).unwrap_or(i64::MAX))),
                Cell::number(percent(share.nanos, whole)).colored(tokens.muted),
                Cell::number(count(share.count)).colored(tokens.muted),
                Cell::text(name::goroutine(trace, share.go)).colored(tokens.accent),
                Cell::text(did(trace, share.doing, share.reason)).dotted(lanes::doing(tokens, share.doing)),
                Cell::number(place(trace, share.stack)).colored(tokens.muted),
            ]
        },
    );
    if let Some(share) = touched.clicked.and_then(|row| found.shares.get(row)) {
        jump(trace, share.go, share.longest, actions);
    }
}

fn steps_ui(ui: &mut Ui, trace: &Trace, chain: &WaitChain, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let origin = trace.range().start;
    let touched = table(
        ui,
        ("steps", &STEPS),
        chain.steps.len(),
        None,
        |_| false,
        |row| {
            let Some(step) = chain.steps.get(row) else { return Vec::new() };
            let depth = chain.depth(step).min(8) as f32;
            vec![
                Cell::number(offset(step.range.start.nanos_since(origin))),
                Cell::number(duration(step.range.nanos())),
                Cell::text(name::goroutine(trace, step.go)).colored(tokens.accent).indented(depth * INDENT),
                Cell::text(did(trace, step.doing, step.reason)).dotted(lanes::doing(tokens, step.doing)),
                Cell::number(place(trace, step.stack)).colored(tokens.muted),
                Cell::text(ended(trace, chain, step)).colored(tokens.muted),
            ]
        },
    );
    if let Some(step) = touched.clicked.and_then(|row| chain.steps.get(row)) {
        match step.span {
            Some(span) => actions.push(Action::GoTo(span)),
            None => jump(trace, step.go, step.range, actions),
        }
    }
}

/// Which wait a step explains: whose, and where they waited.
fn ended(trace: &Trace, chain: &WaitChain, step: &Step) -> String {
    let Some(link) = chain.link(step) else { return String::new() };
    let at = place(trace, link.stack);
    let who = trace.goroutine_name(link.go).map_or_else(String::new, |(id, _)| format!("G{}", id.signed()));
    if at.is_empty() { who } else { format!("{who} in {at}") }
}

fn jump(trace: &Trace, go: trace_core::base::ids::GoIx, range: TimeRange, actions: &mut Actions) {
    let lane = LaneId::Goroutine(go);
    match trace.span_at(lane, range.start) {
        Some(span) => actions.push(Action::GoTo(span.at)),
        None => actions.push(Action::GoToLane(lane)),
    }
}

/// The telling function of a stack and its line.
fn place(trace: &Trace, stack: StackId) -> String {
    name::frame_of(trace, stack).map(|frame| name::place(frame.function, frame.file, frame.line)).unwrap_or_default()
}

/// What a goroutine did, with the runtime's reason for a wait.
fn did(trace: &Trace, doing: Doing, reason: StrId) -> String {
    match (doing, trace.str(reason)) {
        (Doing::Waiting(_), reason) if !reason.is_empty() => format!("Waiting ({reason})"),
        _ => name::doing(doing).to_owned(),
    }
}
