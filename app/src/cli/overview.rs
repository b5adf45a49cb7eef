//! The overview of all commands: what `tracelane --help` prints, and the window command where there is no display.

use crate::fmt::text::Text;

/// The commands by purpose: the groups of the overview, with what each command takes.
const GROUPS: [(&str, &[(&str, &str)]); 7] = [
    (
        "Overview",
        &[
            ("report", "FILE"),
            ("stats", "FILE"),
            ("warnings", "FILE"),
            ("selection", "FILE"),
            ("instant", "FILE"),
            ("compare", "A B"),
        ],
    ),
    (
        "Waiting",
        &[("blocked", "FILE"), ("why", "FILE"), ("locks", "FILE"), ("interactions", "FILE"), ("profile", "FILE")],
    ),
    (
        "Goroutines and tasks",
        &[
            ("goroutines", "FILE"),
            ("population", "FILE"),
            ("leaks", "FILE"),
            ("tasks", "FILE"),
            ("regions", "FILE"),
            ("logs", "FILE"),
        ],
    ),
    ("Scheduler", &[("latency", "FILE"), ("procs", "FILE"), ("threads", "FILE"), ("syscalls", "FILE")]),
    ("GC", &[("gc", "FILE"), ("stw", "FILE"), ("mmu", "FILE")]),
    ("Several services", &[("session", "FILE...")]),
    ("Output", &[("dump", "FILE"), ("screenshot", "FILE -o PNG")]),
];
/// Commands that read no trace.
const OTHERS: (&str, &[(&str, &str)]) =
    ("Other", &[("record", "NAME=URL..."), ("help", "COMMAND"), ("completions", "SHELL"), ("man", "[COMMAND]")]);

/// The names of all commands that read traces, in the order of the overview.
pub fn trace_commands() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|(_, commands)| commands.iter()).map(|(name, _)| *name)
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
    for (heading, commands) in GROUPS.iter().chain([&OTHERS]) {
        text.blank();
        text.line(&format!("{heading}:"));
        for (name, arguments) in *commands {
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

A FILE may be compressed or archived (gzip, zstd, lz4, zip, tar); - is standard input, and an address
such as http://HOST/debug/pprof/trace?seconds=5 is fetched; http:// may be omitted if there is a port
(localhost:6060/debug/pprof/trace). A file with the name of a command opens as ./dump.
A trace in an archive is ARCHIVE.tar/NAME; if it is the only one, ARCHIVE.tar is enough.

Exit codes: 0 success, 1 a file cannot be read, 2 invalid usage, 3 read, but parts are damaged,
4 the report (or comparison) found what it was told to fail on
";
