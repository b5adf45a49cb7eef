//! A finished picture and its PNG form.

use std::io::{self, Write};

/// An opaque picture, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Width of the picture, pixels.
    pub width: usize,
    /// Height of the picture, pixels.
    pub height: usize,
    /// Red, green, blue, alpha of each pixel.
    pub pixels: Vec<[u8; 4]>,
}

impl Image {
    /// A picture in one colour.
    #[must_use]
    pub fn filled(width: usize, height: usize, color: egui::Color32) -> Self {
        Self { width, height, pixels: vec![color.to_array(); width * height] }
    }

    /// Writes it as PNG: RGB, since windows are opaque.
    ///
    /// # Errors
    /// When the writer fails, with its own error: so that a reader that went away is known as such.
    pub fn write_png(&self, out: impl Write) -> io::Result<()> {
        self.encode(out).map_err(|error| match error {
            png::EncodingError::IoError(error) => error,
            other => other.into(),
        })
    }

    fn encode(&self, out: impl Write) -> Result<(), png::EncodingError> {
        let too_big = |_| png::EncodingError::LimitsExceeded;
        let width = u32::try_from(self.width).map_err(too_big)?;
        let height = u32::try_from(self.height).map_err(too_big)?;
        let mut encoder = png::Encoder::new(out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        let rgb: Vec<u8> = self.pixels.iter().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        writer.write_image_data(&rgb)?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_known_as_such() {
        let image = Image::filled(10, 10, egui::Color32::WHITE);
        assert_eq!(image.write_png(Closed).map_err(|error| error.kind()), Err(io::ErrorKind::BrokenPipe));
        image.write_png(io::sink()).expect("written");
    }
}
