//! Work that sleeps until something has happened, instead of waiting for it.
//!
//! A sleep alone is no fault: work may be paced, or stand for something slow. Polling is told by what lies
//! between the sleeps: nothing that anybody else could notice. Whoever keeps a rhythm wakes somebody, calls
//! somewhere or writes each time.

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::place_name;
use crate::analysis::work_units::{Family, Sleeps};
use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Looks on average beyond which nobody waits for the outcome, unless there are many such waits.
const MOST_LOOKS: u64 = 30;

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut found: Vec<(&Family, &Sleeps)> = context
        .workload
        .families
        .values()
        .flat_map(|family| family.sleeps.values().map(move |sleeps| (family, sleeps)))
        .collect();
    found.sort_by_key(|(family, sleeps)| (sleeps.stack, family.stack));
    found.into_iter().filter_map(|(family, sleeps)| judge(context, family, sleeps)).collect()
}

fn judge(context: &Context<'_>, family: &Family, sleeps: &Sleeps) -> Option<Finding> {
    let place = context.places.own(sleeps.stack)?;
    let is_started = context.places.is_outer_root(family.stack);
    let mut polls = sleeps.polls;
    // A handler that starts a goroutine and sleeps while that one finishes polls with one look; whoever
    // starts requests at a fixed rate does the same, but nobody waits for him.
    // Where a good part needs several looks, those that needed one only were lucky.
    let was_lucky = sleeps.series >= 3 && sleeps.series * 10 >= sleeps.units.max(sleeps.series + sleeps.singles.count);
    // Whoever keeps a rhythm all the time finds nothing to do now and then.
    let was_lucky = was_lucky && (family.bounded > 0 || sleeps.polls.count >= sleeps.singles.count);
    if was_lucky {
        polls.merge(sleeps.singles);
    } else if !is_started {
        polls.merge(sleeps.helped);
    }
    // Below five it may be a retry; below a tenth of the work it is not what the work waits for; where less
    // than half of the sleeps are polls, the place does something else.
    if polls.count < 5 || context.share(polls.nanos) < 0.02 || polls.nanos * 10 < family.nanos {
        return None;
    }
    if polls.nanos * 2 < sleeps.place_time.nanos || !has_victim(context, family, sleeps, is_started) {
        return None;
    }
    let looks = polls.count.checked_div(sleeps.series.max(1)).unwrap_or(0);
    let mut evidence = Evidence::default();
    // Then other things happen between some of them.
    let is_mixed = was_lucky && sleeps.singles.count > 0 || sleeps.series > sleeps.units;
    let between = if is_mixed {
        let series = evidence.count("series", sleeps.series, "time");
        format!(
            "{series} several follow each other, and in between the trace shows nothing that other goroutines could notice"
        )
    } else {
        "in between the trace shows nothing that other goroutines could notice".to_owned()
    };
    let title = format!(
        "{}, {} total (mean {}), at {} in {} of {}: only timers end these waits, and {between}",
        evidence.count("sleeps", polls.count, "sleep"),
        evidence.time("sleep_total_ns", polls.nanos),
        evidence.time("sleep_mean_ns", polls.nanos / polls.count),
        place_name(Some(&place)),
        evidence.count("units", sleeps.units, "unit of work"),
        place_name(context.places.outer(family.stack).as_ref()),
    );
    let confidence = if sleeps.helped.count > sleeps.polls.count { 0.75 } else { 0.9 };
    let finding = Finding::new(Kind::PollingSleep, title, polls.nanos, context.duration, confidence).with(evidence);
    let finding = if is_mixed { finding } else { finding.int("series", sleeps.series) };
    let mut finding = finding.int("sleeps_in_a_series", looks).culprit(context.trace, Some(place), sleeps.stack);
    if let Some(outer) = context.places.outer(family.stack) {
        finding = finding.victim(&outer.function, family.gos);
    }
    if let Some((go, range)) = polls.longest {
        finding = finding.link(context.trace, go, range);
    }
    // One who was there before the trace and outlasts it may have a rhythm of his own.
    let finding = if family.bounded == 0 { finding.at_most(Severity::Warning) } else { finding };
    // Goroutines that do so as long as they live keep a rhythm: nobody waits for what they look for.
    let is_paced = family.gos >= family.units && family.nanos / family.units.max(1) * 2 >= context.duration;
    let finding = if is_paced { finding.at_most(Severity::Note) } else { finding };
    let is_test = polls.longest.is_some_and(|(go, _)| context.is_test(go));
    Some(if is_test { finding.at_most(Severity::Note) } else { finding })
}

/// Whether somebody loses time by it: a library that called a handler; somebody who waits for the goroutine
/// that was started for this; or itself, if it goes on to something else each time.
fn has_victim(context: &Context<'_>, family: &Family, sleeps: &Sleeps, is_started: bool) -> bool {
    if !is_started {
        return true;
    }
    let Some((go, range)) = sleeps.polls.longest else { return false };
    let Some(facts) = context.workload.go(go) else { return false };
    let is_endless = sleeps.polls.count > MOST_LOOKS * sleeps.series.max(1);
    let Some(creator) = facts.creator().filter(|_| facts.created().is_some()) else {
        return (family.bounded > 0 || goes_on(sleeps)) && !is_endless;
    };
    // One that does nothing else from its beginning to its end works at a rhythm, or sleeps in place of work.
    let is_whole_life = !goes_on(sleeps) && is_endless;
    !is_whole_life && is_waiting_for_others(context, creator, range)
}

/// Whether those who sleep go on to something else each time.
fn goes_on(sleeps: &Sleeps) -> bool {
    sleeps.series >= 3 * sleeps.units.max(1)
}

/// Whether a goroutine waits, in the middle of this time, until another one wakes it.
fn is_waiting_for_others(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> bool {
    let middle = TraceTime(range.start.0 + range.nanos() / 2);
    let Some(span) = context.trace.span_at(LaneId::Goroutine(go), middle) else { return false };
    let next = context.trace.next_span(span.at).map(|next| context.trace.maker(next.at).0);
    span.state == GoState::Waiting && matches!(next, Some(Some(LaneId::Goroutine(_))))
}
