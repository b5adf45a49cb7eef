//! The fonts that the program brings along, and the sizes they are used in.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

/// Name of the family with the semibold weight.
const SEMIBOLD: &str = "semibold";
/// Name of the family with the icons.
const ICONS: &str = "icons";

/// Text of the interface.
pub const BODY_POINTS: f32 = 13.0;
/// Lane labels, the ruler, hints.
pub const SMALL_POINTS: f32 = 11.0;
const TINY_POINTS: f32 = 10.0;
/// Stacks, `file:line`, numbers in tables.
pub const MONO_POINTS: f32 = 12.0;
/// Size of the titles of panels, points.
pub const TITLE_POINTS: f32 = 16.0;
/// The one big line of a screen.
pub const DISPLAY_POINTS: f32 = 24.0;
/// Size of icons beside text, points.
pub const ICON_POINTS: f32 = 16.0;

/// Text of the interface.
#[must_use]
pub fn body() -> FontId {
    FontId::new(BODY_POINTS, FontFamily::Proportional)
}

/// Emphasised text of the interface.
#[must_use]
pub fn strong() -> FontId {
    FontId::new(BODY_POINTS, semibold())
}

/// Lane labels, the ruler, hints.
#[must_use]
pub fn small() -> FontId {
    FontId::new(SMALL_POINTS, FontFamily::Proportional)
}

/// Lane labels in thin rows.
#[must_use]
pub fn tiny() -> FontId {
    FontId::new(TINY_POINTS, FontFamily::Proportional)
}

/// Emphasised small text, in the bold face.
#[must_use]
pub fn small_strong() -> FontId {
    FontId::new(SMALL_POINTS, semibold())
}

/// Titles of panels, in the bold face.
#[must_use]
pub fn title() -> FontId {
    FontId::new(TITLE_POINTS, semibold())
}

/// The one big line of a screen.
#[must_use]
pub fn display() -> FontId {
    FontId::new(DISPLAY_POINTS, semibold())
}

/// Stacks, `file:line`, numbers in tables.
#[must_use]
pub fn mono() -> FontId {
    FontId::new(MONO_POINTS, FontFamily::Monospace)
}

/// Numbers on the ruler and in tight places.
#[must_use]
pub fn mono_small() -> FontId {
    FontId::new(SMALL_POINTS, FontFamily::Monospace)
}

/// The font of the icons in [`crate::theme::icons`].
#[must_use]
pub fn icon() -> FontId {
    FontId::new(ICON_POINTS, icons())
}

/// Icons in another size, points.
#[must_use]
pub fn icon_sized(points: f32) -> FontId {
    FontId::new(points, icons())
}

/// The family with the semibold weight.
#[must_use]
pub fn semibold() -> FontFamily {
    FontFamily::Name(SEMIBOLD.into())
}

/// The family with the icons.
#[must_use]
pub fn icons() -> FontFamily {
    FontFamily::Name(ICONS.into())
}

/// All fonts, to be given to a context once.
#[must_use]
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    };
    add("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf"));
    add("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"));
    add("jetbrains-mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"));
    add("phosphor", include_bytes!("../../../assets/fonts/Phosphor-Regular.ttf"));
    let mut family = |family: FontFamily, names: &[&str]| {
        fonts.families.insert(family, names.iter().map(|name| (*name).to_owned()).collect());
    };
    family(FontFamily::Proportional, &["inter", "jetbrains-mono"]);
    family(FontFamily::Monospace, &["jetbrains-mono", "inter"]);
    family(semibold(), &["inter-semibold", "jetbrains-mono"]);
    family(icons(), &["phosphor"]);
    fonts
}

#[cfg(test)]
mod tests {
    use egui::{Context, RawInput};

    use super::{definitions, icon};

    /// The font holds the icons in use alone: `assets/fonts/icons.py` adds one.
    #[test]
    fn the_font_of_icons_has_every_icon() {
        let source = include_str!("icons.rs");
        let codes = source.split("\\u{").skip(1).filter_map(|rest| rest.split_once('}'));
        let icons: Vec<char> =
            codes.filter_map(|(code, _)| char::from_u32(u32::from_str_radix(code, 16).ok()?)).collect();
        assert!(icons.len() > 40, "{icons:?}");
        let ctx = Context::default();
        ctx.set_fonts(definitions());
        let mut missing = Vec::new();
        let output = ctx.run_ui(RawInput::default(), |ui| {
            missing =
                ui.fonts_mut(|fonts| icons.iter().copied().filter(|one| !fonts.has_glyph(&icon(), *one)).collect());
        });
        output.drop_without_applying_deltas();
        assert_eq!(missing, Vec::<char>::new());
        let known = ctx.fonts_mut(|fonts| fonts.has_glyph(&icon(), '\u{e000}'));
        assert!(!known, "what the font lacks is not said to be there");
    }
}
