//! One goroutine that takes what others send it and writes it to connections, and waits until the other side reads.
//!
//! Whoever writes to one connection alone is as fast as its reader: that is how it should be. What is told here is a
//! goroutine that is the only one of its kind, and is sent its work by others, who are held up or drop it meanwhile, or that
//! hardly does anything else.

use std::collections::BTreeMap;

use crate::analysis::findings::backlog::SLOW_READER;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::named::Named;
use crate::analysis::phrases::{go_name, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Part of the trace that one goroutine waits for its readers, below which that is no trouble.
const SHARE: f64 = 0.2;
/// The longest wait is at least this long, ns: shorter ones are the way of networks.
const LONG: u64 = 50_000_000;
/// Spans of the goroutine that are looked at.
const SPANS: usize = 100_000;
/// So often others must have sent it something,
const FEWEST_SENT: u64 = 3;
/// or it waits for its readers for so large a part of the trace.
const MOST: f64 = 0.5;

/// What is not known already.
pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    let mut writers: BTreeMap<GoroutineIdx, Vec<Wait>> = BTreeMap::new();
    for (key, site) in &context.workload.sites {
        let is_write = key.class == SpanClass::WaitNet && !key.is_prior && context.places.is_write(key.stack);
        if is_write && context.places.has_own(key.stack) && !context.places.is_for_client(key.stack) {
            site.longest.iter().for_each(|wait| writers.entry(wait.go).or_default().push(*wait));
        }
    }
    writers.into_iter().filter_map(|(go, waits)| judge(context, go, waits, known)).collect()
}

fn judge(context: &Context<'_>, go: GoroutineIdx, mut waits: Vec<Wait>, known: &[Finding]) -> Option<Finding> {
    waits.sort_by_key(Wait::by_length);
    let longest = *waits.first()?;
    let total: u64 = waits.iter().map(Wait::nanos).sum();
    if context.share(total) < SHARE || longest.nanos() < LONG || !is_only_one(context, go) || context.is_test(go) {
        return None;
    }
    let is_told = |finding: &Finding| {
        finding.severity > Severity::Note
            && finding.goroutines.binary_search(&go).is_ok()
            && finding.stack == longest.stack
    };
    if known.iter().any(is_told) {
        return None;
    }
    let work = Work::of(context, go, longest.stack);
    let is_sent = work.sent >= FEWEST_SENT;
    if !is_sent && context.share(total) < MOST {
        return None;
    }
    let named = context.named(longest.stack, waits.iter().map(|wait| (wait.stack, wait.nanos())));
    let mut evidence = Evidence::default();
    let mut title = format!(
        "{}, {} total (max {}), of {}{}{}: the other side does not read what is sent; {} writes there did \
         not wait",
        evidence.count("waits", waits.len() as u64, "wait"),
        evidence.time("wait_total_ns", total),
        evidence.time("wait_max_ns", longest.nanos()),
        go_name(context.trace, go),
        where_at(context.places, longest.stack),
        named.as_ref().map_or_else(String::new, Named::called_from),
        evidence.whole("writes_without_wait", work.quick),
    );
    if is_sent {
        let sent = evidence.count("waits_for_work", work.sent, "wait");
        title += &format!(
            ". Other goroutines ended {sent} of this one for something to do; as long as it waits to write, it takes nothing \
             from them"
        );
    }
    let victim = context.places.outer(longest.stack).map(|outer| outer.function).unwrap_or_default();
    let mut finding = Finding::new(Kind::ChannelBacklog, title, total, context.duration, 0.75)
        .with(evidence)
        .cause(Cause::SlowReader, SLOW_READER)
        .culprit_named(context.trace, named, longest.stack)
        .victim(&victim, 1)
        .goroutines(&[go]);
    for wait in waits.iter().take(2) {
        finding = finding.link(context.trace, wait.go, wait.range);
    }
    Some(finding.at_most(Severity::Warning))
}

/// Whether no other goroutine of the trace was started with the same function: there is not one for each connection.
fn is_only_one(context: &Context<'_>, go: GoroutineIdx) -> bool {
    let Some(facts) = context.workload.go(go) else { return false };
    context.workload.gos.iter().filter(|other| other.name == facts.name).take(2).count() == 1
}

/// What a goroutine does besides waiting to write.
#[derive(Default)]
struct Work {
    /// Waits on a channel that other goroutines ended.
    sent: u64,
    /// Writes in the same function that did not wait.
    quick: u64,
}

impl Work {
    fn of(context: &Context<'_>, go: GoroutineIdx, stack: StackId) -> Self {
        let (places, trace) = (context.places, context.trace);
        let mut work = Self::default();
        let mut writing = false;
        for span in trace.spans(LaneId::Goroutine(go), trace.range()).take(SPANS) {
            let is_there = || places.own_function(span.start_stack) == places.own_function(stack);
            match span.state {
                GoState::Syscall if places.is_write(span.start_stack) && is_there() => {
                    work.quick += u64::from(!writing);
                    writing = false;
                }
                GoState::Waiting if places.is_write(span.start_stack) => writing = true,
                GoState::Waiting if matches!(places.op(span.start_stack), Op::Receive | Op::Select) => {
                    let by_other = matches!(trace.ended_by(&span), Some((LaneId::Goroutine(other), _)) if other != go);
                    work.sent += u64::from(by_other && places.is_direct(span.start_stack));
                }
                _ => {}
            }
        }
        work
    }
}
