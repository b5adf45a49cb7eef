//! The textures that egui hands out (the font atlas, images), kept as it asks, and sampled.

use std::collections::HashMap;

use egui::epaint::ImageDelta;
use egui::{Color32, ImageData, TextureFilter, TextureId, TextureWrapMode, TexturesDelta};

/// All textures that egui has set and not freed.
#[derive(Clone, Debug, Default)]
pub struct Textures(HashMap<TextureId, Texture>);

impl Textures {
    /// Takes over the new and changed textures of a frame: before painting it.
    pub fn set(&mut self, delta: &mut TexturesDelta) {
        #[expect(clippy::iter_over_hash_type, reason = "each texture is independent of the others")]
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.0.entry(id).or_default().apply(&change);
            }
        }
    }

    /// Drops textures: those that a frame freed, after painting it.
    pub fn remove(&mut self, freed: impl IntoIterator<Item = TextureId>) {
        for id in freed {
            self.0.remove(&id);
        }
    }

    /// The texture with this id.
    #[must_use]
    pub(crate) fn get(&self, id: TextureId) -> Option<&Texture> {
        self.0.get(&id)
    }
}

/// One texture: premultiplied texels, row by row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texture {
    size: [usize; 2],
    texels: Vec<Color32>,
    nearest: bool,
    repeat: TextureWrapMode,
}

impl Texture {
    fn apply(&mut self, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        // One filter serves both directions: nothing here is ever drawn far below its own size.
        self.nearest = change.options.magnification == TextureFilter::Nearest;
        self.repeat = change.options.wrap_mode;
        match change.pos {
            None => {
                self.size = image.size;
                self.texels.clone_from(&image.pixels);
            }
            Some([left, top]) => {
                let [width, height] = image.size;
                for y in 0..height.min(self.size[1].saturating_sub(top)) {
                    let width = width.min(self.size[0].saturating_sub(left));
                    let into = (top + y) * self.size[0] + left;
                    let from = y * image.size[0];
                    self.texels[into..into + width].copy_from_slice(&image.pixels[from..from + width]);
                }
            }
        }
    }

    /// The colour at `(u, v)`, each 0 to 1 across the texture, as premultiplied 0 to 1.
    pub(crate) fn sample(&self, u: f32, v: f32) -> [f32; 4] {
        if self.texels.is_empty() {
            return [0.0; 4];
        }
        #[expect(clippy::cast_precision_loss, reason = "textures are at most 16 k wide")]
        let [width, height] = self.size.map(|side| side as f32);
        if self.nearest {
            return self.texel(floor(u * width), floor(v * height));
        }
        let (x, y) = (u * width - 0.5, v * height - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (tx, ty) = (x - left, y - top);
        let (left, top) = (floor(left), floor(top));
        let upper = mix(self.texel(left, top), self.texel(left + 1, top), tx);
        if ty == 0.0 {
            return upper;
        }
        mix(upper, mix(self.texel(left, top + 1), self.texel(left + 1, top + 1), tx), ty)
    }

    fn texel(&self, x: i64, y: i64) -> [f32; 4] {
        let x = wrap(x, self.size[0], self.repeat);
        let y = wrap(y, self.size[1], self.repeat);
        self.texels[y * self.size[0] + x].to_array().map(|channel| f32::from(channel) * (1.0 / 255.0))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
fn floor(value: f32) -> i64 {
    value.floor() as i64
}

/// The texel index that a texel coordinate outside of `0..size` stands for.
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small sizes")]
fn wrap(at: i64, size: usize, mode: TextureWrapMode) -> usize {
    let size = size as i64;
    let at = match mode {
        TextureWrapMode::ClampToEdge => at.clamp(0, size - 1),
        TextureWrapMode::Repeat => at.rem_euclid(size),
        TextureWrapMode::MirroredRepeat => {
            let at = at.rem_euclid(2 * size);
            if at < size { at } else { 2 * size - 1 - at }
        }
    };
    at as usize
}

fn mix(from: [f32; 4], to: [f32; 4], part: f32) -> [f32; 4] {
    if part == 0.0 {
        return from;
    }
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * part)
}
