//! The commands of analyses that answer with a report: one for all of them.

use std::path::Path;
use std::sync::Arc;

use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::{CommonArgs, RangeArgs};
use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::load::load;
use crate::cli::mmu::MmuArgs;
use crate::cli::print::{Csv, Output, json, print};
use crate::cli::scope::ScopeArgs;
use crate::fmt::text::Text;
use crate::report::analyses::mmu::{self, MutatorUtilisation};
use crate::report::analyses::{ALL, Analysis, Ask, Info};
use crate::report::format::Format;
use crate::report::render;
use crate::report::report::Report;

/// Columns of the paragraphs of help.
const WIDTH: usize = 110;

/// Loads the file and prints the report of an analysis.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the output cannot be written.
pub fn run(analysis: &dyn Analysis, args: &CommonArgs, chosen: Vec<u8>) -> CliResult {
    let trace = load(&args.file)?;
    let ask = Ask { chosen, limit: Some(args.limit), ..Ask::about(args.scope.scope(&trace)?) };
    answer(analysis, &args.file, &trace, &ask, args.format())
}

/// The same of an analysis of the whole program.
///
/// # Errors
/// When the file is unreadable, or the output cannot be written.
pub fn run_range(analysis: &dyn Analysis, args: &RangeArgs) -> CliResult {
    let trace = load(&args.file)?;
    let ask = Ask { limit: Some(args.limit), ..Ask::about(Scope::during(args.range_in(&trace))) };
    answer(analysis, &args.file, &trace, &ask, args.format())
}

/// The same of mutator utilisation.
///
/// # Errors
/// When the file is unreadable, there is no such goroutine, or the output cannot be written.
pub fn run_mmu(args: &MmuArgs) -> CliResult {
    let trace = load(&args.common.file)?;
    let scope = ScopeArgs::of_goroutine(args.common.range, args.goroutine).scope(&trace)?;
    let chosen = mmu::chosen(args.per_proc, args.takes);
    let ask = Ask { chosen, length: args.window, limit: Some(args.common.limit), ..Ask::about(scope) };
    answer(&MutatorUtilisation, &args.common.file, &trace, &ask, args.common.format())
}

/// Prints the answer of an analysis.
fn answer(analysis: &dyn Analysis, file: &Path, trace: &Arc<Trace>, ask: &Ask, format: Format) -> CliResult {
    // Never cancelled.
    let mut report = analysis.run_all(trace, ask, &Monitor::new()).unwrap_or_default();
    report.limit(ask.rows());
    write(analysis.info(), trace, file, &report, format)
}

/// Prints a report of a file.
///
/// # Errors
/// When the output cannot be written.
pub fn write(info: &Info, trace: &Trace, file: &Path, report: &Report, format: Format) -> CliResult {
    print(match format {
        Format::Json => {
            let file = file.display().to_string();
            Output::Json(json(&render::json::report(info.id, &file, is_damaged(trace), report))?)
        }
        Format::Csv => Output::Csv(Csv::of(report.tables.first().map(|table| &**table))),
        Format::Markdown => Output::Markdown(render::markdown::report(info.title, report)),
        Format::Text => {
            let mut text = Text::new();
            if is_damaged(trace) {
                text.line("Parts of the trace are damaged, so totals are too small.");
            }
            text.append(&render::text::report(report));
            Output::Text(text)
        }
    })?;
    Ok(Exit::after(trace))
}

/// Adds to the commands of `line` that answer with a report what their long help says, and the fields of their JSON.
#[must_use]
pub fn document(mut line: clap::Command) -> clap::Command {
    for analysis in ALL {
        let info = analysis.info();
        // Of an empty trace a report has all its fields.
        let trace = Arc::new(Trace::default());
        let ask = Ask::about(Scope { range: trace.range(), whom: Whom::All });
        let report = analysis.run_all(&trace, &ask, &Monitor::new()).unwrap_or_default();
        let fields = format!("With --format json, one JSON object:\n\n{}", render::schema::fields(&report));
        line = line.mut_subcommand(info.id, |command| {
            command.long_about(wrapped(info.help)).after_long_help(fields.trim_end().to_owned())
        });
    }
    line
}

/// Paragraphs in lines of at most [`WIDTH`] columns.
fn wrapped(paragraphs: &str) -> String {
    let mut out = String::new();
    for paragraph in paragraphs.lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let width = word.chars().count();
            if column > 0 {
                let fits = column + 1 + width <= WIDTH;
                out.push(if fits { ' ' } else { '\n' });
                column = if fits { column + 1 } else { 0 };
            }
            out.push_str(word);
            column += width;
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, wrapped};

    #[test]
    fn paragraphs_are_wrapped_between_words() {
        let long = "ten chars ".repeat(30);
        let text = wrapped(&format!("{long}\n\nNext."));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH) && text.ends_with("chars\n\nNext."), "{text}");
    }
}
