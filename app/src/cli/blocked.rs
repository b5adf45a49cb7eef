//! `tracelane blocked`: who keeps whom waiting, place by place.

use serde::Serialize;
use trace_core::analysis::blocked_by::{Blocked, Meanwhile, Releasers, blocked, releasers};
use trace_core::analysis::census::Census;
use trace_core::analysis::places::{Place, Places};
use trace_core::analysis::scope::Scope;
use trace_core::base::ids::StackId;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::id_of;
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::cli::why::{did_by_name, name_of};
use crate::fmt::time::nanos;

/// Parts printed for each place.
const PARTS: usize = 8;

/// What the long help says.
pub const ABOUT: &str = "\
For each place where goroutines of the program wait: how often, how long, and what the goroutines that ended the
waits were doing during them, in a sentence and by part. Waits for locks, and waits in the same queue, are followed to
the goroutine at their root. Places where goroutines wait for work (idle connections, workers, timers) are left out.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, waits [{sentence, place {function, file, line}, on, count, goroutines, total_ns, max_ns,
  ended_by_goroutines_ns, examined, examined_ns (the longest waits, at most 512), stack [{function, file, line}],
  meanwhile [{goroutine, doing, place or null, released_at or null, total_ns, own_ns, count}], others_ns}]
  (total_ns of meanwhile and others_ns sum to examined_ns: waiting time, added over goroutines that wait;
  own_ns is how long the goroutine itself did so)";

/// Loads the file and prints where its goroutines wait for each other.
///
/// # Errors
/// When the file is unreadable.
pub fn run(args: &CommonArgs) -> CliResult {
    let trace = load(&args.file)?;
    let scope = args.scope.scope(&trace)?;
    let report = Report::of(args, &trace, &scope);
    answer(&trace, args.format(), &report, || report.text())
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
    /// How many goroutines.
    pub goroutines: u64,
    /// In sum.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Of those that a goroutine ended, in sum.
    pub ended_by_goroutines_ns: u64,
    /// Waits that were looked into: the longest that a goroutine ended, at most 512.
    pub examined: u64,
    /// In sum, of these; what follows sums to it.
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
    /// `running`, `runnable`, `syscall`, `waiting`, `mark_assist`, `no_cpu`, `unknown` or `unfollowed`.
    pub doing: &'static str,
    /// Where; none if the trace does not tell.
    pub place: Option<Frame>,
    /// Where it then ended the wait.
    pub released_at: Option<Frame>,
    /// Waiting time, added over those who waited.
    pub total_ns: u64,
    /// How long the goroutine itself did so.
    pub own_ns: u64,
    /// How many stretches.
    pub count: u64,
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(args: &CommonArgs, trace: &Trace, scope: &Scope) -> Self {
        let places = Places::new(trace);
        let census = Census::take_of(trace, &places, &scope.pieces(trace), &Monitor::new()).unwrap_or_default();
        let mut waits = blocked(&census, &places);
        waits.truncate(args.limit);
        let waits = waits.iter().map(|wait| Waiting::of(trace, &places, wait, &releasers(trace, &places, wait)));
        Self { file: args.file.display().to_string(), partial: is_damaged(trace), waits: waits.collect() }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.waits.is_empty() {
            line(&mut text, "No goroutine of the program waited for anything but work.");
        }
        for wait in &self.waits {
            line(&mut text, &wait.sentence);
            for part in &wait.meanwhile {
                let place = part.place.as_ref().map_or_else(String::new, |place| format!(" at {}", place.in_full()));
                let released = part.released_at.as_ref();
                let released = released.map_or_else(String::new, |at| match part.place.as_ref() == Some(at) {
                    true => ", then ended the wait there".to_owned(),
                    false => format!(", then ended the wait at {}", at.in_full()),
                });
                let did = did_by_name(part.doing);
                line(
                    &mut text,
                    &format!(
                        "{:>14}  G{} {did} for {}{place}{released}",
                        nanos(part.total_ns),
                        part.goroutine,
                        nanos(part.own_ns)
                    ),
                );
            }
            if wait.others_ns > 0 {
                line(&mut text, &format!("{:>14}  others", nanos(wait.others_ns)));
            }
        }
        text
    }
}

impl Waiting {
    fn of(trace: &Trace, places: &Places<'_>, wait: &Blocked, found: &Releasers) -> Self {
        let meanwhile: Vec<Part> = found.parts.iter().take(PARTS).map(|part| Part::of(trace, places, part)).collect();
        let told: u64 = meanwhile.iter().map(|part| part.total_ns).sum();
        Self {
            sentence: found.sentence.clone(),
            place: Frame::from(&wait.place),
            on: wait.operation(trace).to_owned(),
            count: wait.count,
            goroutines: wait.gos,
            total_ns: wait.nanos,
            max_ns: wait.max,
            ended_by_goroutines_ns: wait.woken_nanos,
            examined: found.waits,
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
            places.own(stack).or_else(root).map(Frame::from).filter(Frame::is_known)
        };
        Self {
            goroutine: id_of(trace, part.go),
            doing: name_of(part.doing),
            place: frame(part.stack),
            released_at: frame(part.release),
            total_ns: part.nanos,
            own_ns: part.own_nanos(),
            count: part.count,
        }
    }
}
