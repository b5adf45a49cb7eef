//! Colours and sizes of the timeline, derived from the tokens: how a state is told by height and hue.

use egui::{Color32, Rangef};
use trace_core::event::state::SpanClass;

use crate::theme::tokens::Tokens;

/// Height of the ruler.
pub const RULER_HEIGHT: f32 = 24.0;
/// Height of the minimap.
pub const MINIMAP_HEIGHT: f32 = 40.0;
/// The same of one of two timelines: its name stands left of it.
pub const MINIMAP_OF_PAIR: f32 = 26.0;
/// Height of the strip over the lanes that says which goroutines have lanes, points.
pub const FILTER_HEIGHT: f32 = 30.0;
/// Height of the heading line of the folded counters.
pub const COUNTERS_FOLDED: f32 = 20.0;
/// Width of the scroll bar of the lanes.
pub const SCROLL_BAR: f32 = 10.0;
/// Upper edge of the bar in a lane, below the strip for marks.
pub const BAR_TOP: f32 = 3.0;
/// Height of the bar of a running span.
pub const BAR_HEIGHT: f32 = 18.0;
/// The same of a thin row.
const COMPACT_TOP: f32 = 2.0;
/// Rows lower than this are thin.
const COMPACT_BELOW: f32 = 20.0;
/// How high the bar of what waits is in a thin row, as a fraction of the whole bar: it leaves room for the words above.
const COMPACT_WAIT: f32 = 0.3;
/// Upper edge of a region in its line.
pub const REGION_TOP: f32 = 1.0;
/// Height of a region's box.
pub const REGION_BOX: f32 = 14.0;
/// Least height of a trace of activity inside a merged column.
pub const MERGED_LEAST: f32 = 2.0;
/// Width of a merged column.
pub const COLUMN_WIDTH: f32 = 2.0;
/// Outline of the selected span.
pub const SELECTED_LINE: f32 = 2.0;
/// A narrower span gets no label.
pub const LABEL_LEAST: f32 = 22.0;
/// Room between a span's edge and its label.
pub const LABEL_AIR: f32 = 4.0;
/// Opacity of what is not connected with the selection.
const DIM: f32 = 0.6;
/// Contrast of text that can be read, as WCAG 2 asks for it.
const READABLE: f32 = 4.5;
/// Opacity of what a search does not match.
const FADE: f32 = 0.22;
/// Opacity of large waiting areas over the background.
const WAIT_OPACITY: f32 = 0.64;

/// How high a span of each class is drawn, as a fraction of [`BAR_HEIGHT`], by class index.
pub const HEIGHTS: [f32; SpanClass::COUNT] =
    [0.0, 1.0, 2.0 / 3.0, 1.0, 2.0 / 5.0, 2.0 / 5.0, 2.0 / 5.0, 2.0 / 5.0, 1.0, 2.0 / 5.0];

/// Where the bar of a running span lies in a row of this height without lines below: from its upper to its lower edge.
#[must_use]
pub fn bar_in(row: f32) -> Rangef {
    let top = if row < COMPACT_BELOW { COMPACT_TOP } else { BAR_TOP };
    Rangef::new(top, row - 1.0)
}

/// How high a span of a class is drawn in a row of this height, as a fraction of the bar.
#[must_use]
pub fn height_in(row: f32, class: SpanClass) -> f32 {
    if row < COMPACT_BELOW && is_wait(class) { COMPACT_WAIT } else { HEIGHTS[class as usize] }
}

/// Whether a class means that nothing goes on but waiting: drawn low and quiet.
#[must_use]
pub const fn is_wait(class: SpanClass) -> bool {
    matches!(
        class,
        SpanClass::WaitSync | SpanClass::WaitChan | SpanClass::WaitNet | SpanClass::WaitSleep | SpanClass::WaitOther
    )
}

/// The colours of the timeline in one theme, opaque: what lies below never shines through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneColors {
    /// Fill by class index.
    pub fill: [Color32; SpanClass::COUNT],
    /// Text on such a fill; for waiting classes the text stands on the background above the bar.
    pub label: [Color32; SpanClass::COUNT],
    /// Full colour by class index: outlines, legends, stacked counters.
    pub strong: [Color32; SpanClass::COUNT],
    /// Fine lines over a wide runnable span.
    pub hatch: Color32,
    /// Inside of a system call that blocked.
    pub blocked: Color32,
    /// What ran without a CPU: ground and hatch.
    pub no_cpu: [Color32; 2],
    /// A region's box, by nesting level: even, odd.
    pub region: [Color32; 2],
    /// How many tasks are under way: those that end in the trace, and the others.
    pub tasks: [Color32; 2],
    /// A region's left edge.
    pub region_edge: Color32,
    /// Text in a region.
    pub region_label: Color32,
    /// The cap where a goroutine ended.
    pub cap: Color32,
    /// The mark of a log message.
    pub log: Color32,
    /// A CPU sample mark.
    pub sample: Color32,
    /// Mark assist over a span.
    pub assist: Color32,
    /// Sweep over a span.
    pub sweep: Color32,
    /// Heap in use, as an area.
    pub heap_live: Color32,
    /// The line of the heap goal.
    pub heap_goal: Color32,
    /// The line of the threads.
    pub threads: Color32,
    /// A gap: band and its hatch. What is known of lanes shines through.
    pub gap: [Color32; 2],
    /// The same over curves, of which nothing is known there.
    pub hole_opaque: [Color32; 2],
    /// What lies outside the minimap's frame.
    pub shade: Color32,
    /// A marked stretch of time.
    pub marked: Color32,
    /// Hair line under the pointer.
    pub cursor: Color32,
    /// Behind every other lane, to lead the eye.
    pub stripe: Color32,
    /// Time outside the trace.
    pub outside: Color32,
    /// What all of it is painted on.
    pub paper: Color32,
    /// Of the dark theme?
    pub is_dark: bool,
}

impl LaneColors {
    /// The colours in a theme.
    #[must_use]
    pub fn of(tokens: &Tokens) -> Self {
        let paper = tokens.background;
        let mut fill = tokens.classes;
        let mut label = [tokens.text; SpanClass::COUNT];
        for class in SpanClass::ALL {
            let color = tokens.classes[class as usize];
            if is_wait(class) {
                fill[class as usize] = mix(paper, color, WAIT_OPACITY);
                label[class as usize] = tokens.muted;
            } else {
                label[class as usize] = text_on(color);
            }
        }
        let class = |class: SpanClass| tokens.classes[class as usize];
        let region = |amount: f32| mix(paper, tokens.accent, amount);
        Self {
            fill,
            label,
            strong: tokens.classes,
            hatch: mix(class(SpanClass::Runnable), paper, 0.28),
            blocked: mix(paper, class(SpanClass::Syscall), 0.42),
            no_cpu: [mix(paper, class(SpanClass::Running), 0.22), mix(paper, class(SpanClass::Running), 0.75)],
            region: if tokens.dark { [region(0.26), region(0.18)] } else { [region(0.18), region(0.12)] },
            tasks: [region(0.55), region(0.30)],
            region_edge: region(0.8),
            region_label: tokens.text,
            cap: mix(paper, tokens.muted, 0.8),
            log: tokens.accent,
            sample: tokens.muted,
            assist: class(SpanClass::Gc),
            sweep: mix(class(SpanClass::Gc), paper, 0.35),
            heap_live: mix(paper, tokens.accent, 0.45),
            heap_goal: tokens.outgoing,
            threads: tokens.muted,
            gap: [tokens.warning.gamma_multiply(0.10), tokens.warning.gamma_multiply(0.45)],
            hole_opaque: [mix(paper, tokens.warning, 0.10), mix(paper, tokens.warning, 0.45)],
            shade: paper.gamma_multiply(0.62),
            marked: tokens.accent.gamma_multiply(0.14),
            cursor: tokens.text.gamma_multiply(0.45),
            stripe: mix(paper, tokens.panel, 0.5),
            outside: mix(paper, tokens.line, 0.4),
            paper,
            is_dark: tokens.dark,
        }
    }

    /// The same for lanes that have nothing to do with the selection.
    #[must_use]
    pub fn dimmed(&self, tokens: &Tokens) -> Self {
        let dimmed = self.towards(tokens, DIM);
        // What is written stays readable.
        let label = std::array::from_fn(|index| {
            let is_on_paper = is_wait(SpanClass::ALL[index]) || index == SpanClass::None as usize;
            if is_on_paper { readable(self.label[index], tokens.background, DIM) } else { dimmed.label[index] }
        });
        let region_label = readable(self.region_label, dimmed.region[0], DIM);
        Self { label, region_label, ..dimmed }
    }

    /// The same for what a search does not match: there, but behind what it does.
    #[must_use]
    pub fn faded(&self, tokens: &Tokens) -> Self {
        self.towards(tokens, FADE)
    }

    /// Colours of which `part` is left over the background.
    fn towards(&self, tokens: &Tokens, part: f32) -> Self {
        let dim = |color: Color32| mix(tokens.background, color, part);
        let mut fill = self.fill.map(dim);
        fill[SpanClass::None as usize] = Color32::TRANSPARENT;
        Self {
            fill,
            label: std::array::from_fn(|index| {
                let class = SpanClass::ALL[index];
                if is_wait(class) || class == SpanClass::None { dim(self.label[index]) } else { text_on(fill[index]) }
            }),
            strong: self.strong.map(dim),
            hatch: dim(self.hatch),
            blocked: dim(self.blocked),
            no_cpu: self.no_cpu.map(dim),
            region: self.region.map(dim),
            tasks: self.tasks.map(dim),
            region_edge: dim(self.region_edge),
            region_label: dim(self.region_label),
            cap: dim(self.cap),
            log: dim(self.log),
            sample: dim(self.sample),
            assist: dim(self.assist),
            sweep: dim(self.sweep),
            ..*self
        }
    }
}

/// A number for a package, by which it gets its colour.
#[must_use]
pub fn family(package: &str) -> u32 {
    package.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 997
}

/// A colour that tells packages apart, quiet enough for text.
#[must_use]
pub fn package_color(family: u32, dark: bool) -> Color32 {
    // A golden-ratio walk spreads families over all hues, however many there are.
    let hue = (0.08 + f64::from(family) * 0.618_034).fract() as f32;
    let (saturation, value) = if dark { (0.42, 0.80) } else { (0.36, 0.94) };
    egui::ecolor::Hsva::new(hue, saturation, value, 1.0).into()
}

/// Time without a CPU in bars and legends.
#[must_use]
pub fn no_cpu(tokens: &Tokens) -> Color32 {
    mix(tokens.background, tokens.classes[SpanClass::Running as usize], 0.42)
}

/// `amount` of `over` on opaque `under`; both keep their gamma, as the eye would mix paint.
#[must_use]
pub fn mix(under: Color32, over: Color32, amount: f32) -> Color32 {
    let channel = |under: u8, over: u8| {
        let value = f32::from(under) + (f32::from(over) - f32::from(under)) * amount.clamp(0.0, 1.0);
        // In 0..=255 by construction.
        value.round() as u8
    };
    Color32::from_rgb(channel(under.r(), over.r()), channel(under.g(), over.g()), channel(under.b(), over.b()))
}

/// Text that is mixed with what is behind it, of which at least `part` is left: as much as it takes to be read.
fn readable(text: Color32, behind: Color32, part: f32) -> Color32 {
    let steps = (0..=20).map(|step| mix(behind, text, part + (1.0 - part) * step as f32 / 20.0));
    steps.into_iter().find(|color| contrast(*color, behind) >= READABLE).unwrap_or(text)
}

/// The contrast of two colours as WCAG 2 defines it, from 1 to 21.
fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Black or white, whichever reads better on `fill`.
#[must_use]
pub fn text_on(fill: Color32) -> Color32 {
    let light = luminance(fill);
    let (on_white, on_black) = (1.05 / (light + 0.05), (light + 0.05) / 0.05);
    if on_black >= on_white { Color32::BLACK } else { Color32::WHITE }
}

/// Relative luminance as WCAG 2 defines it.
fn luminance(color: Color32) -> f32 {
    let linear = |channel: u8| {
        let value = f32::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

#[cfg(test)]
mod tests {
    use super::{LaneColors, contrast, is_wait};
    use crate::theme::tokens::{DARK, LIGHT};
    use trace_core::event::state::SpanClass;

    #[test]
    fn labels_can_be_read_in_both_themes() {
        for tokens in [&DARK, &LIGHT] {
            let colors = LaneColors::of(tokens);
            for class in SpanClass::ALL.into_iter().skip(1) {
                let index = class as usize;
                let behind = if is_wait(class) { tokens.background } else { colors.fill[index] };
                assert!(contrast(colors.label[index], behind) >= 4.5, "{class:?}, dark: {}", tokens.dark);
            }
            for region in colors.region {
                assert!(contrast(colors.region_label, region) >= 4.5, "region, dark: {}", tokens.dark);
            }
        }
    }

    #[test]
    fn dimmed_labels_can_still_be_read() {
        for tokens in [&DARK, &LIGHT] {
            let colors = LaneColors::of(tokens).dimmed(tokens);
            for class in SpanClass::ALL.into_iter().skip(1) {
                let index = class as usize;
                let behind = if is_wait(class) { tokens.background } else { colors.fill[index] };
                assert!(contrast(colors.label[index], behind) >= 4.5, "{class:?}, dark: {}", tokens.dark);
            }
            for region in colors.region {
                assert!(contrast(colors.region_label, region) >= 4.5, "region, dark: {}", tokens.dark);
            }
        }
    }
}
