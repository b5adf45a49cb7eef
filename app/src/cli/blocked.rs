//! `tracelane blocked`: who keeps whom waiting, place by place.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use trace_core::analysis::blocked_by::{Blocked, Meanwhile, Releasers, blocked, releasers};
use trace_core::analysis::census::Census;
use trace_core::analysis::places::{Place, Places};
use trace_core::analysis::scope::Scope;
use trace_core::base::ids::StackId;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cache;
use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::print;
use crate::cli::scope::Wanted;
use crate::cli::why::name_of;
use crate::fmt::time::duration;

/// What releasers did, told of per place.
const PARTS: usize = 8;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The trace.
    pub file: PathBuf,
    /// Whose waits, and when.
    pub wanted: Wanted,
    /// So many places.
    pub limit: usize,
    /// As JSON.
    pub json: bool,
}

/// Loads the file and prints where its goroutines wait for each other.
///
/// # Errors
/// When the file is unreadable.
pub fn run(asked: &Asked) -> Answer {
    let monitor = Monitor::new();
    let unreadable = |error| Failure::unreadable(&asked.file, &error);
    let trace = cache::load(&asked.file, &monitor, &mut |_| {}).map_err(unreadable)?;
    let scope = asked.wanted.scope(&trace)?;
    let report = Report::of(asked, &trace, &scope, &monitor);
    if asked.json {
        let mut text = serde_json::to_string_pretty(&report).map_err(|error| Failure::unwritten("the JSON", &error))?;
        text.push('\n');
        print(&text)?;
    } else {
        print(&report.text())?;
    }
    Ok(Exit::after(trace.warnings()))
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are lost, so that waits may be missing or cut short.
    pub partial: bool,
    /// Places of waiting, those with most time first, at most `--limit`.
    pub waits: Vec<Waiting>,
}

/// Waits at one place.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Who waited how long, who ended it, and what those did meanwhile.
    pub sentence: String,
    /// Where.
    pub place: Frame,
    /// The operation as Go spells it, or the runtime's word for the wait.
    pub on: String,
    /// How many.
    pub count: u64,
    /// Goroutines (one that waits with two different stacks counts twice).
    pub goroutines: u64,
    /// In sum.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Of those that a goroutine ended, in sum.
    pub ended_by_goroutines_ns: u64,
    /// In sum, of the longest waits that were looked into (at most 512); what follows sums to it.
    pub examined_ns: u64,
    /// The stack of a wait, leaf first.
    pub stack: Vec<Frame>,
    /// What those who ended the waits did meanwhile, most first, at most 8.
    pub meanwhile: Vec<Part>,
    /// What others, beyond these, make up.
    pub others_ns: u64,
}

/// What somebody did meanwhile.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The goroutine's id.
    pub goroutine: i64,
    /// `running`, `runnable`, `syscall`, `waiting`, `mark_assist`, `unknown` or `unfollowed`.
    pub doing: &'static str,
    /// Where; none if the trace does not tell.
    pub place: Option<Frame>,
    /// Where it then ended the wait.
    pub released_at: Option<Frame>,
    /// In sum.
    pub total_ns: u64,
    /// How many stretches.
    pub count: u64,
}

/// A frame.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Fully qualified function.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line in it.
    pub line: u64,
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(asked: &Asked, trace: &Trace, scope: &Scope, monitor: &Monitor) -> Self {
        let places = Places::new(trace);
        let census = Census::take_of(trace, &places, &scope.pieces(trace), monitor).unwrap_or_default();
        let mut waits = blocked(&census, &places);
        waits.truncate(asked.limit);
        let waits = waits.iter().map(|wait| Waiting::of(trace, &places, wait, &releasers(trace, &places, wait)));
        Self {
            file: asked.file.display().to_string(),
            partial: Exit::after(trace.warnings()) == Exit::Damaged,
            waits: waits.collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.waits.is_empty() {
            text.push_str("No goroutine of the program waited for anything but work.\n");
        }
        for wait in &self.waits {
            line(&mut text, &wait.sentence);
            for part in &wait.meanwhile {
                let place = part.place.as_ref().map_or_else(String::new, |place| format!(" at {}", place.words()));
                let released = part.released_at.as_ref();
                let released = released.map_or_else(String::new, |at| format!(", then released it at {}", at.words()));
                let doing = part.doing.replace('_', " ");
                line(
                    &mut text,
                    &format!("{:>14} g{} was {doing}{place}{released}", nanos(part.total_ns), part.goroutine),
                );
            }
            if wait.others_ns > 0 {
                line(&mut text, &format!("{:>14} others", nanos(wait.others_ns)));
            }
        }
        text
    }
}

impl Waiting {
    fn of(trace: &Trace, places: &Places<'_>, wait: &Blocked, found: &Releasers) -> Self {
        let meanwhile: Vec<Part> = found.parts.iter().take(PARTS).map(|part| Part::of(trace, places, part)).collect();
        let told: u64 = meanwhile.iter().map(|part| part.total_ns).sum();
        let name = wait.op.name();
        Self {
            sentence: found.sentence.clone(),
            place: Frame {
                function: wait.place.function.clone(),
                file: wait.place.file.clone(),
                line: wait.place.line,
            },
            on: if name.is_empty() { trace.str(wait.reason).to_owned() } else { name.to_owned() },
            count: wait.count,
            goroutines: wait.gos,
            total_ns: wait.nanos,
            max_ns: wait.max,
            ended_by_goroutines_ns: wait.woken_nanos,
            examined_ns: found.examined,
            stack: Frame::all(trace, wait.stack),
            meanwhile,
            others_ns: found.examined.saturating_sub(told),
        }
    }
}

impl Part {
    fn of(trace: &Trace, places: &Places<'_>, part: &Meanwhile) -> Self {
        let frame = |stack: StackId| {
            // Where the program has no frame: what the goroutine is there for.
            let root = || trace.frames(stack).last().map(Place::from);
            let place = places.own(stack).or_else(root)?;
            Some(Frame { function: place.function, file: place.file, line: place.line })
        };
        Self {
            goroutine: trace.goroutine_name(part.go).map_or(-1, |(id, _)| id.signed()),
            doing: name_of(part.doing),
            place: frame(part.stack),
            released_at: frame(part.release),
            total_ns: part.nanos,
            count: part.count,
        }
    }
}

impl Frame {
    /// All frames of a stack, leaf first.
    #[must_use]
    pub fn all(trace: &Trace, stack: StackId) -> Vec<Self> {
        let frames = trace.frames(stack);
        let frame = |frame: trace_core::model::trace::Frame<'_>| Self {
            function: frame.function.to_owned(),
            file: frame.file.to_owned(),
            line: frame.line,
        };
        frames.map(frame).collect()
    }

    /// In a few words: `main.work (main.go:12)`.
    #[must_use]
    pub fn words(&self) -> String {
        let file = self.file.rsplit(['/', '\\']).next().unwrap_or_default();
        format!("{} ({file}:{})", self.function, self.line)
    }
}

fn nanos(nanos: u64) -> String {
    duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}
