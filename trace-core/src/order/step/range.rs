//! What takes a while: garbage collections, sweeps, mark assists, stops of the world.

use crate::base::error::Result;
use crate::base::ids::GoId;
use crate::event::kind::EventKind;
use crate::order::sched_state::{GcState, SchedState};
use crate::order::sink::{Ordered, Sink};
use crate::order::step::{Needs, Step};

/// Stops of the world that are followed at the same time.
const MAX_STOPS: usize = 64;

impl SchedState {
    pub(super) fn gc(&mut self, ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let number = ev.args[0];
        let is_first = match ev.kind {
            EventKind::GC_ACTIVE => self.is_first_generation(),
            EventKind::GC_BEGIN => self.gc_state == GcState::Undetermined,
            _ => false,
        };
        if !force {
            if is_first {
                if self.gc_state != GcState::Undetermined {
                    return Ok(Step::Fault("a running GC is announced late"));
                }
            } else {
                if number != self.gc_seq.wrapping_add(1) {
                    return Ok(Step::Wait);
                }
                let expected = if ev.kind == EventKind::GC_BEGIN { GcState::Off } else { GcState::On };
                if self.gc_state != expected {
                    return Ok(Step::Fault("the GC's phases are out of order"));
                }
                if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                    return Ok(Step::Fault(lack));
                }
            }
        }
        self.gc_seq = number;
        self.gc_state = if ev.kind == EventKind::GC_END { GcState::Off } else { GcState::On };
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn sweep(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let is_active = ev.kind == EventKind::GC_SWEEP_ACTIVE;
        ev.subject = if is_active { self.proc_idx(ev.args[0]) } else { ev.proc };
        let was = self.procs.get(ev.subject as usize).copied().flatten().map(|proc| proc.in_sweep);
        if !force {
            if !is_active && let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            let expected = match ev.kind {
                EventKind::GC_SWEEP_END => true,
                EventKind::GC_SWEEP_ACTIVE => !self.is_first_generation(),
                _ => false,
            };
            if was != Some(expected) {
                return Ok(Step::Fault("a sweep begins or ends out of order"));
            }
        }
        if let Some(Some(proc)) = self.procs.get_mut(ev.subject as usize) {
            proc.in_sweep = ev.kind != EventKind::GC_SWEEP_END;
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn assist(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let is_active = ev.kind == EventKind::GC_MARK_ASSIST_ACTIVE;
        ev.subject = if is_active { self.go_index.get(GoId(ev.args[0])) } else { ev.go };
        let was = self.gos.get(ev.subject as usize).map(|go| go.in_assist);
        if !force {
            if !is_active && let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            let expected = match ev.kind {
                EventKind::GC_MARK_ASSIST_END => true,
                EventKind::GC_MARK_ASSIST_ACTIVE => !self.is_first_generation(),
                _ => false,
            };
            if was != Some(expected) {
                return Ok(Step::Fault("a mark assist begins or ends out of order"));
            }
        }
        if let Some(go) = self.gos.get_mut(ev.subject as usize) {
            go.in_assist = ev.kind != EventKind::GC_MARK_ASSIST_END;
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn stw(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if let Some(lack) = Self::lacks(&ev, Needs::Go)
            && !force
        {
            return Ok(Step::Fault(lack));
        }
        ev.subject = ev.go;
        if ev.kind == EventKind::STW_BEGIN {
            let range = (ev.go, ev.args[0]);
            if self.stw.contains(&range) && !force {
                return Ok(Step::Fault("the world is stopped twice for the same reason"));
            }
            // Only damaged traces begin many that never end.
            if self.stw.len() >= MAX_STOPS {
                self.stw.remove(0);
            }
            self.stw.push(range);
        } else {
            match self.stw.iter().position(|&(go, _)| go == ev.go) {
                Some(place) => ev.args[0] = self.stw.swap_remove(place).1,
                None if force => {}
                None => return Ok(Step::Fault("the world is started that was not stopped")),
            }
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }
}
