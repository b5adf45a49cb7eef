//! The colours of bars and lines.

use egui::Color32;

use crate::report::figure::Lean;
use crate::report::value::Shade;
use crate::theme::lanes;
use crate::theme::tokens::{Tokens, rgb};

/// The colour of a part of a bar, or of a line.
#[must_use]
pub fn color(tokens: &Tokens, shade: Shade) -> Color32 {
    match shade {
        Shade::Class(class) => tokens.classes.get(class as usize).copied().unwrap_or(tokens.muted),
        Shade::NoCpu => lanes::no_cpu(tokens),
        Shade::Series(place) => tokens.series(place.into()),
        Shade::Chosen(color) => rgb(color),
        Shade::Accent => tokens.accent,
        Shade::Muted => tokens.muted,
        Shade::Faint => tokens.line,
    }
}

/// The colour of what has grown or shrunk.
#[must_use]
pub const fn lean(tokens: &Tokens, lean: Lean) -> Color32 {
    match lean {
        Lean::Grown => tokens.grown,
        Lean::Shrunk => tokens.shrunk,
    }
}
