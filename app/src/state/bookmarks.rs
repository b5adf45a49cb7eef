//! What the user notes about a trace: bookmarks with notes, and pinned rows. Kept by the trace's content.

use serde::{Deserialize, Serialize};

use trace_core::base::time::{TimeRange, TraceTime};

/// Bookmarks of a trace at most: more are no help, and files of others may hold any number.
pub const MOST: usize = 10_000;
/// Letters of a note at most.
pub const MOST_LETTERS: usize = 10_000;

/// A place in a trace, with a note. Times are from the start of the trace, so that they hold for it wherever it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bookmark {
    /// Where it starts, nanoseconds from the start of the trace.
    pub start_ns: i64,
    /// Where it ends; the same for a moment.
    pub end_ns: i64,
    /// The lane that it is on, by the runtime's ids: `g25`, `p0`, `m4711`, `gc`, `stw`; empty for a time on all of them.
    pub lane: String,
    /// What the user says about it.
    pub note: String,
}

/// A row that is pinned, by names that outlive the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoredPin {
    /// A lane, by the runtime's ids.
    Lane(String),
    /// A group of goroutines.
    Group(String),
    /// A type of tasks.
    Tasks(String),
}

/// All that is kept of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Bookmarks, in the order of their starts.
    pub bookmarks: Vec<Bookmark>,
    /// Rows that are pinned, from top to bottom.
    pub pins: Vec<StoredPin>,
}

impl Bookmark {
    /// When it is on a trace's clock; no time outside of the trace.
    #[must_use]
    pub fn range(&self, all: TimeRange) -> TimeRange {
        let at = |nanos: i64| all.start.plus_nanos(nanos).clamp(all.start, all.end);
        TimeRange::new(at(self.start_ns), at(self.end_ns))
    }

    /// Whether it is a moment.
    #[must_use]
    pub const fn is_moment(&self) -> bool {
        self.end_ns <= self.start_ns
    }

    /// At this time of a trace.
    #[must_use]
    pub fn at(range: TimeRange, origin: TraceTime, lane: String) -> Self {
        let since = |time: TraceTime| time.nanos_since(origin);
        Self { start_ns: since(range.start), end_ns: since(range.end), lane, note: String::new() }
    }
}

impl Notes {
    /// Adds bookmarks of another set that are not there yet, as many as fit; how many.
    pub fn merge(&mut self, other: Vec<Bookmark>) -> usize {
        let before = self.bookmarks.len();
        for mut bookmark in other {
            if self.bookmarks.len() >= MOST {
                break;
            }
            if let Some((end, _)) = bookmark.note.char_indices().nth(MOST_LETTERS) {
                bookmark.note.truncate(end);
            }
            if !self.bookmarks.contains(&bookmark) {
                self.bookmarks.push(bookmark);
            }
        }
        self.sort();
        self.bookmarks.len() - before
    }

    /// Puts bookmarks in the order of time.
    pub fn sort(&mut self) {
        self.bookmarks.sort_by_key(|bookmark| (bookmark.start_ns, bookmark.end_ns));
    }
}

/// The notes of a document, and where they are kept.
#[derive(Clone, Debug, Default)]
pub struct NotesState {
    /// The bookmarks and pins, as they are written to disk.
    pub notes: Notes,
    /// The name under which they are kept, which follows from the trace's content; `None` until a worker knows it, and for
    /// what cannot be read again.
    pub key: Option<String>,
    /// The bookmark that the user has gone to, by its place.
    pub current: Option<usize>,
    /// Counts how often a note was to be typed: its field gets the focus.
    pub typing: u64,
}

#[cfg(test)]
mod tests {
    use super::{Bookmark, MOST, MOST_LETTERS, Notes};

    #[test]
    fn what_is_there_is_not_added_twice_and_there_is_an_end() {
        let bookmark = |start_ns: i64| Bookmark { start_ns, ..Bookmark::default() };
        let mut notes = Notes { bookmarks: vec![bookmark(5)], ..Notes::default() };
        assert_eq!(notes.merge(vec![bookmark(5), bookmark(3)]), 1);
        assert_eq!(notes.bookmarks, [bookmark(3), bookmark(5)]);
        assert!(notes.merge((10..20_000).map(bookmark).collect()) == MOST - 2);
        let long = Bookmark { note: "é".repeat(MOST_LETTERS + 5), ..bookmark(1) };
        let mut notes = Notes::default();
        notes.merge(vec![long]);
        assert_eq!(notes.bookmarks[0].note.chars().count(), MOST_LETTERS);
    }
}
