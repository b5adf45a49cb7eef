//! Where time zero lies on each side of a comparison.

use trace_core::analysis::compare::anchor::Anchor;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TraceTime;
use trace_core::model::trace::Trace;

/// How the two sides are laid over each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Both begin at zero.
    #[default]
    Start,
    /// By the wall clock (Go 1.25 and newer record it).
    Wall,
    /// Both begin at zero and are drawn equally long.
    Stretch,
    /// The first task of a type begins at zero.
    Task(String),
    /// The first region of a type begins at zero.
    Region(String),
    /// The first log message that contains a text is at zero.
    Log(String),
}

impl Align {
    /// Reads `start`, `wall`, `stretch`, `task:TYPE`, `region:TYPE` or `log:TEXT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (word, name) = text.split_once(':').unwrap_or((text, ""));
        Some(match (word, name.is_empty()) {
            ("start", true) => Self::Start,
            ("wall", true) => Self::Wall,
            ("stretch", true) => Self::Stretch,
            ("task", false) => Self::Task(name.to_owned()),
            ("region", false) => Self::Region(name.to_owned()),
            ("log", false) => Self::Log(name.to_owned()),
            _ => return None,
        })
    }

    /// The word for it in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Wall => "wall",
            Self::Stretch => "stretch",
            Self::Task(_) => "task",
            Self::Region(_) => "region",
            Self::Log(_) => "log",
        }
    }

    /// What lies at zero, if something is named.
    #[must_use]
    pub fn anchor(&self) -> Option<Anchor> {
        Some(match self {
            Self::Start | Self::Wall | Self::Stretch => return None,
            Self::Task(name) => Anchor::Task(name.clone()),
            Self::Region(name) => Anchor::Region(name.clone()),
            Self::Log(text) => Anchor::Log(text.clone()),
        })
    }

    /// Where zero lies in a trace; `None` if it has no such thing.
    #[must_use]
    pub fn origin(&self, trace: &Trace) -> Option<TraceTime> {
        match self {
            Self::Start | Self::Stretch => Some(trace.range().start),
            Self::Wall => (!trace.clock_snapshots().is_empty()).then(|| trace.range().start),
            Self::Task(_) | Self::Region(_) | Self::Log(_) => self.anchor()?.first(trace, &Monitor::new())?,
        }
    }
}
