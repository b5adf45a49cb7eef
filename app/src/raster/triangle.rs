//! Fills one triangle in a band of an image: which pixels it covers, and their colour.
//!
//! Coverage is that of a GPU without multisampling: a pixel belongs to a triangle when its centre lies
//! inside, with the top-left rule for edges shared by two triangles, so that nothing is painted twice.
//! Corners are snapped to 1/256 pixel, then all is exact integer arithmetic.

use egui::epaint::Vertex;

use crate::raster::texture::Texture;

/// Parts of a pixel that corners are snapped to.
const SUB: i64 = 256;
/// Corners further out than this many pixels are pulled in, so that products of coordinates fit `i64`.
const FAR_PIXELS: f32 = 2_000_000.0;

/// Where to paint: some rows of the image, and the part of them that is not clipped.
pub(crate) struct Band<'a> {
    /// Pixels of the rows, row by row.
    pub(crate) pixels: &'a mut [[u8; 4]],
    /// Width of the image.
    pub(crate) width: usize,
    /// The first row's number in the image.
    pub(crate) top: i64,
    /// Left, top, right, bottom of what may be painted, in pixels of the image; half open.
    pub(crate) clip: [i64; 4],
}

/// A corner, ready to paint.
#[derive(Clone, Copy)]
struct Corner {
    x: i64,
    y: i64,
    /// Colour 0 to 1, then u, v.
    values: [f32; 6],
}

impl Corner {
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    fn new(vertex: &Vertex, pixels_per_point: f32) -> Self {
        let snap = |points: f32| {
            ((points * pixels_per_point).clamp(-FAR_PIXELS, FAR_PIXELS) as f64 * SUB as f64).round() as i64
        };
        let [r, g, b, a] = vertex.color.to_array().map(|channel| f32::from(channel) * (1.0 / 255.0));
        Self { x: snap(vertex.pos.x), y: snap(vertex.pos.y), values: [r, g, b, a, vertex.uv.x, vertex.uv.y] }
    }
}

/// One edge as `constant + x * step_x + y * step_y >= 0` at the centre of pixel `(x, y)`.
struct Edge {
    constant: i64,
    step_x: i64,
    step_y: i64,
}

impl Edge {
    fn new(from: Corner, to: Corner) -> Self {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        // Top edges run right, left edges run up; pixels exactly on the other edges are not inside.
        let inclusive = (dy == 0 && dx > 0) || dy < 0;
        let centre = SUB / 2;
        let constant = dx * (centre - from.y) - dy * (centre - from.x) - i64::from(!inclusive);
        Self { constant, step_x: -dy * SUB, step_y: dx * SUB }
    }

    /// Narrows `left..right` to the pixels of row `y` on the inner side.
    fn narrow(&self, y: i64, left: &mut i64, right: &mut i64) {
        let at_zero = self.constant + y * self.step_y;
        match self.step_x.signum() {
            1 => *left = (*left).max(-at_zero.div_euclid(self.step_x)),
            -1 => *right = (*right).min(at_zero.div_euclid(-self.step_x) + 1),
            _ if at_zero < 0 => *right = *left,
            _ => {}
        }
    }
}

/// Paints the part of a triangle that lies in the band.
pub(crate) fn fill(band: &mut Band<'_>, vertices: [&Vertex; 3], pixels_per_point: f32, texture: &Texture) {
    if vertices.iter().any(|vertex| !(vertex.pos.x.is_finite() && vertex.pos.y.is_finite())) {
        return;
    }
    let [a, mut b, mut c] = vertices.map(|vertex| Corner::new(vertex, pixels_per_point));
    let mut area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    if area == 0 {
        return;
    }
    if area < 0 {
        std::mem::swap(&mut b, &mut c);
        area = -area;
    }
    let rows = band.top.max(band.clip[1]).max((a.y.min(b.y).min(c.y) - SUB / 2).div_euclid(SUB))
        ..(band.clip[3]).min((a.y.max(b.y).max(c.y) + SUB / 2).div_euclid(SUB) + 1);
    if rows.is_empty() || a.x.max(b.x).max(c.x) < band.clip[0] * SUB || a.x.min(b.x).min(c.x) > band.clip[2] * SUB {
        return;
    }
    let edges = [Edge::new(a, b), Edge::new(b, c), Edge::new(c, a)];
    let shade = Shade::new(a, b, c, area, texture);
    for y in rows {
        let (mut left, mut right) = (band.clip[0], band.clip[2]);
        for edge in &edges {
            edge.narrow(y, &mut left, &mut right);
        }
        if left < right {
            let row = usize::try_from(y - band.top).unwrap_or(0) * band.width;
            let from = row + usize::try_from(left).unwrap_or(0);
            let to = row + usize::try_from(right).unwrap_or(0);
            shade.row(&mut band.pixels[from..to], left, y);
        }
    }
}

/// How colours run over a triangle.
enum Shade<'a> {
    /// One colour: premultiplied, 0 to 255.
    Flat([f32; 4]),
    /// Colour and texture position change.
    Varied {
        /// Values at the centre of pixel (0, 0) relative to `origin`, and their growth per pixel.
        base: [f32; 6],
        step_x: [f32; 6],
        step_y: [f32; 6],
        /// The pixel that `base` is for.
        origin: (i64, i64),
        /// Between the lowest and the highest corner: rounding must not leave that.
        low: [f32; 6],
        high: [f32; 6],
        texture: &'a Texture,
        /// The texel everywhere, when the texture position does not change.
        texel: Option<[f32; 4]>,
    },
}

impl<'a> Shade<'a> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "finished colours are f32")]
    fn new(a: Corner, b: Corner, c: Corner, area: i64, texture: &'a Texture) -> Self {
        let same = |from: usize, to: usize| {
            a.values[from..to] == b.values[from..to] && a.values[from..to] == c.values[from..to]
        };
        let texel = same(4, 6).then(|| texture.sample(a.values[4], a.values[5]));
        if let Some(texel) = texel
            && same(0, 4)
        {
            return Self::Flat(std::array::from_fn(|channel| a.values[channel] * texel[channel] * 255.0));
        }
        let per_area = SUB as f64 / area as f64;
        let (bx, by) = ((b.x - a.x) as f64, (b.y - a.y) as f64);
        let (cx, cy) = ((c.x - a.x) as f64, (c.y - a.y) as f64);
        let grow = |index: usize| {
            let db = f64::from(b.values[index] - a.values[index]);
            let dc = f64::from(c.values[index] - a.values[index]);
            ((db * cy - dc * by) * per_area, (dc * bx - db * cx) * per_area)
        };
        let origin = (a.x.div_euclid(SUB), a.y.div_euclid(SUB));
        let to_centre_x = (origin.0 * SUB + SUB / 2 - a.x) as f64 / SUB as f64;
        let to_centre_y = (origin.1 * SUB + SUB / 2 - a.y) as f64 / SUB as f64;
        Self::Varied {
            base: std::array::from_fn(|index| {
                let (dx, dy) = grow(index);
                (f64::from(a.values[index]) + dx * to_centre_x + dy * to_centre_y) as f32
            }),
            step_x: std::array::from_fn(|index| grow(index).0 as f32),
            step_y: std::array::from_fn(|index| grow(index).1 as f32),
            origin,
            low: std::array::from_fn(|index| a.values[index].min(b.values[index]).min(c.values[index])),
            high: std::array::from_fn(|index| a.values[index].max(b.values[index]).max(c.values[index])),
            texture,
            texel,
        }
    }

    /// Paints `pixels`, which start at pixel `(x, y)`.
    #[expect(clippy::cast_precision_loss, reason = "pixel distances are small")]
    fn row(&self, pixels: &mut [[u8; 4]], x: i64, y: i64) {
        match self {
            Self::Flat(color) if color[3] >= 254.999 => pixels.fill(color.map(to_byte)),
            Self::Flat(color) => {
                for pixel in pixels {
                    blend(pixel, *color);
                }
            }
            Self::Varied { base, step_x, step_y, origin, low, high, texture, texel } => {
                let dy = (y - origin.1) as f32;
                let start: [f32; 6] = std::array::from_fn(|index| base[index] + step_y[index] * dy);
                for (pixel, dx) in pixels.iter_mut().zip(x - origin.0..) {
                    let dx = dx as f32;
                    let value: [f32; 6] =
                        std::array::from_fn(|index| (start[index] + step_x[index] * dx).clamp(low[index], high[index]));
                    let texel = texel.unwrap_or_else(|| texture.sample(value[4], value[5]));
                    blend(pixel, std::array::from_fn(|channel| value[channel] * texel[channel] * 255.0));
                }
            }
        }
    }
}

/// Puts a premultiplied colour (0 to 255) over a pixel, rounded to 8 bits as a framebuffer does.
fn blend(pixel: &mut [u8; 4], color: [f32; 4]) {
    if color == [0.0; 4] {
        return;
    }
    let keep = 1.0 - color[3] * (1.0 / 255.0);
    *pixel = std::array::from_fn(|channel| to_byte(color[channel] + f32::from(pixel[channel]) * keep));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is what is wanted")]
fn to_byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use egui::{Color32, pos2};

    use super::*;

    fn texture() -> Texture {
        let mut textures = crate::raster::texture::Textures::default();
        let white = egui::ColorImage::filled([1, 1], Color32::WHITE);
        let mut delta = egui::TexturesDelta::default();
        delta.push(egui::TextureId::default(), egui::epaint::ImageDelta::full(white, egui::TextureOptions::LINEAR));
        textures.set(&mut delta);
        textures.get(egui::TextureId::default()).expect("just set").clone()
    }

    /// Paints triangles of half-transparent white on black and returns the reds, row by row.
    fn painted(size: usize, triangles: &[[(f32, f32); 3]]) -> Vec<Vec<u8>> {
        let mut pixels = vec![[0, 0, 0, 255]; size * size];
        let texture = texture();
        let side = i64::try_from(size).expect("small");
        for corners in triangles {
            let half = Color32::from_rgba_premultiplied(128, 128, 128, 128);
            let vertices = corners.map(|(x, y)| Vertex::untextured(pos2(x, y), half));
            let mut band = Band { pixels: &mut pixels, width: size, top: 0, clip: [0, 0, side, side] };
            fill(&mut band, [&vertices[0], &vertices[1], &vertices[2]], 1.0, &texture);
        }
        pixels.chunks(size).map(|row| row.iter().map(|pixel| pixel[0]).collect()).collect()
    }

    #[test]
    fn the_two_triangles_of_a_rectangle_cover_each_pixel_once() {
        let corners = [(1.0, 1.0), (4.0, 1.0), (4.0, 3.0), (1.0, 3.0)];
        for turn in 0..4 {
            let at = |index: usize| corners[(index + turn) % 4];
            let rows = painted(5, &[[at(0), at(1), at(2)], [at(0), at(2), at(3)]]);
            let inside = vec![0, 128, 128, 128, 0];
            assert_eq!(rows, [vec![0; 5], inside.clone(), inside, vec![0; 5], vec![0; 5]], "turned by {turn}");
        }
    }

    #[test]
    fn a_fan_around_a_pixel_centre_covers_each_pixel_once() {
        let middle = (3.5, 3.5);
        let ring = [(0.5, 0.5), (3.5, 0.5), (6.5, 0.5), (6.5, 3.5), (6.5, 6.5), (3.5, 6.5), (0.5, 6.5), (0.5, 3.5)];
        let fan: Vec<_> = (0..8).map(|index| [middle, ring[index], ring[(index + 1) % 8]]).collect();
        let rows = painted(8, &fan);
        let covered: usize = rows.iter().flatten().filter(|&&red| red == 128).count();
        assert_eq!(covered, 36, "{rows:?}");
        assert!(rows.iter().flatten().all(|&red| red == 0 || red == 128), "{rows:?}");
    }

    #[test]
    fn corners_at_infinity_and_far_away_do_no_harm() {
        let rows =
            painted(3, &[[(f32::NAN, 0.0), (1.0, 1.0), (0.0, 2.0)], [(-1e30, -1e30), (1e30, -1e30), (0.0, 1e30)]]);
        assert_eq!(rows[1][1], 128);
    }

    #[test]
    fn colours_run_evenly_between_corners() {
        let mut pixels = vec![[0, 0, 0, 255]; 8];
        let texture = texture();
        let vertex = |x, y, red| Vertex::untextured(pos2(x, y), Color32::from_rgb(red, 0, 0));
        let corners = [vertex(0.0, -8.0, 0), vertex(8.0, 0.5, 255), vertex(0.0, 9.0, 0)];
        let mut band = Band { pixels: &mut pixels, width: 8, top: 0, clip: [0, 0, 8, 1] };
        fill(&mut band, [&corners[0], &corners[1], &corners[2]], 1.0, &texture);
        let reds: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
        assert_eq!(reds, [16, 48, 80, 112, 143, 175, 207, 239]);
    }
}
