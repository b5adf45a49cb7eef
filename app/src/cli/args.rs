//! The command line as data: a command and what it is asked, or the window with its files.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::Arg;

use crate::cli::basics::Basics;
use crate::cli::exit::Failure;
use crate::cli::text::Text;
use crate::cli::words::{quoted, wrong};
use crate::cli::{
    commands, compare, gc, goroutines, help, latency, mmu, population, procs, profile, report, screenshot,
};
use crate::cli::{stats, tasks};
use crate::remote;

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
    Blocked(Basics),
    /// Print probable locks.
    Locks(Basics),
    /// Print where the time of a stretch went.
    Why(Basics),
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
    Syscalls(Basics),
    /// Print how many goroutines there were, or which may be leaked.
    Population(population::Asked),
    /// Print collections, one by one.
    Gc(gc::Asked),
    /// Print stops of the world, one by one.
    Stw(gc::Asked),
    /// Print what the collector leaves to the program.
    Mmu(mmu::Asked),
    /// Print what changed between two recordings.
    Compare(compare::asked::Asked),
    /// Open the window with these files compared.
    CompareWindow(compare::asked::Asked),
    /// Print what probably costs time.
    Report(report::Asked),
    /// Draw the window into a picture.
    Screenshot(screenshot::Asked),
    /// Explain: with this text.
    Help(Text),
    /// Name the version.
    Version,
}

/// Reads the command line, the program's name first.
///
/// # Errors
/// When it makes no sense: with a sentence and the usage exit code.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Failure> {
    let mut parser = lexopt::Parser::from_iter(arguments);
    let mut files = Vec::new();
    let mut follow = false;
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(help::overview())),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("follow") => follow = true,
            Arg::Value(word) if files.is_empty() && !follow => match commands::named(&word) {
                Some(command) => return command.parse(parser),
                None if word == "help" => return help_on(parser),
                None => files.push(remote::named(PathBuf::from(word))),
            },
            Arg::Value(word) => files.push(remote::named(PathBuf::from(word))),
            other => return Err(wrong(other.unexpected())),
        }
    }
    if follow && files.is_empty() {
        return Err(Failure::usage("--follow needs a FILE"));
    }
    Ok(Command::Window { files, follow })
}

/// Reads what follows `help`.
fn help_on(mut parser: lexopt::Parser) -> Result<Command, Failure> {
    match parser.next().map_err(wrong)? {
        None => Ok(Command::Help(help::overview())),
        Some(Arg::Value(word)) => {
            let text = help::on(&word).ok_or_else(|| Failure::usage(format!("there is no command {}", quoted(&word))));
            text.map(Command::Help)
        }
        Some(other) => Err(wrong(other.unexpected())),
    }
}

/// What files and servers may give at most, bytes; `None` for what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeLimits {
    /// `--max-unpacked`: what a packed file may unpack to.
    pub unpacked: Option<u64>,
    /// `--max-download`: what a server may send.
    pub download: Option<u64>,
}

/// Takes `--max-unpacked SIZE` and `--max-download SIZE` out, which may stand anywhere.
///
/// # Errors
/// If a SIZE is none.
pub fn without_limits(arguments: impl IntoIterator<Item = OsString>) -> Result<(Vec<OsString>, SizeLimits), Failure> {
    let (mut kept, mut limits) = (Vec::new(), SizeLimits::default());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            kept.push(argument);
            kept.extend(arguments);
            break;
        }
        let text = argument.to_str().unwrap_or_default();
        let (name, size) = text.split_once('=').map_or((text, None), |(name, size)| (name, Some(size.to_owned())));
        let limit = match name {
            "--max-unpacked" => &mut limits.unpacked,
            "--max-download" => &mut limits.download,
            _ => {
                kept.push(argument);
                continue;
            }
        };
        let size = size.unwrap_or_else(|| arguments.next().unwrap_or_default().to_string_lossy().into_owned());
        let bytes = parse_bytes(&size);
        *limit = Some(bytes.ok_or_else(|| Failure::usage(format!("{name} wants a size like 2G, not '{size}'")))?);
    }
    Ok((kept, limits))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;
    use crate::state::settings::ThemeChoice;

    fn parsed(line: &str) -> Result<Command, Failure> {
        parse(std::iter::once("tracelane").chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn files_open_in_the_window() {
        assert_eq!(parsed(""), Ok(Command::Window { files: Vec::new(), follow: false }));
        assert_eq!(parsed("a b"), Ok(Command::Window { files: vec!["a".into(), "b".into()], follow: false }));
        assert_eq!(parsed("-- -x"), Ok(Command::Window { files: vec!["-x".into()], follow: false }));
        let limited = |line: &str| without_limits(line.split_whitespace().map(OsString::from));
        let unpacked = |line: &str| limited(line).map(|found| found.1.unpacked);
        assert_eq!(unpacked("stats --max-unpacked 2G a"), Ok(Some(2 << 30)));
        assert_eq!(limited("stats --max-unpacked=1.5MiB a").map(|found| found.0.len()), Ok(2));
        assert_eq!(unpacked("-- --max-unpacked 2G"), Ok(None));
        assert_eq!(unpacked("--max-unpacked 1t"), Ok(Some(1 << 40)));
        assert_eq!(
            limited("a --max-download 4G").map(|found| (found.0.len(), found.1.download)),
            Ok((1, Some(4 << 30)))
        );
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
        assert_eq!((asked.file, asked.out.path), (Some("a".into()), Some("b.png".into())));
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
