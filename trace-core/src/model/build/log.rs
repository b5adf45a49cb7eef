//! The log of state changes since the last cut, and the tallies that go with it.

use crate::order::sink::NO_IDX;

/// A row of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRow {
    pub(crate) lane: u32,
    /// ns since the segment's base.
    pub(crate) start: u32,
    pub(crate) other: u32,
    /// Stack slot or local thread; the kind in the upper eight bits.
    pub(crate) aux_kind: u32,
}

/// An entry for the lanes of procs and threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRef {
    /// The log row that begins it; for a mark, the row before which it comes.
    pub(crate) row: u32,
    /// Local proc, or none.
    pub(crate) proc: u32,
    /// Local thread, or [`LogRef::MARK`].
    pub(crate) thread: u32,
}

impl LogRef {
    /// In place of a thread: the proc loses its goroutine here.
    pub(crate) const MARK: u32 = u32::MAX - 1;
}

/// What is kept per local goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GoLocal {
    /// Rows in this segment; while cutting, the place of the next one.
    pub(crate) rows: u32,
    /// Rows in this segment on which it acted; while cutting, the place of the next one.
    pub(crate) acts: u32,
    /// Time of its last row, ns since the base.
    pub(super) last: u32,
    /// It was created in this generation.
    pub(crate) is_new: bool,
    pub(super) has_name: bool,
    /// It has had a row in this generation.
    pub(super) has_rows: bool,
}

/// What is kept per local proc.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcLocal {
    pub(crate) refs: u32,
    pub(crate) acts: u32,
    /// The goroutine that is on it.
    pub(super) go: u32,
    /// Some goroutine has been on it in this generation.
    pub(super) is_used: bool,
    /// When it was last heard of, ns.
    pub(super) last: i64,
}

/// What is kept per local thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadLocal {
    pub(crate) refs: u32,
    pub(crate) acts: u32,
    /// Whose ownership is open in this segment, and its rows so far.
    pub(super) go: u32,
    pub(super) ownership: u8,
    /// Some goroutine has been on it in this generation.
    pub(super) is_used: bool,
}

/// The log since the last cut, and the tallies that go with it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) rows: Vec<LogRow>,
    pub(crate) refs: Vec<LogRef>,
    /// Times of marks, ns since the base.
    pub(crate) marks: Vec<u32>,
    pub(crate) gos: Vec<GoLocal>,
    pub(crate) procs: Vec<ProcLocal>,
    pub(crate) threads: Vec<ThreadLocal>,
}

impl Log {
    /// The same memory, with nothing in it.
    pub(crate) fn emptied(mut self) -> Self {
        self.rows.clear();
        self.refs.clear();
        self.marks.clear();
        self.gos.clear();
        self.procs.clear();
        self.threads.clear();
        self
    }

    /// Forgets what belongs to the segment just cut.
    pub(crate) fn restart(&mut self) {
        self.rows.clear();
        self.refs.clear();
        self.marks.clear();
        for go in &mut self.gos {
            go.rows = 0;
            go.acts = 0;
        }
        for proc in &mut self.procs {
            proc.refs = 0;
            proc.acts = 0;
        }
        for thread in &mut self.threads {
            thread.refs = 0;
            thread.acts = 0;
            thread.go = NO_IDX;
        }
    }
}
