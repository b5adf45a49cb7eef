//! Names, numbers and places as sentences of the library have them: the one place where its words come from.

use crate::analysis::places::Op;
use crate::analysis::places::{Place, Places};
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoId, GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::model::trace::Trace;

/// A goroutine's name: `G25`.
#[must_use]
pub fn go_name(trace: &Trace, go: GoroutineIdx) -> String {
    trace.goroutine_name(go).map_or_else(|| "?".to_owned(), |(id, _)| go_of(id))
}

pub(crate) fn go_of(id: GoId) -> String {
    format!("G{}", id.signed())
}

/// A place by function, file and line: `main.sendReport (main.go:97)`.
#[must_use]
pub fn place_name(place: Option<&Place>) -> String {
    place.map_or_else(|| "an unknown place".to_owned(), Place::in_words)
}

/// The function that a stack stands for: the program's own, or where it begins.
#[must_use]
pub fn function_of(trace: &Trace, places: &Places<'_>, stack: StackId) -> String {
    let own = places.own(stack).map(|place| place.function);
    own.or_else(|| trace.frames(stack).last().map(|frame| frame.function.to_owned())).unwrap_or_default()
}

/// A duration in nanoseconds for people: as [`Nanos`] displays it.
#[must_use]
pub fn time(nanos: u64) -> String {
    Nanos(nanos).to_string()
}

/// A share for people: `46 %`.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    in_percent(part as f64 / whole.max(1) as f64)
}

/// A ratio (1 is all) for people: `46 %`; `less than 1 %` where there is something, but not enough for a whole number.
#[must_use]
pub fn in_percent(ratio: f64) -> String {
    let percent = 100.0 * ratio;
    if percent > 0.0 && percent < 0.5 { "less than 1 %".to_owned() } else { format!("{percent:.0} %") }
}

/// `1 wait`, `2,060 GC cycles`, `3 units of work`: what is counted, in the plural where it must be.
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    let number = grouped(number);
    match what.split_once(" of ") {
        Some((noun, rest)) => format!("{number} {noun}{plural} of {rest}"),
        None => format!("{number} {what}{plural}"),
    }
}

/// `its` of one, `their` of several.
#[must_use]
pub const fn their(number: u64) -> &'static str {
    if number == 1 { "its" } else { "their" }
}

/// A count with commas: `2,060`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a wait without a stack is called: the end of a write lock wakes readers and writers alike.
#[must_use]
pub const fn prior_name(op: Op) -> &'static str {
    match op {
        Op::ReadLock => "sync.(*RWMutex).Lock or RLock",
        _ => op.name(),
    }
}

/// Where a step was; of a wait that began before the trace, where the goroutine went on.
#[must_use]
pub fn went_on(places: &Places<'_>, stack: StackId, is_resumed: bool) -> String {
    match where_at(places, stack).as_str() {
        at if !is_resumed => at.to_owned(),
        "" => " since before the trace (no stack)".to_owned(),
        at => format!(" since before the trace (no stack) and went on{at}"),
    }
}

/// Where somebody did it, as far as the stack tells: of a run the stack is where it ended (` until select at main.run
/// (main.go:96)`) or was last seen, which is not where the time went; of the time without a proc, where it is to go on.
#[must_use]
pub fn doing_at(places: &Places<'_>, doing: StepKind, stack: StackId, is_resumed: bool) -> String {
    match doing {
        StepKind::Running | StepKind::MarkAssist | StepKind::NoCpu => {
            let Some(place) = places.own(stack) else { return String::new() };
            let (op, callee) = (places.op(stack), places.callee(stack).unwrap_or_default());
            let at = place_name(Some(&place));
            match () {
                () if op == Op::Gc => format!(" until a wait for the GC at {at}"),
                () if op != Op::Other && places.is_direct(stack) => format!(" until {} at {at}", op.name()),
                () if callee.is_empty() || callee.starts_with("runtime.") => format!(", last seen at {at}"),
                () => format!(", last seen in {callee} at {at}"),
            }
        }
        StepKind::Runnable => places.own(stack).map_or_else(String::new, |at| format!(" at {}", place_name(Some(&at)))),
        _ => went_on(places, stack, is_resumed),
    }
}

/// ` in net/http.Post at main.report (main.go:97)`; as much of it as is known.
#[must_use]
pub fn where_at(places: &Places<'_>, stack: StackId) -> String {
    let Some(place) = places.own(stack) else { return String::new() };
    let called = match places.op(stack) {
        Op::Other => places.callee(stack).unwrap_or_default(),
        _ if !places.is_direct(stack) => places.callee(stack).unwrap_or_default(),
        op => op.name(),
    };
    let at = place_name(Some(&place));
    if called.is_empty() { format!(" in {at}") } else { format!(" in {called} at {at}") }
}

/// What somebody did, in words: `waited`.
#[must_use]
pub const fn step_description(doing: StepKind) -> &'static str {
    match doing {
        StepKind::Unknown => "did something that the trace does not show",
        StepKind::Running => "ran",
        StepKind::MarkAssist => "was in a mark assist",
        StepKind::NoCpu => "had no CPU",
        StepKind::Runnable => "was runnable",
        StepKind::Syscall => "was in a system call",
        StepKind::CgoCall => "was in a cgo call",
        StepKind::Waiting(_) => "waited",
        StepKind::NotCreated => "had not been created yet (by a timer or C code)",
        StepKind::Unfollowed => "was not analysed",
    }
}

/// The line to show for a step: the program's own, or where the goroutine began.
#[must_use]
pub fn line_of(trace: &Trace, places: &Places<'_>, stack: StackId) -> Option<Place> {
    places.own(stack).or_else(|| trace.frames(stack).last().map(Place::from))
}
