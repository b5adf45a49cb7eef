//! The fleet in the window, played through accessible names: a folder of traces and a lake as tables of snapshots and of
//! causes, and the way from a row to the finding in its trace.

use std::fs;
use std::path::{Path, PathBuf};

use tracelane::action::fleet_action::FleetAction;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::fleet::{Fleet, FleetStage};
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::theme::tokens;

use crate::fixtures;
use crate::picture;
use crate::run;
use crate::window::Window;

/// Traces with a finding that is more than a note, one without, and a file that is no trace.
const TRACES: [(&str, &str); 3] = [
    ("desk", "guessnumber-bug-go1.27.trace"),
    ("desk", "guessnumber-fixed-go1.27.trace"),
    ("shop", "sync-go1.27.trace"),
];

/// A folder of snapshots of two services.
fn folder(at: &Path) -> PathBuf {
    let folder = at.join("snapshots");
    for (service, name) in TRACES {
        let of = folder.join(format!("service={service}"));
        fs::create_dir_all(&of).expect("made");
        fs::copy(fixtures::data().join("real").join(name), of.join(name)).expect("copied");
    }
    fs::write(folder.join("broken.trace"), "no trace").expect("written");
    folder
}

fn fleet(window: &Window) -> &Fleet {
    window.0.state().state().fleet.as_ref().expect("a fleet")
}

fn open(folder: &Path) -> Window {
    let mut window = Window::empty();
    window.act(FleetAction::Open(folder.to_path_buf()));
    window
}

#[test]
fn a_folder_is_a_table_of_snapshots_and_of_causes_that_lead_to_their_traces() {
    let place = tempfile::tempdir().expect("a folder");
    let mut window = open(&folder(place.path()));
    let tables = fleet(&window).tables.clone().expect("read");
    assert_eq!(tables.rows.len(), 4);
    assert!(window.shows("4 snapshots of 3 services"), "{:?}", window.words());
    assert!(window.shows("1 with problems"));
    let bug = tables.rows.iter().find(|row| row.snapshot.file.ends_with(TRACES[0].1)).expect("a snapshot");
    let worst = bug.worst.clone().expect("a finding");
    assert!(window.shows(&worst.headline));
    window.press("By cause");
    assert!(fleet(&window).by_cause);
    // The cause that costs most leads to its newest snapshot, with that finding in front.
    let cause = tables.cause_rows.first().expect("a cause").clone();
    window.press(&cause.example.headline);
    assert!(!fleet(&window).is_shown);
    assert_eq!(window.document().file(), Some(cause.newest.as_path()));
    assert_eq!(window.document().finding, Some(cause.example.rank - 1));
    assert!(window.shows(&cause.example.headline));
    // And back: as it was left.
    window.press_named("Fleet");
    assert!(fleet(&window).is_shown && window.shows("By cause"));
    window.press("By snapshot").press(&worst.headline);
    assert_eq!(window.document().file(), Some(bug.snapshot.file.as_path()));
    assert_eq!(window.document().finding, Some(0));
    window.act(FleetAction::Show(true)).press("Close the fleet");
    assert!(window.0.state().state().fleet.is_none());
}

#[test]
fn a_lake_is_shown_likewise_and_what_is_none_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let (traces, lake) = (folder(place.path()), place.path().join("lake"));
    let words = ["export", "--parquet", &lake.to_string_lossy(), &traces.to_string_lossy()].map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run::tracelane(&words).status.code(), Some(3));
    let of_folder = fleet(&open(&traces)).tables.clone().expect("read");
    let of_lake = fleet(&open(&lake)).tables.clone().expect("read");
    assert_eq!((&of_lake.rows, &of_lake.cause_rows), (&of_folder.rows, &of_folder.cause_rows));
    let missing = open(&place.path().join("nothing"));
    assert!(matches!(fleet(&missing).stage, FleetStage::Failed(_)));
    assert!(missing.shows("is no folder"));
}

#[test]
fn the_fleet_looks_as_it_should() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = folder(place.path());
    // Dates that files were copied on are others each time.
    fs::remove_file(folder.join("broken.trace")).expect("removed");
    for (name, theme, by_cause) in
        [("fleet-snapshots", ThemeChoice::Dark, false), ("fleet-causes-light", ThemeChoice::Light, true)]
    {
        let mut app = TracelaneApp::new_headless(Settings { theme, animate: false, ..Settings::default() });
        let mut window = OffscreenWindow::new([1280.0, 360.0].into(), 1.0);
        for action in [FleetAction::Open(folder.clone()), FleetAction::ByCause(by_cause)] {
            app.push(action);
            window.settle(|ui| {
                app.logic(ui.ctx());
                app.ui(ui);
            });
        }
        let image = window.paint(tokens::of(window.ctx()).background);
        picture::assert_same(name, &image, &picture::twin(window.shapes()));
    }
}
