//! The commands of analyses that answer with a report: one for all of them.

use trace_core::base::monitor::Monitor;

use crate::cli::basics::Basics;
use crate::cli::exit::{Answer, Exit, Failure, is_damaged};
use crate::cli::load::load;
use crate::cli::print::{Csv, Output, json, print};
use crate::cli::scope::Who;
use crate::fmt::text::Text;
use crate::report::analyses::{Analysis, Ask};
use crate::report::format::Format;
use crate::report::render;

/// Loads the file and prints the report of an analysis.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the output cannot be written.
pub fn run(analysis: &dyn Analysis, asked: &Basics, chosen: Vec<u8>, format: Format) -> Answer {
    let info = analysis.info();
    if analysis.is_of_range() && asked.wanted.who != Who::All {
        return Err(Failure::usage(format!("{} is not about single goroutines: it takes only --range", info.id)));
    }
    let trace = load(&asked.file)?;
    let ask = Ask { chosen, ..Ask::about(asked.wanted.scope(&trace)?) };
    // Nobody cancels.
    let mut report = analysis.run_all(&trace, &ask, &Monitor::new()).unwrap_or_default();
    report.limit(asked.limit);
    print(match format {
        Format::Json => {
            let file = asked.file.display().to_string();
            Output::Json(json(&render::json::report(info.id, &file, is_damaged(&trace), &report))?)
        }
        Format::Csv => Output::Csv(Csv::of(report.tables.first().map(|table| &**table))),
        Format::Markdown => Output::Markdown(render::markdown::report(info.title, &report)),
        Format::Text => {
            let mut text = Text::new();
            if is_damaged(&trace) {
                text.line("Parts of the trace are damaged, so totals are too small.");
            }
            text.append(&render::text::report(&report));
            Output::Text(text)
        }
    })?;
    Ok(Exit::after(&trace))
}
