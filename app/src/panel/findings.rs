//! What probably costs the program its time: ranked, each a headline that unfolds into how it came about, what to change,
//! and the evidence.

use std::sync::Arc;

use egui::{Align, Label, Layout, Rect, Response, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::coverage::WaitSite;
use trace_core::analysis::findings::finding::{Finding, Severity, Value};
use trace_core::analysis::phrases::in_percent;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, AnalysisAction, RowsAction, SelectAction, SourceAction};
use crate::action::link_action::LinkAction;
use crate::action::panel::Panel;
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, exact, exact_nanos};
use crate::fmt::words;
use crate::link::place::Place;
use crate::panel::{point_to, working};
use crate::state::app::AppState;
use crate::state::document::{Document, LoadState};
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::query::ask;
use crate::state::questions::QueryState;
use crate::state::source::SourcePlace;
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::glyph;
use crate::widget::content;
use crate::widget::link::{copy_button, link, link_in};
use crate::widget::menu::{context_menu, menu_entry};
use crate::widget::section::empty;

/// Room right of the numbers, in which the scroll bar shows, points.
const BESIDE_BAR: f32 = space::M;
/// Room for a number at the right of a finding.
const NUMBER_WIDTH: f32 = 84.0;
/// Room left of a finding's headline: fold sign and severity mark.
const MARK_ROOM: f32 = 48.0;
/// More findings than this say nothing.
const MAX_SHOWN: usize = 60;
/// Room for the title of a line of evidence.
const TITLE_WIDTH: f32 = 80.0;
/// Sentences are no wider than can be read with ease.
const MAX_TEXT_WIDTH: f32 = 840.0;
/// Frames of the culprit's stack that show.
const MAX_FRAMES: usize = 12;

/// Shows the findings, ranked; the chosen one is unfolded.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let findings = match document.queries.get(&ask::Findings) {
        Some(QueryState::Answered(findings)) => findings,
        Some(QueryState::Asked) => return working(ui, "Looking for causes…"),
        Some(QueryState::Failed) => {
            return empty(ui, "The search for causes failed (internal error). The rest of the window is unaffected.");
        }
        None if !document.is_settled() => return working(ui, "The search for causes starts once the trace is loaded"),
        None => {
            actions.push(AnalysisAction::Ask(document.id, ask::Findings.into()));
            return working(ui, "Looking for causes…");
        }
    };
    let tokens = tokens::of(ui.ctx());
    if let Some(text) = partial(document) {
        ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
        ui.add_space(space::XS);
    }
    let shown = ScrollArea::vertical().id_salt("findings").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if findings.worst() < Some(Severity::Warning) {
            calm_ui(ui, findings);
        }
        heading_ui(ui, findings);
        let is_shown = |finding: &Finding| document.minor_findings || !finding.is_minor();
        let shown =
            findings.list.iter().enumerate().filter(|(rank, one)| is_shown(one) || document.finding == Some(*rank));
        for (rank, finding) in shown.take(MAX_SHOWN) {
            let open = document.finding == Some(rank);
            let response = finding_ui(ui, finding, open);
            if response.clicked() {
                actions.push(AnalysisAction::ChooseFinding((!open).then_some(rank)));
            }
            context_menu(&response, |ui| menu_ui(ui, document, finding, actions));
            if open {
                evidence_ui(ui, document, finding, actions);
            }
        }
        minor_ui(ui, document, findings, actions);
    });
    content::note(ui, &shown);
}

/// What can be done with a finding besides unfolding it.
fn menu_ui(ui: &mut Ui, document: &Document, finding: &Finding, actions: &mut Actions) {
    let mut entry = |ui: &mut Ui, text: &str, action: Action| {
        if menu_entry(ui, text, "", true, false).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    if let Some(place) = finding.links.first() {
        let go_to = SelectAction::GoToStretch(LaneId::Goroutine(place.go), place.range);
        entry(ui, "Go to it", Action::Select(go_to));
    }
    entry(ui, "Copy link", Action::Link(LinkAction::Copy(document.id, place_of(document, finding))));
    entry(ui, "Copy explanation", Action::Copy(format!("{}\n{}", finding.headline, finding.sentence())));
}

/// The place that a link to a finding is about: where it shows first, with the panel open.
fn place_of(document: &Document, finding: &Finding) -> Place {
    let trace = &document.trace;
    let place = match finding.links.first() {
        Some(place) => Place::stretch(trace, place.range).on(trace, LaneId::Goroutine(place.go)),
        None => Place::default(),
    };
    place.with_panel(Panel::Findings.info().id)
}

/// How many notes of low confidence there are; a click shows or hides them.
fn minor_ui(ui: &mut Ui, document: &Document, findings: &Findings, actions: &mut Actions) {
    let minor = findings.list.iter().filter(|finding| finding.is_minor()).count() as u64;
    if minor == 0 {
        return;
    }
    let verb = if document.minor_findings { "Hide" } else { "Show" };
    let text = format!("{verb} {}", words::counted(minor, "low-confidence note"));
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        ui.add_space(MARK_ROOM);
        if link(ui, &text).clicked() {
            actions.push(AnalysisAction::ShowMinorFindings(!document.minor_findings));
        }
    });
}

/// Why the findings may miss something; `None` for a whole trace.
fn partial(document: &Document) -> Option<&'static str> {
    if matches!(document.load, LoadState::Cancelled) {
        return Some("Partial: loading was stopped, so only part of the trace was analysed");
    }
    let damaged = document.trace.warnings().iter().any(|warning| warning.kind.is_damage());
    damaged.then_some("Partial: the trace is damaged, so missing parts were not analysed")
}

/// "No problems found", the largest waits, and the numbers behind it.
fn calm_ui(ui: &mut Ui, findings: &Findings) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        let (mark, _) = ui.allocate_exact_size(vec2(20.0, 24.0), Sense::hover());
        glyph(ui, mark, icons::CHECK, fonts::icon_sized(16.0), tokens.classes[1]);
        ui.label(RichText::new("No problems found").font(fonts::strong()));
    });
    ui.add_space(space::XS);
    if !findings.coverage.largest.is_empty() {
        ui.label(RichText::new("Largest waits").color(tokens.muted));
    }
    for site in &findings.coverage.largest {
        site_ui(ui, site);
    }
    ui.add_space(space::XS);
    ui.label(RichText::new(calm_numbers(findings)).color(tokens.muted));
    ui.add_space(space::M);
}

/// The numbers behind "nothing stands out".
/// `1.93 s  34 % of work time  120 × chan receive in main.worker  main.go:30`
fn site_ui(ui: &mut Ui, site: &WaitSite) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        ui.label(RichText::new(site.total.to_string()).font(fonts::mono())).on_hover_text(exact_nanos(site.total));
        if let Some(share) = site.share {
            ui.label(format!("{} of work time", in_percent(share)))
                .on_hover_text("Work time: the time of the program's goroutines less their waits for something to do");
        }
        let on = if site.operation.is_empty() { "waits" } else { &site.operation };
        ui.label(format!("{} × {on} in", count(site.count)));
        ui.label(RichText::new(name::function(&site.place.function)).font(fonts::mono()))
            .on_hover_text(&site.place.function);
        let at = name::line_of(&site.place.file, site.place.line);
        ui.label(RichText::new(at).font(fonts::mono_small()).color(tokens.muted)).on_hover_text(&site.place.file);
    });
}

fn calm_numbers(findings: &Findings) -> String {
    format!(
        "Procs busy {:.0} % · {} waited for locks · {} of GC, {} of it in STW pauses, \
         {} of mark assist · longest wait for a proc {}",
        findings.load.share * 100.0,
        findings.lock_wait,
        findings.gc,
        findings.stw,
        findings.assist,
        findings.longest_runnable,
    )
}

fn heading_ui(ui: &mut Ui, findings: &Findings) {
    if findings.list.is_empty() {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    let write = |x: f32, align: egui::Align2, text: &str| {
        ui.painter().text(pos2(x, rect.center().y), align, text, fonts::small(), tokens.muted);
    };
    write(rect.min.x + MARK_ROOM, egui::Align2::LEFT_CENTER, "Probable causes of lost time, by severity");
    write(rect.max.x - NUMBER_WIDTH - BESIDE_BAR, egui::Align2::RIGHT_CENTER, "Time lost");
    write(rect.max.x - BESIDE_BAR, egui::Align2::RIGHT_CENTER, "Confidence");
    ui.painter().hline(rect.x_range(), rect.bottom(), egui::Stroke::new(1.0, tokens.line));
}

/// One line (or more, as the headline needs): mark, headline, time lost, confidence.
fn finding_ui(ui: &mut Ui, finding: &Finding, open: bool) -> Response {
    let tokens = tokens::of(ui.ctx());
    let color = if finding.severity >= Severity::Warning || open { tokens.text } else { tokens.muted };
    let width = ui.available_width();
    let room = (width - MARK_ROOM - 2.0 * NUMBER_WIDTH - BESIDE_BAR).max(120.0);
    let galley = ui.painter().layout(finding.headline.clone(), fonts::strong(), color, room);
    let height = (galley.size().y + 10.0).max(28.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, open, &finding.headline));
    if open {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.raised);
    } else if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hovered.gamma_multiply(0.6));
    }
    let at = |x: f32| Rect::from_center_size(pos2(rect.min.x + x, rect.min.y + 14.0), vec2(16.0, 16.0));
    glyph(ui, at(12.0), if open { icons::UNFOLDED } else { icons::FOLDED }, fonts::icon_sized(12.0), tokens.muted);
    let (icon, color) = mark(finding.severity, tokens);
    glyph(ui, at(34.0), icon, fonts::icon_sized(16.0), color);
    ui.painter().galley(pos2(rect.min.x + MARK_ROOM, rect.min.y + 5.0), galley, tokens.text);
    let lost = finding.time_lost;
    let number = |x: f32, text: String, color| {
        let at = pos2(x - BESIDE_BAR, rect.min.y + 14.0);
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, text, fonts::mono(), color);
    };
    number(rect.max.x - NUMBER_WIDTH, lost.to_string(), tokens.text);
    number(rect.max.x, format!("{:.0} %", finding.confidence * 100.0), tokens.muted);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(format!(
        "{}: {} of goroutines' time, total",
        words::sentence(finding.severity.name()).trim_end_matches('.'),
        exact_nanos(lost)
    ))
}

/// Sign and colour of a severity: they differ in shape, too.
const fn mark(severity: Severity, tokens: &Tokens) -> (&'static str, egui::Color32) {
    match severity {
        Severity::Severe => (icons::ALARM, tokens.error),
        Severity::Warning => (icons::WARNING, tokens.warning),
        Severity::Note => (icons::INFO, tokens.muted),
    }
}

/// How it came about, what to do, the way there, where in the code, who is affected, and the numbers.
fn evidence_ui(ui: &mut Ui, document: &Document, finding: &Finding, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let left = ui.available_rect_before_wrap().min.x + MARK_ROOM;
    let place = ui.available_rect_before_wrap().with_min_x(left);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)));
    let words = evidence_words(finding);
    inside.ctx().accesskit_node_builder(inside.unique_id(), |node| {
        node.set_role(egui::Role::Group);
        node.set_label(words);
    });
    let ui_ = &mut inside;
    ui_.add_space(space::S);
    ui_.spacing_mut().item_spacing.y = space::XS;
    ui_.scope(|ui| {
        ui.set_max_width(MAX_TEXT_WIDTH.min(ui.available_width()));
        ui.add(Label::new(finding.sentence()).wrap());
    });
    ui_.add_space(space::XS);
    line(ui_, "Fix", |ui| {
        ui.set_max_width(MAX_TEXT_WIDTH.min(ui.available_width()));
        ui.add(Label::new(finding.check).wrap());
    });
    links_ui(ui_, document, finding, actions);
    if let Some(culprit) = &finding.culprit {
        line(ui_, "Source", |ui| {
            let exact = format!("{}\n{}:{}", culprit.place.function, culprit.place.file, culprit.place.line);
            let function = RichText::new(name::function(&culprit.place.function)).font(fonts::mono());
            ui.label(function).on_hover_text(&exact);
            let line = name::line_of(&culprit.place.file, culprit.place.line);
            if !line.is_empty() && link_in(ui, &line, fonts::mono()).on_hover_text(exact).clicked() {
                let place = SourcePlace { file: culprit.place.file.clone(), line: culprit.place.line };
                actions.push(SourceAction::ShowSource(place));
            }
            if copy_button(ui, "the place in the code") {
                actions.push(Action::Copy(format!("{}:{}", visible(&culprit.place.file), culprit.place.line)));
            }
        });
    }
    if !finding.victims.is_empty() {
        line(ui_, "Affected", |ui| {
            for victim in finding.victims.iter().take(6) {
                let text = format!("{} in", words::counted(victim.goroutines, "goroutine"));
                ui.label(text);
                ui.label(RichText::new(name::function(&victim.function)).font(fonts::mono()))
                    .on_hover_text(&victim.function);
                ui.add_space(space::S);
            }
        });
    }
    // Confidence and those affected are shown already.
    for figure in finding.figures().iter().filter(|figure| !["Confidence", "Affected"].contains(&figure.label)) {
        line(ui_, figure.label, |ui| {
            ui.add(Label::new(&figure.text).wrap());
        });
    }
    let more: Vec<(&str, &Value)> =
        finding.evidence.iter().filter_map(|(name, value)| Some((label(name)?, value))).collect();
    if !more.is_empty() {
        line(ui_, "Figures", |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for (at, (label, value)) in more.iter().enumerate() {
                let (value, exactly) = figure_text(label, value);
                ui.label(RichText::new(*label).color(tokens.muted));
                let value = ui.label(RichText::new(value).font(fonts::mono()));
                if let Some(exactly) = exactly {
                    value.on_hover_text(RichText::new(exactly).font(fonts::mono()));
                }
                if at + 1 < more.len() {
                    ui.label(RichText::new("·").color(tokens.muted));
                }
            }
        });
    }
    stack_ui(ui_, document, finding, actions);
    ui_.add_space(space::M);
    let used = inside.min_rect();
    ui.advance_cursor_after_rect(Rect::from_min_max(pos2(place.min.x - MARK_ROOM, used.min.y), used.max));
}

/// All of the evidence as one text, for assistive technology.
fn evidence_words(finding: &Finding) -> String {
    let mut words = format!("{} Fix: {}", finding.sentence(), finding.check);
    if let Some(culprit) = &finding.culprit {
        let line = name::line_of(&culprit.place.file, culprit.place.line);
        words.push_str(&format!(" Source: {} {line}.", name::function(&culprit.place.function)));
    }
    for figure in finding.figures() {
        words.push_str(&format!(" {}: {}.", figure.label, figure.text));
    }
    for (label, value) in finding.evidence.iter().filter_map(|(name, value)| Some((label(name)?, value))) {
        words.push_str(&format!(" {label}: {}.", figure_text(label, value).0));
    }
    words
}

/// A line of evidence: its title at the left, what it holds beside it, wrapped there.
fn line(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let (rect, response) = ui.allocate_exact_size(vec2(TITLE_WIDTH, 18.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, title));
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, title, fonts::body(), tokens.muted);
        ui.vertical(|ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.horizontal_wrapped(add);
        });
    });
}

fn links_ui(ui: &mut Ui, document: &Document, finding: &Finding, actions: &mut Actions) {
    let trace = &document.trace;
    let tokens = tokens::of(ui.ctx());
    line(ui, "Go to", |ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for (at, place) in finding.links.iter().take(8).enumerate() {
            let what = if at == 0 { "Jump to it: " } else { "" };
            let text = format!(
                "{what}G{} at {} for {}",
                place.id.signed(),
                document.offset_of(place.range.start),
                duration(place.range.nanos())
            );
            let response = link(ui, &text).on_hover_text(name::goroutine(trace, place.go));
            if response.contains_pointer() {
                point_to(document, Some(place.range), actions);
            }
            if response.clicked() {
                actions.push(SelectAction::GoToStretch(LaneId::Goroutine(place.go), place.range));
            }
        }
        if finding.goroutines.len() > 1 {
            let few = words::counted(finding.goroutines.len() as u64, "goroutine");
            let response = link(ui, &format!("Show only the {few}"));
            if response.on_hover_text("Lanes for no others, until they are shown again (Esc)").clicked() {
                let title = format!("{few} of a finding: {}", finding.headline);
                let which = Which::These(finding.goroutines.clone());
                actions.push(RowsAction::ShowOnly(Some(Arc::new(LaneFilter { title, which }))));
            }
        }
        if finding.links.is_empty() {
            ui.label(RichText::new("It concerns the whole trace").color(tokens.muted));
        }
        if link(ui, "Copy link").on_hover_text("For somebody who has the same file").clicked() {
            actions.push(LinkAction::Copy(document.id, place_of(document, finding)));
        }
    });
}

fn stack_ui(ui: &mut Ui, document: &Document, finding: &Finding, actions: &mut Actions) {
    let Some(culprit) = finding.culprit.as_ref().filter(|culprit| !culprit.stack.is_empty()) else { return };
    let tokens = tokens::of(ui.ctx());
    let open = document.finding_stack;
    line(ui, "Stack", |ui| {
        let text = if open { "Hide the stack" } else { "Show the stack" };
        if link_in(ui, text, fonts::body()).clicked() {
            actions.push(AnalysisAction::ShowFindingStack(!open));
        }
    });
    if !open {
        return;
    }
    for frame in culprit.stack.iter().take(MAX_FRAMES) {
        ui.horizontal(|ui| {
            ui.add_space(TITLE_WIDTH + space::S);
            let color = if name::is_runtime(&frame.function) { tokens.muted } else { tokens.text };
            ui.label(RichText::new(name::or_unknown(name::function(&frame.function))).font(fonts::mono()).color(color));
            let place = name::line_of(&frame.file, frame.line);
            ui.label(RichText::new(place).font(fonts::mono_small()).color(tokens.muted)).on_hover_text(&frame.file);
        });
    }
}

/// What a number of the evidence is called where it says more than the sentence does. `None` of those that the sentence
/// has, and of what only programs need: JSON has all.
fn label(name: &str) -> Option<&'static str> {
    LABELS.iter().find(|known| known.0 == name).map(|known| known.1)
}

const LABELS: [(&str, &str); 16] = [
    ("share_of_waiters_time", "Share of the waiters' time"),
    ("procs_busy", "Procs busy"),
    ("holders", "Holders"),
    ("holder_longest_ns", "Longest hold"),
    ("held_runnable_ns", "Held while runnable"),
    ("wait_since_before_trace_ns", "Waited since before the trace"),
    ("consumers", "Consumers"),
    ("mean_waiting", MEAN_WAITING),
    ("waits_per_wakeup", WAITS_PER_WAKEUP),
    ("unit_total_ns", "Work total"),
    ("longest_unit_ns", "Longest unit of work"),
    ("requests_total_ns", "Requests total"),
    ("running_total_ns", "Running total"),
    ("running_without_cpu_ns", "Running without a CPU"),
    ("assist_total_ns", "Mark assist total"),
    ("cycles_forced", "GC cycles forced"),
];
const MEAN_WAITING: &str = "Goroutines waiting on average";
const WAITS_PER_WAKEUP: &str = "Waits per wakeup";

/// The value of such a number, and all its digits if they say more. A ratio is a part of a whole, but for two of them.
fn figure_text(label: &str, value: &Value) -> (String, Option<String>) {
    match value {
        Value::Int(number) if LABELS.iter().any(|known| known.1 == label && known.0.ends_with("_ns")) => {
            let nanos = i64::try_from(*number).unwrap_or(i64::MAX);
            (duration(nanos), Some(exact(nanos)))
        }
        Value::Int(number) => (count(*number), None),
        Value::Ratio(ratio) if [MEAN_WAITING, WAITS_PER_WAKEUP].contains(&label) => (format!("{ratio:.1}"), None),
        Value::Ratio(ratio) => (format!("{:.0} %", ratio * 100.0), None),
        Value::Text(text) => (text.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::{figure_text, label};
    use trace_core::analysis::findings::finding::Value;

    #[test]
    fn figures_have_labels_and_units() {
        let shown = |name, value| label(name).map(|label| format!("{label} {}", figure_text(label, &value).0));
        assert_eq!(shown("holder_longest_ns", Value::Int(122_000_000)).as_deref(), Some("Longest hold 122 ms"));
        assert_eq!(shown("holders", Value::Int(1_234)).as_deref(), Some("Holders 1,234"));
        assert_eq!(shown("procs_busy", Value::Ratio(0.5)).as_deref(), Some("Procs busy 50 %"));
        let waiting = shown("mean_waiting", Value::Ratio(1.25));
        assert_eq!(waiting.as_deref(), Some("Goroutines waiting on average 1.2"));
        assert_eq!(shown("held_slow_ns", Value::Int(1)), None, "of use to programs only");
    }
}
