//! What an analysis found in a trace.

use crate::report::chart::Chart;
use crate::report::table::{Kind, Readers, Table};
use crate::report::value::Value;
use std::sync::Arc;

/// A single value of a report.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its name in JSON, which stays as it is; dots make objects: `antagonists.idle_ns`. Empty if only people read it.
    pub id: &'static str,
    /// Its name for people; empty if only JSON has it. A [`Value::Bar`] is for the window only.
    pub title: &'static str,
    /// What JSON has under the id, in a sentence; empty if the title says it.
    pub help: &'static str,
    /// What the value is where it is known.
    pub kind: Kind,
    /// The value; missing if it is unknown.
    pub value: Value,
}

/// Something told in words, one below the other. Programs have what it tells in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// What it is about, in a line.
    pub heading: String,
    /// Words before the heading in text: how serious it is.
    pub rank: &'static str,
    /// The stable name of its kind.
    pub kind: &'static str,
    /// Sentences, which Markdown joins to a paragraph.
    pub sentences: Vec<String>,
    /// Labelled lines below the sentences.
    pub lines: Vec<Line>,
}

/// A line of a section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The label in front of the line.
    pub label: &'static str,
    /// A name, which Markdown shows as code; may be empty.
    pub name: String,
    /// What follows: one part, or several like each other, of which text has the first few.
    pub parts: Vec<String>,
}

/// What an analysis found: single values, tables, and what has to be known to read them.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What it is about, where the command line does not say it: a line for each trace.
    pub about: Vec<String>,
    /// What it comes down to, in a sentence or two; may be empty.
    pub headline: String,
    /// More sentences, the most important first.
    pub sentences: Vec<String>,
    /// Single values, in order.
    pub facts: Vec<Fact>,
    /// What is told in words, in order.
    pub sections: Vec<Section>,
    /// Sentences about how the values came about.
    pub notes: Vec<String>,
    /// Tables, the main one first.
    pub tables: Vec<Arc<Table>>,
    /// Charts. Only for the window: what they show is in facts or tables, too.
    pub charts: Vec<Chart>,
    /// Whether the command has an option for how many rows are listed.
    pub has_limit: bool,
}

impl Report {
    /// Has each table without a limit of its own list at most so many rows outside of the window.
    pub fn limit(&mut self, rows: usize) {
        self.has_limit = true;
        for table in &mut self.tables {
            if let Some(table) = Arc::get_mut(table) {
                table.limit = table.limit.or(Some(rows));
            }
        }
    }

    /// Adds a single value. One that may be missing is to be followed by [`Self::explained_as`].
    #[must_use]
    pub fn fact(mut self, id: &'static str, title: &'static str, value: Value) -> Self {
        let kind = value.kind().unwrap_or(Kind::Text);
        self.facts.push(Fact { id, title, help: "", kind, value });
        self
    }

    /// Says what the last single value means in JSON, where its title does not.
    #[must_use]
    pub fn explained(mut self, help: &'static str) -> Self {
        if let Some(fact) = self.facts.last_mut() {
            fact.help = help;
        }
        self
    }

    /// The same of a value that may be missing, and of what kind it is otherwise.
    #[must_use]
    pub fn explained_as(mut self, kind: Kind, help: &'static str) -> Self {
        if let Some(fact) = self.facts.last_mut() {
            fact.kind = kind;
        }
        self.explained(help)
    }

    /// Adds a single value for programs, and what it is in their help. It must not be missing: see [`Self::field_of`].
    #[must_use]
    pub fn field(self, id: &'static str, help: &'static str, value: Value) -> Self {
        let kind = value.kind().unwrap_or(Kind::Text);
        self.field_of(kind, id, help, value)
    }

    /// The same of a value that may be missing, and of what kind it is otherwise.
    #[must_use]
    pub fn field_of(mut self, kind: Kind, id: &'static str, help: &'static str, value: Value) -> Self {
        self.facts.push(Fact { id, title: "", help, kind, value });
        self
    }

    /// Says what it comes down to; JSON has it under this id.
    #[must_use]
    pub fn headline(self, id: &'static str, text: &str) -> Self {
        let report = self.field(id, "the result in a sentence", Value::Text(text.to_owned()));
        Self { headline: text.to_owned(), ..report }
    }

    /// Adds a single value for people, who do not need it where programs do.
    #[must_use]
    pub fn figure(self, title: &'static str, text: impl Into<String>) -> Self {
        self.fact("", title, Value::Text(text.into()))
    }

    /// With all that another one has, behind what is there.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.about.extend(other.about);
        self.sentences.extend(other.sentences);
        self.sections.extend(other.sections);
        self.facts.extend(other.facts);
        self.notes.extend(other.notes);
        self.tables.extend(other.tables);
        self.charts.extend(other.charts);
        self
    }

    /// Adds a chart, which only the window shows.
    #[must_use]
    pub fn chart(mut self, chart: Chart) -> Self {
        self.charts.push(chart);
        self
    }

    /// The single value that has this id.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<&Value> {
        self.facts.iter().find(|fact| fact.id == id).map(|fact| &fact.value)
    }

    /// The tables that programs read.
    pub fn exported(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.iter().filter(|table| table.readers != Readers::People)
    }

    /// The single values that people read.
    pub fn shown_facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|fact| !fact.title.is_empty() && !matches!(fact.value, Value::Bar(..)))
    }

    /// The tables that people read.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.iter().filter(|table| table.is_for_people())
    }

    /// Adds a sentence below the tables.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a table below those that are there.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(Arc::new(table));
        self
    }
}
