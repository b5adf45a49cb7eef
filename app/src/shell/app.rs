//! The program's window without the desktop's part: the same in a real window, in tests, in pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{CentralPanel, Context, Frame, Ui, ViewportCommand};

use trace_core::model::trace::Trace;

use crate::action::action::{
    Action, Actions, FileAction, PanelAction, SelectAction, SettingsAction, ViewAction, WorkerAction,
};
use crate::action::effect::{Effect, WindowEffect};
use crate::action::reduce::reduce;
use crate::action::session_action::SessionAction;
use crate::panel;
use crate::shell::dock::Dock;
use crate::shell::{
    banner, bar, dialog, dock, drop, failed, fleet, focus_ring, help, input, palette, path_field, record, session,
    sheet, status, tabs, title, tour, welcome,
};
use crate::state::app::{AppState, NOTICE_SECONDS};
use crate::state::document::{Document, LoadState, Source};
use crate::state::rows::{RowOptions, Rows};
use crate::state::settings::{Settings, ThemeChoice};
use crate::theme::{style, tokens};
use crate::timeline::cache::TimelineCache;
use crate::widget::key_focus;
use crate::worker::effect_runner::EffectRunner;
use crate::worker::mailbox::{Mailbox, Wake};
use crate::worker::settings_file::{SettingsFile, Stored};

/// Actions that bring forth actions end after this many rounds, whatever happens.
const MAX_ROUNDS: usize = 32;

/// Frames in which a window that was maximised is told so again: X11's window managers do not hear it before they show the
/// window, which is some frames after the first.
const MAXIMISING_FRAMES: u32 = 12;

/// The window: state, workers and how its parts are laid out.
pub struct TracelaneApp {
    state: AppState,
    actions: Actions,
    runner: EffectRunner,
    dock: Dock,
    held: input::Held,
    look: Option<Look>,
    /// Frames in which the window is still told that it is maximised.
    maximising: u32,
    headless: bool,
}

/// What a context was last told.
#[derive(Clone, PartialEq)]
struct Look {
    theme: ThemeChoice,
    ui_scale: f32,
    title: String,
    /// Fonts come to be known at the next frame.
    first_frame: u64,
}

impl TracelaneApp {
    /// With threads, and the settings of `store`.
    #[must_use]
    pub fn new(ctx: &Context, store: SettingsFile) -> Self {
        let Stored { value: settings, fault: said } = store.read();
        let waker = ctx.clone();
        let wake: Wake = Arc::new(move || waker.request_repaint());
        let Stored { value: rules, fault: wrong } = store.read_tags();
        let mut app = Self::with(settings, EffectRunner::new(wake, store), false);
        app.state.tag_rules = Arc::new(rules);
        for said in [said, wrong].into_iter().flatten() {
            app.push(Action::Notice(said));
        }
        app
    }

    /// Without threads, disk and desktop: for tests and pictures. Loads are done when
    /// [`TracelaneApp::logic`] returns.
    #[must_use]
    pub fn new_headless(settings: Settings) -> Self {
        Self::with(settings, EffectRunner::inline(), true)
    }

    fn with(settings: Settings, runner: EffectRunner, headless: bool) -> Self {
        let dock = Dock::stored(settings.dock.as_deref());
        let state = AppState { settings, wait_for_all: headless, ..AppState::default() };
        let (actions, held) = (Actions::default(), input::Held::default());
        let maximising = if state.settings.maximised { MAXIMISING_FRAMES } else { 0 };
        Self { state, actions, runner, dock, held, look: None, maximising, headless }
    }

    /// Does not invite to drop files on the window, where the desktop cannot do that.
    pub fn without_drops(&mut self) {
        self.state.is_without_drops = true;
    }

    /// What the window knows.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Adds something to happen at the next [`TracelaneApp::logic`].
    pub fn push(&mut self, action: impl Into<Action>) {
        self.actions.push(action);
    }

    /// Where others may leave actions for it.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        self.runner.mailbox()
    }

    /// Opens a file, and follows it while it grows.
    pub fn open_to_follow(&mut self, path: PathBuf) {
        self.push(FileAction::OpenToFollow(path));
    }

    /// Opens a source in a tab of its own.
    pub fn open(&mut self, source: Source) {
        self.push(match source {
            Source::Path(path) | Source::Earlier { path, .. } => Action::File(FileAction::Open(path)),
            Source::Sample => Action::File(FileAction::OpenSample),
        });
    }

    /// Shows a trace that is loaded already.
    pub fn adopt(&mut self, source: Source, trace: Arc<Trace>) {
        let trace = trace.shown();
        let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
        self.push(FileAction::Adopt(source, trace, rows));
    }

    /// Takes what arrived and what the keys say, and carries it out. Before each [`TracelaneApp::ui`].
    pub fn logic(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        self.carry_out(ctx, Action::Tick(now));
        if !self.state.is_quitting && ctx.input(|input| input.viewport().close_requested()) {
            self.keep_open(ctx);
        }
        input::gather(ctx, &self.state, &mut self.held, &mut self.actions);
        // As it closes it is neither here nor there.
        if !self.headless && !self.state.is_quitting {
            self.remember_window(ctx);
        }
        self.settle(ctx);
        self.dress(ctx);
        if self.state.notice().is_some() {
            let since = self.state.notices.last().map_or(0.0, |(since, _)| *since);
            let left = (since + NOTICE_SECONDS - now).max(0.05);
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(left));
        }
    }

    /// The window is to be closed by its button or the desktop: stays open while something would be lost.
    fn keep_open(&mut self, ctx: &Context) {
        if !self.state.has_unsaved() {
            return;
        }
        ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        self.push(FileAction::Quit);
    }

    /// Shows everything, and carries out what the user did with it.
    pub fn ui(&mut self, ui: &mut Ui) {
        let frame = ui.ctx().cumulative_frame_nr();
        if self.look.as_ref().is_none_or(|look| look.first_frame >= frame) {
            ui.ctx().request_repaint();
            return;
        }
        let tokens = tokens::of(ui.ctx());
        ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.background);
        let (state, actions) = (&self.state, &mut self.actions);
        bar::ui(ui, state, actions);
        tabs::ui(ui, state, actions);
        path_field::ui(ui, state, actions);
        record::ui(ui, state, actions);
        status::ui(ui, state, actions);
        match state.document() {
            _ if fleet::ui(ui, state, actions) => {}
            _ if session::loading_ui(ui, state, actions) => {}
            None if state.shown_session().is_some() => {
                session::bare_ui(ui, state, |ui, actions| panel::requests::ui(ui, state, actions), actions);
            }
            None => {
                CentralPanel::default().frame(Frame::NONE).show(ui, |ui| welcome::ui(ui, state, actions));
            }
            Some(document) => match &document.load {
                LoadState::Failed(sentence) if !document.has_lanes() => {
                    CentralPanel::default()
                        .frame(Frame::NONE)
                        .show(ui, |ui| failed::ui(ui, document, sentence, actions));
                }
                LoadState::Loading { .. } if !document.has_lanes() => {
                    CentralPanel::default()
                        .frame(Frame::NONE)
                        .show(ui, |ui| status::loading_ui(ui, document, state.now_seconds, actions));
                }
                _ => {
                    banner::ui(ui, state, actions);
                    let dock = &mut self.dock;
                    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| dock.ui(ui, state, actions));
                }
            },
        }
        help::ui(ui.ctx(), state, actions);
        sheet::ui(ui.ctx(), state, actions);
        tour::ui(ui.ctx(), state, actions);
        palette::ui(ui.ctx(), state, actions);
        drop::ui(ui.ctx(), state);
        drop::offer_ui(ui.ctx(), state, actions);
        dialog::ui(ui.ctx(), state, actions);
        status::notice_ui(ui.ctx(), state);
        focus_ring::ui(ui.ctx());
        // Assistive technology asks the window itself, not the desktop's title bar.
        let name = title::of(&self.state);
        ui.ctx().accesskit_node_builder(egui::accesskit_root_id(), |node| node.set_label(name));
        let ctx = ui.ctx().clone();
        if self.settle(&ctx) {
            ctx.request_repaint();
        }
    }

    /// Writes what is to be remembered. When the window closes.
    pub fn finish(&mut self) {
        let settings = self.state.settings.clone();
        self.runner.carry_out(Effect::SaveSettings, &settings);
        self.runner.finish();
    }

    /// Carries out all actions, and those they bring forth. True if something changed that may show.
    fn settle(&mut self, ctx: &Context) -> bool {
        let mut changed = false;
        for _ in 0..MAX_ROUNDS {
            let mut actions = self.runner.arrived();
            actions.extend(self.actions.drain());
            if actions.is_empty() {
                break;
            }
            for action in actions {
                changed |= self.shows(&action);
                self.carry_out(ctx, action);
            }
        }
        changed
    }

    /// Whether carrying it out may change the picture: some actions repeat what is known every frame.
    fn shows(&self, action: &Action) -> bool {
        let (document, action) = match action {
            Action::On(id, action) => (self.state.document_by_id(*id), action.as_ref()),
            _ => (self.state.document(), action),
        };
        match action {
            Action::View(ViewAction::LanesHeight(points)) => {
                document.is_some_and(|known| known.lanes_height_points != *points)
            }
            Action::Select(SelectAction::PointTo(range)) => document.is_some_and(|known| known.pointed != *range),
            Action::Select(SelectAction::HoverFlow(flow)) => document.is_some_and(|known| known.hovered_flow != *flow),
            Action::View(ViewAction::PointerAt(at)) => {
                document.is_some_and(|known| known.pointer_nanos != at.map(|at| at.0))
            }
            Action::Panel(PanelAction::SetDock(dock)) => self.state.settings.dock != *dock,
            Action::Panel(PanelAction::Fronts(_)) => false,
            Action::View(ViewAction::SetView(view)) => document.is_some_and(|known| known.view != Some(*view)),
            _ => true,
        }
    }

    fn carry_out(&mut self, ctx: &Context, action: Action) {
        if matches!(
            action,
            Action::File(FileAction::CloseDocument(_))
                | Action::File(FileAction::CancelLoad(_))
                | Action::File(FileAction::Reply(_))
                | Action::Worker(WorkerAction::Saved(..))
                | Action::Session(SessionAction::Open(_) | SessionAction::Close)
        ) {
            // So that the trace is given back by the sweeper, not by this thread.
            TimelineCache::forget(ctx);
        }
        let effects = reduce(&mut self.state, action);
        if !effects.is_empty() {
            let folder = self.state.document().and_then(Document::file).and_then(Path::parent);
            self.runner.look_in(folder);
        }
        for effect in effects {
            match self.runner.carry_out(effect, &self.state.settings) {
                Some(WindowEffect::Copy(text)) => {
                    ctx.copy_text(text);
                    self.actions.push(Action::Notice("Copied".to_owned()));
                }
                Some(WindowEffect::OpenPanel(name)) => self.dock.open(name),
                Some(WindowEffect::FocusPanel(name)) => {
                    key_focus::ask(ctx, dock::focus_id(name));
                    focus_ring::show(ctx);
                }
                Some(WindowEffect::FrontPanel(name)) => self.dock.front(name),
                Some(WindowEffect::ResetPanels) => self.dock = Dock::stored(self.state.settings.dock.as_deref()),
                Some(WindowEffect::Quit) => ctx.send_viewport_cmd(ViewportCommand::Close),
                None => {}
            }
        }
    }

    /// Tells the context what has changed of theme, scale and title.
    fn dress(&mut self, ctx: &Context) {
        let settings = &self.state.settings;
        let title = title::of(&self.state);
        let first_frame = self.look.as_ref().map_or_else(|| ctx.cumulative_frame_nr(), |look| look.first_frame);
        let look = Look { theme: settings.theme, ui_scale: settings.ui_scale, title, first_frame };
        let known = self.look.as_ref();
        if known == Some(&look) {
            return;
        }
        if known.is_none() {
            style::install(ctx);
        }
        style::choose(
            ctx,
            match look.theme {
                ThemeChoice::System => None,
                ThemeChoice::Dark => Some(true),
                ThemeChoice::Light => Some(false),
            },
        );
        if known.is_none_or(|known| known.ui_scale != look.ui_scale) {
            ctx.set_zoom_factor(look.ui_scale);
        }
        if !self.headless && known.is_none_or(|known| known.title != look.title) {
            ctx.send_viewport_cmd(ViewportCommand::Title(look.title.clone()));
        }
        self.look = Some(look);
    }

    fn remember_window(&mut self, ctx: &Context) {
        if self.maximising > 0 {
            self.maximising -= 1;
            if self.maximising.is_multiple_of(4) {
                ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
            }
            ctx.request_repaint();
            return;
        }
        let (place, maximised) = ctx.input(|input| {
            let viewport = input.viewport();
            let is_full = viewport.maximized.unwrap_or(false) || viewport.fullscreen.unwrap_or(false);
            let inner =
                viewport.inner_rect.filter(|inner| !is_full && inner.width() >= 200.0 && inner.height() >= 200.0);
            // A window is placed by its frame, and sized by what is in it.
            let corner = viewport.outer_rect.or(viewport.inner_rect).map(|outer| outer.min);
            (inner.zip(corner), viewport.maximized)
        });
        let settings = &self.state.settings;
        if let Some(maximised) = maximised.filter(|maximised| *maximised != settings.maximised) {
            self.actions.push(SettingsAction::SetMaximised(maximised));
        }
        let Some((inner, corner)) = place else { return };
        // Points here grow with the scale; the desktop's do not.
        let scale = settings.ui_scale;
        let place = [corner.x, corner.y, inner.width(), inner.height()].map(|points| (points * scale).round());
        if settings.window != Some(place) {
            self.actions.push(SettingsAction::SetWindow(place));
        }
    }
}

impl eframe::App for TracelaneApp {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        // Dialogs belong to this window.
        self.runner.set_dialog(rfd::FileDialog::new().set_parent(frame));
        Self::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        Self::ui(self, ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.finish();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
