//! The headline of a finding: what, how much and where, in one short line.
//!
//! It is made here, of all findings, from what they hold: kind, cause, culprit, those affected, and the evidence. A clause
//! whose number or name is not there, or that makes the line too long, is left out.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::finding::{Finding, Kind};

mod data;
#[cfg(test)]
mod tests;

use data::{Data, LENGTH};

/// Characters of a function's name, of which the middle is left out where it is longer; fewer where the line would be too
/// long.
const NAMES: [usize; 3] = [56, 36, 24];

/// The headline of a finding that holds all it is to hold.
pub(crate) fn headline(finding: &Finding) -> String {
    let mut text = String::new();
    for names in NAMES {
        let data = Data(finding, names);
        text = match finding.cause {
            Some(cause) => of_cause(data, cause),
            None => of_kind(data, finding.kind),
        };
        if text.chars().count() <= LENGTH {
            break;
        }
    }
    text
}

fn of_cause(data: Data<'_>, cause: Cause) -> String {
    match cause {
        Cause::HeldOverSlowCall => data.held(&data.lock(), &data.during()),
        Cause::OneConnection => data.held(&data.lock(), " during a wait for its connection"),
        Cause::HeldOverSleep => data.held(&data.lock(), " during a sleep"),
        Cause::HeldWhileComputing => data.held(&data.lock(), &data.during()),
        Cause::HeldOverGc => data.held(&data.lock(), " during a wait for the GC"),
        Cause::ReaderBlocksWriter => data.held("Read lock of RWMutex", &data.during()),
        Cause::Once => data.waits(format!("Callers of sync.Once.Do wait for {}", data.work("its function"))),
        Cause::HeldToTheEnd => data.stuck(format!("Lock held to the end of the trace{}", data.place(" by "))),
        Cause::MissingUnlock => data.stuck(format!("Lock acquired{}, not released", data.place(" in "))),
        Cause::Deadlock => data.stuck(format!("Deadlock{}", data.place(" in "))),
        Cause::NeverReleased => data.stuck(format!("Lock never released{}", data.place(" in "))),
        Cause::Connections => data.leak("Goroutines of open connections"),
        Cause::VanishedPartner => data.stuck(format!("Nobody on the other side of {}", data.channel())),
        Cause::NoReceiver => data.stuck(format!("Nobody receives{}", data.place(" what is sent in "))),
        Cause::ReceiverSends => data.stuck(format!("Receiver of a channel sends to it itself{}", data.place(", in "))),
        Cause::SlotsKept => data.slots_kept(),
        Cause::OneProc => data.one_proc(),
        Cause::Stampede => data.bursts(),
        Cause::AbandonedWork => data.abandoned(),
        Cause::TestSleeps => data.sleeps(),
        Cause::MissingDone => data.stuck(format!("WaitGroup never done{}", data.place(" in "))),
        Cause::ChildProcess => data.children(),
        Cause::OneServer => data.waits(format!("One goroutine serves most{}", data.at_work())),
        Cause::SlowReader => data.waits(format!("Slow reader of a connection{}", data.place(" holds up writes in "))),
        Cause::Finalizer => data.waits(format!("Waiting for finalizers{}", data.place(", which are in "))),
        Cause::SlowFinalizer => data.finalizers(),
        Cause::ThreadsWithoutCpu => data.idle("their threads got no CPU"),
        Cause::LockedToThread => data.locked_to_thread(),
        Cause::HotShard => data.team(),
        Cause::Rounds => data.rounds(),
        Cause::UnevenQueue => data.queue(),
        Cause::ConsumersEnded => {
            let gone = data.count("ended_consumers", "consumer").unwrap_or_default();
            data.waits(format!("{gone} have ended, those left cannot keep up{}", data.place(" in ")))
        }
        Cause::SameOne => data.fan_out(),
        Cause::BatchTimer => data.waits(format!("Answers wait for a timer{}", data.place(" in "))),
        Cause::HeldByOthers => data.waits(format!("{}{}", data.limited(), data.place(", held in "))),
        Cause::PoolExhausted => data.waits(data.pool()),
        Cause::ConnectionsKept => data.stuck(data.kept()),
        Cause::NotReused => data.not_reused(),
        Cause::BodiesOpen => data.bodies_open(),
        Cause::OneAtATime => data.waits(format!("{}{}", data.limited(), data.place(" in "))),
        Cause::WorkersWait => data.waits(format!("{}{}", data.limited(), data.place(", the workers wait in "))),
        Cause::GoschedLoop => data.spin("on runtime.Gosched"),
        Cause::YieldLoop => data.busy_loop(),
        Cause::NonBlockingLoop => data.spin("without blocking"),
        Cause::SlowCall => data.requests(data.call()),
        Cause::SlowDial => data.requests(format!("Connecting{}", data.place(" in "))),
        Cause::SlowLookup => data.requests(format!("Name lookups{}", data.place(" in "))),
        Cause::SlowHandler => data.requests(data.call()),
        Cause::SharedResult => data.requests(format!("Waiting for a shared result of {}", data.work("a goroutine"))),
        Cause::Backoff => data.requests(format!("Backoff{}", data.place(" in "))),
        Cause::FixedSleep => data.pause(),
        Cause::OneFullQueue => data.waits(data.one_consumer()),
        Cause::OwnWorkers => data.requests(format!("All workers wait at once{}", data.place(" in "))),
        Cause::RateLimit => data.requests(format!("Rate limit{}", data.place(" in "))),
        Cause::Deadline => data.requests(format!("Waiting until a deadline{}", data.place(" in "))),
        Cause::Timeout => data.requests(format!("Timeouts{}", data.place(" in "))),
        Cause::Growing => data.growing(),
        Cause::Retries => data.retries(),
        Cause::Broadcast => data.waits(format!("Broadcast wakes goroutines for nothing{}", data.place(" in "))),
    }
}

/// Where nothing but the kind is known.
fn of_kind(data: Data<'_>, kind: Kind) -> String {
    match kind {
        Kind::LockContention => data.waits(format!("Single slot, used like a lock{}", data.place(" in "))),
        Kind::LockHeldOverIo => data.held(&data.lock(), &data.during()),
        Kind::RwmutexWriter => data.held("RWMutex", &data.during()),
        Kind::GoroutineLeak => data.leak("Goroutine leak"),
        Kind::GcPressure => data.gc(),
        Kind::CpuStarvation => data.starvation(),
        Kind::IdleProcs => data.idle(""),
        Kind::SlowSyscall => data.syscalls(),
        Kind::ChannelBacklog => data.waits(format!("{} cannot keep up{}", data.consumers(), data.at_work())),
        Kind::Imbalance | Kind::Straggler if data.0.number("workers_per_round").is_some() => data.fan_out(),
        Kind::Imbalance if data.0.number("longest_total_ns").is_some() => data.team(),
        Kind::Imbalance => data.waits(format!("Uneven work{}", data.place(", the last one in "))),
        Kind::Straggler => data.waits(format!("{} is late{}", data.first(), data.place(" in "))),
        Kind::SerialWaits => data.serial(),
        Kind::StopTheWorld => data.stops(),
        Kind::PollingSleep => data.polling(),
        Kind::LimitedConcurrency => data.waits(data.limited()),
        Kind::GoroutineChurn => data.churn(),
        Kind::CpuBound => data.cpu(),
        Kind::CpuThrottled => data.throttled(),
        Kind::CpuDescheduled => data.descheduled(),
        Kind::TraceDamage => data.damage(),
    }
}
