//! The command line as data: a command with its arguments, or the window with its files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::cli::common::{CommonArgs, RangeArgs};
use crate::cli::compare::args::CompareArgs;
use crate::cli::dump::{self, DumpArgs};
use crate::cli::exit::CliError;
use crate::cli::format::FormatArgs;
use crate::cli::goroutines::GoroutinesArgs;
use crate::cli::latency::LatencyArgs;
use crate::cli::mmu::MmuArgs;
use crate::cli::profile::ProfileArgs;
use crate::cli::report::{self, ReportArgs};
use crate::cli::screenshot::{self, ScreenshotArgs};
use crate::cli::stats::{self, StatsArgs};
use crate::cli::tasks::{RegionsArgs, TasksArgs};
use crate::cli::text::Text;
use crate::cli::{analysis, blocked, compare, overview, usage, values, why};

/// Explores execution traces of Go 1.11 and newer
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "tracelane", bin_name = "tracelane", version, args_override_self = true)]
#[command(disable_help_subcommand = true, override_usage = "tracelane [OPTIONS] [FILE]...\n       tracelane COMMAND")]
pub struct CommandLine {
    /// What to do instead of opening the window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Traces to open in the window
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub files: Vec<PathBuf>,
    /// Follow the traces: add what a program is still writing to them
    #[arg(long, requires = "files")]
    pub follow: bool,
    /// Limits of what is read.
    #[command(flatten)]
    pub limits: SizeLimits,
}

/// Limits of what files and servers may give, bytes; `None` for the default.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Limits")]
pub struct SizeLimits {
    /// What a compressed file may unpack to, e.g. 2G (default: 256 MB plus 100 times its size)
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub max_unpacked: Option<u64>,
    /// What a server may send, e.g. 4G (default: 250 MB plus 16 MB for each second it records)
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub max_download: Option<u64>,
}

/// A command, in the order of the overview.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Print every event as text, as go tool trace -d=parsed does
    #[command(long_about = dump::ABOUT)]
    Dump(DumpArgs),
    /// Print summary statistics and load time
    #[command(long_about = stats::ABOUT, after_long_help = stats::JSON)]
    Stats(StatsArgs),
    /// Find likely performance problems, and where they are
    #[command(long_about = report::ABOUT, after_long_help = report::JSON)]
    Report(ReportArgs),
    /// Compare recordings: what changed, how much, and whether it is significant
    #[command(long_about = compare::args::ABOUT, after_long_help = compare::args::JSON)]
    #[command(override_usage = "tracelane compare [OPTIONS] A B\n       tracelane compare [OPTIONS] A B C...\n       \
                                tracelane compare [OPTIONS] --a <FILE>... --b <FILE>...")]
    Compare(CompareArgs),
    /// Show where goroutines wait, and what the goroutines that unblocked them did
    #[command(long_about = blocked::ABOUT, after_long_help = blocked::JSON)]
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Blocked(CommonArgs),
    /// Show where the time of a goroutine, task, region or range went, along its critical path
    #[command(long_about = why::ABOUT, after_long_help = why::JSON)]
    Why(CommonArgs),
    /// Show inferred locks, their holders and queues
    Locks(CommonArgs),
    /// Show what goroutines spend their time on, by start function
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Goroutines(GoroutinesArgs),
    /// Show where time is lost, by stack; also for pprof and flame graphs
    Profile(ProfileArgs),
    /// Show how long tasks took, by type, slowest first
    #[command(mut_arg("limit", |limit| limit.default_value("10")))]
    #[command(mut_arg("region", |region| region.hide(true)))]
    Tasks(TasksArgs),
    /// Show how long regions took, by type, slowest first
    #[command(mut_arg("limit", |limit| limit.default_value("10")))]
    Regions(RegionsArgs),
    /// Show how long goroutines waited for a proc, and what the procs ran instead
    Latency(LatencyArgs),
    /// Show what procs were used for
    Procs(RangeArgs),
    /// Show what threads were used for
    Threads(RangeArgs),
    /// Show system calls by function and stack, and which cost their proc
    Syscalls(CommonArgs),
    /// Show how many goroutines there were, by creation stack
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Population(CommonArgs),
    /// Show goroutines still blocked at the end, most likely leaks first
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Leaks(CommonArgs),
    /// Show GC cycles: phases, workers, mark assists, the heap, triggers
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Gc(RangeArgs),
    /// Show STW pauses: requesters, time to stop, the last goroutine to stop
    #[command(mut_arg("limit", |limit| limit.default_value("40")))]
    Stw(RangeArgs),
    /// Show what the GC leaves to the program, in the worst windows
    #[command(mut_arg("limit", |limit| limit.default_value("10")))]
    Mmu(MmuArgs),
    /// Draw the window as a picture, without display or GPU
    #[command(long_about = screenshot::ABOUT)]
    #[command(override_usage = "tracelane screenshot [OPTIONS] --out <PNG> <FILE>\n       \
                                tracelane screenshot [OPTIONS] --out <PNG> --welcome")]
    Screenshot(Box<ScreenshotArgs>),
    /// Print the help of a command, or how analyses count (tracelane help analyses)
    Help(HelpArgs),
    /// Print a completion script for a shell
    #[command(long_about = COMPLETIONS_ABOUT)]
    Completions(CompletionsArgs),
    /// Print the manual page of tracelane, or of a command (roff)
    #[command(long_about = MAN_ABOUT)]
    Man(ManArgs),
}

/// The arguments of `tracelane help`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct HelpArgs {
    /// A command, or analyses: how analyses count
    #[arg(value_name = "COMMAND")]
    pub topic: Option<String>,
}

/// The arguments of `tracelane man`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ManArgs {
    /// Print the page of this command
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// The arguments of `tracelane completions`.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionsArgs {
    /// Shell that is to run the script
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// What the long help of `completions` says.
const COMPLETIONS_ABOUT: &str = "\
Print a completion script for a shell.

  bash        tracelane completions bash > ~/.local/share/bash-completion/completions/tracelane
  zsh         tracelane completions zsh > _tracelane, in a folder of $fpath
  fish        tracelane completions fish > ~/.config/fish/completions/tracelane.fish
  powershell  tracelane completions powershell | Out-String | Invoke-Expression
  elvish      eval (tracelane completions elvish | slurp)";

/// What the long help of `man` says.
const MAN_ABOUT: &str = "\
Print the manual page of tracelane, or of a command, as roff.

  tracelane man | man -l -
  tracelane man report > ~/.local/share/man/man1/tracelane-report.1";

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Invocation {
    /// Print a text of the program's own: help, or the version.
    Print(Text),
    /// Run a command, or open the window.
    Run(Box<CommandLine>),
}

/// The definition of the command line, with the overview as its help.
#[must_use]
pub fn definition() -> clap::Command {
    let line = CommandLine::command();
    let overview = overview::overview(&line);
    line.override_help(overview.as_str().trim_end().to_owned())
}

/// The definition of the command line with all that long help says.
#[must_use]
pub fn documented() -> clap::Command {
    analysis::document(definition())
}

/// Reads the command line, the program's name first.
///
/// # Errors
/// When it makes no sense: with a message and the usage exit code.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, CliError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_help = |error: &clap::Error| matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let matches = match definition().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) if is_help(&error) => {
            let error = documented().try_get_matches_from(&arguments).err().filter(is_help).unwrap_or(error);
            return Ok(Invocation::Print(Text::of_lines(&error.render().to_string())));
        }
        Err(error) => return Err(usage::error(&error)),
    };
    let line = CommandLine::from_arg_matches(&matches).map_err(|error| usage::error(&error))?;
    if let Some((name, _)) = matches.subcommand() {
        if !line.files.is_empty() {
            let message = format!("the command {name} comes first; a FILE of that name is ./{name}");
            return Err(CliError::usage(message));
        }
        line.check(name)?;
    }
    Ok(Invocation::Run(Box::new(line)))
}

impl CommandLine {
    /// Refuses what only several arguments together show to be wrong.
    fn check(&self, name: &str) -> Result<(), CliError> {
        let Some(command) = &self.command else { return Ok(()) };
        if let Command::Compare(args) = command {
            args.options()?;
        }
        command.format().map_or(Ok(()), |format| format.check(name))
    }
}

impl Command {
    /// How it prints what it found; `None` if it prints no tables or report.
    const fn format(&self) -> Option<FormatArgs> {
        Some(match self {
            Self::Stats(args) => args.format,
            Self::Report(args) => args.format,
            Self::Compare(args) => args.format,
            Self::Blocked(args)
            | Self::Why(args)
            | Self::Locks(args)
            | Self::Syscalls(args)
            | Self::Population(args)
            | Self::Leaks(args) => args.format,
            Self::Goroutines(args) => args.common.format,
            Self::Profile(args) => args.format,
            Self::Tasks(args) => args.common.format,
            Self::Regions(args) => args.common.format,
            Self::Latency(args) => args.common.format,
            Self::Procs(args) | Self::Threads(args) | Self::Gc(args) | Self::Stw(args) => args.format,
            Self::Mmu(args) => args.common.format,
            Self::Dump(_) | Self::Screenshot(_) | Self::Help(_) | Self::Completions(_) | Self::Man(_) => return None,
        })
    }

    /// Whether its own output says what parts of the trace are lost. (A picture shows it.)
    #[must_use]
    pub const fn shows_damage(&self) -> bool {
        match self {
            Self::Dump(_) | Self::Stats(_) | Self::Screenshot(_) => true,
            Self::Compare(args) => args.window,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;
    use crate::cli::stats::CacheUse;
    use crate::report::format::Format;
    use crate::state::settings::ThemeChoice;

    fn parsed(line: &str) -> Result<CommandLine, CliError> {
        match parse(std::iter::once("tracelane").chain(line.split_whitespace()).map(OsString::from))? {
            Invocation::Run(line) => Ok(*line),
            Invocation::Print(text) => panic!("{line}: {}", text.as_str()),
        }
    }

    fn window(line: &str) -> (Vec<PathBuf>, bool) {
        let parsed = parsed(line).unwrap_or_else(|error| panic!("{line}: {}", error.message));
        assert_eq!(parsed.command, None, "{line}");
        (parsed.files, parsed.follow)
    }

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn files_open_in_the_window() {
        assert_eq!(window(""), (Vec::new(), false));
        assert_eq!(window("a b"), (vec!["a".into(), "b".into()], false));
        assert_eq!(window("a dump"), (vec!["a".into(), "dump".into()], false));
        assert_eq!(window("-- -x"), (vec!["-x".into()], false));
        assert_eq!(window("-- dump"), (vec!["dump".into()], false));
        assert_eq!(window("--follow a"), (vec!["a".into()], true));
        assert_eq!(window("a --follow b"), (vec!["a".into(), "b".into()], true));
        assert_eq!(window("./dump"), (vec!["./dump".into()], false));
        assert!(parsed("--follow").is_err());
    }

    #[test]
    fn limits_may_stand_anywhere() {
        let limits = |line: &str| parsed(line).map(|line| (line.limits.max_unpacked, line.limits.max_download));
        assert_eq!(limits("stats --max-unpacked 2G a"), Ok((Some(2 << 30), None)));
        assert_eq!(limits("--max-unpacked 2G stats a"), Ok((Some(2 << 30), None)));
        assert_eq!(limits("stats --max-unpacked=1.5MiB a"), Ok((Some(3 << 19), None)));
        assert_eq!(limits("a --max-download 4G"), Ok((None, Some(4 << 30))));
        assert_eq!(window("-- --max-unpacked 2G"), (vec!["--max-unpacked".into(), "2G".into()], false));
        assert!(limits("--max-unpacked much").is_err() && limits("--max-unpacked").is_err());
    }

    #[test]
    fn commands_take_their_options_in_any_order() {
        let stats = |line: &str| match parsed(line).map(|line| line.command) {
            Ok(Some(Command::Stats(args))) => (args.file.clone(), args.format.chosen(), args.cache()),
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(stats("stats --json a"), ("a".into(), Format::Json, CacheUse::Read));
        assert_eq!(stats("stats a --format json --no-cache"), ("a".into(), Format::Json, CacheUse::No));
        assert_eq!(stats("stats --keep a"), ("a".into(), Format::Text, CacheUse::Keep));
        let line = "screenshot a -o b.png --size 800x600 --scale 2 --theme light --range 1ms..2ms --select g7@1ms";
        let Ok(Some(Command::Screenshot(args))) = parsed(line).map(|line| line.command) else { panic!("{line}") };
        assert_eq!((args.file.clone(), args.output().path), (Some("a".into()), Some("b.png".into())));
        assert_eq!((args.size, args.theme), ([800, 600], ThemeChoice::Light));
        assert!(args.range.is_some() && args.select.is_some());
    }

    #[test]
    fn commands_have_their_own_limits_and_the_last_of_an_option_counts() {
        let limit = |line: &str| match parsed(line).map(|line| line.command) {
            Ok(Some(Command::Blocked(args) | Command::Why(args))) => args.limit,
            Ok(Some(Command::Gc(args))) => args.limit,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!([limit("blocked a"), limit("why a"), limit("gc a")], [40, 20, 40]);
        assert_eq!(limit("why a --limit 3 --limit 4"), 4);
    }

    #[test]
    fn messages_are_plain() {
        for (line, message) in [
            ("screenshot a -o b --select g", "invalid --select 'g': expected e.g. g25@1.2s"),
            ("blocked a --goroutine x", "invalid --goroutine 'x': expected e.g. g25"),
            ("blocked a --jsom", "unknown option --jsom; did you mean --json?"),
            ("blocked a --limit", "--limit needs a value"),
            ("blocked a --limit 0", "invalid --limit '0': expected a number, 1 or more"),
            ("blocked", "missing FILE"),
            ("blocked a b", "unexpected argument 'b': one FILE at a time"),
            ("blocked a --json=1", "--json takes no value"),
            ("blocked a --task x --region y", "--task cannot be used with --region"),
            ("blocked a --format csv", "blocked cannot print csv: its formats are text, json"),
            ("blocked a --format xml", "invalid --format 'xml': expected one of text, json, csv, md"),
            ("goroutines a --sort counts", "name; did you mean count?"),
            ("dump a --format json", "unknown option --format"),
        ] {
            let said = parsed(line).map_err(|error| error.message).expect_err(line);
            assert!(said.contains(message) && said.ends_with("; see tracelane --help"), "{line}: {said}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_usage_code() {
        for line in [
            "--frob",
            "dump",
            "dump a b",
            "stats",
            "stats --jsonn a",
            "stats a --json --format text",
            "blocked",
            "blocked a --md",
            "goroutines",
            "goroutines a --sort colour",
            "goroutines a --frob 1",
            "goroutines a --task x --region y",
            "latency",
            "latency a --by colour",
            "procs a b",
            "procs a --goroutine g1",
            "syscalls a --depth 1",
            "leaks a --limit some",
            "regions a --depth x",
            "regions a --log x",
            "tasks a --depth 1",
            "profile",
            "profile a --kind money",
            "profile a --latency 5",
            "profile a --latency 5ms..",
            "gc",
            "gc a --limit x",
            "stw a b",
            "mmu a --takes everything",
            "mmu a --per-proc --goroutine g1",
            "mmu a --window 5",
            "compare a",
            "compare a b c --html x",
            "compare a b --fail-if x",
            "compare a b --window --json",
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
            "completions",
            "completions tcsh",
        ] {
            assert_eq!(parsed(line).map(|_| ()).map_err(|error| error.exit), Err(Exit::Usage), "{line}");
        }
    }
}
