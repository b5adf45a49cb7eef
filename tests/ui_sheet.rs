//! The sheet with settings, colours, manual and About; maximised panels, layouts and searches that are kept; the tour.

use egui::Key;
use tracelane::action::action::{Action, FileAction, PanelAction, SettingsAction};
use tracelane::action::commands::by_id;
use tracelane::action::panel::Panel;
use tracelane::state::document::Source;
use tracelane::state::search::SearchAction;
use tracelane::state::settings::ThemeChoice;
use tracelane::state::sheet::Sheet;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn carry_out(window: &mut Window, id: &str) {
    let action = by_id(id).and_then(|command| command.action(window.0.state().state())).expect("it makes sense");
    window.act(action);
}

#[test]
fn settings_are_changed_on_the_sheet_and_escape_closes_it() {
    let mut window = Window::empty();
    carry_out(&mut window, "settings");
    assert!(window.shows("Interface size") && window.shows("Cache large traces"), "{:?}", window.words());
    window.press_named("Dark");
    assert_eq!(window.0.state().state().settings.theme, ThemeChoice::Dark);
    window.press_named("Colours");
    assert!(window.shows("Mark assist") && window.shows("Waiting for the network"));
    window.press_named("About");
    assert!(window.shows(concat!("Tracelane ", env!("CARGO_PKG_VERSION"))));
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(window.0.state().state().sheet.is_none());
}

#[test]
fn every_page_of_the_manual_shows() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    carry_out(&mut window, "manual");
    assert!(window.shows("First steps"));
    for (name, title, _) in tracelane::shell::manual::PAGES {
        window.act(PanelAction::Sheet(Some(Sheet::Manual((*name).to_owned()))));
        assert!(window.shows(title), "{name}");
    }
    for panel in Panel::ALL.iter().filter(|panel| **panel != Panel::Timeline) {
        window.act(PanelAction::Sheet(Some(Sheet::Manual(panel.info().id.to_owned()))));
        assert!(window.shows(&format!("{}.", panel.info().help)), "{panel:?}");
    }
    window.act(PanelAction::Sheet(Some(Sheet::Manual("latency".to_owned()))));
    window.press_as(egui::accesskit::Role::Link, "Open this panel");
    assert!(window.0.state().state().sheet.is_none() && window.document().fronts.contains(&"latency"));
}

#[test]
fn a_panel_is_maximised_and_restored() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.press("Maximise the panel");
    assert!(window.0.state().state().maximised.is_some());
    assert!(window.shows("Restore the panel") && !window.shows("Whole trace frame"));
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(window.0.state().state().maximised.is_none() && window.shows("Overview of the whole trace"));
    window.act(PanelAction::Maximise(Some(Panel::Goroutines))).act(PanelAction::OpenPanel(Panel::Locks));
    assert!(window.0.state().state().maximised.is_none(), "another panel is to be seen");
}

#[test]
fn layouts_are_kept_under_names() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.act(PanelAction::SetDock(Some("as it is".to_owned()))).act(PanelAction::NameLayout("  mine ".to_owned()));
    window.act(PanelAction::SaveLayout);
    let layouts = &window.0.state().state().settings.layouts;
    assert_eq!(layouts.get("mine").map(String::as_str), Some("as it is"));
    window.act(PanelAction::ResetPanels);
    assert!(window.0.state().state().settings.dock.is_none());
    window.act(PanelAction::UseLayout("mine".to_owned()));
    assert!(window.shows("Layout: mine"));
    window.act(PanelAction::RemoveLayout("mine".to_owned()));
    assert!(window.0.state().state().settings.layouts.is_empty());
}

#[test]
fn searches_are_kept() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let id = window.document().id;
    window.act(Action::Search(id, SearchAction::Text("state:blocked".to_owned())));
    window.press("Keep this search");
    assert_eq!(window.0.state().state().settings.searches, ["state:blocked"]);
    window.act(SettingsAction::ToggleSearch("state:blocked".to_owned()));
    assert!(window.0.state().state().settings.searches.is_empty());
}

#[test]
fn the_tour_opens_the_sample_and_leads_through_it() {
    let mut window = Window::empty();
    carry_out(&mut window, "tour");
    assert_eq!(window.document().source, Source::Sample);
    let mut steps = 1;
    while window.shows("Step ") {
        assert!(window.0.state().state().tour.is_some_and(|tour| tour.is_done), "step {steps}");
        let is_last = window.0.state().state().tour.is_some_and(|tour| tour.step == 5);
        window.press_named(if is_last { "End the tour" } else { "Next" });
        steps += 1;
        assert!(steps < 20);
    }
    assert_eq!(steps, 7);
    window.act(FileAction::OpenSample);
    assert!(!window.shows("Step 1 of"));
}
