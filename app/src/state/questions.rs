//! Questions whose answers take workers a while, and the answers that have come. Questions about one trace
//! (`query.rs`) and about several (`compare_query.rs`) are kept in the same way.

use std::mem::discriminant;

use trace_core::base::monitor::Monitor;

/// A question, with the type of its answer.
pub trait Question: Clone + PartialEq + Into<Self::Key> {
    /// All questions that are kept in a list with it.
    type Key: Key;
    /// What it is answered by. Cheap to clone.
    type Answer;

    /// Whether `key` is this question.
    fn is(&self, key: &Self::Key) -> bool;

    /// The answer in what has come; `None` if that answers another question.
    fn answer(found: &<Self::Key as Key>::Answer) -> Option<&Self::Answer>;

    /// An answer, as it is kept.
    fn wrap(answer: Self::Answer) -> <Self::Key as Key>::Answer;
}

/// All questions of a list. Equal ones have equal answers.
pub trait Key: Clone + PartialEq {
    /// The answers to all of them.
    type Answer: Clone;
    /// Answers kept: the oldest go first.
    const KEPT: usize;

    /// Whether it goes when another one of its kind is asked.
    fn gives_way(&self, is_answered: bool) -> bool;

    /// Whether its answer is kept however old it is.
    fn is_lasting(&self) -> bool {
        false
    }
}

/// The worker met a fault of its own (a panic).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// How far a question is.
#[derive(Clone, Debug)]
enum Progress<A> {
    /// A worker is at it, until this stops it.
    Asked(Monitor),
    /// Done, with its answer or in vain.
    Answered(Result<A, Failed>),
}

/// How far a question is, as asked for by its type.
#[derive(Clone, Copy, Debug)]
pub enum QueryState<'a, A> {
    /// A worker is at it.
    Asked,
    /// Done, and the answer still kept.
    Answered(&'a A),
    /// Done in vain: the worker met a fault of its own.
    Failed,
}

impl<'a, A> QueryState<'a, A> {
    /// The answer, if it is there.
    #[must_use]
    pub const fn answer(self) -> Option<&'a A> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::Asked | Self::Failed => None,
        }
    }
}

/// The questions that were asked about a trace, or about several, in their order.
#[derive(Clone, Debug)]
pub struct Queries<K: Key> {
    list: Vec<(K, Progress<K::Answer>)>,
    /// Stops the one that is asked again.
    again: Option<Monitor>,
}

impl<K: Key> Default for Queries<K> {
    fn default() -> Self {
        Self { list: Vec::new(), again: None }
    }
}

impl<K: Key> Queries<K> {
    /// How far a question is; `None` if it was not asked yet, or its answer is no longer kept.
    #[must_use]
    pub fn get<Q: Question<Key = K>>(&self, question: &Q) -> Option<QueryState<'_, Q::Answer>> {
        let (_, progress) = self.list.iter().find(|known| question.is(&known.0))?;
        Some(match progress {
            Progress::Asked(_) => QueryState::Asked,
            Progress::Answered(Err(Failed)) => QueryState::Failed,
            Progress::Answered(Ok(found)) => Q::answer(found).map_or(QueryState::Failed, QueryState::Answered),
        })
    }

    /// The answer, if it is there.
    #[must_use]
    pub fn answer<Q: Question<Key = K>>(&self, question: &Q) -> Option<&Q::Answer> {
        self.get(question).and_then(QueryState::answer)
    }

    /// Whether workers are at something.
    #[must_use]
    pub fn are_busy(&self) -> bool {
        self.list.iter().any(|known| matches!(known.1, Progress::Asked(_)))
    }

    /// Whether a question is done, be it in vain.
    #[must_use]
    pub fn is_done<Q: Question<Key = K>>(&self, question: &Q) -> bool {
        matches!(self.get(question), Some(QueryState::Answered(_) | QueryState::Failed))
    }

    /// Puts a new question on the list; the monitor to give its worker. `None` if it is there already.
    pub fn ask(&mut self, key: K) -> Option<Monitor> {
        if self.list.iter().any(|known| known.0 == key) {
            return None;
        }
        let kind = discriminant(&key);
        self.list.retain(|(known, progress)| {
            let is_answered = matches!(progress, Progress::Answered(_));
            let stays = discriminant(known) != kind || !known.gives_way(is_answered);
            if !stays {
                progress.stop();
            }
            stays
        });
        if self.list.len() >= K::KEPT
            && let Some(at) = self.list.iter().position(|known| !known.0.is_lasting())
        {
            self.list.remove(at).1.stop();
        }
        let monitor = Monitor::new();
        self.list.push((key, Progress::Asked(monitor.clone())));
        Some(monitor)
    }

    /// Asks a question again of a trace that has grown, the old answer being of use until then. `None` if it
    /// was not answered yet.
    pub fn again<Q: Question<Key = K>>(&mut self, question: &Q) -> Option<Monitor> {
        self.answer(question)?;
        let monitor = Monitor::new();
        if let Some(before) = self.again.replace(monitor.clone()) {
            before.cancel();
        }
        Some(monitor)
    }

    /// An answer has come. Dropped if nobody asks any more.
    pub fn answered(&mut self, key: &K, answer: Result<K::Answer, Failed>) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == *key) {
            known.1 = Progress::Answered(answer);
        }
    }

    /// Forgets everything but lasting answers, which are asked for again soon, and are of use until then.
    pub fn clear_but_lasting(&mut self) {
        let is_kept =
            |known: &(K, Progress<K::Answer>)| known.0.is_lasting() && matches!(known.1, Progress::Answered(Ok(_)));
        let (kept, gone) = std::mem::take(&mut self.list).into_iter().partition(is_kept);
        self.list = gone;
        self.clear();
        self.list = kept;
    }

    /// Forgets everything and stops the workers: the trace is another one.
    pub fn clear(&mut self) {
        if let Some(monitor) = self.again.take() {
            monitor.cancel();
        }
        self.list.drain(..).for_each(|(_, progress)| progress.stop());
    }
}

impl<A> Progress<A> {
    /// Stops the worker that is at it, if one is.
    fn stop(&self) {
        if let Self::Asked(monitor) = self {
            monitor.cancel();
        }
    }
}

/// Makes an enum of questions, one of their answers, and ties each question to its answer.
macro_rules! questions {
    ($(#[$of_key:meta])* $key:ident, $(#[$of_answer:meta])* $answer:ident:
     $($(#[$doc:meta])* $name:ident => $of:ty;)*) => {
        $(#[$of_key])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $key {
            $($(#[$doc])* $name(ask::$name),)*
        }

        $(#[$of_answer])*
        #[derive(Clone, Debug)]
        pub enum $answer {
            $(#[doc = concat!("Of [`ask::", stringify!($name), "`].")] $name($of),)*
        }

        $(
            impl From<ask::$name> for $key {
                fn from(question: ask::$name) -> Self {
                    Self::$name(question)
                }
            }

            impl $crate::state::questions::Question for ask::$name {
                type Key = $key;
                type Answer = $of;

                fn is(&self, key: &$key) -> bool {
                    matches!(key, $key::$name(known) if known == self)
                }

                fn answer(found: &$answer) -> Option<&$of> {
                    match found {
                        $answer::$name(answer) => Some(answer),
                        _ => None,
                    }
                }

                fn wrap(answer: $of) -> $answer {
                    $answer::$name(answer)
                }
            }
        )*
    };
}

pub(super) use questions;
