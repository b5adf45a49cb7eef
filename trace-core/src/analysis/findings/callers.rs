//! For how long each of its callers waited in a helper.

use std::collections::BTreeMap;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::Evidence;
use crate::analysis::findings::named::Named;
use crate::analysis::phrases::place_name;
use crate::analysis::places::Place;
use crate::base::ids::StackId;

/// Of calls through a helper, a smaller part than one such is not worth a word.
const LITTLE: u64 = 200;
/// The evidence that says for how long others called the helper.
pub(crate) const OTHERS: &str = "also_called_ns";

impl Context<'_> {
    /// [`Named::called_from`] of a frame that [`Context::named`] gave; where others call the helper, too, for how long each of
    /// them: `, called from main.stamp (main.go:33) for 28.2 s and from main.check (main.go:54) for 716 ms`.
    pub(crate) fn called_from(&self, named: &Named, alike: &[(StackId, u64)], evidence: &mut Evidence) -> String {
        let Some(helper) = &named.through else { return String::new() };
        let (mut mine, mut others): (u64, BTreeMap<String, (Place, u64)>) = (0, BTreeMap::new());
        for &(stack, nanos) in alike {
            if self.places.own(stack).is_none_or(|own| own.function != helper.function) {
                continue;
            }
            match self.places.caller(stack) {
                Some(by) if by.function != named.place.function => {
                    others.entry(by.function.clone()).or_insert((by, 0)).1 += nanos;
                }
                _ => mine += nanos,
            }
        }
        let rest: u64 = others.values().map(|other| other.1).sum();
        if rest * LITTLE < mine + rest {
            return named.called_from();
        }
        let mine = evidence.time("called_ns", mine);
        let by = match others.len() {
            1 => place_name(others.values().next().map(|other| &other.0)),
            _ => evidence.count("other_callers", others.len() as u64, "other function"),
        };
        format!("{} for {mine} and from {by} for {}", named.called_from(), evidence.time(OTHERS, rest))
    }
}
