//! The commands of analyses, made of what each says of itself: its scope, its choices, its fields.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches as _};
use trace_core::model::trace::Trace;

use crate::cli::exit::CliError;
use crate::cli::format::FormatArgs;
use crate::cli::scope::{self, ScopeArgs};
use crate::cli::values;
use crate::fmt::place::OffsetRange;
use crate::fmt::words::sentence;
use crate::report::analyses::analysis::{Choice, Field, FieldKind, Form, Info, Opt};
use crate::report::analyses::why::WHY;
use crate::report::analyses::{Analysis, Ask};

/// The option of `why` that chooses a request.
const REQUEST: &str = "request";

/// The arguments that all analyses take.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
struct BaseArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    file: PathBuf,
    #[arg(long, value_name = "N", value_parser = values::limit)]
    limit: Option<usize>,
    #[command(flatten)]
    format: FormatArgs,
}

/// The arguments of the command of an analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalysisArgs {
    /// The analysis's id in the registry.
    pub id: &'static str,
    /// The trace to read.
    pub file: PathBuf,
    /// Rows of each table, at most.
    pub limit: usize,
    /// How the result is printed.
    pub format: FormatArgs,
    /// The request of a session that is asked about.
    pub request: Option<String>,
    scope: ScopeArgs,
    chosen: Vec<u8>,
    length: Option<i64>,
    lengths: Option<OffsetRange>,
    text: Option<String>,
    number: Option<u32>,
}

/// The options of the command of an analysis, without its help.
#[must_use]
pub fn command(analysis: &dyn Analysis) -> clap::Command {
    let info = analysis.info();
    let limit = format!("Maximum number of rows of each table [default: {}]", info.limit);
    let command = clap::Command::new(info.id).args(info.choices.iter().flat_map(options_of));
    let command = command.args(info.fields.iter().map(option_of));
    let command = command.args((info.id == WHY).then(request_option));
    let command = BaseArgs::augment_args(command).mut_arg("limit", |arg| arg.help(limit));
    scope::with_options(command, info.scope)
}

/// The option of `why` that chooses a request of a session.
fn request_option() -> Arg {
    let help = "Explain this request, across processes; FILE is a session, the first letters of its ID are enough";
    let arg = Arg::new(REQUEST).long(REQUEST).value_name("ID").help(help);
    arg.conflicts_with_all(["range", "goroutine", "function", "task", "region"])
}

/// The options of a choice.
fn options_of(choice: &'static Choice) -> Vec<Arg> {
    let values: Vec<PossibleValue> = choice.options.iter().map(value_of).collect();
    let option = |value_name| {
        let read = |name: String| choice.option(&name).unwrap_or(0);
        let arg = Arg::new(choice.id).long(choice.id).value_name(value_name).help(sentence_of(choice.help));
        arg.value_parser(PossibleValuesParser::new(values.clone()).map(read))
    };
    match choice.form {
        Form::One => vec![option("NAME").default_value(choice.options.first().map_or("", |usual| usual.name))],
        Form::Set(usual) => {
            let is_usual = |at: &usize| (usual >> at) & 1 == 1;
            let usual = choice.options.iter().enumerate().filter(|(at, _)| is_usual(at));
            let usual: Vec<&str> = usual.map(|(_, option)| option.name).collect();
            let help = format!("{} [default: {}]", sentence_of(choice.help), usual.join(","));
            let set = option("NAME,...").value_delimiter(',').default_values(usual);
            vec![set.help(help).hide_default_value(true)]
        }
        Form::Flags => {
            let names = || choice.options.iter().skip(1).map(|option| option.name);
            let flag = |option: &'static Opt| {
                let others = names().filter(|name| *name != option.name);
                let arg = Arg::new(option.name).long(option.name).action(ArgAction::SetTrue);
                arg.help(sentence_of(option.help)).conflicts_with_all(others.chain(choice.excludes.map(|of| of.id())))
            };
            choice.options.iter().skip(1).map(flag).collect()
        }
    }
}

fn value_of(option: &Opt) -> PossibleValue {
    let value = PossibleValue::new(option.name);
    if option.help.is_empty() { value } else { value.help(option.help) }
}

/// The option of a field.
fn option_of(field: &'static Field) -> Arg {
    let arg = Arg::new(field.id).long(field.id).value_name(field.value).help(sentence_of(field.help));
    let arg = match field.kind {
        FieldKind::Length => arg.value_parser(values::duration),
        FieldKind::Lengths => arg.value_parser(values::durations),
        FieldKind::Text => arg,
        FieldKind::Number => arg.value_parser(clap::value_parser!(u32)),
    };
    match field.needs {
        Some(scope) => arg.requires(scope.id()),
        None => arg,
    }
}

/// A clause as the help of an option: with a capital.
fn sentence_of(clause: &str) -> String {
    sentence(clause).trim_end_matches('.').to_owned()
}

impl AnalysisArgs {
    /// What was read of the command of an analysis.
    ///
    /// # Errors
    /// When a needed argument is missing, which the definition does not let happen.
    pub fn of(analysis: &dyn Analysis, matches: &ArgMatches) -> Result<Self, clap::Error> {
        let info = analysis.info();
        let BaseArgs { file, limit, format } = BaseArgs::from_arg_matches(matches)?;
        Ok(Self {
            id: info.id,
            file,
            limit: limit.unwrap_or(info.limit),
            format,
            request: matches.try_get_one::<String>(REQUEST).ok().flatten().cloned(),
            scope: ScopeArgs::of(info.scope, matches),
            chosen: info.choices.iter().map(|choice| chosen(choice, matches)).collect(),
            length: typed(info, FieldKind::Length, matches),
            lengths: typed(info, FieldKind::Lengths, matches),
            text: typed(info, FieldKind::Text, matches),
            number: typed(info, FieldKind::Number, matches),
        })
    }

    /// What is asked of a trace.
    ///
    /// # Errors
    /// When the scope is not in the trace.
    pub fn ask(&self, trace: &Trace) -> Result<Ask, CliError> {
        let bounds = self.lengths.map_or([None; 2], |lengths| [lengths.start_nanos, lengths.end_nanos]);
        Ok(Ask {
            chosen: self.chosen.clone(),
            length: self.length,
            lengths: bounds.map(|bound| bound.map(i64::unsigned_abs)),
            text: self.text.clone(),
            number: self.number,
            limit: Some(self.limit),
            ..Ask::about(self.scope.scope(trace)?)
        })
    }
}

/// What was chosen: see [`Ask::chosen`].
fn chosen(choice: &Choice, matches: &ArgMatches) -> u8 {
    match choice.form {
        Form::One => matches.get_one(choice.id).copied().unwrap_or(0),
        Form::Set(usual) => {
            let chosen = matches.get_many::<u8>(choice.id).into_iter().flatten();
            usual ^ chosen.fold(0, |bits, at| bits | 1_u8.checked_shl((*at).into()).unwrap_or(0))
        }
        Form::Flags => {
            let is_set = |(_, option): &(u8, &Opt)| matches.get_flag(option.name);
            (0_u8..).zip(choice.options).skip(1).find(is_set).map_or(0, |(at, _)| at)
        }
    }
}

/// What was typed into the field of a kind.
fn typed<T: Clone + Send + Sync + 'static>(info: &Info, kind: FieldKind, matches: &ArgMatches) -> Option<T> {
    let field = info.fields.iter().find(|field| field.kind == kind)?;
    matches.get_one(field.id).cloned()
}
