//! What a process is called, and its wall clock, as far as its trace tells.

use crate::model::trace::{Log, Trace};
use crate::session::clock::ClockMap;
use crate::spans::{flat_members, instant_of};

/// The category under which CockroachDB logs what it is, just before it writes a trace.
const COCKROACH: &str = "crdb.exectrace.meta";
/// Other categories under which programs log the time.
const TIMES: [&str; 3] = ["wallclock", "wall_clock", "wall_time"];

/// What the logs of a trace tell of the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) name: Option<String>,
    /// From trace time to Unix time.
    pub(super) wall: Option<ClockMap>,
}

/// Looks through the logs of a trace.
pub(super) fn told(trace: &Trace) -> Told {
    let mut told = Told::default();
    for log in trace.all_logs() {
        let category = trace.str(log.category);
        if category == COCKROACH {
            let members = flat_members(trace.str(log.message));
            let member = |key: &str| members.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
            told.name = told.name.or_else(|| member("node_id").map(|node| format!("node {node}")));
            told.wall = told.wall.or_else(|| wall(log, member("wallclock")?));
        } else if told.wall.is_none() && TIMES.contains(&category) {
            told.wall = wall(log, trace.str(log.message));
        }
    }
    told
}

fn wall(log: &Log, time: &str) -> Option<ClockMap> {
    Some(ClockMap::shift(instant_of(time.trim())?.saturating_sub(log.time.0)))
}

/// The folder of the main package; `None` if it tells nothing.
pub(super) fn main_package(trace: &Trace) -> Option<String> {
    let stacks = (0..trace.stack_count()).map(crate::base::ids::StackId);
    let mains = stacks.filter_map(|stack| {
        let frame = trace.frames(stack).filter(|frame| frame.function == "main.main").last()?;
        let folder = frame.file.rsplit_once(['/', '\\'])?.0;
        Some(folder.rsplit(['/', '\\']).next().unwrap_or(folder).to_owned())
    });
    let plain = |name: &String| {
        !matches!(name.as_str(), "" | "." | "src" | "cmd" | "main" | "app" | "command-line-arguments" | "_")
    };
    mains.take(1_000).find(plain)
}

/// The name of a file without folder and endings: `a/backend.trace.gz` is `backend`.
pub(super) fn of_file(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(name);
    stem.to_owned()
}

/// Numbers behind names that several have.
pub(super) fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for name in names {
        let mut unique = name.clone();
        let mut number = 2_u32;
        while made.contains(&unique) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        made.push(unique);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_doubles_get_names() {
        assert_eq!(of_file("runs/7/backend.trace.gz"), "backend");
        assert_eq!(of_file(".trace"), ".trace");
        assert_eq!(told_apart(vec!["a".into(), "b".into(), "a".into(), "a".into()]), ["a", "b", "a (2)", "a (3)"]);
    }
}
