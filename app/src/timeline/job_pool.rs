//! Makes what the timeline shows on threads of its own, so that a frame never waits for the trace.
//!
//! The UI thread writes what it lacks on a board, replacing what it wrote before (nobody needs lanes
//! that have scrolled away), and waits a moment: what is quick is there in the same frame. Until the
//! rest comes, what was there before is shown. The threads are not rayon's own ones, which may be busy
//! loading.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use trace_core::analysis::search::hits::Hits;
use trace_core::model::flows::FlowList;
use trace_core::model::trace::Trace;

use crate::state::rows::Rows;

use crate::timeline::coarse::Coarse;
use crate::timeline::curves::Curves;
use crate::timeline::density::Density;

use crate::timeline::flow_edges::ViewFlowsKey;
use crate::timeline::grid::Grid;
use crate::timeline::quiet;
use crate::timeline::scene::LaneScene;
use crate::timeline::track::{self, Track};

/// Something for the timeline's threads to make.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// What a row shows over the columns of a grid.
    Track(Track, Grid),
    /// The counters over the columns of a grid.
    Curves(Grid),
    /// The minimap, in so many columns.
    Density(u32),
    /// All edges in view, at most so many.
    Flows(ViewFlowsKey, usize),
}

/// What the timeline's threads have made.
pub enum Made {
    /// What a row shows.
    Track(Track, Grid, Box<LaneScene>),
    /// The curves of the counters, for these columns.
    Curves(Grid, Curves),
    /// The columns of the minimap.
    Density(Density),
    /// All edges in view.
    Flows(ViewFlowsKey, FlowList),
}

/// What things are made from.
#[derive(Clone)]
pub struct Source {
    /// The snapshot of which lanes are made.
    pub trace: Arc<Trace>,
    /// The rows of that snapshot.
    pub rows: Arc<Rows>,
    /// What is searched for, and what was found of it: all else is dimmed.
    pub hits: Option<(String, Arc<Hits>)>,
}

/// Which snapshot something was made from.
pub type Version = u64;

#[derive(Default)]
struct JobQueue {
    /// What is to be made, most urgent last.
    jobs: Vec<Job>,
    /// What is being made.
    running: Vec<Job>,
    /// Threads that are at work just now.
    active: usize,
    /// The snapshot to make it from.
    source: Option<(Version, Source)>,
    /// What is kept of its rows from one job to the next.
    coarse: Arc<Coarse>,
}

/// Threads, the board, and where what they made arrives.
pub struct JobPool {
    pool: Option<ThreadPool>,
    threads: usize,
    queue: Arc<Mutex<JobQueue>>,
    sender: Sender<(Version, Made)>,
    arrived: Receiver<(Version, Made)>,
}

/// How many threads: one core is the UI thread's, and more than three bring little.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).clamp(1, 3)
}

impl Default for JobPool {
    fn default() -> Self {
        let (sender, arrived) = channel();
        let pool = ThreadPoolBuilder::new().num_threads(threads()).thread_name(|at| format!("lanes-{at}")).build();
        Self { pool: pool.ok(), threads: threads(), queue: Arc::default(), sender, arrived }
    }
}

fn lock(queue: &Mutex<JobQueue>) -> MutexGuard<'_, JobQueue> {
    // A job that panics leaves the board as it was: it is never locked while one is made.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

impl JobPool {
    /// Replaces what is to be made by `jobs`, most urgent first, from a snapshot.
    pub fn submit(&self, version: Version, source: &Source, mut jobs: Vec<Job>) {
        jobs.reverse();
        let mut queue = lock(&self.queue);
        if queue.source.as_ref().is_none_or(|(made_from, _)| *made_from != version) {
            if queue.source.as_ref().is_none_or(|(_, before)| !Arc::ptr_eq(&before.rows, &source.rows)) {
                queue.coarse = Arc::default();
            }
            queue.source = Some((version, source.clone()));
            queue.running.clear();
        }
        jobs.retain(|job| !queue.running.contains(job));
        queue.jobs = jobs;
        while queue.active < self.threads.min(queue.jobs.len() + queue.running.len()) && !queue.jobs.is_empty() {
            queue.active += 1;
            let (shared, sender) = (Arc::clone(&self.queue), self.sender.clone());
            match &self.pool {
                Some(pool) => pool.spawn(move || work(&shared, &sender)),
                None => {
                    drop(queue);
                    work(&shared, &sender);
                    return;
                }
            }
        }
    }

    /// What has been made and has not been taken, waiting until `until` if there is nothing.
    pub fn take(&self, until: Instant) -> Option<(Version, Made)> {
        let left = until.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return self.arrived.try_recv().ok();
        }
        self.arrived.recv_timeout(left).ok()
    }
}

fn work(queue: &Mutex<JobQueue>, sender: &Sender<(Version, Made)>) {
    loop {
        let (job, version, source, coarse) = {
            let mut queue = lock(queue);
            let source = queue.source.clone();
            match queue.jobs.pop().zip(source) {
                Some((job, (version, source))) => {
                    queue.running.push(job.clone());
                    (job, version, source, Arc::clone(&queue.coarse))
                }
                None => {
                    queue.active -= 1;
                    return;
                }
            }
        };
        let made = make(&job, &source, &coarse);
        // The window may be gone.
        let sent = sender.send((version, made)).is_ok();
        let mut queue = lock(queue);
        queue.running.retain(|running| *running != job);
        if !sent {
            queue.active -= 1;
            return;
        }
    }
}

fn make(job: &Job, source: &Source, coarse: &Coarse) -> Made {
    let Source { trace, rows, hits } = source;
    match job {
        Job::Track(track, grid) => {
            let mut scene = track::scene(trace, rows, coarse, *track, grid);
            if let Some((_, hits)) = hits {
                quiet::mark(&mut scene, (trace, rows, hits), *track);
            }
            Made::Track(*track, *grid, Box::new(scene))
        }
        Job::Curves(grid) => Made::Curves(*grid, Curves::new(trace, grid)),
        Job::Density(columns) => Made::Density(Density::new(trace, *columns)),
        Job::Flows(key, most) => Made::Flows(key.clone(), trace.flows_in_view(key.grid.range(), &key.lanes, *most)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Job, JobPool, Made, Source};
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use trace_core::base::ids::GoroutineIdx;
    use trace_core::model::lanes::LaneId;
    use trace_core::model::trace::Trace;

    use crate::timeline::track::Track;

    use crate::timeline::grid::Grid;

    #[test]
    fn everything_ordered_arrives() {
        let pool = JobPool::default();
        let grid = Grid { column_nanos: 1, first: 0, count: 10 };
        let mut jobs: Vec<Job> =
            (0..40).map(|idx| Job::Track(Track::Lane(LaneId::Goroutine(GoroutineIdx(idx))), grid)).collect();
        jobs.push(Job::Curves(grid));
        jobs.push(Job::Density(100));
        let source = Source { trace: Arc::new(Trace::default()), rows: Arc::default(), hits: None };
        pool.submit(7, &source, jobs);
        let until = Instant::now() + Duration::from_secs(20);
        let mut lanes = Vec::new();
        let mut others = 0;
        while lanes.len() + others < 42 {
            let (version, made) = pool.take(until).expect("it arrives");
            assert_eq!(version, 7);
            match made {
                Made::Track(track, ..) => lanes.push(track),
                _ => others += 1,
            }
        }
        lanes.sort_unstable();
        lanes.dedup();
        assert_eq!((lanes.len(), others), (40, 2));
    }
}
