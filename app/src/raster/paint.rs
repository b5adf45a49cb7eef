//! Paints a whole frame of egui.

use egui::epaint::{ClippedPrimitive, Primitive};
use egui::{Color32, Rect};
use rayon::prelude::*;

use crate::raster::image::Image;
use crate::raster::texture::Textures;
use crate::raster::triangle::{Band, fill};

/// Rows that are painted as one piece of work.
const BAND_ROWS: usize = 64;

/// Paints `primitives` over `background` into a picture of `width` × `height` pixels.
#[must_use]
pub fn paint(
    [width, height]: [usize; 2],
    pixels_per_point: f32,
    background: Color32,
    primitives: &[ClippedPrimitive],
    textures: &Textures,
) -> Image {
    let mut image = Image::filled(width, height, background);
    if width == 0 {
        return image;
    }
    let bottom = coordinate(height);
    image.pixels.par_chunks_mut(width * BAND_ROWS).enumerate().for_each(|(index, pixels)| {
        let top = coordinate(index * BAND_ROWS);
        let rows = [top, (top + coordinate(BAND_ROWS)).min(bottom)];
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = textures.get(mesh.texture_id) else { continue };
            let clip = clip(*clip_rect, pixels_per_point, coordinate(width), rows);
            if clip[0] >= clip[2] || clip[1] >= clip[3] {
                continue;
            }
            let mut band = Band { pixels, width, top, clip };
            for corners in mesh.indices.as_chunks::<3>().0 {
                let corners = corners.map(|index| mesh.vertices.get(index as usize));
                if let [Some(a), Some(b), Some(c)] = corners {
                    fill(&mut band, [a, b, c], pixels_per_point, texture);
                }
            }
        }
    });
    image
}

/// The part of a clip rectangle inside the image and `rows`, rounded as `egui_glow` rounds it.
#[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
fn clip(clip: Rect, pixels_per_point: f32, width: i64, rows: [i64; 2]) -> [i64; 4] {
    let pixel = |points: f32| (points * pixels_per_point).round() as i64;
    [
        pixel(clip.min.x).clamp(0, width),
        pixel(clip.min.y).clamp(rows[0], rows[1]),
        pixel(clip.max.x).clamp(0, width),
        pixel(clip.max.y).clamp(rows[0], rows[1]),
    ]
}

#[expect(clippy::cast_possible_wrap, reason = "pictures are at most some thousand pixels wide")]
fn coordinate(pixels: usize) -> i64 {
    pixels as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs one frame of `ui` at a scale and paints it.
    fn frame(size: [usize; 2], scale: f32, ui: impl FnMut(&mut egui::Ui)) -> Image {
        let ctx = egui::Context::default();
        ctx.set_pixels_per_point(scale);
        let mut input = egui::RawInput::default();
        input.viewports.entry(egui::ViewportId::ROOT).or_default().native_pixels_per_point = Some(scale);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let points = egui::vec2(size[0] as f32, size[1] as f32) / scale;
        input.screen_rect = Some(Rect::from_min_size(egui::Pos2::ZERO, points));
        let mut output = ctx.run_ui(input, ui);
        let mut textures = Textures::default();
        textures.set(&mut output.textures_delta);
        output.textures_delta.clear();
        let primitives = ctx.tessellate(output.shapes, output.pixels_per_point);
        paint(size, scale, Color32::BLACK, &primitives, &textures)
    }

    #[test]
    fn a_rectangle_of_whole_points_is_sharp_at_every_scale() {
        for scale in [1.0, 2.0] {
            let image = frame([40, 40], scale, |ui| {
                let rect = Rect::from_min_max(egui::pos2(4.0, 6.0), egui::pos2(10.0, 12.0));
                ui.painter().rect_filled(rect, 0.0, Color32::from_rgb(255, 0, 0));
            });
            let [left, top, right, bottom] = [4.0, 6.0, 10.0, 12.0].map(|points: f32| coordinate_of(points * scale));
            for y in 0..40 {
                for x in 0..40 {
                    let inside = (left..right).contains(&x) && (top..bottom).contains(&y);
                    let red = image.pixels[y * 40 + x][0];
                    assert_eq!(red, if inside { 255 } else { 0 }, "pixel {x},{y} at scale {scale}");
                }
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    fn coordinate_of(pixels: f32) -> usize {
        pixels as usize
    }

    #[test]
    fn clip_rectangles_hold() {
        let image = frame([20, 20], 1.0, |ui| {
            let clip = Rect::from_min_max(egui::pos2(5.0, 5.0), egui::pos2(8.0, 9.0));
            ui.painter().with_clip_rect(clip).rect_filled(Rect::EVERYTHING.shrink(1e30), 0.0, Color32::WHITE);
            let all = Rect::from_min_max(egui::pos2(-100.0, -100.0), egui::pos2(100.0, 100.0));
            ui.painter().with_clip_rect(clip).rect_filled(all, 0.0, Color32::WHITE);
        });
        let white = image.pixels.iter().filter(|pixel| pixel[0] == 255).count();
        assert_eq!(white, 3 * 4);
    }

    #[test]
    fn transparent_colours_blend_in_gamma_space() {
        let image = frame([4, 4], 1.0, |ui| {
            let all = Rect::from_min_max(egui::pos2(-9.0, -9.0), egui::pos2(9.0, 9.0));
            ui.painter().rect_filled(all, 0.0, Color32::from_rgb(200, 100, 0));
            ui.painter().rect_filled(all, 0.0, Color32::from_black_alpha(128));
        });
        // 200 * (1 - 128/255) and 100 * (1 - 128/255)
        assert_eq!(image.pixels[5], [100, 50, 0, 255]);
    }
}
