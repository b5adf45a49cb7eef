//! What a query is: terms joined by `and`, `or` and `not`, and the errors in its text.

use std::ops::Range;
use std::sync::Arc;

use crate::analysis::tags::TagRules;
use crate::base::ids::GoId;
use crate::event::state::GoState;

/// Terms that one query can have; the rest of them is an error.
pub const MOST_TERMS: usize = 32;

/// A parsed query. Whatever the text, there is one: terms with errors are left out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The terms that are searched for, in the order of the text.
    pub terms: Vec<Term>,
    /// What is wrong with the text, in its order.
    pub errors: Vec<QueryError>,
    pub(crate) root: Option<Node>,
}

impl Query {
    /// Whether nothing is searched for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }
}

/// A fault in the text of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The bytes of the text to underline. Never empty unless the text is.
    pub range: Range<usize>,
    /// What is wrong, in plain English; it never repeats the text.
    pub message: String,
}

/// One condition of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it asks for.
    pub kind: TermKind,
    /// The bytes of the text that it takes.
    pub range: Range<usize>,
}

/// What a term asks for. Texts match where they are contained, upper and lower case alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A plain word or text in quotation marks: everything that has a text.
    Word(Word),
    /// `fn:`, a function anywhere in a stack, or the start function of a goroutine.
    Function(String),
    /// `file:`, a source file anywhere in a stack, and the line in it.
    File(Place),
    /// `state:`, spans in this state.
    State(GoState),
    /// `reason:`, spans (and STW pauses) with this reason.
    Reason(String),
    /// `dur>`, spans, regions, GC cycles and STW pauses that take so long within the trace, and tasks that begin and end
    /// in it. Beside `task:` or `region:` it is about those, no longer about spans.
    Duration(Comparison, i64),
    /// `g:`, a goroutine by its number.
    Goroutine(GoId),
    /// `by:`, waits ended by a goroutine with this start function or number, or with this function in the stack of the
    /// wakeup.
    By(Waker),
    /// `interacts:`, a goroutine and all that it created or woke, or was created or woken by.
    Interacts(GoId),
    /// `task:`, user tasks by type or id, and their subtasks.
    Task(Label),
    /// `region:`, user regions by type.
    Region(String),
    /// `log:`, log messages by text, category, or `category=text`.
    Log(String),
    /// `stack:`, a function anywhere in a stack.
    Stack(String),
    /// `tag:`, a stack with a function that stands for a tag with this in its name, by these rules.
    Tag(String, Arc<TagRules>),
    /// `label:`, labels of goroutines.
    GoLabel(String),
    /// `alive@`, what is there at this time, nanoseconds since the start of the trace.
    Alive(i64),
}

/// A plain word, and what else it can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text as typed, without quotes.
    pub text: String,
    /// `G25` and `25` also name a goroutine.
    pub number: Option<u64>,
    /// `blocked` also names a state.
    pub state: Option<GoState>,
    /// `server.go:97` also names a line.
    pub place: Option<Place>,
}

/// A source file, and a line in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A part of the file's path.
    pub file: String,
    /// The line; `None` for all lines.
    pub line: Option<u64>,
}

/// Who ended a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waker {
    /// A part of the name of a function.
    pub function: String,
    /// `by:g25` also names a goroutine.
    pub number: Option<GoId>,
}

/// A part of a name, or an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// A part of the name.
    pub text: String,
    /// The same as a number, if it is one.
    pub id: Option<u64>,
}

/// How a duration is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Less than the value: `<`.
    Less,
    /// The value or less: `<=`.
    AtMost,
    /// The value or more: `>=`.
    AtLeast,
    /// More than the value: `>`.
    More,
}

impl Comparison {
    /// Whether `nanos` compares so with `limit`.
    #[must_use]
    pub const fn holds(self, nanos: i64, limit: i64) -> bool {
        match self {
            Self::Less => nanos < limit,
            Self::AtMost => nanos <= limit,
            Self::AtLeast => nanos >= limit,
            Self::More => nanos > limit,
        }
    }
}

/// How terms are joined. Terms are named by their place in [`Query::terms`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Term(usize),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}
