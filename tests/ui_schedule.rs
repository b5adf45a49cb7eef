//! The panels about procs, threads, system calls, waits for a proc and the population, played through their
//! accessible names on real traces: they open, say what they should, and a click leads to the place.

use trace_core::analysis::latency::ReadyWait;
use trace_core::base::ids::GoIx;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::action::commands::panels;
use tracelane::state::study::{Answer, Question};

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn worst(window: &Window) -> ReadyWait {
    match window.answer(&Question::Latency(window.document().scope())) {
        Answer::Latency(found) => found.all.worst[0],
        _ => panic!("no latency"),
    }
}

#[test]
fn waits_for_a_proc_unfold_and_lead_to_their_lanes() {
    let mut window = Window::open(WORKERS, panels::LATENCY);
    let wait = worst(&window);
    assert!(window.shows("waits,") && window.shows("longest"), "{:?}", window.words());
    window.press("Longest waits").press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    window.press("By goroutine");
    let Answer::LatencyOfEach(each) = window.answer(&Question::LatencyOfEach(window.document().scope(), 1_000)) else {
        panic!("no goroutines")
    };
    let Answer::Latency(all) = window.answer(&Question::Latency(window.document().scope())) else { panic!("none") };
    assert_eq!(each.iter().map(|one| one.waits.total).sum::<u64>(), all.all.waits.total, "parts sum to the whole");
    assert!(each.is_sorted_by(|one, next| one.waits.total >= next.waits.total));
    let first = each[0].go;
    let title = tracelane::fmt::name::goroutine(&window.document().trace, first);
    window.press(&format!("{title} ·"));
    assert_eq!(window.lane(), Some(LaneId::Goroutine(first)));
    window.press("By function");
    let name = window.document().trace.goroutine_name(wait.go).expect("a name").1;
    let name = tracelane::fmt::name::function(window.document().trace.str(name)).to_owned();
    window.press(&format!("{name} ·")).press("made them runnable").press("Sort by Longest");
}

#[test]
fn who_had_the_procs_is_told_for_all_and_for_one_wait() {
    let mut window = Window::open(WORKERS, panels::LATENCY);
    let wait = worst(&window);
    window.press("Who had the procs");
    let Answer::Antagonists(all) = window.answer(&Question::Antagonists(window.document().scope())) else {
        panic!("no antagonists");
    };
    assert!(all.functions.len() > 1 && window.shows("of proc time"));
    assert!(!window.shows("in the selected wait"), "nothing is selected");
    let span = window.document().trace.span_at(LaneId::Goroutine(wait.go), wait.range.start).expect("the wait");
    assert_eq!(span.state, GoState::Runnable);
    window.act(Action::SelectSpan(span.at)).press("in the selected wait");
    let Answer::Antagonists(found) = window.answer(&Question::AntagonistsOf(wait.range)) else { panic!("none") };
    assert_eq!(found.ready, wait.nanos);
    assert!(window.shows("the selected wait"));
}

#[test]
fn procs_and_threads_tell_their_use_and_lead_to_their_lanes() {
    let mut window = Window::open("real/sysio-go1.27.trace", panels::PROCS);
    assert!(window.shows("GOMAXPROCS"), "{:?}", window.words());
    window.press("P0 ·");
    assert!(matches!(window.lane(), Some(LaneId::Proc(_))));
    window.press("Threads").press("M");
    assert!(window.shows("Busy threads"));
    window.press("Idle while");
    let range = window.document().scope_range();
    let Answer::Procs(found) = window.answer(&Question::Procs(range)) else { panic!("no procs") };
    let idle = found.idle_while_ready.clone();
    assert!(idle.count > 0 && window.shows("Some proc idled"), "{:?}", window.words());
    let longest = tracelane::fmt::time::duration(idle.worst[0].nanos());
    window.press(&format!("{longest} ·"));
    assert_eq!(window.document().marked, Some(idle.worst[0]));
}

#[test]
fn system_calls_tell_which_were_blocking() {
    let mut window = Window::open("real/sysio-go1.27.trace", panels::SYSCALLS);
    assert!(window.shows("Blocking") && window.shows("syscall."), "{:?}", window.words());
    window.press("By stack").press("Longest calls").press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    let mut window = Window::open("real/empty-go1.27.trace", panels::SYSCALLS);
    window.act(Action::SetScope(tracelane::state::scope::ScopeChoice {
        whom: trace_core::analysis::scope::Whom::One(GoIx(100_000)),
        ..Default::default()
    }));
    assert!(window.shows("No system call"), "{:?}", window.words());
}

#[test]
fn the_population_is_a_plot_and_a_table_and_suspects_are_judged() {
    let mut window = Window::open("real/manygoroutines-go1.27.trace", panels::POPULATION);
    assert!(window.shows("Goroutines alive") && window.shows("at most"), "{:?}", window.words());
    window.press("Sort by Created");
    window.press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    window.press("Leak suspects");
    let Answer::Leaks(found) = window.answer(&Question::Leaks(window.document().scope())) else { panic!("no leaks") };
    assert!(!found.is_empty() && window.shows("leak"), "{:?}", window.words());
}

#[test]
fn samples_show_lines_and_who_was_running() {
    let mut window = Window::open("real/cpuprofile-go1.27.trace", panels::SAMPLES);
    window.press("Lines");
    assert!(window.shows(".go:"), "{:?}", window.words());
    window.press("Goroutines");
    assert!(window.shows("Sort by") || window.shows("main."), "{:?}", window.words());
}

#[test]
fn a_probable_lock_says_that_it_is_inferred_and_leads_to_its_holder() {
    let mut window = Window::open("real/guessnumber-bug-go1.27.trace", panels::LOCKS);
    assert!(window.shows("inferred") && window.shows("sync.(*Mutex).Lock"), "{:?}", window.words());
    window.press("main.main.func2 (main.go:70)");
    let holder = window.document().trace.goroutine_by_id(trace_core::base::ids::GoId(13)).expect("the holder");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(holder)), "a click leads there");
}
