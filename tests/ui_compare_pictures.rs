//! Pictures of two and of three traces that are compared, drawn on the CPU and held against committed ones, in
//! both themes. How they are compared and made anew: `support/picture.rs`.

use std::path::PathBuf;

use tracelane::action::action::{Action, ComparisonAction, FileAction, PanelAction};
use tracelane::action::panel::Panel;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::comparison::RowKey;
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::theme::tokens;

use crate::fixtures;
use crate::picture;

const BUG: &str = "guessnumber-bug-go1.27.trace";
const FIXED: &str = "guessnumber-fixed-go1.27.trace";

fn real(name: &str) -> PathBuf {
    fixtures::data().join("real").join(name)
}

/// Opens the window with these, the first compared with the others, shows `panel` (and the first row of the changes
/// if so asked), and compares the picture.
fn take(name: &str, (theme, scale): (ThemeChoice, f32), files: &[&str], panel: Panel, row: bool) {
    let mut app = TracelaneApp::new_headless(Settings { theme, animate: false, ..Settings::default() });
    // The least size that the window takes is 720 by 440.
    let size = if scale > 1.0 { [720.0, 460.0] } else { [1100.0, 680.0] };
    let mut window = OffscreenWindow::new(size.into(), scale);
    let mut settle = |app: &mut TracelaneApp, actions: Vec<Action>| {
        for action in actions {
            app.push(action);
        }
        window.settle(|ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    };
    let open = files.iter().enumerate().map(|(at, file)| match at {
        0 => Action::File(FileAction::Open(real(file))),
        1 => Action::Comparison(ComparisonAction::CompareWith(real(file))),
        _ => Action::Comparison(ComparisonAction::AddToComparison(real(file))),
    });
    settle(&mut app, open.collect());
    if row {
        let (pair, [a, b]) = app.state().shown_pair().expect("two traces");
        let found = pair.queries.answer(&pair.query(a, b)).expect("compared");
        let row = RowKey::of(&found.found.changes[0]);
        settle(&mut app, vec![Action::Comparison(ComparisonAction::ShowRow(row))]);
    }
    settle(&mut app, vec![Action::Panel(PanelAction::OpenPanel(panel))]);
    let image = window.paint(tokens::of(window.ctx()).background);
    picture::assert_same(name, &image, &picture::twin(window.shapes()));
}

const DARK: (ThemeChoice, f32) = (ThemeChoice::Dark, 1.0);
const LIGHT: (ThemeChoice, f32) = (ThemeChoice::Light, 1.0);

#[test]
fn changes_in_the_dark() {
    take("compare-changes", DARK, &[BUG, FIXED], Panel::Changes, false);
}

#[test]
fn a_row_beside_itself_in_the_light() {
    take("compare-row-light", LIGHT, &[BUG, FIXED], Panel::Changes, true);
}

#[test]
fn a_series_in_the_dark() {
    take("compare-series", DARK, &[BUG, FIXED, "httpserver-go1.27.trace"], Panel::Series, false);
}

#[test]
fn flames_in_the_light() {
    take("compare-flame-light", LIGHT, &[BUG, FIXED], Panel::DifferenceFlame, false);
}

#[test]
fn side_by_side_on_a_fine_screen() {
    take("compare-both-2x", (ThemeChoice::Dark, 2.0), &["gc-go1.21.trace", "gc-go1.27.trace"], Panel::Both, false);
}

#[test]
fn a_damaged_one_in_the_light() {
    let damaged = "../broken/cut-mid-batch-go1.27.trace";
    take("compare-damaged-light", LIGHT, &["workers-go1.27.trace", damaged], Panel::Changes, false);
}
