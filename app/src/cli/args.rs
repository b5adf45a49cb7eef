//! The command line as data.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use lexopt::Arg;
use trace_core::analysis::goroutines::SortBy;
use trace_core::analysis::profile::ProfileKind;

use crate::action::commands::panels;
use crate::cli::blocked;
use crate::cli::compare;
use crate::cli::compare::align::Align;
use crate::cli::compare::guard;
use crate::cli::exit::Failure;
use crate::cli::gc;
use crate::cli::goroutines;
use crate::cli::help::Topic;
use crate::cli::latency;
use crate::cli::locks;
use crate::cli::mmu;
use crate::cli::place::{Stretch, Target, parse_stretch, parse_target, parse_time};
use crate::cli::population;
use crate::cli::procs;
use crate::cli::profile;
use crate::cli::report::{self, Form};
use crate::cli::scope::{Wanted, Who};
use crate::cli::stats;
use crate::cli::syscalls;
use crate::cli::tasks;
use crate::cli::why;
use crate::state::settings::ThemeChoice;

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open the window with these files.
    Window {
        /// Files in the order given.
        files: Vec<PathBuf>,
        /// Follow them while they grow.
        follow: bool,
    },
    /// Print all events.
    Dump {
        /// The trace.
        file: PathBuf,
    },
    /// Print numbers about a trace.
    Stats(stats::Asked),
    /// Print who keeps whom waiting.
    Blocked(blocked::Asked),
    /// Print probable locks.
    Locks(locks::Asked),
    /// Print where the time of a stretch went.
    Why(why::Asked),
    /// Print what goroutines spend their time on.
    Goroutines(goroutines::Asked),
    /// Print or write where time is lost, by stack.
    Profile(profile::Asked),
    /// Print how long tasks or regions took.
    Tasks(tasks::Asked),
    /// Print how long goroutines waited for a proc.
    Latency(latency::Asked),
    /// Print what procs or threads were used for.
    Procs(procs::Asked),
    /// Print system calls.
    Syscalls(syscalls::Asked),
    /// Print how many goroutines there were, or which may be leaked.
    Population(population::Asked),
    /// Print collections, one by one.
    Gc(gc::Asked),
    /// Print stops of the world, one by one.
    Stw(gc::Asked),
    /// Print what the collector leaves to the program.
    Mmu(mmu::Asked),
    /// Print what changed between two recordings.
    Compare(compare::Asked),
    /// Open the window with these files compared.
    CompareWindow(compare::Asked),
    /// Print what probably costs time.
    Report(report::Asked),
    /// Draw the window into a picture.
    Screenshot(Screenshot),
    /// Explain.
    Help(Topic),
    /// Name the version.
    Version,
}

/// What to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Screenshot {
    /// The trace; `None` for the welcome screen.
    pub file: Option<PathBuf>,
    /// Where the PNG goes.
    pub out: PathBuf,
    /// Size of the window in points.
    pub size_points: [u16; 2],
    /// Pixels per point.
    pub scale: f32,
    /// Colours.
    pub theme: ThemeChoice,
    /// The stretch of time in sight; all if `None`.
    pub range: Option<Stretch>,
    /// What is selected.
    pub select: Option<Target>,
    /// Traces that are compared with the first.
    pub compared: Vec<PathBuf>,
    /// The row of the comparison that is chosen, by its rank from 1.
    pub row: Option<usize>,
    /// The panel that is opened.
    pub panel: Option<&'static str>,
}

/// Reads the command line, the program's name first.
///
/// # Errors
/// When it makes no sense: with a sentence and the usage exit code.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Failure> {
    let mut parser = lexopt::Parser::from_iter(arguments);
    let mut files = Vec::new();
    let mut follow = false;
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Overview)),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("follow") => follow = true,
            Arg::Value(word) if files.is_empty() && !follow => match word.to_str() {
                Some("dump") => return dump(&mut parser),
                Some("stats") => return stats(&mut parser),
                Some("blocked") => return blocked(&mut parser),
                Some("locks") => return locks(&mut parser),
                Some("why") => return why(&mut parser),
                Some("goroutines") => return goroutines(&mut parser),
                Some("profile") => return profile(&mut parser),
                Some("tasks") => return tasks(&mut parser, false),
                Some("regions") => return tasks(&mut parser, true),
                Some("latency") => return latency(&mut parser),
                Some("procs") => return procs(&mut parser, false),
                Some("threads") => return procs(&mut parser, true),
                Some("syscalls") => return syscalls(&mut parser),
                Some("population") => return population(&mut parser, false),
                Some("leaks") => return population(&mut parser, true),
                Some("gc") => return collector(&mut parser, Topic::Gc),
                Some("stw") => return collector(&mut parser, Topic::Stw),
                Some("mmu") => return mmu(&mut parser),
                Some("compare") => return compare(&mut parser),
                Some("report") => return report(&mut parser),
                Some("screenshot") => return screenshot(&mut parser),
                Some("help") => return help(&mut parser),
                _ => files.push(PathBuf::from(word)),
            },
            Arg::Value(word) => files.push(PathBuf::from(word)),
            other => return Err(usage(other.unexpected())),
        }
    }
    if follow && files.is_empty() {
        return Err(Failure::usage("--follow needs a FILE"));
    }
    Ok(Command::Window { files, follow })
}

/// Takes `--max-unpacked SIZE` out, which may stand anywhere; the SIZE in bytes.
///
/// # Errors
/// If the SIZE is none.
pub fn without_limit(arguments: impl IntoIterator<Item = OsString>) -> Result<(Vec<OsString>, Option<u64>), Failure> {
    const OPTION: &str = "--max-unpacked";
    let (mut kept, mut limit) = (Vec::new(), None);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            kept.push(argument);
            kept.extend(arguments);
            break;
        }
        let text = argument.to_str().unwrap_or_default();
        let size = match text.strip_prefix(OPTION).map(|rest| rest.strip_prefix('=')) {
            Some(Some(size)) => size.to_owned(),
            Some(None) if text == OPTION => arguments.next().unwrap_or_default().to_string_lossy().into_owned(),
            _ => {
                kept.push(argument);
                continue;
            }
        };
        let bytes = parse_bytes(&size);
        limit = Some(bytes.ok_or_else(|| Failure::usage(format!("{OPTION} wants a size like 2G, not '{size}'")))?);
    }
    Ok((kept, limit))
}

/// `500M`, `2GB`, `1.5g`, or bytes.
fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.trim_end_matches("ib").trim_end_matches('b');
    let number = text.trim_end_matches(['k', 'm', 'g', 't']);
    let shift = match &text[number.len()..] {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    let value: f64 = number.trim().parse().ok()?;
    let bytes = value * f64::from(1_u32 << (shift % 32)) * if shift >= 32 { 4_294_967_296.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at before")]
    (1.0..1.8e19).contains(&bytes).then_some(bytes as u64)
}

fn dump(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Dump)),
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Dump { file: needed(file, "dump")? })
}

fn stats(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let (mut file, mut json, mut cache) = (None, false, stats::CacheUse::Read);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Stats)),
            Arg::Long("json") => json = true,
            Arg::Long("no-cache") => cache = stats::CacheUse::No,
            Arg::Long("keep") => cache = stats::CacheUse::Keep,
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Stats(stats::Asked { file: needed(file, "stats")?, json, cache }))
}

fn blocked(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, "blocked", 40)? else {
        return Ok(Command::Help(Topic::Blocked));
    };
    Ok(Command::Blocked(blocked::Asked { file, wanted, limit, json }))
}

fn goroutines(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    let mut asked = goroutines::Asked {
        file: PathBuf::new(),
        wanted: Wanted::default(),
        sort: SortBy::Execution,
        limit: 40,
        json: false,
    };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Goroutines)),
            Arg::Long("json") => asked.json = true,
            Arg::Long("sort") => asked.sort = value(parser, "--sort", "execution", goroutines::sort_by)?,
            Arg::Long("limit") => asked.limit = value(parser, "--limit", "40", |text| text.parse().ok())?,
            Arg::Long(name) => {
                let name = name.to_owned();
                scope_option(&mut asked.wanted, &name, parser)?;
            }
            Arg::Value(word) => only_one(&mut file, word)?,
            other @ Arg::Short(_) => return Err(usage(other.unexpected())),
        }
    }
    asked.file = needed(file, "goroutines")?;
    Ok(Command::Goroutines(asked))
}

fn profile(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    let mut asked = profile::Asked {
        file: PathBuf::new(),
        kind: ProfileKind::Blocked,
        wanted: Wanted::default(),
        latency: None,
        form: profile::Form::Text,
    };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Profile)),
            Arg::Long("kind") => asked.kind = value(parser, "--kind", "sync", ProfileKind::named)?,
            Arg::Long("latency") => asked.latency = Some(value(parser, "--latency", "10ms..1s", parse_stretch)?),
            Arg::Long("json") => asked.form = profile::Form::Json,
            Arg::Long("top") => asked.form = profile::Form::Top,
            Arg::Long("folded") => asked.form = profile::Form::Folded,
            Arg::Short('o') | Arg::Long("out") => {
                asked.form = profile::Form::Pprof(PathBuf::from(parser.value().map_err(usage)?));
            }
            Arg::Long(name) => {
                let name = name.to_owned();
                scope_option(&mut asked.wanted, &name, parser)?;
            }
            Arg::Value(word) => only_one(&mut file, word)?,
            other @ Arg::Short(_) => return Err(usage(other.unexpected())),
        }
    }
    asked.file = needed(file, "profile")?;
    Ok(Command::Profile(asked))
}

/// Takes one of the options of [`crate::cli::scope`].
fn scope_option(wanted: &mut Wanted, name: &str, parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let value = || {
        let word = parser.value().map_err(usage)?;
        word.into_string().map_err(|word| Failure::usage(format!("{} is no text", quoted(&word))))
    };
    if wanted.take(name, value)? { Ok(()) } else { Err(Failure::usage(format!("there is no option --{name} here"))) }
}

fn tasks(parser: &mut lexopt::Parser, regions: bool) -> Result<Command, Failure> {
    let mut file = None;
    let mut asked = tasks::Asked { regions, limit: 10, ..tasks::Asked::default() };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Tasks)),
            Arg::Long("json") => asked.json = true,
            Arg::Long("complete") => asked.complete = Some(true),
            Arg::Long("incomplete") => asked.complete = Some(false),
            Arg::Long("latency") => asked.latency = Some(value(parser, "--latency", "10ms..1s", parse_stretch)?),
            Arg::Long("depth") if regions => {
                asked.depth = Some(value(parser, "--depth", "0", |text| text.parse().ok())?);
            }
            Arg::Long("log") if !regions => {
                asked.log = Some(value(parser, "--log", "a text", |text| Some(text.to_owned()))?);
            }
            Arg::Long("limit") => asked.limit = value(parser, "--limit", "10", |text| text.parse().ok())?,
            Arg::Long(name) => {
                let name = name.to_owned();
                scope_option(&mut asked.wanted, &name, parser)?;
            }
            Arg::Value(word) => only_one(&mut file, word)?,
            other @ Arg::Short(_) => return Err(usage(other.unexpected())),
        }
    }
    asked.file = needed(file, if regions { "regions" } else { "tasks" })?;
    Ok(Command::Tasks(asked))
}

/// What most analyses are asked with.
struct Plain {
    file: PathBuf,
    wanted: Wanted,
    limit: usize,
    json: bool,
}

/// Reads `FILE [--json] [--limit N] [scope]`; `None` if help is wanted.
fn plain(parser: &mut lexopt::Parser, command: &str, limit: usize) -> Result<Option<Plain>, Failure> {
    plain_and(parser, command, limit, &mut |_, _| Ok(false))
}

/// The same with options that `more` reads: it is given the name, and says whether it knows it.
fn plain_and(
    parser: &mut lexopt::Parser,
    command: &str,
    limit: usize,
    more: &mut dyn FnMut(&str, &mut lexopt::Parser) -> Result<bool, Failure>,
) -> Result<Option<Plain>, Failure> {
    let mut file = None;
    let mut asked = Plain { file: PathBuf::new(), wanted: Wanted::default(), limit, json: false };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Long("json") => asked.json = true,
            Arg::Long("limit") => asked.limit = value(parser, "--limit", "20", |text| text.parse().ok())?,
            Arg::Long(name) => {
                let name = name.to_owned();
                if !more(&name, parser)? {
                    scope_option(&mut asked.wanted, &name, parser)?;
                }
            }
            Arg::Value(word) => only_one(&mut file, word)?,
            other @ Arg::Short(_) => return Err(usage(other.unexpected())),
        }
    }
    asked.file = needed(file, command)?;
    Ok(Some(asked))
}

fn locks(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, "locks", 20)? else {
        return Ok(Command::Help(Topic::Locks));
    };
    Ok(Command::Locks(locks::Asked { file, wanted, limit, json }))
}

fn why(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, "why", 20)? else {
        return Ok(Command::Help(Topic::Why));
    };
    Ok(Command::Why(why::Asked { file, wanted, limit, json }))
}

fn latency(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut by_goroutine = false;
    let mut more = |name: &str, parser: &mut lexopt::Parser| {
        let is_by = name == "by";
        if is_by {
            by_goroutine = value(parser, "--by", "goroutine", |text| match text {
                "goroutine" => Some(true),
                "function" => Some(false),
                _ => None,
            })?;
        }
        Ok(is_by)
    };
    let Some(Plain { file, wanted, limit, json }) = plain_and(parser, "latency", 20, &mut more)? else {
        return Ok(Command::Help(Topic::Latency));
    };
    Ok(Command::Latency(latency::Asked { file, wanted, limit, by_goroutine, json }))
}

fn procs(parser: &mut lexopt::Parser, threads: bool) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, if threads { "threads" } else { "procs" }, 20)?
    else {
        return Ok(Command::Help(Topic::Procs));
    };
    Ok(Command::Procs(procs::Asked { file, threads, wanted, limit, json }))
}

fn syscalls(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, "syscalls", 20)? else {
        return Ok(Command::Help(Topic::Syscalls));
    };
    Ok(Command::Syscalls(syscalls::Asked { file, wanted, limit, json }))
}

fn population(parser: &mut lexopt::Parser, leaks: bool) -> Result<Command, Failure> {
    let Some(Plain { file, wanted, limit, json }) = plain(parser, if leaks { "leaks" } else { "population" }, 40)?
    else {
        return Ok(Command::Help(Topic::Population));
    };
    Ok(Command::Population(population::Asked { file, leaks, wanted, limit, json }))
}

/// The options of `gc` and `stw`.
fn collector(parser: &mut lexopt::Parser, topic: Topic) -> Result<Command, Failure> {
    let mut file = None;
    let mut asked = gc::Asked { limit: 40, ..gc::Asked::default() };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(topic)),
            Arg::Long("json") => asked.json = true,
            Arg::Long("range") => asked.range = Some(value(parser, "--range", "100ms..1.2s", parse_stretch)?),
            Arg::Long("limit") => asked.limit = value(parser, "--limit", "40", |text| text.parse().ok())?,
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    asked.file = needed(file, if topic == Topic::Gc { "gc" } else { "stw" })?;
    Ok(if topic == Topic::Gc { Command::Gc(asked) } else { Command::Stw(asked) })
}

fn mmu(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    let mut asked = mmu::Asked::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Mmu)),
            Arg::Long("json") => asked.json = true,
            Arg::Long("per-proc") => asked.per_proc = true,
            Arg::Long("takes") => asked.takes = value(parser, "--takes", "stw,background,assist", mmu::takes)?,
            Arg::Long("window") => asked.window = Some(value(parser, "--window", "10ms", parse_time)?),
            Arg::Long("limit") => asked.limit = value(parser, "--limit", "10", |text| text.parse().ok())?,
            Arg::Long(name @ ("range" | "goroutine")) => {
                let name = name.to_owned();
                scope_option(&mut asked.wanted, &name, parser)?;
            }
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    if asked.per_proc && asked.wanted.who != Who::All {
        return Err(Failure::usage("--per-proc and --goroutine exclude each other"));
    }
    asked.file = needed(file, "mmu")?;
    Ok(Command::Mmu(asked))
}

fn report(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let (mut file, mut form, mut fail_on) = (None, Form::Text, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Report)),
            Arg::Long("json") => form = Form::Json,
            Arg::Long("md") => form = Form::Markdown,
            Arg::Long("fail-on") => fail_on = Some(value(parser, "--fail-on", "severe", report::severity)?),
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Report(report::Asked { file: needed(file, "report")?, form, fail_on }))
}

fn compare(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut plain: Vec<PathBuf> = Vec::new();
    let mut in_window = false;
    let mut asked = compare::Asked {
        sides: [Vec::new(), Vec::new()],
        series: Vec::new(),
        ranges: [None, None],
        form: Form::Text,
        html: None,
        align: Align::Start,
        unit: compare::Unit::Second,
        guards: Vec::new(),
    };
    while let Some(argument) = parser.next().map_err(usage)? {
        let [side_a, side_b] = &mut asked.sides;
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Compare)),
            Arg::Long("json") => asked.form = Form::Json,
            Arg::Long("md") => asked.form = Form::Markdown,
            Arg::Long("window") => in_window = true,
            Arg::Long("html") => asked.html = Some(PathBuf::from(parser.value().map_err(usage)?)),
            Arg::Long("align") => {
                asked.align =
                    value(parser, "--align", "start, wall, stretch, task:TYPE, region:TYPE or log:TEXT", Align::parse)?;
            }
            Arg::Long("a") => side_a.extend(parser.values().map_err(usage)?.map(PathBuf::from)),
            Arg::Long("b") => side_b.extend(parser.values().map_err(usage)?.map(PathBuf::from)),
            Arg::Long("range-a") => asked.ranges[0] = Some(value(parser, "--range-a", "100ms..1.2s", parse_stretch)?),
            Arg::Long("range-b") => asked.ranges[1] = Some(value(parser, "--range-b", "100ms..1.2s", parse_stretch)?),
            Arg::Long("per" | "by") => {
                asked.unit = value(parser, "--per", "second, cpu, task:TYPE or nothing", compare::unit)?;
            }
            Arg::Long("fail-if") => {
                asked.guards.push(value(parser, "--fail-if", "'task:/checkout p99 > +10%'", guard::parse)?);
            }
            Arg::Value(word) => plain.push(PathBuf::from(word)),
            other => return Err(usage(other.unexpected())),
        }
    }
    match (&asked.sides, plain.len()) {
        ([a, b], 2) if a.is_empty() && b.is_empty() => {
            asked.sides = <[Vec<PathBuf>; 2]>::try_from(plain.into_iter().map(|file| vec![file]).collect::<Vec<_>>())
                .unwrap_or_default();
        }
        ([a, b], 0) if !a.is_empty() && !b.is_empty() => {}
        ([a, b], 3..) if a.is_empty() && b.is_empty() => {
            let has_ranges = asked.ranges != [None, None] && !in_window;
            if has_ranges || asked.html.is_some() || !asked.guards.is_empty() {
                return Err(Failure::usage(
                    "--range-a, --range-b, --html and --fail-if are for two sides, not a series",
                ));
            }
            asked.series = plain;
        }
        _ => return Err(Failure::usage("compare needs two files, or --a FILE… --b FILE…")),
    }
    if !in_window {
        return Ok(Command::Compare(asked));
    }
    let [a, b] = &asked.sides;
    if a.len() > 1 || b.len() > 1 {
        return Err(Failure::usage("--window shows one file a side; several without --a and --b are a series"));
    }
    if asked.html.is_some() || !asked.guards.is_empty() || asked.form != Form::Text {
        return Err(Failure::usage("--window writes nothing: leave --html, --md, --json and --fail-if out"));
    }
    Ok(Command::CompareWindow(asked))
}

fn help(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    match parser.next().map_err(usage)? {
        None => Ok(Command::Help(Topic::Overview)),
        Some(Arg::Value(word)) => match word.to_str().and_then(Topic::named) {
            Some(topic) => Ok(Command::Help(topic)),
            None => Err(Failure::usage(format!("there is no command {}", quoted(&word)))),
        },
        Some(other) => Err(usage(other.unexpected())),
    }
}

fn screenshot(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let (mut file, mut out, mut welcome) = (None, None, false);
    let mut asked = Screenshot {
        file: None,
        out: PathBuf::new(),
        size_points: [1600, 1000],
        scale: 1.0,
        theme: ThemeChoice::Dark,
        range: None,
        select: None,
        compared: Vec::new(),
        row: None,
        panel: None,
    };
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Topic::Screenshot)),
            Arg::Short('o') | Arg::Long("out") => out = Some(PathBuf::from(parser.value().map_err(usage)?)),
            Arg::Long("welcome") => welcome = true,
            Arg::Long("size") => asked.size_points = value(parser, "--size", "1600x1000", parse_size)?,
            Arg::Long("scale") => asked.scale = value(parser, "--scale", "2 (0.5 to 4)", parse_scale)?,
            Arg::Long("theme") => asked.theme = value(parser, "--theme", "dark or light", parse_theme)?,
            Arg::Long("range") => asked.range = Some(value(parser, "--range", "100ms..1.2s", parse_stretch)?),
            Arg::Long("select") => asked.select = Some(value(parser, "--select", "g25@1.2s", parse_target)?),
            Arg::Long("compare") => asked.compared.push(PathBuf::from(parser.value().map_err(usage)?)),
            Arg::Long("row") => asked.row = Some(value(parser, "--row", "1", |text| text.parse().ok())?),
            Arg::Long("panel") => asked.panel = Some(value(parser, "--panel", &panel_names(), parse_panel)?),
            Arg::Value(word) => only_one(&mut file, word)?,
            other => return Err(usage(other.unexpected())),
        }
    }
    match (welcome, &file) {
        (true, Some(_)) => return Err(Failure::usage("--welcome shows no FILE")),
        (true, None) if asked.range.is_some() || asked.select.is_some() || !asked.compared.is_empty() => {
            return Err(Failure::usage("--welcome has nothing for --range, --select or --compare"));
        }
        (true, None) => {}
        (false, _) => asked.file = Some(needed(file, "screenshot")?),
    }
    asked.out = out.ok_or_else(|| Failure::usage("screenshot needs -o FILE.png"))?;
    Ok(Command::Screenshot(asked))
}

fn value<T>(
    parser: &mut lexopt::Parser,
    option: &str,
    example: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    let word = parser.value().map_err(usage)?;
    let like = if example.starts_with("one of ") { "" } else { "something like " };
    let wrong = || Failure::usage(format!("{option} wants {like}{example}, not {}", quoted(&word)));
    word.to_str().and_then(read).ok_or_else(wrong)
}

/// A panel by its name, in any case; spaces may be dashes.
fn parse_panel(text: &str) -> Option<&'static str> {
    let wanted = text.replace('-', " ");
    panels::ALL.into_iter().find(|name| name.eq_ignore_ascii_case(&wanted))
}

/// The panels, as [`parse_panel`] reads them.
fn panel_names() -> String {
    let names: Vec<String> = panels::ALL.iter().map(|name| name.to_lowercase().replace(' ', "-")).collect();
    format!("one of {}", names.join(", "))
}

fn parse_size(text: &str) -> Option<[u16; 2]> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|points| (200..=8000).contains(points));
    Some([side(width)?, side(height)?])
}

fn parse_scale(text: &str) -> Option<f32> {
    text.parse().ok().filter(|scale| (0.5..=4.0).contains(scale))
}

fn parse_theme(text: &str) -> Option<ThemeChoice> {
    match text {
        "dark" => Some(ThemeChoice::Dark),
        "light" => Some(ThemeChoice::Light),
        _ => None,
    }
}

fn only_one(file: &mut Option<PathBuf>, word: OsString) -> Result<(), Failure> {
    match file {
        Some(_) => Err(Failure::usage(format!("one FILE at a time: {} is too many", quoted(&word)))),
        None => {
            *file = Some(PathBuf::from(word));
            Ok(())
        }
    }
}

fn needed(file: Option<PathBuf>, command: &str) -> Result<PathBuf, Failure> {
    file.ok_or_else(|| Failure::usage(format!("{command} needs a FILE")))
}

fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn usage(error: lexopt::Error) -> Failure {
    Failure::usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;

    fn parsed(line: &str) -> Result<Command, Failure> {
        parse(std::iter::once("tracelane").chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn files_open_in_the_window() {
        assert_eq!(parsed(""), Ok(Command::Window { files: Vec::new(), follow: false }));
        assert_eq!(parsed("a b"), Ok(Command::Window { files: vec!["a".into(), "b".into()], follow: false }));
        assert_eq!(parsed("-- -x"), Ok(Command::Window { files: vec!["-x".into()], follow: false }));
        let limited = |line: &str| without_limit(line.split_whitespace().map(OsString::from));
        assert_eq!(limited("stats --max-unpacked 2G a").map(|found| found.1), Ok(Some(2 << 30)));
        assert_eq!(limited("stats --max-unpacked=1.5MiB a").map(|found| found.0.len()), Ok(2));
        assert_eq!(limited("-- --max-unpacked 2G").map(|found| found.1), Ok(None));
        assert_eq!(limited("--max-unpacked 1t").map(|found| found.1), Ok(Some(1 << 40)));
        assert!(limited("--max-unpacked much").is_err() && limited("--max-unpacked").is_err());
        assert_eq!(parsed("--follow a"), Ok(Command::Window { files: vec!["a".into()], follow: true }));
        assert!(parsed("--follow").is_err());
        assert_eq!(parsed("./dump"), Ok(Command::Window { files: vec!["./dump".into()], follow: false }));
    }

    #[test]
    fn commands_take_their_options_in_any_order() {
        let stats = |json, cache| Ok(Command::Stats(stats::Asked { file: "a".into(), json, cache }));
        assert_eq!(parsed("stats --json a"), stats(true, stats::CacheUse::Read));
        assert_eq!(parsed("stats a --json --no-cache"), stats(true, stats::CacheUse::No));
        assert_eq!(parsed("stats --keep a"), stats(false, stats::CacheUse::Keep));
        let Ok(Command::Screenshot(asked)) =
            parsed("screenshot a -o b.png --size 800x600 --scale 2 --theme light --range 1ms..2ms --select g7@1ms")
        else {
            panic!("not understood");
        };
        assert_eq!((asked.file, asked.out), (Some("a".into()), "b.png".into()));
        assert_eq!((asked.size_points, asked.theme), ([800, 600], ThemeChoice::Light));
        assert!(asked.range.is_some() && asked.select.is_some());
    }

    #[test]
    fn nonsense_is_refused_with_the_usage_code() {
        for line in [
            "--frob",
            "dump",
            "dump a b",
            "stats",
            "stats --jsonn a",
            "blocked",
            "blocked a --md",
            "goroutines",
            "goroutines a --sort colour",
            "goroutines a --frob 1",
            "goroutines a --task x --region y",
            "latency",
            "procs a b",
            "syscalls a --depth 1",
            "leaks a --limit some",
            "regions a --depth x",
            "tasks a --depth 1",
            "profile",
            "profile a --kind money",
            "profile a --latency 5",
            "gc",
            "gc a --limit x",
            "stw a b",
            "mmu a --takes everything",
            "mmu a --per-proc --goroutine g1",
            "mmu a --window 5",
            "compare a",
            "compare a b c --html x",
            "compare a b --fail-if x",
            "compare --a a",
            "compare --a a --b b c --window",
            "report",
            "report a --fail-on disaster",
            "screenshot a",
            "screenshot -o b.png",
            "screenshot a -o b.png --size 10",
            "screenshot a -o b.png --scale 0",
            "screenshot a -o b.png --theme blue",
            "screenshot a -o b.png --range 1",
            "screenshot a -o b.png --select 25",
            "screenshot a --welcome -o b.png",
            "screenshot --welcome -o b.png --select g1",
            "help frob",
        ] {
            assert_eq!(parsed(line).map_err(|failure| failure.exit), Err(Exit::Usage), "{line}");
        }
    }
}
