//! `tracelane screenshot`: the real window, drawn into a picture without display or GPU.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use trace_core::model::trace::Trace;

use crate::action::action::Action;
use crate::action::commands::panels;
use crate::action::pairs::PairAction;
use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::load::load;
use crate::cli::out::Out;
use crate::cli::place::{Stretch, Target, parse_stretch, parse_target};
use crate::cli::scope::range_of;
use crate::cli::words::{Stop, Words, unexpected};
use crate::raster::image::Image;
use crate::raster::window::OffscreenWindow;
use crate::shell::app::TracelaneApp;
use crate::state::contrast::{Contrast, PairAnswer};
use crate::state::document::{DocumentId, Source};
use crate::state::pair::RowKey;
use crate::state::settings::{Settings, ThemeChoice};
use crate::theme::tokens;

/// What `tracelane help screenshot` prints.
pub const HELP: &str = "\
tracelane screenshot FILE -o PNG [options]
tracelane screenshot --welcome -o PNG [options]

Draws the window as it looks with FILE open into a picture. Needs no display and no GPU.

  -o PNG               where the picture goes; - is standard output
  --force              replace PNG if it exists (never a trace)
  --size 1600x1000     size of the window in points
  --scale 1            pixels per point
  --theme dark         dark or light
  --range A..B         the stretch of time to show, from the start of the trace: 100ms..1.2s
  --select G25@1.2s    select what goroutine 25 does 1.2 s after the start; G25 alone selects its
                       lane; p0 is a proc, m4711 a thread, gc and stw the collector and its pauses
  --compare FILE       show this trace as B beside the first; given again, it adds to a series; --row 1 chooses the
                       row of the changes with that rank and shows its slowest instances
  --panel NAME         open a panel, named as in the menus: findings, wait-chain, blocking-profile
";

/// What to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The trace; `None` for the welcome screen.
    pub file: Option<PathBuf>,
    /// Where the PNG goes.
    pub out: Out,
    /// Size of the window in points.
    pub size_points: [u16; 2],
    /// Pixels per point.
    pub scale: f32,
    /// Colours.
    pub theme: ThemeChoice,
    /// The stretch of time in sight; all if `None`.
    pub range: Option<Stretch>,
    /// What is selected.
    pub select: Option<Target>,
    /// Traces that are compared with the first.
    pub compared: Vec<PathBuf>,
    /// The row of the comparison that is chosen, by its rank from 1.
    pub row: Option<usize>,
    /// The panel that is opened.
    pub panel: Option<&'static str>,
}

impl Asked {
    /// Reads what follows `screenshot`.
    pub fn read(mut words: Words) -> Result<Self, Stop> {
        let mut welcome = false;
        let mut asked = Self {
            file: None,
            out: Out::default(),
            size_points: [1600, 1000],
            scale: 1.0,
            theme: ThemeChoice::Dark,
            range: None,
            select: None,
            compared: Vec::new(),
            row: None,
            panel: None,
        };
        while let Some(option) = words.option()? {
            match option.as_str() {
                "-o" | "--out" => asked.out.path = Some(words.path()?),
                "--force" => asked.out.force = true,
                "--welcome" => welcome = true,
                "--size" => asked.size_points = words.value(&option, "1600x1000", parse_size)?,
                "--scale" => asked.scale = words.value(&option, "2 (0.5 to 4)", parse_scale)?,
                "--theme" => asked.theme = words.value(&option, "dark or light", parse_theme)?,
                "--range" => asked.range = Some(words.value(&option, "100ms..1.2s", parse_stretch)?),
                "--select" => asked.select = Some(words.value(&option, "G25@1.2s", parse_target)?),
                "--compare" => asked.compared.push(words.input()?),
                "--row" => asked.row = Some(words.number(&option, "1")?),
                "--panel" => asked.panel = Some(words.value(&option, &panel_names(), parse_panel)?),
                _ => return Err(unexpected(&option).into()),
            }
        }
        match (welcome, words.file_if_any()) {
            (true, Some(_)) => return Err(Failure::usage("--welcome shows no FILE").into()),
            (true, None) if asked.range.is_some() || asked.select.is_some() || !asked.compared.is_empty() => {
                return Err(Failure::usage("--welcome has nothing for --range, --select or --compare").into());
            }
            (true, None) => {}
            (false, Some(file)) => asked.file = Some(file),
            (false, None) => asked.file = Some(words.file()?),
        }
        if asked.out.path.is_none() {
            return Err(Failure::usage("screenshot needs -o FILE.png").into());
        }
        Ok(asked)
    }
}

/// A panel by its name, in any case; spaces may be dashes.
fn parse_panel(text: &str) -> Option<&'static str> {
    let wanted = text.replace('-', " ");
    panels::ALL.into_iter().find(|name| name.eq_ignore_ascii_case(&wanted))
}

/// The panels, as [`parse_panel`] reads them.
fn panel_names() -> String {
    let names: Vec<String> = panels::ALL.iter().map(|name| name.to_lowercase().replace(' ', "-")).collect();
    format!("one of {}", names.join(", "))
}

fn parse_size(text: &str) -> Option<[u16; 2]> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|points| (200..=8000).contains(points));
    Some([side(width)?, side(height)?])
}

fn parse_scale(text: &str) -> Option<f32> {
    text.parse().ok().filter(|scale| (0.5..=4.0).contains(scale))
}

fn parse_theme(text: &str) -> Option<ThemeChoice> {
    match text {
        "dark" => Some(ThemeChoice::Dark),
        "light" => Some(ThemeChoice::Light),
        _ => None,
    }
}

/// Draws what was asked for.
///
/// # Errors
/// When the file is unreadable, the selection does not exist, or the picture cannot be written.
pub fn run(asked: &Asked) -> Answer {
    let inputs = asked.file.iter().chain(&asked.compared).map(PathBuf::as_path);
    let out = asked.out.check(inputs)?;
    let mut exit = Exit::Fine;
    let mut app = TracelaneApp::new_headless(Settings { theme: asked.theme, animate: false, ..Settings::default() });
    let mut then = Vec::new();
    if let Some(file) = &asked.file {
        let trace = load(file)?;
        exit = Exit::after(&trace);
        if let Some(target) = asked.select {
            then.extend(selecting(target, &trace)?);
        }
        then.extend(asked.panel.map(Action::OpenPanel));
        then.extend(asked.range.map(|stretch| Action::ShowRange(range_of(&trace, stretch))));
        app.adopt(Source::Path(file.clone()), trace);
    }
    for (at, file) in asked.compared.iter().enumerate() {
        let trace = load(file)?;
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
    if let Some(out) = out {
        out.write(|file| image.write_png(file).map_err(io::Error::from))?;
    }
    Ok(exit)
}

/// Lets the window settle, does `then`, lets it settle again, and paints it.
fn draw(app: &mut TracelaneApp, then: Vec<Action>, asked: &Asked) -> Image {
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
