//! Stacks with values → a flame graph: a tree from the root down, merged by function or by line.

use rustc_hash::FxHashMap;

use crate::base::ids::StackId;
use crate::model::trace::Trace;

/// What frames are merged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MergeBy {
    /// One node per function.
    #[default]
    Function,
    /// One node per function, file and line.
    Line,
}

/// A node: a function (or line) called by its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlameNode {
    /// Fully qualified function; empty for the root and for time without a stack.
    pub function: String,
    /// Source file (of the first frame met, when merged by function).
    pub file: String,
    /// Line in it; 0 when merged by function.
    pub line: u64,
    /// Place of the parent in [`Flame::nodes`]; the root is its own.
    pub parent: usize,
    /// Frames above: 0 for the root.
    pub depth: u32,
    /// Value of this node and all below it.
    pub total: u64,
    /// Value of stacks that end here.
    pub own: u64,
    /// Events of this node and all below it.
    pub count: u64,
    /// Value of all that lies to its left on the same level: where it begins, in units of value.
    pub start: u64,
}

/// The tree. Nodes lie in depth-first order, children by falling total (then by name), so a slice is
/// a subtree. Node 0 is the root, whose total is the sum of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flame {
    /// The nodes, each behind its parent.
    pub nodes: Vec<FlameNode>,
    /// Levels, the root counted.
    pub depth: u32,
}

/// A node while the tree grows.
#[derive(Default)]
struct GrowingNode {
    key: (u32, u64),
    file: u32,
    total: u64,
    own: u64,
    count: u64,
    children: Vec<usize>,
}

impl Flame {
    /// The tree of stacks with their counts and values. Frames of generations share texts, so equal frames merge.
    #[must_use]
    pub fn of(trace: &Trace, stacks: impl IntoIterator<Item = (StackId, u64, u64)>, by: MergeBy) -> Self {
        let mut names = Names::default();
        let mut buds = vec![GrowingNode::default()];
        let mut index: FxHashMap<(usize, (u32, u64), u32), usize> = FxHashMap::default();
        let mut path = Vec::new();
        for (stack, count, value) in stacks {
            path.clear();
            path.extend(trace.frames(stack).map(|frame| {
                let (function, file) = (names.id(frame.function), names.id(frame.file));
                match by {
                    MergeBy::Function => ((function, 0), file),
                    MergeBy::Line => ((function, frame.line), file),
                }
            }));
            if path.is_empty() {
                path.push(((names.id(""), 0), names.id("")));
            }
            let mut at = 0;
            add(&mut buds, at, count, value);
            for &(key, file) in path.iter().rev() {
                let told_apart = if by == MergeBy::Line { file } else { 0 };
                let next = *index.entry((at, key, told_apart)).or_insert(buds.len());
                if next == buds.len() {
                    buds.push(GrowingNode { key, file, ..GrowingNode::default() });
                    if let Some(parent) = buds.get_mut(at) {
                        parent.children.push(next);
                    }
                }
                at = next;
                add(&mut buds, at, count, value);
            }
            if let Some(leaf) = buds.get_mut(at) {
                leaf.own += value;
            }
        }
        laid_out(&buds, &names)
    }

    /// The children of a node, largest first.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let depth = self.nodes.get(at).map_or(0, |node| node.depth);
        let below = self.nodes.iter().enumerate().skip(at + 1);
        below
            .take_while(move |(_, node)| node.depth > depth)
            .filter(move |(_, node)| node.parent == at)
            .map(|(at, _)| at)
    }
}

fn add(buds: &mut [GrowingNode], at: usize, count: u64, value: u64) {
    if let Some(bud) = buds.get_mut(at) {
        bud.total += value;
        bud.count += count;
    }
}

fn laid_out(buds: &[GrowingNode], names: &Names) -> Flame {
    let mut flame = Flame::default();
    // (bud, parent's place, depth, start)
    let mut todo = vec![(0_usize, 0_usize, 0_u32, 0_u64)];
    while let Some((at, parent, depth, start)) = todo.pop() {
        let Some(bud) = buds.get(at) else { continue };
        let place = flame.nodes.len();
        let root = at == 0;
        flame.depth = flame.depth.max(depth + 1);
        flame.nodes.push(FlameNode {
            function: if root { String::new() } else { names.text(bud.key.0) },
            file: if root { String::new() } else { names.text(bud.file) },
            line: bud.key.1,
            parent,
            depth,
            total: bud.total,
            own: bud.own,
            count: bud.count,
            start,
        });
        let mut children: Vec<(usize, &GrowingNode)> =
            bud.children.iter().filter_map(|&child| Some((child, buds.get(child)?))).collect();
        children.sort_by(|one, other| {
            let name = |bud: &GrowingNode| (names.text(bud.key.0), bud.key.1);
            other.1.total.cmp(&one.1.total).then_with(|| name(one.1).cmp(&name(other.1)))
        });
        let mut next = start;
        let mut placed = Vec::with_capacity(children.len());
        for (child, bud) in children {
            placed.push((child, place, depth + 1, next));
            next += bud.total;
        }
        todo.extend(placed.into_iter().rev());
    }
    flame
}

/// Texts of nodes, each kept once.
#[derive(Default)]
struct Names {
    ids: FxHashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    fn text(&self, id: u32) -> String {
        self.texts.get(id as usize).cloned().unwrap_or_default()
    }
}
