//! What the timeline keeps between frames: scenes and meshes of lanes for as long as they stay valid,
//! the drag going on, and the move being animated. None of it is state of the program: it can be
//! dropped at any time and is made again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::epaint::Mesh;
use trace_core::model::flows::FlowList;
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::state::document::{Document, DocumentId};
use crate::state::view::View;
use crate::timeline::axis::Axis;
use crate::timeline::curves::Curves;
use crate::timeline::density::Density;
use crate::timeline::drag::Drag;

use crate::timeline::flow_edges::SelectedFlows;
use crate::timeline::flow_edges::ViewFlowsKey;
use crate::timeline::frame::TimelineSlot;
use crate::timeline::grid::Grid;
use crate::timeline::job_pool::{Job, JobPool, Made, Source, Version};
use crate::timeline::labels::LaneLabel;
use crate::timeline::motion::Motion;
use crate::timeline::scene::LaneScene;
use crate::timeline::track::Track;

/// What is kept between frames.
#[derive(Default)]
pub struct TimelineCache {
    document: Option<DocumentId>,
    /// The newest snapshot, and its number among all this store has seen.
    source: Option<Source>,
    version: Version,
    numbered: u64,
    jobs: JobPool,
    scenes: HashMap<Track, CachedScene>,
    /// The lanes of the last frame as one mesh, and what it was made of.
    lanes_mesh: Option<(Vec<MeshKey>, Arc<Mesh>)>,
    /// The counters and the minimap as they were last painted.
    pub(super) counter_meshes: Option<(CountersKey, CounterMeshes)>,
    pub(super) density_mesh: Option<(DensityKey, Arc<Mesh>)>,
    /// Short name and function by lane.
    pub names: HashMap<LaneId, LaneLabel>,
    /// The edges of the selected span.
    pub selected_flows: Option<(SpanRef, Arc<SelectedFlows>)>,
    view_flows: Option<(Version, ViewFlowsKey, Arc<FlowList>)>,
    density: Option<(Version, Arc<Density>, u64)>,
    curves: Option<(Version, Grid, Arc<Curves>, u64)>,
    /// Advance of the characters in use, points, by font size and scale.
    pub advances: Advances,
    /// What the last frame took, without waiting for lanes.
    pub own: Duration,
    /// How long this frame has waited.
    pub waited: Duration,
    /// The drag going on.
    pub drag: Option<Drag>,
    /// The move being animated.
    pub motion: Motion,
    /// The width of the lane area and of the window as they were last painted, points, and the view that was meant.
    pub painted: Option<(f32, f32, View)>,
}

fn cache_id(slot: TimelineSlot) -> egui::Id {
    egui::Id::unique(("timeline store", slot))
}

/// A scene, and what it was made of.
struct CachedScene {
    version: Version,
    grid: Grid,
    scene: Arc<LaneScene>,
    /// Tells scenes of one lane apart.
    number: u64,
}

/// What a frame wants to show.
pub struct SceneRequest<'a> {
    /// Columns over the view and a margin.
    pub grid: Grid,
    /// What shows, from top to bottom.
    pub tracks: &'a [Track],
    /// The lanes among it, for flows.
    pub lanes: &'a [LaneId],
    /// Columns of the minimap.
    pub minimap_columns: u32,
    /// Whether the counters are unfolded.
    pub counters: bool,
    /// At most so many edges in view; 0 for none.
    pub flows: usize,
    /// Wait until all is there: nobody watches, and what is painted is to be whole.
    pub wait_for_all: bool,
}

/// What the part of a row in the mesh of all lanes depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshKey {
    /// The number of the scene that it was made of.
    pub scene: u64,
    /// The horizontal axis it was made for.
    pub axis: Axis,
    /// Upper edge of the row, points.
    pub top: f32,
    /// Its height without what lies below the lane, points.
    pub own: f32,
    /// Physical pixels per point it was made for.
    pub pixels: f32,
    /// Whether it was made for the dark theme.
    pub dark: bool,
    /// Whether it is dimmed, as other lanes are searched for.
    pub dimmed: bool,
}

/// What the meshes of the counters depend on: which curves, where, at what scale, in which theme.
pub(super) type CountersKey = (u64, Axis, egui::Rect, u32, bool);

/// The meshes of the counters, from top to bottom, each with the highest value of its scale.
pub(super) type CounterMeshes = [(Arc<Mesh>, u64); 3];

/// What the mesh of the minimap depends on.
pub(super) type DensityKey = (u64, Axis, egui::Rect, u32, bool);

/// Scenes of lanes that scrolled out of sight are kept up to this many.
const SCENES_KEPT: usize = 512;
/// How long a frame waits for what is missing. What takes longer comes with a later frame.
const PATIENCE: Duration = Duration::from_micros(1_500);
/// A frame that has much to paint waits less, so that all of it takes no longer than this; but at least this long.
const FRAME: Duration = Duration::from_micros(3_200);
const LEAST_PATIENCE: Duration = Duration::from_micros(250);
/// The same when there is nothing at all to show yet.
const FIRST_PATIENCE: Duration = Duration::from_millis(15);

/// Something that was made to be shown. Another number means that it was made anew.
#[derive(Clone, Debug)]
pub struct Numbered<T> {
    /// What was made.
    pub made: Arc<T>,
    /// Which of all that were made it is.
    pub number: u64,
}

impl TimelineCache {
    /// The store of this context for one of the timelines on show.
    #[must_use]
    pub fn of(ctx: &egui::Context, slot: TimelineSlot) -> Arc<Mutex<Self>> {
        ctx.data_mut(|data| data.get_temp_mut_or_default::<Arc<Mutex<Self>>>(cache_id(slot)).clone())
    }

    /// Lets go of everything, the trace above all: before a document is closed.
    pub fn forget(ctx: &egui::Context) {
        for slot in TimelineSlot::all() {
            ctx.data_mut(|data| data.remove::<Arc<Mutex<Self>>>(cache_id(slot)));
        }
    }

    /// Drops what belongs to another document, and notes a newer snapshot.
    pub fn keep_for(&mut self, document: &Document) {
        if self.document != Some(document.id) {
            *self = Self {
                document: Some(document.id),
                version: self.version,
                numbered: self.numbered,
                jobs: std::mem::take(&mut self.jobs),
                advances: std::mem::take(&mut self.advances),
                ..Self::default()
            };
        }
        let hits = document.search.found().filter(|_| !document.search.query.is_empty());
        let text = hits.map(|_| document.search.text.as_str());
        let is_known = |source: &Source| {
            Arc::ptr_eq(&source.trace, &document.trace)
                && Arc::ptr_eq(&source.rows, &document.rows)
                && source.hits.as_ref().map(|hits| hits.0.as_str()) == text
        };
        if !self.source.as_ref().is_some_and(is_known) {
            if self.source.as_ref().is_some_and(|source| source.rows.options() != document.rows.options()) {
                // Shared rows and groups are others now.
                self.scenes.retain(|track, _| matches!(track, Track::Lane(_) | Track::Stacks(..)));
            }
            self.source = Some(Source {
                trace: Arc::clone(&document.trace),
                rows: Arc::clone(&document.rows),
                // What matches does not depend on how far the search is.
                hits: text.map(str::to_owned).zip(hits.cloned()),
            });
            self.version += 1;
            // All else is shown until it has been made anew.
            self.names.clear();
            self.selected_flows = None;
        }
    }

    /// Has what is wanted made, and waits a moment for it. Returns whether something is still missing.
    pub fn provide(&mut self, wanted: &SceneRequest<'_>) -> bool {
        while let Some((version, made)) = self.jobs.take(Instant::now()) {
            self.keep(version, made);
        }
        let jobs = self.jobs(wanted);
        let Some(source) = self.source.clone().filter(|_| !jobs.is_empty()) else { return false };
        if self.scenes.len() > SCENES_KEPT {
            self.scenes.retain(|track, _| wanted.tracks.contains(track));
        }
        self.jobs.submit(self.version, &source, jobs);
        let patience = match (wanted.wait_for_all, self.scenes.is_empty()) {
            (true, _) => Duration::from_secs(60),
            (_, true) => FIRST_PATIENCE,
            // Painting is half of what a frame takes: its meshes are copied, too.
            (_, false) => FRAME.saturating_sub(2 * self.own).clamp(LEAST_PATIENCE, PATIENCE),
        };
        let begun = Instant::now();
        let until = begun + patience;
        while let Some((version, made)) = self.jobs.take(until) {
            self.keep(version, made);
            if self.jobs(wanted).is_empty() {
                self.waited = begun.elapsed();
                return false;
            }
        }
        self.waited = begun.elapsed();
        true
    }

    /// What is missing or outdated, most urgent first.
    fn jobs(&self, wanted: &SceneRequest<'_>) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut outdated = Vec::new();
        for &track in wanted.tracks {
            match self.scenes.get(&track) {
                Some(kept) if kept.version == self.version && kept.grid.serves(&wanted.grid) => {}
                Some(_) => outdated.push(Job::Track(track, wanted.grid.with_margin())),
                None => jobs.push(Job::Track(track, wanted.grid.with_margin())),
            }
        }
        let curves = self.curves.as_ref().map(|(version, grid, ..)| (*version, grid));
        if wanted.counters
            && !curves.is_some_and(|(version, grid)| version == self.version && grid.serves(&wanted.grid))
        {
            jobs.push(Job::Curves(wanted.grid.with_margin()));
        }
        jobs.extend(outdated);
        let density = self.density.as_ref().map(|(version, density, _)| (*version, density.columns()));
        if density != Some((self.version, wanted.minimap_columns)) {
            jobs.push(Job::Density(wanted.minimap_columns));
        }
        if wanted.flows > 0 {
            let key = ViewFlowsKey { grid: wanted.grid, lanes: wanted.lanes.to_vec() };
            if !self.view_flows.as_ref().is_some_and(|(version, made, _)| *version == self.version && *made == key) {
                jobs.push(Job::Flows(key, wanted.flows));
            }
        }
        jobs
    }

    fn keep(&mut self, version: Version, made: Made) {
        self.numbered += 1;
        match made {
            Made::Track(track, grid, scene) => {
                let kept = CachedScene { version, grid, scene: Arc::from(scene), number: self.numbered };
                self.scenes.insert(track, kept);
            }
            Made::Curves(grid, curves) => self.curves = Some((version, grid, Arc::new(curves), self.numbered)),
            Made::Density(density) => self.density = Some((version, Arc::new(density), self.numbered)),
            Made::Flows(key, flows) => self.view_flows = Some((version, key, Arc::new(flows))),
        }
    }

    /// What a row shows, the best there is.
    #[must_use]
    pub fn scene(&self, track: Track) -> Option<Numbered<LaneScene>> {
        self.scenes.get(&track).map(|kept| Numbered { made: Arc::clone(&kept.scene), number: kept.number })
    }

    /// The counters, the best there are, and the columns that they are made for.
    #[must_use]
    pub fn curves(&self) -> Option<(Grid, Numbered<Curves>)> {
        let (_, grid, curves, number) = self.curves.as_ref()?;
        Some((*grid, Numbered { made: Arc::clone(curves), number: *number }))
    }

    /// The minimap's columns.
    #[must_use]
    pub fn density(&self) -> Option<Numbered<Density>> {
        self.density.as_ref().map(|(_, density, number)| Numbered { made: Arc::clone(density), number: *number })
    }

    /// All edges in view, as last asked for.
    #[must_use]
    pub fn view_flows(&self) -> Option<Arc<FlowList>> {
        self.view_flows.as_ref().map(|(.., flows)| Arc::clone(flows))
    }

    /// The lanes as one mesh: that of the frame before if it is made of the same rows at the same places, else what
    /// `paint` adds to an empty one with room for as much as the last one had.
    pub fn lanes_mesh(&mut self, keys: Vec<MeshKey>, paint: impl FnOnce(&mut Mesh)) -> Arc<Mesh> {
        if let Some((made_of, mesh)) = &self.lanes_mesh
            && *made_of == keys
        {
            return Arc::clone(mesh);
        }
        let mut mesh = Mesh::default();
        if let Some((_, before)) = &self.lanes_mesh {
            mesh.vertices.reserve(before.vertices.len() + before.vertices.len() / 8);
            mesh.indices.reserve(before.indices.len() + before.indices.len() / 8);
        }
        paint(&mut mesh);
        let mesh = Arc::new(mesh);
        self.lanes_mesh = Some((keys, Arc::clone(&mesh)));
        mesh
    }
}

/// How wide characters are, so that text need not be laid out to see whether it fits.
#[derive(Clone, Debug, Default)]
pub struct Advances {
    /// The font and scale they are for.
    made_for: Option<(egui::FontId, u32)>,
    ascii: Vec<f32>,
    other: f32,
}

impl Advances {
    /// Makes the table fit a font and a scale.
    pub fn prepare(&mut self, painter: &egui::Painter, font: &egui::FontId) {
        let made_for = (font.clone(), painter.pixels_per_point().to_bits());
        if self.made_for.as_ref() == Some(&made_for) {
            return;
        }
        painter.fonts_mut(|fonts| {
            self.ascii = (0..128u8).map(|byte| fonts.glyph_width(font, char::from(byte))).collect();
            self.other = fonts.glyph_width(font, '…').max(fonts.glyph_width(font, 'm'));
        });
        self.made_for = Some(made_for);
    }

    /// The advance of a character, points; a safe guess for what is not ASCII.
    #[must_use]
    pub fn advance(&self, c: char) -> f32 {
        self.ascii.get(c as usize).copied().unwrap_or(self.other)
    }
}
