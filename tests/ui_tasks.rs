//! User tasks as lanes: by type on packed rows, with subtasks where a row is expanded; what a click, a double click and
//! the pointer do there, and what the panel of details says of a task.

use egui::accesskit::Role;
use egui::{Event, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::TaskIdx;
use trace_core::base::time::TimeRange;
use tracelane::action::action::{RowsAction, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::state::query::ask;
use tracelane::state::row::RowKind;
use tracelane::state::section::Section;
use tracelane::state::view::Selection;

use crate::window::Window;

/// A task per request, of four types, with a message each.
const REQUESTS: &str = "real/httpserver-go1.27.trace";
/// Tasks nested, handed over, begun before the trace and never ended.
const NESTED: &str = "real/tasks-go1.27.trace";

fn task_named(window: &Window, name: &str) -> TaskIdx {
    let trace = &window.document().trace;
    let is_it = |idx: &TaskIdx| trace.task(*idx).is_some_and(|task| trace.str(task.name) == name);
    (0..trace.task_count()).map(TaskIdx).find(is_it).unwrap_or_else(|| panic!("no task {name}"))
}

fn kinds(window: &Window) -> Vec<RowKind> {
    window.document().layout().rows_between(0.0, f64::INFINITY).map(|row| row.kind).collect()
}

/// The middle of a task's bar on screen.
fn on_task(window: &Window, task: TaskIdx) -> Pos2 {
    let document = window.document();
    let lanes = window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect();
    let (view, row) = (document.view.expect("a view"), document.layout().row_of_task(task).expect("a row"));
    let life = trace_core::analysis::tasks::life(&document.trace, &document.trace.task(task).expect("the task"));
    let middle = (life.start.0 as f64 + life.end.0 as f64) / 2.0;
    let x = f64::from(lanes.left()) + (middle - view.start_nanos) / view.span_nanos * f64::from(lanes.width());
    pos2(x as f32, lanes.top() + (row.top - view.scroll_points) as f32 + 14.0)
}

fn click(window: &mut Window, at: Pos2, times: u32) {
    window.0.hover_at(at);
    window.0.run();
    // The harness takes a quarter of a second for a frame.
    window.0.ctx.options_mut(|options| options.input_options.max_double_click_delay = 10.0);
    for _ in 0..times {
        for pressed in [true, false] {
            let modifiers = Modifiers::NONE;
            let event = Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers };
            window.0.event(event);
        }
    }
    window.0.run();
}

#[test]
fn tasks_come_first_and_only_where_there_are_some() {
    let window = Window::open(REQUESTS, Panel::Details);
    let kinds = kinds(&window);
    assert_eq!(kinds[..2], [RowKind::Heading(Section::Tasks), RowKind::TaskGroup(0)]);
    assert!(window.shows("/sleep, 9 tasks") && window.shows("/fanout, 9 tasks"), "{:?}", window.words());
    let without = Window::open("real/sync-go1.27.trace", Panel::Details);
    assert_eq!(without.document().trace.task_count(), 0);
    assert_eq!(self::kinds(&without)[0], RowKind::Heading(Section::Goroutines));
    assert!(without.0.query_by_role_and_label(Role::DisclosureTriangle, "Tasks").is_none());
}

#[test]
fn tasks_that_do_not_overlap_share_a_row() {
    let window = Window::open(REQUESTS, Panel::Details);
    let (trace, tasks) = (&window.document().trace, window.document().rows.tasks());
    for row in 0..tasks.groups().row_count() {
        let lives: Vec<TimeRange> = tasks
            .alive_on(row, 0, trace.range())
            .map(|idx| trace_core::analysis::tasks::life(trace, &trace.task(idx).expect("a task")))
            .collect();
        assert!(lives.windows(2).all(|two| two[0].end <= two[1].start), "row {row}: {lives:?}");
    }
    assert_eq!(tasks.groups().row_count(), 9, "36 tasks");
}

#[test]
fn a_click_selects_a_task_and_its_details_say_what_belongs_to_it() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let task = task_named(&window, "/sleep");
    let at = on_task(&window, task);
    click(&mut window, at, 1);
    assert_eq!(window.document().selection, Selection::Task(task));
    for words in ["/sleep", "Task 1", "Begun by", "Time in its regions", "1 region", "2 messages", "GET"] {
        assert!(window.shows(words), "{words}: {:?}", window.words());
    }
    window.press_as(Role::Link, "Why it took this long");
    let (go, range) = window.document().chain_target().expect("whose time");
    assert_eq!(go, window.document().trace.task(task).expect("the task").go);
    window.answer(&ask::WaitChain(go, range));
    window.0.key_press(egui::Key::ArrowRight);
    window.0.run();
    window.act(SelectAction::StepSpan(1));
    assert_ne!(window.document().selection, Selection::Task(task), "the next of its type");
    assert!(matches!(window.document().selection, Selection::Task(_)));
    window.act(SelectAction::ClearSelection);
    assert_eq!(window.document().selection, Selection::None);
}

#[test]
fn a_double_click_zooms_to_a_task_and_rows_without_tasks_hide() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let task = task_named(&window, "/sleep");
    let before = kinds(&window);
    let at = on_task(&window, task);
    click(&mut window, at, 2);
    let life = {
        let trace = &window.document().trace;
        trace_core::analysis::tasks::life(trace, &trace.task(task).expect("the task"))
    };
    let view = window.document().view.expect("a view").range();
    assert!(view.contains(life.start) && view.contains(life.end) && view.nanos() < 2 * life.nanos(), "{view:?}");
    let of_tasks = |kinds: &[RowKind]| kinds.iter().filter(|kind| matches!(kind, RowKind::Tasks(_))).count();
    assert!(of_tasks(&kinds(&window)) < of_tasks(&before));
    assert!(window.document().layout().hidden(Section::Tasks) > 0);
    window.act(RowsAction::ToggleIdleRows);
    assert_eq!(of_tasks(&kinds(&window)), of_tasks(&before));
}

#[test]
fn the_pointer_says_what_a_task_is() {
    let mut window = Window::open(NESTED, Panel::Details);
    let at = on_task(&window, task_named(&window, "serve"));
    window.0.hover_at(at);
    window.0.run();
    for words in ["Task serve (3)", "Subtask of", "order (2)", "Duration"] {
        assert!(window.shows(words), "{words}: {:?}", window.words());
    }
}

#[test]
fn a_row_shows_subtasks_when_it_is_expanded() {
    let mut window = Window::open(NESTED, Panel::Details);
    let order = task_named(&window, "order");
    let height = |window: &Window| window.document().layout().row_of_task(order).expect("a row").height;
    let (folded, named) = (height(&window), named(&window, "task serve (3)"));
    window.press_as(Role::DisclosureTriangle, "Subtasks of order (2)");
    assert!(height(&window) > folded);
    assert_eq!(self::named(&window, "task serve (3)"), named + 1, "once more below its parent");
    let below = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    assert!(below.filter(|name| name.starts_with("task cook")).count() >= 8);
    window.press_as(Role::DisclosureTriangle, "Subtasks of order (2)");
    assert_eq!(height(&window), folded);
}

fn named(window: &Window, part: &str) -> usize {
    let names = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    names.filter(|name| name.contains(part)).count()
}

#[test]
fn tasks_without_both_ends_say_so() {
    let mut window = Window::open(NESTED, Panel::Details);
    assert!(window.shows("task (unnamed) (1) at least "), "{:?}", window.words());
    let open = task_named(&window, "child of an ended task, never ended");
    window.act(SelectAction::GoToTask(open));
    assert!(window.shows("not in the trace") && window.shows("at least"), "{:?}", window.words());
}

#[test]
fn types_fold_and_a_task_that_is_gone_to_unfolds_its_own() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let task = task_named(&window, "/sum");
    window.press_as(Role::DisclosureTriangle, "/sum, 9 tasks");
    let row = |window: &Window| window.document().layout().row_of_task(task).expect("a row").kind;
    assert!(matches!(row(&window), RowKind::TaskGroup(_)));
    window.act(SelectAction::GoToTask(task));
    assert!(matches!(row(&window), RowKind::Tasks(_)));
    window.press_as(Role::DisclosureTriangle, "Tasks");
    assert_eq!(row(&window), RowKind::Heading(Section::Tasks));
}
