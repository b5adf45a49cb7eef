//! The centre of the window while a session is open: the request lane above the lanes of each service, all on one time
//! line. Services can be folded to a line that shows when they were busy.

use egui::{
    Align, Align2, CentralPanel, CursorIcon, Frame, Id, Label, Layout, Rect, RichText, Role, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::action::action::{Action, Actions, FileAction, ViewAction};
use crate::action::commands;
use crate::action::keymap;
use crate::action::session_action::SessionAction;
use crate::fmt::clock;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::shell::crossings;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::session::{Built, Member, OpenSession, Stage, view_of_service, view_of_session};
use crate::state::view::View;
use crate::theme::lanes::MINIMAP_OF_PAIR;
use crate::theme::{fonts, icons, space, tokens};
use crate::timeline;
use crate::timeline::cache::TimelineCache;
use crate::timeline::frame::TimelineSlot;
use crate::timeline::strips::Strips;
use crate::timeline::waterfall::{self, HEAD, RequestLane, service_color};
use crate::widget::button::{Kind, icon_button, text_button};
use crate::widget::progress::progress_bar;

/// Height of the bar above all, points.
const BAR: f32 = 32.0;
/// Height of the border below the request lane, points.
const BORDER: f32 = 5.0;
/// Height of the lanes of a service, at least, points: there are more services folded before it is less.
const LEAST: f32 = 150.0;
/// Part of the height that the request lane takes at most by itself.
const MOST_LANE: f32 = 0.42;
/// Members of a session that is loaded that are listed, at most.
const LISTED: usize = 200;

/// A service on show.
struct Block<'a> {
    service: u32,
    document: &'a Document,
    place: Rect,
    is_open: bool,
}

/// Shows it; false if no session is on show.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) -> bool {
    let Some((session, built)) = state.shown_session() else { return false };
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_filled(area, 0.0, tokens.panel);
    let bar = area.with_max_y(area.min.y + BAR);
    bar_ui(&mut inside(ui, bar.shrink2(vec2(space::M, 0.0)), "session bar"), state, (session, built), actions);
    let lane_height = lane_height(session, built, area.height() - BAR);
    let lane = Rect::from_min_max(bar.left_bottom(), pos2(area.max.x, bar.max.y + lane_height));
    let border = Rect::from_min_max(lane.left_bottom(), pos2(area.max.x, lane.max.y + BORDER));
    let rest = area.with_min_y(border.max.y.min(area.max.y));
    let blocks = blocks(state, session, rest);
    let view = services_ui(ui, state, session, &blocks, actions);
    let view = view.unwrap_or_else(|| whole_of(session, built));
    let places = blocks.iter().map(|block| crossings::Place {
        service: block.service,
        document: block.document,
        place: block.place,
        is_open: block.is_open,
    });
    let places: Vec<crossings::Place<'_>> = places.collect();
    crossings::ui(ui, (state, session), (&places, view), actions);
    let edges = Strips::of_pair(lane, state.settings.gutter_points, 0.0).minimap;
    let front = blocks.iter().find(|block| state.active == Some(block.document.id)).or_else(|| blocks.first());
    let front = front.map(|block| (block.document, block.service));
    let lane = RequestLane { session, built, front, view, place: lane, edges: [edges.left(), edges.right()] };
    if session.is_lane_folded {
        ui.painter().rect_filled(lane.place, 0.0, tokens.background);
    } else {
        waterfall::ui(ui, state, &lane, actions);
    }
    border_ui(ui, (border, lane.place), actions);
    true
}

/// What is in view where no trace leads: the request that is shown, or all.
fn whole_of(session: &OpenSession, built: &Built) -> View {
    let request = session.request.and_then(|at| built.range_of(built.request(at)?));
    let whole = View::whole(built.session.range);
    request.map_or(whole, |range| whole.fit(range, crate::state::view::FIT_AIR, built.session.range))
}

fn lane_height(session: &OpenSession, built: &Built, room: f32) -> f32 {
    if session.is_lane_folded {
        return 0.0;
    }
    let usual = (HEAD + waterfall::height_of_rows(session, built)).min(room * MOST_LANE);
    session.lane_points.unwrap_or(usual).clamp(HEAD, (room * 0.8).max(HEAD)).round()
}

fn inside(ui: &mut Ui, rect: Rect, salt: impl std::hash::Hash + std::fmt::Debug) -> Ui {
    let layout = Layout::left_to_right(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(salt));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child
}

/// Where services lie: those that are unfolded share the room. Where it does not suffice, the last ones are folded, but
/// never the one in front.
fn blocks<'a>(state: &'a AppState, session: &OpenSession, room: Rect) -> Vec<Block<'a>> {
    let shown = (0..).zip(&session.documents).filter_map(|(service, id)| {
        let document = state.document_by_id((*id)?).filter(|document| document.has_lanes())?;
        let is_open = !session.folded.get(service as usize).copied().unwrap_or(false);
        Some(Block { service, document, place: room, is_open })
    });
    let mut blocks: Vec<Block<'a>> = shown.collect();
    let height = |blocks: &[Block<'_>]| {
        let open = blocks.iter().filter(|block| block.is_open).count();
        let folded = (blocks.len() - open) as f32 * MINIMAP_OF_PAIR;
        (open, (room.height() - folded) / open.max(1) as f32)
    };
    loop {
        let (open, each) = height(&blocks);
        if open <= 1 || each >= LEAST {
            break;
        }
        let is_front = |block: &Block<'_>| state.active == Some(block.document.id);
        let Some(last) = blocks.iter_mut().rev().find(|block| block.is_open && !is_front(block)) else { break };
        last.is_open = false;
    }
    let (_, each) = height(&blocks);
    // Of many services those around the one in front show.
    let most = ((room.height() - LEAST).max(0.0) / MINIMAP_OF_PAIR) as usize + 1;
    let front = blocks.iter().position(|block| state.active == Some(block.document.id)).unwrap_or(0);
    let hidden =
        if blocks.len() > most { (front + 1).saturating_sub(most / 2 + 1).min(blocks.len() - most) } else { 0 };
    let mut top = room.min.y;
    for (at, block) in blocks.iter_mut().enumerate() {
        let height = match block.is_open {
            _ if at < hidden => 0.0,
            true => each.max(MINIMAP_OF_PAIR),
            false => MINIMAP_OF_PAIR,
        };
        let bottom = (top + height).round().min(room.max.y);
        block.place = Rect::from_min_max(pos2(room.min.x, top), pos2(room.max.x, bottom));
        top = bottom;
    }
    blocks.retain(|block| block.place.height() >= 4.0);
    blocks
}

fn is_dragged(ui: &Ui, slot: TimelineSlot) -> bool {
    let store = TimelineCache::of(ui.ctx(), slot);
    let store = store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    store.drag.is_some()
}

fn slot(service: u32) -> TimelineSlot {
    TimelineSlot::Service(u16::try_from(service).unwrap_or(u16::MAX))
}

/// The lanes of all services. The one that the pointer works on is painted first, and leads the others in this frame. The
/// view of the session, as painted.
fn services_ui(
    ui: &mut Ui,
    state: &AppState,
    session: &OpenSession,
    blocks: &[Block<'_>],
    actions: &mut Actions,
) -> Option<View> {
    let tokens = tokens::of(ui.ctx());
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let dragged = blocks.iter().position(|block| is_dragged(ui, slot(block.service)));
    let under = blocks.iter().position(|block| pointer.is_some_and(|at| block.place.contains(at)));
    let front = blocks.iter().position(|block| state.active == Some(block.document.id));
    let lead = dragged.or(under).or(front).unwrap_or(0);
    let mut led: Option<View> = None;
    let order = std::iter::once(lead).chain((0..blocks.len()).filter(|at| *at != lead));
    for block in order.filter_map(|at| blocks.get(at)) {
        let Some(map) = session.clock(block.service) else { continue };
        let mut child = inside(ui, block.place, ("service", block.service));
        let mut own = Actions::default();
        let follows = led.map(|view| view_of_service(map, view, 0.0));
        let of = (block.document, slot(block.service), follows);
        let shown = timeline::document_ui(&mut child, state, of, &mut own);
        led = led.or(shown.map(|view| view_of_session(map, view)));
        for action in own.drain() {
            // Folded, it has no height to be remembered.
            if block.is_open || !matches!(action, Action::View(ViewAction::LanesHeight(_))) {
                actions.push(Action::On(block.document.id, Box::new(action)));
            }
        }
        head_ui(ui, state, session, block, actions);
        if state.active == Some(block.document.id) {
            let line = Rect::from_min_max(block.place.min, pos2(block.place.min.x + 3.0, block.place.max.y));
            ui.painter().rect_filled(line, 0.0, service_color(tokens, session, block.service));
        }
        ui.painter().hline(block.place.x_range(), block.place.max.y - 0.5, Stroke::new(1.0, tokens.line));
    }
    pointer_ui(ui, state, blocks, (pointer, under));
    led
}

/// The instant under the pointer on the other services' lanes.
fn pointer_ui(ui: &Ui, state: &AppState, blocks: &[Block<'_>], (pointer, under): (Option<egui::Pos2>, Option<usize>)) {
    let Some((at, under)) = pointer.zip(under) else { return };
    let tokens = tokens::of(ui.ctx());
    for (_, block) in blocks.iter().enumerate().filter(|(number, _)| *number != under) {
        let strips = Strips::of_pair(block.place, state.settings.gutter_points, 0.0);
        if strips.minimap.x_range().contains(at.x) {
            let place = block.place.with_min_y(strips.minimap.max.y);
            ui.painter_at(place).vline(at.x, place.y_range(), Stroke::new(1.0, tokens.muted.gamma_multiply(0.7)));
        }
    }
}

/// Left of a service's line: whose it is, how its clock was placed; folds its lanes.
fn head_ui(ui: &mut Ui, state: &AppState, session: &OpenSession, block: &Block<'_>, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let Some(service) = session.built.as_ref().and_then(|built| built.service(block.service)) else { return };
    let strips = Strips::of_pair(block.place, state.settings.gutter_points, 0.0);
    let place = strips.gutter_of(strips.minimap);
    let is_front = state.active == Some(block.document.id);
    let own = service_color(tokens, session, block.service);
    ui.painter().rect_filled(place, 0.0, tokens.panel);
    ui.painter().rect_filled(place, 0.0, own.gamma_multiply(if is_front { 0.22 } else { 0.08 }));
    let response = ui.interact(place, Id::unique(("service head", block.service)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Service {}", service.name)));
    if response.double_clicked() {
        actions.push(SessionAction::FoldService(block.service, block.is_open));
    } else if response.clicked() {
        actions.push(FileAction::Activate(block.document.id));
    }
    let mut ui = inside(ui, place.shrink2(vec2(space::S, 0.0)), ("service head", block.service));
    ui.spacing_mut().item_spacing.x = space::XS;
    let (icon, hint) = if block.is_open { (icons::UNFOLDED, "Fold") } else { (icons::FOLDED, "Unfold") };
    if icon_button(&mut ui, icon, &format!("{hint} the lanes of {}", service.name), "", true).clicked() {
        actions.push(SessionAction::FoldService(block.service, block.is_open));
        if !block.is_open {
            // The one in front is never folded for want of room.
            actions.push(FileAction::Activate(block.document.id));
        }
    }
    let (mark, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::empty());
    ui.painter().rect_filled(mark, 2.0, own);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let text = RichText::new(clock::short(&service.clock)).font(fonts::small()).color(tokens.muted);
        ui.add(Label::new(text).selectable(false).sense(Sense::empty()));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = RichText::new(&service.name).font(fonts::small_strong());
            ui.add(Label::new(name).truncate().selectable(false).sense(Sense::empty()));
        });
    });
    let file = block.document.title();
    let hint = format!("{file}\n{}", clock::long(&service.clock));
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint);
}

/// Below the request lane, to drag.
fn border_ui(ui: &Ui, (border, lane): (Rect, Rect), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let response = ui.interact(border.expand(1.0), Id::unique("request lane border"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Border below the request lane"));
    let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.line };
    ui.painter().rect_filled(border, 0.0, color);
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        actions.push(SessionAction::LanePoints(at.y - lane.min.y));
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
}

/// What is open, which request is shown; what can be done with it.
fn bar_ui(ui: &mut Ui, state: &AppState, (session, built): (&OpenSession, &Built), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.spacing_mut().item_spacing.x = space::XS;
    let fold = if session.is_lane_folded {
        (icons::FOLDED, "Unfold the request lane")
    } else {
        (icons::UNFOLDED, "Fold the request lane")
    };
    if icon_button(ui, fold.0, fold.1, "", true).clicked() {
        actions.push(SessionAction::ToggleLane);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::HAIR;
        for (icon, id) in [(icons::CLOSE, "session-leave"), (icons::LIST, "requests")] {
            let Some(command) = commands::by_id(id) else { continue };
            let made = command.action(state);
            if icon_button(ui, icon, command.name, &keymap::text_of(command, &state.settings), made.is_some()).clicked()
                && let Some(made) = made
            {
                actions.push(made);
            }
        }
        ui.add_space(space::S);
        notes_ui(ui, built);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            for (icon, id) in [(icons::UP, "request-previous"), (icons::DOWN, "request-next")] {
                let Some(command) = commands::by_id(id) else { continue };
                if icon_button(ui, icon, command.name, &keymap::text_of(command, &state.settings), true).clicked()
                    && let Some(made) = command.action(state)
                {
                    actions.push(made);
                }
            }
            let shown = session.request.and_then(|at| Some((at, built.span(built.request(at)?.root)?)));
            let text = match shown {
                Some((at, span)) => {
                    let all = built.session.requests.len() as u64;
                    format!("{} · {} · {} of {}", span.name, duration(span.nanos), count(at as u64 + 1), count(all))
                }
                None => {
                    let requests = counted(built.session.requests.len() as u64, "request");
                    format!("{} · {requests}", counted(built.session.services.len() as u64, "service"))
                }
            };
            ui.add(Label::new(RichText::new(text).font(fonts::strong())).truncate());
            if shown.is_some() && icon_button(ui, icons::CLOSE, "Show all requests", "", true).clicked() {
                actions.push(SessionAction::ShowRequest(None));
            }
            if session.rebuilding.is_some() {
                ui.label(RichText::new("Working…").font(fonts::small()).color(tokens.muted));
            }
        });
    });
}

/// What has to be known of the session: its clocks, and what is missing.
fn notes_ui(ui: &mut Ui, built: &Built) {
    let notes = &built.report.notes;
    if notes.is_empty() {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let text = counted(notes.len() as u64, "note");
    let label = Label::new(RichText::new(&text).font(fonts::small()).color(tokens.warning)).sense(Sense::hover());
    ui.add(label).on_hover_text(notes.join("\n"));
}

/// While a session is loaded, or if nothing came of it: its files, how far each is, and what is wrong with it. False if
/// neither is so.
pub fn loading_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) -> bool {
    let Some(session) = &state.session else { return false };
    let failed = match &session.stage {
        Stage::Ready => return false,
        Stage::Loading(_) => None,
        Stage::Failed(why) => Some(why),
    };
    let tokens = tokens::of(ui.ctx());
    CentralPanel::default().frame(Frame::NONE.inner_margin(space::XL)).show(ui, |ui| {
        ui.set_max_width(720.0);
        let title = if failed.is_some() { "This session cannot be opened" } else { "Opening a session…" };
        ui.label(RichText::new(title).font(fonts::title()));
        if let Some(why) = failed {
            ui.add(Label::new(RichText::new(why).color(tokens.error)).wrap());
        }
        ui.add_space(space::M);
        for member in session.members.iter().take(LISTED) {
            member_ui(ui, member);
        }
        if session.members.len() > LISTED {
            let more = format!("and {} more", session.members.len() - LISTED);
            ui.label(RichText::new(more).font(fonts::small()).color(tokens.muted));
        }
        ui.add_space(space::M);
        let is_read = !session.members.is_empty() && session.members.iter().all(|member| member.outcome.is_some());
        if failed.is_none() && is_read {
            ui.label(RichText::new("Joining spans and tasks…").color(tokens.muted));
            ui.add_space(space::S);
        }
        let (text, action) = match failed {
            Some(_) => ("Close", SessionAction::Close),
            None => ("Stop", SessionAction::Stop),
        };
        if text_button(ui, Kind::Plain, "", text).clicked() {
            actions.push(action);
        }
    });
    true
}

fn member_ui(ui: &mut Ui, member: &Member) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        let (icon, color) = match &member.outcome {
            Some(Ok(())) => (icons::CHECK, tokens.accent),
            Some(Err(_)) => (icons::BAD_FILE, tokens.error),
            None => (icons::FILE, tokens.muted),
        };
        ui.label(RichText::new(icon).font(fonts::icon_sized(14.0)).color(color));
        ui.label(crate::fmt::name::last_part(&member.path)).on_hover_text(crate::fmt::name::path(&member.path));
        match &member.outcome {
            Some(Ok(())) => {}
            Some(Err(why)) => {
                ui.add(Label::new(RichText::new(why).font(fonts::small()).color(tokens.error)).wrap());
            }
            None => {
                let progress = member.progress;
                let part = progress.bytes_done as f32 / progress.bytes_total.max(1) as f32;
                progress_bar(ui, part.min(1.0), 160.0);
            }
        }
    });
}

/// A session none of whose services has a trace: its requests over time, with what the panels would show below.
pub fn bare_ui(ui: &mut Ui, state: &AppState, panel: impl FnOnce(&mut Ui, &mut Actions), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
        let area = ui.available_rect_before_wrap();
        let middle = area.min.y + (area.height() * 0.5).round();
        let mut upper = ui.new_child(UiBuilder::new().max_rect(area.with_max_y(middle)).id_salt("session"));
        self::ui(&mut upper, state, actions);
        let lower = area.with_min_y(middle);
        ui.painter().rect_filled(lower, 0.0, tokens.panel);
        let at = lower.left_top() + vec2(space::M, space::S);
        ui.painter().text(at, Align2::LEFT_TOP, "No service has a trace", fonts::small(), tokens.muted);
        let place = lower.shrink(space::M).with_min_y(lower.min.y + space::XL);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("session panels"));
        child.set_clip_rect(place);
        panel(&mut child, actions);
        ui.allocate_rect(area, Sense::hover());
    });
}
