//! What a query gives.

/// A cell of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// Text as the trace has it.
    Text(String),
}

impl Cell {
    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Real(_))
    }

    /// As plain text, not escaped for anything; empty for NULL.
    #[must_use]
    pub fn raw(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Int(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Why a query gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// It was cancelled.
    Cancelled,
    /// It is wrong: what is wrong, and where in the query, counted in characters from 0, if that is known.
    Wrong {
        /// One sentence without a full stop.
        message: String,
        /// Of the word that is wrong.
        position: Option<usize>,
    },
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the query was cancelled"),
            Self::Wrong { message, position: Some(position) } => {
                write!(f, "{message} (at character {} of the query)", position + 1)
            }
            Self::Wrong { message, position: None } => f.write_str(message),
        }
    }
}

impl std::error::Error for QueryError {}
