//! A flame graph as a tree of lines that unfold: callees below their callers, the largest first, with total, flat time and
//! count of each.

use std::collections::BTreeSet;

use egui::{Align2, CursorIcon, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{fonts, icons, lanes, space, tokens};
use crate::widget::button::glyph;
use crate::widget::content;

/// A line of the tree. Lines come in depth-first order.
#[derive(Clone, Debug, PartialEq)]
pub struct CallLine {
    /// The function, as it is written.
    pub name: String,
    /// What the pointer tells of it.
    pub hint: String,
    /// Total, flat and count, as they are written.
    pub figures: [String; 3],
    /// Its part of the whole.
    pub share: f32,
    /// Decides the colour of its bar.
    pub family: u32,
    /// How many levels are above it.
    pub depth: u32,
    /// Whether there are lines below it.
    pub has_children: bool,
    /// Whether it is unfolded unless the user folds it: it has most of what its caller has.
    pub is_main: bool,
}

/// What the user did with the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The line that was folded or unfolded.
    pub toggled: Option<usize>,
    /// The line that was clicked.
    pub clicked: Option<usize>,
}

/// Widths of the columns of figures, points.
const FIGURES: [f32; 3] = [92.0, 92.0, 84.0];
/// Width of the bar, points.
const BAR: f32 = 120.0;
/// Indentation of a level, points.
const STEP: f32 = 14.0;
/// Levels that are indented; deeper ones stand where these end.
const LEVELS: u32 = 40;

/// The lines that show: those whose callers are all unfolded. `toggled` are those that are not as they were at first.
#[must_use]
pub fn shown(lines: &[CallLine], toggled: &BTreeSet<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut folded: Option<u32> = None;
    for (at, line) in lines.iter().enumerate() {
        if folded.is_some_and(|depth| line.depth > depth) {
            continue;
        }
        folded = (!is_open(line, at, toggled)).then_some(line.depth);
        found.push(at);
    }
    found
}

/// Whether what is below a line shows.
#[must_use]
pub fn is_open(line: &CallLine, at: usize, toggled: &BTreeSet<usize>) -> bool {
    line.has_children && line.is_main != toggled.contains(&at)
}

/// Shows the lines at these places. `chosen` is a function, whose lines are marked.
pub fn call_tree(
    ui: &mut Ui,
    (lines, places): (&[CallLine], &[usize]),
    (toggled, search, chosen): (&BTreeSet<usize>, &str, &str),
) -> Touched {
    let tokens = tokens::of(ui.ctx());
    let mut touched = Touched::default();
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    let mut x = head.left();
    for (title, width) in ["Total", "Flat", "Count"].into_iter().zip(FIGURES) {
        x += width;
        let at = pos2(x - space::S, head.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, title, fonts::small_strong(), tokens.muted);
    }
    let at = pos2(x + BAR + space::M, head.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, "Function", fonts::small_strong(), tokens.muted);
    ui.painter().hline(head.x_range(), head.bottom(), Stroke::new(1.0, tokens.line));
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("call-tree").auto_shrink([false, false]);
    let scrolled = area.show_rows(ui, space::ROW, places.len(), |ui, range| {
        for place in range {
            let Some((at, line)) = places.get(place).and_then(|at| Some((*at, lines.get(*at)?))) else { continue };
            let found = !search.is_empty() && line.name.to_lowercase().contains(search);
            line_ui(ui, (at, line), (is_open(line, at, toggled), found, line.name == chosen), &mut touched);
        }
    });
    content::note(ui, &scrolled);
    touched
}

fn line_ui(
    ui: &mut Ui,
    (at, line): (usize, &CallLine),
    (is_open, is_found, is_chosen): (bool, bool, bool),
    touched: &mut Touched,
) {
    let tokens = tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::click());
    let [total, flat, count] = &line.figures;
    let name = format!("{} · total {total} · flat {flat} · {count}", line.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &name));
    if is_chosen || response.hovered() {
        let over = if is_chosen { tokens.accent.gamma_multiply(0.22) } else { tokens.raised };
        ui.painter().rect_filled(rect, space::RADIUS, over);
    }
    let mut x = rect.left();
    for (text, width) in line.figures.iter().zip(FIGURES) {
        x += width;
        let color = if text == "–" { tokens.muted } else { tokens.text };
        ui.painter().text(pos2(x - space::S, rect.center().y), Align2::RIGHT_CENTER, text, fonts::mono(), color);
    }
    let bar = Rect::from_min_max(
        pos2(x + space::XS, rect.center().y - 5.0),
        pos2(x + BAR - space::XS, rect.center().y + 5.0),
    );
    let part = bar.with_max_x(bar.left() + (bar.width() * line.share.clamp(0.0, 1.0)).max(1.0));
    ui.painter().rect_filled(part, 1.0, lanes::package_color(line.family, tokens.dark));
    let left = x + BAR + space::M + line.depth.min(LEVELS) as f32 * STEP;
    if line.has_children {
        let place = Rect::from_center_size(pos2(left - 2.0, rect.center().y), vec2(18.0, space::ROW));
        let fold = ui.interact(place, ui.scope_id().with(("fold", at)), Sense::click());
        fold.widget_info(|| {
            WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, format!("Callees of {}", line.name))
        });
        let icon = if is_open { icons::UNFOLDED } else { icons::FOLDED };
        glyph(ui, place, icon, fonts::icon_sized(11.0), if fold.hovered() { tokens.text } else { tokens.muted });
        if fold.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            touched.toggled = Some(at);
        }
    }
    let color = if is_found { tokens.outgoing } else { tokens.text };
    let painter = ui.painter_at(rect);
    painter.text(pos2(left + 10.0, rect.center().y), Align2::LEFT_CENTER, &line.name, fonts::body(), color);
    if response.clicked() {
        touched.clicked = Some(at);
    }
    if response.double_clicked() && line.has_children {
        touched.toggled = Some(at);
    }
    response.on_hover_text(&line.hint);
}

#[cfg(test)]
mod tests {
    use super::{CallLine, shown};
    use std::collections::BTreeSet;

    fn line(depth: u32, has_children: bool, is_main: bool) -> CallLine {
        CallLine {
            name: String::new(),
            hint: String::new(),
            figures: Default::default(),
            share: 0.0,
            family: 0,
            depth,
            has_children,
            is_main,
        }
    }

    #[test]
    fn the_main_path_is_unfolded_at_first_and_the_user_folds_as_he_likes() {
        let lines = [
            line(0, true, true),
            line(1, true, true),
            line(2, false, false),
            line(1, true, false),
            line(2, false, false),
        ];
        assert_eq!(shown(&lines, &BTreeSet::new()), [0, 1, 2, 3]);
        assert_eq!(shown(&lines, &BTreeSet::from([1, 3])), [0, 1, 3, 4]);
        assert_eq!(shown(&lines, &BTreeSet::from([0])), [0]);
    }
}
