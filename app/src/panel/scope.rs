//! The row of chips on top of analyses: whose time, and when. All of them look at what is chosen here.

use std::sync::Arc;

use egui::{Pos2, RichText, Ui};

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Region;

use crate::action::action::{Actions, AnalysisAction, RowsAction};
use crate::fmt::name;
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::state::area::Area;
use crate::state::document::Document;
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::scope::{ScopeChoice, When};
use crate::state::view::Selection;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::link::link_in;

/// Regions around the selection that are offered at most.
const REGIONS: usize = 2;

/// Shows the row of chips that choose the scope of analyses. Where it ends.
pub fn scope_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) -> Pos2 {
    scope_line_ui(ui, document, actions, |_, _| ())
}

/// The same with more on the line, as far as there is room. Where the line ends.
pub fn scope_line_ui(
    ui: &mut Ui,
    document: &Document,
    actions: &mut Actions,
    more: impl FnOnce(&mut Ui, &mut Actions),
) -> Pos2 {
    let tokens = tokens::of(ui.ctx());
    let choice = &document.scope_choice;
    let shown = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let mut offer = |ui: &mut Ui, text: &str, offered: ScopeChoice, on: bool| {
            if chip(ui, text, on).clicked() {
                actions.push(AnalysisAction::SetScope(offered));
            }
        };
        ui.label(RichText::new("Of").font(fonts::small()).color(tokens.muted));
        for filter in offered_filter(document) {
            let on = choice.filter == filter;
            let name = goroutine_filter_name(document, &filter);
            offer(ui, &name, ScopeChoice { filter, ..choice.clone() }, on);
        }
        ui.add_space(space::S);
        ui.label(RichText::new("during").font(fonts::small()).color(tokens.muted));
        let whole = ScopeChoice { when: When::Whole, ..choice.clone() };
        let gone = choice.when == When::Marked && document.marked.is_none();
        offer(ui, "Whole trace", whole, choice.when == When::Whole || gone);
        if let Some(marked) = document.marked {
            let text = format!("Selected {}", duration(marked.nanos()));
            offer(ui, &text, ScopeChoice { when: When::Marked, ..choice.clone() }, choice.when == When::Marked);
        }
        for region in offered_regions(document) {
            let when = When::Region(region.range, region.name);
            let text = format!("Region {}", document.trace.str(region.name));
            offer(ui, &text, ScopeChoice { when, filter: GoroutineFilter::One(region.go) }, choice.when == when);
        }
        if let When::Region(range, region) = choice.when
            && offered_regions(document).iter().all(|known| (known.range, known.name) != (range, region))
        {
            offer(ui, &format!("Region {}", document.trace.str(region)), choice.clone(), true);
        }
        if *choice != ScopeChoice::default() {
            ui.add_space(space::S);
            only_link(ui, document, (document.scope(), scope_title(document)), "Show only these lanes", actions);
        }
        more(ui, actions);
        ui.cursor().min
    });
    ui.add_space(space::XS);
    shown.inner
}

/// A link that leaves lanes to the goroutines of a scope alone.
pub fn only_link(ui: &mut Ui, document: &Document, (scope, title): (Scope, String), text: &str, actions: &mut Actions) {
    let lane_filter = LaneFilter { title, which: Which::Of(scope) };
    let is_on = document.lane_filter.as_deref() == Some(&lane_filter);
    let response = link_in(ui, if is_on { "Show all lanes" } else { text }, fonts::small());
    if response.on_hover_text("Show only these goroutines (Esc to show all)").clicked() {
        actions.push(RowsAction::ShowOnly((!is_on).then(|| Arc::new(lane_filter))));
    }
}

/// What the results are about, for titles: `main.worker, selected 122 ms`.
#[must_use]
pub fn scope_title(document: &Document) -> String {
    let filter = match &document.scope_choice.filter {
        GoroutineFilter::All => "all goroutines".to_owned(),
        filter => goroutine_filter_name(document, filter),
    };
    match (document.scope_choice.when, document.marked) {
        (When::Marked, Some(marked)) => format!("{filter}, selected {}", duration(marked.nanos())),
        (When::Region(range, region), _) => {
            format!("{filter}, region {} ({})", document.trace.str(region), duration(range.nanos()))
        }
        _ => format!("{filter}, whole trace"),
    }
}

/// All, then what the selection offers, then what is chosen already.
fn offered_filter(document: &Document) -> Vec<GoroutineFilter> {
    let mut offered = vec![GoroutineFilter::All];
    if let Some(go) = selected_goroutine(document) {
        offered.push(GoroutineFilter::One(go));
        if let Some((_, name)) = document.trace.goroutine_name(go) {
            offered.push(GoroutineFilter::Named(name));
        }
    }
    if let Selection::Task(idx) = document.selection
        && let Some(task) = document.trace.task(idx)
    {
        offered.extend([GoroutineFilter::Task(idx), GoroutineFilter::Tasks(task.name)]);
    }
    for region in offered_regions(document) {
        offered.push(GoroutineFilter::Regions(region.name));
        offered.extend(region.task.map(GoroutineFilter::Task));
    }
    offered.extend(document.area.as_ref().and_then(Area::limits).map(|gos| GoroutineFilter::These(gos.clone())));
    if !offered.contains(&document.scope_choice.filter) {
        offered.push(document.scope_choice.filter.clone());
    }
    offered.dedup();
    offered
}

/// What goroutines are called together: `Every main.worker`.
#[must_use]
pub fn goroutine_filter_name(document: &Document, filter: &GoroutineFilter) -> String {
    let trace = &document.trace;
    match *filter {
        GoroutineFilter::All => "All goroutines".to_owned(),
        GoroutineFilter::One(go) => name::goroutine(trace, go),
        GoroutineFilter::Named(function) => match trace.str(function) {
            "" => "Unnamed goroutines".to_owned(),
            function => format!("Every {}", name::function(function)),
        },
        GoroutineFilter::Task(task) => match trace.task(task) {
            Some(task) => format!("Task {} {}", task.id.signed(), trace.str(task.name)),
            None => "Task".to_owned(),
        },
        GoroutineFilter::Tasks(kind) => format!("Tasks {}", trace.str(kind)),
        GoroutineFilter::Regions(kind) => format!("Every region {}", trace.str(kind)),
        GoroutineFilter::These(ref gos) => match document.area.as_ref().filter(|area| area.gos.as_ref() == Some(gos)) {
            Some(area) => format!("Selected: {}", area.title),
            None => counted(gos.len() as u64, "goroutine"),
        },
    }
}

fn selected_goroutine(document: &Document) -> Option<GoroutineIdx> {
    match document.selection {
        Selection::Span(at) => document.trace.span(at).map(|span| span.go).filter(|go| go.is_some()),
        Selection::Lane(LaneId::Goroutine(go)) => Some(go),
        Selection::Region(region) => Some(region.go),
        _ => None,
    }
}

/// The innermost regions around the beginning of the selected span.
fn offered_regions(document: &Document) -> Vec<Region> {
    let (go, start) = match document.selection {
        Selection::Region(region) => (region.go, region.range.start),
        Selection::Span(at) => match document.trace.span(at).filter(|span| span.go.is_some()) {
            Some(span) => (span.go, span.range.start),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let instant = TimeRange::new(start, start.plus_nanos(1));
    let mut regions: Vec<Region> = document.trace.regions(go, instant).take(64).collect();
    regions.sort_by_key(|region| std::cmp::Reverse(region.depth));
    regions.truncate(REGIONS);
    regions
}
