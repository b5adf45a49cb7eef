//! The analyses that answer with tables. Each is a file; the registry below makes commands and panels of them.
//!
//! To add one: write the file, with a type that implements [`Analysis`], and add its line to [`ALL`].

pub mod analysis;
pub mod antagonists;
pub mod blocked;
pub mod columns;
pub mod flows;
pub mod gc;
pub mod goroutines;
pub mod instant;
pub mod latency;
pub mod leaks;
pub mod locks;
pub mod logs;
pub mod mmu;
pub mod population;
pub mod procs;
pub mod profile;
pub mod selection;
pub mod stw;
pub mod syscalls;
pub mod tasks;
pub mod threads;
pub mod warnings;
pub mod why;

pub use analysis::{Analysis, Ask, Choice, Info, ScopeOption};

/// All of them, in the order of menus and help.
pub static ALL: &[&dyn Analysis] = &[
    &warnings::Warnings,
    &selection::Selection,
    &instant::OneInstant,
    &blocked::BlockedBy,
    &why::WaitChains,
    &locks::Locks,
    &flows::Flows,
    &goroutines::Goroutines,
    &profile::Profiles,
    &tasks::Tasks,
    &tasks::Regions,
    &logs::Logs,
    &latency::SchedulerLatency,
    &procs::Procs,
    &threads::Threads,
    &syscalls::SystemCalls,
    &population::GoroutinesAlive,
    &leaks::Leaks,
    &gc::GcCycles,
    &stw::StwPauses,
    &mmu::MutatorUtilisation,
];

/// The analysis with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Analysis> {
    let all = ALL.iter().copied().chain(ALL.iter().flat_map(|analysis| analysis.appended()).copied());
    all.into_iter().find(|analysis| analysis.info().id == id)
}
