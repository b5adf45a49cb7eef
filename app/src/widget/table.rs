//! A virtual table: only the rows in sight are made.

use egui::{
    Align, Align2, Color32, CursorIcon, FontId, Layout, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2,
    vec2,
};

use crate::theme::{fonts, icons, space, tokens};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Its width in points; 0 takes what is left (shared among all such).
    pub width: f32,
    /// Numbers stand at the right.
    pub right: bool,
}

/// A text column.
#[must_use]
pub const fn text(title: &'static str, width: f32) -> Column {
    Column { title, width, right: false }
}

/// A column of numbers.
#[must_use]
pub const fn number(title: &'static str, width: f32) -> Column {
    Column { title, width, right: true }
}

/// What one cell shows.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The text; cut where there is no room.
    pub text: String,
    /// Its colour; `None` for the usual one.
    pub color: Option<Color32>,
    /// In the font for numbers.
    pub mono: bool,
    /// A dot of this colour before the text.
    pub dot: Option<Color32>,
    /// Parts of a bar instead of text, and the whole that fills the cell's width.
    pub bar: Option<(Vec<(u64, Color32)>, u64)>,
    /// Emphasised.
    pub strong: bool,
    /// Room left of the text, points: for what is nested.
    pub indent: f32,
    /// A sign that this row unfolds (`false`) or is unfolded (`true`).
    pub fold: Option<bool>,
    /// Columns instead of text: height (0 to 1, none if nothing is known) and colour.
    pub columns: Option<Vec<(Option<f32>, Color32)>>,
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            color: None,
            mono: false,
            dot: None,
            bar: None,
            strong: false,
            indent: 0.0,
            fold: None,
            columns: None,
        }
    }

    /// A number.
    pub fn number(text: impl Into<String>) -> Self {
        Self { mono: true, ..Self::text(text) }
    }

    /// A bar of parts `(size, colour)`; `whole` fills the cell.
    #[must_use]
    pub fn bar(parts: Vec<(u64, Color32)>, whole: u64) -> Self {
        Self { bar: Some((parts, whole)), ..Self::text("") }
    }

    /// Columns side by side: each as high as its part (0 to 1), or only its place.
    #[must_use]
    pub fn columns(columns: Vec<(Option<f32>, Color32)>) -> Self {
        Self { columns: Some(columns), ..Self::text("") }
    }

    /// Moved to the right.
    #[must_use]
    pub fn indented(self, points: f32) -> Self {
        Self { indent: points, ..self }
    }

    /// With the sign of something that unfolds.
    #[must_use]
    pub fn folding(self, open: bool) -> Self {
        Self { fold: Some(open), ..self }
    }

    /// With a dot of this colour before it.
    #[must_use]
    pub fn dotted(self, color: Color32) -> Self {
        Self { dot: Some(color), ..self }
    }

    /// Emphasised.
    #[must_use]
    pub fn strong(self) -> Self {
        Self { strong: true, ..self }
    }

    /// In another colour.
    #[must_use]
    pub fn colored(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }
}

/// Room left and right of a cell's text.
const PADDING: f32 = 6.0;
/// Narrowest that a column can be dragged.
const LEAST_WIDTH: f32 = 32.0;
/// Narrowest that a column of its own accord gets.
const LEAST_OPEN: f32 = 60.0;

/// What the user did with a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The row that was clicked.
    pub clicked: Option<usize>,
    /// The row under the pointer.
    pub hovered: Option<usize>,
}

/// By which column a table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sorting {
    /// The column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// How the user has sorted the table `id` of this `ui`; `usual` until then.
pub fn sorting(ui: &Ui, id: &str, usual: Sorting) -> Sorting {
    let id = ui.make_persistent_id(id).with("sorting");
    ui.ctx().data(|data| data.get_temp(id)).unwrap_or(usual)
}

/// A table whose headings sort it: see [`table`] and [`sorting`].
pub fn sorted(
    ui: &mut Ui,
    (id, columns): (&str, &[Column]),
    sorting: Sorting,
    rows: usize,
    selected: impl Fn(usize) -> bool,
    cells: impl FnMut(usize) -> Vec<Cell>,
) -> Touched {
    show(ui, (id, columns, Some(sorting)), rows, None, selected, cells)
}

/// A table of `rows` rows; `cells` makes those of one row, and is asked only for rows in sight.
/// `selected` rows are marked, and `focus` comes into sight whenever it is another row. The rows' accessible names are their cells' texts.
pub fn table(
    ui: &mut Ui,
    (id, columns): (&str, &[Column]),
    rows: usize,
    focus: Option<usize>,
    selected: impl Fn(usize) -> bool,
    cells: impl FnMut(usize) -> Vec<Cell>,
) -> Touched {
    show(ui, (id, columns, None), rows, focus, selected, cells)
}

fn show(
    ui: &mut Ui,
    (id, columns, sorting): (&str, &[Column], Option<Sorting>),
    rows: usize,
    focus: Option<usize>,
    selected: impl Fn(usize) -> bool,
    mut cells: impl FnMut(usize) -> Vec<Cell>,
) -> Touched {
    let tokens = tokens::of(ui.ctx());
    let chosen_id = ui.make_persistent_id(id).with("widths");
    let mut chosen: Vec<f32> = ui.ctx().data(|data| data.get_temp(chosen_id)).unwrap_or_default();
    chosen.resize(columns.len(), 0.0);
    let places = places(columns, &chosen, ui.available_width());
    let sorting_id = ui.make_persistent_id(id).with("sorting");
    let (dragged, sorted) = heading_ui(ui, columns, sorting, &places, &mut chosen);
    if dragged {
        ui.ctx().data_mut(|data| data.insert_temp(chosen_id, chosen));
    }
    if let Some(sorted) = sorted {
        ui.ctx().data_mut(|data| data.insert_temp(sorting_id, sorted));
        ui.ctx().request_repaint();
    }
    let mut touched = Touched::default();
    ui.spacing_mut().item_spacing.y = 0.0;
    let seen_id = ui.make_persistent_id(id).with("seen");
    let seen: Seen = ui.ctx().data(|data| data.get_temp(seen_id)).unwrap_or_default();
    let mut area = ScrollArea::vertical().id_salt(id).auto_shrink([false, true]);
    if let Some(offset) = seen.offset_to_show(focus, ui.available_height()) {
        area = area.vertical_scroll_offset(offset);
    }
    let shown = area.show_rows(ui, space::ROW, rows, |ui, range| {
        for row in range {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::click());
            let cells = cells(row);
            response.widget_info(|| {
                let name = cells.iter().map(|cell| cell.text.as_str()).filter(|text| !text.is_empty());
                let name = name.collect::<Vec<_>>().join(" · ");
                egui::WidgetInfo::selected(egui::Role::Button, true, selected(row), name)
            });
            if selected(row) {
                ui.painter().rect_filled(rect, space::RADIUS, tokens.accent.gamma_multiply(0.22));
            } else if response.hovered() {
                ui.painter().rect_filled(rect, space::RADIUS, tokens.raised);
            }
            if response.hovered() {
                touched.hovered = Some(row);
            }
            if response.clicked() {
                touched.clicked = Some(row);
            }
            for ((cell, column), (x, width)) in cells.iter().zip(columns).zip(&places) {
                let room = Rect::from_min_size(pos2(rect.min.x + x, rect.min.y), vec2(*width, space::ROW));
                cell_ui(ui, room, cell, *column);
            }
        }
    });
    let seen = Seen { focus, offset: shown.state.clamped_offset().y, height: shown.inner_rect.height() };
    ui.ctx().data_mut(|data| data.insert_temp(seen_id, seen));
    touched
}

/// What a table showed in the last frame.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    focus: Option<usize>,
    offset: f32,
    height: f32,
}

impl Seen {
    /// Where to scroll so that another `focus` than before comes into sight; `None` to stay.
    #[expect(clippy::cast_precision_loss, reason = "lists are short enough for screen positions")]
    fn offset_to_show(&self, focus: Option<usize>, height: f32) -> Option<f32> {
        let row = focus.filter(|_| focus != self.focus)?;
        let top = row as f32 * space::ROW;
        let inside = top >= self.offset && top + space::ROW <= self.offset + self.height;
        (!inside).then(|| (top - (height - space::ROW) / 2.0).max(0.0))
    }
}

fn cell_ui(ui: &mut Ui, room: Rect, cell: &Cell, column: Column) {
    let tokens = tokens::of(ui.ctx());
    let font: FontId = match (cell.mono, cell.strong) {
        (true, _) => fonts::mono(),
        (_, true) => fonts::strong(),
        _ => fonts::body(),
    };
    let text = egui::RichText::new(&cell.text).font(font).color(cell.color.unwrap_or(tokens.text));
    let layout = if column.right { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    let mut room = room.shrink2(vec2(PADDING, 0.0));
    room.min.x += cell.indent;
    if let Some(columns) = &cell.columns {
        columns_ui(ui, room, columns);
        return;
    }
    if let Some((parts, whole)) = &cell.bar {
        bar_ui(ui, room, parts, *whole);
        return;
    }
    if let Some(open) = cell.fold {
        let sign = if open { icons::UNFOLDED } else { icons::FOLDED };
        let at = pos2(room.min.x + 5.0, room.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, sign, fonts::icon_sized(11.0), tokens.muted);
        room.min.x += 16.0;
    }
    if let Some(color) = cell.dot {
        let dot = Rect::from_center_size(pos2(room.min.x + 4.0, room.center().y), vec2(8.0, 8.0));
        ui.painter().rect_filled(dot, 2.0, color);
        room.min.x += 14.0;
    }
    let mut cell_ui = ui.new_child(UiBuilder::new().max_rect(room).layout(layout));
    cell_ui.add(egui::Label::new(text).truncate().selectable(false).sense(Sense::empty()));
}

/// Columns of equal width on one ground line; what is not known is a dash on it.
fn columns_ui(ui: &Ui, room: Rect, columns: &[(Option<f32>, Color32)]) {
    let room = Rect::from_center_size(room.center(), vec2(room.width(), 16.0));
    let step = (room.width() / columns.len().max(1) as f32).min(16.0);
    for (at, (part, color)) in columns.iter().enumerate() {
        let left = room.min.x + at as f32 * step;
        let height = part.map_or(1.0, |part| (part * room.height()).max(2.0));
        let top = pos2(left, room.max.y - height);
        let color = if part.is_some() { *color } else { color.gamma_multiply(0.6) };
        ui.painter().rect_filled(Rect::from_min_max(top, pos2(left + step - 3.0, room.max.y)), 1.0, color);
    }
}

/// Parts side by side, `whole` as wide as the room. What is there is seen, however small.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "parts of a width on screen")]
fn bar_ui(ui: &Ui, room: Rect, parts: &[(u64, Color32)], whole: u64) {
    let room = Rect::from_center_size(room.center(), vec2(room.width(), 10.0));
    let mut x = room.min.x;
    for &(size, color) in parts.iter().filter(|part| part.0 > 0) {
        let width = (size as f64 / whole.max(1) as f64 * f64::from(room.width())) as f32;
        let end = (x + width.max(1.0)).min(room.max.x);
        ui.painter().rect_filled(Rect::from_min_max(pos2(x, room.min.y), pos2(end, room.max.y)), 0.0, color);
        x = end;
    }
}

/// The headings, whose borders can be dragged and which sort on a click: whether `chosen` widths have
/// changed, and the new sorting.
fn heading_ui(
    ui: &mut Ui,
    columns: &[Column],
    sorting: Option<Sorting>,
    places: &[(f32, f32)],
    chosen: &mut [f32],
) -> (bool, Option<Sorting>) {
    let tokens = tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    let line = Stroke::new(1.0, tokens.line);
    let (mut changed, mut sorted) = (false, None);
    let last = columns.len().saturating_sub(1);
    for (at, ((column, (x, width)), chosen)) in columns.iter().zip(places).zip(chosen).enumerate() {
        let (left, right) = (rect.min.x + x, rect.min.x + x + width);
        let (anchor, align) =
            if column.right { (right - PADDING, Align2::RIGHT_CENTER) } else { (left + PADDING, Align2::LEFT_CENTER) };
        let mut color = tokens.muted;
        if let Some(sorting) = sorting.filter(|_| !column.title.is_empty()) {
            let room = Rect::from_min_max(pos2(left, rect.min.y), pos2(right - 4.0, rect.max.y));
            let heading = ui.interact(room, response.id.with(("sort", at)), Sense::click());
            heading.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {}", column.title))
            });
            let is_it = sorting.column == at;
            if is_it || heading.hovered() || heading.has_focus() {
                color = tokens.text;
            }
            if is_it {
                arrow_ui(ui, pos2(anchor, rect.center().y), *column, sorting.descending);
            }
            if heading.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                let descending = if is_it { !sorting.descending } else { column.right };
                sorted = Some(Sorting { column: at, descending });
            }
        }
        ui.painter().text(pos2(anchor, rect.center().y), align, column.title, fonts::small(), color);
        if at == last {
            continue;
        }
        let grip = Rect::from_min_max(pos2(right - 3.0, rect.min.y), pos2(right + 3.0, rect.max.y));
        let grip = ui.interact(grip, response.id.with(at), Sense::drag()).on_hover_cursor(CursorIcon::ResizeColumn);
        if grip.dragged() {
            *chosen = (width + grip.drag_delta().x).max(LEAST_WIDTH);
            changed = true;
        }
        if grip.hovered() || grip.dragged() {
            ui.painter().vline(right, rect.y_range(), Stroke::new(1.0, tokens.muted));
        }
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), line);
    (changed, sorted)
}

/// A small triangle beside a heading: the order it gives.
fn arrow_ui(ui: &Ui, anchor: Pos2, column: Column, descending: bool) {
    let tokens = tokens::of(ui.ctx());
    let width = ui.painter().layout_no_wrap(column.title.to_owned(), fonts::small(), tokens.text).size().x;
    let x = if column.right { anchor.x - width - 7.0 } else { anchor.x + width + 7.0 };
    let up = if descending { 1.0 } else { -1.0 };
    let corner = |dx: f32, dy: f32| pos2(x + dx, anchor.y + dy * up);
    let corners = vec![corner(-3.0, -1.5), corner(3.0, -1.5), corner(0.0, 2.5)];
    ui.painter().add(egui::Shape::convex_polygon(corners, tokens.text, Stroke::NONE));
}

/// Left edge and width of each column: as dragged, as declared, or a share of what is left.
fn places(columns: &[Column], chosen: &[f32], width: f32) -> Vec<(f32, f32)> {
    let wanted: Vec<f32> =
        columns.iter().zip(chosen).map(|(column, chosen)| if *chosen > 0.0 { *chosen } else { column.width }).collect();
    let fixed: f32 = wanted.iter().sum();
    let open = wanted.iter().filter(|width| **width == 0.0).count().max(1) as f32;
    let share = ((width - fixed) / open).max(LEAST_OPEN);
    let mut x = 0.0;
    wanted
        .iter()
        .map(|wanted| {
            let own = if *wanted == 0.0 { share } else { *wanted };
            x += own;
            (x - own, own)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Seen, number, places, text};

    #[test]
    fn another_row_in_focus_comes_into_sight() {
        let seen = Seen { focus: Some(3), offset: 0.0, height: 220.0 };
        assert_eq!(seen.offset_to_show(Some(3), 220.0), None, "the same");
        assert_eq!(seen.offset_to_show(Some(9), 220.0), None, "in sight");
        assert_eq!(seen.offset_to_show(Some(100), 220.0), Some(2_200.0 - 99.0));
        assert_eq!(seen.offset_to_show(None, 220.0), None);
    }

    #[test]
    fn open_columns_share_what_is_left() {
        let columns = [number("a", 80.0), text("b", 0.0), text("c", 0.0)];
        assert_eq!(places(&columns, &[0.0; 3], 380.0), [(0.0, 80.0), (80.0, 150.0), (230.0, 150.0)]);
        assert_eq!(places(&columns, &[0.0; 3], 10.0)[1].1, 60.0);
    }

    #[test]
    fn dragged_columns_keep_their_width() {
        let columns = [number("a", 80.0), text("b", 0.0), text("c", 0.0)];
        assert_eq!(places(&columns, &[0.0, 100.0, 0.0], 380.0), [(0.0, 80.0), (80.0, 100.0), (180.0, 200.0)]);
    }
}
