//! What a query gives.

/// A cell of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// SQL's NULL.
    Null,
    /// A whole number, 64 bits with a sign.
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

/// Names of columns, each once: a second `g` is `g_2`.
#[must_use]
pub fn distinct(columns: Vec<String>) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for column in columns {
        let name = |number: usize| if number == 1 { column.clone() } else { format!("{column}_{number}") };
        let free = (1..).map(name).find(|name| !made.contains(name));
        made.extend(free);
    }
    made
}

/// Why a query gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// The query was cancelled.
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

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn columns_of_one_name_are_told_apart() {
        let names = ["g", "g", "g_2", "x"].map(str::to_owned).to_vec();
        assert_eq!(distinct(names), ["g", "g_2", "g_2_2", "x"]);
    }
}
