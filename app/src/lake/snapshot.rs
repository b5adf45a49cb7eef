//! One snapshot: what its file holds, and the rows that a lake gets of it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::UNIX_EPOCH;

use trace_core::base::error::Result;
use trace_core::base::monitor::Monitor;
use trace_core::export::cut::{Selection, cut};
use trace_core::export::generations::{Content, GenerationId};
use trace_core::input::source::Source as Input;
use trace_core::load::{load_bytes, load_unwatched};
use trace_core::model::trace::Trace;
use trace_core::session::service_name;
use trace_core::tables::source::{Origin, Source};
use trace_core::tables::table;
use trace_core::tables::table::Table;
use trace_core::tables::tier::{self, KEPT, Tier};
use trace_core::tables::value::Value;

use crate::fmt::time::rfc3339;
use crate::lake::columns::{Stretches, TableData};
use crate::lake::known::ids_text;
use crate::lake::layout::{Partition, TRACES, kept_columns};
use crate::link::find::{Linked, contents, file_name};
use crate::link::hash::Hashes;
use crate::link::place::Place;
use crate::link::text::Link;
use crate::memory;
use crate::remote::limits;

/// Bytes of a snapshot from which on it is worth a thread of its own to hash it.
const LARGE: u64 = 8 << 20;
/// What a service is called of which nothing is known.
const UNKNOWN: &str = "unknown";

/// What the user says of snapshots. What is not said is taken from folders like `host=web-3` in a file's path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotLabels {
    /// What the process is called.
    pub service: Option<String>,
    /// The host that it ran on, if the user says so.
    pub host: Option<String>,
    /// Why it was recorded.
    pub trigger: Option<String>,
}

impl SnapshotLabels {
    /// The same for a file, with what its path says.
    fn of_file(&self, path: &Path) -> Self {
        let in_path = |key: &str| {
            let parts = path.parent()?.components();
            let mut values = parts.filter_map(|part| part.as_os_str().to_str()?.strip_prefix(key)?.strip_prefix('='));
            values.next_back().map(str::to_owned)
        };
        let or = |given: &Option<String>, key| given.clone().or_else(|| in_path(key)).filter(|text| !text.is_empty());
        Self {
            service: or(&self.service, "service"),
            host: or(&self.host, "host"),
            trigger: or(&self.trigger, "trigger"),
        }
    }
}

/// A file, and what it holds.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) content: Content,
    /// Why nothing can be read.
    problem: Option<String>,
}

impl Found {
    /// Reads a file once.
    pub(super) fn look(path: PathBuf) -> Self {
        let content = Input::open_with(&path, limits()).and_then(|source| Ok(Content::of(source)?));
        match content {
            Ok(content) => Self { path, content, problem: None },
            Err(error) => {
                // It has no content to be known by, so it is known by its name.
                let name = path.as_os_str().as_encoded_bytes();
                let hash = Content::of(Input::bytes(name)).map_or(0, |content| content.hash);
                Self { path, content: Content { hash, ..Content::default() }, problem: Some(error.to_string()) }
            }
        }
    }

    /// The number that its rows have in a lake: the upper 63 bits of its hash.
    pub(super) fn trace_id(&self) -> i64 {
        i64::try_from(self.content.hash >> 65).unwrap_or(i64::MAX)
    }
}

/// The rows of a snapshot.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) partition: Partition,
    pub(super) trace_id: i64,
    /// One for each of [`KEPT`].
    pub(super) tables: Vec<TableData>,
    pub(super) bytes: u64,
    pub(super) problem: Option<String>,
}

/// A snapshot that is read, and whose rows can be made.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) partition: Partition,
    pub(super) trace_id: i64,
    pub(super) bytes: u64,
    pub(super) problem: Option<String>,
    made: Made,
}

#[derive(Debug)]
enum Made {
    /// Of a file that cannot be read: one for each of [`KEPT`].
    Tables(Vec<TableData>),
    /// The trace as a whole, and the parts of it that count, each with what to add to its times.
    Sources(Box<Source>, Vec<(Source, i64)>),
}

impl Opened {
    /// Whether nothing is known of it but what is wrong.
    pub(super) const fn is_unreadable(&self) -> bool {
        matches!(self.made, Made::Tables(_))
    }

    /// All rows.
    pub(super) fn rows(self, tier: Tier) -> Rows {
        let made = || KEPT.iter().filter_map(|(name, _)| table(name)).map(|table| self.all(table, tier)).collect();
        let tables = match &self.made {
            Made::Tables(tables) => tables.clone(),
            Made::Sources(..) => made(),
        };
        let Self { partition, trace_id, bytes, problem, .. } = self;
        Rows { partition, trace_id, tables, bytes, problem }
    }

    fn all(&self, table: &'static dyn Table, tier: Tier) -> TableData {
        let mut all = TableData::empty(table);
        self.stretches(table, tier, usize::MAX).for_each(|some| all.append(some));
        all
    }

    /// The rows of a table, at most so many at a time; none of a file that cannot be read.
    pub(super) fn stretches(
        &self,
        table: &'static dyn Table,
        tier: Tier,
        most: usize,
    ) -> Box<dyn Iterator<Item = TableData> + '_> {
        let Made::Sources(whole, pieces) = &self.made else { return Box::new(std::iter::empty()) };
        let id = self.trace_id;
        if table.name() == TRACES {
            Box::new(Stretches::new(table, whole, (id, 0), most))
        } else if tier::of(table.name()).is_some_and(|of| of <= tier) {
            Box::new(pieces.iter().flat_map(move |(piece, shift)| Stretches::new(table, piece, (id, *shift), most)))
        } else {
            Box::new(std::iter::empty())
        }
    }
}

/// A trace whose rows count, and what to add to its times so that they count from the start of the file's.
type Piece = (Arc<Trace>, i64);

/// Loads a snapshot. Only generations in `fresh` count; of traces without generations all does.
pub(super) fn open(found: &Found, fresh: &[Range<usize>], labels: &SnapshotLabels, monitor: &Monitor) -> Opened {
    let labels = labels.of_file(&found.path);
    let (loaded, link) = match &found.problem {
        Some(problem) => (Err(problem.clone()), None),
        None => loaded_and_linked(found, monitor),
    };
    let trace = match loaded {
        Ok(trace) => trace,
        Err(problem) => return unreadable(found, labels, problem),
    };
    let generations = &found.content.generations;
    let is_whole = generations.is_empty() || fresh.first() == Some(&(0..generations.len()));
    let whole = || vec![(Arc::clone(&trace), 0)];
    let (pieces, problem) = if is_whole {
        (whole(), None)
    } else {
        match fresh.iter().map(|run| piece(found, &trace, run, monitor)).collect::<Result<Vec<Piece>>>() {
            Ok(pieces) => (pieces, None),
            Err(error) => (whole(), Some(format!("what another snapshot has, too, counts twice: {error}"))),
        }
    };
    let counts = |at: &usize| is_whole || problem.is_some() || fresh.iter().any(|run| run.contains(at));
    let counted: Vec<GenerationId> =
        generations.iter().enumerate().filter(|(at, _)| counts(at)).map(|(_, generation)| *generation).collect();
    let file = found.path.display().to_string();
    let service = labels.service.clone().or_else(|| service_name(&trace, &file));
    let service = service.unwrap_or_else(|| UNKNOWN.to_owned());
    let origin = Origin {
        service: Some(service.clone()),
        host: labels.host,
        trigger: labels.trigger,
        hash: Some(format!("{:032x}", found.content.hash)),
        counted_ns: Some(pieces.iter().map(|(piece, _)| piece.range().nanos()).fold(0, i64::saturating_add)),
        generation_ids: Some(ids_text(&counted)),
        link,
        problem: problem.clone(),
    };
    let source = |trace: &Arc<Trace>| Source::new(Arc::clone(trace), file.clone(), monitor.clone());
    let whole = source(&trace).with_origin(origin);
    let start = whole.unix_nanos(trace.range().start);
    let date = start.map_or_else(|| changed(&found.path), i128::from);
    let partition = Partition { service, date: day(date) };
    let pieces = pieces.iter().map(|(piece, shift)| (source(piece), *shift)).collect();
    let made = Made::Sources(Box::new(whole), pieces);
    Opened { partition, trace_id: found.trace_id(), bytes: found.content.bytes, problem, made }
}

/// Loads a snapshot, and makes a link to it. Its SHA-256 takes a tenth of the time that loading takes: if it is large, a thread
/// of its own works that out meanwhile.
fn loaded_and_linked(found: &Found, monitor: &Monitor) -> (std::result::Result<Arc<Trace>, String>, Option<String>) {
    let load = || load(&found.path, monitor).map_err(|error| error.to_string());
    if found.content.bytes < LARGE {
        return (load(), link(&found.path));
    }
    thread::scope(|scope| {
        let hashing = thread::Builder::new().name("lake-link".to_owned()).spawn_scoped(scope, || link(&found.path));
        let loaded = load();
        // Without a thread it is worked out now.
        let link = hashing.map_or_else(|_| link(&found.path), |hashing| hashing.join().unwrap_or_default());
        (loaded, link)
    })
}

fn load(path: &Path, monitor: &Monitor) -> Result<Arc<Trace>> {
    let own = Monitor::new();
    memory::limit(&own, rayon::current_num_threads());
    let trace = load_unwatched(Input::open_with(path, limits())?, &own)?;
    if monitor.is_cancelled() {
        return Err(trace_core::base::error::Error::Cancelled);
    }
    Ok(trace)
}

/// The part of a trace that some of its generations are, as a trace.
fn piece(found: &Found, trace: &Trace, run: &Range<usize>, monitor: &Monitor) -> Result<Piece> {
    let start = trace.range().start;
    let at = |place: usize| {
        found.content.generations.get(place).filter(|_| place > 0).map(|generation| generation.start.nanos_since(start))
    };
    let selection = Selection { start_nanos: at(run.start), end_nanos: at(run.end), ..Selection::default() };
    let mut bytes = Vec::new();
    let open = || Input::open_with(&found.path, limits());
    cut(&open, &selection, &mut bytes, monitor, &mut |_, _, _| {})?;
    let piece = load_bytes(&bytes, &Monitor::new(), &mut |_| {})?;
    let shift = piece.range().start.nanos_since(start);
    Ok((piece, shift))
}

/// A link to the trace as a whole; `None` if its file cannot be read any more.
fn link(path: &Path) -> Option<String> {
    let linked = Linked::File(path.to_path_buf());
    let hashed = contents(&linked, &Hashes::default(), &Monitor::new()).ok()?;
    let (file, bytes) = (file_name(&linked), Some(hashed.bytes));
    Some(Link { file, sha256: hashed.sha256, bytes, place: Place::default() }.to_string())
}

/// The row of a file of which nothing is known but its name, its bytes and what is wrong with it.
fn unreadable(found: &Found, labels: SnapshotLabels, problem: String) -> Opened {
    let file = found.path.display().to_string();
    let partition =
        Partition { service: labels.service.unwrap_or_else(|| UNKNOWN.to_owned()), date: day(changed(&found.path)) };
    let hash = if found.problem.is_none() { format!("{:032x}", found.content.hash) } else { String::new() };
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, |text| Value::Text(text.into()));
    let tables = KEPT.iter().filter_map(|(name, _)| {
        let table = table(name)?;
        let mut data = TableData::empty(table);
        if *name == TRACES {
            for ((_, column), cells) in kept_columns(table).iter().zip(&mut data.columns) {
                cells.push(match column.name {
                    "file" => Value::text(&file),
                    "host" => text(&labels.host),
                    "trigger" => text(&labels.trigger),
                    "hash" => Value::text(&hash),
                    "bytes" => Value::count(found.content.bytes),
                    "problem" => Value::text(&problem),
                    _ => Value::Null,
                });
            }
            data.end_row(found.trace_id());
        }
        Some(data)
    });
    let made = Made::Tables(tables.collect());
    Opened { partition, trace_id: found.trace_id(), bytes: found.content.bytes, problem: Some(problem), made }
}

/// When a file was last changed, nanoseconds since 1970; 0 if that is not known.
fn changed(path: &Path) -> i128 {
    let changed = path.metadata().and_then(|known| known.modified()).ok();
    let since = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0))
}

/// The day of a Unix time.
fn day(unix_nanos: i128) -> String {
    rfc3339(unix_nanos).chars().take(10).collect()
}
