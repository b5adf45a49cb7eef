//! The reference text form: what `go tool trace -d=parsed` of Go 1.27 prints, byte for byte. Streams;
//! needs no model.

use std::io::{Read, Write};

use rustc_hash::FxHashMap;

use crate::base::error::Result;
use crate::base::limits;
use crate::base::monitor::Monitor;
use crate::base::quote::push_quoted;
use crate::base::warning::WarningKind;
use crate::event::kind::EventKind;
use crate::export::misuse::Regions;
use crate::input::source::Source;
use crate::order::generation::order_generation;
use crate::order::sched_state::{SchedState, go_state, proc_state};
use crate::order::sink::{Ids, Ordered, Sink};
use crate::order::v1::order_v1;
use crate::order::v1::style::Style;
use crate::wire::opening::{self, Opened};
use crate::wire::v1::recording::{LOST_TEXTS, Recording};
use crate::wire::v2::generation::Border;
use crate::wire::v2::reader::GenerationReader;
use crate::wire::v2::spec::Shape;
use crate::wire::v2::tables::{RawSnapshot, Report, Tables};
use crate::wire::v2::unknown;

/// Text is handed to the writer in pieces of about this size.
const FLUSH_BYTES: usize = 1 << 16;

/// Writes every event of a trace to `out`. Damage is told to `report` (kind, sentence, byte offset) and
/// what can be read is written all the same.
///
/// # Errors
/// If the source is no readable trace, `out` fails, or `monitor` was cancelled.
pub fn dump(source: Source<'_>, out: &mut dyn Write, monitor: &Monitor, report: &mut Report<'_>) -> Result<()> {
    let mut buffer = Vec::with_capacity(2 * FLUSH_BYTES);
    let opened = opening::open(source.reader, report)?;
    if let Some(what) = source.restoration.text() {
        report(WarningKind::Reencoded, what.to_owned(), 0);
    }
    match opened {
        Opened::V1(recording) => dump_recording(&recording, &mut buffer, out, monitor, report)?,
        Opened::V2(reader) => dump_generations(*reader, &mut buffer, out, monitor, report)?,
    }
    out.write_all(&buffer)?;
    out.flush()?;
    Ok(())
}

fn dump_generations(
    mut reader: GenerationReader<impl Read>,
    buffer: &mut Vec<u8>,
    out: &mut dyn Write,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<()> {
    let mut sched = SchedState::new(true);
    let mut open = Open::default();
    let mut clock = None;
    while let Some(generation) = reader.next_generation(report)? {
        if generation.border == Border::NewTrace {
            sched = SchedState::new(true);
            open = Open::default();
        }
        let tables = Tables::parse(&generation, clock, report);
        clock = Some(tables.clock);
        let mut damage = Damage::default();
        let mut text = Text::new(&tables, &mut open, buffer, out);
        text.snapshot = tables.snapshot;
        let ordered = order_generation(
            &mut sched,
            &generation,
            &tables,
            monitor,
            &mut |kind, what, at| damage.add(kind, what, at),
            &mut text,
        );
        let has_unknown = text.has_unknown;
        damage.tell(report);
        if has_unknown && let Some(unknown) = unknown::find(&generation, &tables) {
            report(WarningKind::UnknownId, unknown.message, unknown.offset);
        }
        ordered?;
    }
    open.tell(report);
    let empty = Tables::empty();
    sched.sync(None, &mut Text::new(&empty, &mut open, buffer, out))
}

fn dump_recording(
    recording: &Recording,
    buffer: &mut Vec<u8>,
    out: &mut dyn Write,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<()> {
    let mut open = Open { is_v1: true, ..Open::default() };
    let mut damage = Damage::default();
    let mut text = Text::new(&recording.tables, &mut open, buffer, out);
    let mut tell = |kind, what, at| damage.add(kind, what, at);
    let ordered = order_v1(recording, Style::Reference, monitor, &mut tell, &mut text);
    let has_unknown = text.has_unknown;
    damage.tell(report);
    open.tell(report);
    if has_unknown {
        report(WarningKind::UnknownId, LOST_TEXTS.to_owned(), recording.byte_len());
    }
    ordered.map(|_ids| ())
}

/// Damage met while the text writer holds the way to tell it.
#[derive(Default)]
struct Damage {
    met: Vec<(WarningKind, String, u64)>,
    more: usize,
}

impl Damage {
    fn add(&mut self, kind: WarningKind, what: String, at: u64) {
        if self.met.len() < limits::MAX_WARNINGS {
            self.met.push((kind, what, at));
        } else {
            self.more += 1;
        }
    }

    fn tell(self, report: &mut Report<'_>) {
        let last = self.met.last().map(|&(kind, _, at)| (kind, at));
        for (kind, what, at) in self.met {
            report(kind, what, at);
        }
        if let Some((kind, at)) = last.filter(|_| self.more > 0) {
            report(kind, format!("{} more faults in this generation", self.more), at);
        }
    }
}

struct Text<'a> {
    tables: &'a Tables,
    open: &'a mut Open,
    buffer: &'a mut Vec<u8>,
    out: &'a mut dyn Write,
    snapshot: Option<RawSnapshot>,
    /// Offset in the input of the last region or task.
    offset: u64,
    /// Stacks already put into words, by id: their place in `stack_text`.
    stacks: FxHashMap<u64, (usize, usize)>,
    stack_text: Vec<u8>,
    number: itoa::Buffer,
    /// Strings or stacks were named that the generation does not hold.
    has_unknown: bool,
}

/// What has begun and not ended; kept over generations.
#[derive(Default)]
struct Open {
    /// For traces of Go 1.21 and older Go's reader prints a missing parent as 0 when a task ends.
    is_v1: bool,
    tasks: FxHashMap<u64, ActiveTask>,
    regions: Regions,
    /// Tasks and regions that the program began or ended wrongly: the first, where it is, and how many there are.
    misuses: [Option<(String, u64, u64)>; 2],
}

impl Open {
    fn misuse(&mut self, kind: usize, what: String, offset: u64) {
        if let Some(known) = self.misuses.get_mut(kind) {
            known.get_or_insert((what, offset, 0)).2 += 1;
        }
    }

    /// Tells of them, once a kind.
    fn tell(&mut self, report: &mut Report<'_>) {
        for (what, offset, count) in std::mem::take(&mut self.misuses).into_iter().flatten() {
            let what = if count > 1 { format!("{what}; there are {count} like it") } else { what };
            report(WarningKind::Misuse, what, offset);
        }
    }
}

struct ActiveTask {
    name: Vec<u8>,
    parent: u64,
}

impl<'a> Text<'a> {
    fn new(tables: &'a Tables, open: &'a mut Open, buffer: &'a mut Vec<u8>, out: &'a mut dyn Write) -> Self {
        Self {
            tables,
            open,
            buffer,
            out,
            snapshot: None,
            offset: 0,
            stacks: FxHashMap::default(),
            stack_text: Vec::new(),
            number: itoa::Buffer::new(),
            has_unknown: false,
        }
    }

    fn put(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    fn int(&mut self, value: i64) {
        self.buffer.extend_from_slice(self.number.format(value).as_bytes());
    }

    fn uint(&mut self, value: u64) {
        self.buffer.extend_from_slice(self.number.format(value).as_bytes());
    }

    fn string(&mut self, id: u64) -> &'a [u8] {
        match self.tables.string(id) {
            Some(text) => text,
            None => {
                self.has_unknown = true;
                b""
            }
        }
    }

    fn quoted(&mut self, id: u64) {
        let text = self.string(id);
        push_quoted(self.buffer, text);
    }

    fn metric(&mut self, name: &str, value: u64) {
        self.put(" Name=\"");
        self.put(name);
        self.put("\" Value=Value{Uint64(");
        self.uint(value);
        self.put(")}");
    }

    fn range(&mut self, ev: &Ordered, ids: &Ids) {
        self.put(" Name=");
        match ev.kind {
            EventKind::STW_BEGIN | EventKind::STW_END => {
                let mut name = b"stop-the-world (".to_vec();
                name.extend_from_slice(self.string(ev.args[0]));
                name.push(b')');
                push_quoted(self.buffer, &name);
                self.put(" Scope=Goroutine(");
                self.int(ids.go(ev.go).signed());
                self.put(")");
            }
            EventKind::GC_SWEEP_ACTIVE | EventKind::GC_SWEEP_BEGIN | EventKind::GC_SWEEP_END => {
                self.put("\"GC incremental sweep\" Scope=Proc(");
                self.int(ids.proc(ev.subject).signed());
                self.put(")");
            }
            EventKind::GC_MARK_ASSIST_ACTIVE | EventKind::GC_MARK_ASSIST_BEGIN | EventKind::GC_MARK_ASSIST_END => {
                self.put("\"GC mark assist\" Scope=Goroutine(");
                self.int(ids.go(ev.subject).signed());
                self.put(")");
            }
            _ => self.put("\"GC concurrent mark phase\" Scope=None"),
        }
        match ev.kind {
            EventKind::GC_SWEEP_END => {
                self.put(" Attributes=[\"bytes swept\"=Value{Uint64(");
                self.uint(ev.args[0]);
                self.put(")} \"bytes reclaimed\"=Value{Uint64(");
                self.uint(ev.args[1]);
                self.put(")}]");
            }
            EventKind::STW_END | EventKind::GC_END | EventKind::GC_MARK_ASSIST_END => self.put(" Attributes=[]"),
            _ => {}
        }
    }

    fn task(&mut self, ev: &Ordered) {
        self.put(" ID=");
        self.uint(ev.args[0]);
        self.put(" Parent=");
        if ev.kind == EventKind::USER_TASK_BEGIN {
            self.uint(ev.args[1]);
            self.put(" Type=");
            self.quoted(ev.args[2]);
            let name = self.string(ev.args[2]).to_vec();
            let before = self.open.tasks.insert(ev.args[0], ActiveTask { name, parent: ev.args[1] });
            if before.is_some() {
                let what = format!("task {} begins though it has begun already", ev.args[0]);
                self.open.misuse(0, what, self.offset);
            }
            return;
        }
        let task = self.open.tasks.remove(&ev.args[0]);
        let is_v1 = self.open.is_v1;
        let parent = |task: &ActiveTask| if is_v1 && task.parent == u64::MAX { 0 } else { task.parent };
        self.uint(task.as_ref().map_or(u64::MAX, parent));
        self.put(" Type=");
        push_quoted(self.buffer, task.as_ref().map_or(b"", |task| &task.name));
    }

    fn region(&mut self, ev: &Ordered, ids: &Ids) {
        self.put(" Task=");
        self.uint(ev.args[0]);
        self.put(" Type=");
        let name = self.string(ev.args[1]);
        push_quoted(self.buffer, name);
        let go = ids.go(ev.go);
        if ev.kind == EventKind::USER_REGION_BEGIN {
            self.open.regions.begin(go, ev.args[0], name);
        } else if let Some(what) = self.open.regions.end(go, ev.args[0], name) {
            self.open.misuse(1, what, self.offset);
        }
    }

    fn go_transition(&mut self, ev: &Ordered, ids: &Ids) {
        self.put(" GoID=");
        self.int(ids.go(ev.subject).signed());
        self.put(" ");
        self.put(go_state_name(ev.from));
        self.put("->");
        self.put(go_state_name(ev.to));
        self.put(" Reason=");
        let (reason, stack) = match ev.kind {
            EventKind::GO_STOP | EventKind::GO_BLOCK => (ev.args[0], Some(ev.args[1]).filter(|&stack| stack != 0)),
            EventKind::GO_SYSCALL_BEGIN => (0, Some(ev.args[1]).filter(|&stack| stack != 0)),
            EventKind::GO_STATUS_STACK => (0, Some(ev.args[3]).filter(|&stack| stack != 0)),
            EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED => (0, Some(ev.args[1])),
            _ => (0, None),
        };
        self.quoted(reason);
        if let Some(stack) = stack {
            self.put("\nTransitionStack=\n");
            self.stack(stack);
        }
        if ev.to == go_state::NOT_EXIST {
            self.open.regions.forget(ids.go(ev.subject));
        }
    }

    fn proc_transition(&mut self, ev: &Ordered, ids: &Ids) {
        self.put(" ProcID=");
        self.int(ids.proc(ev.subject).signed());
        self.put(" ");
        self.put(proc_state_name(ev.from));
        self.put("->");
        self.put(proc_state_name(ev.to));
        self.put(" Reason=\"\"");
    }

    fn experimental(&mut self, ev: &Ordered) {
        let names: &[&str] = match ev.kind {
            EventKind::SPAN | EventKind::SPAN_ALLOC => &["id", "npages_value", "kindclass"],
            EventKind::HEAP_OBJECT | EventKind::HEAP_OBJECT_ALLOC => &["id", "type"],
            EventKind::GOROUTINE_STACK | EventKind::GOROUTINE_STACK_ALLOC => &["id", "order"],
            _ => &["id"],
        };
        self.put(" Name=");
        self.put(ev.kind.name());
        self.put(" Args=[");
        for (i, (name, value)) in names.iter().zip(ev.args).enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.put(name);
            self.put("=Value{Uint64(");
            self.uint(value);
            self.put(")}");
        }
        self.put("]");
    }

    fn sync(&mut self, ev: &Ordered) {
        self.put(" N=");
        self.uint(ev.args[0]);
        if let Some(snapshot) = self.snapshot {
            self.put(" Trace=");
            self.int(snapshot.trace);
            self.put(" Mono=");
            self.uint(snapshot.mono);
            self.put(" Wall=");
            let wall = i64::try_from(snapshot.wall_secs)
                .ok()
                .zip(i32::try_from(snapshot.wall_nanos).ok())
                .and_then(|(secs, nanos)| jiff::Timestamp::new(secs, nanos).ok());
            let wall = wall.map_or_else(|| "?".to_owned(), |wall| wall.to_string());
            self.put(&wall);
        }
    }

    /// The frames of a stack, each line indented by a tab.
    fn stack(&mut self, id: u64) {
        let (start, end) = match self.stacks.get(&id) {
            Some(&place) => place,
            None => self.add_stack(id),
        };
        self.buffer.extend_from_slice(self.stack_text.get(start..end).unwrap_or_default());
    }

    #[cold]
    fn add_stack(&mut self, id: u64) -> (usize, usize) {
        let start = self.stack_text.len();
        let tables = self.tables;
        if let Some(frames) = tables.stack(id) {
            for frame in frames {
                self.has_unknown |= tables.string(frame.function).is_none() || tables.string(frame.file).is_none();
                self.stack_text.push(b'\t');
                self.stack_text.extend_from_slice(tables.string(frame.function).unwrap_or_default());
                self.stack_text.extend_from_slice(format!(" @ 0x{:x}\n\t\t", frame.pc).as_bytes());
                self.stack_text.extend_from_slice(tables.string(frame.file).unwrap_or_default());
                self.stack_text.extend_from_slice(format!(":{}\n", frame.line).as_bytes());
            }
        } else {
            self.has_unknown = true;
        }
        let place = (start, self.stack_text.len());
        self.stacks.insert(id, place);
        place
    }
}

impl Sink for Text<'_> {
    fn at(&mut self, offset: u64) {
        self.offset = offset;
    }

    fn event(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        self.put("M=");
        self.int(ids.thread(ev.thread).signed());
        self.put(" P=");
        self.int(ids.proc(ev.proc).signed());
        self.put(" G=");
        self.int(ids.go(ev.go).signed());
        self.put(" ");
        let family = family(ev.kind);
        self.put(family.name(ev.kind));
        self.put(" Time=");
        self.int(ev.time.0);
        match family {
            Family::Go => self.go_transition(ev, ids),
            Family::Proc => self.proc_transition(ev, ids),
            Family::Metric => {
                let name = match ev.kind {
                    EventKind::PROCS_CHANGE => "/sched/gomaxprocs:threads",
                    EventKind::HEAP_ALLOC => "/memory/classes/heap/objects:bytes",
                    _ => "/gc/heap/goal:bytes",
                };
                self.metric(name, ev.args[0]);
            }
            Family::Label => {
                self.put(" Label=");
                self.quoted(ev.args[0]);
                self.put(" Resource=Goroutine(");
                self.int(ids.go(ev.go).signed());
                self.put(")");
            }
            Family::Range => self.range(ev, ids),
            Family::Task => self.task(ev),
            Family::Region => self.region(ev, ids),
            Family::Log => {
                self.put(" Task=");
                self.uint(ev.args[0]);
                self.put(" Category=");
                self.quoted(ev.args[1]);
                self.put(" Message=");
                self.quoted(ev.args[2]);
            }
            Family::Experimental => self.experimental(ev),
            Family::Sync => self.sync(ev),
            Family::Sample => {}
        }
        let stack = match ev.kind {
            EventKind::CPU_SAMPLE => Some(ev.args[0]),
            kind => {
                let place = usize::from(Shape::of(kind.0).stack);
                place.checked_sub(1).and_then(|arg| ev.args.get(arg)).copied().filter(|&stack| stack != 0)
            }
        };
        if let Some(stack) = stack {
            self.put("\nStack=\n");
            self.stack(stack);
        }
        self.put("\n");
        if self.buffer.len() >= FLUSH_BYTES {
            self.out.write_all(self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// The event kinds of the reference API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Go,
    Proc,
    Metric,
    Label,
    Range,
    Task,
    Region,
    Log,
    Experimental,
    Sync,
    Sample,
}

impl Family {
    const fn name(self, kind: EventKind) -> &'static str {
        match self {
            Self::Go | Self::Proc => "StateTransition",
            Self::Metric => "Metric",
            Self::Label => "Label",
            Self::Range => match kind {
                EventKind::STW_BEGIN
                | EventKind::GC_BEGIN
                | EventKind::GC_SWEEP_BEGIN
                | EventKind::GC_MARK_ASSIST_BEGIN => "RangeBegin",
                EventKind::GC_ACTIVE | EventKind::GC_SWEEP_ACTIVE | EventKind::GC_MARK_ASSIST_ACTIVE => "RangeActive",
                _ => "RangeEnd",
            },
            Self::Task => match kind {
                EventKind::USER_TASK_BEGIN => "TaskBegin",
                _ => "TaskEnd",
            },
            Self::Region => match kind {
                EventKind::USER_REGION_BEGIN => "RegionBegin",
                _ => "RegionEnd",
            },
            Self::Log => "Log",
            Self::Experimental => "Experimental",
            Self::Sync => "Sync",
            Self::Sample => "StackSample",
        }
    }
}

const fn family(kind: EventKind) -> Family {
    match kind {
        EventKind::PROC_START | EventKind::PROC_STOP | EventKind::PROC_STEAL | EventKind::PROC_STATUS => Family::Proc,
        EventKind::PROCS_CHANGE | EventKind::HEAP_ALLOC | EventKind::HEAP_GOAL => Family::Metric,
        EventKind::GO_LABEL => Family::Label,
        EventKind(26..=36) => Family::Range,
        EventKind::USER_TASK_BEGIN | EventKind::USER_TASK_END => Family::Task,
        EventKind::USER_REGION_BEGIN | EventKind::USER_REGION_END => Family::Region,
        EventKind::USER_LOG => Family::Log,
        EventKind::CPU_SAMPLE => Family::Sample,
        EventKind::SYNC => Family::Sync,
        EventKind(128..=136) => Family::Experimental,
        _ => Family::Go,
    }
}

const fn go_state_name(state: u8) -> &'static str {
    match state {
        go_state::UNDETERMINED => "Undetermined",
        go_state::NOT_EXIST => "NotExist",
        go_state::RUNNABLE => "Runnable",
        go_state::RUNNING => "Running",
        go_state::WAITING => "Waiting",
        _ => "Syscall",
    }
}

const fn proc_state_name(state: u8) -> &'static str {
    match state {
        proc_state::UNDETERMINED => "Undetermined",
        proc_state::NOT_EXIST => "NotExist",
        proc_state::RUNNING => "Running",
        _ => "Idle",
    }
}
