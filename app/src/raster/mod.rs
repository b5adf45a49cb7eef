//! Draws egui's meshes into an image on the CPU: the same pixels on every machine, no GPU, no display.
//!
//! It follows `egui_glow`'s shader: vertex colour times texel, both premultiplied and in sRGB gamma
//! space, blended over what is there, no dithering. Paint callbacks are ignored.

pub mod image;
pub mod paint;
pub mod texture;
mod triangle;
pub mod window;
