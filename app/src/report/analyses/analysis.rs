//! What an analysis is: a question about a trace that is answered by a report.

use std::sync::Arc;

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::report::report::Report;

/// Rows that the window lists at most where each costs time and memory.
pub const LISTED: usize = 10_000;

/// What the scope of an analysis may be chosen by: an option of the command each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeOption {
    /// A stretch of time.
    Range,
    /// One goroutine, by its id.
    Goroutine,
    /// Goroutines with a start function.
    Function,
    /// A task, or tasks of a type.
    Task,
    /// Regions of a type.
    Region,
}

impl ScopeOption {
    /// Those of an analysis of goroutines.
    pub const ALL: &[Self] = &[Self::Range, Self::Goroutine, Self::Function, Self::Task, Self::Region];
    /// Those of an analysis of the whole program.
    pub const RANGE: &[Self] = &[Self::Range];

    /// The option's name without its dashes.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Goroutine => "goroutine",
            Self::Function => "function",
            Self::Task => "task",
            Self::Region => "region",
        }
    }
}

/// What an analysis is about: the heading that lists of commands have it under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The trace as a whole, or what is selected of it.
    Overview,
    /// What goroutines wait for.
    Waiting,
    /// Goroutines, tasks, regions and logs.
    Goroutines,
    /// Procs, threads and system calls.
    Scheduler,
    /// The garbage collector: cycles, pauses, what they leave.
    Gc,
}

impl Topic {
    /// The heading, in lists of commands.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Waiting => "Waiting",
            Self::Goroutines => "Goroutines and tasks",
            Self::Scheduler => "Scheduler",
            Self::Gc => "GC",
        }
    }
}

/// What is known of an analysis without a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The command's name, and the stable name of the panel.
    pub id: &'static str,
    /// What the window calls it.
    pub title: &'static str,
    /// The id of the panel that shows it with others; empty for a panel of the same id.
    pub panel: &'static str,
    /// What it is about, for lists of commands.
    pub topic: Topic,
    /// One line for lists of commands.
    pub about: &'static str,
    /// Paragraphs for its help, each wrapped by whoever shows it.
    pub help: &'static str,
    /// What its scope may be chosen by.
    pub scope: &'static [ScopeOption],
    /// What may be chosen beside the scope.
    pub choices: &'static [Choice],
    /// What may be typed beside the scope.
    pub fields: &'static [Field],
    /// Rows that the command lists of a table unless asked otherwise.
    pub limit: usize,
}

impl Info {
    /// What holds of most analyses.
    pub const USUAL: Self = Self {
        id: "",
        title: "",
        panel: "",
        topic: Topic::Overview,
        about: "",
        help: "",
        scope: ScopeOption::ALL,
        choices: &[],
        fields: &[],
        limit: 20,
    };

    /// The id of the panel that shows it.
    #[must_use]
    pub const fn panel_id(&self) -> &'static str {
        if self.panel.is_empty() { self.id } else { self.panel }
    }

    /// Whether only the range of a scope counts: the analysis is not about single goroutines.
    #[must_use]
    pub fn is_of_range(&self) -> bool {
        !self.scope.contains(&ScopeOption::Goroutine)
    }
}

/// How the command takes a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `--NAME OPTION`: one of the options; the first is the usual one.
    One,
    /// `--OPTION`: each option but the first, which is the usual one, is a flag.
    Flags,
    /// `--NAME OPTION,OPTION`: any of the options. Usually those whose bits are set here, the first being the lowest; what
    /// is chosen are the bits that differ.
    Set(u8),
}

/// Something to choose: an option of the command, a row of chips in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The option's name without its dashes.
    pub id: &'static str,
    /// What it says, in the help.
    pub help: &'static str,
    /// How the command takes it.
    pub form: Form,
    /// The values to choose from, the usual one first.
    pub options: &'static [Opt],
    /// The scope with which it makes no sense.
    pub excludes: Option<ScopeOption>,
}

/// A value of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its name on the command line, as typed.
    pub name: &'static str,
    /// Its name in the window, as shown.
    pub title: &'static str,
    /// What it means, in the help; may be empty.
    pub help: &'static str,
}

/// A value of a choice: as typed, as shown, and what it means.
#[must_use]
pub const fn opt(name: &'static str, title: &'static str, help: &'static str) -> Opt {
    Opt { name, title, help }
}

impl Choice {
    /// The id of choices of an order: an option of the command, while the window sorts its tables.
    pub const ORDER: &'static str = "sort";

    /// A choice of one of several options, the usual one first.
    #[must_use]
    pub const fn new(id: &'static str, help: &'static str, options: &'static [Opt]) -> Self {
        Self { id, help, form: Form::One, options, excludes: None }
    }

    /// Of a [`Form::Set`] the options that are chosen: a bit each, the first being the lowest.
    #[must_use]
    pub const fn bits(&self, chosen: usize) -> usize {
        match self.form {
            Form::Set(usual) => chosen ^ usual as usize,
            Form::One | Form::Flags => 0,
        }
    }

    /// The place of the option that is typed so.
    #[must_use]
    pub fn option(&self, typed: &str) -> Option<u8> {
        self.options.iter().position(|option| option.name == typed).and_then(|at| u8::try_from(at).ok())
    }
}

/// What is typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A length of time: [`Ask::length`].
    Length,
    /// A range of lengths of time: [`Ask::lengths`].
    Lengths,
    /// A text: see [`Ask::text`].
    Text,
    /// A whole number: see [`Ask::number`].
    Number,
}

/// Something to type: an option of the command. An analysis has at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The option's name without its dashes.
    pub id: &'static str,
    /// What its value is called, in the help.
    pub value: &'static str,
    /// What it says, in the help.
    pub help: &'static str,
    /// What is typed, and where it goes in [`Ask`].
    pub kind: FieldKind,
    /// The scope without which it makes no sense.
    pub needs: Option<ScopeOption>,
}

/// What is asked. Equal ones have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// What it is about.
    pub scope: Scope,
    /// For each choice the option, by its place, or its bits (see [`Form`]); missing ones are the usual ones, 0.
    pub chosen: Vec<u8>,
    /// A length of time that it takes, nanoseconds; `None` for the usual one.
    pub length: Option<i64>,
    /// Only what took at least and at most so long, nanoseconds.
    pub lengths: [Option<u64>; 2],
    /// Only what has this text.
    pub text: Option<String>,
    /// Only what has this number.
    pub number: Option<u32>,
    /// Rows that are wanted at most of lists in which each costs time and memory; `None` for as many as the window
    /// lists.
    pub limit: Option<usize>,
}

impl Ask {
    /// A question about a scope, everything else as usual.
    #[must_use]
    pub const fn about(scope: Scope) -> Self {
        Self { scope, chosen: Vec::new(), length: None, lengths: [None; 2], text: None, number: None, limit: None }
    }

    /// What is chosen of the choice at this place: an option by its place, or bits.
    #[must_use]
    pub fn choice(&self, at: usize) -> usize {
        self.chosen.get(at).copied().unwrap_or(0).into()
    }

    /// Rows to list at most where each costs time and memory.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.limit.unwrap_or(LISTED)
    }
}

/// A question about a trace that is answered by a report.
pub trait Analysis: Sync {
    /// What is known of it without a trace.
    fn info(&self) -> &'static Info;

    /// Analyses whose reports the command prints behind this one's. The window shows them when they are wanted.
    fn appended(&self) -> &'static [&'static dyn Analysis] {
        &[]
    }

    /// Its report with those of [`Self::appended`] behind it; `None` if it was cancelled.
    fn run_all(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let report = self.run(trace, ask, monitor)?;
        self.appended().iter().try_fold(report, |report, other| Some(report.and(other.run(trace, ask, monitor)?)))
    }

    /// The answer; `None` if it was cancelled. Of an empty trace it has all facts and tables, so that help can name them.
    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report>;

    /// More about the goroutines that a row of a table [with details](crate::report::table::Builder::with_details) is
    /// about, within the scope; the window shows its first table beside that one. `None` if it was cancelled, or there
    /// is no more.
    fn details(&self, _trace: &Arc<Trace>, _ask: &Ask, _of: GoroutineFilter, _monitor: &Monitor) -> Option<Report> {
        None
    }
}
