//! The menus: what groups commands, and the panels that have a command.

/// Where a command stands in menus and in the sheet of all keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Files and the program.
    File,
    /// Moving and zooming the view.
    Move,
    /// Selecting, and following flows and wait chains.
    Follow,
    /// What is shown, and how.
    View,
    /// Panels that are no analyses.
    Panels,
    /// Answers about the whole trace or a part of it.
    Analyses,
    /// Two traces side by side.
    Compare,
    /// Several services on one time line.
    Session,
    /// Help, manual and tour.
    Help,
}

impl Group {
    /// All, in the order of menus.
    pub const ALL: [Self; 9] = [
        Self::File,
        Self::Move,
        Self::Follow,
        Self::View,
        Self::Panels,
        Self::Analyses,
        Self::Compare,
        Self::Session,
        Self::Help,
    ];

    /// The letter that opens its menu along with Alt: one of its name, and no other menu's.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::File => 'F',
            Self::Move => 'M',
            Self::Follow => 'L',
            Self::View => 'V',
            Self::Panels => 'P',
            Self::Analyses => 'A',
            Self::Compare => 'C',
            Self::Session => 'S',
            Self::Help => 'H',
        }
    }

    /// Its name in menus.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Move => "Move",
            Self::Follow => "Follow",
            Self::View => "View",
            Self::Panels => "Panels",
            Self::Analyses => "Analyses",
            Self::Compare => "Compare",
            Self::Session => "Session",
            Self::Help => "Help",
        }
    }
}
