//! The command line: arguments, commands and what they print. The only room that prints.

pub mod analysis;
pub mod args;
pub mod blocked;
pub mod common;
pub mod compare;
pub mod completions;
pub mod dump;
pub mod exit;
pub mod format;
pub mod gc;
pub mod goroutines;
pub mod help;
pub mod latency;
pub mod load;
pub mod mmu;
pub mod names;
pub mod out;
pub mod overview;
pub mod place;
pub mod population;
pub mod print;
pub mod procs;
pub mod profile;
pub mod report;
pub mod scope;
pub mod screenshot;
pub mod stats;
pub mod stw;
pub mod summary;
pub mod tasks;
pub mod usage;
pub mod values;
pub mod why;
pub mod window;

pub use crate::fmt::{markdown, text};
pub use crate::report::frame;

use std::ffi::OsString;

use crate::cli::args::{Command, CommandLine, Invocation};
use crate::cli::exit::{CliResult, Exit};
use crate::cli::print::{eprint_error, print, report_panics};
use crate::remote;
use crate::report::analyses::locks::Locks;
use crate::report::analyses::syscalls::SystemCalls;

/// Runs the command that `arguments` (with the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    report_panics();
    let mut shows_damage = true;
    let result = match args::parse(arguments) {
        Ok(Invocation::Print(text)) => print(text),
        Ok(Invocation::Run(line)) => {
            shows_damage = line.command.as_ref().is_none_or(Command::shows_damage);
            run_line(&line)
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(Exit::Damaged) if !shows_damage => {
            eprint_error(
                "the trace is damaged, so this is partial: `tracelane stats` tells what is lost and what to do",
            );
            Exit::Damaged
        }
        Ok(exit) => exit,
        Err(error) => {
            eprint_error(&error.message);
            error.exit
        }
    }
}

fn run_line(line: &CommandLine) -> CliResult {
    remote::set_max_unpacked(line.limits.max_unpacked.unwrap_or(0));
    remote::set_max_download(line.limits.max_download.unwrap_or(0));
    let Some(command) = &line.command else { return window::run(&line.files, line.follow) };
    match command {
        Command::Dump(args) => dump::run(&args.file),
        Command::Stats(args) => stats::run(args),
        Command::Report(args) => report::run(args),
        Command::Compare(args) if args.window => window::compare(args.options()?),
        Command::Compare(args) => compare::run(&args.options()?),
        Command::Blocked(args) => blocked::run(args),
        Command::Why(args) => why::run(args),
        Command::Locks(args) => analysis::run(&Locks, args, Vec::new()),
        Command::Goroutines(args) => goroutines::run(args),
        Command::Profile(args) => profile::run(args),
        Command::Tasks(args) => tasks::run(args),
        Command::Regions(args) => tasks::run_regions(args),
        Command::Latency(args) => latency::run(args),
        Command::Procs(args) => procs::run(args),
        Command::Threads(args) => procs::run_threads(args),
        Command::Syscalls(args) => analysis::run(&SystemCalls, args, Vec::new()),
        Command::Population(args) => population::run(args),
        Command::Leaks(args) => population::run_leaks(args),
        Command::Gc(args) => gc::run(args),
        Command::Stw(args) => stw::run(args),
        Command::Mmu(args) => mmu::run(args),
        Command::Screenshot(args) => screenshot::run(args),
        Command::Help(args) => help::run(args),
        Command::Completions(args) => completions::run(*args),
        Command::Man(args) => help::run_man(args),
    }
}
