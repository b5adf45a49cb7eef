//! The command line as data: a command with its arguments, or the window with its files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::cli::command::{AnalysisArgs, command};
use crate::cli::compare::args::CompareArgs;
use crate::cli::cut::{self, CutArgs};
use crate::cli::dump::{self, DumpArgs};
use crate::cli::exit::CliError;
use crate::cli::export::{self, ExportArgs};
use crate::cli::mcp::args::{self as mcp, McpArgs};
use crate::cli::profile::ProfileArgs;
use crate::cli::query::{self, QueryArgs};
use crate::cli::record::{self, RecordArgs};
use crate::cli::report::{self, ReportArgs};
use crate::cli::screenshot::{self, ScreenshotArgs};
use crate::cli::session::{self, SessionArgs};
use crate::cli::stats::{self, StatsArgs};
use crate::cli::{analysis, compare, overview, usage, values};
use crate::fmt::text::Text;
use crate::report::analyses::profile::PROFILE;
use crate::report::analyses::{ALL, Analysis, by_id};

/// Explores execution traces of Go 1.11 and newer
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "tracelane", bin_name = "tracelane", version, args_override_self = true)]
#[command(disable_help_subcommand = true, override_usage = "tracelane [OPTIONS] [FILE]...\n       tracelane COMMAND")]
pub struct CommandLine {
    /// What to do instead of opening the window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Traces, or links to places in traces, to open in the window
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub files: Vec<PathBuf>,
    /// Follow the traces: add what a program is still writing to them
    #[arg(long, requires = "files")]
    pub follow: bool,
    /// Limits of what is read.
    #[command(flatten)]
    pub limits: SizeLimits,
}

/// Limits of what files and servers may give, bytes; `None` for the default; and which servers are believed.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Files and servers")]
pub struct SizeLimits {
    /// What a compressed file may unpack to, e.g. 2G (default: 256 MB plus 100 times its size)
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub max_unpacked: Option<u64>,
    /// What a server may send, e.g. 4G (default: 250 MB plus 16 MB for each second it records)
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub max_download: Option<u64>,
    /// Accept any certificate from an https server, such as one that it signed itself
    #[arg(long, global = true)]
    pub insecure: bool,
}

/// A command. Those of analyses are defined by the registry.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Run an analysis and print its report.
    #[command(skip)]
    Analysis(AnalysisArgs),
    /// The same of the profile, which has more forms.
    #[command(skip)]
    Profile(AnalysisArgs, ProfileArgs),
    /// Write a part of a trace as a trace of its own, with or without its names
    #[command(long_about = cut::ABOUT)]
    Cut(CutArgs),
    /// Write a trace for another program: Perfetto, Chrome, Firefox, OpenTelemetry, speedscope, CSV
    #[command(long_about = export::ABOUT)]
    Export(ExportArgs),
    /// Print every event as text, as go tool trace -d=parsed does
    #[command(long_about = dump::ABOUT)]
    Dump(DumpArgs),
    /// Print summary statistics and load time
    #[command(long_about = stats::ABOUT, after_long_help = stats::fields())]
    Stats(StatsArgs),
    /// Find likely performance problems, and where they are
    #[command(long_about = report::ABOUT, after_long_help = report::fields())]
    Report(ReportArgs),
    /// Compare recordings: what changed, how much, and whether it is significant
    #[command(long_about = compare::args::ABOUT, after_long_help = compare::fields::fields())]
    #[command(override_usage = "tracelane compare [OPTIONS] A B\n       tracelane compare [OPTIONS] A B C...\n       \
                                tracelane compare [OPTIONS] --a <FILE>... --b <FILE>...")]
    Compare(CompareArgs),
    /// Draw the window as a picture, without display or GPU
    #[command(long_about = screenshot::ABOUT)]
    #[command(override_usage = "tracelane screenshot [OPTIONS] --out <PNG> <FILE>\n       \
                                tracelane screenshot [OPTIONS] --out <PNG> --welcome")]
    Screenshot(Box<ScreenshotArgs>),
    /// Open the recordings of several services as one: requests across processes
    #[command(long_about = session::ABOUT, after_long_help = session::fields())]
    Session(SessionArgs),
    /// Record traces of several services at the same time
    #[command(long_about = record::ABOUT, after_long_help = record::fields())]
    Record(RecordArgs),
    /// Answer a question in SQL
    #[command(long_about = query::ABOUT)]
    #[command(override_usage = "tracelane query [OPTIONS] <FILE>... <SQL>\n       \
                                tracelane query [OPTIONS] --named <NAME> <FILE>...")]
    Query(QueryArgs),
    /// Answer the questions of programs and agents (Model Context Protocol)
    #[command(long_about = mcp::ABOUT)]
    Mcp(McpArgs),
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
    let analyses = ALL.iter().map(|analysis| {
        let command = match command(*analysis) {
            command if command.get_name() == PROFILE => ProfileArgs::augment_args(command),
            command => command,
        };
        // Last, as each group of options that is added brings the doc comment of its struct along.
        command.about(format!("Show {}", analysis.info().about))
    });
    let line = CommandLine::command().subcommands(analyses);
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
    let mut line = CommandLine::from_arg_matches(&matches).map_err(|error| usage::error(&error))?;
    if let Some((name, of)) = matches.subcommand() {
        if let Some(analysis) = by_id(name) {
            line.command = Some(analysed(analysis, of).map_err(|error| usage::error(&error))?);
        }
        if !line.files.is_empty() {
            let message = format!("the command {name} comes first; a FILE of that name is ./{name}");
            return Err(CliError::usage(message));
        }
        line.check()?;
    }
    Ok(Invocation::Run(Box::new(line)))
}

/// The command of an analysis.
fn analysed(analysis: &dyn Analysis, matches: &clap::ArgMatches) -> Result<Command, clap::Error> {
    let args = AnalysisArgs::of(analysis, matches)?;
    Ok(match args.id {
        PROFILE => Command::Profile(args, ProfileArgs::from_arg_matches(matches)?),
        _ => Command::Analysis(args),
    })
}

impl CommandLine {
    /// Refuses what only several arguments together show to be wrong.
    fn check(&self) -> Result<(), CliError> {
        match &self.command {
            Some(Command::Compare(args)) => args.options().map(|_| ()),
            _ => Ok(()),
        }
    }
}

impl Command {
    /// Whether its own output says what parts of the trace are lost. (A picture shows it.)
    #[must_use]
    pub const fn shows_damage(&self) -> bool {
        match self {
            Self::Cut(_) | Self::Dump(_) | Self::Stats(_) | Self::Screenshot(_) => true,
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
    use crate::report::analyses::ScopeOption;
    use crate::report::format::Format;
    use crate::state::settings::ThemeChoice;
    use trace_core::model::trace::Trace;

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
            Ok(Some(Command::Analysis(args))) => args.limit,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!([limit("blocked a"), limit("why a"), limit("gc a")], [40, 20, 40]);
        assert_eq!(limit("why a --limit 3 --limit 4"), 4);
    }

    #[test]
    fn analyses_take_what_they_say() {
        let args = |line: &str| match parsed(line).map(|line| line.command) {
            Ok(Some(Command::Analysis(args) | Command::Profile(args, _))) => {
                args.ask(&Trace::default()).map(|ask| (ask.chosen, ask.length, ask.lengths, ask.text, ask.number))
            }
            other => panic!("{line}: {other:?}"),
        };
        let usual = |chosen: &[u8]| Ok((chosen.to_vec(), None, [None; 2], None, None));
        assert_eq!(args("goroutines a --sort count"), usual(&[1]));
        assert_eq!((args("latency a"), args("latency a --by goroutine")), (usual(&[0]), usual(&[1])));
        assert_eq!((args("tasks a --complete"), args("regions a --incomplete")), (usual(&[1]), usual(&[2])));
        assert_eq!((args("mmu a"), args("mmu a --per-proc --takes stw,sweep")), (usual(&[0, 0]), usual(&[1, 0b1110])));
        assert_eq!(args("mmu a --window 5ms"), Ok((vec![0, 0], Some(5_000_000), [None; 2], None, None)));
        let lengths = [Some(10_000_000), None];
        assert_eq!(args("tasks a --latency 10ms.. --log x"), Ok((vec![0], None, lengths, Some("x".into()), None)));
        assert_eq!(args("regions a --depth 2"), Ok((vec![0], None, [None; 2], None, Some(2))));
        assert_eq!(args("profile a --kind sync"), usual(&[1]));
    }

    #[test]
    fn help_lists_the_formats_and_scopes_of_a_command_and_no_others() {
        let help = |name: &str| {
            let found = definition().find_subcommand(name).map(|command| command.clone().render_help().to_string());
            found.unwrap_or_default()
        };
        for analysis in ALL {
            let info = analysis.info();
            let help = help(info.id);
            assert!(help.contains("text, json, csv, md"), "{help}");
            for option in ScopeOption::ALL {
                let is_listed = help.contains(&format!("--{} <", option.id()));
                assert_eq!(is_listed, info.scope.contains(option), "{help}");
            }
        }
        assert!(help("compare").contains("csv") && help("report").contains("csv"));
    }

    #[test]
    fn sessions_take_several_files_and_why_a_request() {
        let session = |line: &str| match parsed(line).map(|line| line.command) {
            Ok(Some(Command::Session(args))) => args,
            other => panic!("{line}: {other:?}"),
        };
        let args = session("session a b=c d.zip -o s.json --limit 3");
        assert_eq!(args.files, ["a", "b=c", "d.zip"].map(PathBuf::from));
        assert_eq!((args.out, args.force, args.limit), (Some("s.json".into()), false, 3));
        let request = |line: &str| match parsed(line).map(|line| line.command) {
            Ok(Some(Command::Analysis(args))) => args.request,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(request("why s.json --request 4bf9"), Some("4bf9".to_owned()));
        assert_eq!((request("why a --task x"), request("blocked a")), (None, None));
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
            ("compare a b --format xml", "invalid --format 'xml': expected one of text, json, csv, md"),
            ("tasks a --region x", "unknown option --region"),
            ("mmu a --takes everything", "invalid --takes 'everything': expected one of stw, background, assist"),
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
            "cut a",
            "cut a -o b --range 1",
            "cut a -o b --goroutine x",
            "cut a -o b --goroutine g1 --task x",
            "export a -o b",
            "export a --to chrome",
            "dump",
            "dump a b",
            "stats",
            "stats --jsonn a",
            "stats a --json --format text",
            "blocked",
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
            "session",
            "session a --force",
            "session a --limit 0",
            "record",
            "record localhost:6060",
            "record a=localhost:6060 --seconds 0",
            "why a --request x --task y",
            "blocked a --request x",
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
