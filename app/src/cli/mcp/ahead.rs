//! What the usual first questions about a trace ask for, worked out as soon as it is open: by a thread beside the one that
//! answers, or by whoever asks first.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use trace_core::analysis::blocked_by::{Blocked, blocked};
use trace_core::analysis::findings::{Findings, find_in};
use trace_core::analysis::places::Places;
use trace_core::analysis::why::{Why, why_whole};
use trace_core::analysis::workload::Workload;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

/// How often somebody who waits looks whether the call was taken back.
const PAUSE: Duration = Duration::from_millis(20);

/// What is known of a trace as a whole.
#[derive(Debug)]
pub(super) struct Known {
    /// What probably costs the program its time.
    pub(super) findings: Arc<Findings>,
    /// What `why` says if no scope is given.
    pub(super) why: Arc<Why>,
    /// Where goroutines were blocked, all places, most time first.
    pub(super) waits: Vec<Blocked>,
}

/// How far it is.
#[derive(Debug, Default)]
enum Stage {
    /// Nobody is at it.
    #[default]
    Open,
    Working,
    Done(Arc<Known>),
}

#[derive(Debug, Default)]
struct Shared {
    stage: Mutex<Stage>,
    changed: Condvar,
}

/// Held by the one thread that works, however many traces are opened: what it holds meanwhile may be half as large as a trace.
pub(super) type Turn = Arc<Mutex<()>>;

/// What is being worked out about a trace. The work ends when this is dropped.
#[derive(Debug)]
pub(super) struct Ahead {
    trace: Arc<Trace>,
    shared: Arc<Shared>,
    stop: Monitor,
}

impl Ahead {
    /// Begins to work on a thread of its own. Without one the first who asks does the work.
    pub(super) fn begin(trace: Arc<Trace>, turn: &Turn) -> Self {
        let ahead = Self { trace, shared: Arc::default(), stop: Monitor::new() };
        let (trace, shared, stop, turn) =
            (Arc::clone(&ahead.trace), Arc::clone(&ahead.shared), ahead.stop.clone(), Arc::clone(turn));
        let begun = thread::Builder::new().name("mcp-ahead".to_owned()).spawn(move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            shared.known(&trace, &stop);
        });
        // No thread can be had: nothing is lost but time.
        drop(begun);
        ahead
    }

    /// What is known, once it is; `None` if `monitor` is cancelled before.
    pub(super) fn known(&self, monitor: &Monitor) -> Option<Arc<Known>> {
        self.shared.known(&self.trace, monitor)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Opens the stage again if the work on it did not come to an end.
struct Work<'a>(&'a Shared);

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut stage = self.0.lock();
        if matches!(*stage, Stage::Working) {
            *stage = Stage::Open;
        }
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, trace: &Trace, monitor: &Monitor) -> Option<Arc<Known>> {
        let mut stage = self.lock();
        loop {
            if monitor.is_cancelled() {
                return None;
            }
            match &*stage {
                Stage::Done(known) => return Some(Arc::clone(known)),
                Stage::Open => break,
                Stage::Working => {
                    let waited = self.changed.wait_timeout(stage, PAUSE);
                    stage = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *stage = Stage::Working;
        drop(stage);
        let work = Work(self);
        let known = Arc::new(work_out(trace, monitor)?);
        *self.lock() = Stage::Done(Arc::clone(&known));
        drop(work);
        Some(known)
    }
}

/// All of it from one pass over the trace. `None` if cancelled.
fn work_out(trace: &Trace, monitor: &Monitor) -> Option<Known> {
    let places = Places::new(trace);
    let workload = Workload::take(trace, &places, monitor)?;
    let waits = blocked(&workload, &places);
    let findings = find_in(trace, &places, &workload, monitor)?;
    let why = why_whole(trace, &places, &workload, &findings);
    (!monitor.is_cancelled()).then(|| Known { findings: Arc::new(findings), why: Arc::new(why), waits })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trace_core::analysis::findings::find;
    use trace_core::analysis::scope::Scope;
    use trace_core::analysis::why::why;
    use trace_core::base::monitor::Monitor;
    use trace_core::load::load_bytes;

    use super::{Ahead, Shared, Turn, work_out};
    use crate::sample::SAMPLE;

    #[test]
    fn it_is_what_each_analysis_finds_alone() {
        let monitor = Monitor::new();
        let trace = load_bytes(SAMPLE, &monitor, &mut |_| {}).expect("the sample");
        let ahead = Ahead::begin(Arc::clone(&trace), &Turn::default());
        let known = ahead.known(&monitor).expect("nobody stops it");
        assert_eq!(*known.findings, find(&trace, &monitor).expect("not cancelled"));
        assert_eq!(*known.why, why(&trace, &Scope::whole(&trace), &monitor).expect("not cancelled"));
        assert!(!known.waits.is_empty());
        let again = ahead.known(&monitor).expect("it is known");
        assert!(Arc::ptr_eq(&known, &again), "it is worked out once");
    }

    #[test]
    fn work_that_is_stopped_can_be_begun_again() {
        let trace = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {}).expect("the sample");
        let (shared, stopped) = (Shared::default(), Monitor::new());
        stopped.cancel();
        assert!(work_out(&trace, &stopped).is_none() && shared.known(&trace, &stopped).is_none());
        assert!(shared.known(&trace, &Monitor::new()).is_some());
    }
}
