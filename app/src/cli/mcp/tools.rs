//! The tools: what each takes, and what it answers. Arguments are those of the commands of the same name, and read by the
//! same code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use trace_core::analysis::places::Places;
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::analysis::why::why_knowing;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::tables::source::Source;

use crate::cli::args::{self, Command, Invocation};
use crate::cli::exit::{CliError, is_damaged};
use crate::cli::mcp::budget::{USUAL, fitted};
use crate::cli::mcp::open_traces::{OpenTrace, OpenTraces, STOPPED, local};
use crate::cli::mcp::slice::{self, Lines};
use crate::cli::mcp::watch::Watch;
use crate::cli::values::goroutine;
use crate::cli::{compare, query, screenshot};
use crate::fmt::base64::base64;
use crate::fmt::escape::visible;
use crate::fmt::number::{bytes, count};
use crate::fmt::place::{LaneName, parse_stretch};
use crate::fmt::time;
use crate::link::find::{Linked, contents, file_name};
use crate::link::place::{Place, When};
use crate::link::text::Link;
use crate::report::analyses::analysis::Ask;
use crate::report::analyses::blocked::{self, BLOCKED};
use crate::report::analyses::{by_id, why};
use crate::report::report::Report;
use crate::report::{diagnosis, render};
use crate::sql::answer::QueryError;
use crate::sql::engine::Engine;

/// A query that takes longer is stopped: until it is answered, nothing else is.
const LONGEST_QUERY: Duration = Duration::from_secs(60);

/// Longest path that an answer quotes, in bytes.
const LONGEST_PATH: usize = 400;

/// An argument: its name, its type in JSON, what it means.
type Argument = (&'static str, &'static str, &'static str);

/// What a tool answers: the items of a message, or a sentence that says what to do.
type Answer = Result<Vec<Value>, String>;

/// A tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    about: &'static str,
    needed: &'static [&'static str],
    arguments: &'static [Argument],
    run: fn(&mut OpenTraces, &Arguments<'_>) -> Answer,
}

const FILE: Argument = ("file", "string", "path of a trace (also gzip, zstd, zip) on this machine");
const MAX_BYTES: Argument = ("max_bytes", "integer", "bytes of the answer at most; 4000 if not given");
const LIMIT: Argument = ("limit", "integer", "rows of each table at most");
const RANGE: Argument = ("range", "string", "only this time from the start of the trace: 100ms..1.2s, 1s.., ..20ms");
const GOROUTINE: Argument = ("goroutine", "string", "only this goroutine: G25");
const FUNCTION: Argument = ("function", "string", "only goroutines started with this function: main.worker");
const TASK: Argument = ("task", "string", "only this task, by id or type");
const REGION: Argument = ("region", "string", "only regions of this type");

/// All tools, in the order in which they are listed.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "open",
        about: "Reads a Go execution trace and keeps it open: how long it is, what it holds, whether it is damaged.",
        needed: &["file"],
        arguments: &[FILE],
        run: open,
    },
    Tool {
        name: "findings",
        about: "What probably costs the program its time, worst first: headline, explanation, function and line, time lost, \
                when. Call this first.",
        needed: &["file"],
        arguments: &[FILE, MAX_BYTES],
        run: findings,
    },
    Tool {
        name: "why",
        about: "Where the time of a goroutine, a task, a region or a range went: the chain of who waited for whom.",
        needed: &["file"],
        arguments: &[FILE, RANGE, GOROUTINE, FUNCTION, TASK, REGION, LIMIT, MAX_BYTES],
        run: |traces, asked| analysis(traces, asked, why::WHY, 10),
    },
    Tool {
        name: "waits",
        about: "Where goroutines were blocked, by place: how often, how long, and what those did meanwhile who unblocked them.",
        needed: &["file"],
        arguments: &[FILE, RANGE, GOROUTINE, FUNCTION, TASK, REGION, LIMIT, MAX_BYTES],
        run: |traces, asked| analysis(traces, asked, BLOCKED, 10),
    },
    Tool {
        name: "profile",
        about: "Time by stack: blocking by kind (sync, net, syscall, sched), or CPU samples (cpu).",
        needed: &["file"],
        arguments: &[
            FILE,
            ("kind", "string", "what is summed, as tracelane profile --kind takes it"),
            RANGE,
            GOROUTINE,
            FUNCTION,
            TASK,
            REGION,
            LIMIT,
            MAX_BYTES,
        ],
        run: |traces, asked| analysis(traces, asked, "profile", 15),
    },
    Tool {
        name: "timeline",
        about: "A slice of the timeline as text: what each goroutine did in a range, or, with goroutine, its states one by \
                one with place and cause.",
        needed: &["file", "range"],
        arguments: &[FILE, RANGE, GOROUTINE, LIMIT, MAX_BYTES],
        run: timeline,
    },
    Tool {
        name: "query",
        about: "Answers SQL (SQLite, read-only) over tables such as goroutines, spans, waits, flows, tasks, gc_cycles; without \
                sql it lists tables and columns. Times in columns that end in _ns are ns from the start, durations ns; dur(ns) \
                writes them for people, func(stack_id) names the code. Further files: trace_id counts them from 1.",
        needed: &["file"],
        arguments: &[
            FILE,
            ("files", "array", "further files: traces, or spans of a session that requests joins"),
            ("sql", "string", "one SELECT or WITH statement"),
            ("table", "string", "list the columns of this table instead"),
            LIMIT,
            MAX_BYTES,
        ],
        run: queried,
    },
    Tool {
        name: "compare",
        about: "What changed from one trace to another of the same program, ranked, with what is significant.",
        needed: &["file", "other"],
        arguments: &[FILE, ("other", "string", "path of the second trace"), LIMIT, MAX_BYTES],
        run: compared,
    },
    Tool {
        name: "screenshot",
        about: "A picture (PNG) of the window with the trace: a range, something selected, a panel.",
        needed: &["file"],
        arguments: &[
            FILE,
            RANGE,
            ("select", "string", "select what a lane does at a time: G25@1.2s, or the lane: G25, P0, gc"),
            ("panel", "string", "a panel to open: report, why, blocked, query"),
            ("size", "string", "size in points: 1100x700"),
        ],
        run: shot,
    },
    Tool {
        name: "link",
        about: "A link (tracelane://open?...) with which a person opens a place of the trace in the window, and a command for a \
                picture of it.",
        needed: &["file"],
        arguments: &[FILE, RANGE, GOROUTINE],
        run: link,
    },
];

impl Tool {
    /// As `tools/list` has it.
    pub(super) fn described(&self) -> Value {
        let property = |(name, kind, about): &Argument| {
            let mut schema = json!({ "type": kind, "description": about });
            if *kind == "array" {
                schema["items"] = json!({ "type": "string" });
            }
            ((*name).to_owned(), schema)
        };
        let properties: Map<String, Value> = self.arguments.iter().map(property).collect();
        json!({
            "name": self.name,
            "description": self.about,
            "inputSchema": {
                "type": "object",
                "properties": properties,
                "required": self.needed,
                "additionalProperties": false,
            },
            "annotations": { "readOnlyHint": true, "openWorldHint": false },
        })
    }

    /// Answers a call, which `monitor` stops. The same call about the same file is answered from memory.
    pub(super) fn call(&self, traces: &mut OpenTraces, arguments: &Value, monitor: &Monitor) -> Answer {
        let asked = Arguments { of: self, values: arguments, monitor };
        asked.check()?;
        if !self.is_of_one_file(arguments) {
            return (self.run)(traces, &asked);
        }
        let (file, key) = (asked.file(), format!("{} {arguments}", self.name));
        if let Some(answer) = traces.answered(&file, &key) {
            return Ok(answer);
        }
        let answer = (self.run)(traces, &asked)?;
        if !monitor.is_cancelled() {
            traces.keep(&file, &key, &answer);
        }
        Ok(answer)
    }

    /// Whether an answer depends on nothing but one trace: no other file, and no picture, of which few are worth their memory.
    fn is_of_one_file(&self, arguments: &Value) -> bool {
        let of_several = ["compare", "screenshot"].contains(&self.name) || arguments.get("files").is_some();
        let sql = arguments.get("sql").and_then(Value::as_str);
        !of_several && !sql.is_some_and(query::is_of_session)
    }
}

/// The arguments of a call.
struct Arguments<'a> {
    of: &'a Tool,
    values: &'a Value,
    /// Cancelled when the client takes the request back.
    monitor: &'a Monitor,
}

impl Arguments<'_> {
    /// # Errors
    /// When one is unknown or missing.
    fn check(&self) -> Result<(), String> {
        let names = || self.of.arguments.iter().map(|argument| argument.0).collect::<Vec<_>>().join(", ");
        let given = self.values.as_object();
        let unknown =
            given.into_iter().flatten().find(|(name, _)| !self.of.arguments.iter().any(|known| known.0 == *name));
        if let Some((name, _)) = unknown {
            return Err(format!("{} takes no {name}: it takes {}", self.of.name, names()));
        }
        match self.of.needed.iter().find(|name| self.text(name).is_none()) {
            Some(name) => Err(format!("{} needs {name}: it takes {}", self.of.name, names())),
            None => Ok(()),
        }
    }

    /// A text, or a number as text.
    fn text(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    fn file(&self) -> String {
        self.text("file").unwrap_or_default()
    }

    /// The arguments of these names as options of a command line.
    fn options(&self, names: &[&str]) -> Vec<String> {
        let option = |name: &&str| Some([format!("--{name}"), self.text(name)?]);
        names.iter().filter_map(option).flatten().collect()
    }

    /// What an answer is about, and how to see it, behind its text.
    fn answer(&self, traces: &OpenTraces, text: &str, open: &OpenTrace, scope: &str) -> Answer {
        let tail = self.tail(traces, open, scope);
        Ok(vec![text_item(&fitted(text, &tail, self.number("max_bytes").unwrap_or(USUAL)))])
    }

    /// What an answer is about, in which units its times are, a link to the place, and a command that shows it.
    fn tail(&self, traces: &OpenTraces, open: &OpenTrace, scope: &str) -> String {
        let whole = open.trace.range().nanos();
        let damaged = if is_damaged(&open.trace) { " The trace is damaged: totals are too small." } else { "" };
        let scope = if scope.is_empty() { "whole trace" } else { scope };
        let range = self.text("range").map_or_else(String::new, |range| format!(" --range {range}"));
        let select = self.text("goroutine").map_or_else(String::new, |go| format!(" --select {go}"));
        let link = self.link(traces, open).map_or_else(String::new, |link| format!("Link: {link}\n"));
        format!(
            "Scope: {scope} of {} ({}). Times count from its start{}.{damaged}\n\
             {link}Show: tracelane screenshot {}{range}{select} -o picture.png",
            shortened(&visible(&open.file)),
            time::duration(whole),
            if self.of.name == "query" { "; numbers in columns that end in _ns are nanoseconds" } else { "" },
            shell_quoted(&open.file),
        )
    }

    /// A link to the place that is asked about: to the trace where there is no such place. `None` if the file cannot be read.
    fn link(&self, traces: &OpenTraces, open: &OpenTrace) -> Option<Link> {
        let linked = Linked::File(local(&open.file).ok()?);
        let hashed = contents(&linked, &traces.hashes, self.monitor).ok()?;
        let place = self.place(open).unwrap_or_default();
        Some(Link { file: file_name(&linked), sha256: hashed.sha256, bytes: Some(hashed.bytes), place })
    }

    /// The range and the goroutine that are asked about.
    ///
    /// # Errors
    /// When one of them cannot be read, or is not there.
    fn place(&self, open: &OpenTrace) -> Result<Place, String> {
        let range = self.text("range").map(|range| {
            let read = parse_stretch(&range);
            read.ok_or_else(|| format!("{range:?} is no range: expected 100ms..1.2s, 1s.. or ..20ms"))
        });
        let lane = self.text("goroutine").map(|text| {
            let name = goroutine(&text)
                .map(LaneName::Goroutine)
                .map_err(|said| format!("{text:?} is no goroutine: {said}"))?;
            name.find(&open.trace).map(|_| name).ok_or_else(|| format!("{text} is not in the trace"))
        });
        Ok(Place {
            time: range.transpose()?.map(When::Stretch),
            lanes: lane.transpose()?.into_iter().collect(),
            ..Place::default()
        })
    }
}

/// A path without its beginning, if it is very long.
fn shortened(path: &str) -> String {
    let from = path.ceil_char_boundary(path.len().saturating_sub(LONGEST_PATH));
    if from == 0 { path.to_owned() } else { format!("…{}", path.get(from..).unwrap_or_default()) }
}

fn text_item(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// A path for a shell.
fn shell_quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    let shown = visible(path);
    if path.chars().all(is_plain) { shown.into_owned() } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

fn sentence(error: CliError) -> String {
    error.message
}

/// A command line as the program reads it.
fn parsed(words: Vec<String>) -> Result<Command, String> {
    let words = std::iter::once("tracelane".to_owned()).chain(words).map(OsString::from);
    match args::parse(words).map_err(sentence)? {
        Invocation::Run(line) => line.command.ok_or_else(|| "nothing is asked".to_owned()),
        Invocation::Print(_) => Err("nothing is asked".to_owned()),
    }
}

fn open(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let open = traces.get(&asked.file(), asked.monitor)?;
    let (trace, totals) = (&open.trace, open.trace.totals());
    let tasks =
        if trace.task_count() > 0 { format!(", {} tasks", count(trace.task_count().into())) } else { String::new() };
    let text = format!(
        "{}: Go 1.{} trace, {}, {} long, {} events, {} goroutines, {} procs{tasks}, {}.\n\
         Next: findings says what costs the program its time.",
        visible(&open.file),
        totals.version,
        bytes(totals.bytes),
        time::duration(trace.range().nanos()),
        count(totals.events),
        count(trace.goroutine_count().into()),
        count(trace.proc_count().into()),
        if is_damaged(trace) { "damaged: parts are lost" } else { "not damaged" },
    );
    asked.answer(traces, &text, &open, "")
}

fn findings(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let open = traces.get(&asked.file(), asked.monitor)?;
    let known = open.known(asked.monitor)?;
    let report = diagnosis::report(&open.file, &open.trace, &known.findings, false);
    asked.answer(traces, render::text::report(&report).as_str(), &open, "")
}

/// The report of an analysis.
fn analysis(traces: &mut OpenTraces, asked: &Arguments<'_>, id: &'static str, limit: usize) -> Answer {
    let names = ["range", "goroutine", "function", "task", "region", "kind"];
    let file = asked.file();
    local(&file)?;
    let limit = asked.number("limit").unwrap_or(limit).to_string();
    let mut words = vec![id.to_owned(), "--limit".to_owned(), limit];
    words.extend(asked.options(&names));
    words.extend(["--".to_owned(), file.clone()]);
    let (Command::Analysis(line) | Command::Profile(line, _)) = parsed(words)? else {
        return Err(format!("{id} is no analysis"));
    };
    let open = traces.get(&file, asked.monitor)?;
    let ask = line.ask(&open.trace).map_err(sentence)?;
    let report = match known_report(id, &open, &ask, asked.monitor)? {
        Some(report) => Some(report),
        None => by_id(id).and_then(|analysis| analysis.run_all(&open.trace, &ask, asked.monitor)),
    };
    let mut report = report.ok_or(STOPPED)?;
    report.limit(line.limit);
    let scope: Vec<String> = names.iter().filter_map(|name| Some(format!("{name} {}", asked.text(name)?))).collect();
    asked.answer(traces, render::text::report(&report).as_str(), &open, &visible(&scope.join(", ")))
}

/// The report of an analysis whose work was done when the trace was opened, or begun then; `None` for others, and where only
/// part of the trace is asked about.
fn known_report(id: &str, open: &OpenTrace, ask: &Ask, monitor: &Monitor) -> Result<Option<Report>, String> {
    let (trace, scope) = (&open.trace, &ask.scope);
    let is_whole = scope.is_whole(trace);
    if id == why::WHY && scope.filter == GoroutineFilter::All {
        let known = open.known(monitor)?;
        // What a range is about depends on the findings of the whole trace.
        let found = if is_whole {
            Arc::clone(&known.why)
        } else {
            Arc::new(why_knowing(trace, scope, Some(&known.findings), monitor).ok_or(STOPPED)?)
        };
        return Ok(Some(why::report(trace, &found)));
    }
    if id == BLOCKED && is_whole {
        let known = open.known(monitor)?;
        let places = Places::new(trace);
        return blocked::report(trace, (&places, &known.waits), ask.limit, monitor).map(Some).ok_or(STOPPED.to_owned());
    }
    Ok(None)
}

fn timeline(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let open = traces.get(&asked.file(), asked.monitor)?;
    let range = asked.text("range").unwrap_or_default();
    let wanted = parse_stretch(&range);
    let wanted = wanted.ok_or_else(|| format!("{range:?} is no range: expected 100ms..1.2s, 1s.. or ..20ms"))?;
    let whole = open.trace.range().nanos();
    let (start, end) = (wanted.start_nanos.unwrap_or(0), wanted.end_nanos.unwrap_or(whole));
    let limit = asked.number("limit").unwrap_or(25);
    let lines = match asked.text("goroutine") {
        None => {
            let at = |nanos| open.trace.range().start.plus_nanos(nanos);
            slice::all(&open.trace, TimeRange::new(at(start), at(end)), limit, asked.monitor).ok_or(STOPPED)?
        }
        Some(go) => {
            let digits = go.trim_start_matches(['g', 'G']);
            let id: i64 = digits.parse().ok().ok_or_else(|| format!("{go:?} is no goroutine: expected G25"))?;
            let sql = slice::of_goroutine(id, start, end, limit);
            let mut lines = Lines::new(limit);
            let watch = Watch::begin(asked.monitor, LONGEST_QUERY)?;
            run_sql(vec![Arc::new(source_of(&open, &watch.stop))], &sql, &mut lines, watch)?;
            lines
        }
    };
    let scope = asked.text("goroutine").map_or_else(String::new, |go| format!("{go}, "));
    asked.answer(traces, &lines.text(), &open, &visible(&format!("{scope}{range}")))
}

fn source_of(open: &OpenTrace, monitor: &Monitor) -> Source {
    Source::new(Arc::clone(&open.trace), open.file.clone(), monitor.clone())
}

fn run_sql(sources: Vec<Arc<Source>>, sql: &str, lines: &mut Lines, watch: Watch) -> Result<(), String> {
    let says = |error: QueryError| format!("{error}. query without sql lists the tables and their columns");
    let engine = Engine::new(sources, watch.stop.clone()).map_err(says);
    let ran = engine.and_then(|engine| engine.run(sql, lines).map_err(says));
    if watch.is_late() {
        let seconds = LONGEST_QUERY.as_secs();
        return Err(format!(
            "the query took more than {seconds} s and was stopped: ask for less, such as a range of time"
        ));
    }
    ran
}

fn queried(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let file = asked.file();
    let Some(sql) = asked.text("sql") else {
        let text = query::described(asked.text("table").as_deref())?;
        return Ok(vec![text_item(&fitted(&text, "", asked.number("max_bytes").unwrap_or(USUAL)))]);
    };
    let more = asked.values.get("files").and_then(Value::as_array).into_iter().flatten();
    let files: Vec<&str> = std::iter::once(file.as_str()).chain(more.filter_map(Value::as_str)).collect();
    let mut lines = Lines::new(asked.number("limit").unwrap_or(50));
    if query::is_of_session(&sql) {
        let paths = files.iter().map(|file| local(file)).collect::<Result<Vec<PathBuf>, String>>()?;
        let watch = Watch::begin(asked.monitor, LONGEST_QUERY)?;
        let (sources, is_partial) = query::of_session(&paths, &watch.stop).map_err(sentence)?;
        run_sql(sources, &sql, &mut lines, watch)?;
        let damaged = if is_partial { " Parts of it are lost." } else { "" };
        let tail = format!("Scope: a session of {} files.{damaged}", files.len());
        return Ok(vec![text_item(&fitted(&lines.text(), &tail, asked.number("max_bytes").unwrap_or(USUAL)))]);
    }
    let opened =
        files.iter().map(|file| traces.get(file, asked.monitor)).collect::<Result<Vec<OpenTrace>, String>>()?;
    // What is known already is not looked for once more.
    let asks_for_findings = query::names_any(&sql, &["findings"]);
    let known = |open: &OpenTrace| asks_for_findings.then(|| open.known(asked.monitor)).transpose();
    let known = opened.iter().map(known).collect::<Result<Vec<_>, String>>()?;
    let watch = Watch::begin(asked.monitor, LONGEST_QUERY)?;
    let sources = opened.iter().zip(known).map(|(open, known)| match known {
        Some(known) => Arc::new(source_of(open, &watch.stop).with_findings(Arc::clone(&known.findings))),
        None => Arc::new(source_of(open, &watch.stop)),
    });
    let sources = sources.collect();
    run_sql(sources, &sql, &mut lines, watch)?;
    let Some(first) = opened.first() else { return Err("query needs a file".to_owned()) };
    asked.answer(traces, &lines.text(), first, "")
}

fn compared(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let (file, other) = (asked.file(), asked.text("other").unwrap_or_default());
    let words = vec!["compare".to_owned(), "--".to_owned(), file.clone(), other.clone()];
    local(&file)?;
    local(&other)?;
    let Command::Compare(line) = parsed(words)? else { return Err("compare needs two traces".to_owned()) };
    let mut report = compare::report_of(&line.options().map_err(sentence)?).map_err(sentence)?;
    report.limit(asked.number("limit").unwrap_or(12));
    let open = traces.get(&file, asked.monitor)?;
    asked.answer(traces, render::text::report(&report).as_str(), &open, &visible(&format!("to {other}: all")))
}

fn shot(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let file = asked.file();
    local(&file)?;
    // It is read once, and an error says the same as elsewhere.
    let open = traces.get(&file, asked.monitor)?;
    let mut words: Vec<String> = ["screenshot", "--out", "-"].map(str::to_owned).to_vec();
    words.extend(asked.options(&["range", "select", "panel"]));
    words.extend(["--size".to_owned(), asked.text("size").unwrap_or_else(|| "1100x700".to_owned())]);
    words.extend(["--".to_owned(), file]);
    let Command::Screenshot(line) = parsed(words)? else { return Err("screenshot needs a trace".to_owned()) };
    let data = base64(&screenshot::png(&line).map_err(sentence)?);
    let picture = json!({ "type": "image", "data": data, "mimeType": "image/png" });
    Ok(vec![picture, text_item(&asked.tail(traces, &open, &visible(&asked.text("range").unwrap_or_default())))])
}

fn link(traces: &mut OpenTraces, asked: &Arguments<'_>) -> Answer {
    let open = traces.get(&asked.file(), asked.monitor)?;
    // An invalid place is an error here; the links of other answers leave it out.
    asked.place(&open)?;
    let text = format!(
        "The link opens in the window where the file, or a copy of it, lies in a folder of traces opened before or in Downloads.\n\
         Window: tracelane {}",
        shell_quoted(&open.file)
    );
    asked.answer(traces, &text, &open, &visible(&asked.text("range").unwrap_or_default()))
}
