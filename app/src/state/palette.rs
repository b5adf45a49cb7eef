//! The command palette: what is typed into it, and which of its lines is chosen.

/// The command palette while it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// The text as typed, not yet trimmed.
    pub text: String,
    /// The line that Enter carries out, from 0.
    pub chosen: usize,
}

/// What the user does with the palette.
#[derive(Clone, Debug)]
pub enum PaletteAction {
    /// Open it, or close it.
    Toggle,
    /// Look for commands with this text.
    Text(String),
    /// Choose a line, so many down or up.
    Choose(usize),
}
