//! What the timeline keeps between frames: scenes and meshes of lanes for as long as they stay valid,
//! the drag going on, and the move being animated. None of it is state of the program: it can be
//! dropped at any time and is made again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use egui::epaint::Mesh;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use trace_core::model::flows::Flow;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::trace::Trace;

use crate::state::document::{Document, DocumentId};
use crate::timeline::axis::Axis;
use crate::timeline::counters::Curves;
use crate::timeline::grid::Grid;
use crate::timeline::input::Drag;
use crate::timeline::minimap::Density;
use crate::timeline::motion::Motion;
use crate::timeline::scene::LaneScene;

/// What is kept between frames.
#[derive(Default)]
pub struct Store {
    document: Option<DocumentId>,
    /// The snapshot that everything below was made from.
    trace: Option<Arc<Trace>>,
    grid: Option<Grid>,
    scenes: HashMap<LaneId, Arc<LaneScene>>,
    meshes: HashMap<LaneId, (MeshKey, Arc<Mesh>)>,
    /// Short name and function by lane.
    pub names: HashMap<LaneId, (String, String)>,
    /// The edges of the selected span.
    pub selected_flows: Option<(SpanRef, Arc<SelectedFlows>)>,
    /// All edges in view, as last asked for.
    pub view_flows: Option<(ViewFlowsKey, Arc<ViewFlows>)>,
    /// The minimap's columns.
    pub density: Option<Arc<Density>>,
    /// The counters' columns.
    pub curves: Option<(Grid, Arc<Curves>)>,
    /// Advance of the characters in use, points, by font size and scale.
    pub advances: Advances,
    /// The drag going on.
    pub drag: Option<Drag>,
    /// The move being animated.
    pub motion: Motion,
}

/// The edges of the selected span.
#[derive(Debug, Default)]
pub struct SelectedFlows {
    /// What made it what it is.
    pub incoming: Vec<Flow>,
    /// What it caused: the first of them.
    pub outgoing: Vec<Flow>,
    /// How many it caused in all.
    pub outgoing_count: u64,
}

/// Edges in view: thinned, and how many there are in all.
pub type ViewFlows = (Vec<Flow>, u64);

/// What the edges in view depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewFlowsKey {
    /// Columns in view.
    pub grid: Grid,
    /// First and last lane in view.
    pub lanes: (Option<LaneId>, Option<LaneId>),
}

/// What a mesh depends on, besides its scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshKey {
    /// The horizontal axis.
    pub axis: Axis,
    /// Upper edge of the row, points.
    pub top: f32,
    /// Pixels per point.
    pub pixels: f32,
    /// Dark theme?
    pub dark: bool,
    /// Dimmed?
    pub dimmed: bool,
}

/// Scenes of lanes that scrolled out of sight are kept up to this many.
const SCENES_KEPT: usize = 512;

impl Store {
    /// The store of this context.
    #[must_use]
    pub fn of(ctx: &egui::Context) -> Arc<Mutex<Self>> {
        ctx.data_mut(|data| {
            data.get_temp_mut_or_default::<Arc<Mutex<Self>>>(egui::Id::unique("timeline store")).clone()
        })
    }

    /// Drops what belongs to another document, or to an older snapshot.
    pub fn keep_for(&mut self, document: &Document) {
        if self.document != Some(document.id) {
            *self =
                Self { document: Some(document.id), advances: std::mem::take(&mut self.advances), ..Self::default() };
        }
        if !self.trace.as_ref().is_some_and(|trace| Arc::ptr_eq(trace, &document.trace)) {
            self.trace = Some(Arc::clone(&document.trace));
            self.scenes.clear();
            self.meshes.clear();
            self.names.clear();
            self.selected_flows = None;
            self.view_flows = None;
            self.density = None;
            self.curves = None;
        }
    }

    /// The scenes of these lanes, in the same order: made in parallel where there are none yet.
    pub fn scenes(&mut self, trace: &Trace, grid: Grid, lanes: &[LaneId]) -> Vec<Arc<LaneScene>> {
        if self.grid != Some(grid) {
            self.grid = Some(grid);
            self.scenes.clear();
            self.meshes.clear();
        } else if self.scenes.len() > SCENES_KEPT {
            self.scenes.retain(|lane, _| lanes.contains(lane));
            self.meshes.retain(|lane, _| lanes.contains(lane));
        }
        let missing: Vec<LaneId> = lanes.iter().copied().filter(|lane| !self.scenes.contains_key(lane)).collect();
        let made: Vec<(LaneId, Arc<LaneScene>)> =
            missing.par_iter().map(|&lane| (lane, Arc::new(LaneScene::new(trace, lane, &grid)))).collect();
        self.scenes.extend(made);
        lanes.iter().filter_map(|lane| self.scenes.get(lane).cloned()).collect()
    }

    /// A mesh made before, if it is still right.
    #[must_use]
    pub fn mesh(&self, lane: LaneId, key: &MeshKey) -> Option<Arc<Mesh>> {
        self.meshes.get(&lane).filter(|(made, _)| made == key).map(|(_, mesh)| Arc::clone(mesh))
    }

    /// Keeps a mesh.
    pub fn keep_mesh(&mut self, lane: LaneId, key: MeshKey, mesh: Arc<Mesh>) {
        self.meshes.insert(lane, (key, mesh));
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
