//! Compares pictures of the window with committed ones, and their text twins.
//!
//! A picture `tests/data/pictures/NAME.png` has a twin `NAME.txt` that lists the words on it with their
//! places and counts the shapes: what a reviewer can read. The twin must be equal; the picture may differ
//! in a few pixels, since rounding in floating point is not the same on every machine.
//! `UPDATE_PICTURES=1 cargo test` writes both anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use egui::epaint::ClippedShape;
use egui::{Rect, Shape};
use tracelane::raster::image::Image;

/// Channels may differ by so much before a pixel counts as different.
const CHANNEL_TOLERANCE: u8 = 24;
/// So many pixels of a thousand may be different.
const DIFFERENT_PER_MILLE: usize = 2;

/// Fails unless `image` and `twin` are as committed under `name`.
pub(crate) fn assert_same(name: &str, image: &Image, twin: &str) {
    let folder = crate::fixtures::data().join("pictures");
    let (png, txt) = (folder.join(format!("{name}.png")), folder.join(format!("{name}.txt")));
    if std::env::var_os("UPDATE_PICTURES").is_some_and(|value| value == "1") {
        fs::create_dir_all(&folder).expect("a writable folder");
        image.write_png(fs::File::create(&png).expect("a writable picture")).expect("a picture written");
        fs::write(&txt, twin).expect("a writable twin");
        return;
    }
    let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
    image.write_png(fs::File::create(&actual).expect("a writable picture")).expect("a picture written");
    let cure = format!("see {}; if it is right, run the test again with UPDATE_PICTURES=1", actual.display());
    let committed = fs::read_to_string(&txt).unwrap_or_else(|error| panic!("{}: {error}: {cure}", txt.display()));
    let changed = changed_lines(&committed, twin);
    assert!(changed.is_empty(), "{name}: the words on the picture changed:\n{changed}{cure}");
    let committed = read_png(&png);
    assert_eq!((committed.width, committed.height), (image.width, image.height), "{name}: {cure}");
    let different = image.pixels.iter().zip(&committed.pixels).filter(|(ours, theirs)| differ(ours, theirs)).count();
    let allowed = image.pixels.len() * DIFFERENT_PER_MILLE / 1000;
    assert!(different <= allowed, "{name}: {different} pixels differ, {allowed} may; {cure}");
}

fn differ(ours: &[u8; 4], theirs: &[u8; 4]) -> bool {
    ours.iter().zip(theirs).any(|(ours, theirs)| ours.abs_diff(*theirs) > CHANNEL_TOLERANCE)
}

/// Lines that only one of two texts has, at most some.
fn changed_lines(committed: &str, actual: &str) -> String {
    let gone = committed.lines().filter(|line| !actual.lines().any(|other| other == *line));
    let come = actual.lines().filter(|line| !committed.lines().any(|other| other == *line));
    let lines = gone.map(|line| format!("- {line}")).chain(come.map(|line| format!("+ {line}")));
    lines.take(40).fold(String::new(), |mut all, line| {
        writeln!(all, "{line}").expect("writing to a string");
        all
    })
}

fn read_png(path: &Path) -> Image {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut bytes).expect("a PNG frame");
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let pixels = bytes.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect();
    Image { width: info.width as usize, height: info.height as usize, pixels }
}

/// The words in sight, top to bottom, with their places in points, then the shapes by kind.
pub(crate) fn twin(shapes: &[ClippedShape]) -> String {
    let mut words = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for ClippedShape { clip_rect, shape, .. } in shapes {
        collect(shape, *clip_rect, &mut words, &mut counts);
    }
    let mut text = String::new();
    for ((top, left, _), word) in &words {
        writeln!(text, "{left:>5} {top:>5}  {word}").expect("writing to a string");
    }
    for (kind, count) in &counts {
        writeln!(text, "{count} × {kind}").expect("writing to a string");
    }
    text
}

#[expect(clippy::cast_possible_truncation, reason = "places in points are small")]
fn collect(
    shape: &Shape,
    clip: Rect,
    words: &mut BTreeMap<(i64, i64, usize), String>,
    counts: &mut BTreeMap<&'static str, usize>,
) {
    let bounds = shape.visual_bounding_rect();
    if let Shape::Vec(shapes) = shape {
        for shape in shapes {
            collect(shape, clip, words, counts);
        }
        return;
    }
    if !bounds.intersects(clip) {
        return;
    }
    let kind = match shape {
        Shape::Text(text) => {
            let place = (text.pos.y.round() as i64, text.pos.x.round() as i64, words.len());
            words.insert(place, text.galley.text().replace('\n', " ⏎ "));
            "text"
        }
        Shape::Rect(_) => "rectangle",
        Shape::LineSegment { .. } | Shape::Path(_) | Shape::CubicBezier(_) | Shape::QuadraticBezier(_) => "line",
        Shape::Mesh(_) => "mesh",
        Shape::Circle(_) | Shape::Ellipse(_) => "circle",
        Shape::Noop => return,
        _ => "other",
    };
    *counts.entry(kind).or_default() += 1;
}
