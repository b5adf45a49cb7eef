//! Sections of the timeline, and which of them and of their groups are folded.

use std::collections::BTreeSet;

use crate::state::groups::Group;
use crate::state::section::Section;

/// Which sections and groups are folded: only their headings show. And which rows of tasks are expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    sections: u8,
    /// Groups that are not as they were at first: whether they are of tasks, and their titles.
    groups: BTreeSet<(bool, String)>,
    /// Rows of tasks whose subtasks show: the type's title, and which row of it.
    tasks: BTreeSet<(String, u32)>,
}

impl Default for Folds {
    /// Threads folded: they repeat the procs for most questions.
    fn default() -> Self {
        Self { sections: 1 << Section::Threads as u8, ..Self::NONE }
    }
}

impl Folds {
    /// No section folded, groups as at first.
    pub const NONE: Self = Self { sections: 0, groups: BTreeSet::new(), tasks: BTreeSet::new() };

    /// Whether this section is folded.
    #[must_use]
    pub const fn folded(&self, section: Section) -> bool {
        self.sections & (1 << section as u8) != 0
    }

    /// Whether this group is folded.
    #[must_use]
    pub fn folded_group(&self, group: &Group) -> bool {
        !group.is_single() && group.is_open_at_first == self.groups.contains(&(group.of_tasks, group.title.clone()))
    }

    /// Whether the subtasks of this row (of all rows of tasks) of a type show.
    #[must_use]
    pub fn expanded(&self, group: &Group, row: u32) -> bool {
        self.tasks.contains(&(group.title.clone(), row.saturating_sub(group.first)))
    }

    /// Shows the subtasks of a row of a type, or hides them.
    pub fn toggle_row(&mut self, group: &Group, row: u32) {
        let key = (group.title.clone(), row.saturating_sub(group.first));
        if !self.tasks.remove(&key) {
            self.tasks.insert(key);
        }
    }

    /// Folds an unfolded section and the other way round.
    pub fn toggle(&mut self, section: Section) {
        self.sections ^= 1 << section as u8;
    }

    /// Folds an unfolded group and the other way round.
    pub fn toggle_group(&mut self, group: &Group) {
        let key = (group.of_tasks, group.title.clone());
        if !self.groups.remove(&key) {
            self.groups.insert(key);
        }
    }

    /// Folds or unfolds all of these groups.
    pub fn fold_groups(&mut self, groups: &[Group], fold: bool) {
        for group in groups.iter().filter(|group| !group.is_single()) {
            if self.folded_group(group) != fold {
                self.toggle_group(group);
            }
        }
    }

    /// Unfolds a section, so that its rows show.
    pub fn unfold(&mut self, section: Section) {
        self.sections &= !(1 << section as u8);
    }
}
