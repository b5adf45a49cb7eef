//! egui's style made of our tokens, for both themes.

use egui::style::{ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, ThemePreference, Visuals,
    vec2,
};

use crate::theme::tokens::{DARK, LIGHT, Tokens};
use crate::theme::{fonts, space};

/// Gives a context our fonts and both styles. Once per context.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_style_of(Theme::Dark, style(&DARK));
    ctx.set_style_of(Theme::Light, style(&LIGHT));
    ctx.options_mut(|options| {
        // Ours: the commands' table holds them, settings remember them.
        options.zoom_with_keyboard = false;
        options.quit_shortcuts.clear();
        options.fallback_theme = Theme::Dark;
    });
}

/// Chooses the theme; `None` follows the desktop.
pub fn choose(ctx: &Context, dark: Option<bool>) {
    let preference = match dark {
        None => ThemePreference::System,
        Some(true) => ThemePreference::Dark,
        Some(false) => ThemePreference::Light,
    };
    if ctx.options(|options| options.theme_preference) != preference {
        ctx.set_theme(preference);
    }
}

fn style(tokens: &Tokens) -> Style {
    let mut style = Style { visuals: visuals(tokens), ..Style::default() };
    style.text_styles = [
        (TextStyle::Body, fonts::body()),
        (TextStyle::Button, fonts::body()),
        (TextStyle::Small, fonts::small()),
        (TextStyle::Monospace, fonts::mono()),
        (TextStyle::Heading, FontId::new(fonts::TITLE_POINTS, fonts::semibold())),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S, space::XS);
    spacing.button_padding = vec2(space::S, space::XS);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(12);
    spacing.interact_size = vec2(space::XXL, 24.0);
    spacing.indent = space::L;
    spacing.icon_spacing = space::XS;
    spacing.menu_spacing = space::HAIR;
    spacing.menu_width = 260.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = ScrollStyle::solid();
    spacing.scroll.bar_width = 8.0;
    spacing.scroll.bar_inner_margin = space::HAIR;
    spacing.scroll.bar_outer_margin = 0.0;
    spacing.scroll.floating = true;
    spacing.scroll.floating_width = 6.0;
    spacing.scroll.floating_allocated_width = 0.0;
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.12;
    style
}

fn visuals(tokens: &Tokens) -> Visuals {
    let mut visuals = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.widgets = widgets(tokens);
    visuals.selection =
        Selection { bg_fill: tokens.accent.gamma_multiply(0.35), stroke: Stroke::new(1.5, tokens.accent) };
    visuals.hyperlink_color = tokens.accent;
    visuals.faint_bg_color = tokens.raised.gamma_multiply(0.4);
    visuals.extreme_bg_color = tokens.background;
    visuals.text_edit_bg_color = Some(tokens.background);
    visuals.code_bg_color = tokens.raised;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    let radius = CornerRadius::same(space::RADIUS);
    let shadow_alpha = if tokens.dark { 110 } else { 36 };
    visuals.window_corner_radius = CornerRadius::same(2 * space::RADIUS);
    visuals.window_fill = tokens.popup;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_shadow =
        Shadow { offset: [0, 12], blur: 40, spread: 0, color: Color32::from_black_alpha(shadow_alpha) };
    visuals.popup_shadow =
        Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(shadow_alpha) };
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.panel_fill = tokens.panel;
    visuals.button_frame = true;
    visuals.indent_has_left_vline = false;
    visuals.striped = false;
    visuals.resize_corner_size = space::M;
    visuals.widgets.noninteractive.corner_radius = radius;
    visuals
}

fn widgets(tokens: &Tokens) -> Widgets {
    let base = |fill: Color32, text: Color32, line: Stroke| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: line,
        corner_radius: CornerRadius::same(space::RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let none = Stroke::NONE;
    Widgets {
        noninteractive: base(tokens.panel, tokens.text, Stroke::new(1.0, tokens.line)),
        inactive: base(tokens.raised, tokens.text, none),
        hovered: base(tokens.hovered, tokens.text, none),
        active: base(tokens.pressed, tokens.text, none),
        open: base(tokens.hovered, tokens.text, none),
    }
}
