//! Figures that were computed (means, rates, differences), and how much one differs from another.

use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::words;
use trace_core::base::nanos::Nanos;

use crate::fmt::number::count;
use crate::fmt::time;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A length of time in nanoseconds.
    Duration,
    /// A size in bytes.
    Bytes,
    /// A number of things.
    Number,
    /// A probability, 0 to 1.
    Chance,
}

/// Which way something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lean {
    /// It is more now.
    Grown,
    /// It is less now.
    Shrunk,
}

/// A figure that was computed, with how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Its value, in the unit of [`Self::form`].
    pub value: f64,
    /// What it counts, which gives its unit.
    pub form: Form,
    /// It is a difference, and has a sign.
    pub is_difference: bool,
    /// The part by which it differs between recordings (standard deviation), where that is known.
    pub spread: Option<f64>,
    /// That it differs from the figure before it in a row of them, by more than chance. Marked with a star.
    pub changed: Option<Lean>,
}

impl Figure {
    /// A value without a sign, a spread or a star.
    #[must_use]
    pub const fn new(value: f64, form: Form) -> Self {
        Self { value, form, is_difference: false, spread: None, changed: None }
    }

    /// A difference, which is written with its sign.
    #[must_use]
    pub const fn difference(value: f64, form: Form) -> Self {
        Self { is_difference: true, ..Self::new(value, form) }
    }

    /// What people read: sign, size with unit, spread, star.
    #[must_use]
    pub fn text(&self) -> String {
        let sign = match self.value {
            value if self.is_difference && value > 0.0 => "+",
            value if value < 0.0 => "\u{2212}",
            _ => "",
        };
        let spread = self.spread.map_or_else(String::new, |spread| format!(" ±{:.0} %", spread * 100.0));
        let star = if self.changed.is_some() { "*" } else { "" };
        format!("{sign}{}{spread}{star}", self.size())
    }

    /// The same without a sign.
    fn size(&self) -> String {
        let size = self.value.abs();
        match self.form {
            Form::Duration => words::value(RowKind::Task, size),
            Form::Bytes => words::value(RowKind::Heap, size),
            Form::Number if size.fract() == 0.0 => count(whole(size)),
            Form::Number => words::number(size),
            Form::Chance if size < 0.001 => "<0.001".to_owned(),
            Form::Chance => format!("{size:.3}"),
        }
    }

    /// All digits of a size; `None` where [`Self::text`] has them.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        let size = whole(self.value.abs().round());
        match self.form {
            _ if size < 1_000 => None,
            Form::Duration => Some(time::exact_nanos(Nanos(size))),
            Form::Bytes => Some(format!("{} B", count(size))),
            Form::Number | Form::Chance => None,
        }
    }

    /// Which way it is coloured.
    #[must_use]
    pub fn lean(&self) -> Option<Lean> {
        match self.value {
            value if self.is_difference && value > 0.0 => Some(Lean::Grown),
            value if self.is_difference && value < 0.0 => Some(Lean::Shrunk),
            _ => self.changed,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturating float casts are what is wanted"
)]
const fn whole(size: f64) -> u64 {
    size as u64
}

/// How sure a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It is more than chance.
    Significant,
    /// It is obvious, but too few events to test: shown in parentheses.
    TooFew,
    /// It may be chance: shown as `~`.
    Chance,
    /// It was not tested.
    Untested,
}

/// A figure of one side over the same of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Later over earlier: 0 if it is gone, infinity if it is new.
    pub ratio: f64,
    /// How sure that is.
    pub certainty: Certainty,
    /// Whether it has grown.
    pub has_grown: bool,
}

impl Change {
    /// A change that has grown if it is by more than 1. `ratio` is `None` if one side has nothing.
    #[must_use]
    pub fn new(ratio: Option<f64>, was_there: bool, certainty: Certainty) -> Self {
        let ratio = ratio.unwrap_or(if was_there { 0.0 } else { f64::INFINITY });
        Self { ratio, certainty, has_grown: ratio > 1.0 }
    }

    /// `+12.3 %`, `×12.0`, `÷276`, `new`, `gone`; `~` if it may be chance.
    #[must_use]
    pub fn text(&self) -> String {
        let moved = match self.ratio {
            0.0 => "gone".to_owned(),
            ratio if ratio.is_finite() => words::change(ratio),
            _ => "new".to_owned(),
        };
        match self.certainty {
            Certainty::Significant | Certainty::Untested => moved,
            Certainty::TooFew => format!("({moved})"),
            Certainty::Chance => "~".to_owned(),
        }
    }

    /// Which way it is coloured; `None` if it may be chance.
    #[must_use]
    pub const fn lean(&self) -> Option<Lean> {
        match (self.certainty, self.has_grown) {
            (Certainty::Chance | Certainty::Untested, _) => None,
            (_, true) => Some(Lean::Grown),
            (_, false) => Some(Lean::Shrunk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Certainty, Change, Figure, Form, Lean};

    #[test]
    fn figures_have_units_separators_and_signs() {
        let text = |value, form| Figure::new(value, form).text();
        assert_eq!(text(1_234.4, Form::Duration), "1.23 µs");
        assert_eq!(text(4.2e6, Form::Bytes), "4.20 MB");
        assert_eq!([text(3_726_912.0, Form::Number), text(10_706.4, Form::Number)], ["3,726,912", "10,706"]);
        assert_eq!([text(0.000_4, Form::Chance), text(0.016, Form::Chance)], ["<0.001", "0.016"]);
        let grown = Figure::difference(1_200.0, Form::Number);
        assert_eq!((grown.text(), grown.lean()), ("+1,200".to_owned(), Some(Lean::Grown)));
        let spread = Figure { spread: Some(0.04), changed: Some(Lean::Shrunk), ..Figure::new(9e6, Form::Duration) };
        assert_eq!((spread.text(), spread.exact()), ("9.00 ms ±4 %*".to_owned(), Some("9,000,000 ns".to_owned())));
    }

    #[test]
    fn changes_say_how_sure_they_are() {
        let change = |ratio, was_there, certainty| Change::new(ratio, was_there, certainty);
        assert_eq!(change(Some(1.123), true, Certainty::Significant).text(), "+12.3 %");
        assert_eq!(change(None, true, Certainty::TooFew).text(), "(gone)");
        assert_eq!(change(None, false, Certainty::Significant).text(), "new");
        let chance = change(Some(2.0), true, Certainty::Chance);
        assert_eq!((chance.text(), chance.lean()), ("~".to_owned(), None));
    }
}
