//! Goroutines of both sides by start function and creator: what grew is a leak, or a larger load.

use std::collections::BTreeMap;
use std::sync::Arc;

use trace_core::analysis::compare::partners::bare;
use trace_core::analysis::compare::picture::{Picture, Population};

use crate::fmt::name;
use crate::report::figure::{Figure, Form};
use crate::report::table::{Column, Table};
use crate::report::value::Value;

/// A start function and its creator, on both sides: alive at the end, created, ended.
#[derive(Clone, Debug, Default)]
struct Group {
    name: String,
    creator: String,
    place: String,
    alive: [u64; 2],
    created: [u64; 2],
    ended: [u64; 2],
}

impl Group {
    fn add(&mut self, side: usize, of: &Population) {
        if self.name.is_empty() {
            self.name.clone_from(&of.name);
            self.creator.clone_from(&of.creator);
            self.place.clone_from(&of.place);
        }
        self.alive[side] += of.alive;
        self.created[side] += of.created;
        self.ended[side] += of.ended;
    }

    /// How many more are alive in B.
    fn difference(&self) -> i128 {
        i128::from(self.alive[1]) - i128::from(self.alive[0])
    }

    fn created_by(&self) -> String {
        match (self.creator.as_str(), self.place.as_str()) {
            ("", _) => "before the trace, or unknown".to_owned(),
            (creator, "") => name::function(creator).to_owned(),
            (creator, place) => format!("{} at {place}", name::function(creator)),
        }
    }
}

/// The groups of both sides (of several recordings in sum) as a table, those first of which most more or fewer are alive.
#[must_use]
pub fn table(sides: [&[Picture]; 2]) -> Table {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for (side, pictures) in sides.into_iter().enumerate() {
        for of in pictures.iter().flat_map(|picture| &picture.population) {
            groups.entry((bare(&of.name), bare(&of.creator))).or_default().add(side, of);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| {
        let difference = group.difference();
        std::cmp::Reverse((difference.abs(), difference, group.alive[0].max(group.alive[1]), group.created))
    });
    let count = |column: Column, of: fn(&Group) -> u64| (column, move |group: &Group| Value::Count(of(group)));
    let columns = [
        count(Column::count("alive.a", "Alive A", "alive at the end of A"), |group| group.alive[0]),
        count(Column::count("alive.b", "Alive B", "alive at the end of B"), |group| group.alive[1]),
    ];
    let others = [
        count(Column::count("created.a", "Created A", ""), |group| group.created[0]),
        count(Column::count("created.b", "Created B", ""), |group| group.created[1]),
        count(Column::count("ended.a", "Ended A", "").on_request(), |group| group.ended[0]),
        count(Column::count("ended.b", "Ended B", "").on_request(), |group| group.ended[1]),
    ];
    let mut table = Table::of("goroutines", "Goroutines", &Arc::new(groups), Vec::as_slice)
        .column(Column::function("function", "Start function", ""), |group: &Group| Value::Function(group.name.clone()))
        .column(Column::text("creator", "Created by", ""), |group| Value::Text(group.created_by()));
    for (column, value) in columns {
        table = table.column(column, value);
    }
    table = table
        .column(Column::figure("alive.difference", "Difference", "how many more are alive at the end of B"), |group| {
            Value::Figure(Figure::difference(group.difference() as f64, Form::Number))
        });
    for (column, value) in others {
        table = table.column(column, value);
    }
    table.empty("No goroutines on either side").build()
}
