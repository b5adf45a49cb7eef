//! A virtual table: only the rows in sight are made.

use egui::{Align, Align2, Color32, FontId, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use crate::theme::{fonts, space, tokens};

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
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), color: None, mono: false }
    }

    /// A number.
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), color: None, mono: true }
    }

    /// In another colour.
    #[must_use]
    pub fn colored(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }
}

/// What the user did with a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The row that was clicked.
    pub clicked: Option<usize>,
    /// The row under the pointer.
    pub hovered: Option<usize>,
}

/// A table of `rows` rows; `cells` makes those of one row, and is asked only for rows in sight.
/// `selected` rows are marked. The rows' accessible names are their cells' texts.
pub fn table(
    ui: &mut Ui,
    id: &str,
    columns: &[Column],
    rows: usize,
    selected: impl Fn(usize) -> bool,
    mut cells: impl FnMut(usize) -> Vec<Cell>,
) -> Touched {
    let tokens = tokens::of(ui.ctx());
    let places = places(columns, ui.available_width());
    heading_ui(ui, columns, &places);
    let mut touched = Touched::default();
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt(id).auto_shrink([false, true]).show_rows(ui, space::ROW, rows, |ui, range| {
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
    touched
}

fn cell_ui(ui: &mut Ui, room: Rect, cell: &Cell, column: Column) {
    let tokens = tokens::of(ui.ctx());
    let font: FontId = if cell.mono { fonts::mono() } else { fonts::body() };
    let text = egui::RichText::new(&cell.text).font(font).color(cell.color.unwrap_or(tokens.text));
    let layout = if column.right { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    let mut cell_ui = ui.new_child(UiBuilder::new().max_rect(room.shrink2(vec2(space::XS, 0.0))).layout(layout));
    cell_ui.add(egui::Label::new(text).truncate().selectable(false).sense(Sense::empty()));
}

fn heading_ui(ui: &mut Ui, columns: &[Column], places: &[(f32, f32)]) {
    let tokens = tokens::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    for (column, (x, width)) in columns.iter().zip(places) {
        let left = rect.min.x + x + space::XS;
        let (at, align) = if column.right {
            (rect.min.x + x + width - space::XS, Align2::RIGHT_CENTER)
        } else {
            (left, Align2::LEFT_CENTER)
        };
        ui.painter().text(pos2(at, rect.center().y), align, column.title, fonts::small(), tokens.muted);
    }
    let line = egui::Stroke::new(1.0, tokens.line);
    ui.painter().hline(rect.x_range(), rect.bottom(), line);
}

/// Left edge and width of each column.
fn places(columns: &[Column], width: f32) -> Vec<(f32, f32)> {
    let fixed: f32 = columns.iter().map(|column| column.width).sum();
    let open = columns.iter().filter(|column| column.width == 0.0).count().max(1) as f32;
    let share = ((width - fixed) / open).max(60.0);
    let mut x = 0.0;
    columns
        .iter()
        .map(|column| {
            let own = if column.width == 0.0 { share } else { column.width };
            x += own;
            (x - own, own)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{number, places, text};

    #[test]
    fn open_columns_share_what_is_left() {
        let columns = [number("a", 80.0), text("b", 0.0), text("c", 0.0)];
        assert_eq!(places(&columns, 380.0), [(0.0, 80.0), (80.0, 150.0), (230.0, 150.0)]);
        assert_eq!(places(&columns, 10.0)[1].1, 60.0);
    }
}
