//! What totals and counts are divided by before they are compared.

/// What totals and counts are divided by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Divisor {
    /// Seconds of the trace.
    #[default]
    Second,
    /// Seconds that goroutines of the program ran.
    CpuSecond,
    /// Tasks of this type that begin and end on either side.
    Task(String),
    /// Nothing: totals stay as they are.
    Nothing,
}

impl Divisor {
    /// Reads `second`, `cpu`, `nothing` or `task:TYPE`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "second" => Self::Second,
            "cpu" => Self::CpuSecond,
            "nothing" => Self::Nothing,
            _ => Self::Task(text.strip_prefix("task:").filter(|name| !name.is_empty())?.to_owned()),
        })
    }

    /// Its name in JSON, which stays as it is.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::CpuSecond => "cpu_second",
            Self::Task(_) => "task",
            Self::Nothing => "nothing",
        }
    }

    /// What stands behind the name of a total that is divided by it: `/s`.
    #[must_use]
    pub const fn suffix(&self) -> &'static str {
        match self {
            Self::Second => "/s",
            Self::CpuSecond => "/CPU s",
            Self::Task(_) => "/task",
            Self::Nothing => "",
        }
    }

    /// What a sentence about totals says: `per second of the trace`, `per task /order`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Second => "per second of the trace".to_owned(),
            Self::CpuSecond => "per CPU second".to_owned(),
            Self::Task(name) => format!("per task {name}"),
            Self::Nothing => "not divided by anything".to_owned(),
        }
    }

    /// What stands behind a total or count in a sentence: ` per second`, ` per task /order`.
    #[must_use]
    pub fn behind_a_figure(&self) -> String {
        match self {
            Self::Second => " per second".to_owned(),
            Self::CpuSecond => " per CPU second".to_owned(),
            Self::Task(name) => format!(" per task {name}"),
            Self::Nothing => String::new(),
        }
    }

    /// What a menu calls it: `second`, `task /order`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Second => "second".to_owned(),
            Self::CpuSecond => "CPU second".to_owned(),
            Self::Task(name) => format!("task {name}"),
            Self::Nothing => "nothing".to_owned(),
        }
    }
}
