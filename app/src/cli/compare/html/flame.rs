//! A difference flame graph as SVG.

use maud::{Markup, PreEscaped, html};
use trace_core::analysis::compare::diff_flame::{DiffFlame, DiffNode};

use crate::fmt::name;
use crate::fmt::time::rounded;

const WIDTH: f64 = 1_160.0;
const ROW: f64 = 18.0;
/// Narrower boxes are left out.
const LEAST: f64 = 1.2;
/// Levels of the flame graph that are drawn.
const LEVELS: u32 = 48;
/// A line break in a title.
const BREAK: PreEscaped<&str> = PreEscaped("&#10;");
/// Room of a letter.
const LETTER: f64 = 6.3;

/// The graph from the root down, a box per function: as wide as what changed in it and below. `None` if
/// nothing did.
#[must_use]
pub(super) fn svg(flame: &DiffFlame, per: &str) -> Option<Markup> {
    let root = flame.nodes.first().filter(|root| root.width() > 0.0)?;
    let scale = WIDTH / root.width();
    let drawn: Vec<&DiffNode> = flame
        .nodes
        .iter()
        .filter(|node| node.depth > 0 && node.depth <= LEVELS && node.width() * scale >= LEAST)
        .collect();
    let levels = drawn.iter().map(|node| node.depth).max()?;
    let height = f64::from(levels) * ROW;
    Some(html! {
        svg.frame viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label="Difference flame graph" {
            @for node in drawn {
                @let (x, y) = (node.start * scale, f64::from(node.depth - 1) * ROW);
                @let width = node.width() * scale;
                g {
                    rect x=(tenth(x)) y=(y) width=(tenth(width)) height=(ROW) style={ "fill:" (fill(node)) } {}
                    @if let Some(label) = label(node, width) {
                        text x=(tenth(x + 4.0)) y=(y + 13.0) { (label) }
                    }
                    title { (summary(node, per)) }
                }
            }
        }
    })
}

fn tenth(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

/// Red for more, green for less, the paler the more they cancel out.
fn fill(node: &DiffNode) -> String {
    let lean = (node.more - node.less) / node.width().max(f64::MIN_POSITIVE);
    let (side, part) = if lean >= 0.0 { ("more", lean) } else { ("less", -lean) };
    format!("color-mix(in oklab,var(--{side}) {:.0}%,var(--same))", 25.0 + 75.0 * part)
}

fn named(node: &DiffNode) -> String {
    if node.function.is_empty() { "(no stack)".to_owned() } else { name::function(&node.function).to_owned() }
}

fn label(node: &DiffNode, width: f64) -> Option<String> {
    let room = ((width - 8.0) / LETTER) as usize;
    let name = named(node);
    let full = format!("{name}  {} → {}", rounded(node.totals[0]), rounded(node.totals[1]));
    let text = if full.chars().count() <= room { full } else { name };
    if text.chars().count() <= room {
        Some(text)
    } else {
        (room >= 4).then(|| text.chars().take(room - 1).chain(['…']).collect())
    }
}

fn summary(node: &DiffNode, per: &str) -> Markup {
    let [a, b] = node.totals;
    let name = if node.function.is_empty() { "(no stack)" } else { &node.function };
    html! {
        (name) @if let Some(other) = &node.renamed { " → " (other) } (BREAK)
        (rounded(a)) " → " (rounded(b)) " " (per) (BREAK)
        "more " (rounded(node.more)) ", less " (rounded(node.less))
    }
}
