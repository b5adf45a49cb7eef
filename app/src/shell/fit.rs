//! Docks as high as their content: the one below the timeline takes what it needs, but leaves most of the room to the
//! lanes; of two at the right, one above the other, the upper one takes what it needs.
//!
//! Nothing moves under the pointer: a dock is fitted as it opens, grows with its content while the pointer is elsewhere, and
//! keeps its height from the moment that the pointer is in it. Heights that the user has chosen stay.

use egui::{Rect, Ui};
use egui_tiles::{Container, LinearDir, Tile, TileId, Tiles, Tree};

use crate::action::panel::{Home, Panel};
use crate::widget::content::{self, Wanted};

/// Lanes keep at least this part of the height that they have without a dock.
pub const LANES_SHARE: f32 = 0.6;
/// A dock is at least so high, points.
const LEAST: f32 = 120.0;
/// Of two at the right the lower one keeps at least this part of the height.
const LOWER_SHARE: f32 = 0.38;
/// Room below the content.
const AIR: f32 = 6.0;

/// What is remembered of the docks from frame to frame.
#[derive(Debug, Default)]
pub struct Fit {
    /// The panel in front below the timeline.
    below: Fitted,
    /// The panel in front at the upper right.
    right: Fitted,
}

/// A dock: what is in front, and whether it still takes the height of that.
#[derive(Debug, Default)]
struct Fitted {
    front: Option<Panel>,
    is_open: bool,
    /// It has had the height of its content once: from then on it only grows.
    is_fitted: bool,
}

/// Tabs one above the other with something else, of which they take a part.
struct Place {
    tabs: TileId,
    other: TileId,
    parent: TileId,
    front: Panel,
    rect: Rect,
    /// Height of the two, points.
    height: f32,
}

impl Fitted {
    /// Notes what is in front, and where the pointer is; whether the dock is to be fitted.
    fn is_due(&mut self, place: Option<&Place>, is_over: bool) -> bool {
        let front = place.map(|place| place.front);
        if front != self.front {
            // A tab was clicked if the pointer is there: what is under it stays.
            *self = Self { front, is_open: self.front.is_none() || !is_over, is_fitted: false };
        } else if is_over {
            self.is_open = false;
        }
        self.is_open && front.is_some()
    }
}

impl Fit {
    /// Gives docks the height of their content, as they were just shown. `lanes` is the present height of the lanes,
    /// points. True if something has changed.
    pub fn apply(&mut self, ui: &Ui, tree: &mut Tree<Panel>, lanes: f32, is_on: bool) -> bool {
        let wanted = content::take(ui.ctx());
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let is_over = |rect: Rect| pointer.is_some_and(|at| rect.expand(8.0).contains(at));
        let mut changed = false;
        for home in [Home::Bottom, Home::RightTop] {
            let place = place(tree, home);
            let over = place.as_ref().is_some_and(|place| is_over(place.rect));
            let fitted = if home == Home::Bottom { &mut self.below } else { &mut self.right };
            if !fitted.is_due(place.as_ref(), over) || !is_on {
                continue;
            }
            let Some(place) = place else { continue };
            // What does not say stays as high as it is, if that leaves the lanes their part.
            let needed = needed(&wanted, place.rect).unwrap_or_else(|| place.rect.height());
            let most = match home {
                Home::Bottom => (1.0 - LANES_SHARE) * (lanes + place.rect.height()),
                _ => (1.0 - LOWER_SHARE) * place.height,
            };
            let grown = if fitted.is_fitted { needed.max(place.rect.height()) } else { needed };
            let height = grown.max(LEAST).min(most.max(LEAST)).round();
            fitted.is_fitted = true;
            if (height - place.rect.height()).abs() > 1.5 {
                changed |= resize(tree, &place, height);
            }
        }
        changed
    }
}

/// The height that the content of what lies in `rect` asks for; `None` if nothing there says.
fn needed(wanted: &[Wanted], rect: Rect) -> Option<f32> {
    let inside = wanted.iter().filter(|one| rect.expand(1.0).contains_rect(one.room));
    let more = inside.map(|one| one.height - one.room.height()).reduce(f32::max)?;
    Some(rect.height() + more + AIR)
}

/// Where the tabs of a home are, if they share a height with just one other tile.
fn place(tree: &Tree<Panel>, home: Home) -> Option<Place> {
    let tiles = &tree.tiles;
    let (tabs, front) = tiles.iter().find_map(|(id, tile)| match tile {
        Tile::Container(Container::Tabs(tabs)) => match tiles.get(tabs.active?)? {
            Tile::Pane(panel) if panel.info().home == home && tiles.is_visible(tabs.active?) => Some((*id, *panel)),
            _ => None,
        },
        _ => None,
    })?;
    let parent = tiles.parent_of(tabs)?;
    let Some(Container::Linear(linear)) = tiles.get_container(parent) else { return None };
    let shown: Vec<TileId> = linear.children.iter().copied().filter(|child| shows(tiles, *child)).collect();
    let [first, second] = shown.as_slice() else { return None };
    let other = if *first == tabs { *second } else { *first };
    let rect = tiles.rect(tabs)?;
    let height = rect.height() + tiles.rect(other)?.height();
    (linear.dir == LinearDir::Vertical).then_some(Place { tabs, other, parent, front, rect, height })
}

/// Whether a tile shows: a container does if one of its children does.
fn shows(tiles: &Tiles<Panel>, tile: TileId) -> bool {
    match tiles.get(tile) {
        Some(Tile::Pane(_)) => tiles.is_visible(tile),
        Some(Tile::Container(container)) => container.children().any(|child| shows(tiles, *child)),
        None => false,
    }
}

fn resize(tree: &mut Tree<Panel>, place: &Place, height: f32) -> bool {
    let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(place.parent) else { return false };
    let share = (height / place.height.max(1.0)).clamp(0.05, 0.95);
    linear.shares.set_share(place.tabs, share);
    linear.shares.set_share(place.other, 1.0 - share);
    true
}
