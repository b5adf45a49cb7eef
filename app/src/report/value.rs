//! The values of a table's cells: typed, so that each can be sorted, formatted, linked and exported by one rule.

use std::cmp::Ordering;

use trace_core::base::nanos::Nanos;
use trace_core::model::lanes::LaneId;

use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::fmt::number;
use crate::fmt::time;

pub use crate::report::data::{Shade, Value};

use crate::report::data::Kind;

use crate::report::figure::Lean;
use crate::report::frame::Frame;

/// Values of a list that people see in a cell.
const LISTED: usize = 4;

/// What rows are sorted by.
#[derive(Clone, Debug)]
enum Key {
    Number(f64),
    Text(String),
}

impl Value {
    /// A duration of which there may be none.
    #[must_use]
    pub fn duration(length: Option<Nanos>) -> Self {
        length.map_or(Self::Missing, Self::Duration)
    }

    /// A count of which there may be none.
    #[must_use]
    pub fn count(count: Option<u64>) -> Self {
        count.map_or(Self::Missing, Self::Count)
    }

    /// A size that may be unknown, bytes.
    #[must_use]
    pub fn bytes(bytes: Option<u64>) -> Self {
        bytes.map_or(Self::Missing, Self::Bytes)
    }

    /// A part of a whole; missing if the whole is 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub fn share(part: u64, whole: u64) -> Self {
        if whole == 0 { Self::Missing } else { Self::Ratio(part as f64 / whole as f64) }
    }

    /// A part of a length of time; missing if the whole is 0.
    #[must_use]
    pub fn part(part: Nanos, whole: Nanos) -> Self {
        Self::share(part.0, whole.0)
    }

    /// What kind of column it belongs in; `None` if it is unknown.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Missing => return None,
            Self::Duration(_) => Kind::Duration,
            Self::Time(_) => Kind::Time,
            Self::Bytes(_) => Kind::Bytes,
            Self::Count(_) => Kind::Count,
            Self::Ratio(_) => Kind::Ratio,
            Self::Figure(_) => Kind::Figure,
            Self::Change(_) => Kind::Change,
            Self::Text(_) | Self::Name(_) => Kind::Text,
            Self::Word(_) | Self::Named(..) => Kind::Word,
            Self::Flag(_) => Kind::Flag,
            Self::Lane(..) | Self::Task(..) => Kind::Id,
            Self::Function(_) => Kind::Function,
            Self::Stack(_) => Kind::Stack,
            Self::Bar(..) | Self::Columns(_) => Kind::Bar,
            Self::List(_) => Kind::List,
            Self::Table(_) => Kind::Table,
            Self::Fields(_) => Kind::Fields,
        })
    }

    /// What people read: on one line, safe to show anywhere but in Markdown, HTML and CSV, which have escapes of their
    /// own.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Missing => "–".to_owned(),
            Self::Duration(nanos) => nanos.to_string(),
            Self::Time(nanos) => time::offset(*nanos),
            Self::Bytes(bytes) => number::bytes(*bytes),
            Self::Count(count) => number::count(*count),
            Self::Ratio(share) => number::share(*share),
            Self::Figure(figure) => figure.text(),
            Self::Change(change) => change.text(),
            Self::Text(text) | Self::Name(text) => visible(text).into_owned(),
            Self::Word(word) | Self::Named(_, word) => (*word).to_owned(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::Lane(lane, id) => match lane {
                LaneId::Goroutine(_) => format!("G{id}"),
                LaneId::Proc(_) => format!("P{id}"),
                LaneId::Thread(_) => format!("M{id}"),
                LaneId::Gc => "GC".to_owned(),
                LaneId::Stw => "STW".to_owned(),
            },
            Self::Task(_, id) => id.to_string(),
            Self::Function(full) => visible(name::or_unknown(name::function(full))).into_owned(),
            Self::Stack(frames) => {
                let frame = Frame::representative(frames).map(Frame::in_short);
                frame.map_or_else(|| "(no stack)".to_owned(), |place| visible(&place).into_owned())
            }
            Self::List(values) => {
                let shown: Vec<String> = values.iter().take(LISTED).map(Self::text).collect();
                shown.join(", ") + if values.len() > LISTED { ", …" } else { "" }
            }
            Self::Fields(fields) => {
                let shown = fields.iter().take(LISTED).map(|(name, value)| format!("{name}: {}", value.text()));
                shown.collect::<Vec<_>>().join(", ") + if fields.len() > LISTED { ", …" } else { "" }
            }
            Self::Bar(..) | Self::Columns(_) | Self::Table(_) => String::new(),
        }
    }

    /// More than [`Self::text`] shows, on one or several lines: all digits, the full name, the whole stack. `None` where
    /// there is no more.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        match self {
            Self::Duration(nanos) if nanos.0 >= 1_000 => Some(time::exact_nanos(*nanos)),
            Self::Time(nanos) => Some(time::exact(*nanos)),
            Self::Bytes(bytes) if *bytes >= 1_000 => Some(format!("{} B", number::count(*bytes))),
            Self::Figure(figure) => figure.exact(),
            Self::Function(full) if name::function(full).len() < full.len() => Some(visible(full).into_owned()),
            Self::Stack(frames) if !frames.is_empty() => {
                let lines = frames.iter().map(|frame| visible(&frame.in_full()).into_owned());
                Some(lines.collect::<Vec<_>>().join("\n"))
            }
            _ => None,
        }
    }

    /// As a field for programs: plain numbers in the column's unit, full names, no stack but the frame that represents
    /// it.
    #[must_use]
    pub fn raw(&self) -> String {
        match self {
            Self::Missing | Self::Bar(..) | Self::Columns(_) | Self::List(_) | Self::Table(_) | Self::Fields(_) => {
                String::new()
            }
            Self::Named(word, _) => (*word).to_owned(),
            Self::Duration(nanos) => nanos.0.to_string(),
            Self::Bytes(number) | Self::Count(number) => number.to_string(),
            Self::Time(nanos) => nanos.to_string(),
            Self::Ratio(share) => share.to_string(),
            // A probability may have fifty zeros.
            Self::Figure(figure) if figure.value != 0.0 && figure.value.abs() < 1e-5 => format!("{:e}", figure.value),
            Self::Figure(figure) => figure.value.to_string(),
            Self::Text(text) | Self::Name(text) => text.clone(),
            Self::Lane(LaneId::Goroutine(_) | LaneId::Proc(_) | LaneId::Thread(_), id) => id.to_string(),
            Self::Function(full) => full.clone(),
            Self::Stack(frames) => Frame::representative(frames).map(Frame::in_full).unwrap_or_default(),
            Self::Word(_) | Self::Flag(_) | Self::Change(_) | Self::Lane(..) | Self::Task(..) => self.text(),
        }
    }

    /// Whether [`Self::raw`] is a number, so that a spreadsheet may take it for one.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Duration(_)
                | Self::Time(_)
                | Self::Bytes(_)
                | Self::Count(_)
                | Self::Ratio(_)
                | Self::Figure(_)
                | Self::Lane(LaneId::Goroutine(_) | LaneId::Proc(_) | LaneId::Thread(_), _)
                | Self::Task(..)
        )
    }

    /// Which way it changed, where it says so for certain.
    #[must_use]
    pub fn lean(&self) -> Option<Lean> {
        match self {
            Self::Figure(figure) => figure.lean(),
            Self::Change(change) => change.lean(),
            _ => None,
        }
    }

    /// The lane that the value names, if it does.
    #[must_use]
    pub const fn lane(&self) -> Option<LaneId> {
        match self {
            Self::Lane(lane, _) => Some(*lane),
            _ => None,
        }
    }

    /// Smallest first, text without regard to case; what is missing is larger than anything, so that it comes last, and
    /// stays there if the order is reversed by [`Self::compare_reversed`].
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.compare_by(other, |one, other| one.compare(other))
    }

    /// Largest first; what is missing still comes last.
    #[must_use]
    pub fn compare_reversed(&self, other: &Self) -> Ordering {
        self.compare_by(other, |one, other| other.compare(one))
    }

    fn compare_by(&self, other: &Self, order: impl Fn(&Key, &Key) -> Ordering) -> Ordering {
        match (self.key(), other.key()) {
            (Some(one), Some(other)) => order(&one, &other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an order; ids and times below 2^53 are exact")]
    fn key(&self) -> Option<Key> {
        Some(match self {
            Self::Missing | Self::Columns(_) | Self::List(_) | Self::Table(_) | Self::Fields(_) => return None,
            Self::Duration(nanos) => Key::Number(nanos.0 as f64),
            Self::Bytes(number) | Self::Count(number) | Self::Task(_, number) => Key::Number(*number as f64),
            Self::Time(number) | Self::Lane(_, number) => Key::Number(*number as f64),
            Self::Ratio(share) => Key::Number(*share),
            Self::Figure(figure) => Key::Number(figure.value),
            Self::Change(change) => Key::Number(change.ratio),
            Self::Flag(flag) => Key::Number(f64::from(u8::from(*flag))),
            Self::Bar(parts, _) => Key::Number(parts.iter().map(|part| part.0 as f64).sum()),
            Self::Text(_) | Self::Name(_) | Self::Word(_) | Self::Named(..) | Self::Function(_) | Self::Stack(_) => {
                Key::Text(self.text().to_lowercase())
            }
        })
    }
}

impl Key {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use std::cmp::Ordering;
    use trace_core::base::nanos::Nanos;

    #[test]
    fn what_is_missing_comes_last_in_both_directions() {
        assert_eq!(Value::Missing.compare(&Value::Count(1)), Ordering::Greater);
        assert_eq!(Value::Missing.compare_reversed(&Value::Count(1)), Ordering::Greater);
        assert_eq!(Value::Count(2).compare(&Value::Count(10)), Ordering::Less);
        assert_eq!(Value::Count(2).compare_reversed(&Value::Count(10)), Ordering::Greater);
        assert_eq!(Value::Text("b".into()).compare(&Value::Text("A".into())), Ordering::Greater);
    }

    #[test]
    fn text_is_for_people_and_raw_for_programs() {
        let value = Value::Duration(Nanos(1_234_567));
        assert_eq!(
            (value.text(), value.raw(), value.exact()),
            ("1.23 ms".into(), "1234567".into(), Some("1,234,567 ns".into()))
        );
        let value = Value::Function("example.com/shop/cart.Add".into());
        assert_eq!((value.text(), value.raw()), ("cart.Add".into(), "example.com/shop/cart.Add".into()));
        assert_eq!(Value::Text("a\u{1b}[2J\nb".into()).text(), "a\\x1b[2J\\nb");
        assert_eq!(Value::share(1, 0).text(), "–");
        assert_eq!(Value::Stack(Vec::new()).text(), "(no stack)");
    }
}
