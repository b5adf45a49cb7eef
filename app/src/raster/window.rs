//! A window that exists in memory only: runs frames of a user interface on a clock of its own, and paints.

use std::time::Duration;

use egui::epaint::ClippedShape;
use egui::{Color32, Context, Event, RawInput, Rect, TextureId, Ui, Vec2, ViewportId};

use crate::raster::image::Image;
use crate::raster::paint::paint;
use crate::raster::texture::Textures;

/// Time that passes from frame to frame, seconds: long steps, so that animations come to their end soon.
const STEP_SECONDS: f64 = 0.25;

/// A window is settled after this many frames at the earliest: sizes may depend on those of the frame before.
const MIN_FRAMES: u32 = 3;
/// After this many it is given time, for what other threads are still making …
const PATIENT_FRAMES: u32 = 30;
/// … so long for each frame …
const PATIENCE: Duration = Duration::from_millis(5);
/// … and taken as it is after this many.
const MAX_FRAMES: u32 = 600;

/// A window without a display.
pub struct OffscreenWindow {
    ctx: Context,
    size_points: Vec2,
    scale: f32,
    seconds: f64,
    textures: Textures,
    freed: Vec<TextureId>,
    shapes: Vec<ClippedShape>,
}

impl OffscreenWindow {
    /// A window of `size_points` with `scale` pixels to the point.
    #[must_use]
    pub fn new(size_points: Vec2, scale: f32) -> Self {
        let ctx = Context::default();
        ctx.set_pixels_per_point(scale);
        Self {
            ctx,
            size_points,
            scale,
            seconds: 0.0,
            textures: Textures::default(),
            freed: Vec::new(),
            shapes: Vec::new(),
        }
    }

    /// Its context, to set fonts and style before the first frame.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The shapes of the last frame.
    #[must_use]
    pub fn shapes(&self) -> &[ClippedShape] {
        &self.shapes
    }

    /// Runs one frame with `events`; returns how long the interface would wait for the next one.
    pub fn frame(&mut self, events: Vec<Event>, ui: impl FnMut(&mut Ui)) -> Duration {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, self.size_points)),
            time: Some(self.seconds),
            events,
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(self.scale);
        self.seconds += STEP_SECONDS;
        let mut output = self.ctx.run_ui(input, ui);
        // Textures that the last frame freed were still needed to paint it; now they may go.
        self.textures.remove(std::mem::take(&mut self.freed));
        self.textures.set(&mut output.textures_delta);
        self.freed = output.textures_delta.free.drain().collect();
        self.shapes = output.shapes;
        output.viewport_output.get(&ViewportId::ROOT).map_or(Duration::MAX, |viewport| viewport.repaint_delay)
    }

    /// Runs frames until the interface has nothing more to show by itself: fonts are loaded, animations
    /// have ended, sizes found. What never ends (a spinner) is left after a while.
    pub fn settle(&mut self, mut ui: impl FnMut(&mut Ui)) {
        for frame in 0..MAX_FRAMES {
            let wait = self.frame(Vec::new(), &mut ui);
            if frame >= MIN_FRAMES && wait.as_secs_f64() > STEP_SECONDS {
                break;
            }
            if frame >= PATIENT_FRAMES {
                std::thread::sleep(PATIENCE);
            }
        }
    }

    /// Paints the last frame over `background`.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "windows are small and positive")]
    pub fn paint(&self, background: Color32) -> Image {
        let size = self.size_points * self.scale;
        let primitives = self.ctx.tessellate(self.shapes.clone(), self.scale);
        paint([size.x.round() as usize, size.y.round() as usize], self.scale, background, &primitives, &self.textures)
    }
}
