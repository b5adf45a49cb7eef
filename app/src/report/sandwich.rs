//! One function of a flame graph: all that calls it, and all that it calls, each merged into a tree of its own.

use std::collections::HashMap;

use trace_core::analysis::flame::{Flame, FlameNode};

/// A node while a tree grows.
struct Growing {
    of: FlameNode,
    children: Vec<usize>,
    by_name: HashMap<String, usize>,
}

/// What calls a function, directly and through others: the function at the root, its callers below it, their callers below
/// those. Values are those of the function. Empty if the graph does not have it.
#[must_use]
pub fn callers(flame: &Flame, function: &str) -> Flame {
    let mut tree = Tree::of(function);
    for (at, node) in outermost(flame, function) {
        let mut place = tree.add(0, None, node);
        let mut above = node.parent;
        let mut below = at;
        while above != below && above != 0 {
            let Some(caller) = flame.nodes.get(above) else { break };
            place = tree.add(place, Some(caller), node);
            (below, above) = (above, caller.parent);
        }
        tree.own(place, node.total);
    }
    tree.finish()
}

/// What a function calls, directly and through others: the function at the root, its callees below it. Where it calls
/// itself, the outermost call counts. Empty if the graph does not have it.
#[must_use]
pub fn callees(flame: &Flame, function: &str) -> Flame {
    let mut tree = Tree::of(function);
    for (at, node) in outermost(flame, function) {
        let root = tree.add(0, None, node);
        tree.own(root, node.own);
        // The place in the tree of each node on the way down.
        let mut path = vec![(node.depth, root)];
        for below in flame.nodes.iter().skip(at + 1).take_while(|below| below.depth > node.depth) {
            path.retain(|(depth, _)| *depth < below.depth);
            let Some((_, parent)) = path.last().copied() else { break };
            let place = tree.add(parent, Some(below), below);
            tree.own(place, below.own);
            path.push((below.depth, place));
        }
    }
    tree.finish()
}

/// The calls of a function that no other call of it encloses, with their places.
fn outermost<'a>(flame: &'a Flame, function: &'a str) -> impl Iterator<Item = (usize, &'a FlameNode)> {
    let mut within: Option<u32> = None;
    flame.nodes.iter().enumerate().filter(move |(at, node)| {
        if within.is_some_and(|depth| node.depth > depth) {
            return false;
        }
        within = None;
        let is_it = *at > 0 && node.function == function;
        if is_it {
            within = Some(node.depth);
        }
        is_it
    })
}

struct Tree(Vec<Growing>);

impl Tree {
    fn of(function: &str) -> Self {
        let root = FlameNode {
            function: function.to_owned(),
            file: String::new(),
            line: 0,
            parent: 0,
            depth: 0,
            total: 0,
            own: 0,
            count: 0,
            start: 0,
        };
        Self(vec![Growing { of: root, children: Vec::new(), by_name: HashMap::new() }])
    }

    /// Adds the value of `value` to the child of a node that is like `child`, or to the node itself. Its place.
    fn add(&mut self, parent: usize, child: Option<&FlameNode>, value: &FlameNode) -> usize {
        let next = self.0.len();
        let place = match (child, self.0.get_mut(parent)) {
            (Some(child), Some(above)) => {
                let place = *above.by_name.entry(child.function.clone()).or_insert(next);
                if place == next {
                    above.children.push(next);
                    let depth = above.of.depth + 1;
                    let of = FlameNode { parent, depth, total: 0, own: 0, count: 0, start: 0, ..child.clone() };
                    self.0.push(Growing { of, children: Vec::new(), by_name: HashMap::new() });
                }
                place
            }
            _ => parent,
        };
        if let Some(node) = self.0.get_mut(place) {
            node.of.total += value.total;
            node.of.count += value.count;
        }
        place
    }

    fn own(&mut self, place: usize, value: u64) {
        if let Some(node) = self.0.get_mut(place) {
            node.of.own += value;
        }
    }

    /// The tree in depth-first order, children by falling total.
    fn finish(self) -> Flame {
        let mut flame = Flame::default();
        if self.0.first().is_none_or(|root| root.of.count == 0) {
            return flame;
        }
        let mut left = vec![(0_usize, 0_usize, 0_u64)];
        while let Some((at, parent, start)) = left.pop() {
            let Some(node) = self.0.get(at) else { continue };
            let place = flame.nodes.len();
            flame.nodes.push(FlameNode { parent, start, ..node.of.clone() });
            flame.depth = flame.depth.max(node.of.depth + 1);
            let of = |child: &usize| self.0.get(*child).map(|child| (child.of.total, child.of.function.clone()));
            let mut children = node.children.clone();
            children.sort_by(|a, b| {
                let (a, b) = (of(a).unwrap_or_default(), of(b).unwrap_or_default());
                b.0.cmp(&a.0).then(a.1.cmp(&b.1))
            });
            let mut begin = start;
            let mut placed = Vec::with_capacity(children.len());
            for child in children {
                placed.push((child, place, begin));
                begin += of(&child).map_or(0, |(total, _)| total);
            }
            left.extend(placed.into_iter().rev());
        }
        flame
    }
}

#[cfg(test)]
mod tests {
    use super::{callees, callers};
    use trace_core::analysis::flame::{Flame, FlameNode};

    /// A graph of (depth, function, total, own).
    fn flame(nodes: &[(u32, &str, u64, u64)]) -> Flame {
        let mut flame = Flame::default();
        let mut path: Vec<usize> = Vec::new();
        for (at, (depth, function, total, own)) in nodes.iter().enumerate() {
            path.truncate(*depth as usize);
            flame.nodes.push(FlameNode {
                function: (*function).to_owned(),
                file: String::new(),
                line: 0,
                parent: path.last().copied().unwrap_or(0),
                depth: *depth,
                total: *total,
                own: *own,
                count: *total,
                start: 0,
            });
            path.push(at);
        }
        flame
    }

    fn said(flame: &Flame) -> Vec<(u32, &str, u64, u64, u64)> {
        flame.nodes.iter().map(|node| (node.depth, &*node.function, node.total, node.own, node.start)).collect()
    }

    /// `a` calls `f` and `b`, which calls `f`; `f` calls itself and `g`.
    fn example() -> Flame {
        flame(&[
            (0, "", 100, 0),
            (1, "a", 100, 10),
            (2, "f", 60, 20),
            (3, "f", 30, 5),
            (4, "g", 25, 25),
            (3, "g", 10, 10),
            (2, "b", 30, 0),
            (3, "f", 30, 30),
        ])
    }

    #[test]
    fn callers_have_the_values_of_the_function_and_recursion_counts_once() {
        let found = callers(&example(), "f");
        assert_eq!(said(&found), [(0, "f", 90, 0, 0), (1, "a", 60, 60, 0), (1, "b", 30, 0, 60), (2, "a", 30, 30, 60)]);
    }

    #[test]
    fn callees_are_merged_over_all_calls() {
        let found = callees(&example(), "f");
        assert_eq!(said(&found), [(0, "f", 90, 50, 0), (1, "f", 30, 5, 0), (2, "g", 25, 25, 0), (1, "g", 10, 10, 30)]);
    }

    #[test]
    fn a_function_that_is_not_there_has_no_tree() {
        assert!(callers(&example(), "h").nodes.is_empty() && callees(&Flame::default(), "f").nodes.is_empty());
    }
}
