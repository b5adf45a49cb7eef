//! Instants that people name to lay two traces over each other.

use crate::base::ids::TaskIdx;
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::model::trace::Trace;

/// What is looked for: the first of its kind counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// A task of this type that begins inside the trace.
    Task(String),
    /// A region of this type that begins inside the trace.
    Region(String),
    /// A log message that contains this.
    Log(String),
}

impl Anchor {
    /// When the first of these begins; `None` inside if there is none, outside if it was cancelled.
    #[must_use]
    pub fn first(&self, trace: &Trace, monitor: &Monitor) -> Option<Option<TraceTime>> {
        let goes_on = |_: &_| !monitor.is_cancelled();
        let found = match self {
            Self::Task(name) => {
                let tasks = (0..trace.task_count()).take_while(goes_on).filter_map(|at| trace.task(TaskIdx(at)));
                tasks.filter(|task| trace.str(task.name) == name).filter_map(|task| task.began).min()
            }
            Self::Region(name) => {
                let regions = trace.all_regions().iter().take_while(|_| !monitor.is_cancelled());
                let named = regions.filter(|region| !region.began_before && trace.str(region.name) == name);
                named.map(|region| region.range.start).min()
            }
            Self::Log(text) => {
                let logs = trace.all_logs().iter().take_while(|_| !monitor.is_cancelled());
                logs.filter(|log| trace.str(log.message).contains(text.as_str())).map(|log| log.time).min()
            }
        };
        (!monitor.is_cancelled()).then_some(found)
    }

    /// What it looks for, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Task(name) => format!("task {name}"),
            Self::Region(name) => format!("region {name}"),
            Self::Log(text) => format!("log message with \u{201c}{text}\u{201d}"),
        }
    }
}
