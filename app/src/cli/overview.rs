//! The overview of all commands: what `tracelane --help` prints, and the window command where there is no display.

use crate::fmt::text::Text;
use crate::report::analyses::ALL;
use crate::report::analyses::analysis::Topic;

/// A command and what it takes.
type Entry = (&'static str, &'static str);

/// A group of the overview.
struct Group {
    heading: &'static str,
    /// The analyses on this topic are in it.
    topic: Option<Topic>,
    /// Commands before the analyses.
    before: &'static [Entry],
    /// Commands after the analyses.
    after: &'static [Entry],
}

/// The groups of the overview that read traces.
const GROUPS: [Group; 7] = [
    Group {
        after: &[("compare", "A B"), ("query", "FILE... SQL")],
        ..of(Topic::Overview, &[("report", "FILE"), ("stats", "FILE")])
    },
    of(Topic::Waiting, &[]),
    of(Topic::Goroutines, &[]),
    of(Topic::Scheduler, &[]),
    of(Topic::Gc, &[]),
    Group { heading: "Several services", topic: None, before: &[("session", "FILE...")], after: &[] },
    Group {
        heading: "Output",
        topic: None,
        before: &[("cut", "FILE -o OUT"), ("dump", "FILE"), ("export", "FILE -o OUT"), ("screenshot", "FILE -o PNG")],
        after: &[],
    },
];

const fn of(topic: Topic, before: &'static [Entry]) -> Group {
    Group { heading: topic.title(), topic: Some(topic), before, after: &[] }
}

/// Commands that read no trace.
const OTHERS: (&str, &[(&str, &str)]) = (
    "Other",
    &[("record", "NAME=URL..."), ("mcp", ""), ("help", "COMMAND"), ("completions", "SHELL"), ("man", "[COMMAND]")],
);

/// The groups of commands that read traces: a heading and its commands.
fn groups() -> impl Iterator<Item = (&'static str, Vec<Entry>)> {
    GROUPS.iter().map(|group| {
        let infos = ALL.iter().map(|analysis| analysis.info());
        let analyses = infos.filter(|info| Some(info.topic) == group.topic).map(|info| (info.id, "FILE"));
        let before = group.before.iter().copied();
        (group.heading, before.chain(analyses).chain(group.after.iter().copied()).collect())
    })
}

/// The names of all commands that read traces, in the order of the overview.
pub fn trace_commands() -> impl Iterator<Item = &'static str> {
    groups().flat_map(|(_, commands)| commands).map(|(name, _)| name)
}

/// The names of all commands, in the order of the overview.
pub fn names() -> impl Iterator<Item = &'static str> {
    trace_commands().chain(OTHERS.1.iter().map(|(name, _)| *name))
}

/// The text on all commands of `line`.
#[must_use]
pub fn overview(line: &clap::Command) -> Text {
    let mut text = Text::own(&["Tracelane ", env!("CARGO_PKG_VERSION"), "\n", ABOVE]);
    command_lines(&mut text, line);
    text.append(&Text::own(&[BELOW]));
    text
}

/// Adds a line for each command of `line`, in groups.
pub fn command_lines(text: &mut Text, line: &clap::Command) {
    for (heading, commands) in groups().chain([(OTHERS.0, OTHERS.1.to_vec())]) {
        text.blank();
        text.line(&format!("{heading}:"));
        for (name, arguments) in commands {
            let about = line.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            text.line(&format!("  tracelane {:<23} {about}", format!("{name} {arguments}")));
        }
    }
}

/// What stands above the commands in the overview.
const ABOVE: &str = "\
Explores execution traces of Go 1.11 and newer.

Window:
  tracelane [FILE]...               Open the window; without a FILE, its welcome screen
  tracelane --follow FILE...        The same, adding what a program is still writing
";

/// What stands below the commands in the overview.
const BELOW: &str = "
Options:
  -h, --help                        Print help; --help behind a command prints all about it
  -V, --version                     Print the version
      --max-unpacked SIZE           What a compressed file may unpack to (2G); if not given, 256 MB plus 100
                                    times its size. All commands accept it.
      --max-download SIZE           What a server may send (4G); if not given, 250 MB plus 16 MB for each
                                    second it records. All commands accept it.
      --insecure                    Accept any certificate from an https server. All commands accept it.

A FILE may be compressed or archived (gzip, zstd, lz4, zip, tar); - is standard input, and an address
such as http://HOST/debug/pprof/trace?seconds=5 is fetched; http:// may be omitted if there is a port
(localhost:6060/debug/pprof/trace). A file with the name of a command opens as ./dump.
A trace in an archive is ARCHIVE.tar/NAME; if it is the only one, ARCHIVE.tar is enough.

Exit codes: 0 success, 1 a file cannot be read, 2 invalid usage, 3 read, but parts are damaged,
4 the report (or comparison) found what it was told to fail on
";
