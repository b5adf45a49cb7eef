//! `tracelane why`: where the time of a goroutine, task, region or range went, along its critical path.

use serde::Serialize;
use trace_core::analysis::places::Places;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::wait_chain::{Doing, Step, WaitChain};
use trace_core::analysis::why::{Hop, Share, Why, did, line_of, why};
use trace_core::base::ids::{GoIx, StackId, StrId};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{id_of, since_start};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{nanos, offset};

/// What the long help says.
pub const ABOUT: &str = "\
Where the time went. From the end, follows the wakeups that ended the waits back in time, through channels, locks,
WaitGroups, network, timers, system calls, the GC and the scheduler; each goroutine counts only while the one it kept
waiting waited. Prints a sentence about the largest part, then a table of what each goroutine did and where; its rows
sum to the time exactly. Without --goroutine, --function, --task or --region: the slowest task or request in the range
or, if the first finding of `report` is about other goroutines, its longest example. The first line names what was
selected.

  --goroutine G40 --range 1.2s..1.322s   why these 122 ms?
  --task basket                          all tasks of this type, added up";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, selected {by (task, call, finding or last), name} (null if the scope names something),
  sentence, stretches, total_ns,
  parts [{goroutine, doing, reason, place {function, file, line} or null, began_before_trace (the wait has no
          stack: place is where the goroutine went on), total_ns, count, longest_start_ns, longest_ns,
          via [{goroutine, place, waker, released_at}] (the waits that lead there)}]
          (sum to total_ns),
  goroutine, start_ns, path [{start_ns, duration_ns, goroutine, doing, place, depth}] (the longest stretch in
          order of time, without gaps)
  doing is running, mark_assist, no_cpu, runnable, syscall, cgo_call, waiting, not_created (a timer or C code
  created the goroutine later), unknown or unfollowed";

/// Loads the file and prints where the time went.
///
/// # Errors
/// When the file is unreadable, or has nothing of what is asked about.
pub fn run(args: &CommonArgs) -> CliResult {
    let trace = load(&args.file)?;
    let scope = args.scope.scope(&trace)?;
    // Nobody cancels.
    let found = why(&trace, &scope, &Monitor::new()).unwrap_or_default();
    let report = Report::of(args, &trace, &found);
    answer(&trace, args.format(), &report, || report.text(args.limit))
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are lost, so that waits may be cut short.
    pub partial: bool,
    /// What was selected; none if the scope names something.
    pub selected: Option<Selected>,
    /// What it comes down to.
    pub sentence: String,
    /// Stretches of goroutines that were looked at.
    pub stretches: u64,
    /// Their time in sum.
    pub total_ns: u64,
    /// Who did what where, most first; sums to `total_ns`.
    pub parts: Vec<Part>,
    /// The goroutine of the longest stretch; none if there is no stretch.
    pub goroutine: Option<i64>,
    /// When the longest stretch begins, from the start of the trace.
    pub start_ns: i64,
    /// The longest stretch step by step, in order of time; sums to its length.
    pub path: Vec<PathStep>,
}

/// What was selected because the scope names nothing.
#[derive(Clone, Debug, Serialize)]
pub struct Selected {
    /// `task`, `call` (a request), `finding` or `last` (the goroutine that ran last).
    pub by: &'static str,
    /// Type of the task, function called, or title of the finding; empty for `last`.
    pub name: String,
}

impl Selected {
    fn of(trace: &Trace, choice: &Choice) -> Self {
        match choice {
            Choice::Task(name) => Self { by: "task", name: trace.str(*name).to_owned() },
            Choice::Call(function) => Self { by: "call", name: function.clone() },
            Choice::Finding(title) => Self { by: "finding", name: title.clone() },
            Choice::Last => Self { by: "last", name: String::new() },
        }
    }

    /// `slowest call of main.handle`
    fn words(&self) -> String {
        match self.by {
            "task" => format!("slowest task {}", self.name),
            "call" => format!("slowest call of {}", self.name),
            "finding" => "longest example of the first finding of `report`".to_owned(),
            _ => "the goroutine that ran last".to_owned(),
        }
    }
}

/// What somebody did at one function of the program.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The goroutine (of the longest step).
    pub goroutine: i64,
    /// `running`, `mark_assist`, `no_cpu`, `runnable`, `syscall`, `waiting`, `unknown` or `unfollowed`.
    pub doing: &'static str,
    /// The runtime's word for it; may be empty.
    pub reason: String,
    /// Where; none if the trace does not tell.
    pub place: Option<Frame>,
    /// The longest step is a wait that began before the trace, without a stack: `place` is where the goroutine went on.
    pub began_before_trace: bool,
    /// In sum.
    pub total_ns: u64,
    /// How many steps.
    pub count: u64,
    /// When the longest step began, from the start of the trace.
    pub longest_start_ns: i64,
    /// How long it took.
    pub longest_ns: i64,
    /// The waits that lead there, the victim's first; none if it is the victim's own doing.
    pub via: Vec<Wait>,
}

/// A wait on the way from the victim to whoever kept it waiting.
#[derive(Clone, Debug, Serialize)]
pub struct Wait {
    /// Who waited.
    pub goroutine: i64,
    /// Where.
    pub place: Option<Frame>,
    /// Who ended it.
    pub waker: i64,
    /// Where the waker did.
    pub released_at: Option<Frame>,
}

/// A stretch of the path.
#[derive(Clone, Debug, Serialize)]
pub struct PathStep {
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long.
    pub duration_ns: i64,
    /// Who.
    pub goroutine: i64,
    /// As in `parts`.
    pub doing: &'static str,
    /// Where.
    pub place: Option<Frame>,
    /// How many waits lie between the victim and this.
    pub depth: u32,
}

impl Report {
    fn of(args: &CommonArgs, trace: &Trace, found: &Why) -> Self {
        let names = Names { trace, places: &Places::of(trace, stacks(found)) };
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            selected: found.choice.as_ref().map(|choice| Selected::of(trace, choice)),
            sentence: found.sentence.clone(),
            stretches: found.stretches,
            total_ns: found.nanos,
            parts: found.shares.iter().map(|share| names.part(share)).collect(),
            goroutine: found.go.map(|go| names.go(go)),
            start_ns: if found.go.is_some() { since_start(trace, found.longest.range.start) } else { 0 },
            path: found.longest.steps.iter().map(|step| names.step(&found.longest, step)).collect(),
        }
    }

    fn text(&self, limit: usize) -> Text {
        let mut text = Text::new();
        if self.parts.is_empty() {
            line(&mut text, "No goroutine did anything in the selected scope.");
            return text;
        }
        if self.partial {
            line(&mut text, "Partial: the trace is damaged.");
        }
        if let (Some(selected), Some(go)) = (&self.selected, self.goroutine) {
            let (from, took) = (offset(self.start_ns), nanos(self.total_ns));
            line(&mut text, &format!("Selected: {} (G{go} from {from}, {took})", selected.words()));
        }
        line(&mut text, &self.sentence);
        let whose = match self.goroutine {
            Some(go) if self.stretches == 1 => format!("G{go} from {}", offset(self.start_ns)),
            _ => format!("{} stretches", count(self.stretches)),
        };
        text.blank();
        line(&mut text, &format!("{:>10} {:>7} {:>7}  of {whose}", "Time", "Share", "Steps"));
        for part in self.parts.iter().take(limit) {
            line(&mut text, &self.row(part.total_ns, part.count, &part.words()));
        }
        let rest = self.parts.get(limit.min(self.parts.len())..).unwrap_or_default();
        if !rest.is_empty() {
            let (total, steps) = rest.iter().fold((0, 0), |sum, part| (sum.0 + part.total_ns, sum.1 + part.count));
            line(&mut text, &self.row(total, steps, &format!("{} more", rest.len())));
        }
        let steps = self.parts.iter().map(|part| part.count).sum();
        line(&mut text, &self.row(self.total_ns, steps, "total"));
        text
    }

    fn row(&self, total: u64, steps: u64, words: &str) -> String {
        let time = nanos(total);
        format!("{time:>10} {:>7} {:>7}  {words}", percent(total, self.total_ns), count(steps))
    }
}

impl Part {
    fn words(&self) -> String {
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        let place = self.place.as_ref().map_or_else(String::new, |place| format!(" in {}", place.in_full()));
        let place = match (self.began_before_trace, place.as_str()) {
            (false, _) => place,
            (true, "") => " since before the trace (no stack)".to_owned(),
            (true, place) => format!(" since before the trace (no stack) and went on{place}"),
        };
        let for_whom = self.via.last().map_or_else(String::new, |wait| match &wait.place {
            Some(place) => format!(", for which G{} waited in {}", wait.goroutine, place.in_full()),
            None => format!(", for which G{} waited", wait.goroutine),
        });
        format!("G{} {}{reason}{place}{for_whom}", self.goroutine, did_by_name(self.doing))
    }
}

/// What a goroutine did that goes by this stable name, in the past tense.
#[must_use]
pub fn did_by_name(name: &str) -> &'static str {
    let all = [
        Doing::Running,
        Doing::MarkAssist,
        Doing::NoCpu,
        Doing::Runnable,
        Doing::Syscall,
        Doing::CgoCall,
        Doing::NotCreated,
        Doing::Unfollowed,
        Doing::Unknown,
    ];
    let waited = Doing::Waiting(trace_core::event::state::SpanClass::WaitOther);
    did(all.into_iter().find(|doing| name_of(*doing) == name).unwrap_or(waited))
}

/// The stable name of what somebody did.
#[must_use]
pub const fn name_of(doing: Doing) -> &'static str {
    match doing {
        Doing::Unknown => "unknown",
        Doing::Running => "running",
        Doing::MarkAssist => "mark_assist",
        Doing::NoCpu => "no_cpu",
        Doing::Runnable => "runnable",
        Doing::Syscall => "syscall",
        Doing::CgoCall => "cgo_call",
        Doing::Waiting(_) => "waiting",
        Doing::NotCreated => "not_created",
        Doing::Unfollowed => "unfollowed",
    }
}

/// All stacks that are told of.
fn stacks(found: &Why) -> impl Iterator<Item = StackId> + '_ {
    let hops = found.shares.iter().flat_map(|share| share.via.iter().flat_map(|hop| [hop.stack, hop.waker_stack]));
    found.shares.iter().map(|share| share.stack).chain(hops).chain(found.longest.steps.iter().map(|step| step.stack))
}

struct Names<'a> {
    trace: &'a Trace,
    places: &'a Places<'a>,
}

impl Names<'_> {
    fn go(&self, go: GoIx) -> i64 {
        id_of(self.trace, go)
    }

    fn frame(&self, stack: StackId) -> Option<Frame> {
        line_of(self.trace, self.places, stack).map(Frame::from).filter(Frame::is_known)
    }

    fn reason(&self, reason: StrId) -> String {
        self.trace.str(reason).to_owned()
    }

    fn part(&self, share: &Share) -> Part {
        Part {
            goroutine: self.go(share.go),
            doing: name_of(share.doing),
            reason: self.reason(share.reason),
            place: self.frame(share.stack),
            began_before_trace: share.is_resumed,
            total_ns: share.nanos,
            count: share.count,
            longest_start_ns: since_start(self.trace, share.longest.start),
            longest_ns: share.longest.nanos(),
            via: share.via.iter().map(|hop| self.wait(hop)).collect(),
        }
    }

    fn wait(&self, hop: &Hop) -> Wait {
        let (place, released_at) = (self.frame(hop.stack), self.frame(hop.waker_stack));
        Wait { goroutine: self.go(hop.go), place, waker: self.go(hop.waker), released_at }
    }

    fn step(&self, chain: &WaitChain, step: &Step) -> PathStep {
        PathStep {
            start_ns: since_start(self.trace, step.range.start),
            duration_ns: step.range.nanos(),
            goroutine: self.go(step.go),
            doing: name_of(step.doing),
            place: self.frame(step.stack),
            depth: chain.depth(step),
        }
    }
}
