//! Headings inside panels, pairs of name and value, and what an empty panel says.

use egui::{Grid, Label, RichText, Ui};

use crate::theme::{fonts, space, tokens};

/// A heading inside a panel.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(space::M);
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(text).font(fonts::small_strong()).color(tokens.muted));
    ui.add_space(space::HAIR);
}

/// What an empty panel says: what would fill it, and how.
pub fn empty(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.add_space(space::XL);
    ui.vertical_centered(|ui| {
        // A narrower panel would cut the ends of its lines off.
        ui.set_max_width(ui.available_width().min(260.0));
        ui.add(Label::new(RichText::new(text).color(tokens.muted)).wrap());
    });
}

/// Rows of name and value under one another.
pub fn pairs(ui: &mut Ui, id: &str, add_rows: impl FnOnce(&mut Pairs<'_>)) {
    Grid::new(id).num_columns(2).spacing([space::L, space::XS]).min_row_height(20.0).show(ui, |ui| {
        add_rows(&mut Pairs { ui });
    });
}

/// Labels and values in two columns: see [`pairs`].
pub struct Pairs<'a> {
    ui: &'a mut Ui,
}

impl Pairs<'_> {
    /// A row whose value is text, in the font for numbers; `exact` is shown on hover unless empty.
    pub fn text(&mut self, name: &str, value: &str, exact: &str) {
        self.row(name, |ui| {
            let text = RichText::new(value).font(fonts::mono());
            let response = ui.add(Label::new(text).truncate().selectable(true));
            if !exact.is_empty() {
                response.on_hover_text(RichText::new(exact).font(fonts::mono()));
            }
        });
    }

    /// A row with anything in it.
    pub fn row(&mut self, name: &str, add: impl FnOnce(&mut Ui)) {
        let tokens = tokens::of(self.ui.ctx());
        self.ui.label(RichText::new(name).color(tokens.muted));
        self.ui.horizontal(add);
        self.ui.end_row();
    }
}

#[cfg(test)]
mod tests {
    use egui::{Context, RawInput, Rect, Shape, Ui, pos2, vec2};

    use super::empty;

    #[test]
    fn what_an_empty_panel_says_stays_inside_a_narrow_one() {
        for width in [120.0, 223.0, 900.0] {
            let context = Context::default();
            let room = Rect::from_min_size(pos2(40.0, 40.0), vec2(width, 200.0));
            let mut output = context.run_ui(RawInput::default(), |ui: &mut Ui| {
                let mut panel = ui.new_child(egui::UiBuilder::new().max_rect(room));
                empty(&mut panel, "Select a span or a lane to list its spans");
            });
            output.textures_delta.clear();
            let texts = output.shapes.iter().filter_map(|clipped| match &clipped.shape {
                Shape::Text(text) => Some(text.visual_bounding_rect()),
                _ => None,
            });
            // The space at which a line breaks may stand out.
            let texts: Vec<Rect> = texts.collect();
            assert!(
                !texts.is_empty() && texts.iter().all(|text| room.expand(4.0).contains_rect(*text)),
                "{room} {texts:?}"
            );
        }
    }
}
