//! The words after a command's name, read one after the other: options, their values, and FILEs.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use lexopt::Arg;

use crate::cli::exit::Failure;
use crate::cli::scope::Wanted;
use crate::remote;

/// Why the words of a command were not read to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help is wanted, whatever else is there.
    Help,
    /// They make no sense.
    Wrong(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Wrong(failure)
    }
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// An option with its dashes: `--json`, `-o`.
    Option(String),
    /// A FILE, as [`remote::named`] gives it.
    File(PathBuf),
}

/// The words of a command that are still to be read.
pub struct Words {
    parser: lexopt::Parser,
    command: &'static str,
    file: Option<PathBuf>,
}

impl Words {
    /// What follows the name of `command`.
    #[must_use]
    pub const fn after(command: &'static str, parser: lexopt::Parser) -> Self {
        Self { parser, command, file: None }
    }

    /// The next word; `None` at the end.
    ///
    /// # Errors
    /// When help is wanted, or an option has a value that nobody took.
    pub fn word(&mut self) -> Result<Option<Word>, Stop> {
        Ok(match self.parser.next().map_err(wrong)? {
            None => None,
            Some(Arg::Short('h') | Arg::Long("help")) => return Err(Stop::Help),
            Some(Arg::Short(letter)) => Some(Word::Option(format!("-{letter}"))),
            Some(Arg::Long(name)) => Some(Word::Option(format!("--{name}"))),
            Some(Arg::Value(word)) => Some(Word::File(remote::named(PathBuf::from(word)))),
        })
    }

    /// The next option of a command that has one FILE, which is kept for [`Self::file`]; `None` at the end.
    ///
    /// # Errors
    /// As [`Self::word`], and when there is a second FILE.
    pub fn option(&mut self) -> Result<Option<String>, Stop> {
        loop {
            match self.word()? {
                None => return Ok(None),
                Some(Word::Option(option)) => return Ok(Some(option)),
                Some(Word::File(file)) if self.file.is_none() => self.file = Some(file),
                Some(Word::File(file)) => {
                    let file = quoted(file.as_os_str());
                    return Err(Failure::usage(format!("one FILE at a time: {file} is too many")).into());
                }
            }
        }
    }

    /// The FILE that stood among the options, if any.
    #[must_use]
    pub fn file_if_any(&mut self) -> Option<PathBuf> {
        self.file.take()
    }

    /// The FILE that stood among the options.
    ///
    /// # Errors
    /// When there was none.
    pub fn file(&mut self) -> Result<PathBuf, Failure> {
        self.file.take().ok_or_else(|| Failure::usage(format!("{} needs a FILE", self.command)))
    }

    /// The value of an option, as `read` understands it.
    ///
    /// # Errors
    /// When it is missing or not understood: the sentence names `example` (or says `one of …`, if it begins so).
    pub fn value<T>(
        &mut self,
        option: &str,
        example: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        let word = self.parser.value().map_err(wrong)?;
        let like = if example.starts_with("one of ") { "" } else { "something like " };
        let wrong = || Failure::usage(format!("{option} wants {like}{example}, not {}", quoted(&word)));
        word.to_str().and_then(read).ok_or_else(wrong)
    }

    /// The value of an option that wants a number.
    ///
    /// # Errors
    /// When it is missing or no number.
    pub fn number<T: std::str::FromStr>(&mut self, option: &str, example: &str) -> Result<T, Failure> {
        self.value(option, example, |text| text.parse().ok())
    }

    /// The value of `--limit`.
    ///
    /// # Errors
    /// When it is missing, no number, or 0: a table without rows would say that there is nothing.
    pub fn limit(&mut self, option: &str, example: &str) -> Result<usize, Failure> {
        self.value(option, example, |text| text.parse().ok().filter(|limit| *limit > 0))
    }

    /// The value of an option that names a file to write.
    ///
    /// # Errors
    /// When it is missing.
    pub fn path(&mut self) -> Result<PathBuf, Failure> {
        self.parser.value().map(PathBuf::from).map_err(wrong)
    }

    /// The value of an option that names a FILE to read.
    ///
    /// # Errors
    /// When it is missing.
    pub fn input(&mut self) -> Result<PathBuf, Failure> {
        self.path().map(remote::named)
    }

    /// The values of an option that names FILEs to read, up to the next option.
    ///
    /// # Errors
    /// When there is none.
    pub fn inputs(&mut self) -> Result<Vec<PathBuf>, Failure> {
        Ok(self.parser.values().map_err(wrong)?.map(PathBuf::from).map(remote::named).collect())
    }

    /// Takes an option that says what is looked at into `wanted`; refuses every other.
    ///
    /// # Errors
    /// When it is no such option, or its value makes no sense.
    pub fn scope(&mut self, wanted: &mut Wanted, option: &str) -> Result<(), Failure> {
        let Some(name) = option.strip_prefix("--") else { return Err(unexpected(option)) };
        let text =
            |word: OsString| word.into_string().map_err(|word| Failure::usage(format!("{} is no text", quoted(&word))));
        let value = || self.parser.value().map_err(wrong).and_then(text);
        if wanted.take(name, value)? {
            Ok(())
        } else {
            Err(Failure::usage(format!("there is no option {option} here")))
        }
    }
}

/// What is said of an option that a command does not know.
#[must_use]
pub fn unexpected(option: &str) -> Failure {
    wrong(lexopt::Error::UnexpectedOption(option.to_owned()))
}

/// What is said of a command line that cannot be read.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn wrong(error: lexopt::Error) -> Failure {
    Failure::usage(error.to_string())
}

/// A word in quotes.
#[must_use]
pub fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy())
}

/// Notes an option of which only one may be given, in `given`.
///
/// # Errors
/// When another of them was given before.
pub fn only_one(given: &mut Option<String>, option: &str) -> Result<(), Failure> {
    match given.replace(option.to_owned()) {
        Some(other) if other != option => Err(Failure::usage(format!("{other} and {option} exclude each other"))),
        _ => Ok(()),
    }
}
