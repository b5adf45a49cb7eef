//! What colours and shapes on the timeline mean.

use egui::{Color32, Rect, RichText, Sense, Ui, pos2, vec2};

use trace_core::event::state::SpanClass;

use crate::fmt::name;
use crate::theme::lanes::LaneColors;
use crate::theme::{space, tokens};
use crate::widget::section::heading;

/// Size of a swatch, points.
const SWATCH: [f32; 2] = [56.0, 20.0];
/// Room for the names, points.
const NAMES: f32 = 190.0;

/// What a state looks like beside its colour: the part of a lane's height, from its lower edge.
const fn look(class: SpanClass) -> (f32, &'static str) {
    match class {
        SpanClass::Running => (1.0, "full height: executing on a proc"),
        SpanClass::Runnable => (0.66, "hatched: ready, waiting for a proc"),
        SpanClass::Syscall => (1.0, "full height; darker where the call had lost its proc"),
        SpanClass::WaitSync => (0.4, "low: mutexes, condition variables, wait groups"),
        SpanClass::WaitChan => (0.4, "low: channels and select"),
        SpanClass::WaitNet => (0.4, "low: the network poller"),
        SpanClass::WaitSleep => (0.4, "low: time.Sleep, and the runtime's own goroutines at rest"),
        SpanClass::Gc => (0.4, "GC cycles and STW pauses; on goroutines waits for the GC"),
        SpanClass::WaitOther => (0.4, "low: any other reason"),
        SpanClass::None => (0.0, ""),
    }
}

/// Shows the legend: which colour stands for which state.
pub fn ui(ui: &mut Ui) {
    let tokens = tokens::of(ui.ctx());
    let colors = LaneColors::of(tokens);
    heading(ui, "Goroutines, procs and threads");
    for class in SpanClass::ALL.into_iter().filter(|class| *class != SpanClass::None) {
        let (height, about) = look(class);
        let color = colors.fill.get(class as usize).copied().unwrap_or(tokens.muted);
        swatch(ui, color, height, name::class(class), about);
    }
    swatch(ui, colors.no_cpu[1], 1.0, "No CPU", "inferred: the operating system gave the process no CPU");
    heading(ui, "On and below lanes");
    swatch(ui, colors.assist, 0.2, "Mark assist", "a goroutine that was made to help the GC");
    swatch(ui, colors.region[0], 0.8, "Region", "trace.WithRegion, nested below its goroutine");
    swatch(ui, colors.tasks[0], 0.8, "Task", "trace.NewTask, in rows above the goroutines");
    swatch(ui, colors.log, 0.3, "Message", "trace.Log: a mark above the lane");
    swatch(ui, colors.sample, 0.3, "CPU sample", "a mark above the lane");
    heading(ui, "Over the lanes");
    swatch(ui, tokens.accent, 0.1, "Incoming flow", "what led to the selected span");
    swatch(ui, tokens.outgoing, 0.1, "Outgoing flow", "what it created or unblocked; also bookmarks and the instant");
    swatch(ui, colors.marked, 1.0, "Selected time", "what analyses look at");
    swatch(ui, tokens.warning.gamma_multiply(0.3), 1.0, "Pointed out", "what a panel is about, and gaps in the data");
    ui.add_space(space::S);
    let text = "Where several spans share a pixel column, it shows how much of its time each state took.";
    ui.label(RichText::new(text).color(tokens.muted));
}

fn swatch(ui: &mut Ui, color: Color32, height: f32, title: &str, about: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (rect, _) = ui.allocate_exact_size(vec2(SWATCH[0], SWATCH[1]), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, tokens.background);
        let top = rect.bottom() - rect.height() * height.max(0.1);
        ui.painter().rect_filled(Rect::from_min_max(pos2(rect.left(), top), rect.max), 1.0, color);
        ui.allocate_ui(vec2(NAMES, SWATCH[1]), |ui| {
            ui.set_min_width(NAMES);
            ui.label(title);
        });
        ui.label(RichText::new(about).color(tokens.muted));
    });
}
