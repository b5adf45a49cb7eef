//! A trace for the Firefox Profiler (<https://profiler.firefox.com>), in its processed profile format: a thread for each
//! goroutine, or for all with one start function where there are many; CPU samples, and waits, tasks, regions and logs as
//! markers.

use std::collections::BTreeMap;
use std::io::{Error, Result, Write};
use std::time::Duration;

use fxprof_processed_profile::{
    CategoryColor, CategoryHandle, CpuDelta, Frame, FrameFlags, FrameInfo, MarkerFieldFlags, MarkerFieldFormat,
    MarkerTiming, ProcessHandle, Profile, ReferenceTimestamp, SamplingInterval, StackHandle, StaticSchemaMarker,
    StaticSchemaMarkerField, StringHandle, ThreadHandle, Timestamp,
};
use rustc_hash::FxHashMap;
use trace_core::analysis::tasks::life;
use trace_core::base::ids::{GoroutineIdx, StackId, TaskIdx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::fmt::time::unix_nanos;

/// Goroutines that have a thread each; of more, those with one start function share one.
const MOST_THREADS: usize = 300;
/// Waits that are written, the longest ones: the profiler holds all markers in memory.
const MOST_WAITS: usize = 200_000;
/// How often the runtime takes CPU samples, nanoseconds: `runtime/pprof` asks for 100 a second.
const SAMPLE_NANOS: u64 = 10_000_000;

/// Writes what lies in `range`. `process`: what the process is called.
pub(super) fn write(trace: &Trace, range: TimeRange, process: &str, out: &mut dyn Write) -> Result<()> {
    let start = unix_nanos(trace, range.start).and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or(0);
    let reference = ReferenceTimestamp::from_duration_since_unix_epoch(Duration::from_nanos(start));
    let mut profile = Profile::new("Go", reference, SamplingInterval::from_nanos(SAMPLE_NANOS));
    profile.set_symbolicated(true);
    let zero = Timestamp::from_nanos_since_reference(0);
    let of = profile.add_process(process, 1, zero);
    profile.set_process_end_time(of, Timestamp::from_nanos_since_reference(range.nanos().unsigned_abs()));
    let categories = Categories {
        waits: profile.add_category("Waits", CategoryColor::Red),
        tasks: profile.add_category("Tasks", CategoryColor::Blue),
        regions: profile.add_category("Regions", CategoryColor::Green),
        logs: profile.add_category("Logs", CategoryColor::Gray),
        gc: profile.add_category("GC", CategoryColor::Orange),
        samples: profile.add_category("Go", CategoryColor::Yellow),
    };
    let mut made = Made {
        trace,
        range,
        profile,
        process: of,
        categories,
        threads: FxHashMap::default(),
        stacks: FxHashMap::default(),
    };
    made.make_threads();
    made.samples();
    made.waits();
    made.annotations();
    made.collector();
    serde_json::to_writer(&mut *out, &made.profile).map_err(Error::from)?;
    out.write_all(b"\n")
}

struct Categories {
    waits: CategoryHandle,
    tasks: CategoryHandle,
    regions: CategoryHandle,
    logs: CategoryHandle,
    gc: CategoryHandle,
    samples: CategoryHandle,
}

struct Made<'a> {
    trace: &'a Trace,
    range: TimeRange,
    profile: Profile,
    process: ProcessHandle,
    categories: Categories,
    threads: FxHashMap<GoroutineIdx, ThreadHandle>,
    stacks: FxHashMap<(ThreadHandle, StackId), Option<StackHandle>>,
}

/// Something that happened on a goroutine.
struct Mark {
    name: StringHandle,
    category: CategoryHandle,
    /// Whose it is, where, and what else is known.
    fields: [StringHandle; 3],
}

impl StaticSchemaMarker for Mark {
    const UNIQUE_MARKER_TYPE_NAME: &'static str = "Go";
    const CHART_LABEL: Option<&'static str> = Some("{marker.data.where}");
    const TABLE_LABEL: Option<&'static str> = Some("{marker.data.goroutine} {marker.data.where} {marker.data.more}");
    const FIELDS: &'static [StaticSchemaMarkerField] =
        &[field("goroutine", "Goroutine"), field("where", "Where"), field("more", "More")];

    fn name(&self, _profile: &mut Profile) -> StringHandle {
        self.name
    }

    fn category(&self, _profile: &mut Profile) -> CategoryHandle {
        self.category
    }

    fn string_field_value(&self, field: u32) -> StringHandle {
        self.fields.get(field as usize).copied().unwrap_or(self.name)
    }

    fn number_field_value(&self, _field: u32) -> f64 {
        0.0
    }
}

const fn field(key: &'static str, label: &'static str) -> StaticSchemaMarkerField {
    StaticSchemaMarkerField { key, label, format: MarkerFieldFormat::String, flags: MarkerFieldFlags::SEARCHABLE }
}

impl Made<'_> {
    fn at(&self, time: TraceTime) -> Timestamp {
        let time = time.clamp(self.range.start, self.range.end);
        Timestamp::from_nanos_since_reference(time.nanos_since(self.range.start).unsigned_abs())
    }

    /// A thread for each goroutine of the range, or for each start function.
    fn make_threads(&mut self) {
        let trace = self.trace;
        let is_there = |go: &GoroutineIdx| trace.life(*go).is_some_and(|(life, _)| life.overlaps(self.range));
        let gos: Vec<GoroutineIdx> = (0..trace.goroutine_count()).map(GoroutineIdx).filter(is_there).collect();
        let mut groups: BTreeMap<String, Vec<GoroutineIdx>> = BTreeMap::new();
        for go in gos.iter().copied() {
            let name = trace.goroutine_name(go).map_or("", |(_, name)| trace.str(name));
            groups.entry(name::or_unknown(name).to_owned()).or_default().push(go);
        }
        let is_alone = gos.len() <= MOST_THREADS;
        for (function, members) in groups {
            if is_alone {
                for go in members {
                    let id = trace.goroutine_name(go).map_or(0, |(id, _)| id.0);
                    let thread = self.thread(&format!("G{id} {function}"), u32::try_from(id).unwrap_or(u32::MAX));
                    self.threads.insert(go, thread);
                }
            } else {
                let count = members.len();
                let first = members.first().map_or(0, |go| go.0);
                let thread = self.thread(&format!("{function} ({count} goroutines)"), first);
                self.threads.extend(members.into_iter().map(|go| (go, thread)));
            }
        }
    }

    fn thread(&mut self, name: &str, id: u32) -> ThreadHandle {
        let start = Timestamp::from_nanos_since_reference(0);
        let thread = self.profile.add_thread(self.process, id, start, false);
        self.profile.set_thread_name(thread, name);
        thread
    }

    fn stack(&mut self, thread: ThreadHandle, stack: StackId) -> Option<StackHandle> {
        if !stack.is_some() {
            return None;
        }
        if let Some(known) = self.stacks.get(&(thread, stack)) {
            return *known;
        }
        let frames: Vec<_> = self.trace.recorded_frames(stack).collect();
        let category_pair = self.categories.samples.into();
        let mut infos = Vec::with_capacity(frames.len());
        // Root first.
        for frame in frames.iter().rev() {
            let place = name::line_of(frame.file, frame.line);
            let label =
                if place.is_empty() { frame.function.to_owned() } else { format!("{} ({place})", frame.function) };
            let frame = Frame::Label(self.profile.intern_string(&label));
            infos.push(FrameInfo { frame, category_pair, flags: FrameFlags::empty() });
        }
        let made = self.profile.intern_stack_frames(thread, infos.into_iter());
        self.stacks.insert((thread, stack), made);
        made
    }

    fn samples(&mut self) {
        let (trace, range) = (self.trace, self.range);
        for sample in trace.all_samples().iter().filter(|one| range.contains(one.time)) {
            let Some(thread) = self.threads.get(&sample.go).copied() else { continue };
            let (stack, at) = (self.stack(thread, sample.stack), self.at(sample.time));
            self.profile.add_sample(thread, at, stack, CpuDelta::from_nanos(SAMPLE_NANOS), 1);
        }
    }

    /// The waits, without the shortest ones if there are too many.
    fn waits(&mut self) {
        let (trace, range) = (self.trace, self.range);
        let gos: Vec<(GoroutineIdx, ThreadHandle)> = self.threads.iter().map(|(go, thread)| (*go, *thread)).collect();
        let waits =
            |go: GoroutineIdx| trace.spans(LaneId::Goroutine(go), range).filter(|span| span.state == GoState::Waiting);
        let mut lengths: Vec<i64> =
            gos.iter().flat_map(|(go, _)| waits(*go)).map(|span| span.range.intersect(range).nanos()).collect();
        let least = lengths
            .len()
            .checked_sub(MOST_WAITS)
            .filter(|at| *at > 0)
            .map_or(0, |at| *lengths.select_nth_unstable(at).1);
        for (go, thread) in gos {
            for span in waits(go).filter(|span| span.range.intersect(range).nanos() >= least) {
                let by = match trace.ended_by(&span) {
                    Some((LaneId::Goroutine(by), _)) => format!("ended by {}", name::goroutine(trace, by)),
                    _ => String::new(),
                };
                let reason = trace.str(span.reason);
                let what = if reason.is_empty() { "waiting" } else { reason };
                let place = self.place(span.start_stack);
                self.mark(go, (thread, span.range), (self.categories.waits, what, &place, &by), span.start_stack);
            }
        }
    }

    /// The function and line that represent a stack.
    fn place(&self, stack: StackId) -> String {
        let frame = name::frame_of(self.trace, stack).filter(|_| stack.is_some());
        frame.map_or_else(String::new, |frame| {
            let line = name::line_of(frame.file, frame.line);
            if line.is_empty() { frame.function.to_owned() } else { format!("{} ({line})", frame.function) }
        })
    }

    fn mark(
        &mut self,
        go: GoroutineIdx,
        (thread, range): (ThreadHandle, TimeRange),
        (category, what, place, more): (CategoryHandle, &str, &str, &str),
        stack: StackId,
    ) {
        let id = self.trace.goroutine_name(go).map_or_else(String::new, |(id, _)| format!("G{}", id.signed()));
        let fields = [id.as_str(), place, more].map(|text| self.profile.intern_string(text));
        let mark = Mark { name: self.profile.intern_string(what), category, fields };
        let (start, end) = (self.at(range.start), self.at(range.end));
        let timing = if range.nanos() == 0 { MarkerTiming::Instant(start) } else { MarkerTiming::Interval(start, end) };
        let marker = self.profile.add_marker(thread, timing, mark);
        let stack = self.stack(thread, stack);
        self.profile.set_marker_stack(thread, marker, stack);
    }

    /// Tasks, regions and logs.
    fn annotations(&mut self) {
        let (trace, range) = (self.trace, self.range);
        for task in (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))) {
            let of = life(trace, &task);
            let Some(thread) = self.threads.get(&task.go).copied().filter(|_| of.overlaps(range)) else { continue };
            let (place, id) = (self.place(task.stack), format!("task {}", task.id.0));
            let what = name::or_unknown(trace.str(task.name));
            self.mark(task.go, (thread, of), (self.categories.tasks, what, &place, &id), task.stack);
        }
        for region in trace.all_regions().iter().filter(|region| region.range.overlaps(range)) {
            let Some(thread) = self.threads.get(&region.go).copied() else { continue };
            let place = self.place(region.start_stack);
            let what = name::or_unknown(trace.str(region.name));
            let task = region.task.and_then(|task| trace.task(task));
            let more = task.map_or_else(String::new, |task| format!("task {}", task.id.0));
            self.mark(
                region.go,
                (thread, region.range),
                (self.categories.regions, what, &place, &more),
                region.start_stack,
            );
        }
        for log in trace.all_logs().iter().filter(|log| range.contains(log.time)) {
            let Some(thread) = self.threads.get(&log.go).copied() else { continue };
            let category = trace.str(log.category);
            let what = if category.is_empty() { "log" } else { category };
            let (place, at) = (self.place(log.stack), TimeRange::new(log.time, log.time));
            self.mark(log.go, (thread, at), (self.categories.logs, what, &place, trace.str(log.message)), log.stack);
        }
    }

    /// GC cycles and STW pauses, on threads of their own.
    fn collector(&mut self) {
        let (trace, range) = (self.trace, self.range);
        for (lane, title) in [(LaneId::Gc, "GC"), (LaneId::Stw, "STW")] {
            let mut thread = None;
            for span in trace.spans(lane, range) {
                let thread = *thread.get_or_insert_with(|| self.thread(title, 0));
                let reason = trace.str(span.reason);
                let what = if reason.is_empty() { title } else { reason };
                self.mark(
                    GoroutineIdx::NONE,
                    (thread, span.range),
                    (self.categories.gc, what, "", ""),
                    span.start_stack,
                );
            }
        }
    }
}
