//! The forms in which reports are printed and copied.

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, in a terminal.
    #[default]
    Text,
    /// For programs: one object with a schema and a version.
    Json,
    /// For spreadsheets: the main table, or the one that was asked for.
    Csv,
    /// Markdown, for issue trackers.
    Markdown,
}
