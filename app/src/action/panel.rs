//! The one list of panels. Menus, shortcuts, the command line and the dock are made from it.

use serde::{Deserialize, Serialize};

use crate::action::keys::{Chord, Key};
use crate::action::menu::Group;
use crate::report::analyses::{ALL, Analysis};

/// What a panel needs to have something to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A trace with lanes on show.
    Trace,
    /// A selection, after the first of which it stays.
    Selection,
    /// Two traces that are compared.
    Comparison,
    /// A row of what changed between two traces.
    Row,
    /// Three compared traces or more.
    Series,
    /// The traces of several services, opened as one session.
    Session,
}

/// Where a panel opens: next to those it belongs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In the middle, where the timeline is.
    Centre,
    /// At the right, above.
    RightTop,
    /// At the right, below.
    RightBottom,
    /// Below the timeline, over the whole width.
    Bottom,
}

/// What is known of a panel.
#[derive(Clone, Copy)]
pub struct Info {
    /// Its name on the command line, which is that of the command that prints the same, if there is one.
    pub id: &'static str,
    /// What the window calls it.
    pub title: &'static str,
    /// One sentence more, in tooltips and the manual.
    pub help: &'static str,
    /// What must be on show for it to open.
    pub needs: Needs,
    /// Where it opens, until the user moves it.
    pub home: Home,
    /// The menu that has it; `None` if what the user does with something else opens it.
    pub menu: Option<Group>,
    /// The keys that open it.
    pub keys: &'static [Chord],
}

/// Defines [`Panel`] from a table: the names in it are stored with the arrangement of panels and must stay.
macro_rules! panels {
    ($($name:ident: $info:expr;)+) => {
        /// A panel. Stored by name: names must stay.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Panel {
            $(#[doc = "See its [`Panel::info`]."] $name,)+
        }

        impl Panel {
            /// All of them, in the order of menus.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What is known of it.
            #[must_use]
            pub const fn info(self) -> Info {
                match self {
                    $(Self::$name => {
                        const INFO: Info = $info;
                        INFO
                    })+
                }
            }
        }
    };
}

panels! {
    Timeline: Info { home: Home::Centre, menu: None, ..about("timeline", "Timeline", "What happened on every lane") };

    Details: selected("details", "Details", "The selected span, goroutine, task or time").at(Home::RightTop).key(&[digit('1')]);
    Stacks: selected("stacks", "Stacks", "Where the span began and ended in the code").key(&[digit('2')]);
    Flows: selected("flows", "Flows", "What made the selection runnable, and what it created or unblocked").key(&[digit('3')]);
    Events: selected("events", "Events", "Every event of the selection").key(&[digit('4')]);
    Spans: selected("spans", "Spans", "Every span of the lane").at(Home::RightTop).key(&[digit('5')]);
    Warnings: Info { menu: Some(Group::Panels), ..about("warnings", "Warnings", "Damage found while loading") }
        .key(&[digit('6')]);

    Findings: about("report", "Findings", "What probably costs the program its time").key(&[digit('7')]);
    Selection: about("selection", "Selection", "What happened in the selected time, on the selected rows");
    Bookmarks: about("bookmarks", "Bookmarks", "Places in this trace with notes").menu(Group::Panels);
    Instant: Info { menu: None, ..about("instant", "Instant", "Everything at one moment") };
    WaitChain: about("why", "Wait chain", "Where the time of the selected span went")
        .key(&[digit('8')]);
    BlockedBy: about("blocked", "Blocked by", "What blocked goroutines, by the place where they waited")
        .key(&[digit('9')]);
    Locks: about("locks", "Locks", "Locks inferred from wakeups: holders and queues");
    Goroutines: about("goroutines", "Goroutines", "Where goroutines' time went, by start function")
        .key(&[digit('0')]);
    Profile: about("profile", "Blocking profile", "Time lost by waiting, by stack, as table and flame graph");
    Samples: about("samples", "CPU samples", "Where processor time went, by stack");
    Mutator: about("mmu", "Mutator utilisation", "What the GC leaves to the program, and the worst windows");
    Latency: about("latency", "Scheduler latency", "How long goroutines waited for a proc, and what was running instead");
    Procs: about("procs", "Procs and threads", "What procs and threads were used for");
    Syscalls: about("syscalls", "System calls", "Which system calls, how long, and which cost their proc");
    Population: about("population", "Goroutines alive", "Goroutines alive over time, by creation stack; leak suspects");
    Collector: about("gc", "GC cycles and pauses", "Every GC cycle, and every STW pause");
    Tasks: about("tasks", "Tasks and regions", "Tasks and regions by type, slowest first")
        .key(&[Chord::plain(Key::Char('Q'))]);

    Query: about("query", "Query", "Questions in SQL about this trace: tables, ready queries, answers as a table or a lane")
        .key(&[Chord::ctrl(Key::Char('E'))]);

    Changes: compared("compare", "Changes", "What changed from A to B, ranked").key(&[Chord::plain(Key::Char('C'))]);
    DifferenceFlame:
        compared("difference-flame", "Difference flame graph", "Where time became more or less, by stack");
    Both: compared("both", "Side by side", "States, goroutines, heap and findings of both");
    Series: Info { needs: Needs::Series, ..compared("series", "Series", "Three traces and more, a column each") };
    Difference: Info { needs: Needs::Row, menu: None, ..compared("difference", "Difference", "More of a changed row") }
        .at(Home::RightTop);

    Requests: of_session("requests", "Requests", "Every request of the session, and where its time went");
    Request: of_session("request", "Request", "Where the time of the shown request went, through all services");
    SessionFindings: of_session(
        "session-findings",
        "Session findings",
        "Where the slowest requests' time went, and what was found in each service",
    );
    Services: of_session("services", "Services", "The files of the session, their names and their clocks");
    ServiceMap: of_session("service-map", "Service map", "Which service called which, how often and how long");

    Find: Info { menu: None, ..about("find", "Find", "Functions, goroutines, tasks and logs by name") };
    Source: Info { menu: None, ..about("source", "Source", "The source code of a frame") };
}

const fn digit(digit: char) -> Chord {
    Chord::plain(Key::Char(digit))
}

/// A panel about the whole trace or a part of it.
const fn about(id: &'static str, title: &'static str, help: &'static str) -> Info {
    let (home, menu) = (Home::Bottom, Some(Group::Analyses));
    Info { id, title, help, needs: Needs::Trace, home, menu, keys: &[] }
}

/// A panel about the selection.
const fn selected(id: &'static str, title: &'static str, help: &'static str) -> Info {
    let (home, menu) = (Home::RightBottom, Some(Group::Panels));
    Info { needs: Needs::Selection, home, menu, ..about(id, title, help) }
}

/// A panel about two traces.
const fn compared(id: &'static str, title: &'static str, help: &'static str) -> Info {
    Info { needs: Needs::Comparison, menu: Some(Group::Compare), ..about(id, title, help) }
}

/// A panel about a session.
const fn of_session(id: &'static str, title: &'static str, help: &'static str) -> Info {
    Info { needs: Needs::Session, menu: Some(Group::Session), ..about(id, title, help) }
}

impl Info {
    const fn at(self, home: Home) -> Self {
        Self { home, ..self }
    }

    const fn menu(self, menu: Group) -> Self {
        Self { menu: Some(menu), ..self }
    }

    const fn key(self, keys: &'static [Chord]) -> Self {
        Self { keys, ..self }
    }
}

impl Panel {
    /// What the window calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.info().title
    }

    /// The analyses whose reports it shows, in the order of the registry: those that name it.
    #[must_use]
    pub fn analyses(self) -> Vec<&'static dyn Analysis> {
        let id = self.info().id;
        ALL.iter().copied().filter(|analysis| analysis.info().panel_id() == id).collect()
    }

    /// The panel with this name on the command line, or this title; in any case, and spaces may be dashes.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let title = text.replace('-', " ");
        let is_it = |info: Info| info.id.eq_ignore_ascii_case(text) || info.title.eq_ignore_ascii_case(&title);
        Self::ALL.iter().copied().find(|panel| is_it(panel.info()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use std::sync::Arc;

    use trace_core::analysis::scope::Scope;
    use trace_core::base::monitor::Monitor;
    use trace_core::model::trace::Trace;

    use super::Panel;
    use crate::report::analyses::{self, Ask};

    #[test]
    fn every_analysis_has_exactly_one_panel() {
        let shown: Vec<_> = Panel::ALL.iter().flat_map(|panel| panel.analyses()).map(|one| one.info().id).collect();
        for analysis in analyses::ALL {
            let id = analysis.info().id;
            assert_eq!(shown.iter().filter(|known| **known == id).count(), 1, "{id}");
        }
    }

    #[test]
    fn a_panel_is_titled_as_its_analyses() {
        for panel in Panel::ALL {
            let title = panel.title().to_lowercase();
            let titles: Vec<String> = panel.analyses().iter().map(|one| one.info().title.to_lowercase()).collect();
            // A panel of several is called as the first of them, or by the last word of each: "GC cycles and pauses".
            let has_all = titles.iter().all(|one| title.contains(one.rsplit(' ').next().unwrap_or(one)));
            assert!(titles.is_empty() || titles[0] == title || titles.len() > 1 && has_all, "{title}: {titles:?}");
        }
    }

    #[test]
    fn titles_have_no_parentheses() {
        let all = analyses::ALL
            .iter()
            .flat_map(|analysis| [*analysis].into_iter().chain(analysis.appended().iter().copied()));
        let trace = Arc::new(Trace::default());
        let ask = Ask::about(Scope::whole(&trace));
        let mut titles: Vec<String> = Panel::ALL.iter().map(|panel| panel.title().to_owned()).collect();
        for analysis in all {
            titles.push(analysis.info().title.to_owned());
            let report = analysis.run(&trace, &ask, &Monitor::new()).expect("not cancelled");
            for table in &report.tables {
                titles.push(table.title.clone());
                titles.extend(table.columns.iter().map(|column| column.title.clone().into_owned()));
            }
        }
        titles.retain(|title| title.contains('('));
        assert_eq!(titles, Vec::<String>::new());
    }

    #[test]
    fn a_panel_is_named_as_the_command_that_prints_the_same() {
        let mut names = HashSet::new();
        for panel in Panel::ALL {
            let info = panel.info();
            assert!(names.insert(info.id) && names.insert(info.title), "{panel:?} is named as another");
            if let Some(first) = panel.analyses().first() {
                assert_eq!(info.id, first.info().id);
            }
            assert_eq!(Panel::named(&info.id.to_uppercase()), Some(*panel));
            assert_eq!(Panel::named(&info.title.replace(' ', "-")), Some(*panel));
        }
    }
}
