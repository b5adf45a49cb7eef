//! Every damaged file, opened in the window and gone through with every panel: nothing panics, and what
//! cannot be read says why.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/folder.rs"]
mod folder;

use std::path::Path;

use trace_core::base::ids::{GoIx, ProcIx, ThreadIx};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::action::commands::COMMANDS;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::document::LoadState;
use tracelane::state::settings::Settings;

/// Lanes of each kind that are looked at.
const LANES: u32 = 2;

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
        let kept = |id: &str| {
            !matches!(id, "close" | "quit" | "open" | "open-path" | "open-address" | "open-sample" | "escape" | "help")
        };
        for command in COMMANDS.iter().filter(|command| kept(command.id)) {
            if let Some(action) = (command.make)(self.app.state()) {
                self.app.push(action);
            }
        }
        self.frame();
    }
}

fn lanes(window: &Window) -> Vec<LaneId> {
    let Some(document) = window.app.state().document() else { return Vec::new() };
    let trace = &document.trace;
    let goroutines = trace.goroutine_count();
    let some = |count: u32| (0..count.min(LANES)).chain(count.saturating_sub(1)..count);
    let mut lanes = vec![LaneId::Gc, LaneId::Stw];
    lanes.extend(some(trace.proc_count()).map(|ix| LaneId::Proc(ProcIx(ix))));
    lanes.extend(some(trace.thread_count()).map(|ix| LaneId::Thread(ThreadIx(ix))));
    lanes.extend(some(goroutines).map(|ix| LaneId::Goroutine(GoIx(ix))));
    lanes
}

fn go_through(file: &Path) {
    let mut window = Window::new();
    window.act([Action::Open(file.to_path_buf()), Action::ToggleWarnings]);
    let Some(document) = window.app.state().document() else { panic!("{}: no document", file.display()) };
    match &document.load {
        LoadState::Failed(why) => assert!(why.len() > 10, "{}: {why:?} says too little", file.display()),
        LoadState::Ready => assert!(document.has_lanes(), "{}: nothing to see", file.display()),
        other => panic!("{}: {other:?}", file.display()),
    }
    for lane in lanes(&window) {
        window.act([Action::GoToLane(lane), Action::StepSpan(1), Action::FitSelection]);
        let follow = [true, false].map(|outgoing| Action::FollowFlow { outgoing });
        window.act(follow.into_iter().chain([Action::StepSpan(1), Action::Zoom { factor: 1e-9, at: None }]));
    }
    window.all_commands();
    window.all_commands();
}

#[test]
fn every_damaged_file_can_be_gone_through() {
    for file in folder::traces("broken") {
        go_through(&file);
    }
}
