//! What lanes, and groups of goroutines, are sorted by.

use std::collections::HashMap;

use rayon::prelude::*;
use trace_core::base::ids::{GoroutineIdx, StrId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::Use;
use trace_core::model::trace::{SpecialKind, Trace};

use crate::fmt::{number, time};

/// The order of goroutines, and of groups, from top to bottom. Times are those of the whole trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoroutineOrder {
    /// By first event in the trace.
    Appearance,
    /// By id, which is mostly by creation.
    Id,
    /// By start function, groups by title.
    Function,
    /// By creation, those created before the trace first.
    Created,
    /// Groups by how many goroutines they have.
    Count,
    /// By how long they were there, longest first.
    Lifetime,
    /// By time running, longest first.
    Running,
    /// By time runnable, most first.
    Runnable,
    /// By time in system calls.
    Syscall,
    /// By time waiting for whatever.
    Waiting,
    /// By time waiting for locks and the like.
    Sync,
    /// By time waiting for channels.
    Channel,
    /// By time waiting for the network.
    Network,
    /// By time asleep, most first.
    Sleep,
    /// By time in mark assists.
    Assist,
    /// By the longest single wait.
    LongestWait,
    /// By the longest wait for a proc.
    LongestRunnable,
    /// By how often the state changed.
    Changes,
}

/// How the figures of goroutines become one of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Combine {
    Least,
    Most,
    Total,
}

impl GoroutineOrder {
    /// All, in the order of menus.
    pub const ALL: [Self; 18] = [
        Self::Id,
        Self::Function,
        Self::Created,
        Self::Appearance,
        Self::Count,
        Self::Lifetime,
        Self::Running,
        Self::Runnable,
        Self::Syscall,
        Self::Waiting,
        Self::Sync,
        Self::Channel,
        Self::Network,
        Self::Sleep,
        Self::Assist,
        Self::LongestWait,
        Self::LongestRunnable,
        Self::Changes,
    ];

    /// Its name in menus, behind "by".
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Appearance => "First event",
            Self::Id => "Id",
            Self::Function => "Name",
            Self::Created => "Creation",
            Self::Count => "Number of goroutines",
            Self::Lifetime => "Lifetime",
            Self::Running => "Running time",
            Self::Runnable => "Runnable time",
            Self::Syscall => "Time in system calls",
            Self::Waiting => "Waiting time",
            Self::Sync => "Waiting for sync",
            Self::Channel => "Waiting for channels",
            Self::Network => "Waiting for the network",
            Self::Sleep => "Sleeping",
            Self::Assist => "Mark assist",
            Self::LongestWait => "Longest wait",
            Self::LongestRunnable => "Longest wait for a proc",
            Self::Changes => "Changes of state",
        }
    }

    /// Whether it is a figure of which the largest comes first.
    #[must_use]
    pub const fn is_statistic(self) -> bool {
        !matches!(self, Self::Appearance | Self::Id | Self::Function | Self::Created)
    }

    const fn combine(self) -> Combine {
        match self {
            Self::Appearance | Self::Id | Self::Function | Self::Created => Combine::Least,
            Self::Lifetime | Self::LongestWait | Self::LongestRunnable => Combine::Most,
            _ => Combine::Total,
        }
    }

    /// A figure with what it is: `Running time: 12.3 ms in total`. Nothing for orders that are no statistics.
    #[must_use]
    pub fn said(self, figure: i64) -> Option<String> {
        let count = || number::count(figure.unsigned_abs());
        let text = match self {
            _ if !self.is_statistic() => return None,
            Self::Count => return None,
            Self::Changes => count(),
            _ => time::duration(figure),
        };
        let how = if self.combine() == Combine::Most { "at most" } else { "in total" };
        Some(format!("{}: {text} {how}", self.title()))
    }
}

/// An order and the figures that it goes by.
pub(super) struct Sorting {
    pub(super) order: GoroutineOrder,
    pub(super) is_reversed: bool,
    /// By the goroutine's index; those that were not asked for have none.
    figures: Vec<i64>,
}

impl Sorting {
    /// Finds the figures of `some` goroutines. Costs in proportion to them, for the longest waits to all their spans: for
    /// workers.
    pub(super) fn of(trace: &Trace, (order, is_reversed): (GoroutineOrder, bool), some: &[u32]) -> Self {
        let found: Vec<i64> = match order {
            GoroutineOrder::Function => ranks(trace, some),
            _ => some.par_iter().with_min_len(1_024).map(|go| figure(trace, order, GoroutineIdx(*go))).collect(),
        };
        let mut figures = vec![0; trace.goroutine_count() as usize];
        for (go, figure) in some.iter().zip(found) {
            if let Some(slot) = figures.get_mut(*go as usize) {
                *slot = figure;
            }
        }
        Self { order, is_reversed, figures }
    }

    fn figure(&self, go: u32) -> i64 {
        self.figures.get(go as usize).copied().unwrap_or(0)
    }

    /// The figure of several goroutines.
    pub(super) fn combined(&self, gos: impl Iterator<Item = u32>) -> i64 {
        let figures = gos.map(|go| self.figure(go));
        match self.order.combine() {
            Combine::Least => figures.min().unwrap_or(i64::MAX),
            Combine::Most => figures.max().unwrap_or(0),
            Combine::Total => figures.fold(0, i64::saturating_add),
        }
    }

    /// What comes first is less.
    pub(super) fn key(&self, figure: i64) -> i64 {
        // A bit that is turned over reverses the order of all numbers, the least one among them.
        if self.order.is_statistic() != self.is_reversed { !figure } else { figure }
    }

    /// What a goroutine is sorted by.
    pub(super) fn key_of(&self, go: u32) -> i64 {
        self.key(self.figure(go))
    }
}

/// The places of start functions in the order of their names.
fn ranks(trace: &Trace, some: &[u32]) -> Vec<i64> {
    let name_of = |go: &u32| trace.goroutine_name(GoroutineIdx(*go)).map(|(_, name)| name).unwrap_or_default();
    let names: Vec<StrId> = some.iter().map(name_of).collect();
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.sort_by_cached_key(|name| trace.str(*name).to_lowercase());
    let ranks: HashMap<StrId, i64> = distinct.into_iter().zip(0..).collect();
    names.iter().map(|name| ranks.get(name).copied().unwrap_or(0)).collect()
}

fn figure(trace: &Trace, order: GoroutineOrder, go: GoroutineIdx) -> i64 {
    let all = TimeRange::new(TraceTime::MIN, TraceTime::MAX);
    let lane = LaneId::Goroutine(go);
    let nanos = |classes: &[SpanClass]| {
        let time = trace.time_by_class(lane, all);
        let sum = classes.iter().filter_map(|class| time.nanos.get(*class as usize)).sum::<u64>();
        i64::try_from(sum).unwrap_or(i64::MAX)
    };
    match order {
        GoroutineOrder::Appearance | GoroutineOrder::Function => i64::from(go.0),
        GoroutineOrder::Id => trace.goroutine_name(go).map_or(i64::MAX, |(id, _)| id.signed()),
        GoroutineOrder::Created => {
            trace.goroutine(go).and_then(|known| known.created).map_or(i64::MIN, |created| created.0)
        }
        GoroutineOrder::Count => 1,
        GoroutineOrder::Lifetime => trace.life(go).map_or(0, |(life, _)| life.nanos()),
        GoroutineOrder::Running => {
            let without = trace.no_cpu().nanos_as(lane, all, Use::Running);
            nanos(&[SpanClass::Running]).saturating_sub(i64::try_from(without).unwrap_or(0))
        }
        GoroutineOrder::Runnable => nanos(&[SpanClass::Runnable]),
        GoroutineOrder::Syscall => nanos(&[SpanClass::Syscall]),
        GoroutineOrder::Waiting => nanos(&[
            SpanClass::WaitSync,
            SpanClass::WaitChan,
            SpanClass::WaitNet,
            SpanClass::WaitSleep,
            SpanClass::Gc,
            SpanClass::WaitOther,
        ]),
        GoroutineOrder::Sync => nanos(&[SpanClass::WaitSync]),
        GoroutineOrder::Channel => nanos(&[SpanClass::WaitChan]),
        GoroutineOrder::Network => nanos(&[SpanClass::WaitNet]),
        GoroutineOrder::Sleep => nanos(&[SpanClass::WaitSleep]),
        GoroutineOrder::Assist => {
            let assists = trace.special_ranges(lane, all).filter(|range| range.kind == SpecialKind::MarkAssist);
            assists.map(|assist| assist.range.nanos()).fold(0, i64::saturating_add)
        }
        GoroutineOrder::LongestWait => longest(trace, go, GoState::Waiting),
        GoroutineOrder::LongestRunnable => longest(trace, go, GoState::Runnable),
        GoroutineOrder::Changes => {
            let spans: u64 = trace.time_by_class(lane, all).spans.iter().sum();
            i64::try_from(spans).unwrap_or(i64::MAX)
        }
    }
}

fn longest(trace: &Trace, go: GoroutineIdx, state: GoState) -> i64 {
    let mut longest = 0;
    trace.state_intervals(go, trace.range(), |interval| {
        if interval.state == state {
            longest = longest.max(interval.range.nanos());
        }
    });
    longest
}
