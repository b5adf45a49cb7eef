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

/// What the process of a trace by itself is called: what its logs say, the file's name before the time in it
/// (`cart-20261130T150405.000Z.trace` is `cart`), the folder of its main package, or else the file's name without endings.
/// `None` if none of them says anything.
#[must_use]
pub fn service_name(trace: &Trace, file: &str) -> Option<String> {
    let name = of_file(file);
    let before_time = || before_time(&name).map(str::to_owned);
    let found = told(trace).name.or_else(before_time).or_else(|| main_package(trace)).unwrap_or_else(|| name.clone());
    Some(found).filter(|found| !found.is_empty())
}

/// What stands before a time (eight digits and perhaps more, as a part of its own) in a name.
fn before_time(name: &str) -> Option<&str> {
    let is_date = |part: &str| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        digits >= 8 && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T' || byte == b'Z')
    };
    let at = name.match_indices(['-', '_']).find(|(at, _)| {
        let rest = name.get(at + 1..).unwrap_or_default();
        is_date(rest.split(['-', '_']).next().unwrap_or_default())
    });
    at.and_then(|(at, _)| name.get(..at)).filter(|before| !before.is_empty())
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
        assert_eq!(before_time("cart-20261130T150405"), Some("cart"));
        assert_eq!(before_time("check-out_20261130_150405"), Some("check-out"));
        assert_eq!(before_time("shop-2-v12345678"), None);
        assert_eq!(before_time("-20261130"), None);
        assert_eq!(told_apart(vec!["a".into(), "b".into(), "a".into(), "a".into()]), ["a", "b", "a (2)", "a (3)"]);
    }
}
