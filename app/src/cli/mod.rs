//! The command line: arguments, commands and what they print. The only room that prints.

pub mod analysis;
pub mod args;
pub mod command;
pub mod compare;
pub mod completions;
pub mod cut;
pub mod dump;
pub mod exit;
pub mod export;
pub mod format;
pub mod help;
pub mod instead;
pub mod linked;
pub mod load;
pub mod mcp;
pub mod out;
pub mod overview;
pub mod print;
pub mod profile;
pub mod query;
pub mod record;
pub mod report;
pub mod scope;
#[cfg_attr(not(feature = "window"), path = "no_window/screenshot.rs")]
pub mod screenshot;
pub mod session;
pub mod stats;
pub mod summary;
pub mod usage;
pub mod values;
#[cfg_attr(not(feature = "window"), path = "no_window/window.rs")]
pub mod window;

use std::ffi::OsString;

use crate::cli::args::{Command, CommandLine, Invocation};
use crate::cli::exit::{CliResult, Exit};
use crate::cli::print::{eprint_error, print, report_panics};
use crate::remote;

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
                "the trace is damaged, so this is partial: `tracelane stats` shows what is lost and what to do",
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
    remote::set_insecure(line.limits.insecure);
    remote::set_max_download(line.limits.max_download.unwrap_or(0));
    let Some(command) = &line.command else { return window::run(&line.files, line.follow) };
    match command {
        Command::Cut(args) => cut::run(args),
        Command::Export(args) => export::run(args),
        Command::Dump(args) => dump::run(&args.file),
        Command::Stats(args) => stats::run(args),
        Command::Report(args) => report::run(args),
        Command::Compare(args) if args.window => window::compare(args.options()?),
        Command::Compare(args) => compare::run(&args.options()?),
        Command::Analysis(args) => analysis::run(args),
        Command::Profile(args, form) => profile::run(args, form),
        Command::Screenshot(args) => screenshot::run(args),
        Command::Session(args) => session::run(args),
        Command::Record(args) => record::run(args),
        Command::Query(args) => query::run(args),
        Command::Mcp(args) => mcp::run(*args),
        Command::Help(args) => help::run(args),
        Command::Completions(args) => completions::run(*args),
        Command::Man(args) => help::run_man(args),
    }
}
