//! Which of the program's functions call which, as far as the stacks of a trace show it.

use rustc_hash::{FxHashMap, FxHashSet};

/// Calls between the program's own functions; functions by the numbers of [`Places`](super::places::Places).
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    /// The functions that call one.
    callers: FxHashMap<u32, FxHashSet<u32>>,
    /// Functions that call another one than a closure of their own.
    calling: FxHashSet<u32>,
}

impl Calls {
    /// Notes that `caller` calls `callee`, each with its number and name.
    pub(crate) fn note(&mut self, callee: (u32, &str), caller: (u32, &str)) {
        if callee.0 != caller.0 {
            let is_new = self.callers.entry(callee.0).or_default().insert(caller.0);
            if is_new && !is_closure_of(callee.1, caller.1) {
                self.calling.insert(caller.0);
            }
        }
    }

    /// How many functions of the program call this one.
    pub(crate) fn callers(&self, function: u32) -> usize {
        self.callers.get(&function).map_or(0, FxHashSet::len)
    }

    /// Whether a function calls nothing of the program but closures of its own: all it does is call libraries.
    pub(crate) fn is_leaf(&self, function: u32) -> bool {
        !self.calling.contains(&function)
    }
}

/// Whether the compiler named a closure after a function: `main.f.func1` in `main.f`, and `main.g.f.2` or
/// `main.g.f.func2` where `main.f` is inlined in `main.g`.
pub(crate) fn is_closure_of(closure: &str, function: &str) -> bool {
    if closure.strip_prefix(function).is_some_and(|rest| rest.starts_with(".func")) {
        return true;
    }
    let Some((inlined, number)) = closure.rsplit_once('.') else { return false };
    let number = number.strip_prefix("func").unwrap_or(number);
    let is_number = number.bytes().all(|digit| digit.is_ascii_digit());
    let package = function.rfind('/').map_or(0, |at| at + 1);
    let name = function.get(package..).and_then(|name| name.split_once('.')).map_or("", |(_, name)| name);
    let before = inlined.strip_suffix(name).filter(|_| !name.is_empty());
    is_number && before.is_some_and(|before| before.ends_with('.'))
}

/// The import path of a function's package: `example.com/shop/store` of `example.com/shop/store.(*Shelf).Get`.
pub(crate) fn package_of(function: &str) -> &str {
    let name = function.split('[').next().unwrap_or_default();
    let tail = name.rfind('/').map_or(0, |at| at + 1);
    let end = name.get(tail..).and_then(|rest| rest.find('.')).map_or(name.len(), |at| tail + at);
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_are_named_after_the_function_they_are_written_in() {
        assert!(is_closure_of("main.(*store).get.func1", "main.(*store).get"));
        assert!(is_closure_of("main.main.func1.(*gl).do.2", "main.(*gl).do"));
        assert!(is_closure_of("example.com/a/b.run.each.func3", "example.com/a/b.each"));
        assert!(!is_closure_of("main.getter", "main.get"));
        assert!(!is_closure_of("main.get", "main.get"));
        assert!(!is_closure_of("main.forget.2", "main.get"));
    }

    #[test]
    fn a_function_that_calls_nothing_but_its_own_closures_is_a_leaf() {
        let mut calls = Calls::default();
        calls.note((2, "main.ask"), (1, "main.quote"));
        calls.note((2, "main.ask"), (3, "main.fetch"));
        calls.note((4, "main.ask.func1"), (2, "main.ask"));
        calls.note((2, "main.ask"), (2, "main.ask"));
        assert!(calls.is_leaf(2) && !calls.is_leaf(1) && !calls.is_leaf(3));
        assert_eq!((calls.callers(2), calls.callers(1)), (2, 0));
    }

    #[test]
    fn packages_are_import_paths() {
        assert_eq!(package_of("example.com/shop/store.(*Shelf[...]).Get"), "example.com/shop/store");
        assert_eq!(package_of("main.pass[go.shape.example.com/a.T].func1"), "main");
    }
}
