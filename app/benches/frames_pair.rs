//! What a frame costs the UI thread while two traces are compared: twice two million goroutines, A over B,
//! linked, at 1920×1080, run and tessellated. `cargo bench -p tracelane --bench frames_pair`; prints median
//! and 99th percentile of the thread's own time on a processor.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench ends where something is missing")]

use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Event, MouseWheelUnit, RawInput, Rect, Theme, TouchPhase, pos2, vec2};
use trace_core::base::monitor::Monitor;
use trace_core::load;
use trace_core::testkit::scenes;
use tracelane::action::action::{Action, Actions, ComparisonAction, FileAction};
use tracelane::action::reduce::reduce;
use tracelane::shell::comparison;
use tracelane::state::app::AppState;
use tracelane::state::document::{DocumentId, Source};
use tracelane::state::rows::{RowOptions, Rows};

/// Size of the window, points (one pixel each).
const SIZE: [f32; 2] = [1920.0, 1080.0];
/// Frames of each journey.
const FRAMES: u32 = 400;

fn main() {
    let mut state = AppState::default();
    state.settings.animate = false;
    for seed in [4, 5] {
        let bytes = scenes::many_goroutines(seed, 2_000_000);
        let trace = load::load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("a trace");
        let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
        reduce(&mut state, Action::File(FileAction::Adopt(Source::Sample, trace, rows)));
    }
    reduce(&mut state, Action::Comparison(ComparisonAction::Of(DocumentId(0), DocumentId(1))));
    let ctx = Context::default();
    ctx.set_theme(Theme::Dark);
    let mut window = Window { ctx, state, frames: 0 };
    for _ in 0..20 {
        window.frame(Vec::new());
    }
    window.journey("nothing moves", |_| Vec::new());
    window.journey("zoom in by the wheel", |_| vec![wheel(vec2(0.0, 12.0), true)]);
    window.journey("zoom out by the wheel", |_| vec![wheel(vec2(0.0, -12.0), true)]);
    window.journey("scroll A by the wheel", |_| vec![wheel(vec2(0.0, -180.0), false)]);
    window.journey("pan by the wheel", |step| vec![wheel(vec2(if step < 200 { -30.0 } else { 30.0 }, 0.0), false)]);
}

fn wheel(delta: egui::Vec2, zooms: bool) -> Event {
    let modifiers = if zooms { egui::Modifiers::COMMAND } else { egui::Modifiers::NONE };
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta,
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers,
    }
}

struct Window {
    ctx: Context,
    state: AppState,
    frames: u32,
}

impl Window {
    /// One frame, run and tessellated, and what the user did in it carried out: time on a processor.
    fn frame(&mut self, mut events: Vec<Event>) -> Duration {
        events.insert(0, Event::PointerMoved(pos2(900.0, 400.0)));
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, SIZE.into())),
            time: Some(f64::from(self.frames) / 60.0),
            events,
            ..RawInput::default()
        };
        let mut actions = Actions::default();
        let begun = on_processor();
        let mut output = self.ctx.run_ui(input, |ui| comparison::ui(ui, &self.state, &mut actions));
        // The fonts' texture is not ours to upload here.
        output.textures_delta.clear();
        let meshes = self.ctx.tessellate(output.shapes, 1.0);
        for action in actions.drain() {
            reduce(&mut self.state, action);
        }
        let took = on_processor().saturating_sub(begun);
        drop(meshes);
        took
    }

    fn journey(&mut self, name: &str, events: impl Fn(u32) -> Vec<Event>) {
        let mut costs: Vec<Duration> = (0..FRAMES).map(|step| self.frame(events(step))).collect();
        costs.sort_unstable();
        let at = |part: f64| costs[((costs.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        println!("  {name:<24} processor: median {:>5.2}, p99 {:>5.2}, worst {:>5.2} ms", at(0.5), at(0.99), at(1.0));
    }
}

/// Time that this thread has spent on a processor.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
