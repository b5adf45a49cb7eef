//! Every damaged file, opened in the window and gone through with every panel, then walked through at random (from
//! fixed seeds): nothing panics, and what cannot be read says why. `TRACELANE_WALK_STEPS` sets how far the walks go.

#![expect(clippy::print_stdout, reason = "a test that fails shows what it did")]

use std::path::Path;

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::ids::{GoroutineIdx, ProcIdx, TaskIdx, ThreadIdx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{
    Action, AnalysisAction, ComparisonAction, FileAction, PanelAction, RowsAction, SelectAction, ViewAction,
};
use tracelane::action::commands::{COMMANDS, Command};
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::document::LoadState;
use tracelane::state::grouping::GroupBy;
use tracelane::state::order::GoroutineOrder;
use tracelane::state::scope::{ScopeChoice, When};
use tracelane::state::section::Section;
use tracelane::state::settings::Settings;

use crate::folder;

/// Steps of a walk.
const STEPS: usize = 10;
/// Lanes of each kind that are looked at.
const LANES: u32 = 1;

/// The same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }
}

struct Window {
    frames: OffscreenWindow,
    app: TracelaneApp,
}

impl Window {
    fn new() -> Self {
        let settings = Settings { animate: false, all_flows: true, ..Settings::default() };
        let frames = OffscreenWindow::new(egui::vec2(1200.0, 800.0), 1.0);
        let mut window = Self { frames, app: TracelaneApp::new_headless(settings) };
        window.frame();
        window
    }

    fn frame(&mut self) {
        let app = &mut self.app;
        self.frames.frame(Vec::new(), |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }

    fn act(&mut self, actions: impl IntoIterator<Item = Action>) {
        for action in actions {
            self.app.push(action);
        }
        self.frame();
    }

    /// Carries out every command that makes sense now, but those that end the document or the program.
    fn all_commands(&mut self) {
        for command in kept_commands() {
            if let Some(action) = command.action(self.app.state()) {
                let is_panel = matches!(action, Action::Panel(PanelAction::OpenPanel(_)));
                self.app.push(action);
                // Panels lie over each other: each is drawn before the next one comes.
                if is_panel {
                    self.frame();
                }
            }
        }
        self.frame();
    }
}

/// Commands but those that end the document or the program, or leave it.
fn kept_commands() -> impl Iterator<Item = &'static Command> {
    let is_kept = |id: &str| {
        !matches!(id, "close" | "quit" | "open" | "open-path" | "open-address" | "open-sample" | "escape" | "help")
    };
    COMMANDS.iter().filter(move |command| is_kept(command.id))
}

fn lanes(window: &Window) -> Vec<LaneId> {
    let Some(document) = window.app.state().document() else { return Vec::new() };
    let trace = &document.trace;
    let goroutines = trace.goroutine_count();
    let some = |count: u32| (0..count.min(LANES)).chain(count.saturating_sub(1)..count);
    let mut lanes = vec![LaneId::Gc, LaneId::Stw];
    lanes.extend(some(trace.proc_count()).map(|idx| LaneId::Proc(ProcIdx(idx))));
    lanes.extend(some(trace.thread_count()).map(|idx| LaneId::Thread(ThreadIdx(idx))));
    lanes.extend(some(goroutines).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))));
    lanes
}

fn go_through(file: &Path) {
    let mut window = Window::new();
    window.act([Action::File(FileAction::Open(file.to_path_buf())), Action::Panel(PanelAction::ToggleWarnings)]);
    let Some(document) = window.app.state().document() else { panic!("{}: no document", file.display()) };
    match &document.load {
        LoadState::Failed(why) => assert!(why.len() > 10, "{}: {why:?} says too little", file.display()),
        LoadState::Ready => assert!(document.has_lanes(), "{}: nothing to see", file.display()),
        other => panic!("{}: {other:?}", file.display()),
    }
    for lane in lanes(&window) {
        window.act([
            Action::Select(SelectAction::GoToLane(lane)),
            Action::Select(SelectAction::StepSpan(1)),
            Action::View(ViewAction::FitSelection),
        ]);
        let follow = [true, false].map(|outgoing| Action::Select(SelectAction::FollowFlow { outgoing }));
        window.act(follow.into_iter().chain([
            Action::Select(SelectAction::StepSpan(1)),
            Action::View(ViewAction::Zoom { factor: 1e-9, at: None }),
        ]));
    }
    window.all_commands();
}

#[test]
fn every_damaged_file_can_be_gone_through() {
    for file in folder::traces("broken") {
        go_through(&file);
    }
}

/// A random instant; now and then outside of the trace.
fn instant(range: TimeRange, random: &mut Random) -> TraceTime {
    let share = random.below(120) as f64 / 100.0 - 0.1;
    range.start.plus_nanos((range.nanos() as f64 * share) as i64)
}

/// Something that a user could do now.
fn step(window: &Window, file: &Path, random: &mut Random) -> Option<Action> {
    let document = window.app.state().document()?;
    let trace = &document.trace;
    let range = trace.range();
    let goroutine = GoroutineIdx(u32::try_from(random.below(trace.goroutine_count() as usize)).expect("an index"));
    Some(match random.below(20) {
        0 | 1 => {
            let lanes = lanes(window);
            Action::Select(SelectAction::GoToLane(lanes[random.below(lanes.len())]))
        }
        2 => Action::Select(SelectAction::GoToLane(LaneId::Goroutine(goroutine))),
        3 | 4 => Action::Select(SelectAction::StepSpan(if random.below(2) == 0 { 1 } else { -1 })),
        5 => Action::Select(SelectAction::FollowFlow { outgoing: random.below(2) == 0 }),
        6 => Action::Select(SelectAction::ChooseFlow { outgoing: random.below(2) == 0 }),
        7 => {
            let factor = [1e-9, 0.01, 0.3, 3.0, 1e9][random.below(5)];
            Action::View(ViewAction::Zoom { factor, at: Some(instant(range, random).0 as f64) })
        }
        8 => Action::Select(SelectAction::Mark(Some(TimeRange::new(instant(range, random), instant(range, random))))),
        9 => {
            let gaps: Vec<TimeRange> = trace.gaps().chain(trace.thread_gaps().iter().map(|gap| gap.range)).collect();
            Action::View(ViewAction::ShowRange(gaps.get(random.below(gaps.len())).copied().unwrap_or(range)))
        }
        10 => Action::Rows(RowsAction::ToggleSection(Section::ALL[random.below(4)])),
        11 => Action::Rows(match random.below(3) {
            0 => RowsAction::GroupGoroutines(GroupBy::ALL[random.below(GroupBy::ALL.len())]),
            1 => RowsAction::ReverseOrder,
            _ => RowsAction::OrderGoroutines(GoroutineOrder::ALL[random.below(GoroutineOrder::ALL.len())]),
        }),
        12 => {
            let task = TaskIdx(u32::try_from(random.below(trace.task_count() as usize)).expect("an index"));
            let name = trace.goroutine_name(goroutine).map(|(_, name)| name).unwrap_or_default();
            let filter = [
                GoroutineFilter::All,
                GoroutineFilter::One(goroutine),
                GoroutineFilter::Named(name),
                GoroutineFilter::Task(task),
            ][random.below(4)]
            .clone();
            Action::Analysis(AnalysisAction::SetScope(ScopeChoice {
                when: [When::Whole, When::Marked][random.below(2)],
                filter,
            }))
        }
        13 => Action::Analysis(AnalysisAction::ChooseFinding(Some(random.below(4)))),
        14 if random.below(3) == 0 => Action::Comparison(ComparisonAction::CompareWith(file.to_path_buf())),
        14 => Action::Comparison(
            [ComparisonAction::Swap, ComparisonAction::ToggleLink, ComparisonAction::Leave][random.below(3)].clone(),
        ),
        15 => Action::View(ViewAction::ScrollRows(random.below(2_000) as f64 - 1_000.0)),
        _ => {
            let command = kept_commands().nth(random.below(kept_commands().count()))?;
            command.action(window.app.state())?
        }
    })
}

#[test]
fn every_damaged_file_can_be_walked_through() {
    let steps = std::env::var("TRACELANE_WALK_STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(STEPS);
    for (number, file) in folder::traces("broken").iter().enumerate() {
        let mut random = Random(number as u64 * 1_000_003 + 7);
        let mut window = Window::new();
        window.act([Action::File(FileAction::Open(file.clone()))]);
        let mut done = 0;
        for _ in 0..steps {
            if let Some(action) = step(&window, file, &mut random) {
                // Shown when the test fails.
                println!("{}: {action:?}", file.display());
                window.act([action]);
                done += 1;
            }
        }
        let is_refused = window.app.state().document().is_none_or(|document| !document.has_lanes());
        assert!(is_refused || done * 2 > steps, "{}: {done} steps", file.display());
    }
}
