//! The sentence for a wait that many ended one after the other, of whom none explains much: a queue for a lock, a pool.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::phrases::{counted, doing_at, go_name, percent, step_description};
use crate::analysis::places::Places;
use crate::analysis::wait_chain::{Link, Step, StepKind, WaitChain};
use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::nanos::Nanos;
use crate::model::trace::Trace;

/// Waits of the goroutine that is explained, at one place.
struct Waits<'a> {
    first: &'a Link,
    nanos: Nanos,
    gos: FxHashSet<GoroutineIdx>,
    /// What those did for whom it waited, by what and in which function: for how long, and the longest step.
    done: FxHashMap<(StepKind, Option<u32>), (Nanos, &'a Step)>,
}

/// `91 % of 363 ms: G41 waited in sync.(*Mutex).Lock at main.get (main.go:31) for 12 goroutines in turn; they ran, last seen at
/// main.render (main.go:17), for 58 % of the 363 ms.` `None` if its waits at one place do not make up most of the time, or if
/// the largest share is half of them or more.
///
/// `waited` puts a wait of the goroutine in words: ` waited in sync.(*Mutex).Lock at main.get (main.go:31)`.
pub(super) fn sentence(
    (trace, places): (&Trace, &Places<'_>),
    chain: &WaitChain,
    largest_share: Nanos,
    waited: impl Fn(&Link) -> String,
) -> Option<String> {
    let whole = chain.range.length();
    let most = most(places, chain)?;
    if most.nanos * 2 < whole || largest_share * 2 >= most.nanos {
        return None;
    }
    let (&(doing, _), &(nanos, step)) =
        most.done.iter().max_by_key(|&(key, &(nanos, step))| (nanos, step.range.start, key.1))?;
    if matches!(doing, StepKind::Unknown | StepKind::Unfollowed | StepKind::NotCreated) {
        return None;
    }
    let (who, they) = match most.gos.len() {
        1 => (go_name(trace, step.go), "it"),
        some => (counted(some as u64, "goroutine") + " in turn", "they"),
    };
    let description = match (doing, they) {
        (StepKind::Runnable, "they") => "were runnable",
        (StepKind::Syscall, "they") => "were in a system call",
        (StepKind::CgoCall, "they") => "were in a cgo call",
        (StepKind::MarkAssist, "they") => "were in a mark assist",
        _ => step_description(doing),
    };
    let at = doing_at(places, doing, step.stack, step.is_resumed);
    let comma = if at.starts_with(',') { "," } else { "" };
    Some(format!(
        "{} of {whole}: {}{} for {who}; {they} {description}{at}{comma} for {} of the {whole}.",
        percent(most.nanos.0, whole.0),
        go_name(trace, most.first.go),
        waited(most.first),
        percent(nanos.0, whole.0),
    ))
}

/// The place at which the goroutine waits longest in all.
fn most<'a>(places: &Places<'_>, chain: &'a WaitChain) -> Option<Waits<'a>> {
    // The wait of its own to which each leads. Links come after those that they explain.
    let mut roots: Vec<usize> = Vec::with_capacity(chain.links.len());
    for (at, link) in chain.links.iter().enumerate() {
        roots.push(link.parent.and_then(|parent| roots.get(parent as usize).copied()).unwrap_or(at));
    }
    let mut waits: FxHashMap<(StrId, Option<u32>), Waits<'a>> = FxHashMap::default();
    for step in &chain.steps {
        let root = step.link.and_then(|link| roots.get(link as usize)).and_then(|&root| chain.links.get(root));
        let Some(root) = root.filter(|root| !root.is_creation) else { continue };
        let length = step.range.length();
        let sum = waits.entry((root.reason, places.own_line(root.stack))).or_insert_with(|| Waits {
            first: root,
            nanos: Nanos::ZERO,
            gos: FxHashSet::default(),
            done: FxHashMap::default(),
        });
        sum.nanos += length;
        sum.gos.insert(step.go);
        let done = sum.done.entry((step.doing, places.own_function(step.stack))).or_insert((Nanos::ZERO, step));
        done.0 += length;
        if step.range.nanos() > done.1.range.nanos() {
            done.1 = step;
        }
    }
    waits.into_values().max_by_key(|waits| (waits.nanos, waits.first.range.start))
}
