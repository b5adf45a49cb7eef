//! The manual in the window: pages that are written (`assets/manual`), and one for each panel, made of what the panel and
//! its analyses say of themselves.

use egui::text::{LayoutJob, TextFormat};
use egui::{Label, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder};

use crate::action::action::{Actions, PanelAction};
use crate::action::keymap;
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::sheet::Sheet;
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::link::link;
use crate::widget::section::heading;

/// The page that is shown first.
pub const FIRST: &str = "start";

/// A written page: its name, its title, its text.
pub type Page = (&'static str, &'static str, &'static str);

/// The pages that are written.
pub const PAGES: &[Page] = &[
    ("start", "First steps", include_str!("../../../assets/manual/start.md")),
    ("timeline", "The timeline", include_str!("../../../assets/manual/timeline.md")),
    ("selecting", "Selecting time and rows", include_str!("../../../assets/manual/selecting.md")),
    ("searching", "Searching and filtering", include_str!("../../../assets/manual/searching.md")),
    ("querying", "Asking with SQL", include_str!("../../../assets/manual/querying.md")),
    ("moments", "One moment", include_str!("../../../assets/manual/moments.md")),
    ("notes", "Bookmarks and pins", include_str!("../../../assets/manual/notes.md")),
    ("following", "Following a request through services", include_str!("../../../assets/manual/following.md")),
    ("fleet", "Many snapshots", include_str!("../../../assets/manual/fleet.md")),
    ("comparing", "Comparing traces", include_str!("../../../assets/manual/comparing.md")),
];

/// Width of the list of pages, points.
const LIST: f32 = 200.0;

/// Shows a page beside the list of all.
pub fn ui(ui: &mut Ui, state: &AppState, page: &str, actions: &mut Actions) {
    let area = ui.available_rect_before_wrap();
    let edge = area.left() + LIST;
    let part = |ui: &mut Ui, rect: Rect, id: &str| ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id.to_owned()));
    let mut pages = part(ui, area.with_max_x(edge), "pages");
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut pages, |ui| list_ui(ui, page, actions));
    let mut shown = part(ui, area.with_min_x(edge + space::L), page);
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut shown, |ui| {
        ui.set_max_width(space::TEXT_WIDTH.min(ui.available_width()));
        page_ui(ui, state, page, actions);
    });
    ui.allocate_rect(area, Sense::hover());
}

fn list_ui(ui: &mut Ui, page: &str, actions: &mut Actions) {
    let mut entry = |ui: &mut Ui, name: &str, title: &str| {
        if chip(ui, title, name == page).clicked() {
            actions.push(PanelAction::Sheet(Some(Sheet::Manual(name.to_owned()))));
        }
    };
    for (name, title, _) in PAGES {
        entry(ui, name, title);
    }
    heading(ui, "Panels");
    for panel in Panel::ALL.iter().filter(|panel| **panel != Panel::Timeline) {
        entry(ui, panel.info().id, panel.info().title);
    }
}

fn page_ui(ui: &mut Ui, state: &AppState, page: &str, actions: &mut Actions) {
    if let Some((_, _, text)) = PAGES.iter().find(|known| known.0 == page) {
        text_ui(ui, text);
        return;
    }
    let Some(panel) = Panel::ALL.iter().copied().find(|panel| panel.info().id == page) else { return };
    panel_ui(ui, state, panel, actions);
}

/// The page of a panel.
fn panel_ui(ui: &mut Ui, state: &AppState, panel: Panel, actions: &mut Actions) {
    let (info, tokens) = (panel.info(), tokens::of(ui.ctx()));
    ui.label(RichText::new(info.title).font(fonts::title()));
    ui.add_space(space::XS);
    ui.add(Label::new(format!("{}.", info.help)).wrap());
    let key = keymap::text_of_id(info.id, &state.settings);
    if !key.is_empty() {
        ui.label(RichText::new(format!("Key: {key}")).color(tokens.muted));
    }
    for analysis in panel.analyses() {
        let about = analysis.info();
        heading(ui, about.title);
        for paragraph in about.help.split("\n\n") {
            ui.add(Label::new(paragraph).wrap());
            ui.add_space(space::XS);
        }
        let command = format!("On the command line: tracelane {} FILE", about.id);
        ui.label(RichText::new(command).font(fonts::mono_small()).color(tokens.muted));
    }
    ui.add_space(space::S);
    if state.document().is_some_and(|document| document.has_lanes()) && link(ui, "Open this panel").clicked() {
        actions.push(PanelAction::Sheet(None));
        actions.push(PanelAction::OpenPanel(panel));
    }
}

/// Headings, paragraphs and lists, as pages are written.
fn text_ui(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    for block in text.split("\n\n") {
        let block = block.trim();
        if let Some(title) = block.strip_prefix("# ") {
            ui.label(RichText::new(title).font(fonts::title()));
        } else if let Some(title) = block.strip_prefix("## ") {
            heading(ui, title);
        } else if block.starts_with("- ") {
            for item in block.split("\n- ") {
                let item = one_line(item.trim_start_matches("- "));
                ui.add(Label::new(styled(&format!("•  {item}"), tokens)).wrap());
            }
        } else if !block.is_empty() {
            ui.add(Label::new(styled(&one_line(block), tokens)).wrap());
        }
        ui.add_space(space::XS);
    }
}

/// The lines of a paragraph as one, without their indents.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A paragraph with its styles: `` `key X` `` as a key, other code in the monospaced font, `*names of controls*` stronger.
fn styled(text: &str, tokens: &Tokens) -> LayoutJob {
    let format = |font_id, color| TextFormat { font_id, color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 0 {
            for (at, part) in part.split('*').enumerate() {
                let font = if at % 2 == 0 { fonts::body() } else { fonts::strong() };
                job.append(part, 0.0, format(font, tokens.text));
            }
        } else if let Some(key) = part.strip_prefix("key ") {
            job.append(key, 0.0, TextFormat { background: tokens.raised, ..format(fonts::strong(), tokens.text) });
        } else {
            job.append(part, 0.0, format(fonts::mono(), tokens.text));
        }
    }
    job
}

#[cfg(test)]
mod tests {
    use super::{FIRST, PAGES, one_line, styled};
    use crate::action::panel::Panel;
    use crate::theme::tokens;

    #[test]
    fn every_page_has_a_name_of_its_own_and_a_title() {
        let mut names: Vec<&str> = PAGES.iter().map(|page| page.0).collect();
        names.extend(Panel::ALL.iter().map(|panel| panel.info().id).filter(|id| *id != "timeline"));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(PAGES.iter().any(|page| page.0 == FIRST));
        assert!(PAGES.iter().all(|page| page.2.starts_with("# ") && page.2.len() > 200));
    }

    #[test]
    fn lines_of_an_item_are_joined_without_their_indent() {
        assert_eq!(one_line("- Rows,\n  lanes\n  and groups"), "- Rows, lanes and groups");
    }

    #[test]
    fn marks_of_styles_are_not_shown() {
        for (name, _, text) in PAGES {
            let shown = styled(text, &tokens::DARK).text;
            assert!(!shown.contains('`') && !shown.contains("key Ctrl"), "{name}");
            // What stars there are belong to code.
            let in_code: usize = text.split('`').skip(1).step_by(2).map(|code| code.matches('*').count()).sum();
            assert_eq!(shown.matches('*').count(), in_code, "{name}");
        }
    }

    #[test]
    fn keys_that_pages_name_are_those_of_commands() {
        let known: Vec<String> = crate::action::commands::COMMANDS
            .iter()
            .flat_map(|command| command.keys)
            .map(ToString::to_string)
            .collect();
        for (name, _, text) in PAGES {
            for key in text.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("key ")) {
                assert!(known.iter().any(|known| known == key), "{name}: {key}");
            }
        }
    }
}
