//! Which frame a finding names for a slow call: the program's frame nearest to the leaf, or, where that is a helper, the
//! function that called it.
//!
//! ```text
//! net.(*conn).Read
//! main.(*line).ask    (rec.go:66)    the helper: it only passes the call on
//! main.(*zone).quote  (main.go:19)   what the program does there: the place to look at
//! main.handle         (main.go:31)   what the request is named by
//! ```

use crate::analysis::calls::package_of;
use crate::analysis::findings::context::{Context, FEWEST_CALLS};
use crate::analysis::phrases::place_name;
use crate::analysis::places::Place;
use crate::base::ids::StackId;
use crate::model::trace::Frame;

/// The frame that a finding names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The frame to look at.
    pub(crate) place: Place,
    /// The helper that made the call, where `place` is the caller of it.
    pub(crate) through: Option<Place>,
}

impl Named {
    /// A frame that was not called through a helper.
    pub(crate) const fn direct(place: Place) -> Self {
        Self { place, through: None }
    }

    /// `main.(*line).ask (rec.go:66), called from main.stamp (main.go:33)`, or only the place.
    pub(crate) fn in_words(&self) -> String {
        match &self.through {
            Some(helper) => format!("{}{}", place_name(Some(helper)), self.called_from()),
            None => place_name(Some(&self.place)),
        }
    }

    /// [`Self::in_words`] with the sentence going on: `main.stamp (main.go:33) for 1.18 s`.
    pub(crate) fn followed_by(&self, rest: &str) -> String {
        let comma = if self.through.is_some() { "," } else { "" };
        format!("{}{comma} {rest}", self.in_words())
    }

    /// `, called from main.stamp (main.go:33)`, for words that name the helper; empty without one.
    pub(crate) fn called_from(&self) -> String {
        let caller = self.through.as_ref().map(|_| format!(", called from {}", place_name(Some(&self.place))));
        caller.unwrap_or_default()
    }
}

impl Context<'_> {
    /// The frame to name for what goroutines wait in: the program's nearest to the leaf of `stack`; or the one that called
    /// it, where that is a helper and most of the time, of all that is meant, was spent in calls from there. `alike`
    /// are the stacks of all that is meant, with their nanoseconds. `None` if the program has no frame.
    pub(crate) fn named(&self, stack: StackId, alike: impl IntoIterator<Item = (StackId, u64)>) -> Option<Named> {
        let own = self.places.own(stack)?;
        let Some(caller) = self.places.caller(stack) else { return Some(Named::direct(own)) };
        let is_helper = self.is_slow_elsewhere(stack, &caller) || self.is_thin(stack);
        if !is_helper || !self.is_mostly_from(stack, &caller, alike) {
            return Some(Named::direct(own));
        }
        Some(Named { place: caller, through: Some(own) })
    }

    /// Whether others wait in the same function, too, but on average less than half as long: what takes long is what this
    /// caller asks for.
    fn is_slow_elsewhere(&self, stack: StackId, caller: &Place) -> bool {
        let (op, function) = (self.places.op(stack), self.places.own_function(stack));
        let (mut here, mut elsewhere) = ((0, 0), (0, 0));
        for (key, site) in self.workload.sites.iter().filter(|(key, site)| site.op == op && !key.is_prior) {
            if self.places.own_function(key.stack) == function {
                let by = self.places.caller(key.stack);
                let is_same = by.is_some_and(|by| by.function == caller.function);
                let sum = if is_same { &mut here } else { &mut elsewhere };
                *sum = (sum.0 + site.count, sum.1 + site.nanos);
            }
        }
        let mean = |(count, nanos): (u64, u64)| nanos / count.max(1);
        elsewhere.0 >= FEWEST_CALLS && mean(here) >= 2 * mean(elsewhere)
    }

    /// Whether the own function does nothing but pass a call on to a library, and does not belong to what calls it: it lies
    /// in another file or package than its caller and the caller's caller, which lie in one, or several functions call it.
    /// Not where the caller is what the goroutine or request is named by anyway.
    fn is_thin(&self, stack: StackId) -> bool {
        let Some(function) = self.places.own_function(stack) else { return false };
        let mut frames: Vec<Frame<'_>> = self.places.own_frames(stack).collect();
        frames.dedup_by(|next, frame| next.function == frame.function);
        let [helper, caller, next, ..] = frames.as_slice() else { return false };
        let is_apart = |key: fn(&Frame<'_>) -> String| {
            let others = frames.iter().skip(1);
            key(caller) == key(next) && !key(helper).is_empty() && others.clone().all(|frame| key(frame) != key(helper))
        };
        !self.places.is_direct(stack)
            && self.places.calls().is_leaf(function)
            && (self.places.calls().callers(function) > 1
                || is_apart(|frame| frame.file.to_owned())
                || is_apart(|frame| package_of(frame.function).to_owned()))
    }

    /// Whether two thirds of the time, at least, went into calls of the helper from this function.
    fn is_mostly_from(&self, stack: StackId, caller: &Place, alike: impl IntoIterator<Item = (StackId, u64)>) -> bool {
        let function = self.places.own_function(stack);
        let (mut from, mut all) = (0, 0);
        for (other, nanos) in alike.into_iter().filter(|other| self.places.own_function(other.0) == function) {
            let by = self.places.caller(other);
            all += nanos;
            from += if by.is_some_and(|by| by.function == caller.function) { nanos } else { 0 };
        }
        from * 3 >= all * 2
    }
}
