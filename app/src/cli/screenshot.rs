//! `tracelane screenshot`: the real window, drawn into a picture without display or GPU.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::action::action::Action;
use crate::action::pairs::PairAction;
use crate::cache;
use crate::cli::args::Screenshot;
use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::place::{Stretch, Target};
use crate::raster::image::Image;
use crate::raster::window::OffscreenWindow;
use crate::shell::app::TracelaneApp;
use crate::state::contrast::{Contrast, PairAnswer};
use crate::state::document::{DocumentId, Source};
use crate::state::pair::RowKey;
use crate::state::settings::Settings;
use crate::theme::tokens;

/// Draws what was asked for.
///
/// # Errors
/// When the file is unreadable, the selection does not exist, or the picture cannot be written.
pub fn run(asked: &Screenshot) -> Answer {
    let mut exit = Exit::Fine;
    let mut app = TracelaneApp::new_headless(Settings { theme: asked.theme, animate: false, ..Settings::default() });
    let mut then = Vec::new();
    if let Some(file) = &asked.file {
        let trace =
            cache::load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
        exit = Exit::after(trace.warnings());
        if let Some(target) = asked.select {
            then.extend(selecting(target, &trace)?);
        }
        then.extend(asked.panel.map(Action::OpenPanel));
        then.extend(asked.range.map(|stretch| Action::ShowRange(range(stretch, &trace))));
        app.adopt(Source::Path(file.clone()), trace);
    }
    for (at, file) in asked.compared.iter().enumerate() {
        let trace =
            cache::load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
        app.adopt(Source::Path(file.clone()), trace);
        // Documents of a window are numbered from 0.
        then.insert(
            at,
            Action::Pair(match at {
                0 => PairAction::Of(DocumentId(0), DocumentId(1)),
                _ => PairAction::Add(DocumentId(at as u64 + 1)),
            }),
        );
    }
    let image = draw(&mut app, then, asked);
    write(&image, &asked.out)?;
    Ok(exit)
}

/// Lets the window settle, does `then`, lets it settle again, and paints it.
fn draw(app: &mut TracelaneApp, then: Vec<Action>, asked: &Screenshot) -> Image {
    let size = egui::Vec2::from(asked.size_points.map(f32::from));
    let mut window = OffscreenWindow::new(size, asked.scale);
    let mut ui = |ui: &mut egui::Ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    };
    window.settle(&mut ui);
    // Bringing something into sight needs the sizes of what was painted.
    for action in then {
        app.push(action);
    }
    let mut ui = |ui: &mut egui::Ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    };
    window.settle(&mut ui);
    if let Some(rank) = asked.row {
        choose_row(app, rank);
        window.settle(|ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }
    let background = tokens::of(window.ctx()).background;
    window.paint(background)
}

/// Chooses the row of the changes with this rank (from 1), as a click on it does.
fn choose_row(app: &mut TracelaneApp, rank: usize) {
    let Some((pair, documents)) = app.state().shown_pair() else { return };
    let [a, b] = documents;
    let Some(Contrast::Answered(PairAnswer::Changes(found))) = pair.contrasts.get(&pair.question(a, b)) else { return };
    let Some(change) = found.found.changes.get(rank.saturating_sub(1)) else { return };
    let row = RowKey::of(change);
    app.push(Action::Pair(PairAction::ShowRow(row)));
}

/// What selects a target and brings it into sight.
fn selecting(target: Target, trace: &Arc<Trace>) -> Result<Vec<Action>, Failure> {
    let missing = |what: &str| Failure::usage(format!("--select: the trace has no {what}"));
    let lane = target.lane.find(trace).ok_or_else(|| missing("such lane"))?;
    let Some(nanos) = target.time_nanos else {
        return Ok(vec![Action::SelectLane(lane), Action::Reveal { lane, time: None }]);
    };
    let time = trace.range().start.plus_nanos(nanos);
    let span = trace.span_at(lane, time).ok_or_else(|| missing("span at that time on that lane"))?;
    Ok(vec![Action::SelectSpan(span.at), Action::Reveal { lane, time: Some(time) }])
}

/// A stretch in the trace's own time.
fn range(stretch: Stretch, trace: &Trace) -> TimeRange {
    let all = trace.range();
    let at = |nanos: i64| all.start.plus_nanos(nanos);
    TimeRange::new(stretch.start_nanos.map_or(all.start, at), stretch.end_nanos.map_or(all.end, at))
}

fn write(image: &Image, path: &Path) -> Result<(), Failure> {
    let unwritten = |error: &dyn std::error::Error| Failure::unwritten(&path.display().to_string(), error);
    let mut out = BufWriter::new(File::create(path).map_err(|error| unwritten(&error))?);
    image.write_png(&mut out).map_err(|error| unwritten(&error))?;
    out.flush().map_err(|error| unwritten(&error))
}
