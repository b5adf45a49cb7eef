//! The waits of several sites in one function, for the same kind of thing.

use crate::analysis::findings::context::Context;
use crate::analysis::place_time::Wait;
use crate::analysis::workload::Site;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Spans of goroutines that are looked through for their waits.
const SPANS: usize = 400_000;

/// The sites in the function in which somebody waits, for the same kind of thing.
pub(crate) fn sites_like<'a>(context: &'a Context<'_>, stack: StackId) -> impl Iterator<Item = &'a Site> {
    let key = |stack| (context.places.op(stack), context.places.near_function(stack));
    let wanted = key(stack);
    context.workload.sites.iter().filter(move |(known, _)| key(known.stack) == wanted).map(|(_, site)| site)
}

/// The longest waits at these sites.
pub(crate) fn waits_like(context: &Context<'_>, stack: StackId) -> Vec<Wait> {
    sites_like(context, stack).flat_map(|site| site.longest.iter().copied()).collect()
}

/// All waits at these sites, in no order; `None` if that would take too long. Of a site only the longest are kept: where there
/// are more, those of the goroutines that have some of the longest are looked for.
pub(crate) fn every_wait(context: &Context<'_>, stack: StackId) -> Option<Vec<Wait>> {
    let kept = waits_like(context, stack);
    let count: u64 = sites_like(context, stack).map(|site| site.count).sum();
    if kept.len() as u64 >= count {
        return Some(kept);
    }
    let key = |stack| (context.places.op(stack), context.places.near_function(stack));
    let wanted = key(stack);
    let mut gos: Vec<GoroutineIdx> = kept.iter().map(|wait| wait.go).collect();
    gos.sort_unstable();
    gos.dedup();
    let (mut found, mut left) = (Vec::new(), SPANS);
    for go in gos {
        for span in context.trace.spans(LaneId::Goroutine(go), context.trace.range()) {
            left = left.checked_sub(1)?;
            if span.state != GoState::Waiting || key(span.start_stack) != wanted {
                continue;
            }
            let by = context.trace.ended_by(&span);
            let waker = by.and_then(|(lane, by)| match lane {
                LaneId::Goroutine(waker) if waker != go => Some((waker, by)),
                _ => None,
            });
            found.push(Wait {
                go,
                range: span.range,
                stack: span.start_stack,
                waker: waker.map(|waker| waker.0),
                waker_stack: waker.map_or(StackId::NONE, |waker| waker.1),
                is_cut: span.began_before || span.goes_on,
                is_prior: false,
            });
        }
    }
    (found.len() as u64 * 10 >= count * 9).then_some(found)
}
