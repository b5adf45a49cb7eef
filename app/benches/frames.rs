//! What a frame of the timeline costs the UI thread: run + tessellate, at 1920×1080.
//!
//! `cargo bench -p tracelane --bench frames` builds traces in code (two million goroutines, one goroutine with
//! 20 million spans, 100,000 flows from one span, a million nested regions, 500,000 tasks;
//! `TRACELANE_BENCH_SCENE=WORD` takes those whose names hold the word); with `TRACELANE_BENCH_TRACE=FILE` it
//! takes that file instead. `TRACELANE_BENCH_SLOWEST=1` lists the slowest frames of each journey. Each is zoomed from all to 1 µs, scrolled
//! through all lanes, panned, looked at without moving, and the same with a search that filters or highlights. Prints median and 99th percentile, of the
//! clock and of the thread's own time on a processor (which a busy machine does not falsify; waiting
//! for the threads that make lanes, 1.5 ms at most, is only in the former).

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench ends where something is missing")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, Event, MouseWheelUnit, RawInput, Rect, Theme, TouchPhase, pos2, vec2};

use trace_core::analysis::search::filter;
use trace_core::analysis::search::run::search;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::load;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::testkit::scenes;
use tracelane::action::action::Actions;
use tracelane::state::app::AppState;
use tracelane::state::document::{Document, DocumentId, LoadState, Source};
use tracelane::state::lane_filter::{LaneFilter, Which};
use tracelane::state::rows::{RowOptions, Rows};
use tracelane::state::view::{Selection, View};

/// Size of the window, points (one pixel each).
const SIZE: [f32; 2] = [1920.0, 1080.0];
/// Frames of each journey.
const FRAMES: u32 = 400;

/// Writes a trace.
type Make = fn() -> Vec<u8>;

fn main() {
    if let Ok(path) = std::env::var("TRACELANE_BENCH_TRACE") {
        let trace = load::load_path(path.as_ref(), &Monitor::new(), &mut |_| {}).expect("a trace");
        return measure(&path, trace);
    }
    let scenes: [(&str, Make); 6] = [
        ("2,000,000 goroutines of one span", || scenes::many_goroutines(4, 2_000_000)),
        ("one goroutine with 20,000,000 spans", || scenes::one_busy_goroutine(20_000_000)),
        ("100,000 flows from one span", || scenes::fan_out(100_000)),
        // The runtime sets no limit to how deep regions nest.
        ("1,000,000 regions, all nested", || scenes::nested_regions(1_000_000, 1_000_000)),
        ("1,000,000 regions, 100 deep", || scenes::nested_regions(1_000_000, 100)),
        ("500,000 tasks", || scenes::many_tasks(500_000)),
    ];
    let wanted = std::env::var("TRACELANE_BENCH_SCENE").unwrap_or_default();
    for (name, make) in scenes.into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let trace = load::load_bytes(&make(), &Monitor::new(), &mut |_| {}).expect("a trace");
        measure(name, trace);
    }
}

fn measure(name: &str, trace: Arc<Trace>) {
    println!("{name}: {} goroutines, {} events", trace.goroutine_count(), trace.totals().events);
    let mut window = Window::new(trace);
    window.frame(Vec::new());
    let bounds = window.document().trace.range();
    let whole = View::whole(bounds);
    let content = window.document().layout().height();

    // The pointer rests a third into the lanes, where something is hovered.
    let zoom = (1e3 / whole.span_nanos).powf(1.0 / f64::from(FRAMES));
    let at = bounds.start.0 as f64 + bounds.nanos() as f64 * 0.37;
    let zooms = (0..FRAMES).map(|step| whole.zoom(zoom.powi(step.cast_signed()), Some(at), bounds));
    window.journey("zoom from all to 1 µs", zooms);
    for (what, view) in [("all of it", whole), ("a thousandth", whole.zoom(1e-3, Some(at), bounds))] {
        let scroll = |step: u32| (content - 800.0).max(0.0) * f64::from(step) / f64::from(FRAMES);
        let views = (0..FRAMES).map(|step| View { scroll_points: scroll(step), ..view });
        window.journey(&format!("scroll through all lanes, {what}"), views);
        let views =
            (0..FRAMES).map(|step| view.scroll(content / 2.0, content, 800.0).pan(f64::from(step) * 1e-3, bounds));
        window.journey(&format!("pan, {what}"), views);
    }
    window.journey("nothing moves", (0..FRAMES).map(|_| whole));
    window.filter();
    let narrowed = window.document().layout().height();
    let zooms = (0..FRAMES).map(|step| whole.zoom(zoom.powi(step.cast_signed()), Some(at), bounds));
    window.journey("zoom, a search that filters", zooms);
    let scroll = |step: u32| (narrowed - 800.0).max(0.0) * f64::from(step) / f64::from(FRAMES);
    let views = (0..FRAMES).map(|step| View { scroll_points: scroll(step), ..whole });
    window.journey("scroll, a search that filters", views);
    window.lift_filter();
    window.journey("pan, a search that highlights", (0..FRAMES).map(|step| whole.pan(f64::from(step) * 1e-3, bounds)));
    window.state.documents[0].search.set_text(String::new(), &Arc::default());
    let middle = window.document().layout().row_at(content / 2.0).and_then(|row| row.lane());
    let span = middle.and_then(|lane| window.document().trace.spans(lane, bounds).next());
    if let Some(span) = span {
        window.state.documents[0].selection = Selection::Span(span.at);
        window.journey(
            "zoom with a span selected",
            (0..FRAMES).map(|step| whole.zoom(zoom.powi(step.cast_signed()), Some(span.range.start.0 as f64), bounds)),
        );
    }
    // The one that did most: all that leaves from it is drawn.
    let first = LaneId::Goroutine(GoroutineIdx(0));
    let busiest = window.document().trace.spans(first, bounds).take(1_000).max_by_key(|span| span.range.nanos());
    if let Some(span) = busiest {
        let document = &mut window.state.documents[0];
        document.selection = Selection::Span(span.at);
        window.state.settings.all_flows = true;
        window.journey(
            "zoom with the longest span selected, all flows",
            (0..FRAMES).map(|step| whole.zoom(zoom.powi(step.cast_signed()), Some(span.range.start.0 as f64), bounds)),
        );
    }
    println!();
}

struct Window {
    ctx: Context,
    state: AppState,
    frames: u32,
}

impl Window {
    fn new(trace: Arc<Trace>) -> Self {
        let begun = Instant::now();
        let rows = Rows::build(&trace, &RowOptions::default());
        println!("  rows in {:.1?}", begun.elapsed());
        let mut document = Document::new(DocumentId(1), Source::Sample, LoadState::Ready);
        document.trace = trace;
        document.rows = Arc::new(rows);
        let mut state = AppState { active: Some(document.id), ..AppState::default() };
        state.settings.animate = false;
        state.documents.push(document);
        let ctx = Context::default();
        ctx.set_theme(Theme::Dark);
        Self { ctx, state, frames: 0 }
    }

    fn document(&self) -> &Document {
        &self.state.documents[0]
    }

    /// Searches for what blocked for a while, and leaves lanes to what has hits.
    fn filter(&mut self) {
        let text = "dur>10us (state:blocked or state:runnable)";
        let document = &mut self.state.documents[0];
        document.search.set_text(text.to_owned(), &Arc::default());
        let (trace, query) = (&document.trace, &document.search.query);
        let hits = search(trace, query, 10_000, &Monitor::new(), &mut |_| {}).expect("nobody cancels");
        let gos = filter::goroutines(trace, query, trace.range(), &Monitor::new()).expect("nobody cancels");
        println!("  {} hits, {} of {} goroutines", hits.total(), gos.len(), trace.goroutine_count());
        let lane_filter = Arc::new(LaneFilter { title: text.to_owned(), which: Which::These(gos) });
        document.search.hits = Some((text.to_owned(), Arc::new(hits)));
        let options = RowOptions { lane_filter: Some(Arc::clone(&lane_filter)), ..RowOptions::default() };
        document.rows = Arc::new(Rows::build(trace, &options));
        document.lane_filter = Some(lane_filter);
    }

    /// Shows all lanes again.
    fn lift_filter(&mut self) {
        let document = &mut self.state.documents[0];
        document.rows = Arc::new(Rows::build(&document.trace, &RowOptions::default()));
        document.lane_filter = None;
    }

    /// One frame, run and tessellated: time by the clock, on a processor, and vertices.
    fn frame(&mut self, events: Vec<Event>) -> (Duration, Duration, usize) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, SIZE.into())),
            time: Some(f64::from(self.frames) / 60.0),
            events,
            ..RawInput::default()
        };
        self.frames += 1;
        let mut actions = Actions::default();
        let (begun, busy) = (Instant::now(), on_processor());
        let mut output = self.ctx.run_ui(input, |ui| tracelane::timeline::ui(ui, &self.state, &mut actions));
        // The fonts' texture is not ours to upload here.
        output.textures_delta.clear();
        let meshes = self.ctx.tessellate(output.shapes, 1.0);
        let (took, busy) = (begun.elapsed(), on_processor().saturating_sub(busy));
        let vertices = meshes
            .iter()
            .map(|mesh| match &mesh.primitive {
                egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
                egui::epaint::Primitive::Callback(_) => 0,
            })
            .sum();
        (took, busy, vertices)
    }

    fn journey(&mut self, name: &str, views: impl Iterator<Item = View>) {
        let (mut clock, mut processor) = (Vec::new(), Vec::new());
        let mut most = 0;
        for view in views {
            self.state.documents[0].view = Some(view);
            let pointer = Event::PointerMoved(pos2(900.0, 500.0 + (self.frames % 7) as f32));
            let still = Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, 0.0),
                phase: TouchPhase::Move,
                modifiers: egui::Modifiers::NONE,
                source: egui::MouseWheelSource::Unknown,
            };
            let (took, busy, vertices) = self.frame(vec![pointer, still]);
            clock.push(took);
            processor.push(busy);
            most = most.max(vertices);
        }
        if std::env::var_os("TRACELANE_BENCH_SLOWEST").is_some() {
            let mut slowest: Vec<usize> = (0..clock.len()).collect();
            slowest.sort_unstable_by_key(|at| std::cmp::Reverse(processor[*at]));
            for at in slowest.into_iter().take(6) {
                println!("    frame {at}: {:.2?} by the clock, {:.2?} on a processor", clock[at], processor[at]);
            }
        }
        clock.sort_unstable();
        processor.sort_unstable();
        let at = |costs: &[Duration], part: f64| costs[((costs.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        println!(
            "  {name:<46} clock: median {:>5.2}, p99 {:>5.2}, worst {:>6.2} ms   processor: median {:>5.2}, p99 {:>5.2} ms   {} k vertices",
            at(&clock, 0.5),
            at(&clock, 0.99),
            at(&clock, 1.0),
            at(&processor, 0.5),
            at(&processor, 0.99),
            most / 1000
        );
    }
}

/// Time that this thread has spent on a processor.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
