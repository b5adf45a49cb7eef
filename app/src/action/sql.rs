//! What actions on the query panel do.

use std::sync::Arc;
use std::time::Duration;

use trace_core::base::monitor::Monitor;

use crate::action::effect::{Effect, notify};
use crate::action::navigate;
use crate::report::view::{TableAction, TableSelection};
use crate::state::app::AppState;
use crate::state::document::{Document, DocumentId};
use crate::state::result_lane::place_of;
use crate::state::settings::Settings;
use crate::state::sql::{HISTORY, LONGEST_KEPT, MOST_SAVED, RunState, SqlAction, SqlConsole, SqlFound, SqlRun, TABLE};

/// Letters of the name of a saved query at most.
const MOST_LETTERS: usize = 60;

/// Applies an action to the query panel of a document.
pub(super) fn apply(state: &mut AppState, id: DocumentId, action: SqlAction) -> Vec<Effect> {
    let Some(document) = state.documents.iter_mut().find(|document| document.id == id) else { return Vec::new() };
    let sql = &mut document.sql;
    match action {
        SqlAction::Text(text) => sql.text = text,
        SqlAction::Put(text) => {
            sql.text = text;
            sql.focus += 1;
        }
        SqlAction::Run(text) => {
            sql.text = text;
            return run(document, &mut state.settings);
        }
        SqlAction::RunText => return run(document, &mut state.settings),
        SqlAction::Stop => stop(sql),
        SqlAction::Found(found) => take(sql, found),
        SqlAction::ShowLane(shown) => {
            let lane = sql.run.as_ref().and_then(|run| run.lane.clone());
            sql.lane = lane.filter(|_| shown);
        }
        SqlAction::GoToRow(selection) => go_to_row(document, selection),
        SqlAction::ToggleTables => sql.hides_tables ^= true,
        SqlAction::ToggleTable(name) => {
            if !sql.unfolded.remove(name) {
                sql.unfolded.insert(name);
            }
        }
        SqlAction::SaveAs(name) => sql.save_as = name,
        SqlAction::Save => return save(state, id),
        SqlAction::RemoveSaved(name) => {
            state.settings.saved_queries.remove(&name);
            return vec![Effect::SaveSettings];
        }
        SqlAction::ClearHistory => {
            state.settings.query_history.clear();
            return vec![Effect::SaveSettings];
        }
    }
    Vec::new()
}

/// Has a worker run what is typed, instead of what it is at.
fn run(document: &mut Document, settings: &mut Settings) -> Vec<Effect> {
    if document.sql.text.trim().is_empty() || !document.is_settled() {
        return Vec::new();
    }
    // What was sorted, filtered and selected belongs to the answer before.
    document.tables.remove(TABLE);
    stop(&mut document.sql);
    let monitor = Monitor::new();
    let sql = &mut document.sql;
    sql.runs += 1;
    let (text, number) = (sql.text.clone(), sql.runs);
    sql.run = Some(SqlRun {
        number,
        sql: text.clone(),
        monitor: monitor.clone(),
        state: RunState::Running,
        table: None,
        is_cut: false,
        elapsed: Duration::ZERO,
        lane: None,
    });
    let (trace, file) = (Arc::clone(&document.trace), document.title());
    let mut effects = vec![Effect::RunSql { document: document.id, trace, file, sql: text.clone(), number, monitor }];
    if text.len() <= LONGEST_KEPT {
        settings.query_history.retain(|known| *known != text);
        settings.query_history.insert(0, text);
        settings.query_history.truncate(HISTORY);
        effects.push(Effect::SaveSettings);
    }
    effects
}

/// Stops the run; what was found by then stays.
fn stop(sql: &mut SqlConsole) {
    if let Some(run) = sql.run.as_mut().filter(|run| run.state == RunState::Running) {
        run.monitor.cancel();
        run.state = RunState::Cancelled;
    }
}

/// Takes what a worker found, unless another run has begun, or this one was stopped.
fn take(sql: &mut SqlConsole, found: SqlFound) {
    let Some(run) = sql.run.as_mut().filter(|run| run.number == found.number && run.state == RunState::Running) else {
        return;
    };
    let SqlFound { number: _, state, table, is_cut, elapsed, lane } = found;
    run.state = state;
    run.table = table.or(run.table.take());
    (run.is_cut, run.elapsed, run.lane) = (is_cut, elapsed, lane);
}

/// Selects a row of the table, and shows its place on the timeline.
fn go_to_row(document: &mut Document, selection: TableSelection) {
    let place = selection.cursor.and_then(|row| place_of(&selection.table, row as usize));
    document.tables.entry(TABLE.to_owned()).or_default().apply(TableAction::Select(selection));
    match place {
        Some((Some(lane), range)) => navigate::go_to_stretch(document, lane, range),
        Some((None, range)) => document.highlight = Some(range),
        None => {}
    }
}

/// Saves what is typed under the name that is typed.
fn save(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(document) = state.documents.iter_mut().find(|document| document.id == id) else { return Vec::new() };
    let typed = document.sql.save_as.take().unwrap_or_default();
    let name: String = typed.trim().chars().filter(|c| !c.is_control()).take(MOST_LETTERS).collect();
    let (text, saved) = (document.sql.text.clone(), &mut state.settings.saved_queries);
    let refusal = match () {
        () if name.is_empty() || text.trim().is_empty() => return Vec::new(),
        () if text.len() > LONGEST_KEPT => "The query is too long to be saved",
        () if saved.len() >= MOST_SAVED && !saved.contains_key(&name) => "Too many saved queries: remove one first",
        () => {
            saved.insert(name.clone(), text);
            notify(state, format!("Saved as {name}"));
            return vec![Effect::SaveSettings];
        }
    };
    notify(state, refusal);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::action::action::Action;
    use crate::action::effect::Effect;
    use crate::action::reduce::reduce;
    use crate::state::app::AppState;
    use crate::state::document::{Document, DocumentId, LoadState, Source};
    use crate::state::sql::{HISTORY, RunState, SqlAction, SqlFound};
    use crate::state::view::View;

    const ID: DocumentId = DocumentId(1);

    fn state() -> AppState {
        let mut document = Document::new(ID, Source::Sample, LoadState::Ready);
        document.view = Some(View::whole(document.trace.range()));
        AppState { documents: vec![document], active: Some(ID), ..AppState::default() }
    }

    fn act(state: &mut AppState, action: SqlAction) -> Vec<Effect> {
        reduce(state, Action::Sql(ID, action))
    }

    #[test]
    fn a_second_run_stops_the_first_and_late_answers_are_dropped() {
        let mut state = state();
        act(&mut state, SqlAction::Run("SELECT 1".to_owned()));
        let first = state.documents[0].sql.run.clone().expect("a run");
        act(&mut state, SqlAction::Run("SELECT 2".to_owned()));
        assert!(first.monitor.is_cancelled());
        let late = SqlFound {
            number: first.number,
            state: RunState::Done,
            table: None,
            is_cut: false,
            elapsed: Duration::ZERO,
            lane: None,
        };
        act(&mut state, SqlAction::Found(late));
        assert!(state.documents[0].sql.is_running());
        act(&mut state, SqlAction::Stop);
        let run = state.documents[0].sql.run.as_ref().expect("a run");
        assert!(run.monitor.is_cancelled() && run.state == RunState::Cancelled);
    }

    #[test]
    fn the_history_has_each_query_once_and_an_end() {
        let mut state = state();
        for number in (0..HISTORY + 10).chain([3, 3]) {
            act(&mut state, SqlAction::Run(format!("SELECT {number}")));
        }
        let history = &state.settings.query_history;
        assert_eq!((history.len(), history[0].as_str(), history[1].as_str()), (HISTORY, "SELECT 3", "SELECT 59"));
        act(&mut state, SqlAction::Run("x".repeat(1 << 20)));
        assert_eq!(state.settings.query_history[0], "SELECT 3", "one that is too long is not kept");
        assert!(act(&mut state, SqlAction::Run("  ".to_owned())).is_empty());
    }

    #[test]
    fn a_query_is_saved_under_a_name() {
        let mut state = state();
        act(&mut state, SqlAction::Text("SELECT 1".to_owned()));
        act(&mut state, SqlAction::SaveAs(Some(" one\n ".to_owned())));
        act(&mut state, SqlAction::Save);
        assert_eq!(state.settings.saved_queries.get("one").map(String::as_str), Some("SELECT 1"));
        act(&mut state, SqlAction::RemoveSaved("one".to_owned()));
        assert!(state.settings.saved_queries.is_empty());
    }
}
