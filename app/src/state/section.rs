//! The sections of the timeline, from pinned rows down to the GC.

use trace_core::model::lanes::LaneId;

/// A group of lanes that folds as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Section {
    /// GC cycles and stop-the-world pauses: two lanes without a heading.
    Collector = 0,
    /// A section with a lane for each proc (P).
    Procs = 1,
    /// A section with a lane for each thread (M).
    Threads = 2,
    /// A section with a lane for each goroutine.
    Goroutines = 3,
    /// User tasks, by type.
    Tasks = 4,
    /// What the user has pinned.
    Pinned = 5,
}

impl Section {
    /// All, from top to bottom.
    pub const ALL: [Self; 6] =
        [Self::Pinned, Self::Tasks, Self::Goroutines, Self::Procs, Self::Threads, Self::Collector];

    /// The section that a lane belongs to.
    #[must_use]
    pub const fn of(lane: LaneId) -> Self {
        match lane {
            LaneId::Gc | LaneId::Stw => Self::Collector,
            LaneId::Proc(_) => Self::Procs,
            LaneId::Thread(_) => Self::Threads,
            LaneId::Goroutine(_) => Self::Goroutines,
        }
    }

    /// Its heading, at the left of the lanes.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Collector => "Garbage collector",
            Self::Procs => "Procs",
            Self::Threads => "Threads",
            Self::Goroutines => "Goroutines",
            Self::Tasks => "Tasks",
            Self::Pinned => "Pinned",
        }
    }
}
