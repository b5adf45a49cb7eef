//! A field for one line of text.

use egui::{Align2, TextBuffer, TextEdit};

/// A field whose text, and the hint in its place, stands in the middle of its height, also where a row of larger controls
/// makes it higher than its text is: the toolkit's own puts it at the top.
#[expect(clippy::disallowed_methods, reason = "this is the function that all others call instead")]
pub fn line_field<'t>(text: &'t mut dyn TextBuffer) -> TextEdit<'t> {
    TextEdit::singleline(text).align(Align2::LEFT_CENTER)
}

#[cfg(test)]
mod tests {
    use egui::{Context, RawInput, Shape, Ui};

    use super::*;

    /// How far the middle of the only text is from the middle of the field, points.
    fn offset(typed: &str) -> f32 {
        let context = Context::default();
        let (mut text, mut field) = (typed.to_owned(), egui::Rect::NOTHING);
        let mut show = |ui: &mut Ui| {
            ui.spacing_mut().interact_size.y = 40.0;
            ui.horizontal(|ui| field = ui.add(line_field(&mut text).hint_text("A name")).rect);
        };
        let mut output = context.run_ui(RawInput::default(), &mut show);
        output.textures_delta.clear();
        let texts = output.shapes.iter().filter_map(|clipped| match &clipped.shape {
            Shape::Text(text) if !text.galley.job.text.is_empty() => Some(text.visual_bounding_rect()),
            _ => None,
        });
        let texts: Vec<egui::Rect> = texts.collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(field.height() >= 40.0);
        (texts[0].center().y - field.center().y).abs()
    }

    #[test]
    fn text_and_hint_stand_in_the_middle_of_a_high_field() {
        assert!(offset("typed") <= 2.0 && offset("") <= 2.0, "{} {}", offset("typed"), offset(""));
    }
}
