//! The report as a page: one file, no scripts, nothing from the network.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Severity};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::cli::exit::{CliError, is_damaged};
use crate::cli::scope::range_of;
use crate::cli::screenshot;
use crate::fmt::base64::base64;
use crate::fmt::escape;
use crate::fmt::name;
use crate::fmt::place::OffsetRange;
use crate::fmt::time::{duration, offset};
use crate::link::find::{Linked, contents, file_name};
use crate::link::hash::Hashes;
use crate::link::place::Place;
use crate::link::text::Link;
use crate::report::report::{Report, Section};

/// Findings that have a picture.
const MOST_PICTURES: usize = 3;

/// What the report is about.
pub(super) struct Subject<'a> {
    pub(super) path: &'a Path,
    pub(super) trace: &'a Arc<Trace>,
    pub(super) found: &'a Findings,
    /// Also notes of low confidence.
    pub(super) all: bool,
}

/// What a picture shows: a range, and the lane on which something is selected.
pub(super) type Shot = (TimeRange, Option<LaneId>);

/// A picture: as PNG for light and for dark pages.
pub(super) type Picture = [Vec<u8>; 2];

/// The page as HTML, with its style and pictures inside.
///
/// # Errors
/// When a picture cannot be drawn.
pub(super) fn page(subject: &Subject<'_>, report: &Report, range: Option<OffsetRange>) -> Result<String, CliError> {
    let trace = subject.trace;
    let is_shown = |finding: &&Finding| subject.all || !finding.is_minor();
    let findings: Vec<&Finding> = subject.found.list.iter().filter(is_shown).collect();
    let range = range.map(|range| range_of(trace, range));
    let shots: Vec<Shot> = match range {
        Some(range) => vec![(range, None)],
        None => findings.iter().filter_map(|finding| shot(finding)).take(MOST_PICTURES).collect(),
    };
    let is_whole = shots.is_empty();
    let shots = if is_whole { vec![(trace.range(), None)] } else { shots };
    let pictures = screenshot::pictures(subject.path, trace, &shots)?;
    let mut drawn: Vec<(Shot, Picture)> = shots.into_iter().zip(pictures).collect();
    let above = (range.is_some() || is_whole).then(|| drawn.pop()).flatten();
    let mut of_findings = drawn.into_iter();
    let links = Links::of(subject.path);
    let made = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Trace report: " (name::last_part(subject.path)) }
                style { (PreEscaped(STYLE.replace('\n', " "))) }
            }
            body {
                h1 { "Trace report" }
                @for line in &report.about { p.muted { (line) } }
                @if is_damaged(trace) {
                    div.notes { p.warning { "Parts of the trace are lost: totals are too small, and findings may be missing." } }
                }
                ul.verdict {
                    li { (report.headline) }
                    @for sentence in &report.sentences { li { (sentence) } }
                }
                @if let Some((shot, picture)) = &above { (figure(trace, shot, picture, &links)) }
                @for (finding, section) in findings.iter().zip(&report.sections) {
                    @let drawn = if shot(finding).is_some() { of_findings.next() } else { None };
                    (finding_part(trace, finding, section, drawn, &links))
                }
                @if !report.notes.is_empty() { h2 { "The whole trace" } }
                @for note in &report.notes { p.muted { (note) } }
                (footer(&links))
            }
        }
    };
    Ok(escape::html::page(made))
}

const STYLE: &str = concat!(
    include_str!("../compare/html/style.css"),
    "img { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; }\n",
    "dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }\n",
    "dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }\n",
    "code { font-family: ui-monospace, \"SF Mono\", Consolas, monospace; font-size: 12px; } a { color: var(--a); }\n",
    ".note { color: var(--muted); }\n",
);

/// What a finding has a picture of: where it shows first.
fn shot(finding: &Finding) -> Option<Shot> {
    let place = finding.links.first()?;
    Some((place.range, Some(LaneId::Goroutine(place.go))))
}

fn finding_part(
    trace: &Trace,
    finding: &Finding,
    section: &Section,
    drawn: Option<(Shot, Picture)>,
    links: &Links,
) -> Markup {
    html! {
        h2 { span class=(class(finding.severity)) { (section.rank) } " " (section.heading) }
        @for sentence in &section.sentences { p { (sentence) } }
        dl {
            @for line in &section.lines {
                dt { (line.label) }
                dd {
                    @if !line.name.is_empty() { code { (line.name) } " " }
                    (line.parts.join("; "))
                }
            }
        }
        @match &drawn {
            Some((shot, picture)) => (figure(trace, shot, picture, links)),
            None => @if let Some(shot) = shot(finding) { p { (links.anchor(trace, &shot)) } },
        }
    }
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Severe => "severe",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A picture that is light on light pages and dark on dark ones.
fn figure(trace: &Trace, shot: &Shot, [light, dark]: &Picture, links: &Links) -> Markup {
    let (range, lane) = shot;
    let who = match lane {
        Some(LaneId::Goroutine(go)) => format!("{}, ", goroutine(trace, *go)),
        _ => String::new(),
    };
    let since = range.start.nanos_since(trace.range().start);
    let text = format!("{who}{} from {}", duration(range.nanos()), offset(since));
    let data = |png: &[u8]| format!("data:image/png;base64,{}", base64(png));
    html! {
        figure {
            picture {
                source media="(prefers-color-scheme: dark)" srcset=(data(dark));
                img src=(data(light)) alt={ "Lanes of the timeline: " (text) };
            }
            figcaption { (text) " " (links.anchor(trace, shot)) }
        }
    }
}

fn goroutine(trace: &Trace, go: GoroutineIdx) -> String {
    name::goroutine(trace, go)
}

/// Makes links to places of the file; none of what is no file.
struct Links(Option<Link>);

impl Links {
    fn of(path: &Path) -> Self {
        let linked = Linked::File(PathBuf::from(path));
        let is_file = path.is_file();
        let hashed = is_file.then(|| contents(&linked, &Hashes::default(), &Monitor::new()).ok()).flatten();
        Self(hashed.map(|hashed| Link {
            file: file_name(&linked),
            sha256: hashed.sha256,
            bytes: Some(hashed.bytes),
            place: Place::default(),
        }))
    }

    fn anchor(&self, trace: &Trace, (range, lane): &Shot) -> Markup {
        let place = Place::stretch(trace, *range);
        let place = match lane {
            Some(lane) => place.on(trace, *lane),
            None => place,
        };
        let link = self.0.as_ref().map(|link| Link { place, ..link.clone() }.to_string());
        html! { @if let Some(link) = link { a href=(link) { "Open in Tracelane" } } }
    }
}

fn footer(links: &Links) -> Markup {
    html! {
        footer {
            p { "Made by Tracelane " (env!("CARGO_PKG_VERSION")) ". The page needs no network and runs no scripts." }
            @if let Some(link) = &links.0 {
                p {
                    "Links open " code { (link.file) } " (SHA-256 " code { (link.sha256) } ") where Tracelane is installed and the "
                    "file, or a copy of it, lies in a folder of traces opened before or in Downloads."
                }
            }
        }
    }
}
