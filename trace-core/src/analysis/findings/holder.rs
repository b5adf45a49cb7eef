//! Which function holds a lock: not always the one that calls `Unlock`. Programs take and release locks in
//! helpers of their own, of two kinds:
//!
//! ```text
//! func (s *store) unlock() { s.mu.Unlock() }                      called at the end of what holds it
//! func with(mu *sync.Mutex, f func()) { mu.Lock(); defer …; f() } calls a closure of what holds it
//! ```

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::calls::{is_closure_of, package_of};
use crate::analysis::findings::context::Context;
use crate::analysis::places::Place;
use crate::base::ids::StackId;
use crate::event::state::SpanClass;

/// What is known of helpers.
#[derive(Debug, Default)]
pub(crate) struct Holders<'a> {
    /// Functions that call a closure of their caller, with those callers.
    callers_of_closures: FxHashMap<&'a str, FxHashSet<&'a str>>,
    /// Functions that wait for locks and are not seen to release one, with all that call them.
    takers: FxHashMap<&'a str, FxHashSet<&'a str>>,
    /// Functions that release locks and are never seen to wait for one, with those that call them directly.
    wakers: FxHashMap<&'a str, FxHashSet<&'a str>>,
}

impl<'a> Holders<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Self {
        let mut holders = Self::default();
        let mut take: FxHashSet<StackId> = FxHashSet::default();
        let mut release: FxHashSet<StackId> = FxHashSet::default();
        let mut others: FxHashSet<StackId> = context.workload.running.keys().copied().collect();
        for (key, site) in context.workload.sites.iter().filter(|(key, _)| key.class != SpanClass::Syscall) {
            if site.op.is_lock() {
                take.insert(key.stack);
                release.extend(site.longest.iter().map(|wait| wait.waker_stack).filter(|stack| stack.is_some()));
            }
        }
        others.extend(context.workload.sites.keys().map(|key| key.stack));
        others.extend(release.iter().copied());
        for &stack in &others {
            holders.note_closures(context, stack);
        }
        let leaf = |stack: &StackId| functions(context, *stack).first().copied();
        let taking: FxHashSet<&str> = take.iter().filter_map(leaf).collect();
        let releasing: FxHashSet<&str> = release.iter().filter_map(leaf).collect();
        let is_release = |stack: StackId| context.places.op(stack).is_unlock();
        for &stack in &take {
            let mut frames = functions(context, stack).into_iter();
            let Some(taker) = frames.next().filter(|taker| !releasing.contains(taker)) else { continue };
            holders.takers.entry(taker).or_default().extend(frames);
        }
        for &stack in release.iter().filter(|stack| is_release(**stack)) {
            let mut frames = functions(context, stack).into_iter();
            let Some(releaser) = frames.next().filter(|releaser| !taking.contains(releaser)) else { continue };
            holders.wakers.entry(releaser).or_default().extend(frames.next());
        }
        // Whoever does anything else is no helper.
        for &stack in &others {
            let mut frames = functions(context, stack).into_iter();
            let leaf = frames.next().filter(|_| !is_release(stack) && !context.places.op(stack).is_lock());
            for function in leaf.into_iter().chain(frames) {
                holders.wakers.remove(function);
            }
        }
        holders
    }

    fn note_closures(&mut self, context: &Context<'a>, stack: StackId) {
        let names: Vec<&str> = context.places.near_frames(stack).map(|frame| frame.function).collect();
        for called in names.windows(3) {
            if let [closure, helper, caller] = called
                && helper != caller
                && is_closure_of(closure, caller)
            {
                self.callers_of_closures.entry(helper).or_default().insert(caller);
            }
        }
    }

    /// Whether a function that calls closures of its callers holds the lock for `caller`. Not so a method that only this
    /// function of another package calls: the lock belongs to its type (a cache that calls back to make an entry), and what is
    /// done under it is for the method to decide.
    fn holds_for_caller(&self, helper: &str, caller: &str) -> bool {
        let Some(callers) = self.callers_of_closures.get(helper) else { return false };
        let is_of_type = helper.contains("(*") && package_of(helper) != package_of(caller);
        !is_of_type || callers.len() > 1
    }

    /// The frame of the function that held what is released with this stack.
    pub(crate) fn of_release(&self, context: &Context<'_>, release: StackId) -> Option<Place> {
        let mut frames: Vec<_> = context.places.near_frames(release).collect();
        if is_deferred(frames.iter().map(|frame| frame.function)) {
            frames.remove(0);
        }
        let Some(first) = frames.first() else { return context.places.near(release) };
        let mut at = 0;
        if let Some(callers) = self.wakers.get(first.function) {
            let takes = |function: &str| self.takers.values().any(|callers| callers.contains(function));
            let found = frames.iter().skip(1).position(|frame| takes(frame.function));
            at = match found {
                Some(above) => above + 1,
                None => usize::from(callers.len() > 1 && self.takers.values().any(|callers| callers.len() > 1)),
            };
        }
        while let (Some(helper), Some(caller)) = (frames.get(at), frames.get(at + 1))
            && self.holds_for_caller(helper.function, caller.function)
        {
            at += 1;
        }
        frames.get(at).or(Some(first)).map(|frame| Place::from(*frame))
    }
}

/// The frame of the function that releases the lock itself: of a deferred closure the function it belongs to.
pub(crate) fn releasing(context: &Context<'_>, release: StackId) -> Option<Place> {
    let frames: Vec<_> = context.places.near_frames(release).collect();
    let at = usize::from(is_deferred(frames.iter().map(|frame| frame.function)));
    frames.get(at).map(|frame| Place::from(*frame)).or_else(|| context.places.near(release))
}

/// The program's own functions in a stack, leaf first, without a closure that the next one calls.
fn functions<'a>(context: &Context<'a>, stack: StackId) -> Vec<&'a str> {
    let mut functions: Vec<&str> = context.places.near_frames(stack).map(|frame| frame.function).collect();
    if is_deferred(functions.iter().copied()) {
        functions.remove(0);
    }
    functions
}

/// Whether a function (leaf first) calls a closure of its own: most often a deferred one.
fn is_deferred<'a>(mut functions: impl Iterator<Item = &'a str>) -> bool {
    functions.next().zip(functions.next()).is_some_and(|(closure, function)| is_closure_of(closure, function))
}
