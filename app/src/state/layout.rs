//! Where rows lie, given what is folded and what is in view. Nothing here costs more than O(log n) in the number of rows, but for making the trees of groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use trace_core::base::ids::TaskIdx;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::state::folds::Folds;
use crate::state::groups::Groups;
use crate::state::pinned::Pin;
use crate::state::row::{FRAME_HEIGHT, HEADING_HEIGHT, REGION_HEIGHT, Row, RowKind, RowSizes};
use crate::state::rows::Rows;
use crate::state::section::Section;

/// The places of all rows under a choice of folds, for a stretch of time. Every question costs at most O(log n).
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    rows: &'a Rows,
    folds: &'a Folds,
    sizes: RowSizes,
    /// What is pinned, from top to bottom, placed below the upper edge of the first.
    pinned: Vec<Row>,
    /// The rows of groups, unless they are folded or there are none.
    tree: Option<Arc<Tree>>,
    /// The rows of tasks, unless they are folded.
    tasks: Option<Arc<Tree>>,
}

/// The rows of groups that show.
#[derive(Clone, Debug)]
struct Tree {
    rows: Vec<TreeRow>,
    sizes: RowSizes,
    height: f64,
    /// Rows that do not show, since nobody on them is alive in view.
    hidden: u32,
    /// What it is of.
    of_tasks: bool,
}

/// A row of the tree. They come by `(row, is_heading first)`.
#[derive(Clone, Copy, Debug)]
struct TreeRow {
    /// The group, if it is a heading.
    group: Option<u32>,
    /// The row, of a heading the first of its group.
    row: u32,
    /// Upper edge below that of the first.
    top: f64,
    lines: u32,
}

impl Tree {
    fn of(groups: &Groups, folds: &Folds, view: Option<TimeRange>, sizes: RowSizes) -> Self {
        let mut tree = Self { rows: Vec::new(), sizes, height: 0.0, hidden: 0, of_tasks: false };
        for (at, group) in (0_u32..).zip(groups.list()) {
            let is_alive = |row: &u32| view.is_none_or(|view| groups.count_on(*row, view) > 0);
            tree.of_tasks = group.of_tasks;
            let rows = group.first..group.end;
            if view.is_some_and(|view| groups.count_in(at as usize, view) == 0) {
                tree.hidden += group.end - group.first;
                continue;
            }
            if !group.is_single() {
                tree.push(TreeRow { group: Some(at), row: group.first, top: tree.height, lines: 0 }, sizes.group);
            }
            if folds.folded_group(group) {
                continue;
            }
            for row in rows {
                if !is_alive(&row) {
                    tree.hidden += 1;
                    continue;
                }
                let shows = !group.of_tasks || folds.expanded(group, row);
                let lines = if shows { groups.region_lines(row) } else { 0 };
                let height = sizes.lane + f64::from(lines) * REGION_HEIGHT;
                tree.push(TreeRow { group: None, row, top: tree.height, lines }, height);
            }
        }
        tree
    }

    fn push(&mut self, row: TreeRow, height: f64) {
        self.rows.push(row);
        self.height += height;
    }

    fn row_at(&self, groups: &Groups, y: f64, above: f64) -> Option<Row> {
        let at = self.rows.partition_point(|row| row.top <= y).checked_sub(1)?;
        self.rows.get(at).map(|row| row.shown((self.of_tasks, self.sizes), groups, above))
    }

    /// The row that a goroutine is on; the heading of its group if that is folded; `None` if it does not show.
    fn row_of(&self, groups: &Groups, folds: &Folds, row: u32, above: f64) -> Option<Row> {
        let group = groups.list().get(groups.group_of(row))?;
        let is_heading = folds.folded_group(group);
        self.find(groups, if is_heading { (group.first, false) } else { (row, true) }, above)
    }

    /// The row `(row, is no heading)`, if it shows.
    fn find(&self, groups: &Groups, wanted: (u32, bool), above: f64) -> Option<Row> {
        let at = self.rows.binary_search_by_key(&wanted, |known| (known.row, known.group.is_none())).ok()?;
        self.rows.get(at).map(|row| row.shown((self.of_tasks, self.sizes), groups, above))
    }
}

impl TreeRow {
    fn shown(&self, (of_tasks, sizes): (bool, RowSizes), groups: &Groups, above: f64) -> Row {
        let top = above + self.top;
        match self.group {
            Some(group) => {
                let kind = if of_tasks { RowKind::TaskGroup(group) } else { RowKind::Group(group) };
                Row {
                    kind,
                    top,
                    height: sizes.group,
                    own: sizes.group,
                    region_lines: 0,
                    frame_lines: 0,
                    is_pinned: false,
                }
            }
            None => Row {
                kind: match groups.single_on(self.row) {
                    _ if of_tasks => RowKind::Tasks(self.row),
                    Some(go) => RowKind::Lane(LaneId::Goroutine(go)),
                    None => RowKind::Shared(self.row),
                },
                top,
                height: sizes.lane + f64::from(self.lines) * REGION_HEIGHT,
                own: sizes.lane,
                region_lines: self.lines,
                frame_lines: 0,
                is_pinned: false,
            },
        }
    }
}

impl<'a> Layout<'a> {
    /// The places of all rows of the usual sizes, with what is folded. With `view`, goroutines that are not alive then
    /// have no rows.
    #[must_use]
    pub fn of(rows: &'a Rows, folds: &'a Folds, view: Option<TimeRange>) -> Self {
        Self::sized(rows, folds, view, RowSizes::USUAL)
    }

    /// The same with rows of other sizes.
    #[must_use]
    pub fn sized(rows: &'a Rows, folds: &'a Folds, view: Option<TimeRange>, sizes: RowSizes) -> Self {
        let tree = |section: Section, groups: Option<&Groups>| {
            let groups = groups.filter(|_| !folds.folded(section))?;
            Some(Arc::new(Tree::of(groups, folds, view, sizes)))
        };
        Self {
            rows,
            folds,
            sizes,
            pinned: Vec::new(),
            tree: tree(Section::Goroutines, rows.groups()),
            tasks: tree(Section::Tasks, Some(rows.tasks().groups())),
        }
    }

    /// The same with pinned rows above all others, some of them with so many lines of stack frames.
    #[must_use]
    pub fn with_pins(mut self, pins: &[Pin], frames: &BTreeMap<LaneId, u32>) -> Self {
        let mut top = 0.0;
        for kind in pins.iter().filter_map(|pin| pin.row(self.rows)) {
            let (own, frame_lines) = match kind {
                RowKind::Lane(lane) => (self.sizes.lane, frames.get(&lane).copied().unwrap_or(0)),
                _ => (self.sizes.group, 0),
            };
            let height = own + f64::from(frame_lines) * FRAME_HEIGHT;
            self.pinned.push(Row { kind, top, height, own, region_lines: 0, frame_lines, is_pinned: true });
            top += height;
        }
        self
    }

    /// How many rows are pinned.
    #[must_use]
    pub fn pinned_count(&self) -> usize {
        self.pinned.len()
    }

    /// The pinned row of a lane, if it is pinned and they are not folded.
    #[must_use]
    pub fn pinned_row_of(&self, lane: LaneId) -> Option<Row> {
        let above = self.heading_height(Section::Pinned);
        let row = self.pinned.iter().find(|row| row.kind == RowKind::Lane(lane));
        row.filter(|_| !self.folds.folded(Section::Pinned)).map(|row| Row { top: row.top + above, ..*row })
    }

    fn heading_height(&self, section: Section) -> f64 {
        match section {
            Section::Pinned if !self.pinned.is_empty() => HEADING_HEIGHT,
            _ => self.rows.heading_height(section),
        }
    }

    /// Height of all rows, points.
    #[must_use]
    pub fn height(&self) -> f64 {
        Section::ALL.iter().map(|&section| self.section_height(section)).sum()
    }

    /// Rows of a section that do not show, since nobody on them is alive in view.
    #[must_use]
    pub fn hidden(&self, section: Section) -> u32 {
        self.tree_of(section).map_or(0, |(tree, _)| tree.hidden)
    }

    /// The tree that a section shows, if it does.
    fn tree_of(&self, section: Section) -> Option<(&Tree, &'a Groups)> {
        match section {
            Section::Goroutines => Some((self.tree.as_deref()?, self.rows.groups()?)),
            Section::Tasks => Some((self.tasks.as_deref()?, self.rows.tasks().groups())),
            Section::Pinned | Section::Procs | Section::Threads | Section::Collector => None,
        }
    }

    fn section_height(&self, section: Section) -> f64 {
        self.heading_height(section)
            + match self.tree_of(section) {
                _ if self.folds.folded(section) => 0.0,
                _ if section == Section::Pinned => self.pinned.last().map_or(0.0, |row| row.top + row.height),
                Some((tree, _)) => tree.height,
                None => self.rows.body_height(section, self.sizes.lane),
            }
    }

    /// Upper edge of a section, points.
    fn section_top(&self, section: Section) -> f64 {
        Section::ALL.iter().take_while(|&&above| above != section).map(|&above| self.section_height(above)).sum()
    }

    /// The row that holds `y`, points below the first row's upper edge; `None` above and below all.
    #[must_use]
    pub fn row_at(&self, y: f64) -> Option<Row> {
        if y < 0.0 {
            return None;
        }
        let mut top = 0.0;
        for section in Section::ALL {
            let height = self.section_height(section);
            if y < top + height {
                let above = top + self.heading_height(section);
                let inside = y - above;
                return match self.tree_of(section) {
                    _ if inside < 0.0 => Some(self.heading(section, top)),
                    _ if section == Section::Pinned => {
                        let row = self.pinned.iter().rfind(|row| row.top <= inside);
                        row.map(|row| Row { top: row.top + above, ..*row })
                    }
                    Some((tree, groups)) => tree.row_at(groups, inside, above),
                    None => self.body_row(section, top, self.rows.index_at(section, inside, self.sizes.lane)),
                };
            }
            top += height;
        }
        None
    }

    /// The rows that show between `y0` and `y1`, points, top to bottom.
    pub fn rows_between(&self, y0: f64, y1: f64) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.row_at(y0.max(0.0));
        std::iter::from_fn(move || {
            let row = next.filter(|row| row.top < y1)?;
            // Half a point inside the next one: rows are whole points high.
            next = self.row_at(row.top + row.height + 0.5);
            Some(row)
        })
    }

    /// The row of a lane; if its section or group is folded, that one's heading. `None` for a lane that this snapshot does
    /// not hold, or that has no row in view.
    #[must_use]
    pub fn row_of(&self, lane: LaneId) -> Option<Row> {
        let section = Section::of(lane);
        let top = self.section_top(section);
        if let (LaneId::Goroutine(go), Some(groups)) = (lane, self.rows.groups()) {
            let row = groups.row_of(go)?;
            let above = top + self.rows.heading_height(section);
            return match &self.tree {
                Some(tree) => tree.row_of(groups, self.folds, row, above),
                None => Some(self.heading(section, top)),
            };
        }
        let index = self.rows.index_of(lane)?;
        if self.folds.folded(section) {
            return Some(self.heading(section, top));
        }
        self.body_row(section, top, index)
    }

    /// The row of a task; if that, its type, or all tasks are folded, the heading that shows. `None` without a row in view.
    #[must_use]
    pub fn row_of_task(&self, task: TaskIdx) -> Option<Row> {
        let (row, top) = (self.rows.tasks().row_of(task)?, self.section_top(Section::Tasks));
        let above = top + self.rows.heading_height(Section::Tasks);
        match self.tree_of(Section::Tasks) {
            Some((tree, groups)) => tree.row_of(groups, self.folds, row, above),
            None => Some(self.heading(Section::Tasks, top)),
        }
    }

    /// The row of this kind, if it shows.
    #[must_use]
    pub fn find(&self, kind: RowKind) -> Option<Row> {
        let in_tree = |section: Section, row: u32, is_heading: bool| {
            let (tree, groups) = self.tree_of(section)?;
            let above = self.section_top(section) + self.rows.heading_height(section);
            tree.find(groups, (row, !is_heading), above)
        };
        match kind {
            RowKind::Heading(section) => Some(self.heading(section, self.section_top(section))),
            RowKind::Lane(lane) => self.row_of(lane),
            RowKind::Shared(row) => in_tree(Section::Goroutines, row, false),
            RowKind::Group(group) => {
                let group = self.rows.groups()?.list().get(group as usize)?;
                in_tree(Section::Goroutines, group.first, true)
            }
            RowKind::Tasks(row) => in_tree(Section::Tasks, row, false),
            RowKind::TaskGroup(group) => in_tree(Section::Tasks, self.rows.tasks().group(group)?.first, true),
        }
    }

    fn heading(&self, section: Section, top: f64) -> Row {
        let height = self.heading_height(section);
        Row {
            kind: RowKind::Heading(section),
            top,
            height,
            own: height,
            region_lines: 0,
            frame_lines: 0,
            is_pinned: false,
        }
    }

    fn body_row(&self, section: Section, section_top: f64, index: u32) -> Option<Row> {
        let lane = self.rows.lane_at(section, index)?;
        let (top, region_lines) = self.rows.place_in(section, index, self.sizes.lane);
        Some(Row {
            kind: RowKind::Lane(lane),
            top: section_top + self.rows.heading_height(section) + top,
            height: self.sizes.lane + f64::from(region_lines) * REGION_HEIGHT,
            own: self.sizes.lane,
            region_lines,
            frame_lines: 0,
            is_pinned: false,
        })
    }
}
