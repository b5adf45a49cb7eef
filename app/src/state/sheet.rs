//! The sheet over the window with settings, colours, the manual and what the program is; and the guided tour.

/// What the sheet shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The settings, with what each does.
    Settings,
    /// The keys of all commands, to be changed.
    Keys,
    /// What colours and shapes on the timeline mean.
    Colours,
    /// A page of the manual, by its name.
    Manual(String),
    /// What the program is.
    About,
}

/// The guided tour, and which step it is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tour {
    /// The step, from 0.
    pub step: usize,
    /// Whether the window has done what the step says.
    pub is_done: bool,
}
