//! The commands of analyses that answer with a report: one for all of them.

use std::sync::Arc;

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::command::AnalysisArgs;
use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::load::load;
use crate::cli::print::{Head, Output, print};
use crate::cli::session;
use crate::report::analyses::why::WHY;
use crate::report::analyses::{ALL, Ask, by_id};
use crate::report::render;
use crate::report::report::Report;
use crate::session::is_session;

/// Columns of the paragraphs of help.
const WIDTH: usize = 110;

/// Loads the file and prints the report of an analysis.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the output cannot be written.
pub fn run(args: &AnalysisArgs) -> CliResult {
    if args.request.is_some() || (args.id == WHY && is_session(&args.file)) {
        return session::why(args);
    }
    let trace = load(&args.file)?;
    let ask = args.ask(&trace)?;
    // Never cancelled.
    let report = by_id(args.id).and_then(|analysis| analysis.run_all(&trace, &ask, &Monitor::new()));
    write(args, &trace, report.unwrap_or_default())
}

/// Prints the report of an analysis of a trace.
///
/// # Errors
/// When the output cannot be written.
pub fn write(args: &AnalysisArgs, trace: &Trace, mut report: Report) -> CliResult {
    report.limit(args.limit);
    let title = by_id(args.id).map_or("", |analysis| analysis.info().title);
    let (file, is_partial) = (args.file.display().to_string(), is_damaged(trace));
    if is_partial {
        report.notes.insert(0, "Parts of the trace are damaged, so totals are too small.".to_owned());
    }
    print(Output::of(args.format.chosen(), Head { schema: args.id, title, file: &file, is_partial }, &report)?)?;
    Ok(Exit::after(trace))
}

/// Adds to the commands of `line` that answer with a report what their long help says, and the fields of their JSON.
#[must_use]
pub fn document(mut line: clap::Command) -> clap::Command {
    for analysis in ALL {
        let info = analysis.info();
        // Of an empty trace a report has all its fields.
        let trace = Arc::new(Trace::default());
        let ask = Ask::about(Scope { range: trace.range(), filter: GoroutineFilter::All });
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
