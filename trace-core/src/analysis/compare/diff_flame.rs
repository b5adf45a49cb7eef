//! Two flame graphs as one: what calls more, what calls less.

use std::collections::BTreeMap;

use crate::analysis::compare::partners::bare;
use crate::analysis::flame::{Flame, FlameNode};

/// A function called by its parent, on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffNode {
    /// Fully qualified function in A (in B, if only there); empty for the root and for time without a stack.
    pub function: String,
    /// Its name in B, if another one.
    pub renamed: Option<String>,
    /// Source file of the first frame met.
    pub file: String,
    /// Place of the parent in [`DiffFlame::nodes`]; the root is its own.
    pub parent: usize,
    /// Frames above: 0 for the root.
    pub depth: u32,
    /// Value of this node and all below it in A and B, per unit.
    pub totals: [f64; 2],
    /// Value of stacks that end here, per unit.
    pub owns: [f64; 2],
    /// All increases of `owns` here and below in sum.
    pub more: f64,
    /// All decreases of `owns` here and below in sum, positive.
    pub less: f64,
    /// Where it begins on its level, in units of [`DiffNode::width`].
    pub start: f64,
}

impl DiffNode {
    /// How wide it is drawn: what changed in it, whichever way. A node that grew here and shrank there is
    /// wide, though its total may be what it was.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.more + self.less
    }
}

/// The tree. Nodes lie in depth-first order, children by falling width (then by name), so a slice is a
/// subtree. Node 0 is the root. Empty if both sides are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiffFlame {
    /// The nodes, each behind its parent.
    pub nodes: Vec<DiffNode>,
    /// Levels, the root counted.
    pub depth: u32,
}

/// Nodes of one side that are one: (flame graph, node), of several recordings one each.
type Same = Vec<(usize, usize)>;

/// A node while the tree is made; children are made before their parents' sums are known.
struct Grown {
    node: DiffNode,
    children: Vec<usize>,
}

struct Sides<'a> {
    flames: [&'a [&'a Flame]; 2],
    units: [f64; 2],
}

impl DiffFlame {
    /// The difference of two sides, each of one or several recordings, after division by `units` (both
    /// above 0). Functions are paired below paired parents: equal names first, then names that differ only
    /// in what a compiler makes up (see [`bare`]), the largest first.
    #[must_use]
    pub fn of(a: &[&Flame], b: &[&Flame], units: [f64; 2]) -> Self {
        let sides = Sides { flames: [a, b], units };
        let roots = |flames: &[&Flame]| -> Same {
            flames.iter().enumerate().filter(|(_, flame)| !flame.nodes.is_empty()).map(|(at, _)| (at, 0)).collect()
        };
        let mut grown: Vec<Grown> = Vec::new();
        let mut todo = vec![(0_usize, 0_u32, [roots(a), roots(b)])];
        while let Some((parent, depth, same)) = todo.pop() {
            if same.iter().all(Vec::is_empty) {
                continue;
            }
            let place = grown.len();
            grown.push(Grown { node: sides.node(&same, parent, depth), children: Vec::new() });
            if place != 0
                && let Some(above) = grown.get_mut(parent)
            {
                above.children.push(place);
            }
            todo.extend(sides.children(&same).into_iter().map(|child| (place, depth + 1, child)));
        }
        summed(&mut grown);
        laid_out(grown)
    }

    /// The children of a node, widest first.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let depth = self.nodes.get(at).map_or(0, |node| node.depth);
        let below = self.nodes.iter().enumerate().skip(at + 1);
        below
            .take_while(move |(_, node)| node.depth > depth)
            .filter(move |(_, node)| node.parent == at)
            .map(|(at, _)| at)
    }
}

impl Sides<'_> {
    fn get(&self, side: usize, (flame, node): (usize, usize)) -> Option<&FlameNode> {
        self.flames.get(side)?.get(flame)?.nodes.get(node)
    }

    fn node(&self, same: &[Same; 2], parent: usize, depth: u32) -> DiffNode {
        let mut sums = [[0.0; 2]; 2];
        let mut named: [Option<&FlameNode>; 2] = [None; 2];
        for (side, ((places, sum), named)) in same.iter().zip(&mut sums).zip(&mut named).enumerate() {
            let unit = self.units.get(side).copied().unwrap_or(1.0);
            for node in places.iter().filter_map(|&place| self.get(side, place)) {
                sum[0] += node.total as f64 / unit;
                sum[1] += node.own as f64 / unit;
                *named = named.or(Some(node));
            }
        }
        let [[total_a, own_a], [total_b, own_b]] = sums;
        let name = |node: Option<&FlameNode>| node.map(|node| node.function.clone()).unwrap_or_default();
        let first = named[0].or(named[1]);
        let function = name(first);
        let renamed = named[1].map(|node| node.function.clone()).filter(|other| *other != function);
        let (more, less) = ((own_b - own_a).max(0.0), (own_a - own_b).max(0.0));
        let file = first.map(|node| node.file.clone()).unwrap_or_default();
        let (totals, owns) = ([total_a, total_b], [own_a, own_b]);
        DiffNode { function, renamed, file, parent, depth, totals, owns, more, less, start: 0.0 }
    }

    /// Those below nodes that are one, paired.
    fn children(&self, same: &[Same; 2]) -> Vec<[Same; 2]> {
        let mut by_name: [BTreeMap<&str, Same>; 2] = Default::default();
        for (side, (places, names)) in same.iter().zip(&mut by_name).enumerate() {
            for &(flame, node) in places {
                let Some(tree) = self.flames.get(side).and_then(|flames| flames.get(flame)) else { continue };
                for child in tree.children(node) {
                    let name = tree.nodes.get(child).map_or("", |child| child.function.as_str());
                    names.entry(name).or_default().push((flame, child));
                }
            }
        }
        let [mut names_a, mut names_b] = by_name;
        let mut pairs = Vec::new();
        let shared: Vec<&str> = names_a.keys().filter(|name| names_b.contains_key(*name)).copied().collect();
        for name in shared {
            if let (Some(a), Some(b)) = (names_a.remove(name), names_b.remove(name)) {
                pairs.push([a, b]);
            }
        }
        let mut similar: BTreeMap<String, Vec<Same>> = BTreeMap::new();
        for (name, places) in names_b {
            similar.entry(bare(name)).or_default().push(places);
        }
        for rest in similar.values_mut() {
            // The largest is taken first: from the end.
            rest.sort_by(|one, other| self.total(1, one).total_cmp(&self.total(1, other)));
        }
        let mut alone: Vec<(&str, Same)> = names_a.into_iter().collect();
        alone.sort_by(|one, other| self.total(0, &other.1).total_cmp(&self.total(0, &one.1)));
        for (name, places) in alone {
            let partner = similar.get_mut(&bare(name)).and_then(Vec::pop).unwrap_or_default();
            pairs.push([places, partner]);
        }
        pairs.extend(similar.into_values().flatten().map(|places| [Same::new(), places]));
        pairs
    }

    fn total(&self, side: usize, places: &Same) -> f64 {
        places.iter().filter_map(|&place| self.get(side, place)).map(|node| node.total as f64).sum()
    }
}

/// Adds what changed below to those above. Children come after their parents.
fn summed(grown: &mut [Grown]) {
    for at in (1..grown.len()).rev() {
        let Some((parent, more, less)) = grown.get(at).map(|one| (one.node.parent, one.node.more, one.node.less))
        else {
            continue;
        };
        if let Some(above) = grown.get_mut(parent) {
            above.node.more += more;
            above.node.less += less;
        }
    }
}

fn laid_out(grown: Vec<Grown>) -> DiffFlame {
    let mut flame = DiffFlame::default();
    let mut grown: Vec<Option<Grown>> = grown.into_iter().map(Some).collect();
    // (node, parent's place, start)
    let mut todo = vec![(0_usize, 0_usize, 0.0_f64)];
    while let Some((at, parent, start)) = todo.pop() {
        let Some(one) = grown.get_mut(at).and_then(Option::take) else { continue };
        let place = flame.nodes.len();
        flame.depth = flame.depth.max(one.node.depth + 1);
        flame.nodes.push(DiffNode { parent, start, ..one.node });
        let width = |at: &usize| grown.get(*at).and_then(Option::as_ref).map_or(0.0, |one| one.node.width());
        let name = |at: &usize| grown.get(*at).and_then(Option::as_ref).map(|one| one.node.function.as_str());
        let mut children = one.children;
        children.sort_by(|one, other| width(other).total_cmp(&width(one)).then_with(|| name(one).cmp(&name(other))));
        let mut next = start;
        let mut placed = Vec::with_capacity(children.len());
        for child in children {
            placed.push((child, place, next));
            next += width(&child);
        }
        todo.extend(placed.into_iter().rev());
    }
    flame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(function: &str, parent: usize, depth: u32, total: u64, own: u64) -> FlameNode {
        let function = function.to_owned();
        FlameNode { function, file: String::new(), line: 0, parent, depth, total, own, count: 1, start: 0 }
    }

    fn flame(nodes: Vec<FlameNode>) -> Flame {
        let depth = nodes.iter().map(|node| node.depth + 1).max().unwrap_or_default();
        Flame { nodes, depth }
    }

    #[test]
    fn what_grew_and_what_shrank_both_make_a_node_wide() {
        let a = flame(vec![
            node("", 0, 0, 100, 0),
            node("main.main", 0, 1, 100, 10),
            node("main.main.func3", 1, 2, 60, 60),
            node("main.old", 1, 2, 30, 30),
        ]);
        let b = flame(vec![
            node("", 0, 0, 200, 0),
            node("main.main", 0, 1, 200, 20),
            node("main.main.func4", 1, 2, 160, 160),
            node("main.new", 1, 2, 20, 20),
        ]);
        let found = DiffFlame::of(&[&a], &[&b], [1.0, 2.0]);
        let context: Vec<_> = found
            .nodes
            .iter()
            .map(|node| {
                (node.function.as_str(), node.renamed.as_deref(), node.totals, node.more, node.less, node.start)
            })
            .collect();
        assert_eq!(
            context,
            [
                ("", None, [100.0, 100.0], 30.0, 30.0, 0.0),
                ("main.main", None, [100.0, 100.0], 30.0, 30.0, 0.0),
                ("main.old", None, [30.0, 0.0], 0.0, 30.0, 0.0),
                ("main.main.func3", Some("main.main.func4"), [60.0, 80.0], 20.0, 0.0, 30.0),
                ("main.new", None, [0.0, 10.0], 10.0, 0.0, 50.0),
            ]
        );
        assert_eq!(found.depth, 3);
        assert_eq!(found.children(1).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_flame_graph_and_itself_differ_nowhere() {
        let a = flame(vec![node("", 0, 0, 5, 0), node("f", 0, 1, 5, 5)]);
        let found = DiffFlame::of(&[&a, &a], &[&a, &a], [3.0, 3.0]);
        assert!(found.nodes.iter().all(|node| node.width() == 0.0 && node.totals[0] == node.totals[1]), "{found:?}");
        assert_eq!(DiffFlame::of(&[], &[], [1.0, 1.0]), DiffFlame::default());
        let gone = DiffFlame::of(&[&a], &[], [1.0, 1.0]);
        assert_eq!(gone.nodes[1].less, 5.0);
    }
}
