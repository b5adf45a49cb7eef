//! Which tables a lake of many traces keeps.

/// How much of each trace a lake keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// What was found, and sums: a few per cent of a trace's bytes.
    Summary,
    /// Each span, task, region and log, and the stacks.
    Detail,
}

/// The tables that a lake has, with the tier that they belong to.
pub const KEPT: [(&str, Tier); 19] = [
    ("traces", Tier::Summary),
    ("findings", Tier::Summary),
    ("wait_sites", Tier::Summary),
    ("goroutine_groups", Tier::Summary),
    ("task_types", Tier::Summary),
    ("region_types", Tier::Summary),
    ("gc_cycles", Tier::Summary),
    ("state_totals", Tier::Summary),
    ("warnings", Tier::Summary),
    ("goroutines", Tier::Detail),
    ("spans", Tier::Detail),
    ("tasks", Tier::Detail),
    ("regions", Tier::Detail),
    ("logs", Tier::Detail),
    ("stw", Tier::Detail),
    ("stacks", Tier::Detail),
    ("stack_frames", Tier::Detail),
    ("frames", Tier::Detail),
    ("functions", Tier::Detail),
];

/// The tier of a table; `None` if lakes do not have it.
#[must_use]
pub fn of(table: &str) -> Option<Tier> {
    KEPT.iter().find(|(name, _)| *name == table).map(|(_, tier)| *tier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_a_lake_is_defined() {
        for (name, _) in KEPT {
            assert!(crate::tables::table(name).is_some(), "{name}");
        }
    }
}
