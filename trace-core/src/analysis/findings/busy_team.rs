//! A fixed team of goroutines that answers requests, each busy all the time: whoever asks waits for those in front of it far
//! longer than for its own answer.

use crate::analysis::blocked_by::Meanwhile;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::imbalance::{TEAM, team_of};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::requests::SlowRequests;
use crate::analysis::findings::site_waits::{sites_like, waits_like};
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Part of the time that a team is busy for which requests queue.
const BUSY: f64 = 0.8;
/// A wait that is so many times as long as an answer takes is a wait for others.
const QUEUE: u64 = 2;

const CHECK: &str = "Start more of these goroutines if what they call can take more at once, or make their calls shorter. Work that \
                     takes less time than the rest, or that a user waits for, should have a queue and goroutines of its own.";

/// A team, and how long it takes.
pub(crate) struct BusyTeam {
    size: u64,
    /// The function that they were started for.
    name: String,
    /// Part of the time in which they had something to do.
    busy: f64,
    /// Nanoseconds for an answer, on average; `None` if it does much else that nobody waits for.
    service: Option<u64>,
}

impl BusyTeam {
    /// The team of a goroutine that ended the waits of requests; `None` if it is none, or is not busy enough to explain
    /// them. `is_any`: also where most of its work is for nobody who waits there.
    pub(crate) fn of(context: &Context<'_>, slow: &SlowRequests<'_>, top: &Meanwhile, is_any: bool) -> Option<Self> {
        let team = team_of(context, top.go);
        let waits = waits_like(context, slow.stack);
        let served: u64 = sites_like(context, slow.stack).map(|site| site.count).sum();
        // Where only the longest waits are known, they do not tell when the others were.
        let range = if served > waits.len() as u64 {
            context.trace.range()
        } else {
            let begin = waits.iter().map(|wait| wait.range.start).min()?;
            TimeRange::new(begin, waits.iter().map(|wait| wait.range.end).max()?)
        };
        let is_there = |facts: &&GoroutineStats| {
            facts.created().is_none_or(|created| created <= range.start)
                && facts.ended().is_none_or(|ended| ended >= range.end)
        };
        let is_member = |go: GoroutineIdx| team.iter().any(|facts| facts.go == go);
        let by_team = waits.iter().filter(|wait| wait.waker.is_some_and(is_member)).count();
        let ends = |go: GoroutineIdx| waits.iter().any(|wait| wait.waker == Some(go));
        let is_team =
            (2..=TEAM).contains(&team.len()) && team.iter().all(|facts| is_there(facts) && (is_any || ends(facts.go)));
        if !is_team || by_team * 10 < waits.len() * 9 || waits.iter().any(|wait| is_member(wait.go)) {
            return None;
        }
        let all = range.nanos().unsigned_abs() * team.len() as u64;
        let idle: u64 = team.iter().map(|facts| idle(context, facts.go, range)).sum();
        let service = all.saturating_sub(idle) / served.max(1);
        let busy = 1.0 - idle as f64 / all.max(1) as f64;
        let name = context.trace.str(team.first()?.name).to_owned();
        let service = Some(service).filter(|service| slow.mean() >= QUEUE * service);
        let is_busy = busy >= BUSY && (service.is_some() || is_any);
        is_busy.then_some(Self { size: team.len() as u64, name, busy, service })
    }

    /// What requests wait for; `at` and `doing` are the places of both sides, `others` those who answer.
    pub(crate) fn reason(
        self,
        (at, doing): (String, String),
        named: Option<Named>,
        (stack, others): (StackId, Vec<GoroutineIdx>),
    ) -> Reason {
        let mut evidence = Evidence::default();
        let at = format!(
            "{}, for {} goroutines of {}, which had work for {} of the time, mostly{doing}{}",
            at.trim_start(),
            evidence.whole("slots", self.size),
            self.name,
            evidence.share("team_busy", self.busy),
            self.service.map_or_else(String::new, |service| format!(
                ", and took {} for each: most of the wait is for those in front",
                evidence.time("service_ns", service)
            )),
        );
        Reason {
            kind: Kind::LimitedConcurrency,
            name: Cause::WorkersWait,
            check: CHECK,
            named,
            stack,
            at,
            others,
            other: None,
            looked: None,
            evidence,
            confidence: 0.8,
        }
    }
}

/// Nanoseconds of a range in which a goroutine waited for something to do.
fn idle(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> u64 {
    let spans = context.trace.spans(LaneId::Goroutine(go), range).filter(|span| span.state == GoState::Waiting);
    let idle = spans.filter(|span| is_idle(context.places, span.start_stack, span.class));
    idle.map(|span| span.range.intersect(range).nanos().unsigned_abs()).sum()
}
