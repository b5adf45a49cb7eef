//! Three recordings and more in a row: before, after, after the next change.

use std::collections::HashMap;

use crate::analysis::compare::change::Change;
use crate::analysis::compare::evidence::Measure;
use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::measure::Measured;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::{Comparison, Terms, compare_named};
use crate::analysis::findings::Findings;

impl Trend {
    /// The figure that its values and its change are of: what the first and the last differ in most surely, or a step,
    /// or else its median.
    #[must_use]
    pub fn measure(&self) -> Measure {
        let surest = std::iter::once(&self.overall).chain(&self.steps).filter(|step| step.is_reported());
        surest.chain(std::iter::once(&self.overall)).find_map(|step| step.tested).unwrap_or(Measure::Median)
    }
}

/// A row of all recordings.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// What it is about.
    pub kind: RowKind,
    /// Its name in the first recording that has it.
    pub name: String,
    /// Its figures in each recording; `None` where it is not there.
    pub figures: Vec<Option<Figures>>,
    /// Its place in `rows` of each recording's [`Measured`].
    pub places: Vec<Option<usize>>,
    /// From each recording to the next.
    pub steps: Vec<Step>,
    /// From the first to the last.
    pub overall: Step,
    /// Total per unit, last over first; `None` if it is missing on one of them.
    pub ratio: Option<f64>,
}

/// How a row changed from one recording to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Later against earlier: as [`Change::is_significant`].
    pub is_significant: bool,
    /// Later against earlier: as [`Change::is_too_few`].
    pub is_too_few: bool,
    /// Later against earlier: as [`Change::tested`].
    pub tested: Option<Measure>,
    /// Later against earlier: as [`Change::effect`].
    pub effect: Option<f64>,
    /// Later against earlier: as [`Change::has_grown`].
    pub has_grown: bool,
    /// Total per unit, later less earlier, nanoseconds.
    pub impact: f64,
}

impl Step {
    fn of(change: &Change) -> Self {
        Self {
            is_significant: change.is_significant,
            is_too_few: change.is_too_few,
            tested: change.tested,
            effect: change.effect,
            has_grown: change.has_grown(),
            impact: change.impact,
        }
    }

    /// Whether it is worth being told of.
    #[must_use]
    pub const fn is_reported(&self) -> bool {
        self.is_significant || self.is_too_few
    }
}

/// What came of a series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trends {
    /// Each recording held against the one before it.
    pub steps: Vec<Comparison>,
    /// The last held against the first.
    pub overall: Comparison,
    /// Those that changed significantly (or plainly) in a step or in all first, then by the largest change.
    pub rows: Vec<Trend>,
}

/// A recording of a series.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// What sentences call it.
    pub name: &'a str,
    /// What was measured in it.
    pub measured: &'a Measured,
    /// What costs it time, if that is known.
    pub findings: Option<&'a Findings>,
}

/// Holds recordings against each other, in their order: each against the one before, and the last against the
/// first, on the terms that `terms` names for two. Fewer than two give nothing.
#[must_use]
pub fn trends(sides: &[Recording<'_>], terms: impl Fn(&Measured, &Measured) -> Terms) -> Trends {
    let (Some(first), Some(last)) = (sides.first(), sides.last()) else { return Trends::default() };
    if sides.len() < 2 {
        return Trends::default();
    }
    let hold = |a: &Recording<'_>, b: &Recording<'_>| {
        let terms = terms(a.measured, b.measured);
        compare_named(a.measured, b.measured, &terms, a.findings.zip(b.findings), [a.name, b.name])
    };
    let steps: Vec<Comparison> = sides.windows(2).filter_map(|pair| Some(hold(pair.first()?, pair.get(1)?))).collect();
    let overall = hold(first, last);
    let mut rows = followed(&steps, sides.len());
    let ends: HashMap<(RowKind, &str), &Change> =
        overall.changes.iter().map(|change| ((change.kind, change.name.as_str()), change)).collect();
    for row in &mut rows {
        // Where the first and the last found each other in another way than step by step, the steps count.
        let followed = [row.places.first().copied().flatten(), row.places.last().copied().flatten()];
        let change = ends.get(&(row.kind, row.name.as_str()));
        if let Some(change) = change.filter(|change| change.places == followed) {
            row.overall = Step::of(change);
            row.ratio = change.ratio;
        }
    }
    let key = |row: &Trend| {
        let largest = row.steps.iter().map(|step| step.impact.abs()).fold(row.overall.impact.abs(), f64::max);
        (row.overall.is_reported() || row.steps.iter().any(Step::is_reported), largest)
    };
    rows.sort_by(|one, other| {
        let ((sure_one, one_size), (sure_other, other_size)) = (key(one), key(other));
        (sure_other.cmp(&sure_one))
            .then_with(|| other_size.total_cmp(&one_size))
            .then_with(|| (one.kind, &one.name).cmp(&(other.kind, &other.name)))
    });
    Trends { steps, overall, rows }
}

/// Rows through all steps: where a row of one recording ends up in the next is what the step found.
fn followed(steps: &[Comparison], sides: usize) -> Vec<Trend> {
    let mut rows: Vec<Trend> = Vec::new();
    // The place of a row in the recording that the next step begins with → its trend.
    let mut at: HashMap<usize, usize> = HashMap::new();
    for (step, found) in steps.iter().enumerate() {
        let mut next = HashMap::new();
        for change in &found.changes {
            let known = change.places[0].and_then(|place| at.get(&place).copied());
            let row = known.unwrap_or_else(|| {
                rows.push(Trend {
                    kind: change.kind,
                    name: change.name.clone(),
                    figures: vec![None; sides],
                    places: vec![None; sides],
                    steps: vec![Step::default(); steps.len()],
                    overall: Step::default(),
                    ratio: None,
                });
                rows.len() - 1
            });
            if let Some(place) = change.places[1] {
                next.insert(place, row);
            }
            if let Some(row) = rows.get_mut(row) {
                for (figures, found) in row.figures.iter_mut().skip(step).zip([change.a, change.b]) {
                    *figures = found;
                }
                for (place, found) in row.places.iter_mut().skip(step).zip(change.places) {
                    *place = found;
                }
                if let Some(mine) = row.steps.get_mut(step) {
                    *mine = Step::of(change);
                }
            }
        }
        at = next;
    }
    rows
}
