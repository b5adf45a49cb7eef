//! The timeline with panels around it: they dock, tab, split and close. The arrangement belongs to
//! `egui_tiles`, which changes it while painting; every change is reported as an action, to be stored.

use egui::{
    Color32, Frame, Id, Margin, Rect, Response, Role, Sense, Stroke, Ui, Visuals, WidgetInfo, WidgetText, pos2, vec2,
};
use egui_tiles::{
    Behavior, Container, EditAction, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles, Tree, UiResponse,
};

use crate::action::action::{Action, Actions, PanelAction, SelectAction, SettingsAction};
use crate::action::panel::{Home, Needs, Panel};
use crate::panel;
use crate::shell::comparison;
use crate::shell::fit::Fit;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::sheet::Sheet;
use crate::state::view::Selection;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{glyph, icon_button};
use crate::widget::{content, key_focus};

/// Whether a panel has its place in the window now: nothing reserves room before it has something to show.
fn is_wanted(panel: Panel, state: &AppState, document: &Document) -> bool {
    let pair = state.shown_pair().map(|(pair, _)| pair);
    match panel.info().needs {
        Needs::Trace => panel != Panel::Findings || document.findings_shown,
        Needs::Selection => document.panels_shown,
        Needs::Comparison => pair.is_some(),
        Needs::Session => state.shown_session().is_some(),
        Needs::Row => pair.is_some_and(|pair| pair.row.is_some()),
        Needs::Series => pair.is_some_and(|pair| !pair.series.is_empty()),
    }
}

/// What has the keyboard focus after a key has opened a panel.
#[must_use]
pub fn focus_id(panel: Panel) -> Id {
    Id::unique(("panel focus", panel.info().id))
}

/// The panels and their arrangement.
pub struct Dock {
    tree: Tree<Panel>,
    fit: Fit,
}

impl Dock {
    /// As stored; as usual if nothing is stored, or nothing sensible.
    #[must_use]
    pub fn stored(stored: Option<&str>) -> Self {
        let tree = stored
            .and_then(|text| ron::from_str::<Tree<Panel>>(text).ok())
            .filter(|tree| tree.root().is_some() && tree.tiles.find_pane(&Panel::Timeline).is_some());
        Self { tree: tree.unwrap_or_else(usual), fit: Fit::default() }
    }

    /// Opens a panel, or brings it to the front where it is.
    pub fn open(&mut self, pane: Panel) {
        if self.tree.tiles.find_pane(&pane).is_none() {
            self.insert(pane);
        }
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(found) if *found == pane));
    }

    /// Brings a panel to the front where it is, if it is open.
    pub fn front(&mut self, pane: Panel) {
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(found) if *found == pane));
    }

    /// The names of the panels in front of their tabs, sorted; the timeline is not one of them.
    fn fronts(&self) -> Vec<&'static str> {
        let tiles = &self.tree.tiles;
        let active = tiles.tiles().filter_map(|tile| match tile {
            Tile::Container(Container::Tabs(tabs)) => tiles.get(tabs.active?),
            _ => None,
        });
        let panes = active.filter_map(|tile| match tile {
            Tile::Pane(pane) if *pane != Panel::Timeline => Some(pane.info().id),
            _ => None,
        });
        let mut fronts: Vec<&'static str> = panes.collect();
        fronts.sort_unstable();
        fronts
    }

    fn insert(&mut self, pane: Panel) {
        let tiles = &mut self.tree.tiles;
        let new = tiles.insert_pane(pane);
        let neighbours =
            |home: Home| Panel::ALL.iter().filter(move |other| **other != pane && other.info().home == home);
        let side = match pane.info().home {
            Home::RightTop => [Home::RightTop, Home::RightBottom],
            Home::RightBottom => [Home::RightBottom, Home::RightTop],
            home => [home, home],
        };
        let beside = side.into_iter().flat_map(neighbours).find_map(|other| {
            let parent = tiles.parent_of(tiles.find_pane(other)?)?;
            matches!(tiles.get_container(parent), Some(Container::Tabs(_))).then_some(parent)
        });
        if let Some(parent) = beside {
            if let Some(Tile::Container(tabs)) = tiles.get_mut(parent) {
                tabs.add_child(new);
            }
            return;
        }
        let tabs = tiles.insert_tab_tile(vec![new]);
        let Some(root) = self.tree.root else {
            self.tree.root = Some(tabs);
            return;
        };
        let (direction, share) = match pane.info().home {
            Home::Bottom => (LinearDir::Vertical, 0.36),
            _ => (LinearDir::Horizontal, 0.28),
        };
        self.tree.root = Some(split(tiles, direction, [root, tabs], 1.0 - share));
    }

    /// Shows the timeline, and the panels once there is something to tell.
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let Some(document) = state.document() else { return };
        let mut alone = true;
        for pane in Panel::ALL.iter().copied() {
            let Some(tile) = self.tree.tiles.find_pane(&pane) else { continue };
            let wanted = is_wanted(pane, state, document);
            self.tree.tiles.set_visible(tile, wanted);
            alone &= !wanted || pane == Panel::Timeline;
        }
        if alone {
            comparison::ui(ui, state, actions);
            return;
        }
        if let Some(panel) =
            state.maximised.and_then(|id| Panel::ALL.iter().copied().find(|known| known.info().id == id))
        {
            maximised_ui(ui, (state, panel), actions);
            return;
        }
        let timeline = self.tree.tiles.find_pane(&Panel::Timeline);
        let mut shown = Shown { state, actions, timeline, edited: false, resized: false };
        drop(content::take(ui.ctx()));
        self.tree.ui(&mut shown, ui);
        let (edited, resized) = (shown.edited, shown.resized);
        // What is no longer under the pointer is not pointed out any more.
        if document.pointed.is_some() && !actions.any(|one| matches!(one, Action::Select(SelectAction::PointTo(_)))) {
            actions.push(SelectAction::PointTo(None));
        }
        if resized && state.settings.fits_docks {
            actions.push(SettingsAction::FitDocks(false));
        }
        let fits = state.settings.fits_docks && state.shown_pair().is_none() && !resized;
        // The lanes of a session are those of all its services.
        let centre = timeline.and_then(|tile| self.tree.tiles.rect(tile)).filter(|_| state.shown_session().is_some());
        let lanes = centre.map_or(document.lanes_height_points as f32, |centre| centre.height());
        if self.fit.apply(ui, &mut self.tree, lanes, fits) {
            ui.ctx().request_repaint();
        }
        let fronts = self.fronts();
        if fronts != document.fronts {
            actions.push(PanelAction::Fronts(fronts));
        }
        if edited && let Ok(text) = ron::to_string(&self.tree) {
            actions.push(PanelAction::SetDock(Some(text)));
        }
    }
}

/// A panel in the place of all others.
fn maximised_ui(ui: &mut Ui, (state, panel): (&AppState, Panel), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    ui.painter().rect_filled(area, 0.0, tokens.panel);
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new(panel.title()).font(fonts::strong()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if icon_button(ui, icons::RESTORE, "Restore the panel", "Esc", true).clicked() {
                    actions.push(PanelAction::Maximise(None));
                }
                if icon_button(ui, icons::HELP, "About this panel", "", true).clicked() {
                    actions.push(PanelAction::Sheet(Some(Sheet::Manual(panel.info().id.to_owned()))));
                }
            });
        });
    });
    let mut shown = Shown { state, actions, timeline: None, edited: false, resized: false };
    // It is not dragged.
    let UiResponse::None = shown.pane_ui(ui, TileId::from_u64(0), &mut { panel }) else { return };
}

fn split(tiles: &mut Tiles<Panel>, direction: LinearDir, children: [TileId; 2], first: f32) -> TileId {
    tiles.insert_container(egui_tiles::Linear::new_binary(direction, children, first))
}

/// The timeline, at its right details above stacks, flows and events.
fn usual() -> Tree<Panel> {
    let mut tiles = Tiles::default();
    let mut tabs = |panes: &[Panel]| {
        let children = panes.iter().map(|pane| tiles.insert_pane(*pane)).collect();
        tiles.insert_tab_tile(children)
    };
    let centre = tabs(&[Panel::Timeline]);
    let top = tabs(&[Panel::Details, Panel::Spans]);
    let bottom = tabs(&[Panel::Stacks, Panel::Flows, Panel::Events]);
    let right = split(&mut tiles, LinearDir::Vertical, [top, bottom], 0.5);
    let root = split(&mut tiles, LinearDir::Horizontal, [centre, right], 0.72);
    Tree::new(egui::Id::unique("dock"), root, tiles)
}

struct Shown<'a> {
    state: &'a AppState,
    actions: &'a mut Actions,
    /// The tile of the timeline, which alone needs no tab.
    timeline: Option<TileId>,
    edited: bool,
    /// The user has dragged an edge between tiles.
    resized: bool,
}

impl Behavior<Panel> for Shown<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Panel) -> UiResponse {
        if *pane == Panel::Timeline {
            comparison::ui(ui, self.state, self.actions);
            return UiResponse::None;
        }
        let tokens = tokens::of(ui.ctx());
        ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.panel);
        key_focus::place(ui, ui.max_rect(), focus_id(*pane), pane.title());
        Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.take_available_space();
            let (state, actions) = (self.state, &mut *self.actions);
            let lane_selected = state.document().is_some_and(|known| matches!(known.selection, Selection::Lane(_)));
            let region_selected = state.document().is_some_and(|known| matches!(known.selection, Selection::Region(_)));
            let task_selected = state.document().is_some_and(|known| matches!(known.selection, Selection::Task(_)));
            match pane {
                Panel::Timeline => {}
                Panel::Details if lane_selected => panel::lane_details::ui(ui, state, actions),
                Panel::Details if task_selected => panel::task_details::ui(ui, state, actions),
                Panel::Details if region_selected => panel::region_details::ui(ui, state, actions),
                Panel::Details => panel::details::ui(ui, state, actions),
                Panel::Stacks => panel::stack::ui(ui, state, actions),
                Panel::Flows => panel::flows::ui(ui, state, actions),
                Panel::Events => panel::events::ui(ui, state, actions),
                Panel::Spans => panel::spans::ui(ui, state, actions),
                Panel::Warnings => panel::warnings::ui(ui, state, actions),
                Panel::Findings => panel::findings::ui(ui, state, actions),
                Panel::WaitChain => panel::wait_chain::ui(ui, state, actions),
                Panel::Profile => panel::profile::ui(ui, state, actions),
                Panel::Samples => panel::profile::samples_ui(ui, state, actions),
                Panel::Tasks => panel::tasks::ui(ui, state, actions),
                Panel::Mutator => panel::mutator::ui(ui, state, actions),
                Panel::Latency => panel::latency::ui(ui, state, actions),
                Panel::Changes => panel::changes::ui(ui, state, actions),
                Panel::Difference => panel::difference::ui(ui, state, actions),
                Panel::DifferenceFlame => panel::difference_flame::ui(ui, state, actions),
                Panel::Both => panel::both::ui(ui, state, actions),
                Panel::Series => panel::series::ui(ui, state, actions),
                Panel::Bookmarks => panel::bookmarks::ui(ui, state, actions),
                Panel::Selection => panel::selection::ui(ui, state, actions),
                Panel::Instant => panel::instant::ui(ui, state, actions),
                Panel::BlockedBy
                | Panel::Collector
                | Panel::Goroutines
                | Panel::Locks
                | Panel::Population
                | Panel::Procs
                | Panel::Syscalls => {
                    panel::analysis::group_ui(ui, state, pane.title(), &pane.analyses(), actions);
                }
                Panel::Query => panel::query::ui(ui, state, actions),
                Panel::Requests => panel::requests::ui(ui, state, actions),
                Panel::Request => panel::request::ui(ui, state, actions),
                Panel::SessionFindings => panel::session_findings::ui(ui, state, actions),
                Panel::Services => panel::services::ui(ui, state, actions),
                Panel::ServiceMap => panel::service_map::ui(ui, state, actions),
                Panel::Find => panel::find::ui(ui, state, actions),
                Panel::Source => panel::source::ui(ui, state, actions),
            }
        });
        UiResponse::None
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Panel>, ui: &mut Ui, id: Id, tile: TileId, tab: &TabState) -> Response {
        let title = match tiles.get(tile) {
            Some(Tile::Pane(pane)) => pane.title(),
            _ => "Panels",
        };
        let (response, closed) = tab_ui(ui, id, title, tab, self.is_tile_draggable(tiles, tile));
        if closed && self.on_tab_close(tiles, tile) {
            tiles.remove(tile);
        }
        response
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Panel>,
        ui: &mut Ui,
        _tile: TileId,
        tabs: &egui_tiles::Tabs,
        _scroll_offset: &mut f32,
    ) {
        let active = tabs.active.and_then(|tile| tiles.get(tile));
        let Some(Tile::Pane(panel)) = active.filter(|tile| !matches!(tile, Tile::Pane(Panel::Timeline))) else {
            return;
        };
        ui.spacing_mut().item_spacing.x = space::HAIR;
        if icon_button(ui, icons::MAXIMISE, "Maximise the panel", "", true).clicked() {
            self.actions.push(PanelAction::Maximise(Some(*panel)));
        }
        if icon_button(ui, icons::HELP, "About this panel", "", true).clicked() {
            self.actions.push(PanelAction::Sheet(Some(Sheet::Manual(panel.info().id.to_owned()))));
        }
    }

    fn tab_title_for_pane(&mut self, pane: &Panel) -> WidgetText {
        pane.title().into()
    }

    fn is_tab_closable(&self, tiles: &Tiles<Panel>, tile: TileId) -> bool {
        !shows_timeline(tiles, tile)
    }

    fn is_tile_draggable(&self, tiles: &Tiles<Panel>, tile: TileId) -> bool {
        !shows_timeline(tiles, tile)
    }

    fn on_tab_close(&mut self, _tiles: &mut Tiles<Panel>, _tile: TileId) -> bool {
        self.edited = true;
        true
    }

    fn is_tab_bar_visible(&self, _tile: TileId, tabs: &egui_tiles::Tabs) -> bool {
        tabs.children.iter().any(|child| Some(*child) != self.timeline)
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        space::TABS
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        space::M
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn tab_bg_color(&self, visuals: &Visuals, _tiles: &Tiles<Panel>, _tile: TileId, _tab: &TabState) -> Color32 {
        visuals.panel_fill
    }

    fn tab_outline_stroke(&self, _visuals: &Visuals, _tiles: &Tiles<Panel>, _tile: TileId, _tab: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, visuals: &Visuals) -> Stroke {
        visuals.widgets.noninteractive.bg_stroke
    }

    fn tab_text_color(&self, visuals: &Visuals, _tiles: &Tiles<Panel>, _tile: TileId, tab: &TabState) -> Color32 {
        if tab.active { visuals.text_color() } else { visuals.weak_text_color() }
    }

    fn resize_stroke(&self, style: &egui::Style, resize: egui_tiles::ResizeState) -> Stroke {
        match resize {
            egui_tiles::ResizeState::Idle => style.visuals.widgets.noninteractive.bg_stroke,
            _ => Stroke::new(2.0, style.visuals.hyperlink_color),
        }
    }

    fn drag_preview_stroke(&self, visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, visuals.hyperlink_color)
    }

    fn drag_preview_color(&self, visuals: &Visuals) -> Color32 {
        visuals.hyperlink_color.gamma_multiply(0.2)
    }

    fn on_edit(&mut self, action: EditAction) {
        self.edited |= action != EditAction::TileDragged;
        self.resized |= action == EditAction::TileResized;
    }
}

fn shows_timeline(tiles: &Tiles<Panel>, tile: TileId) -> bool {
    match tiles.get(tile) {
        Some(Tile::Pane(pane)) => *pane == Panel::Timeline,
        Some(Tile::Container(container)) => container.children().any(|child| shows_timeline(tiles, *child)),
        None => false,
    }
}

/// A tab; and whether it is to be closed. Its cross shows under the pointer only.
fn tab_ui(ui: &mut Ui, id: Id, title: &str, tab: &TabState, draggable: bool) -> (Response, bool) {
    let tokens = tokens::of(ui.ctx());
    let font = if tab.active { fonts::strong() } else { fonts::body() };
    let over = ui.ctx().read_response(id).is_some_and(|known| ui.rect_contains_pointer(known.rect));
    let color = if tab.active || over { tokens.text } else { tokens.muted };
    let galley = ui.painter().layout_no_wrap(title.to_owned(), font, color);
    let cross_room = if tab.closable { 18.0 } else { 0.0 };
    let width = galley.size().x + space::M + space::S + cross_room;
    let (_, rect) = ui.allocate_space(vec2(width, ui.available_height()));
    let response = ui.interact(rect, id, if draggable { Sense::click_and_drag() } else { Sense::click() });
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, tab.active, title));
    if tab.is_being_dragged {
        return (response, false);
    }
    let cross = Rect::from_center_size(pos2(rect.max.x - 12.0, rect.center().y), vec2(18.0, 18.0));
    ui.painter().galley(pos2(rect.min.x + space::M, rect.center().y - galley.size().y / 2.0), galley, color);
    if tab.active {
        let line = Rect::from_min_max(
            pos2(rect.min.x + space::M, rect.max.y - 2.0),
            pos2(rect.max.x - cross_room, rect.max.y),
        );
        ui.painter().rect_filled(line, 1.0, tokens.accent);
    }
    let mut closed = response.clicked_by(egui::PointerButton::Middle) && tab.closable;
    if tab.closable {
        let close = ui.interact(cross, id.with("close"), Sense::click());
        close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {title}")));
        if close.hovered() {
            ui.painter().rect_filled(cross, space::RADIUS, tokens.hovered);
        }
        if over || close.has_focus() {
            glyph(ui, cross, icons::CLOSE, fonts::icon_sized(12.0), tokens.muted);
        }
        closed |= close.clicked();
    }
    (response, closed)
}
