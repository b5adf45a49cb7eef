//! One open trace: its data, how far it is loaded, what the user looks at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::scope::Scope;
use trace_core::analysis::tags::TagRules;
use trace_core::analysis::tasks::life;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::{Monitor, Progress};
use trace_core::base::time::TimeRange;
use trace_core::base::visible::visible;
use trace_core::base::warning::{Warning, WarningKind};
use trace_core::model::flows::Flow;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::link::place::Place;
use crate::report::shared_time::SharedTime;
use crate::report::view::TableSession;
use crate::state::analysis::AnalysisView;
use crate::state::area::Area;
use crate::state::bookmarks::NotesState;
use crate::state::folds::Folds;
use crate::state::grouping::GroupBy;
use crate::state::instant::Moment;
use crate::state::lane_filter::LaneFilter;
use crate::state::layout::Layout;
use crate::state::order::GoroutineOrder;
use crate::state::pinned::Pin;
use crate::state::query::TraceQueries;
use crate::state::row::RowSizes;
use crate::state::rows::{RowOptions, Rows};
use crate::state::scope::{ScopeChoice, When};
use crate::state::search::Search;
use crate::state::sql::SqlConsole;
use crate::state::view::{History, Selection, View};

/// Names a document for as long as the window lives. Answers of workers carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub u64);

/// Where a trace comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of the user's.
    Path(PathBuf),
    /// What a file held before it was rewritten while it was followed: it cannot be read again.
    Earlier {
        /// The file that was rewritten since.
        path: PathBuf,
        /// Counts the contents of this file that were kept, from 1.
        number: u32,
    },
    /// The trace embedded in the program.
    Sample,
}

impl Source {
    /// Whether it can be read only once: standard input, or a server that records.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        let Self::Path(path) = self else { return false };
        let scheme = |name: &str| path.as_os_str().as_encoded_bytes().starts_with(name.as_bytes());
        path.as_os_str() == "-" || scheme("http://") || scheme("https://")
    }

    /// How long a server is asked to record, if the address says so, seconds.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        let Self::Path(path) = self else { return None };
        let query = path.to_str()?.split_once('?')?.1;
        query.split('&').find_map(|part| part.strip_prefix("seconds="))?.parse().ok().filter(|seconds| *seconds > 0.0)
    }

    /// A short name for titles: the file's name, or the server's, on one line.
    #[must_use]
    pub fn title(&self) -> String {
        let title = match self {
            Self::Path(path) if self.is_stream() => {
                let text = path.to_string_lossy();
                let server = text.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
                let server = server.map(|server| server.rsplit('@').next().unwrap_or(server));
                server.map_or_else(|| "Standard input".to_owned(), str::to_owned)
            }
            Self::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Self::Earlier { path, number } => {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                format!("{name} (earlier contents {number})")
            }
            Self::Sample => "Sample: a request that waited".to_owned(),
        };
        visible(&title).into_owned()
    }
}

/// When a recording began, on the clock of the desktop: for names that people tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAt {
    /// The day, as `2026-11-30`.
    pub date: String,
    /// The time of day, as `14:03:07`.
    pub time: String,
}

/// How far a document is loaded.
#[derive(Clone, Debug)]
pub enum LoadState {
    /// Bytes are being read; what is there can be looked at already.
    Loading {
        /// How far loading was when it last said so.
        progress: Progress,
        /// Cancelled to stop the load.
        monitor: Monitor,
    },
    /// All of it is there.
    Ready,
    /// Stopped by the user; what was read stays.
    Cancelled,
    /// Nothing could be read: a sentence that says why and what to do.
    Failed(String),
}

/// A file that is followed.
#[derive(Clone, Debug)]
pub struct Following {
    /// Cancelled to stop following.
    pub stop: Monitor,
    /// It was asked to end; the last snapshot is on its way.
    pub is_ending: bool,
}

/// One open trace: its snapshot, its view, and all that is chosen in it.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name inside the window.
    pub id: DocumentId,
    /// Where it comes from.
    pub source: Source,
    /// How far it is.
    pub load: LoadState,
    /// When reading it began, seconds of the UI clock.
    pub since_seconds: f64,
    /// The file is followed: generations are added as they are written.
    pub following: Option<Following>,
    /// The file has grown since it was read.
    pub has_grown: bool,
    /// A worker keeps its bytes, since they cannot be read again: they can be saved.
    pub is_recorded: bool,
    /// Its bytes are in a file of the user's, too.
    pub is_saved: bool,
    /// When recording it began, on the clock of the desktop.
    pub recorded_at: Option<RecordedAt>,
    /// Ends the watch over the file's size.
    pub watch: Option<Monitor>,
    /// The newest snapshot; never changed, only replaced.
    pub trace: Arc<Trace>,
    /// The lanes of that snapshot in display order, made by the worker along with it.
    pub rows: Arc<Rows>,
    /// What was asked about that snapshot.
    pub queries: TraceQueries,
    /// What is searched for in it.
    pub search: Search,
    /// What is asked of it in SQL.
    pub sql: SqlConsole,
    /// What the user does with tables, by table.
    pub tables: BTreeMap<String, TableSession>,
    /// What the user has chosen in panels of analyses, by analysis.
    pub analyses: BTreeMap<&'static str, AnalysisView>,
    /// What analyses look at.
    pub scope_choice: ScopeChoice,
    /// The place that a link leads to, until the trace is loaded.
    pub goes_to: Option<Box<Place>>,
    /// The finding that is unfolded, by its rank.
    pub finding: Option<usize>,
    /// Whether notes of low confidence are listed, too.
    pub minor_findings: bool,
    /// Whether the stack of the finding that is unfolded shows.
    pub finding_stack: bool,
    /// Whether the findings have something to show, or were asked for.
    pub findings_shown: bool,
    /// Which sections of lanes are folded.
    pub folds: Folds,
    /// Rows that show once more above all others, from top to bottom.
    pub pins: Vec<Pin>,
    /// Pinned lanes whose stack frames show below them, and on how many lines.
    pub stack_lines: BTreeMap<LaneId, u32>,
    /// What groups and lanes of goroutines are, or will be, sorted by; `None` as usual.
    pub goroutine_order: Option<GoroutineOrder>,
    /// They are sorted the other way round.
    pub is_reversed: bool,
    /// How goroutines are, or will be, grouped.
    pub group_by: GroupBy,
    /// What stacks are about.
    pub tag_rules: Arc<TagRules>,
    /// How high rows are.
    pub sizes: RowSizes,
    /// Whether goroutines that are not alive in view have no rows.
    pub hides_idle: bool,
    /// The only goroutines that rows are, or will be, made for.
    pub lane_filter: Option<Arc<LaneFilter>>,
    /// Rows have to be made anew, and then this lane is to be in view.
    pub rows_due: Option<Option<LaneId>>,
    /// The lane that is to be in view once the new rows are there.
    pub reveal_later: Option<LaneId>,
    /// What is in view. `None` until the first snapshot: then all of it.
    pub view: Option<View>,
    /// What the view may go over beyond the trace itself, while another trace is shown along with it.
    pub shared_reach: Option<TimeRange>,
    /// What its times count from while it is part of a session: see [`Self::since_start`].
    pub shared_time: Option<SharedTime>,
    /// What is selected; all side panels are about it.
    pub selection: Selection,
    /// The range of time that is selected, if any.
    pub marked: Option<TimeRange>,
    /// The rows that are selected along with it, if these are not all.
    pub area: Option<Area>,
    /// Whether time was selected before: from then on the panel about it stays as the user has it.
    pub area_shown: bool,
    /// Bookmarks, and where they are kept.
    pub noted: NotesState,
    /// The moment that the instant view shows, if it does.
    pub instant: Option<Moment>,
    /// A range that a panel points out on the timeline, which changes nothing that panels look at.
    pub highlight: Option<TimeRange>,
    /// The panels in front, by their names, as the dock last had them.
    pub fronts: Vec<&'static str>,
    /// The panels that are to come to the front, by their names.
    pub fronts_due: Option<Vec<&'static str>>,
    /// Where the user has been.
    pub history: History,
    /// Which of several flow edges `]` and `[` would follow: (outgoing, incoming).
    pub flow_choice: (usize, usize),
    /// Height of the lane area, points, as last painted: what "page down" and "into view" mean.
    pub lanes_height_points: f64,
    /// Whether the panels about the selection have had something to show: from then on they stay.
    pub panels_shown: bool,
    /// The edge under the pointer in a list: drawn as if the pointer were on it.
    pub hovered_flow: Option<Flow>,
    /// The time that is under the pointer in a panel, in a table or as a link.
    pub pointed: Option<TimeRange>,
    /// The instant under the pointer, ns on the trace clock: where keys zoom.
    pub pointer_nanos: Option<f64>,
    /// How far the pointer is below the upper edge of the lanes, points: the row there keeps its place.
    pub pointer_points: Option<f64>,
}

impl Document {
    /// The stretch of time that is chosen; all of it if a mark was chosen that is gone.
    #[must_use]
    pub fn scope_range(&self) -> TimeRange {
        match self.scope_choice.when {
            When::Whole => self.trace.range(),
            When::Marked => self.marked.unwrap_or_else(|| self.trace.range()),
            When::Region(range, _) => range,
        }
    }

    /// What analyses look at now.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { range: self.scope_range(), filter: self.scope_choice.filter.clone() }
    }

    /// A document of which nothing is loaded yet.
    #[must_use]
    pub fn new(id: DocumentId, source: Source, load: LoadState) -> Self {
        let is_recorded = source.is_stream();
        Self {
            id,
            source,
            load,
            since_seconds: 0.0,
            following: None,
            has_grown: false,
            is_recorded,
            is_saved: false,
            recorded_at: None,
            watch: None,
            trace: Arc::default(),
            rows: Arc::default(),
            queries: TraceQueries::default(),
            search: Search::default(),
            sql: SqlConsole::default(),
            tables: BTreeMap::new(),
            analyses: BTreeMap::new(),
            scope_choice: ScopeChoice::default(),
            goes_to: None,
            finding: None,
            minor_findings: false,
            finding_stack: false,
            findings_shown: false,
            folds: Folds::default(),
            pins: Vec::new(),
            stack_lines: BTreeMap::new(),
            goroutine_order: None,
            is_reversed: false,
            tag_rules: Arc::default(),
            group_by: GroupBy::default(),
            sizes: RowSizes::USUAL,
            hides_idle: true,
            lane_filter: None,
            rows_due: None,
            reveal_later: None,
            view: None,
            shared_reach: None,
            shared_time: None,
            selection: Selection::None,
            marked: None,
            area: None,
            area_shown: false,
            noted: NotesState::default(),
            instant: None,
            highlight: None,
            fronts: Vec::new(),
            fronts_due: None,
            history: History::default(),
            flow_choice: (0, 0),
            lanes_height_points: 600.0,
            panels_shown: false,
            hovered_flow: None,
            pointed: None,
            pointer_nanos: None,
            pointer_points: None,
        }
    }

    /// What rows are to be made for.
    #[must_use]
    pub fn row_options(&self) -> RowOptions {
        RowOptions {
            group: self.group_by,
            order: self.goroutine_order,
            is_reversed: self.is_reversed,
            lane_filter: self.lane_filter.clone(),
            rules: Arc::clone(&self.tag_rules),
        }
    }

    /// What groups and lanes are sorted by now.
    #[must_use]
    pub fn order(&self) -> GoroutineOrder {
        let usual = if self.rows.groups().is_some() { GoroutineOrder::Appearance } else { GoroutineOrder::Id };
        self.goroutine_order.unwrap_or(usual)
    }

    /// The places of its rows as it is looked at now.
    #[must_use]
    pub fn layout(&self) -> Layout<'_> {
        let view = self.view.filter(|_| self.hides_idle).map(|view| view.range());
        Layout::sized(&self.rows, &self.folds, view, self.sizes).with_pins(&self.pins, &self.stack_lines)
    }

    /// What the view may go over.
    #[must_use]
    pub fn reach(&self) -> TimeRange {
        self.shared_reach.unwrap_or_else(|| self.trace.range())
    }

    /// Whether there is something to look at.
    #[must_use]
    pub fn has_lanes(&self) -> bool {
        self.view.is_some()
    }

    /// Whether questions about it are answered: all is there that will be.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.view.is_some() && !self.is_loading()
    }

    /// Whose time, and which stretch of it, the wait chain is about: the selected span; of a selected
    /// goroutine the marked stretch, or its life; of a selected task, that of the goroutine that began it meanwhile.
    #[must_use]
    pub fn chain_target(&self) -> Option<(GoroutineIdx, TimeRange)> {
        // What a panel points out is what the user asks about.
        let chosen = self.highlight.or(self.marked);
        match self.selection {
            Selection::None => None,
            Selection::Span(at) => {
                let span = self.trace.span(at)?;
                // A mark that the span lies in or reaches into counts for more.
                let marked = chosen.filter(|marked| marked.overlaps(span.range));
                span.go.is_some().then_some((span.go, marked.unwrap_or(span.range)))
            }
            Selection::Region(region) => Some((region.go, region.range)),
            Selection::Lane(LaneId::Goroutine(go)) => {
                let (bounds, known) = (self.trace.range(), self.trace.goroutine(go)?);
                let life = TimeRange::new(known.created.unwrap_or(bounds.start), known.ended.unwrap_or(bounds.end));
                Some((go, chosen.map_or(life, |marked| marked.intersect(bounds))))
            }
            Selection::Task(idx) => {
                let task = self.trace.task(idx).filter(|task| task.go.is_some())?;
                let (life, own) = (life(&self.trace, &task), self.trace.life(task.go)?.0);
                Some((task.go, chosen.map_or(life, |marked| marked.intersect(life)).intersect(own)))
            }
            Selection::Lane(_) => None,
        }
    }

    /// Whether opening `source` means this document. What a pipe held, or a file that is gone, is not to be had there.
    #[must_use]
    pub fn is_of(&self, source: &Source) -> bool {
        self.source == *source && (source.is_stream() || !self.is_recorded)
    }

    /// Whether more of the file is waited for.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.following.as_ref().is_some_and(|following| !following.is_ending)
    }

    /// What is wrong with the trace. A file that is followed is not damaged where it ends for now.
    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        let all = self.trace.warnings();
        let is_torn = |warning: &&Warning| self.following.is_some() && warning.kind == WarningKind::Truncated;
        // A generation without its end lacks its tables, too.
        let torn = all.iter().find(is_torn).map(|warning| warning.generation);
        all.iter().filter(move |warning| torn.is_none_or(|torn| warning.generation != torn))
    }

    /// The file that can be read again and followed, if it comes from one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::Path(path) if !self.is_recorded => Some(path),
            _ => None,
        }
    }

    /// Whether it would be lost if it were closed: it was recorded and is not saved. Of a recording that has only begun
    /// nothing is lost before its first byte.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        let has_begun = matches!(&self.load, LoadState::Loading { progress, .. } if progress.bytes_total > 0);
        self.is_recorded && !self.is_saved && (self.has_lanes() || has_begun)
    }

    /// A short name for titles: that of the file; of a recording the server's, and when it began.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.source.title();
        match &self.recorded_at {
            Some(at) if self.source.is_stream() => format!("{title} {}", at.time),
            _ => title,
        }
    }

    /// The name that is proposed for a file that is to hold it.
    #[must_use]
    pub fn file_title(&self) -> String {
        let stem = match &self.source {
            Source::Path(path) if path.as_os_str() == "-" => "recorded".to_owned(),
            Source::Path(_) if self.source.is_stream() => self.source.title().replace(':', "-"),
            Source::Path(path) => path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Source::Earlier { path, number } => {
                format!("{}-{number}", path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy())
            }
            Source::Sample => "sample".to_owned(),
        };
        match &self.recorded_at {
            Some(at) if self.is_recorded => format!("{stem}-{}-{}.trace", at.date, at.time.replace(':', "")),
            _ => format!("{stem}.trace"),
        }
    }

    /// Whether it is still being loaded.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        matches!(self.load, LoadState::Loading { .. })
    }
}
