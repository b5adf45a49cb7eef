//! What goes on at one moment of a trace, followed event by event: who is in which state since when and why, which
//! regions and tasks are open, who has which proc.

use rustc_hash::FxHashMap;

use crate::event::kind::EventKind;
use crate::export::cut::names::{Names, TextId, TrailId};
use crate::export::cut::proc_status;
use crate::order::sched_state::go_state;
use crate::order::sink::{Ids, NO_IDX, Ordered};
use crate::wire::v2::tables::Tables;

/// A region that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRegion {
    pub(super) task: u64,
    pub(super) name: TextId,
    pub(super) stack: TrailId,
    pub(super) since: i64,
}

/// A task that is active.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenTask {
    /// The id of the task it belongs to; 0 for none.
    pub(super) parent: u64,
    pub(super) name: TextId,
    pub(super) stack: TrailId,
    pub(super) since: i64,
}

/// The state of a goroutine at this moment.
#[derive(Clone, Debug)]
pub(super) struct GoNow {
    /// By the codes of [`go_state`].
    pub(super) state: u8,
    /// The thread that it is on, a local index.
    pub(super) thread: u32,
    /// What brought it into its state.
    pub(super) how: EventKind,
    /// The reason that it blocked or stopped for.
    pub(super) reason: TextId,
    /// Its last known stack.
    pub(super) stack: TrailId,
    pub(super) in_assist: bool,
    /// Its open regions, the outermost first.
    pub(super) regions: Vec<OpenRegion>,
}

const NOBODY: GoNow = GoNow {
    state: go_state::NOT_EXIST,
    thread: NO_IDX,
    how: EventKind::GO_STATUS,
    reason: TextId(0),
    stack: TrailId(0),
    in_assist: false,
    regions: Vec::new(),
};

/// The state of a proc at this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProcNow {
    /// 0 if it is not known.
    pub(super) status: u64,
    pub(super) in_sweep: bool,
}

/// A thread: its goroutine and its proc, local indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThreadNow {
    pub(super) go: u32,
    pub(super) proc: u32,
}

/// A stop of the world that goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenStop {
    pub(super) go: u32,
    pub(super) kind: TextId,
    pub(super) stack: TrailId,
}

/// All of it. Goroutines, procs and threads by their local indices.
#[derive(Debug, Default)]
pub(super) struct Moment {
    pub(super) gos: Vec<GoNow>,
    pub(super) procs: Vec<ProcNow>,
    pub(super) threads: Vec<ThreadNow>,
    pub(super) tasks: FxHashMap<u64, OpenTask>,
    pub(super) stops: Vec<OpenStop>,
    /// The number of the GC's last event while it is on.
    pub(super) gc: Option<u64>,
    /// Of a trace of Go 1.21 or older: a proc that is taken away is idle at once.
    pub(super) is_v1: bool,
}

/// Stops of the world that are followed at the same time: only damaged traces have more.
const MAX_STOPS: usize = 64;

impl Moment {
    /// Takes in an event of the generation whose tables these are.
    pub(super) fn take(&mut self, ev: &Ordered, ids: &Ids, names: &mut Names, tables: &Tables) {
        self.grow(ids);
        match ev.kind {
            EventKind::PROC_START | EventKind::PROC_STOP | EventKind::PROC_STEAL | EventKind::PROC_STATUS => {
                self.proc_event(ev, ids);
            }
            EventKind::GC_ACTIVE | EventKind::GC_BEGIN => self.gc = Some(ev.args[0]),
            EventKind::GC_END => self.gc = None,
            EventKind::GC_SWEEP_ACTIVE | EventKind::GC_SWEEP_BEGIN | EventKind::GC_SWEEP_END => {
                if let Some(proc) = self.procs.get_mut(ev.subject as usize) {
                    proc.in_sweep = ev.kind != EventKind::GC_SWEEP_END;
                }
            }
            EventKind::GC_MARK_ASSIST_ACTIVE | EventKind::GC_MARK_ASSIST_BEGIN | EventKind::GC_MARK_ASSIST_END => {
                if let Some(go) = self.gos.get_mut(ev.subject as usize) {
                    go.in_assist = ev.kind != EventKind::GC_MARK_ASSIST_END;
                }
            }
            EventKind::STW_BEGIN if self.stops.len() < MAX_STOPS => {
                let (kind, stack) = (names.text(tables, ev.args[0]), names.trail(tables, ev.args[1]));
                self.stops.push(OpenStop { go: ev.go, kind, stack });
            }
            EventKind::STW_END => {
                if let Some(place) = self.stops.iter().position(|stop| stop.go == ev.go) {
                    self.stops.swap_remove(place);
                }
            }
            EventKind::USER_TASK_BEGIN => {
                let parent = if ev.args[1] == u64::MAX { 0 } else { ev.args[1] };
                let (name, stack) = (names.text(tables, ev.args[2]), names.trail(tables, ev.args[3]));
                self.tasks.insert(ev.args[0], OpenTask { parent, name, stack, since: ev.time.0 });
            }
            EventKind::USER_TASK_END => {
                self.tasks.remove(&ev.args[0]);
            }
            EventKind::USER_REGION_BEGIN => {
                let (name, stack) = (names.text(tables, ev.args[1]), names.trail(tables, ev.args[2]));
                if let Some(go) = self.gos.get_mut(ev.go as usize) {
                    go.regions.push(OpenRegion { task: ev.args[0], name, stack, since: ev.time.0 });
                }
            }
            EventKind::USER_REGION_END => {
                let name = names.text(tables, ev.args[1]);
                // Programs may end them in a wrong order.
                if let Some(go) = self.gos.get_mut(ev.go as usize)
                    && let Some(place) =
                        go.regions.iter().rposition(|open| (open.task, open.name) == (ev.args[0], name))
                {
                    go.regions.remove(place);
                }
            }
            EventKind(9..=48) if ev.subject != NO_IDX && ev.kind != EventKind::GO_LABEL => {
                self.go_event(ev, ids, names, tables);
            }
            _ => {}
        }
    }

    fn grow(&mut self, ids: &Ids) {
        if self.gos.len() < ids.gos.len() {
            self.gos.resize(ids.gos.len(), NOBODY);
        }
        if self.procs.len() < ids.procs.len() {
            self.procs.resize(ids.procs.len(), ProcNow::default());
        }
        if self.threads.len() < ids.threads.len() {
            self.threads.resize(ids.threads.len(), ThreadNow { go: NO_IDX, proc: NO_IDX });
        }
    }

    fn proc_event(&mut self, ev: &Ordered, ids: &Ids) {
        let status = match ev.kind {
            EventKind::PROC_START => proc_status::RUNNING,
            EventKind::PROC_STATUS if ev.args[1] == proc_status::ABANDONED && ev.thread != NO_IDX => {
                // It may still have a thread after all.
                match self.threads.get(ev.thread as usize) {
                    Some(thread) if thread.proc == ev.subject => proc_status::SYSCALL,
                    _ => proc_status::ABANDONED,
                }
            }
            EventKind::PROC_STATUS => ev.args[1],
            // Cut loose by the goroutine from C that goes away: it is still to be stolen.
            EventKind::PROC_STEAL if ev.args[1] == 0 && !self.is_v1 => proc_status::ABANDONED,
            _ => proc_status::IDLE,
        };
        if let Some(proc) = self.procs.get_mut(ev.subject as usize) {
            proc.status = status;
        }
        let thread = match ev.kind {
            EventKind::PROC_STEAL => {
                let victim = ids.threads.iter().position(|thread| thread.0 == ev.args[2]);
                victim.and_then(|at| self.threads.get_mut(at)).filter(|thread| thread.proc == ev.subject)
            }
            _ => self.threads.get_mut(ev.thread as usize),
        };
        if let Some(thread) = thread {
            match status {
                proc_status::RUNNING | proc_status::SYSCALL => thread.proc = ev.subject,
                _ if thread.proc == ev.subject => thread.proc = NO_IDX,
                _ => {}
            }
        }
    }

    fn go_event(&mut self, ev: &Ordered, ids: &Ids, names: &mut Names, tables: &Tables) {
        let own = self.gos.get(ev.subject as usize).map_or(NO_IDX, |go| go.thread);
        let thread = match ev.kind {
            EventKind::GO_STATUS | EventKind::GO_STATUS_STACK if ev.to == go_state::SYSCALL => {
                (0..).zip(&ids.threads).find(|(_, thread)| thread.0 == ev.args[1]).map_or(ev.thread, |(at, _)| at)
            }
            _ if ev.thread == NO_IDX => own,
            _ => ev.thread,
        };
        let is_on_thread = matches!(ev.to, go_state::RUNNING | go_state::SYSCALL);
        let acts = matches!(ev.kind, EventKind::GO_UNBLOCK | EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED);
        let is_syscall_status = is_on_thread && ev.to == go_state::SYSCALL;
        if !acts
            && let Some(around) = self.threads.get_mut(thread as usize)
            && (is_on_thread || around.go == ev.subject)
        {
            around.go = if is_on_thread { ev.subject } else { NO_IDX };
        }
        match ev.kind {
            EventKind::GO_SYSCALL_BEGIN => self.set_status(ev.proc, proc_status::SYSCALL),
            EventKind::GO_SYSCALL_END => self.set_status(ev.proc, proc_status::RUNNING),
            EventKind::GO_DESTROY_SYSCALL => {
                if let Some(around) = self.threads.get_mut(thread as usize) {
                    around.proc = NO_IDX;
                }
            }
            _ => {}
        }
        let stack = match ev.kind {
            EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED => Some(1),
            EventKind::GO_STOP | EventKind::GO_BLOCK | EventKind::GO_SYSCALL_BEGIN => Some(1),
            EventKind::GO_STATUS_STACK => Some(3),
            _ => None,
        };
        let Some(go) = self.gos.get_mut(ev.subject as usize) else { return };
        if matches!(ev.kind, EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED | EventKind::GO_CREATE_SYSCALL) {
            *go = NOBODY;
        }
        let is_repeated = matches!(ev.kind, EventKind::GO_STATUS | EventKind::GO_STATUS_STACK) && go.state == ev.to;
        if !is_repeated {
            go.how = ev.kind;
            go.reason = TextId(0);
        }
        go.state = ev.to;
        go.thread = if is_on_thread || is_syscall_status { thread } else { NO_IDX };
        if matches!(ev.kind, EventKind::GO_STOP | EventKind::GO_BLOCK) {
            go.reason = names.text(tables, ev.args[0]);
        }
        // That of an announcement lacks the innermost functions of the runtime.
        let is_better = !is_repeated || go.stack.0 == 0;
        if let Some(place) = stack.filter(|_| is_better)
            && let Some(&id) = ev.args.get(place)
            && id != 0
        {
            go.stack = names.trail(tables, id);
        }
        if ev.to == go_state::NOT_EXIST {
            *go = NOBODY;
        }
    }

    fn set_status(&mut self, proc: u32, status: u64) {
        if let Some(proc) = self.procs.get_mut(proc as usize) {
            proc.status = status;
        }
    }
}
