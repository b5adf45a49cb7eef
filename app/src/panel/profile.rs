//! Time lost, by the stack at which it was lost: as a table of functions and stacks, or as a flame graph.

use std::sync::Arc;

use egui::{RichText, TextEdit, Ui};

use trace_core::analysis::flame::Flame;
use trace_core::analysis::profile::{FunctionSum, Profile, ProfileKind, StackSum};
use trace_core::analysis::samples::LineSum;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, exact};
use crate::fmt::words;
use crate::panel::scope::{scope_title, scope_ui};
use crate::panel::{answer, kept, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, ProfileStudy, Question};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, text_button};
use crate::widget::chip::chip;
use crate::widget::flame::{FlameBox, flame};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, table, text};

const FUNCTIONS: [Column; 5] = [
    number("Own", 80.0),
    number("With calls", 88.0),
    number("Share", 70.0),
    number("Times", 76.0),
    text("Function", 0.0),
];
const STACKS: [Column; 5] =
    [number("Time", 80.0), number("Longest", 88.0), number("Share", 70.0), number("Times", 76.0), text("Where", 0.0)];
const LINES: [Column; 5] =
    [number("Own", 80.0), number("With calls", 88.0), number("Share", 70.0), number("Times", 76.0), text("Line", 0.0)];
const RUNNING: [Column; 4] =
    [number("Samples", 80.0), number("Share", 70.0), text("Goroutines of", 0.0), text("Label", 0.0)];
/// Most time first.
const USUAL: Sorting = Sorting { column: 0, descending: true };
/// Boxes narrower than this part of the whole are left out.
const LEAST_SHARE: u64 = 20_000;

/// How a profile shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Flame,
    Functions,
    Lines,
    Stacks,
    /// CPU samples by who was running.
    Running,
}

/// What the user set in this panel.
#[derive(Clone, Debug, Default)]
struct Chosen {
    kind: Option<ProfileKind>,
    form: Form,
    search: String,
    zoom: (usize, usize),
}

/// Shows the blocking profiles.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    show(ui, state, None, actions);
}

/// Shows the profile of CPU samples.
pub fn samples_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    show(ui, state, Some(ProfileKind::Cpu), actions);
}

fn show(ui: &mut Ui, state: &AppState, only: Option<ProfileKind>, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id(("profile", only));
    let mut chosen: Chosen = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let kind = only.or(chosen.kind).unwrap_or(ProfileKind::Sync);
    choice_ui(ui, &mut chosen, kind, only.is_none());
    let question = Question::Profile(document.scope(), kind);
    let found = match answer(ui, document, &question, actions) {
        Some(Answer::Profile(found)) => Some(Arc::clone(found)),
        _ => None,
    };
    if let Some(found) = found {
        title_ui(ui, document, &found, actions);
        if found.profile.stacks.is_empty() {
            empty(ui, nothing(kind));
        } else {
            match chosen.form {
                Form::Flame => flame_ui(ui, &mut chosen, &found),
                Form::Functions => functions_ui(ui, &found, &chosen.search),
                Form::Lines => lines_ui(ui, &found, &chosen.search),
                Form::Running if only.is_some() => running_ui(ui, &document.trace, &found),
                Form::Stacks | Form::Running => stacks_ui(ui, document, &found, &chosen.search, actions),
            }
        }
    }
    ui.ctx().data_mut(|data| data.insert_temp(id, chosen));
}

/// Chips for kind and form, and the field to search in.
fn choice_ui(ui: &mut Ui, chosen: &mut Chosen, kind: ProfileKind, kinds: bool) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if kinds {
            ui.label(RichText::new("Waiting for").font(fonts::small()).color(tokens.muted));
            for offered in ProfileKind::ALL.into_iter().filter(|kind| *kind != ProfileKind::Cpu) {
                if chip(ui, kind_name(offered), offered == kind).clicked() {
                    chosen.kind = Some(offered);
                    chosen.zoom = (0, 0);
                }
            }
            ui.add_space(space::S);
        }
        ui.label(RichText::new("as").font(fonts::small()).color(tokens.muted));
        let forms = [
            (Form::Flame, "Flame graph"),
            (Form::Functions, "Functions"),
            (Form::Lines, "Lines"),
            (Form::Stacks, "Stacks"),
            (Form::Running, "Goroutines"),
        ];
        for (form, text) in forms.into_iter().filter(|known| known.0 != Form::Running || !kinds) {
            if chip(ui, text, chosen.form == form).clicked() {
                chosen.form = form;
            }
        }
        ui.add_space(space::S);
        ui.add(
            TextEdit::singleline(&mut chosen.search)
                .font(fonts::small())
                .hint_text("Search functions")
                .desired_width(160.0),
        );
    });
}

const fn kind_name(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Network => "Network",
        ProfileKind::Sync => "Sync, channels",
        ProfileKind::Syscall => "System calls",
        ProfileKind::Scheduler => "A proc",
        ProfileKind::Sleep => "Sleep",
        ProfileKind::Select => "Select",
        ProfileKind::GcWait => "Collector",
        ProfileKind::Start => "Start",
        ProfileKind::Blocked => "Anything",
        ProfileKind::Cpu => "CPU samples",
    }
}

const fn nothing(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Cpu => {
            "No CPU samples: the trace has some where the program also ran a CPU profile (pprof.StartCPUProfile)"
        }
        _ => "Nothing was waited for in this way, in what is chosen above",
    }
}

fn title_ui(ui: &mut Ui, document: &Document, found: &ProfileStudy, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let profile = &found.profile;
    ui.horizontal(|ui| {
        let times = if profile.kind == ProfileKind::Cpu { "sample" } else { "time" };
        let times = words::counted(profile.count, times);
        let title = format!("{} in {times}: {}", time(profile.nanos), scope_title(document));
        ui.label(RichText::new(title).font(fonts::small()).color(tokens.muted))
            .on_hover_text(exact(i64::try_from(profile.nanos).unwrap_or(i64::MAX)));
        if profile.open_count > 0 {
            let text =
                format!("and {} still going on at the end ({})", count(profile.open_count), time(profile.open_nanos));
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
        }
        partial_ui(ui, document);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if text_button(ui, Kind::Quiet, icons::FILE, "Save as pprof…").clicked() {
                actions.push(Action::SaveProfile(document.id, document.scope(), profile.kind));
            }
        });
    });
}

fn flame_ui(ui: &mut Ui, chosen: &mut Chosen, found: &Arc<ProfileStudy>) {
    let key = Arc::as_ptr(found) as usize;
    let boxes = kept(ui, "flame-boxes", key, || boxes(&found.flame, found.profile.kind));
    if chosen.zoom.0 != key {
        chosen.zoom = (key, 0);
    }
    let touched = flame(ui, &boxes, chosen.zoom.1, &chosen.search.to_lowercase());
    if let Some(at) = touched.clicked {
        chosen.zoom.1 = at;
    }
}

/// The tree as boxes to draw.
fn boxes(tree: &Flame, kind: ProfileKind) -> Vec<FlameBox> {
    let whole = tree.nodes.first().map_or(0, |root| root.total);
    let least = whole / LEAST_SHARE;
    let wide = tree.nodes.iter().filter(|node| node.total > least || node.depth == 0);
    wide.map(|node| {
        let title = match (node.function.as_str(), node.depth) {
            (_, 0) => format!("All of it: {}", time(whole)),
            ("", _) => "(no stack)".to_owned(),
            (function, _) => name::function(function).to_owned(),
        };
        let package = name::package(&node.function);
        let family = package.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 997;
        let unit = if kind == ProfileKind::Cpu { "samples" } else { "times" };
        let hint = format!(
            "{}\n{} ({} of all), own {}\n{} {unit}\n{}",
            node.function,
            time(node.total),
            percent(node.total, whole),
            time(node.own),
            count(node.count),
            node.file
        );
        FlameBox { name: title, hint, family, depth: node.depth, start: node.start, value: node.total }
    })
    .collect()
}

fn functions_ui(ui: &mut Ui, found: &Arc<ProfileStudy>, search: &str) {
    let sorting = sorting(ui, "profile-functions", USUAL);
    let search = search.to_lowercase();
    let key = (Arc::as_ptr(found) as usize, sorting, search.clone());
    let order = kept(ui, "profile-function-order", key, || {
        let rank = |sum: &FunctionSum| match sorting.column {
            1 | 2 => sum.total,
            3 => sum.count,
            _ => sum.own,
        };
        let named = |sum: &FunctionSum| sum.function.to_lowercase().contains(&search);
        let mut order: Vec<usize> =
            found.functions.iter().enumerate().filter(|(_, sum)| named(sum)).map(|(at, _)| at).collect();
        order.sort_by(|one, other| {
            let (one, other) = (&found.functions[*one], &found.functions[*other]);
            let rising =
                if sorting.column == 4 { one.function.cmp(&other.function) } else { rank(one).cmp(&rank(other)) };
            if sorting.descending { rising.reverse() } else { rising }
        });
        order
    });
    let tokens = tokens::of(ui.ctx());
    sorted(
        ui,
        ("profile-functions", &FUNCTIONS),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some(sum) = order.get(row).and_then(|at| found.functions.get(*at)) else { return Vec::new() };
            vec![
                Cell::number(time(sum.own)),
                Cell::number(time(sum.total)),
                Cell::number(percent(sum.total, found.profile.nanos)).colored(tokens.muted),
                Cell::number(count(sum.count)).colored(tokens.muted),
                Cell::number(name::function(&sum.function)),
            ]
        },
    );
}

fn lines_ui(ui: &mut Ui, found: &Arc<ProfileStudy>, search: &str) {
    let sorting = sorting(ui, "profile-lines", USUAL);
    let search = search.to_lowercase();
    let key = (Arc::as_ptr(found) as usize, sorting, search.clone());
    let order = kept(ui, "profile-line-order", key, || {
        let rank = |sum: &LineSum| match sorting.column {
            1 | 2 => sum.total,
            3 => sum.count,
            _ => sum.own,
        };
        let named = |sum: &LineSum| sum.function.to_lowercase().contains(&search) || sum.file.contains(&search);
        let mut order: Vec<usize> =
            found.lines.iter().enumerate().filter(|(_, sum)| named(sum)).map(|(at, _)| at).collect();
        order.sort_by(|one, other| {
            let (one, other) = (&found.lines[*one], &found.lines[*other]);
            let place = |sum: &LineSum| (sum.function.clone(), sum.line);
            let rising = if sorting.column == 4 { place(one).cmp(&place(other)) } else { rank(one).cmp(&rank(other)) };
            if sorting.descending { rising.reverse() } else { rising }
        });
        order
    });
    let tokens = tokens::of(ui.ctx());
    let cells = |row: usize| {
        let Some(sum) = order.get(row).and_then(|at| found.lines.get(*at)) else { return Vec::new() };
        let place = name::place(&sum.function, &sum.file, sum.line);
        vec![
            Cell::number(time(sum.own)),
            Cell::number(time(sum.total)),
            Cell::number(percent(sum.total, found.profile.nanos)).colored(tokens.muted),
            Cell::number(count(sum.count)).colored(tokens.muted),
            Cell::number(place),
        ]
    };
    sorted(ui, ("profile-lines", &LINES), sorting, order.len(), |_| false, cells);
}

/// CPU samples by start function and label of who was running.
fn running_ui(ui: &mut Ui, trace: &Trace, found: &ProfileStudy) {
    let tokens = tokens::of(ui.ctx());
    let cells = |row: usize| {
        let Some(group) = found.running.get(row) else { return Vec::new() };
        let function = match trace.str(group.name) {
            "" => "(no goroutine)",
            function => name::function(function),
        };
        vec![
            Cell::number(count(group.count)),
            Cell::number(percent(group.count, found.profile.count)).colored(tokens.muted),
            Cell::text(function),
            Cell::text(trace.str(group.label)).colored(tokens.muted),
        ]
    };
    table(ui, ("profile-running", &RUNNING), found.running.len(), None, |_| false, cells);
}

fn stacks_ui(ui: &mut Ui, document: &Document, found: &Arc<ProfileStudy>, search: &str, actions: &mut Actions) {
    let trace = &document.trace;
    let sorting = sorting(ui, "profile-stacks", USUAL);
    let search = search.to_lowercase();
    let key = (Arc::as_ptr(found) as usize, sorting, search.clone());
    let order = kept(ui, "profile-stack-order", key, || stack_order(trace, &found.profile, sorting, &search));
    let tokens = tokens::of(ui.ctx());
    let touched = sorted(
        ui,
        ("profile-stacks", &STACKS),
        sorting,
        order.len(),
        |_| false,
        |row| {
            let Some(sum) = order.get(row).and_then(|at| found.profile.stacks.get(*at)) else { return Vec::new() };
            let mut frames = trace.frames(sum.stack).filter(|frame| !name::is_runtime(frame.function));
            let place = frames.next().map(|frame| name::place(frame.function, frame.file, frame.line));
            let callers: Vec<&str> = frames.take(3).map(|frame| name::function(frame.function)).collect();
            let from = if callers.is_empty() { String::new() } else { format!("  from {}", callers.join(" < ")) };
            vec![
                Cell::number(time(sum.nanos)),
                Cell::number(time(sum.max)),
                Cell::number(percent(sum.nanos, found.profile.nanos)).colored(tokens.muted),
                Cell::number(count(sum.count)).colored(tokens.muted),
                Cell::number(format!("{}{from}", place.unwrap_or_else(|| "in the runtime".to_owned()))),
            ]
        },
    );
    let clicked = touched.clicked.and_then(|row| order.get(row)).and_then(|at| found.profile.stacks.get(*at));
    if let Some((go, range)) = clicked.and_then(|sum| sum.longest).filter(|(go, _)| go.is_some()) {
        actions.push(Action::GoToStretch(LaneId::Goroutine(go), range));
    }
}

fn stack_order(trace: &Trace, profile: &Profile, sorting: Sorting, search: &str) -> Vec<usize> {
    let told = |sum: &StackSum| {
        search.is_empty() || trace.frames(sum.stack).any(|frame| frame.function.to_lowercase().contains(search))
    };
    let rank = |sum: &StackSum| match sorting.column {
        1 => sum.max,
        3 => sum.count,
        _ => sum.nanos,
    };
    let mut order: Vec<usize> =
        profile.stacks.iter().enumerate().filter(|(_, sum)| told(sum)).map(|(at, _)| at).collect();
    order.sort_by_key(|at| profile.stacks.get(*at).map_or(0, rank));
    if sorting.descending {
        order.reverse();
    }
    order
}

fn time(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}
