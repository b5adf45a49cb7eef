//! Truth as searches need it: whether a thing matches a query, and whether by something of its own.

use crate::analysis::search::query::Node;

/// Whether a thing matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    No,
    /// By what it belongs to.
    Inherited,
    /// By something of its own: it is a hit.
    Own,
}

/// What a term says about a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The term asks for something that things of this kind do not have: neither it nor its negation matches.
    Absent,
    /// No, and whether it would have been by something of its own.
    No(TermTarget),
    /// Yes, and whether by something of its own.
    Yes(TermTarget),
}

/// Of what a term tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TermTarget {
    Own,
    Inherited,
}

impl Answer {
    /// What a thing says that may match by itself, or by what it belongs to.
    pub(crate) const fn of(own: bool, inherited: bool) -> Self {
        match (own, inherited) {
            (true, _) => Self::Yes(TermTarget::Own),
            (false, true) => Self::Yes(TermTarget::Inherited),
            (false, false) => Self::No(TermTarget::Own),
        }
    }

    /// What a thing says that can only match by itself.
    pub(crate) const fn own(matches: bool) -> Self {
        Self::of(matches, false)
    }

    /// What a thing says that can only match by what it belongs to.
    pub(crate) const fn inherited(matches: bool) -> Self {
        if matches { Self::Yes(TermTarget::Inherited) } else { Self::No(TermTarget::Inherited) }
    }

    const fn value(self, is_negated: bool) -> Match {
        match (self, is_negated) {
            (Self::Yes(TermTarget::Own), false) | (Self::No(TermTarget::Own), true) => Match::Own,
            (Self::Yes(TermTarget::Inherited), false) | (Self::No(TermTarget::Inherited), true) => Match::Inherited,
            _ => Match::No,
        }
    }
}

/// A query with its negations at the terms.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Leaf { term: usize, is_negated: bool },
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Tree {
    pub(crate) fn of(node: &Node, is_negated: bool) -> Self {
        let list = |nodes: &[Node]| nodes.iter().map(|node| Self::of(node, is_negated)).collect();
        match (node, is_negated) {
            (Node::Term(term), _) => Self::Leaf { term: *term, is_negated },
            (Node::Not(node), _) => Self::of(node, !is_negated),
            (Node::And(nodes), false) | (Node::Or(nodes), true) => Self::All(list(nodes)),
            (Node::Or(nodes), false) | (Node::And(nodes), true) => Self::Any(list(nodes)),
        }
    }

    /// Whether a thing matches of which `answer` tells what each term says.
    pub(crate) fn value(&self, answer: &impl Fn(usize) -> Answer) -> Match {
        match self {
            Self::Leaf { term, is_negated } => answer(*term).value(*is_negated),
            Self::All(trees) => {
                let mut found = Match::No;
                for tree in trees {
                    match tree.value(answer) {
                        Match::No => return Match::No,
                        value => found = found.max(value),
                    }
                }
                found
            }
            Self::Any(trees) => {
                let mut found = Match::No;
                for tree in trees {
                    found = found.max(tree.value(answer));
                    if found == Match::Own {
                        break;
                    }
                }
                found
            }
        }
    }

    /// Whether a term that is not negated is one of those wanted.
    pub(crate) fn has_leaf(&self, is_wanted: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::Leaf { term, is_negated } => !is_negated && is_wanted(*term),
            Self::All(trees) | Self::Any(trees) => trees.iter().any(|tree| tree.has_leaf(is_wanted)),
        }
    }

    /// The most that can come of it if each term can say no more than `most` tells.
    pub(crate) fn bound(&self, most: &impl Fn(usize, bool) -> Match) -> Match {
        match self {
            Self::Leaf { term, is_negated } => most(*term, *is_negated),
            Self::All(trees) => {
                let values = trees.iter().map(|tree| tree.bound(most));
                let (least, best) =
                    values.fold((Match::Own, Match::No), |(least, best), value| (least.min(value), best.max(value)));
                if least == Match::No { Match::No } else { best }
            }
            Self::Any(trees) => trees.iter().map(|tree| tree.bound(most)).max().unwrap_or(Match::No),
        }
    }
}
