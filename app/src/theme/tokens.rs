//! Colours by meaning, for both themes. The state colours were found by search: smallest CIELAB
//! distance between any two at least 20 for normal, deuteranope, protanope and tritanope sight.

use egui::Color32;
use trace_core::event::state::SpanClass;

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// Whether it is the dark theme.
    pub dark: bool,
    /// Behind the lanes and the curves.
    pub background: Color32,
    /// Behind panels and bars.
    pub panel: Color32,
    /// Hairlines between panels and rows.
    pub line: Color32,
    /// Text that is read first.
    pub text: Color32,
    /// Text that matters less.
    pub muted: Color32,
    /// The one accent: selection, links, incoming flows.
    pub accent: Color32,
    /// Flows that leave the selection.
    pub outgoing: Color32,
    /// Warnings: what deserves a look.
    pub warning: Color32,
    /// Nothing could be read.
    pub error: Color32,
    /// Buttons at rest, key caps, something selected in lists.
    pub raised: Color32,
    /// Behind what the pointer is on.
    pub hovered: Color32,
    /// While the button is down.
    pub pressed: Color32,
    /// Behind menus, tooltips and sheets.
    pub popup: Color32,
    /// Of A and B, where two traces are compared.
    pub sides: [Color32; 2],
    /// What grew, and what shrank, from A to B.
    pub grown: Color32,
    /// What became less: see [`Tokens::grown`].
    pub shrunk: Color32,
    /// The colours of states, by [`SpanClass`] index.
    pub classes: [Color32; SpanClass::COUNT],
}

/// The tokens of the dark theme.
pub const DARK: Tokens = Tokens {
    dark: true,
    background: Color32::from_rgb(0x15, 0x18, 0x1D),
    panel: Color32::from_rgb(0x1C, 0x20, 0x26),
    line: Color32::from_rgb(0x2C, 0x32, 0x3A),
    text: Color32::from_rgb(0xE6, 0xE9, 0xEE),
    muted: Color32::from_rgb(0x9A, 0xA4, 0xB2),
    accent: Color32::from_rgb(0x4D, 0xA3, 0xFF),
    outgoing: Color32::from_rgb(0xFF, 0x9F, 0x43),
    warning: Color32::from_rgb(0xFC, 0xCA, 0x2D),
    error: Color32::from_rgb(0xFF, 0x7A, 0x70),
    raised: Color32::from_rgb(0x28, 0x2E, 0x37),
    hovered: Color32::from_rgb(0x34, 0x3B, 0x46),
    pressed: Color32::from_rgb(0x3F, 0x48, 0x55),
    popup: Color32::from_rgb(0x22, 0x27, 0x2E),
    sides: [Color32::from_rgb(0x5B, 0xB8, 0xF0), Color32::from_rgb(0xF2, 0xA1, 0x3C)],
    grown: Color32::from_rgb(0xF0, 0x6A, 0x5E),
    shrunk: Color32::from_rgb(0x4F, 0xC2, 0x83),
    classes: [
        Color32::TRANSPARENT,
        Color32::from_rgb(0x5D, 0xD9, 0x85),
        Color32::from_rgb(0xFC, 0xCA, 0x2D),
        Color32::from_rgb(0xE8, 0x68, 0x2B),
        Color32::from_rgb(0xFC, 0x8E, 0xB2),
        Color32::from_rgb(0xA7, 0x6E, 0xF7),
        Color32::from_rgb(0x6A, 0x92, 0xCD),
        Color32::from_rgb(0x60, 0x69, 0x77),
        Color32::from_rgb(0xDD, 0xF9, 0x80),
        Color32::from_rgb(0x8B, 0x70, 0x52),
    ],
};

/// The tokens of the light theme.
pub const LIGHT: Tokens = Tokens {
    dark: false,
    background: Color32::from_rgb(0xFB, 0xFB, 0xFA),
    panel: Color32::from_rgb(0xF1, 0xF2, 0xF0),
    line: Color32::from_rgb(0xD9, 0xDC, 0xD8),
    text: Color32::from_rgb(0x1B, 0x1F, 0x24),
    muted: Color32::from_rgb(0x5D, 0x66, 0x72),
    accent: Color32::from_rgb(0x0B, 0x62, 0xC4),
    outgoing: Color32::from_rgb(0xB8, 0x5A, 0x00),
    warning: Color32::from_rgb(0x9A, 0x6A, 0x00),
    error: Color32::from_rgb(0xB3, 0x26, 0x1E),
    raised: Color32::from_rgb(0xE4, 0xE7, 0xE4),
    hovered: Color32::from_rgb(0xD9, 0xDE, 0xDA),
    pressed: Color32::from_rgb(0xCB, 0xD2, 0xCD),
    popup: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    sides: [Color32::from_rgb(0x0F, 0x6F, 0xB0), Color32::from_rgb(0xB8, 0x60, 0x05)],
    grown: Color32::from_rgb(0xC0, 0x39, 0x2B),
    shrunk: Color32::from_rgb(0x1E, 0x84, 0x4F),
    classes: [
        Color32::TRANSPARENT,
        Color32::from_rgb(0x34, 0xA8, 0x75),
        Color32::from_rgb(0xD0, 0x9C, 0x00),
        Color32::from_rgb(0xA2, 0x31, 0x00),
        Color32::from_rgb(0x95, 0x35, 0x70),
        Color32::from_rgb(0x50, 0x02, 0xB6),
        Color32::from_rgb(0x0D, 0x62, 0xBB),
        Color32::from_rgb(0x8F, 0xA2, 0xB0),
        Color32::from_rgb(0x97, 0x95, 0x40),
        Color32::from_rgb(0x54, 0x44, 0x32),
    ],
};

impl Tokens {
    /// The colour of the `at`-th series of a plot; six of them.
    #[must_use]
    pub const fn series(&self, at: usize) -> Color32 {
        match at % 6 {
            0 => self.accent,
            1 => self.outgoing,
            2 => self.classes[SpanClass::Running as usize],
            3 => self.classes[SpanClass::WaitSync as usize],
            4 => self.classes[SpanClass::WaitChan as usize],
            _ => self.classes[SpanClass::Gc as usize],
        }
    }

    /// The colour of a service: the one that the user chose, else one by its place.
    #[must_use]
    pub fn service(&self, at: u32, chosen: Option<[u8; 3]>) -> Color32 {
        chosen.map_or_else(|| self.series(at as usize), rgb)
    }
}

/// Colours that the user may give to a service, as red, green and blue: to be told apart on both themes.
pub const CHOICES: [[u8; 3]; 8] = [
    [0x4e, 0x79, 0xa7],
    [0xf2, 0x8e, 0x2b],
    [0xe1, 0x57, 0x59],
    [0x3f, 0x9e, 0x98],
    [0x59, 0xa1, 0x4f],
    [0xc9, 0xa2, 0x27],
    [0xb0, 0x7a, 0xa1],
    [0x9c, 0x75, 0x5f],
];

/// A colour of red, green and blue.
#[must_use]
pub const fn rgb([red, green, blue]: [u8; 3]) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// The colours of the theme that `ctx` uses now.
#[must_use]
pub fn of(ctx: &egui::Context) -> &'static Tokens {
    if ctx.theme() == egui::Theme::Dark { &DARK } else { &LIGHT }
}
