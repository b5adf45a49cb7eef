//! The commands of analyses that answer with a report: one for all of them.

use trace_core::base::monitor::Monitor;

use crate::cli::basics::Basics;
use crate::cli::exit::{Answer, Exit, is_damaged};
use crate::cli::load::load;
use crate::cli::print::{Csv, Output, json, print};
use crate::fmt::text::Text;
use crate::report::analyses::{Analysis, Ask};
use crate::report::format::Format;
use crate::report::render;

/// Loads the file and prints the report of an analysis.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the output cannot be written.
pub fn run(analysis: &dyn Analysis, asked: &Basics, chosen: Vec<u8>, format: Format) -> Answer {
    let trace = load(&asked.file)?;
    let ask = Ask { scope: asked.wanted.scope(&trace)?, chosen };
    // Nobody cancels.
    let mut report = analysis.run(&trace, &ask, &Monitor::new()).unwrap_or_default();
    report.limit(asked.limit);
    let info = analysis.info();
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
